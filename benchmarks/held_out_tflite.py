"""A small TFLite network as an ONNX graph: only the operators and the forms that MLPerf Tiny's two classifiers have.

For benchmarks.held_out_networks; Thimble itself opens no TFLite files. Layers keep their order, values become t0, t1, …
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx_ir as ir
from onnx import helper, numpy_helper

from core.data.dataset import Array
from core.model.model import Model


def from_tflite(path: Path) -> Model:
    """The file's graph, channels first and with a free batch."""
    graph = _Graph(_parsed(path.read_bytes()))
    return Model.from_ir(ir.from_proto(graph.proto()), source=path.name)


def all_float(path: Path) -> bytes:
    """The same file with stored int8 weights as float numbers, so that LiteRT rounds nothing."""
    import flatbuffers

    file, types = _parsed(path.read_bytes()), _schema().TensorType
    for tensor in file.subgraphs[0].tensors:
        if tensor.type == types.INT8:
            file.buffers[tensor.buffer].data = np.frombuffer(_constant(file, tensor).tobytes(), np.uint8)
            tensor.type, tensor.quantization = types.FLOAT32, None
    builder = flatbuffers.Builder(1 << 20)
    builder.Finish(file.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _schema() -> Any:
    from ai_edge_litert import schema_py_generated

    return schema_py_generated


def _parsed(data: bytes) -> Any:
    return _schema().ModelT.InitFromObj(_schema().Model.GetRootAs(data, 0))


def _constant(file: Any, tensor: Any) -> Array:
    """In float32, whatever it is stored as."""
    data, scale = file.buffers[tensor.buffer].data, tensor.quantization and tensor.quantization.scale
    if tensor.type == _schema().TensorType.INT8:
        along = [-1 if axis == tensor.quantization.quantizedDimension else 1 for axis in range(len(tensor.shape))]
        whole = np.frombuffer(bytes(data), np.int8).reshape(tensor.shape)
        return whole.astype(np.float32) * np.asarray(scale, np.float32).reshape(along)
    return np.frombuffer(bytes(data), np.float32).reshape(tensor.shape)


@dataclass
class _Graph:
    """The operators of a file in order, as ONNX nodes."""

    file: Any
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: list[onnx.TensorProto] = field(default_factory=list)

    def proto(self) -> onnx.ModelProto:
        graph, codes = self.file.subgraphs[0], vars(_schema().BuiltinOperator)
        names = {code: name for name, code in codes.items() if not name.startswith("_")}
        for op in graph.operators:
            code = self.file.operatorCodes[op.opcodeIndex]
            _RULES[names[max(code.builtinCode, code.deprecatedBuiltinCode)]](self, op)
        _, height, width, channels = graph.tensors[graph.inputs[0]].shape
        ports = [
            helper.make_tensor_value_info(f"t{index}", onnx.TensorProto.FLOAT, ["batch", *map(int, shape)])
            for index, shape in (
                (graph.inputs[0], (channels, height, width)),
                (graph.outputs[0], graph.tensors[graph.outputs[0]].shape[1:]),
            )
        ]
        made = helper.make_graph(self.nodes, "tflite", ports[:1], ports[1:], self.constants)
        return helper.make_model(made, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)

    def add(self, kind: str, op: Any, inputs: list[str], **attributes: Any) -> None:
        """A node and the Relu that is fused into it."""
        activation = getattr(op.builtinOptions, "fusedActivationFunction", 0)
        assert activation in (0, 1), "these files have no other activation than ReLU"
        name = f"t{op.outputs[0]}"
        before = f"{name}_linear" if activation else name
        self.nodes.append(helper.make_node(kind, inputs, [before], f"{kind}_{name}", **attributes))
        if activation:
            self.nodes.append(helper.make_node("Relu", [before], [name], f"Relu_{name}"))

    def shape(self, index: int) -> tuple[int, ...]:
        return tuple(int(d) for d in self.file.subgraphs[0].tensors[index].shape)

    def weights(self, op: Any, turn: Callable[[Array], Array]) -> list[str]:
        """Weight and bias of a layer; ``turn`` puts the weight's axes in ONNX's order."""
        found = [_constant(self.file, self.file.subgraphs[0].tensors[i]) for i in op.inputs[1:]]
        names = [f"t{i}" for i in op.inputs[1:]]
        turned = (np.ascontiguousarray(turn(found[0])), found[1])
        self.constants += [numpy_helper.from_array(a, n) for a, n in zip(turned, names, strict=True)]
        return [f"t{op.inputs[0]}", *names]


def _convolution(graph: _Graph, op: Any, depthwise: bool = False) -> None:
    options = op.builtinOptions
    assert (options.padding, options.dilationHFactor, options.dilationWFactor) == (0, 1, 1), "SAME, without gaps"
    sizes, kernel = graph.shape(op.inputs[0])[1:3], graph.shape(op.inputs[1])[1:3]
    strides = (options.strideH, options.strideW)
    pads = [max((-(-n // s) - 1) * s + k - n, 0) for n, s, k in zip(sizes, strides, kernel, strict=True)]
    order = (3, 0, 1, 2) if depthwise else (0, 3, 1, 2)
    graph.add(
        "Conv", op, graph.weights(op, lambda w: w.transpose(order)), strides=strides, kernel_shape=kernel,
        pads=[*(p // 2 for p in pads), *(p - p // 2 for p in pads)],
        group=graph.shape(op.inputs[0])[3] if depthwise else 1,
    )  # fmt: skip


def _average(graph: _Graph, op: Any) -> None:
    assert (op.builtinOptions.filterHeight, op.builtinOptions.filterWidth) == graph.shape(op.inputs[0])[1:3]
    graph.add("GlobalAveragePool", op, [f"t{op.inputs[0]}"])


_RULES: dict[str, Callable[[_Graph, Any], None]] = {
    "CONV_2D": _convolution,
    "DEPTHWISE_CONV_2D": lambda graph, op: _convolution(graph, op, depthwise=True),
    "AVERAGE_POOL_2D": _average,
    "ADD": lambda graph, op: graph.add("Add", op, [f"t{i}" for i in op.inputs]),
    "RESHAPE": lambda graph, op: graph.add("Flatten", op, [f"t{op.inputs[0]}"], axis=1),
    "FULLY_CONNECTED": lambda graph, op: graph.add("Gemm", op, graph.weights(op, lambda w: w), transB=1),
    "SOFTMAX": lambda graph, op: graph.add("Softmax", op, [f"t{op.inputs[0]}"], axis=1),
}
