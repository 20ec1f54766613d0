"""Small graphs and data for the tests of quantization."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnx_ir as ir
from onnx import TensorProto, helper, numpy_helper

from core.data.dataset import Item
from core.execute.runtimes import onnx_session
from core.methods.method import Context
from core.methods.quantize.result import Quantized
from core.methods.quantize.static import Params, quantize_static
from core.methods.scope import Scope
from core.model.model import Model
from core.model.qdq import check_rules

Array = npt.NDArray[Any]


class Arrays:
    """A data set of float arrays for the input 'x'."""

    name, location, classes = "arrays", "", ()

    def __init__(self, shape: Sequence[int], count: int = 8, seed: int = 0, scale: float = 1.0) -> None:
        self.values = np.random.default_rng(seed).normal(0, scale, (count, *shape)).astype(np.float32)
        self.items = [Item(f"item{k}") for k in range(count)]

    def load(self, index: int) -> dict[str, Array]:
        return {"x": self.values[index]}


def network(
    nodes: Sequence[onnx.NodeProto],
    constants: Mapping[str, Array],
    shape: Sequence[int | str],
    outputs: Sequence[str] = ("y",),
    opset: int = 18,
) -> Model:
    """A model with the float input 'x'; nodes without a name are called after their first output."""
    for node in nodes:
        node.name = node.name or f"/{node.output[0]}"
    graph = helper.make_graph(
        nodes,
        "test",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", *shape])],
        [helper.make_tensor_value_info(o, TensorProto.FLOAT, None) for o in outputs],
        [numpy_helper.from_array(np.asarray(v), k) for k, v in constants.items()],
    )
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    return Model.from_ir(ir.from_proto(onnx.shape_inference.infer_shapes(proto)))


def weights(*shape: int, seed: int = 0, scale: float = 0.3) -> Array:
    return np.random.default_rng(seed).normal(0, scale, shape).astype(np.float32)


def node(kind: str, inputs: str, outputs: str, **attributes: Any) -> onnx.NodeProto:
    """``node("Conv", "x w b", "y", group=2)``."""
    return helper.make_node(kind, inputs.split(), outputs.split(), **attributes)


def quantized(model: Model, data: Arrays, scope: Scope | None = None, **params: Any) -> Quantized:
    """Quantized with all items; the result holds the rules, passes the checker and runs in onnxruntime."""
    done = quantize_static(model, data, Params(**params), Context(scope=scope or Scope()))
    assert check_rules(done.model) == []
    onnx.checker.check_model(ir.to_proto(done.model.graph), full_check=True)
    run(done.model, data.values[:2])
    return done


def run(model: Model, x: Array, optimized: bool = True, taps: Sequence[str] = ()) -> dict[str, Array]:
    """Outputs and taps, with exact 8-bit sums on every processor."""
    return onnx_session(model, optimized=optimized, taps=taps, exact=True).run({"x": x})


def sqnr(wanted: Array, given: Array) -> float:
    """Signal to noise in dB."""
    noise = float(((wanted - given) ** 2).sum())
    return float(10 * np.log10(float((wanted**2).sum()) / max(noise, 1e-30)))


def by_name(model: Model, name: str) -> ir.Node:
    return next(n for n in model.nodes() if n.name == name)


def kinds(model: Model) -> list[str]:
    return [n.op_type for n in model.nodes()]
