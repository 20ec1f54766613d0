"""TFLite files of graphs with 8-bit and 16-bit activations side by side, run in LiteRT beside onnxruntime."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx_ir as ir
import pytest
from ai_edge_litert import schema_py_generated as schema

from core.errors import UserError
from core.exporters.exporter import Proof, load_exporters
from core.exporters.proof import Inputs, prove
from core.exporters.tflite import layer_by_layer, one_width, where
from core.exporters.tflite.candidate import litert_candidate
from core.exporters.tflite.convert import Converted, Options, convert
from core.exporters.tflite.export import export
from core.exporters.tflite.layer_by_layer import LayerSteps, by_layers
from core.exporters.tflite.rules import broken_rules
from core.jobs import Job
from core.methods.method import Context
from core.methods.quantize.static import Params, quantize_static
from core.methods.scope import Scope
from core.model.model import Model
from core.model.qdq import QuantParams, activation_pairs, check_rules
from tests.core.qdq_graphs import Arrays, network, node, weights
from tests.core.test_tflite_forms import BEHIND, IN_FLOAT, chain

DATA = Arrays((3, 8, 8), 4)
INPUTS = Inputs(lambda: ({"x": x[None]} for x in DATA.values), len(DATA.values), len(DATA.values), "items", True)
EIGHT, SIXTEEN = "uint8", "int16"
MOVING = ("average_pool", "slices", "gather", "pads", "transpose", "resize", "clip_6")  # as max_pool and clip_odd


def mixed(case: str, x: str, c: str, y: str) -> Model:
    """The input, the first convolution (and one beside it) and the result each in a type of its own."""
    said = {"x": x, "/[cd]": c, "/y": y}
    overrides = tuple((Scope(pattern=name), {"activations": kind}) for name, kind in said.items())
    settings = Params(bias_correction=False)
    done = quantize_static(chain({**BEHIND, **IN_FLOAT}[case]), DATA, settings, Context(overrides=overrides))
    assert check_rules(done.model) == []
    return done.model


def both_widths(model: Model) -> bool:
    return {p.params.bits for p in activation_pairs(model.graph.graph).values()} == {8, 16}


@pytest.mark.parametrize("types", [(EIGHT, SIXTEEN, "int8"), (SIXTEEN, EIGHT, SIXTEEN)])
@pytest.mark.parametrize("case", [case for case in (*BEHIND, *IN_FLOAT) if case not in MOVING])
def test_every_layer_gives_what_onnxruntime_gives_on_the_same_inputs(case: str, types: tuple[str, str, str]) -> None:
    """8-bit results are at most a step off, 16-bit ones an eighth of that."""
    model = mixed(case, *types)
    converted = convert(model)
    assert broken_rules(converted.data) == []
    assert "QUANTIZE" in converted.ops or not both_widths(model)
    found = by_layers(model, converted, INPUTS, Job())
    assert found.passed
    assert all(layer.most <= 1 for layer in found.layers), found.layers


def test_8_bits_become_16_without_loss() -> None:
    """int8 steps q at scale s are 128 (q - zero point) at s / 128: LiteRT's QUANTIZE gives exactly these."""
    converted = convert(mixed("max_pool", EIGHT, SIXTEEN, SIXTEEN))
    graph = schema.ModelT.InitFromPackedBuf(converted.data, 0).subgraphs[0]
    op = next(o for o in graph.operators if graph.tensors[o.outputs[0]].type == schema.TensorType.INT16)
    source, wide = graph.tensors[op.inputs[0]], graph.tensors[op.outputs[0]]
    assert source.type == schema.TensorType.INT8
    assert float(wide.quantization.scale[0]) == float(source.quantization.scale[0]) / 128
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    plain = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    run = Interpreter(
        model_content=converted.data, experimental_preserve_all_tensors=True, experimental_op_resolver_type=plain
    )
    run.allocate_tensors()
    q = np.arange(-128, 64, dtype=np.int8).reshape(run.get_input_details()[0]["shape"])
    run.set_tensor(run.get_input_details()[0]["index"], q)
    run.invoke()
    zero = int(source.quantization.zeroPoint[0])
    np.testing.assert_array_equal(run.get_tensor(int(op.outputs[0])), 128 * (q.astype(np.int32) - zero))


