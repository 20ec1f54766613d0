"""quantize.static: the bytes that quantize.int8 always gave, layers of their own form, presets, report."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx_ir as ir
import pytest

from core.errors import UserError
from core.formats.open import open_model
from core.measure.statistics import share
from core.methods.method import Context, load_methods
from core.methods.quantize import int8, static
from core.methods.quantize.choices import Granularity, Precision
from core.methods.quantize.result import Quantized
from core.methods.quantize.static import Activations, Params, quantize_static
from core.methods.quantize.static_report import beside_float
from core.methods.scope import Scope
from core.model.model import Model
from core.model.qdq import activation_pairs, check_rules, stored_constant
from core.params import from_json
from core.project.recipe import Step, checked, run_step
from core.report import Measure, Report
from tests.core.qdq_graphs import by_name
from tests.core.test_quantize_int8 import data_of, floating

CONVS = Scope(operators=("Conv",))
# digests of what quantize.int8 gave before quantize.static was written: (what was observed, the graph)
GOLDEN: dict[str, tuple[str, int8.Params, Scope, str, str]] = {
    "sample": ("sample", int8.Params(), Scope(), "4b969d607ad9fd7f", "1675bc8b57ed552115269ce1c54b2c7c"),
    "tensor": (
        *("sample", int8.Params(per_channel=False), Scope()),
        *("4b969d607ad9fd7f", "61efcdafe57c60dd718acc82ced42489"),
    ),
    "int8": (
        *("sample", int8.Params(activations=int8.Activations.INT8), Scope()),
        *("4b969d607ad9fd7f", "8c2e2fdcfece3e84e7f6496565a75583"),
    ),
    "uncorrected": (
        *("sample", int8.Params(bias_correction=False), Scope()),
        *("8d40421e477008d1", "8065e7399734787ef673a58c0d776bf7"),
    ),
    "scope": ("sample", int8.Params(), CONVS, "7b74b3550b073f93", "0f6c4ba74c441037cdb8d4e580d82f09"),
    "mobilenetv2": ("mobilenetv2", int8.Params(), Scope(), "86479e3e21fa1498", "c669ce3ad567b375ffb8c0c823a5baac"),
}


def graph_bytes(model: Model) -> bytes:
    return ir.to_proto(model.graph).SerializeToString(deterministic=True)


def digests(done: Quantized) -> tuple[str, str]:
    rows = sorted((k, float(a), float(b)) for k, (a, b) in done.observed.ranges.items())
    seen = hashlib.sha256(json.dumps(rows).encode())
    for name in sorted(done.observed.means):
        seen.update(np.ascontiguousarray(done.observed.means[name]).tobytes())
    return seen.hexdigest()[:16], hashlib.sha256(graph_bytes(done.model)).hexdigest()[:32]


def sample(scope: Scope | None = None, overrides: Any = (), **params: Any) -> Quantized:
    context = Context(scope=scope or Scope(), overrides=overrides)
    return quantize_static(floating("sample"), data_of("sample"), Params(calibration_items=8, **params), context)


@pytest.mark.parametrize("case", GOLDEN)
def test_old_recipes_of_quantize_int8_give_the_same_bytes(case: str) -> None:
    key, params, scope, observed, wanted = GOLDEN[case]
    seen, found = digests(quantize_static(floating(key), data_of(key), int8.as_static(params), Context(scope=scope)))
    if seen != observed:
        pytest.skip("this processor's float sums differ in the last bit from those the digest was taken on")
    assert found == wanted


@pytest.mark.parametrize("old", [int8.Params(), int8.Params(per_channel=False), int8.Params(bias_correction=False)])
def test_the_same_choices_give_the_same_graph(old: int8.Params) -> None:
    new = Params(
        granularity=Granularity.CHANNEL if old.per_channel else Granularity.TENSOR,
        search_ranges=False,
        bias_correction=old.bias_correction,
    )
    a = quantize_static(floating("sample"), data_of("sample"), int8.as_static(old), Context())
    b = quantize_static(floating("sample"), data_of("sample"), new, Context())
    assert graph_bytes(a.model) == graph_bytes(b.model)
    assert int8.as_static(int8.Params()) == Params(search_ranges=False)


def test_the_old_method_is_in_no_menu_and_the_new_one_in_its_place() -> None:
    methods = load_methods()
    assert methods.get("quantize.int8").menu == ""
    assert methods.get("quantize.static").menu == "Quantize"


def test_each_layer_can_have_a_form_of_its_own() -> None:
    first, last = "features.0.0/Conv", "classifier.1/Gemm"
    names = [n.name for n in floating("sample").nodes() if n.op_type in ("Conv", "Gemm")]
    last = next(n for n in names if "class" in (n or "")) or ""
    overrides = (
        (Scope(pattern="features.*"), {"precision": "int4"}),
        (Scope(layers=(first,)), {"precision": "float"}),
        (Scope(layers=(last,)), {"precision": "int4", "granularity": "group", "group_size": 16}),
    )
    done = sample(overrides=overrides)
    assert check_rules(done.model) == []
    kept = {k.layer: k.reason for k in done.plan.kept}
    assert kept[first] == "it was chosen to stay float"
    assert stored_constant(by_name(done.model, first).inputs[1]) is None
    forms = {n.name: stored_constant(n.inputs[1]) for n in done.model.nodes() if n.op_type in ("Conv", "Gemm")}
    assert forms[last] is not None
    assert (forms[last].bits, forms[last].block) == (4, 16)  # type: ignore[union-attr]
    rest = [form for name, form in forms.items() if name not in (first, last)]
    assert len(rest) == 21
    assert all(form is not None and form.bits == 4 and form.block == 0 for form in rest)


def test_all_float_but_some() -> None:
    done = sample(precision=Precision.FLOAT, overrides=((Scope(operators=("Gemm",)), {"precision": "int8"}),))
    assert [n.op_type for n in done.plan.weighted()] == ["Gemm"]
    assert check_rules(done.model) == []
    assert done.model.opset == 18
    with pytest.raises(UserError, match="was chosen to stay float"):
        sample(precision=Precision.FLOAT)


def test_layers_outside_the_scope_are_left_alone_whatever_overrides_say() -> None:
    overrides = ((Scope(pattern="*"), {"precision": "int4"}),)
    done = sample(scope=Scope(operators=("Gemm",)), overrides=overrides)
    assert {stored_constant(n.inputs[1]).bits for n in done.plan.weighted()} == {4}  # type: ignore[union-attr]
    assert len(done.plan.weighted()) == 1


@pytest.mark.parametrize("activations", ["int16", "uint16"])
def test_16_bit_activations_are_stored_as_such_throughout(activations: str) -> None:
    done = sample(activations=Activations(activations), bias_correction=False)
    assert done.model.opset == 21
    assert "The opset was raised from 18 to 21." in done.notes
    pairs = activation_pairs(done.model.graph.graph)
    assert {p.params.storage for p in pairs.values()} == {activations}
    assert len(pairs) == len(done.plan.values)
    assert activations != "int16" or {p.params.zero_point for p in pairs.values()} == {0}


def test_a_preview_tells_the_size_of_each_form() -> None:
    method = load_methods().get("quantize.static")
    assert method.plan is not None
    forms: tuple[tuple[str, str], ...] = (("int8", "tensor"), ("int4", "channel"), ("int4", "group"))
    for precision, granularity in forms:
        params = Params(precision=Precision(precision), granularity=Granularity(granularity), group_size=16)
        plan = method.plan(floating("sample"), params, Context(data=data_of("sample")))
        done = sample(precision=Precision(precision), granularity=Granularity(granularity), group_size=16)
        tensors = [v.const_value for v in done.model.graph.graph.initializers.values()]
        stored = sum(t.nbytes for t in tensors if t is not None)
        assert plan.report.measures["weight_bytes_after"].value == pytest.approx(stored, rel=0.02)


def test_a_4_bit_network_survives_a_file_and_a_project(tmp_path: Path) -> None:
    from core.formats.onnx_file import save_onnx
    from core.project.project import Project

    done = sample(precision=Precision.INT4, granularity=Granularity.GROUP, group_size=8).model
    save_onnx(done, tmp_path / "small.onnx")
    again = open_model(tmp_path / "small.onnx")
    with Project.create(tmp_path / "p.thimble", floating("sample")) as project:
        revision = project.commit(project.current.id, done, Step("quantize.static"), Report({}), "Quantize")
        stored = project.model(revision.id)
        for model in (again, stored):
            for name, value in done.graph.graph.initializers.items():
                other = model.graph.graph.initializers[name].const_value
                assert value.const_value is not None
                assert other is not None
                assert other.dtype == value.const_value.dtype
                np.testing.assert_array_equal(other.numpy(), value.const_value.numpy())


def test_presets_are_steps_that_fit() -> None:
    """Every preset's values are parameters, its overrides overridable, and its graph holds the rules."""
    method = load_methods().get("quantize.static")
    assert {p.key for p in method.presets} >= {"tflite_int8", "tflite_16x8", "onnxruntime_x86", "edge_tpu", "qnn"}
    for preset in method.presets:
        assert preset.demands.endswith(".")
        assert preset.source
        overrides = preset.overrides_for(floating("sample"))
        values = {**preset.values, "calibration_items": 2, "bias_correction": False, "search_ranges": False}
        step = Step("quantize.static", values, overrides=overrides, data="-")
        assert checked(step)[2].overrides == overrides
        outcome = run_step(floating("sample"), step, Context(data=data_of("sample")))
        assert outcome.model is not None
        assert check_rules(outcome.model) == []


