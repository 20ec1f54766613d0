"""Forms of weights: numbers against numpy by hand, stored graphs against onnxruntime and the torch executor."""

from __future__ import annotations

import itertools
from typing import Any

import ml_dtypes
import numpy as np
import onnx_ir as ir
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from core.execute.torch_graph import TorchGraph
from core.methods.method import Context
from core.methods.quantize.choices import Granularity, Precision
from core.methods.quantize.static import Activations, Params, quantize_static
from core.model.model import Model
from core.model.qdq import (
    QuantParams,
    WeightForm,
    Wish,
    activation_params,
    check_rules,
    fixed_params,
    form_of,
    opset_of,
    stored_constant,
)
from tests.core.qdq_graphs import Arrays, by_name, network, node, run, sqnr, weights

LAYERS: dict[str, tuple[list[Any], dict[str, Any], list[int]]] = {
    "conv": ([node("Conv", "x w b", "y")], {"w": weights(6, 7, 3, 3), "b": weights(6)}, [7, 6, 6]),
    "gemm": ([node("Gemm", "x w b", "y")], {"w": weights(11, 5), "b": weights(5)}, [11]),
    "gemm_t": ([node("Gemm", "x w b", "y", transB=1)], {"w": weights(5, 11), "b": weights(5)}, [11]),
    "matmul": ([node("MatMul", "x w", "y")], {"w": weights(11, 5)}, [3, 11]),
    "depthwise": ([node("Conv", "x w b", "y", group=6)], {"w": weights(6, 1, 3, 3), "b": weights(6)}, [6, 6, 6]),
}


def layer(kind: str) -> Model:
    return network(*LAYERS[kind])


def quantized(model: Model, **params: Any) -> Model:
    data = Arrays(model.inputs[0].shape[1:])  # type: ignore[arg-type]
    return quantize_static(model, data, Params(bias_correction=False, **params), Context()).model