def test_biases_that_32_bits_hold_at_8_still_fit_at_16() -> None:
    """The input's scale becomes 128 times finer, so steps of the bias 128 times as many: they have 64 bits there."""
    weight, bias = weights(4, 3, 3, 3), np.array([300.0, 0.5, -1.0, 2.0], np.float32)
    weight[0] *= 1e-6
    model = network([node("Conv", "x w b", "y", pads=[1, 1, 1, 1])], {"w": weight, "b": bias}, [3, 8, 8])
    said = ((Scope(pattern="/y"), {"activations": SIXTEEN}),)
    model = quantize_static(model, DATA, Params(bias_correction=False), Context(overrides=said)).model
    held = model.graph.graph.initializers["b_quantized"].const_value
    assert held is not None
    assert 128 * int(np.abs(held.numpy().astype(np.int64)).max()) > np.iinfo(np.int32).max
    converted = convert(model)
    assert converted.notes == ()
    assert "DEQUANTIZE" not in converted.ops
    assert by_layers(model, converted, INPUTS, Job()).passed
    graph = schema.ModelT.InitFromPackedBuf(converted.data, 0)
    conv = next(o for o in graph.subgraphs[0].operators if len(o.inputs) == 3)
    stored = graph.buffers[graph.subgraphs[0].tensors[conv.inputs[2]].buffer].data
    np.testing.assert_array_equal(np.frombuffer(bytes(stored), np.int64), 128 * held.numpy().astype(np.int64))


def test_a_result_that_leaves_in_16_bits_behind_8_moves_in_steps_of_8() -> None:
    """Alone, 185 steps of 16 bits would refuse it, though 8 bits on the way are off by one."""
    model = mixed("leaky", SIXTEEN, EIGHT, SIXTEEN)
    converted = convert(model)
    candidate = litert_candidate(converted.data, converted)
    proof = prove(model, candidate, INPUTS, Job())
    assert proof.passed
    assert proof.max_steps is not None
    assert proof.max_steps <= 2
    assert proof.max_abs_diff > 2 * candidate.steps["y"]


def test_layers_prove_a_file_whose_outputs_do_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some networks make much of single steps: here the proof of the outputs is made to fail."""
    from core.exporters.tflite import export as exporting

    def failed(model: Model, *rest: object) -> Proof:
        return Proof(2.0, 16, 0.4, "4 items", 4, passed=False, proven=True)

    monkeypatch.setattr(exporting, "prove", failed)
    done = export(mixed("add_relu", SIXTEEN, EIGHT, EIGHT), tmp_path / "m.tflite", None, Job())
    assert done.file.exists()
    said = done.proof.sentence()
    assert said.startswith(
        "Proven layer by layer, each off by at most 1 step. On 4 items outputs: largest difference 2,"
    )
    note = next(note for note in done.notes if note.startswith("Each of 4 layers was compared"))
    assert "In 16 bits 32 steps count as one" in note
    assert (done.to_json()["by_layers"], done.to_json()["by_layers_n"]) == (1, 4)
    narrow = export(mixed("add_relu", EIGHT, EIGHT, EIGHT), tmp_path / "n.tflite", None, Job())
    assert narrow.proof.sentence().startswith("Proven layer by layer, each off by at most 0 steps.")
    assert not any("16 bits" in note for note in narrow.notes)
    with pytest.raises(UserError, match="was not kept"):  # nothing of it is an integer
        export(chain(BEHIND["softmax"]), tmp_path / "f.tflite", None, Job())
    assert not (tmp_path / "f.tflite").exists()


def test_steps_that_all_layers_take_prove_nothing() -> None:
    assert LayerSteps("some values of a hundred", most=2, close=99, equal=95, values=100).passed
    assert not LayerSteps("all by one step", most=1, close=100, equal=0, values=100).passed
    assert not LayerSteps("some by two", most=2, close=98, equal=98, values=100).passed
    assert not LayerSteps("one far away", most=3, close=999, equal=999, values=1000).passed


def test_a_file_that_is_wrong_is_not_proven_by_its_layers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """16 bits over half of the range cut off what 8 bits hold."""
    model = mixed("add_relu", SIXTEEN, EIGHT, EIGHT)
    right = one_width.activation_params

    def halved(low: float, high: float, storage: str) -> QuantParams:
        return right(low / 2, high / 2, "int16")

    monkeypatch.setattr(one_width, "activation_params", halved)
    found = by_layers(model, convert(model), INPUTS, Job())
    assert not found.passed
    assert found.worst.most > 8
    with pytest.raises(UserError, match="was not kept"):
        export(model, tmp_path / "m.tflite", None, Job())


def test_another_file_than_the_one_written_proves_nothing() -> None:
    model = mixed("add_relu", SIXTEEN, EIGHT, EIGHT)
    assert not by_layers(model, convert(mixed("add_relu", SIXTEEN, EIGHT, "int16")), INPUTS, Job()).same


def _float_tail() -> Model:
    """A Gemm and a Softmax in float behind the last QuantizeLinear."""
    said: dict[str, dict[str, object]] = {
        "x": {"activations": SIXTEEN}, "/c": {"activations": EIGHT}, "/[hy]": {"precision": "float"}
    }  # fmt: skip
    overrides = tuple((Scope(pattern=name), values) for name, values in said.items())
    return quantize_static(
        chain(BEHIND["softmax"]), DATA, Params(bias_correction=False), Context(overrides=overrides)
    ).model


def _integer_end() -> Model:
    """The output is what a QuantizeLinear gives."""
    model = mixed("depthwise", SIXTEEN, EIGHT, EIGHT)
    graph = model.graph.clone()
    last = graph.graph.outputs[0].producer()
    assert last is not None
    assert last.op_type == "DequantizeLinear"
    assert last.inputs[0] is not None
    graph.graph.outputs[0] = last.inputs[0]
    graph.graph.remove(last)
    return model.with_graph(graph)


def _other_weights(model: Model, name: str) -> Model:
    graph = model.graph.clone()
    weight = graph.graph.initializers[name]
    assert weight.const_value is not None
    numbers = weight.const_value.numpy()
    weight.const_value = ir.tensor((numbers / 2).astype(numbers.dtype), name=name)
    return model.with_graph(graph)


@pytest.mark.parametrize(("made", "weight"), [(_float_tail, "g"), (_integer_end, "dw_quantized")])
def test_what_lies_behind_the_last_inner_integers_is_compared_too(
    made: Callable[[], Model], weight: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A writer that halves the last layer's weights: every inner integer is right, the output is not."""
    model = made()
    assert both_widths(model)
    assert by_layers(model, convert(model), INPUTS, Job()).passed
    monkeypatch.setattr(layer_by_layer, "convert", lambda m, options: convert(_other_weights(m, weight), options))
    found = by_layers(model, convert(_other_weights(model, weight)), INPUTS, Job())
    assert found.same
    assert all(layer.passed for layer in found.layers)
    assert not found.passed


