"""TFLite files with 16-bit activations, 4-bit weights and weights in groups, run in LiteRT beside onnxruntime."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import onnx
import pytest
from ai_edge_litert import schema_py_generated as schema

from core.errors import UserError
from core.execute.litert_session import LiteRTSession
from core.execute.runtimes import onnx_session
from core.execute.session import quantize
from core.exporters.exporter import load_exporters
from core.exporters.tflite.builder import Builder
from core.exporters.tflite.convert import Converted, convert
from core.exporters.tflite.rules import broken_rules
from core.exporters.tflite.versions import operator_version
from core.jobs import Job
from core.methods.method import Context
from core.methods.quantize.choices import Granularity, Precision
from core.methods.quantize.static import Activations, Params, quantize_static
from core.model.model import Model
from tests.core.qdq_graphs import Arrays, network, node, weights
from tests.core.test_quantize_int8 import data_of, floating

CONSTANTS = {
    "w": weights(4, 3, 3, 3), "b": weights(4), "w2": weights(4, 3, 3, 3, seed=3), "k": weights(1, 4, 1, 1, seed=9),
    "dw": weights(4, 1, 3, 3), "g": weights(256, 6), "low": np.float32(0), "six": np.float32(6),
    "odd": np.float32(1.3), "pads": np.array([0, 0, 1, 1, 0, 0, 1, 1]), "start": np.array([1]), "end": np.array([7]),
    "axis": np.array([2]), "two": np.array([2]), "index": np.array([0, 2]),
    "double": np.array([1, 1, 2, 2], np.float32),
}  # fmt: skip
OTHER = node("Conv", "x w2", "d", pads=[1, 1, 1, 1])
BEHIND: dict[str, list[onnx.NodeProto]] = {
    "max_pool": [node("MaxPool", "c", "y", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])],
    "average_pool": [node("AveragePool", "c", "y", kernel_shape=[2, 2], strides=[2, 2])],
    "mean": [node("GlobalAveragePool", "c", "y")],
    "concat": [OTHER, node("Concat", "c d", "y", axis=1)],
    "add_relu": [OTHER, node("Add", "c d", "a"), node("Relu", "a", "y")],
    "sub": [OTHER, node("Sub", "c d", "y")],
    "mul_constant": [node("Mul", "c k", "y")],
    "split": [node("Split", "c", "s1 s2", axis=1), node("Add", "s1 s2", "y")],
    "slices": [node("Slice", "c start end axis", "s"), node("Slice", "s start end axis two", "y")],
    "gather": [node("Gather", "c index", "y", axis=1)],
    "pads": [node("Pad", "c pads", "p"), node("Pad", "p pads", "y", mode="reflect")],
    "transpose": [node("Transpose", "c", "y", perm=[0, 2, 1, 3])],
    "resize": [node("Resize", "c none double", "y", mode="nearest", coordinate_transformation_mode="asymmetric",
                    nearest_mode="floor")],
    "gate": [node("GlobalAveragePool", "c", "p"), node("Sigmoid", "p", "s"), node("Mul", "c s", "y")],
    "tanh": [node("Tanh", "c", "y")],
    "softmax": [node("Flatten", "c", "f"), node("Gemm", "f g", "h"), node("Softmax", "h", "y")],
    "relu_alone": [node("Relu", "c", "r"), node("Add", "c r", "y")],
    "clip_6": [node("Clip", "c low six", "y")],
    "clip_odd": [node("Clip", "c low odd", "y")],
    "leaky": [node("LeakyRelu", "c", "y", alpha=0.1)],
    "depthwise": [node("Conv", "c dw b", "y", group=4)],
}  # fmt: skip
IN_FLOAT = {"hard_swish": [node("HardSwish", "c", "y")]}


def chain(behind: list[onnx.NodeProto]) -> Model:
    """A convolution of 'x' [3, 8, 8] into 'c' [4, 8, 8], and what comes behind it."""
    nodes = [
        onnx.NodeProto.FromString(n.SerializeToString()) for n in (node("Conv", "x w b", "c", pads=[1] * 4), *behind)
    ]
    for n in nodes:
        n.input[:] = ["" if name == "none" else name for name in n.input]
    used = {name for n in nodes for name in n.input}
    return network(nodes, {k: v for k, v in CONSTANTS.items() if k in used}, [3, 8, 8], opset=17)


def quantized(model: Model, **params: Any) -> Model:
    data = Arrays(model.inputs[0].shape[1:])  # type: ignore[arg-type]
    return quantize_static(model, data, Params(bias_correction=False, **params), Context()).model


def steps_apart(model: Model, converted: Converted, xnnpack: bool = True) -> int:
    """The largest difference to onnxruntime in steps of the output, on the calibration items."""
    session, reference, worst = LiteRTSession(converted.data, xnnpack=xnnpack), onnx_session(model, exact=True), 0
    for x in Arrays(model.inputs[0].shape[1:]).values:  # type: ignore[arg-type]
        stored = {p.name: quantize(np.transpose(x[None], converted.inputs[p.name]), p) for p in session.inputs}
        given, wanted = session.run(stored), reference.run({"x": x[None]})
        for port in session.outputs:
            expected = quantize(np.transpose(wanted[port.name], converted.outputs[port.name]), port)
            worst = max(worst, int(np.abs(expected.astype(np.int64) - given[port.name].astype(np.int64)).max()))
    return worst


def tensors(data: bytes) -> dict[str, Any]:
    graph = schema.ModelT.InitFromPackedBuf(data, 0).subgraphs[0]
    return {t.name.decode(): t for t in graph.tensors}


@pytest.mark.parametrize("case", [*BEHIND, *IN_FLOAT])
def test_16_bit_activations_run_in_integers(case: str) -> None:
    """Both with XNNPACK (which leaves them alone) and without; 8 steps of 65,536 is what Softmax's table is off by."""
    model = quantized(chain({**BEHIND, **IN_FLOAT}[case]), activations=Activations.INT16)
    converted = convert(model)
    assert broken_rules(converted.data) == []
    assert ("DEQUANTIZE" in converted.ops) == (case in IN_FLOAT)
    for xnnpack in (True, False):
        session = LiteRTSession(converted.data, xnnpack=xnnpack)
        assert [p.dtype for p in (*session.inputs, *session.outputs)] == ["int16", "int16"]
        assert steps_apart(model, converted, xnnpack) <= 8


