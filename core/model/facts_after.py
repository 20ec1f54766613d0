"""Facts of a graph after an edit, from the facts before it: only layers that changed are inferred again.

What the whole graph would show and one layer cannot (values that other layers compute from constants, branches of an
If) is kept as it was known. :func:`core.model.facts.infer` stays the judge; this is for the moments in between.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import onnx
import onnx_ir as ir

from core.errors import UserError
from core.model.editing.inference import schema_of
from core.model.facts import Array, Facts
from core.model.model import Model, real_inputs

_SMALL = 64  # elements of a constant that a shape may depend on
_LIKE_INPUT = {"Dropout", "GroupNormalization", "MeanVarianceNormalization"}  # onnx leaves some of these open
_TENSOR_CONSTANTS = ("Constant", "ConstantOfShape")
_Inferred = dict[str, onnx.TypeProto] | None
Place = Callable[[ir.Node], int | None]


@dataclass(frozen=True, slots=True)
class After:
    """``facts`` now, and the layers whose shapes were inferred again (those that changed, and those behind them)."""

    facts: Facts
    inferred: frozenset[ir.Node]


def facts_after(before: Facts, model: Model, changed: Iterable[ir.Node], place: Place | None = None) -> After | None:
    """Facts of ``model``, of which ``changed`` may differ from what ``before`` tells of.

    ``place``: a number that grows from layer to layer, None for a node that is no layer of the graph; without it the
    layers are counted. None where a value that is known before running would have to be computed again: then infer()
    is needed.
    """
    graph = model.graph.graph
    shapes, dtypes = dict(before.shapes), dict(before.dtypes)
    for spec, value in zip(model.inputs, real_inputs(model.graph), strict=True):
        try:
            shapes[spec.name] = spec.bound()
        except UserError:
            if spec.name in shapes:  # its size was known before and is open now, and so may be all behind it
                return None
        if value.dtype is not None:
            dtypes[spec.name] = value.dtype
    place = place or {node: k for k, node in enumerate(graph)}.get
    queue = [(at, n) for n in dict.fromkeys(changed) if (at := place(n)) is not None]
    if any(_computes_constants(n, before.constants) and not _lacks_inputs(model.graph, n) for _, n in queue):
        return None
    heap = [(k, id(n), n) for k, n in queue]
    heapq.heapify(heap)
    waiting, done = {n for *_, n in heap}, set()
    now = Facts(graph, shapes, dtypes, before.constants)
    while heap:
        *_, node = heapq.heappop(heap)
        waiting.discard(node)
        done.add(node)
        for value in _update(model.graph, node, now, shapes, dtypes):
            for use in value.uses():
                reader = use.node
                if reader not in waiting and (at := place(reader)) is not None:
                    waiting.add(reader)
                    heapq.heappush(heap, (at, id(reader), reader))
    return After(now, frozenset(done))


def _computes_constants(node: ir.Node, constants: Mapping[str, Array]) -> bool:
    """Whether a layer's result is, or may now be, known before running."""
    if any(o.name in constants for o in node.outputs) or node.op_type in _TENSOR_CONSTANTS or node.op_type == "Shape":
        return True
    inputs = [v for v in node.inputs if v is not None]
    return bool(inputs) and all(v.const_value is not None or v.name in constants for v in inputs)


def _update(
    graph: ir.Model, node: ir.Node, now: Facts, shapes: dict[str, tuple[int, ...]], dtypes: dict[str, ir.DataType]
) -> list[ir.Value]:
    """Infer one layer; gives those of its results whose shape or type is another one now."""
    for value in node.inputs:
        if value is not None and value.const_value is not None:  # a renamed or new constant
            shapes[value.name or ""] = tuple(int(d) for d in value.const_value.shape.numpy())
            dtypes[value.name or ""] = value.const_value.dtype
    found = _inferred(graph, node, now)
    if found is None:
        return []
    changed = []
    for value in node.outputs:
        name = value.name or ""
        kind = found[name].tensor_type if name in found else onnx.TypeProto.Tensor()
        known = kind.HasField("shape") and all(d.HasField("dim_value") for d in kind.shape.dim)
        shape = tuple(d.dim_value for d in kind.shape.dim) if known else None
        dtype = ir.DataType(kind.elem_type) if kind.elem_type else None
        if shape is None and node.op_type in _LIKE_INPUT and node.inputs and node.inputs[0] is not None:
            shape = shapes.get(node.inputs[0].name or "")
        if shape == shapes.get(name) and (dtype is None or dtype == dtypes.get(name)):
            continue
        if shape is None:
            shapes.pop(name, None)
        else:
            shapes[name] = shape
        if dtype is not None:
            dtypes[name] = dtype
        changed.append(value)
    return changed


def _lacks_inputs(graph: ir.Model, node: ir.Node) -> bool:
    """Whether something is to be connected first; until then what the layer made before stays known."""
    schema = schema_of(graph, node)
    if schema is None:
        return False
    single = onnx.defs.OpSchema.FormalParameterOption.Single
    missing = any(v is None and i.option == single for v, i in zip(node.inputs, schema.inputs, strict=False))
    return missing or len(node.inputs) < schema.min_input


def _inferred(graph: ir.Model, node: ir.Node, now: Facts) -> _Inferred:
    """Types of a layer's results; None where one layer alone cannot tell, or where the layer is wrong."""
    schema = schema_of(graph, node)
    if schema is None or any(a.type == ir.AttributeType.GRAPH for a in node.attributes.values()):
        return None
    if _lacks_inputs(graph, node):
        return None
    given: dict[str, onnx.TypeProto] = {}
    data: dict[str, onnx.TensorProto] = {}
    for value in node.inputs:
        if value is None:
            continue
        name = value.name or ""
        dtype = now.dtypes.get(name)
        if dtype is None:
            return {}
        shape = now.shapes.get(name)
        given[name] = onnx.helper.make_tensor_type_proto(int(dtype), shape)
        stored = value.const_value
        if stored is not None and stored.size <= _SMALL:
            data[name] = ir.serde.serialize_tensor(stored)
        elif name in now.constants and now.constants[name].size <= _SMALL:
            data[name] = onnx.numpy_helper.from_array(now.constants[name], name)
    opsets = [onnx.helper.make_opsetid(k, v) for k, v in graph.opset_imports.items()]
    try:
        out = onnx.shape_inference.infer_node_outputs(
            schema, ir.serde.serialize_node(node), given, data, opset_imports=opsets, ir_version=graph.ir_version
        )
    except Exception:  # noqa: BLE001  onnx raises errors of several C++ types; the layer is marked as wrong elsewhere
        return None
    return dict(out)
