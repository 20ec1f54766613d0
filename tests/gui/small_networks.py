"""Tiny graphs for tests of the window."""

from __future__ import annotations

import onnx
import onnx_ir as ir
from onnx import TensorProto, helper

from core.model.model import Model


def small(*nodes: onnx.NodeProto, outputs: tuple[str, ...] = ("y",)) -> Model:
    """A float graph over one input 'x' of 1x4."""
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4])
    ends = [helper.make_tensor_value_info(o, TensorProto.FLOAT, None) for o in outputs]
    graph = helper.make_graph(list(nodes), "small", [x], ends)
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("com.example", 1)]
    return Model.from_ir(ir.from_proto(helper.make_model(graph, opset_imports=opsets, ir_version=8)))


def chain(count: int) -> Model:
    nodes = [helper.make_node("Relu", ["x" if k == 0 else f"v{k - 1}"], [f"v{k}"], f"n{k}") for k in range(count)]
    return small(*nodes, outputs=(f"v{count - 1}",))