def test_qnn_gives_matrices_one_scale_and_convolutions_one_for_each_channel() -> None:
    preset = load_methods().get("quantize.static").preset("qnn_16")
    params = from_json(Params, preset.values)
    context = Context(overrides=preset.overrides_for(floating("sample")))
    done = quantize_static(floating("sample"), data_of("sample"), params, context)
    for node in done.plan.weighted():
        stored = stored_constant(node.inputs[1])
        assert stored is not None
        assert stored.scale.ndim == (0 if node.op_type == "Gemm" else 1)
    assert {p.params.storage for p in activation_pairs(done.model.graph.graph).values()} == {"uint16"}


def test_a_preset_s_layers_that_a_network_lacks_are_left_out_and_unknown_ones_named() -> None:
    method = load_methods().get("quantize.static")
    from tests.core.qdq_graphs import network, node, weights

    convolution = network([node("Conv", "x w", "y")], {"w": weights(2, 3, 1, 1)}, [3, 4, 4])
    assert method.preset("qnn").overrides_for(convolution) == ()
    with pytest.raises(UserError, match="no preset 'npu'") as refused:
        method.preset("npu")
    assert "edge_tpu" in (refused.value.hint or "")
    with pytest.raises(UserError, match="no preset"):
        load_methods().get("prune.channels").preset("qnn")
    assert json.loads(json.dumps(method.to_json()))["presets"][0]["key"] == "tflite_int8"


