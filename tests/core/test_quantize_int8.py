"""quantize.int8 on real networks: rules, closeness, what onnxruntime makes of it, TFLite, report, contract."""

from __future__ import annotations

import warnings
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np
import onnx
import onnx_ir as ir
import pytest

from core.data.dataset import DataSet
from core.data.feed import batches
from core.data.open import open_data
from core.data.splits import Subset, divide
from core.errors import Cancelled, UserError
from core.execute.runtimes import onnx_session
from core.exporters.exporter import load_exporters
from core.formats.open import open_model
from core.jobs import Job
from core.methods.method import Context, Outcome, load_methods
from core.methods.quantize.int8 import Params
from core.methods.quantize.static import Params as Static
from core.methods.quantize.static import quantize_static
from core.methods.scope import Scope
from core.model.model import Model
from core.model.preprocessing import presets
from core.model.qdq import check_rules
from tests.conftest import FIVE, ROOT, network_path, shared
from tests.core.qdq_graphs import Arrays, network, node, sqnr, weights

PRESET = {"mobilenetv1": "minus1to1", "resnet20": "cifar10"}
LEAST_DB = {"mobilenetv2": 12, "mobilenetv1": 18, "squeezenet": 28, "resnet20": 22, "sample": 28}


@cache
def floating(key: str) -> Model:
    model = open_model(network_path(key))
    size = 32 if key == "resnet20" else 224
    return model if key == "sample" else model.with_preprocessing(presets(size, size)[PRESET.get(key, "imagenet")])


@cache
def data_of(key: str) -> DataSet:
    """40 items, of which a fifth calibrates."""
    if key == "sample":
        data = open_data(ROOT / "resources" / "samples" / "digits.npz")
    elif key == "resnet20":
        data = open_data(shared("data/cifar10_jpeg/test_dev_2000.zip"))
    else:
        data = open_data(shared("data/imagenet_samples"))
    parts = divide(data, 0)
    indices = [*parts.calibration.indices[:10], *parts.judge.indices[:30]]
    return Subset(_Bare(data), indices)


class _Bare:
    """The same data without parts of its own."""

    def __init__(self, data: DataSet) -> None:
        import dataclasses

        self.name, self.location, self.classes, self.load = data.name, data.location, data.classes, data.load
        self.items = [dataclasses.replace(i, part="") for i in data.items]


@cache
def outcome(key: str, correct: bool = True) -> Outcome:
    method = load_methods().get("quantize.int8")
    return method.run(floating(key), Params(bias_correction=correct), Context(data=data_of(key)))


def result(key: str, correct: bool = True) -> Model:
    model = outcome(key, correct).model
    assert model is not None
    return model


@cache
def closeness(key: str, correct: bool = True) -> tuple[float, float]:
    """SQNR in dB and share of equal answers on the 32 judged items, with exact 8-bit sums on every processor."""
    judged = divide(data_of(key), 0).judge
    sessions = [onnx_session(m, exact=True) for m in (floating(key), result(key, correct))]
    pairs = [[next(iter(s.run(b.feed).values())) for s in sessions] for b in batches(judged, floating(key), 16)]
    wanted, given = (np.concatenate(side) for side in zip(*pairs, strict=True))
    return sqnr(wanted, given), float((wanted.argmax(1) == given.argmax(1)).mean())


@pytest.mark.parametrize("key", FIVE)
def test_real_networks_hold_the_rules_and_stay_close(key: str) -> None:
    before = ir.to_proto(floating(key).graph).SerializeToString(deterministic=True)
    model, report = result(key), outcome(key).report
    assert check_rules(model) == []
    onnx.checker.check_model(ir.to_proto(model.graph), full_check=True)
    assert closeness(key)[0] > LEAST_DB[key]
    assert report.measures["sqnr"].n == 32
    assert report.measures["float_layers"].value == 0
    assert report.measures["weight_bytes_after"].value < report.measures["weight_bytes_before"].value / 3
    assert ir.to_proto(floating(key).graph).SerializeToString(deterministic=True) == before


@pytest.mark.parametrize("key", FIVE)
def test_layers_inputs_and_outputs_keep_their_names(key: str) -> None:
    old, new = floating(key), result(key)
    gone = ("BatchNormalization",)
    kept = {n.name for n in old.nodes() if n.op_type not in (*gone, "Constant", "Cast", "ConstantOfShape")}
    made_of_constants = {n.name for n in old.nodes() if n.name not in {m.name for m in new.nodes()}}
    layers = {n.name for n in old.nodes() if n.op_type in ("Conv", "Gemm", "Relu", "Clip", "Add", "Concat", "Pad")}
    assert layers & kept <= {n.name for n in new.nodes()} | _shape_arithmetic(old)
    assert not {n.name for n in old.nodes() if n.op_type in ("Conv", "Gemm")} & made_of_constants
    assert new.output_names == old.output_names
    assert new.inputs == old.inputs
    assert new.labels == old.labels


def _shape_arithmetic(model: Model) -> set[str | None]:
    from core.model.facts import infer

    constant = infer(model).constant_nodes
    return {n.name for n in model.nodes() if id(n) in constant}