def test_biases_beside_16_bit_activations_have_64_bits_and_the_same_steps() -> None:
    """onnx's DequantizeLinear has no int64: the graph's int32 steps are what the file holds, widened."""
    convolution = network([node("Conv", "x w b", "y")], {k: CONSTANTS[k] for k in ("w", "b")}, [3, 8, 8])
    model = quantized(convolution, activations=Activations.INT16)
    graph = schema.ModelT.InitFromPackedBuf(convert(model).data, 0)
    conv = graph.subgraphs[0].operators[0]
    bias = graph.subgraphs[0].tensors[conv.inputs[2]]
    assert bias.type == schema.TensorType.INT64
    stored = np.frombuffer(bytes(graph.buffers[bias.buffer].data), np.int64)
    kept = model.graph.graph.initializers["b_quantized"].const_value
    assert kept is not None
    np.testing.assert_array_equal(stored, kept.numpy())


def test_unsigned_16_bit_activations_are_refused_in_one_sentence() -> None:
    with pytest.raises(UserError, match="activations of type uint16 have no TFLite form") as refused:
        convert(quantized(chain(BEHIND["mean"]), activations=Activations.UINT16))
    assert "\n" not in refused.value.message


@pytest.mark.parametrize("granularity", [Granularity.TENSOR, Granularity.CHANNEL])
def test_4_bit_weights_take_half_the_bytes_and_answer_within_a_step(granularity: Granularity) -> None:
    """Convolution, depthwise and fully connected, each with its bias; odd numbers of weights fill the last byte."""
    nodes = [
        node("Conv", "x w b", "c", pads=[1, 1, 1, 1]),
        node("Conv", "c dw b", "e", group=4),
        node("Flatten", "e", "f"),
        node("Gemm", "f h", "y"),
    ]
    constants = {**{k: CONSTANTS[k] for k in ("w", "b", "dw")}, "h": weights(144, 5)}
    model = quantized(network(nodes, constants, [3, 8, 8]), precision=Precision.INT4, granularity=granularity)
    converted = convert(model)
    assert broken_rules(converted.data) == []
    assert converted.notes == ()
    assert not {"QUANTIZE", "DEQUANTIZE"} & set(converted.ops)
    file = schema.ModelT.InitFromPackedBuf(converted.data, 0)
    four = [t for t in file.subgraphs[0].tensors if t.type == schema.TensorType.INT4]
    assert sorted(len(file.buffers[t.buffer].data) for t in four) == [18, 54, 360]
    for xnnpack in (True, False):
        assert steps_apart(model, converted, xnnpack) <= 2


def test_4_bit_integers_are_packed_lower_half_first() -> None:
    builder = Builder()
    index = builder.constant(np.array([1, -2, 7, -8, 3], ml_dtypes.int4))
    (buffer,) = (b.data for b in builder._buffers if b.data is not None)
    assert builder.dtype(index) == "int4"
    assert buffer.tolist() == [0xE1, 0x87, 0x03]


