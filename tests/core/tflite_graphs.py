"""Small graphs for the TFLite tests, and the comparison of a written file with optimised onnxruntime."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnx_ir as ir
from onnx import helper, numpy_helper

from core.execute.litert_session import LiteRTSession
from core.execute.runtimes import onnx_session
from core.execute.session import quantize
from core.exporters.tflite.candidate import litert_candidate
from core.exporters.tflite.convert import Converted, convert
from core.exporters.tflite.rules import broken_rules
from core.model.model import Model

Array = npt.NDArray[Any]


def node(op: str, inputs: Sequence[str], outputs: Sequence[str], **attributes: Any) -> onnx.NodeProto:
    return helper.make_node(op, list(inputs), list(outputs), name=f"{op}_{outputs[0]}", **attributes)


def network(
    nodes: Sequence[onnx.NodeProto],
    inputs: Mapping[str, Sequence[int | str]],
    outputs: Sequence[str],
    constants: Mapping[str, Any] | None = None,
    opset: int = 18,
) -> Model:
    """A checked Model; shapes of outputs are left to inference."""
    graph = helper.make_graph(
        list(nodes),
        "small",
        [helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, list(s)) for n, s in inputs.items()],
        [onnx.ValueInfoProto(name=n) for n in outputs],
        [numpy_helper.from_array(np.asarray(v), k) for k, v in (constants or {}).items()],
    )
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    proto = onnx.shape_inference.infer_shapes(proto)
    onnx.checker.check_model(proto)
    return Model.from_ir(ir.from_proto(proto))


def random_feed(model: Model, seed: int = 0, scale: float = 1.0) -> dict[str, Array]:
    rng = np.random.default_rng(seed)
    return {s.name: (scale * rng.standard_normal(s.bound())).astype(np.float32) for s in model.inputs}


def float_gap(model: Model, scale: float = 1.0) -> tuple[float, Converted]:
    """Largest difference to onnxruntime, relative to max(1, max|y|), over two inputs."""
    converted = convert(model)
    assert broken_rules(converted.data) == []
    candidate, reference, worst = litert_candidate(converted.data, converted), onnx_session(model), 0.0
    for seed in range(2):
        feed = random_feed(model, seed, scale)
        wanted, given = reference.run(feed), candidate.run(feed)
        for name, value in wanted.items():
            assert given[name].shape == value.shape
            worst = max(worst, float(np.abs(value - given[name]).max() / max(1.0, np.abs(value).max())))
    return worst, converted


def step_gap(model: Model, scale: float = 1.0, xnnpack: bool = True) -> tuple[int, Converted]:
    """Largest difference to optimised onnxruntime in steps of the output's scale, over two inputs."""
    converted = convert(model)
    assert broken_rules(converted.data) == []
    session, reference, worst = LiteRTSession(converted.data, xnnpack=xnnpack), onnx_session(model), 0
    for seed in range(2):
        feed = random_feed(model, seed, scale)
        stored = {p.name: quantize(np.transpose(feed[p.name], converted.inputs[p.name]), p) for p in session.inputs}
        given, wanted = session.run(stored), reference.run(feed)
        for port in session.outputs:
            expected = quantize(np.transpose(wanted[port.name], converted.outputs[port.name]), port)
            gap = np.abs(expected.astype(np.int64) - given[port.name].astype(np.int64))
            worst = max(worst, int(gap.max()))
    return worst, converted


class Quantized:
    """Builds a QDQ graph: every method adds nodes and gives the name of the dequantized result."""

    def __init__(self, storage: str = "uint8") -> None:
        self.storage = storage
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, Any] = {}

    def pair(self, value: str, scale: float, zero: int = 0, out: str = "") -> str:
        """``zero`` is in int8's convention."""
        shift = 128 if self.storage == "uint8" else 0
        out = out or f"{value}_dq"
        self.constants |= {
            f"{out}_s": np.float32(scale),
            f"{out}_z": np.asarray(zero + shift, self.storage),
        }
        qdq = [f"{out}_s", f"{out}_z"]
        self.nodes += [
            node("QuantizeLinear", [value, *qdq], [f"{out}_q"]),
            node("DequantizeLinear", [f"{out}_q", *qdq], [out]),
        ]
        return out

    def weights(self, name: str, array: Array, axis: int | None, input_scale: float, bias: Array | None) -> list[str]:
        """Weights as int8 (per channel along ``axis``, or one scale) and the bias as int32, behind DequantizeLinear."""
        over = None if axis is None else tuple(a for a in range(array.ndim) if a != axis)
        scale = np.asarray(np.abs(array).max(axis=over) / 127, np.float32)
        wide = scale if axis is None else scale.reshape([-1 if a == axis else 1 for a in range(array.ndim)])
        self.constants |= {f"{name}_i": np.rint(array / wide).astype(np.int8), f"{name}_s": scale}
        self.constants[f"{name}_z"] = np.zeros(scale.shape, np.int8)
        extra = {} if axis is None else {"axis": axis}
        self.nodes.append(node("DequantizeLinear", [f"{name}_i", f"{name}_s", f"{name}_z"], [name], **extra))
        if bias is None:
            return [name]
        bias_scale = np.asarray(np.float32(input_scale) * scale, np.float32)
        self.constants |= {f"{name}_bi": np.rint(bias / bias_scale).astype(np.int32), f"{name}_bs": bias_scale}
        self.constants[f"{name}_bz"] = np.zeros(bias_scale.shape, np.int32)
        extra = {} if axis is None else {"axis": 0}
        inputs = [f"{name}_bi", f"{name}_bs", f"{name}_bz"]
        self.nodes.append(node("DequantizeLinear", inputs, [f"{name}_b"], **extra))
        return [name, f"{name}_b"]

    def layer(self, op: str, inputs: Sequence[str], out: str, **attributes: Any) -> str:
        self.nodes.append(node(op, inputs, [out], **attributes))
        return out

    def model(self, inputs: Mapping[str, Sequence[int | str]], outputs: Sequence[str], opset: int = 18) -> Model:
        return network(self.nodes, inputs, outputs, self.constants, opset)