@settings(max_examples=60, deadline=None)
@given(
    w=hnp.arrays(
        np.float32,
        st.tuples(st.integers(1, 4), st.integers(1, 9), st.integers(1, 2), st.integers(1, 2)),
        elements=st.floats(-100, 100, width=32),
    ),
    block=st.integers(1, 10),
    bits=st.sampled_from([4, 8]),
)
def test_blocks_round_each_weight_to_the_nearest_step_of_its_own_block(w: Any, block: int, bits: int) -> None:
    form = WeightForm(bits, 0, 1, block)
    q, scale = form.quantize(w)
    back, top = form.dequantize(q, scale), 2 ** (bits - 1) - 1
    assert scale.shape == (w.shape[0], -(-w.shape[1] // block), *w.shape[2:])
    floor = np.abs(w).max() * 2.0**-20 / top  # nearly dead blocks
    for o, i, y, x in np.ndindex(*w.shape):
        part = w[o, i // block * block : (i // block + 1) * block, y, x]
        step = max(np.abs(part).max() / top, floor) or 1 / top
        assert scale[o, i // block, y, x] == pytest.approx(step, rel=1e-6)
        assert abs(back[o, i, y, x] - w[o, i, y, x]) <= step * 0.5001
        assert abs(int(q[o, i, y, x])) <= top
    np.testing.assert_allclose(form.by_channel(scale), scale.max(axis=(1, 2, 3)))


@settings(max_examples=60, deadline=None)
@given(
    low=st.floats(-1e6, 0, width=32),
    high=st.floats(0, 1e6, width=32),
    storage=st.sampled_from(["uint8", "int8", "int16", "uint16"]),
)
def test_any_storage_holds_its_range_and_zero_exactly(low: float, high: float, storage: Any) -> None:
    p = activation_params(low, high, storage)
    ends = np.array([low, 0.0, high], np.float32)
    back = p.dequantize(p.quantize(ends))
    assert back[1] == 0.0
    assert p.quantize(ends).dtype == np.dtype(storage)
    np.testing.assert_allclose(back, ends, atol=p.scale * 0.51)
    assert storage != "int16" or (p.zero_point, p.lowest, p.highest) == (0, -32768, 32767)
    assert abs(p.signed_zero_point) <= 2 ** (p.bits - 1)


def test_scales_of_16_bit_activations_are_what_onnxruntimes_qnn_tool_demands() -> None:
    from onnx import TensorProto, helper
    from onnxruntime.quantization import QuantType
    from onnxruntime.quantization.execution_providers.qnn import get_qnn_qdq_config

    nodes = [helper.make_node("Sigmoid", ["x"], ["s"], "s"), helper.make_node("Tanh", ["s"], ["t"], "t")]
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, 4]) for n in ("x", "t")]
    proto = helper.make_model(helper.make_graph(nodes, "g", ends[:1], ends[1:]))
    for kind, storage in ((QuantType.QUInt16, "uint16"), (QuantType.QInt16, "int16")):
        theirs = get_qnn_qdq_config(proto, None, activation_type=kind).extra_options["TensorQuantOverrides"]
        for value, operator in (("s", "Sigmoid"), ("t", "Tanh")):
            ours, wanted = fixed_params(operator, storage), theirs[value][0]  # type: ignore[arg-type]
            assert (ours.scale, ours.zero_point) == (float(wanted["scale"]), int(wanted["zero_point"]))


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize(("precision", "granularity"), list(itertools.product(("int8", "int4"), Granularity)))
def test_every_form_runs_the_same_in_onnxruntime_torch_and_numpy(
    kind: str, precision: str, granularity: Granularity
) -> None:
    """The stored integers, read back by hand, are the weight that both multiply with; the result is float's, nearly."""
    model = layer(kind)
    done = quantized(model, precision=Precision(precision), granularity=granularity, group_size=4)
    assert check_rules(done) == []
    stored = stored_constant(by_name(done, "/y").inputs[1])
    assert stored is not None
    w = LAYERS[kind][1]["w"]
    top = 127 if precision == "int8" else 7
    assert stored.bits == (8 if precision == "int8" else 4)
    assert int(np.abs(stored.q).max()) == top
    steps = np.asarray(stored.scale).max()
    assert np.abs(stored.real - w).max() <= steps * 0.5001
    x = Arrays(model.inputs[0].shape[1:]).values  # type: ignore[arg-type]
    plain = {**LAYERS[kind][1], "w": stored.real}
    by_hand = run(network(LAYERS[kind][0], plain, LAYERS[kind][2]), x)["y"]
    given_by_ort = run(done, x)["y"]
    assert sqnr(by_hand, given_by_ort) > 30  # activations of 8 bits and the rounded bias are all that is left
    with torch.no_grad():
        given_by_torch = next(iter(TorchGraph(done)({"x": torch.from_numpy(x)}).values())).numpy()
    step = _output_step(done)
    assert np.abs(given_by_torch - given_by_ort).max() <= step * 1.001  # a sum at a half may round either way
    assert (np.abs(given_by_torch - given_by_ort) > step / 2).mean() < 0.01


def _output_step(model: Model) -> float:
    last = model.graph.graph.outputs[0].producer()
    assert last is not None
    assert last.inputs[1] is not None
    return float(last.inputs[1].const_value.numpy())  # type: ignore[union-attr]


@pytest.mark.parametrize("storage", ["int16", "uint16"])
@pytest.mark.parametrize("kind", ["conv", "gemm", "matmul"])
def test_activations_in_16_bits(kind: str, storage: str) -> None:
    model = layer(kind)
    done = quantized(model, activations=Activations(storage))
    x = Arrays(model.inputs[0].shape[1:]).values  # type: ignore[arg-type]
    assert done.opset == 21
    assert check_rules(done) == []
    assert sqnr(run(model, x)["y"], run(done, x)["y"]) > 40  # 8-bit weights, and hardly anything from activations
    with torch.no_grad():
        theirs = next(iter(TorchGraph(done)({"x": torch.from_numpy(x)}).values())).numpy()
    assert np.abs(theirs - run(done, x)["y"]).max() <= _output_step(done) * 1.001


def test_blocks_are_stored_as_dequantizelinear_has_them() -> None:
    """int4, 7 input channels in blocks of 4: two blocks, the second of 3; a scale for each, biases by the largest."""
    done = quantized(layer("conv"), precision=Precision.INT4, granularity=Granularity.GROUP, group_size=4)
    conv = by_name(done, "/y")
    dequantize = conv.inputs[1].producer()  # type: ignore[union-attr]
    assert dequantize is not None
    assert (dequantize.attributes.get_int("axis", 0), dequantize.attributes.get_int("block_size", 0)) == (1, 4)
    q, scale = (dequantize.inputs[k].const_value for k in (0, 1))  # type: ignore[union-attr]
    assert q is not None
    assert scale is not None
    assert (q.dtype, q.nbytes) == (ir.DataType.INT4, (6 * 7 * 9 + 1) // 2)
    assert scale.shape == (6, 2, 3, 3)
    w = LAYERS["conv"][1]["w"]
    np.testing.assert_allclose(scale.numpy()[:, 1], np.abs(w[:, 4:]).max(axis=1) / 7, rtol=1e-6)
    bias, source = stored_constant(conv.inputs[2]), stored_constant(conv.inputs[1])
    assert bias is not None
    assert source is not None
    assert bias.q.dtype == np.int32
    step = bias.scale / source.scale.max(axis=(1, 2, 3))
    np.testing.assert_allclose(step, step[0], rtol=1e-6)  # the scale of the input
    np.testing.assert_allclose(bias.real, LAYERS["conv"][1]["b"], atol=float(bias.scale.max()))


def test_only_where_a_form_needs_it_the_opset_is_raised() -> None:
    conv = by_name(layer("conv"), "/y")
    forms = {conv: form_of(conv, (6, 7, 3, 3))}
    assert opset_of(forms, "uint8") == 13
    assert opset_of({conv: form_of(conv, (6, 7, 3, 3), Wish(4))}, "uint8") == 21
    assert opset_of({conv: form_of(conv, (6, 7, 3, 3), Wish(8, "group", 4))}, "uint8") == 21
    assert opset_of(forms, "int16") == 21
    assert quantized(layer("conv")).opset == 18
    # groups that no layer can have raise nothing
    assert quantized(layer("depthwise"), granularity=Granularity.GROUP).opset == 18


def test_raising_the_opset_keeps_names_and_what_is_said_of_layers_and_tensors() -> None:
    model = layer("conv")
    by_name(model, "/y").metadata_props["thimble.note"] = "kept"
    done = quantized(model, precision=Precision.INT4)
    assert by_name(done, "/y").metadata_props["thimble.note"] == "kept"
    assert done.graph.ir_version >= 10


def test_an_almost_dead_channel_with_a_bias_fits_into_32_bits_with_blocks_too() -> None:
    w = weights(4, 8, 1, 1)
    w[2] *= 1e-9
    model = network([node("Conv", "x w b", "y")], {"w": w, "b": np.full(4, 5, np.float32)}, [8, 4, 4])
    done = quantized(model, granularity=Granularity.GROUP, group_size=4)
    assert check_rules(done) == []
    x = Arrays([8, 4, 4]).values
    assert sqnr(run(model, x)["y"], run(done, x)["y"]) > 35


def test_where_blocks_make_no_sense_a_layer_has_a_scale_for_each_channel() -> None:
    model = layer("depthwise")  # one input channel
    data = Arrays(model.inputs[0].shape[1:])  # type: ignore[arg-type]
    done = quantize_static(model, data, Params(granularity=Granularity.GROUP, group_size=4), Context())
    stored = stored_constant(by_name(done.model, "/y").inputs[1])
    assert stored is not None
    assert stored.block == 0
    assert any("none for each group" in note for note in done.notes)


@pytest.mark.parametrize("precision", [Precision.INT8, Precision.INT4])
def test_a_matmul_over_tokens_has_blocks_as_the_gemm_it_becomes(precision: Precision) -> None:
    """onnxruntime fails on a MatMul with blocks of int8; a Gemm between Reshapes it runs."""
    model = layer("matmul")
    done = quantized(model, precision=precision, granularity=Granularity.GROUP, group_size=4)
    node = by_name(done, "/y")
    stored = stored_constant(node.inputs[1])
    assert node.op_type == "Gemm"
    assert stored is not None
    assert stored.block == 4
    x = Arrays([3, 11]).values
    assert sqnr(run(model, x)["y"], run(done, x)["y"]) > (35 if precision is Precision.INT8 else 12)


def test_check_rules_knows_what_is_wrong_with_a_form() -> None:
    done = quantized(layer("conv"), precision=Precision.INT4, granularity=Granularity.GROUP, group_size=4)
    dequantize = by_name(done, "/y").inputs[1].producer()  # type: ignore[union-attr]
    assert dequantize is not None
    zero = dequantize.inputs[2]
    assert zero is not None
    assert zero.const_value is not None
    zero.const_value = ir.tensor(np.ones(zero.const_value.shape.numpy(), ml_dtypes.int4), name=zero.name)
    assert [v.rule for v in check_rules(done)] == [1]
    sixteen = quantized(layer("conv"), activations=Activations.INT16)
    for value in sixteen.graph.graph.initializers.values():
        if value.name == "x_zero_point":
            value.const_value = ir.tensor(np.asarray(3, np.int16), name=value.name)
    assert "zero point 0" in check_rules(sixteen)[0].sentence


def test_quant_params_of_16_bits_say_their_range() -> None:
    assert QuantParams(2.0, 0, "int16").range == (-65536.0, 65534.0)
    assert QuantParams(1.0, 100, "uint16").range == (-100.0, 65435.0)
    assert QuantParams(1.0, 100, "uint16").signed_zero_point == 100 - 32768