@pytest.mark.parametrize("key", FIVE)
def test_onnxruntime_runs_every_layer_with_weights_in_int8(key: str, tmp_path: Path) -> None:
    """What onnxruntime's optimiser makes of the graph: no Conv or Gemm is left in float."""
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "optimized.onnx")
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.log_severity_level = 4
    ort.InferenceSession(ir.to_proto(result(key).graph).SerializeToString(), options)
    found = Counter(n.op_type for n in onnx.load(tmp_path / "optimized.onnx").graph.node)
    wanted = Counter(n.op_type for n in floating(key).nodes())
    assert found["QLinearConv"] == wanted["Conv"]
    assert found["QGemm"] == wanted["Gemm"]
    assert found["QLinearAdd"] == wanted["Add"]
    assert not {"Conv", "Gemm", "FusedConv", "Clip", "Relu"} & set(found)


@pytest.mark.parametrize("key", ["mobilenetv1", "mobilenetv2"])
def test_bias_correction_brings_the_answers_closer(key: str) -> None:
    plain, corrected = closeness(key, False), closeness(key)
    assert corrected[0] > plain[0] + (3 if key == "mobilenetv1" else 0.3)
    assert corrected[1] > plain[1] or key == "mobilenetv2"


@pytest.mark.parametrize("key", ["sample", "mobilenetv2"])
def test_the_tflite_file_answers_as_onnxruntime_does(key: str, tmp_path: Path) -> None:
    items = Subset(data_of(key), range(6))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # LiteRT's own advice
        written = load_exporters().get("tflite").write(result(key), tmp_path / "m.tflite", items, Job())
    assert written.proof.max_steps is not None
    assert written.proof.max_steps <= 1
    assert written.bytes < network_path(key).stat().st_size / (2 if key == "sample" else 3)


def test_the_same_seed_gives_the_same_bytes() -> None:
    again = load_methods().get("quantize.int8").run(floating("sample"), Params(), Context(data=data_of("sample"))).model
    assert again is not None
    first, second = (ir.to_proto(m.graph).SerializeToString(deterministic=True) for m in (result("sample"), again))
    assert first == second


def test_the_report_says_what_was_done() -> None:
    report = outcome("sample").report
    said = " ".join(report.notes)
    assert "22 BatchNormalization layers were folded" in said
    assert "items to calibrate" in said
    assert "biases of 23 layers were corrected in sequence" in said
    assert "8-bit arithmetic" in said
    assert report.measures["seconds"].value > 0
    assert report.measures["agreement"].n == 32
    assert len(report.tables[0].rows) == 23


def test_a_preview_runs_nothing_and_tells_sizes() -> None:
    method = load_methods().get("quantize.int8")
    assert method.plan is not None
    plan = method.plan(floating("sample"), Params(), Context())
    done = outcome("sample").report.measures
    assert len(plan.layers) == done["int8_layers"].value
    assert plan.report.measures["weight_bytes_after"].value == pytest.approx(done["weight_bytes_after"].value, rel=0.15)


def test_it_stops_when_cancelled() -> None:
    job = Job()
    job.cancel()
    with pytest.raises(Cancelled):
        load_methods().get("quantize.int8").run(floating("sample"), Params(), Context(job=job, data=data_of("sample")))


def test_a_quantized_model_is_refused_in_one_sentence() -> None:
    with pytest.raises(UserError, match="already quantized"):
        load_methods().get("quantize.int8").run(result("sample"), Params(), Context(data=data_of("sample")))


def test_a_fixed_batch_that_the_items_do_not_fill() -> None:
    """7 items in batches of 4: the copies that fill the last batch count neither for ranges nor for means."""
    nodes = [node("Conv", "x w b", "c"), node("Relu", "c", "y")]
    free = network(nodes, {"w": weights(4, 3, 3, 3), "b": weights(4)}, [3, 8, 8])
    fixed = free.clone()
    fixed.graph.graph.inputs[0].shape = ir.Shape([4, 3, 8, 8])
    fixed = fixed.with_graph(fixed.graph)
    data = Arrays([3, 8, 8], count=7)
    made = [quantize_static(m, data, Static(), Context()) for m in (free, fixed)]
    for name, mean in made[0].observed.means.items():
        np.testing.assert_allclose(made[1].observed.means[name], mean, atol=1e-6)
    biases = [m.model.graph.graph.initializers["b_quantized"] for m in made]
    np.testing.assert_allclose(*(b.const_value.numpy() for b in biases if b.const_value is not None), atol=1)


def test_items_along_another_axis() -> None:
    """Attention as torch exports it puts the sequence first: a MatMul's input then grows along its second axis."""
    nodes = [
        node("Transpose", "x", "t", perm=[1, 0, 2]),
        node("MatMul", "t w", "m"),
        node("Transpose", "m", "y", perm=[1, 0, 2]),
    ]
    model, data = network(nodes, {"w": weights(6, 4)}, [5, 6]), Arrays([5, 6], count=20)
    done = quantize_static(model, data, Static(), Context())
    assert [n.op_type for n in done.plan.weighted()] == ["MatMul"]
    (given,) = onnx_session(done.model).run({"x": data.values}).values()
    assert sqnr(data.values @ weights(6, 4), given) > 30


def test_scope_by_operator_on_a_real_network() -> None:
    scope = Scope(operators=("Gemm",))
    done = quantize_static(floating("sample"), data_of("sample"), Static(), Context(scope=scope))
    assert [n.op_type for n in done.plan.weighted()] == ["Gemm"]
    assert check_rules(done.model) == []
    assert "it is outside the chosen layers" in {k.reason for k in done.plan.kept}