def test_layers_are_shown_as_the_file_was_written(monkeypatch: pytest.MonkeyPatch) -> None:
    model, written_as = mixed("add_relu", SIXTEEN, EIGHT, EIGHT), Options(four_bit_convolutions=False)
    seen: list[Options] = []

    def noted(taps: Model, options: Options) -> Converted:
        seen.append(options)
        return convert(taps, options)

    monkeypatch.setattr(layer_by_layer, "convert", noted)
    monkeypatch.setattr(where, "convert", noted)
    converted = convert(model, written_as)
    assert by_layers(model, converted, INPUTS, Job()).passed
    assert where.first_difference(model, converted, next(iter(INPUTS.feeds()))) == ""
    assert seen == [written_as, written_as]


def test_layers_that_cannot_be_shown_do_not_hide_the_failed_proof(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.exporters.tflite import export as exporting

    def failed(*rest: object) -> Proof:
        return Proof(2.0, 16, 0.4, "4 items", 4, passed=False, proven=True)

    def refused(*rest: object) -> Converted:
        raise UserError("It cannot be shown.")

    monkeypatch.setattr(exporting, "prove", failed)
    monkeypatch.setattr(layer_by_layer, "convert", refused)
    with pytest.raises(UserError, match="was not kept"):
        export(mixed("add_relu", SIXTEEN, EIGHT, EIGHT), tmp_path / "m.tflite", None, Job())


def test_a_graph_of_one_width_is_written_as_ever() -> None:
    for types in ((EIGHT, "int8", EIGHT), (SIXTEEN, SIXTEEN, SIXTEEN)):
        model = mixed("concat", *types)
        before = [n.op_type for n in model.nodes()]
        one_width.in_one_width(model.graph.graph)
        assert [n.op_type for n in model.nodes()] == before


def test_unsigned_16_bits_beside_8_are_refused_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"Layer .*uint16 have no TFLite form") as refused:
        load_exporters().get("tflite").write(mixed("mean", EIGHT, "uint16", EIGHT), tmp_path / "m.tflite", None, Job())
    assert "\n" not in refused.value.message
