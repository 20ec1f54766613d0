"""Weights alone in another format: what the file holds, that it runs, that it comes back to the bit, who takes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx_ir as ir
import onnxruntime as ort
import pytest
import torch

from core.errors import UserError
from core.execute.runtimes import OnnxSession, onnx_session
from core.execute.torch_graph import TorchGraph
from core.exporters.exporter import load_exporters
from core.formats.open import open_model
from core.jobs import Job
from core.measure.cost import cost
from core.methods.method import Context, Outcome, load_methods
from core.methods.quantize.formats import WeightGranularity, load_formats
from core.methods.quantize.weights import Params, encode
from core.methods.scope import Scope
from core.model.masks import Pattern, with_masks
from core.model.model import Model, quantized
from core.model.stored_weights import decoders, dequantized, kind_of, weights_words
from core.model.weight_functions import DOMAIN
from core.params import from_json
from core.project.project import Project
from core.project.recipe import Step, checked
from core.report import Report
from tests.core.qdq_graphs import network, node
from tests.core.qdq_graphs import weights as random
from tests.core.weight_graphs import WEIGHTS, feed, small_model

METHOD = load_methods().get("quantize.weights")
EXPORTERS = load_exporters()
FORMAT_KEYS = load_formats().keys()
CASES = [(k, g) for k in FORMAT_KEYS for g in WeightGranularity if g is WeightGranularity.CHANNEL or k[0] in "iup"]


def stored(model: Model, ctx: Context | None = None, **params: Any) -> Outcome:
    return METHOD.run(model, Params(**{"group_size": 4, **params}), ctx or Context())


def result(model: Model, **params: Any) -> Model:
    new = stored(model, **params).model
    assert new is not None
    return new


def preset(key: str) -> Model:
    """A convolution, a MatMul and a Gemm as a target wants their weights."""
    found, model = METHOD.preset(key), matrices()
    new = METHOD.run(model, from_json(Params, found.values), Context(overrides=found.overrides_for(model))).model
    assert new is not None
    return new


def matrices() -> Model:
    nodes = [
        node("Conv", "x c1", "c", pads=[1, 1, 1, 1]),
        node("GlobalAveragePool", "c", "p"),
        node("Flatten", "p", "f"),
        node("MatMul", "f m", "g"),
        node("Gemm", "g h", "y"),
    ]
    constants = {"c1": random(64, 3, 3, 3), "m": random(64, 128, seed=1), "h": random(128, 64, seed=2)}
    return network(nodes, constants, (3, 8, 8))


def test_presets_are_named_after_targets_and_say_what_these_compute_in(tmp_path: Path) -> None:
    """In the graphs that onnxruntime makes of them, and in LiteRT's files: nothing of it is only written down."""
    for one in METHOD.presets:
        assert one.demands.endswith(".")
        assert one.source
        assert checked(Step(METHOD.key, one.values, overrides=one.overrides))[2].overrides == one.overrides
        assert kind_of(preset(one.key).nodes()) == "weights"
    x = np.random.default_rng(0).normal(0, 1, (4, 3, 8, 8)).astype(np.float32)
    for key, bits in (("onnxruntime_int8", {8}), ("onnxruntime_int4", {4})):
        given, runs = optimised(preset(key), tmp_path)
        plain = ort.InferenceSession(given, options(ort.GraphOptimizationLevel.ORT_DISABLE_ALL)).run(None, {"x": x})[0]
        kinds = [n.op_type for n in runs.graph.node]
        assert kinds.count("MatMulNBits") == 2
        assert [k for k in kinds if k in ("DequantizeLinear", "Conv")] == ["DequantizeLinear", "Conv"]
        found = {a.i for n in runs.graph.node if n.op_type == "MatMulNBits" for a in n.attribute if a.name == "bits"}
        assert found == bits
        away = np.abs(ort.InferenceSession(given, options()).run(None, {"x": x})[0] - plain).max()
        assert away > 1e-4 * np.abs(plain).max(), "what comes in is rounded"
        exact = options()
        exact.add_session_config_entry("session.qdq_matmulnbits_accuracy_level", "1")
        assert (
            np.abs(ort.InferenceSession(given, exact).run(None, {"x": x})[0] - plain).max()
            <= 1e-5 * np.abs(plain).max()
        )
    float_bytes = EXPORTERS.get("tflite").write(matrices(), tmp_path / "f.tflite", None, Job()).bytes
    for key, share in (("tflite_float16", 0.55), ("tflite_weights_int8", 0.35)):
        done = EXPORTERS.get("tflite").write(preset(key), tmp_path / f"{key}.tflite", None, Job())
        assert done.bytes < share * float_bytes
        assert done.ops["DEQUANTIZE"] == 3
        assert done.proof.passed


