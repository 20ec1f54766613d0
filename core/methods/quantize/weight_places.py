"""The weights that can be stored in another format: where they are, which axes count what, and how they are stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import onnx_ir as ir

from core.methods.quantize.formats import Stored, Weight
from core.model.constants import unused_name
from core.model.masks import hand_on, pattern_of
from core.model.model import ORIGIN, Model, layer_name
from core.model.weight_functions import DOMAIN, function

_FUNCTIONS_IR, _SMALL_IR = 8, 10  # file versions that know functions, and 4-bit integers
OPERATORS = ("Conv", "ConvTranspose", "Gemm", "MatMul", "Gather")


@dataclass(frozen=True, slots=True)
class Left:
    """A layer whose weight stays float; ``reason`` is the end of a sentence."""

    layer: str
    operator: str
    reason: str


def weights(model: Model, inside: Callable[[ir.Node], bool]) -> tuple[tuple[Weight, ...], tuple[Left, ...]]:
    """The weights of layers in scope that are initializers of their own, in graph order, and the layers without one.

    Convolutions, matrix products and embedding tables (Gather); biases and normalizations are none.
    """
    found: dict[str, Weight] = {}
    left: list[Left] = []
    for node in model.nodes():
        if node.op_type not in OPERATORS or node.domain not in ("", "ai.onnx") or not inside(node):
            continue
        weight = _weight(node)
        if isinstance(weight, Weight):
            found.setdefault(weight.tensor, weight)
        elif weight:
            left.append(Left(layer_name(node), node.op_type, weight))
    return tuple(found.values()), tuple(left)


def _weight(node: ir.Node) -> Weight | str:
    """The weight a layer reads, or why there is none; '' where there is nothing to store (indices of a shape)."""
    places = (0,) if node.op_type == "Gather" else (1, 0) if node.op_type == "MatMul" else (1,)
    values = [(k, node.inputs[k]) for k in places if k < len(node.inputs)]
    stored = [(k, v) for k, v in values if v is not None and v.is_initializer() and v.const_value is not None]
    if not stored:
        return "" if node.op_type == "Gather" else "its weight is computed while the network runs"
    place, value = stored[0]
    tensor = value.const_value
    assert tensor is not None, "looked for above"
    shape = tuple(int(d) for d in tensor.shape.numpy())
    if node.op_type == "Gather" and (len(shape) != 2 or tensor.dtype != ir.DataType.FLOAT):
        return ""
    axes = _axes(node, place)
    if len(shape) < 2 or (node.op_type in ("Gemm", "MatMul") and len(shape) != 2):
        return f"its weight has {len(shape)} axes"
    masked = pattern_of(value) is not None
    return Weight(value.name or "", layer_name(node), node.op_type, shape, *axes, masked)


def _axes(node: ir.Node, place: int) -> tuple[int, int]:
    """(axis of output channels, axis of input channels) of a layer's weight."""
    if node.op_type == "Gemm":
        return (0, 1) if node.attributes.get_int("transB", 0) else (1, 0)
    if node.op_type == "MatMul":
        return (1, 0) if place == 1 else (0, 1)
    return (1, 0) if node.op_type == "ConvTranspose" else (0, 1)


def put(model: Model, stored: Mapping[str, Stored]) -> None:
    """Put weights into their formats, in place: initializer name -> what takes its place.

    The value that layers read keeps its name and is now made by a node behind the new tensors.
    """
    graph = model.graph.graph
    taken = {v.name or "" for v in (*graph.inputs, *graph.initializers.values())}
    taken |= {o.name or "" for n in graph for o in n.outputs} | {n.name or "" for n in graph}
    order = {id(node): k for k, node in enumerate(graph)}
    for name, form in stored.items():
        old = graph.initializers[name]
        readers = sorted((u.node for u in old.uses()), key=lambda node: order.get(id(node), 0))
        _put_one(graph, old, form, readers[0], taken)
        if form.function is not None:
            _import(model, *form.function)
    small = any(t.dtype in (ir.DataType.INT4, ir.DataType.UINT4) for s in stored.values() for t in s.tensors.values())
    model.graph.ir_version = max(model.graph.ir_version or 0, _SMALL_IR if small else _FUNCTIONS_IR)


def _put_one(graph: ir.Graph, old: ir.Value, form: Stored, reader: ir.Node, taken: set[str]) -> None:
    name = old.name or ""
    inputs = [_initializer(graph, unused_name(f"{name}_{s}", taken), tensor) for s, tensor in form.tensors.items()]
    hand_on(old, inputs[0])
    node = form.node(inputs, name)
    node.name = unused_name(node.name or name, taken)
    node.metadata_props[ORIGIN] = layer_name(reader)
    new = node.outputs[0]
    ir.convenience.replace_all_uses_with(old, new)
    del graph.initializers[name]
    graph.inputs[:] = [v for v in graph.inputs if v is not old]  # of IR version 3
    old.name = None
    new.name, new.shape, new.dtype = name, ir.Shape(form.values().shape), ir.DataType.FLOAT
    graph.insert_before(reader, node)


def _initializer(graph: ir.Graph, name: str, tensor: ir.TensorProtocol) -> ir.Value:
    tensor.name = name
    value = ir.Value(
        name=name, type=ir.TensorType(tensor.dtype), shape=ir.Shape(tensor.shape.numpy()), const_value=tensor
    )
    graph.register_initializer(value)
    return value


def _import(model: Model, kind: str, bits: int) -> None:
    body = function(kind, bits, model.opset)
    if body.identifier() not in model.graph.functions:
        model.graph.functions[body.identifier()] = body
        model.graph.opset_imports[DOMAIN] = 1