@pytest.mark.parametrize(("precision", "activations"), [("int4", "uint8"), ("int8", "int16")])
def test_onnxruntime_really_computes_these_forms_in_float(precision: str, activations: str, tmp_path: Path) -> None:
    """What the report and presets say of them: no convolution becomes a QLinearConv. With uint8 all of them do, and
    with int8 some on x86."""
    import platform

    import onnx
    import onnxruntime as ort

    def convolutions(**params: Any) -> set[str]:
        options = ort.SessionOptions()
        options.optimized_model_filepath = str(tmp_path / "optimized.onnx")
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
        options.log_severity_level = 4
        ort.InferenceSession(graph_bytes(sample(bias_correction=False, **params).model), options)
        return {n.op_type for n in onnx.load(tmp_path / "optimized.onnx").graph.node if "Conv" in n.op_type}

    assert convolutions() == {"QLinearConv"}
    found = convolutions(precision=Precision(precision), activations=Activations(activations))
    assert "QLinearConv" not in found
    if platform.machine() in ("x86_64", "AMD64"):
        assert len(convolutions(activations=Activations.INT8)) > 1


def test_the_report_of_a_form() -> None:
    params = Params(precision=Precision.INT4, granularity=Granularity.GROUP, group_size=16, calibration_items=8)
    outcome = static.apply(floating("sample"), params, Context(data=data_of("sample")))
    said = " ".join(outcome.report.notes)
    assert "a group holds all of its input channels" in said
    assert "no integer kernels for weights in 4 bits" in said
    forms = next(t for t in outcome.report.tables if t.title == "How weights are stored")
    assert {row[0]: row[1] for row in forms.rows}["int4, a scale for each 16 input channels"] > 0
    assert sum(row[1] for row in forms.rows) == 23