def options(level: Any = None) -> ort.SessionOptions:
    found = ort.SessionOptions()
    found.log_severity_level = 4
    if level is not None:
        found.graph_optimization_level = level
    return found


def optimised(model: Model, folder: Path) -> tuple[bytes, onnx.ModelProto]:
    """(the file, the graph that onnxruntime runs of it)."""
    given, kept = ir.to_proto(model.graph).SerializeToString(), options()
    kept.optimized_model_filepath = str(folder / "runs.onnx")
    ort.InferenceSession(given, kept)
    return given, onnx.load(folder / "runs.onnx")


def written(model: Model, folder: Path) -> Path:
    path = folder / "m.onnx"
    EXPORTERS.get("onnx").write(model, path, None, Job())
    return path


@pytest.mark.parametrize(("key", "granularity"), CASES)
def test_the_file_holds_what_the_formula_says_and_gives_it_back(
    key: str, granularity: WeightGranularity, tmp_path: Path
) -> None:
    model, params = small_model(), Params(format=key, granularity=granularity, group_size=4, bits=3)
    encoded = encode(model, params, Context(), Job())
    file = written(result(model, format=key, granularity=granularity, bits=3), tmp_path)
    proto = onnx.load(str(file))
    onnx.checker.check_model(proto, full_check=True)
    sizes = {t.name: len(t.raw_data) for t in proto.graph.initializer}
    kept = {c.weight.tensor: c for c in encoded.chosen}
    for name, chosen in kept.items():
        assert name not in sizes, "the float weight is gone"
        total = sum(size for tensor, size in sizes.items() if tensor.startswith(f"{name}_"))
        assert total == load_formats().get(key).stored_bytes(chosen.weight, chosen.settings) < 4 * chosen.weight.size
    back = dequantized(open_model(file))
    for name, chosen in kept.items():
        tensor = back.graph.graph.initializers[name].const_value
        assert tensor is not None
        assert tensor.numpy().tobytes() == chosen.stored.values().tobytes()
    assert not back.graph.functions
    values = feed(model)
    again, once = (onnx_session(m).run(values)["y"] for m in (open_model(file), back))
    assert np.array_equal(again, once), "onnxruntime decodes to the very same numbers"
    assert len(kept) + len(encoded.left) == len(WEIGHTS)


@pytest.mark.parametrize("key", FORMAT_KEYS)
def test_every_runtime_computes_the_same(key: str, tmp_path: Path) -> None:
    new = result(small_model(), format=key)
    values = feed(new)
    wanted = onnx_session(dequantized(new)).run(values)["y"]
    plain = OnnxSession(ir.to_proto(new.graph).SerializeToString(), optimized=False).run(values)["y"]
    net = TorchGraph(new)({n: torch.from_numpy(a) for n, a in values.items()})["y"]
    assert plain == pytest.approx(wanted, abs=1e-5)
    assert net.detach().numpy() == pytest.approx(wanted, abs=1e-5)
    assert cost(new).params == cost(small_model()).params
    counted = sum(v.const_value.nbytes for v in new.graph.graph.initializers.values() if v.const_value is not None)
    assert cost(new).weight_bytes == counted


def without_transposed(seed: int = 0) -> Model:
    """TFLite export knows no transposed convolution."""
    model = small_model(seed).clone()
    node = next(n for n in model.nodes() if n.op_type == "ConvTranspose")
    source = node.inputs[0]
    assert source is not None
    ir.convenience.replace_all_uses_with(node.outputs[0], source)
    model.graph.graph.remove(node, safe=True)
    del model.graph.graph.initializers["w_up"]
    fc = model.graph.graph.initializers["w_fc"]
    fc.const_value = ir.tensor(np.random.default_rng(9).laplace(size=(10, 8)).astype(np.float32), name="w_fc")
    fc.shape = ir.Shape((10, 8))
    return model.with_graph(model.graph)