def test_beside_16_bit_activations_4_bit_weights_are_stored_in_8_and_it_is_said() -> None:
    model = quantized(chain(BEHIND["depthwise"]), precision=Precision.INT4, activations=Activations.INT16)
    converted = convert(model)
    assert broken_rules(converted.data) == []
    assert sum("stores its 4-bit weights in 8 bits" in note for note in converted.notes) == 2
    assert steps_apart(model, converted) <= 2


@pytest.mark.parametrize("precision", list(Precision)[:2])
def test_weights_in_groups_run_in_float_and_it_is_said(precision: Precision) -> None:
    nodes = [node("Conv", "x w b", "c"), node("Flatten", "c", "f"), node("Gemm", "f h b2", "y")]
    constants = {**{k: CONSTANTS[k] for k in ("w", "b")}, "h": weights(144, 5), "b2": weights(5)}
    model = quantized(
        network(nodes, constants, [3, 8, 8]), precision=precision, granularity=Granularity.GROUP, group_size=16
    )
    converted = convert(model)
    assert broken_rules(converted.data) == []
    assert [note for note in converted.notes if "groups of input channels" in note and "'/y'" in note]
    assert tensors(converted.data)["h"].type == schema.TensorType.FLOAT32
    assert steps_apart(model, converted) <= 1


def test_layers_in_float_for_one_reason_share_a_sentence() -> None:
    chain = [node("Conv", f"{'x' if k == 0 else f'c{k - 1}'} k{k}", "y" if k == 6 else f"c{k}") for k in range(7)]
    model = quantized(
        network(chain, {f"k{k}": weights(4, 4, 1, 1, seed=k) for k in range(7)}, [4, 5, 5]),
        granularity=Granularity.GROUP,
        group_size=2,
    )
    said = [note for note in convert(model).notes if "in float" in note]
    assert len(said) == 1
    assert said[0].startswith("7 layers run in float ('/c0', '/c1', '/c2', '/c3', '/c4' and 2 more): TFLite has no")


def test_a_type_without_a_tflite_form_is_refused_with_the_form_to_take() -> None:
    nodes = [node("Conv", "x w b", "y")]
    model = quantized(network(nodes, {k: CONSTANTS[k] for k in ("w", "b")}, [3, 8, 8]), activations=Activations.UINT16)
    with pytest.raises(UserError, match=r"uint16 have no TFLite form; quantize with int16 \(preset TFLite 16x8\)"):
        convert(model)


@pytest.mark.parametrize("precision", ["int8", "int4"])
def test_the_sample_in_each_form_is_proven(precision: str, tmp_path: Path) -> None:
    model, data = floating("sample"), data_of("sample")
    for activations in ("uint8", "int16"):
        params = Params(precision=Precision(precision), activations=Activations(activations), calibration_items=8)
        small = quantize_static(model, data, params, Context()).model
        done = load_exporters().get("tflite").write(small, tmp_path / "m.tflite", data, Job())
        assert done.proof.passed
        assert done.bytes == (tmp_path / "m.tflite").stat().st_size


def test_where_4_bit_kernels_are_too_far_off_convolutions_are_stored_in_8_bits(tmp_path: Path) -> None:
    """The sample with one scale a tensor: LiteRT's 4-bit convolutions are 4 steps off, those in 8 bits none."""
    model, data = floating("sample"), data_of("sample")
    params = Params(
        precision=Precision.INT4, granularity=Granularity.TENSOR, calibration_items=8, bias_correction=False
    )
    small = quantize_static(model, data, params, Context()).model
    done = load_exporters().get("tflite").write(small, tmp_path / "m.tflite", data, Job())
    assert done.proof.passed
    assert "stored in 8 bits" in done.notes[-1]
    assert done.bytes > len(convert(small).data)
    kinds = {t.type for t in tensors((tmp_path / "m.tflite").read_bytes()).values()}
    assert schema.TensorType.INT4 in kinds  # the fully connected layer keeps its own


def test_versions_are_those_of_tensorflow_s_table() -> None:
    """tensorflow/lite/tools/versioning/op_version.cc, read for these signatures."""
    four = ("int8", "int4", "int32")
    assert [operator_version(o, four) for o in ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")] == [7, 7, 10]
    sixteen = {"ADD": 3, "SUB": 5, "MUL": 4, "SLICE": 4, "MAX_POOL_2D": 3, "SOFTMAX": 3, "TRANSPOSE": 5, "PAD": 3}
    assert {name: operator_version(name, ("int16", "int16")) for name in sixteen} == sixteen
    assert operator_version("QUANTIZE", ("float32",), result="int16") == 2
    assert operator_version("DEQUANTIZE", ("int16",)) == 3
    assert operator_version("TRANSPOSE", ("int16", "int32"), rank=5) == 5