def test_broken_weights_few_items_and_nobody_to_judge_are_said() -> None:
    from core.data.splits import Subset

    model = floating("sample").clone()
    first = next(n for n in model.nodes() if n.op_type == "Conv")
    value = first.inputs[1]
    broken = value.const_value.numpy().copy()
    broken.flat[3] = np.nan
    value.const_value = ir.tensor(broken, name=value.name)
    with pytest.raises(UserError, match=rf"The weight of '{first.name}' holds values that are not finite"):
        quantize_static(model, data_of("sample"), Params(calibration_items=4), Context())
    one = Subset(data_of("sample"), [0], "one")
    report = (
        load_methods()
        .get("quantize.static")
        .run(floating("sample"), Params(search_ranges=False), Context(data=one))
        .report
    )
    assert "Ranges are the lowest and highest values on 1 calibration item." in report.notes
    assert any("So few items" in note for note in report.notes)
    assert any("No item is left to judge by" in note for note in report.notes)
    assert "sqnr" not in report.measures


def test_what_equalization_did_is_in_the_report_as_table_and_curves() -> None:
    done = sample(equalize=True)
    table = done.tables[0]
    layers = {n.name for n in done.model.nodes()}
    assert table.columns == ("Layer", "Before", "After")
    assert {row[0] for row in table.rows} <= layers, "names of layers, so that it colours the graph"
    before, after = done.curves[:2]
    assert (before.title.removesuffix("before"), before.x) == (after.title.removesuffix("after"), after.x)
    assert (before.x_label, before.y_label) == ("channel", "range")


def test_the_first_sentence_says_what_it_cost_and_where_to_look() -> None:
    method, data = load_methods().get("quantize.static"), data_of("sample")
    report = method.run(floating("sample"), Params(), Context(data=data)).report
    agreement, sqnr = report.measures["agreement"], report.measures["sqnr"]
    same = round(agreement.value * agreement.n / 100)
    start = f"Beside the float model on {sqnr.n} items of {sqnr.on}: {same} of {agreement.n} answers"
    assert report.notes[0].startswith(start)
    poor = {"sqnr": Measure(9.0, "dB", "measured", "data", 50), "agreement": share(40, 50, "data")}
    first, second = beside_float(poor)
    assert first == "Beside the float model on 50 items of data: 40 of 50 answers are the same, SQNR 9.0 dB."
    assert "analyse.quantization_loss" in second
    assert beside_float({"sqnr": poor["sqnr"]}) == ["Beside the float model on 50 items of data: SQNR 9.0 dB."]
    assert beside_float({}) == []