@pytest.mark.parametrize(
    ("key", "granularity", "kept"),
    [
        ("int8", WeightGranularity.CHANNEL, True),
        ("uint8", WeightGranularity.CHANNEL, True),
        ("int4", WeightGranularity.CHANNEL, True),
        ("uint4", WeightGranularity.TENSOR, True),
        ("float16", WeightGranularity.CHANNEL, True),
        ("int4", WeightGranularity.GROUP, False),
        ("uint8", WeightGranularity.BLOCK, False),
        ("codebook", WeightGranularity.CHANNEL, False),
        ("powers_of_two", WeightGranularity.CHANNEL, False),
    ],
)
def test_tflite_holds_integers_and_halves_and_says_what_it_cannot(
    key: str, granularity: WeightGranularity, kept: bool, tmp_path: Path
) -> None:
    new = result(without_transposed(), format=key, granularity=granularity)
    done = EXPORTERS.get("tflite").write(new, tmp_path / "m.tflite", None, Job())
    assert done.proof.passed
    assert ("DEQUANTIZE" in done.ops) == (kept or key == "int4")  # a depthwise layer has no groups, but blocks
    said = [n for n in done.notes if "not smaller" in n]
    assert bool(said) != kept
    assert any("several times slower" in n for n in done.notes) == (key in ("int4", "uint4"))
    if kept:
        assert done.ops["DEQUANTIZE"] == len(list(decoders(new)))


def test_blocks_reach_layers_with_few_input_channels_and_halve_their_error() -> None:
    """A depthwise kernel of outliers: one scale a channel serves all of it, blocks keep them to themselves."""
    kernel = random(4, 1, 8, 8)
    kernel[:, :, 0, 0] = 40.0
    model = network([node("Conv", "x w", "y", group=4)], {"w": kernel}, (4, 8, 8))
    found = {g: stored(model, format="int4", granularity=g, group_size=8, shrink=False) for g in WeightGranularity}
    errors = {g: one.report.measures["weight_error"].value for g, one in found.items()}
    assert errors[WeightGranularity.GROUP] == errors[WeightGranularity.CHANNEL], "one input channel makes no group"
    new = found[WeightGranularity.BLOCK].model
    assert new is not None
    assert weights_words(new) == "int4 in blocks"
    rows = kernel.reshape(4, 8, 8)  # blocks of 8: each row of the kernel has a scale
    scale = np.abs(rows).max(-1, keepdims=True) / np.float32(7)
    wanted = (np.clip(np.rint(rows / scale), -7, 7) * scale).reshape(kernel.shape)
    back = dequantized(new).graph.graph.initializers["w"].const_value
    assert back is not None
    assert np.array_equal(back.numpy(), wanted)
    assert errors[WeightGranularity.BLOCK] < errors[WeightGranularity.CHANNEL] / 2


def test_layers_can_have_formats_of_their_own_and_stay_float() -> None:
    overrides = (
        (Scope(layers=("layer_c",)), {"format": "float"}),
        (Scope(operators=("Gemm",)), {"format": "codebook", "bits": 2}),
        (Scope(layers=("layer_y",)), {"granularity": "tensor"}),
    )
    outcome = stored(small_model(), Context(overrides=overrides), format="int4")
    model = outcome.model
    assert model is not None
    assert weights_words(model) == "int4, codebook of 2 bits"
    assert "w_conv" in model.graph.graph.initializers
    scale = model.graph.graph.initializers["w_mm_scale"].const_value
    assert scale is not None
    assert scale.size == 1
    assert any("layer_c" in row and "chosen to stay float" in row[2] for row in outcome.report.tables[1].rows)


def test_a_scope_leaves_other_layers_alone() -> None:
    model = stored(small_model(), Context(scope=Scope(operators=("MatMul",)))).model
    assert model is not None
    assert [n.outputs[0].name for n in decoders(model)] == ["w_mm"]


def test_a_plan_knows_bytes_and_errors_and_is_kept() -> None:
    model, ctx = small_model(), Context()
    assert METHOD.plan is not None
    first = METHOD.plan(model, Params(format="codebook"), ctx)
    done = stored(model, format="codebook").report
    assert {k: done.measures[k] for k in first.report.measures} == first.report.measures
    assert first.report.tables == done.tables
    assert len(ctx.memo) > 1
    assert METHOD.plan(model, Params(format="codebook"), ctx) == first


def test_masked_weights_stay_zero_and_masked() -> None:
    model = small_model()
    flags = np.random.default_rng(0).random(WEIGHTS["w_conv"]) > 0.5
    masked = with_masks(model, {"w_conv": flags}, Pattern.WEIGHT)
    for key in FORMAT_KEYS:
        back = dequantized(result(masked, format=key))
        tensor = back.graph.graph.initializers["w_conv"].const_value
        assert tensor is not None
        assert not tensor.numpy()[~flags].any()


def test_a_project_keeps_every_bit(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p", small_model()) as project:
        made = [result(small_model(), format=key) for key in ("int4", "float16", "codebook")]
        kept = [project.commit(project.current.id, model, None, Report()).id for model in made]
    with Project.open(tmp_path / "p.thimble") as again:
        for revision, model in zip(kept, made, strict=True):
            opened = again.model(revision)
            assert weights_words(opened) == weights_words(model)
            one, other = (onnx_session(m).run(feed(m))["y"] for m in (opened, model))
            assert np.array_equal(one, other)
            assert sum(t.nbytes for t in _tensors(opened)) == sum(t.nbytes for t in _tensors(model))


def _tensors(model: Model) -> list[ir.TensorProtocol]:
    values = model.graph.graph.initializers.values()
    return [v.const_value for v in values if v.const_value is not None]


def test_a_graph_of_stored_weights_is_a_kind_of_its_own() -> None:
    for key in ("int8", "float16", "codebook"):
        new = result(small_model(), format=key)
        assert kind_of(new.nodes()) == "weights"
        assert not quantized(new)
        why = METHOD.refusal(new)
        assert "weights are stored in another format" in why
        assert why.endswith("Apply it to a float revision instead.")
    assert kind_of(small_model().nodes()) == "float"


def test_opsets_are_raised_only_where_the_format_needs_it() -> None:
    assert result(small_model(), format="int8").opset == 17
    assert result(small_model(), format="codebook").opset == 17
    assert result(small_model(), format="int4").opset == 21
    assert result(small_model(), format="int8", granularity=WeightGranularity.GROUP).opset == 21


def test_functions_are_written_for_the_graphs_own_opset() -> None:
    for opset in (13, 18, 22):
        new = result(small_model(opset=opset), format="powers_of_two")
        assert {f.opset_imports[""] for k, f in new.graph.functions.items() if k[0] == DOMAIN} == {opset}
        onnx_session(new).run(feed(new))


def test_weights_that_no_format_takes_are_refused_in_one_sentence() -> None:
    model = small_model().clone()
    for name in WEIGHTS:
        value = model.graph.graph.initializers[name]
        value.const_value = ir.tensor(np.full(WEIGHTS[name], np.nan, np.float32), name=name)
    with pytest.raises(
        UserError, match="'layer_c' \\(Conv\\) stays float, its weight holds values that are not finite"
    ):
        stored(model)
    with pytest.raises(UserError, match="No layer with weights is there, or in the scope"):
        stored(small_model(), Context(scope=Scope(pattern="nothing*")))


def test_onnxruntime_would_round_the_activations_of_a_matmul_if_left_to_itself() -> None:
    """Why sessions on such graphs are made with weights_alone: rule 10."""
    new = result(small_model(), format="int8")
    data, values = ir.to_proto(new.graph).SerializeToString(), feed(new)
    exact = onnx_session(dequantized(new)).run(values)["y"]
    assert np.array_equal(OnnxSession(data, weights_alone=True).run(values)["y"], exact)
    assert np.abs(OnnxSession(data).run(values)["y"] - exact).max() > 1e-4 * np.abs(exact).max()
