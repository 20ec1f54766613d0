"""Types and shapes after an edit, inferred again only as far as they change, and what is wrong with a layer."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Mapping
from typing import Any

import onnx
import onnx_ir as ir

from core.model.editing.draft import Draft
from core.model.inline import constant_tensor
from core.model.model import layer_name

_SMALL = 64  # elements of a constant that a shape may depend on
Types = dict[ir.Value, onnx.TypeProto]


class Typing:
    """Types of the values that the file does not annotate, and the wrong layers with a sentence each."""

    def __init__(self, draft: Draft) -> None:
        self.types: Types = {}
        self.wrong: dict[ir.Node, str] = {}
        self.start(draft.model.graph)

    def start(self, graph: ir.Model) -> None:
        """Look at every layer once: 20 to 50 microseconds each."""
        seen: set[ir.Value] = {*graph.graph.inputs, *graph.graph.initializers.values()}
        for node in graph.graph:
            outputs, sentence = inferred(graph, node, self.types)
            for value in node.outputs:
                if value.name in outputs and (value.shape is None or value.dtype is None):
                    self.types[value] = outputs[value.name or ""]
            late = next((v for v in node.inputs if v is not None and v.graph is graph.graph and v not in seen), None)
            if late is not None:
                sentence = f"Layer '{layer_name(node)}' reads '{late.name}' before it is made."
            if sentence:
                self.wrong[node] = sentence
            seen.update(node.outputs)

    def spread(self, draft: Draft) -> None:
        """Infer the touched layers and, where their results changed, the layers behind them; the draft records it."""
        position = {node: k for k, node in enumerate(draft.graph)} if draft.touched else {}
        queue = [(position[n], id(n), n) for n in draft.touched if n in position]
        heapq.heapify(queue)
        waiting = {n for *_, n in queue}
        while queue:
            *_, node = heapq.heappop(queue)
            waiting.discard(node)
            for value in self._update(draft, node):
                for reader in dict.fromkeys(u.node for u in value.uses()):
                    if reader in position and reader not in waiting:
                        waiting.add(reader)
                        heapq.heappush(queue, (position[reader], id(reader), reader))

    def _update(self, draft: Draft, node: ir.Node) -> list[ir.Value]:
        """The outputs whose type changed."""
        outputs, sentence = inferred(draft.model.graph, node, self.types)
        self._mark(draft, node, sentence)
        changed = []
        for value in node.outputs:
            new = outputs.get(value.name or "")
            if new is None or not new.HasField("tensor_type"):
                continue
            old = type_of(value, self.types)
            nameless = value.is_graph_output() and value.dtype is None  # outputs must say their type
            if old is not None and old == new and not nameless:
                continue
            if value.shape is not None or value.dtype is not None or value.is_graph_output():
                annotate(draft, value, new)
            else:
                self._remember(draft, value, new)
            changed.append(value)
        return changed

    def _remember(self, draft: Draft, value: ir.Value, new: onnx.TypeProto) -> None:
        old = self.types.get(value)
        draft.change(lambda: self.types.__setitem__(value, new), lambda: _put(self.types, value, old))
        draft.noted.value(value)

    def _mark(self, draft: Draft, node: ir.Node, sentence: str) -> None:
        old = self.wrong.get(node)
        if (old or "") != sentence:
            draft.change(lambda: _put(self.wrong, node, sentence or None), lambda: _put(self.wrong, node, old))
            draft.noted.layers((node,))


def _put(mapping: dict[Any, Any], key: Any, value: Any) -> None:
    if value is None:
        mapping.pop(key, None)
    else:
        mapping[key] = value


def type_of(value: ir.Value, types: Mapping[ir.Value, onnx.TypeProto]) -> onnx.TypeProto | None:
    """As the file says, else as inferred; None where nothing is known or it is no tensor."""
    if value.shape is None or value.dtype is None:
        tensor = constant_tensor(value)
        if tensor is None:
            return types.get(value)
        return _type(int(tensor.dtype), tensor.shape)
    return _type(int(value.dtype), value.shape)


def _type(dtype: int, shape: Iterable[Any]) -> onnx.TypeProto:
    proto = onnx.TypeProto()
    proto.tensor_type.elem_type = dtype
    dims = proto.tensor_type.shape
    dims.SetInParent()
    for d in shape:
        dim = dims.dim.add()
        size = d if isinstance(d, int) else d.value
        if isinstance(size, int):
            dim.dim_value = size
        elif size:
            dim.dim_param = size
    return proto


def annotate(draft: Draft, value: ir.Value, proto: onnx.TypeProto) -> None:
    """Write an inferred tensor type to a value."""
    tensor = proto.tensor_type
    draft.set(value, "type", ir.TensorType(ir.DataType(tensor.elem_type)))
    if tensor.HasField("shape"):
        sizes = [d.dim_value if d.HasField("dim_value") else d.dim_param or None for d in tensor.shape.dim]
        draft.set(value, "shape", ir.Shape(sizes))
    else:
        draft.set(value, "shape", None)


def inferred(graph: ir.Model, node: ir.Node, types: Types) -> tuple[dict[str, onnx.TypeProto], str]:
    """(types of a layer's outputs by name, what is wrong with the layer or '')."""
    schema = schema_of(graph, node)
    if schema is None:
        return {}, ""
    given: dict[str, onnx.TypeProto] = {}
    data: dict[str, onnx.TensorProto] = {}
    for index, value in enumerate(node.inputs):
        if value is None:
            if index < len(schema.inputs) and str(schema.inputs[index].option).endswith("Single"):
                return {}, f"Layer '{layer_name(node)}' ({node.op_type}) lacks its input '{schema.inputs[index].name}'."
            continue
        known = type_of(value, types)
        if known is None:
            return {}, ""
        given[value.name or ""] = known
        tensor = constant_tensor(value)
        if tensor is not None and math.prod(tensor.shape.numpy()) <= _SMALL:
            data[value.name or ""] = ir.serde.serialize_tensor(tensor)
    if len(node.inputs) < schema.min_input:
        missing = schema.inputs[len(node.inputs)].name
        return {}, f"Layer '{layer_name(node)}' ({node.op_type}) lacks its input '{missing}'."
    opsets = [onnx.helper.make_opsetid(k, v) for k, v in graph.opset_imports.items()]
    try:
        out = onnx.shape_inference.infer_node_outputs(
            schema, ir.serde.serialize_node(node), given, data, opset_imports=opsets, ir_version=graph.ir_version
        )
    except Exception as error:  # noqa: BLE001  onnx raises errors of several C++ types, all about this layer
        return {}, f"Layer '{layer_name(node)}' ({node.op_type}): {_plain(str(error))}."
    check = _CHECKS.get(node.op_type) if node.domain in ("", "ai.onnx") else None
    return dict(out), check(node, given, out) if check is not None else ""


def schema_of(graph: ir.Model, node: ir.Node) -> onnx.defs.OpSchema | None:
    """The operator's definition at the graph's opset; None where onnx does not know it."""
    domain = "" if node.domain == "ai.onnx" else node.domain
    version = node.version or graph.opset_imports.get(domain, graph.opset_imports.get("ai.onnx", 0))
    if (domain, node.op_type, node.overload) in graph.functions or not version:
        return None
    try:
        return onnx.defs.get_schema(node.op_type, version, domain)
    except onnx.defs.SchemaError:
        return None


def _plain(text: str) -> str:
    lines = [line for line in text.replace("[ShapeInferenceError]", "").strip().splitlines() if line.strip()]
    sentence = (lines[-1] if lines else "its inputs do not fit").strip().rstrip(".")
    return sentence[:1].lower() + sentence[1:]


def _numbers(proto: onnx.TypeProto | None) -> list[int]:
    """The sizes, 0 for one that is not known."""
    return [d.dim_value for d in proto.tensor_type.shape.dim] if proto is not None else []


def _channels(node: ir.Node, given: Mapping[str, onnx.TypeProto], made: Mapping[str, onnx.TypeProto]) -> str:
    """onnx does not compare a convolution's channels with its weight's."""
    x, w = (_numbers(given.get(v.name or "")) if v is not None else [] for v in node.inputs[:2])
    if len(x) < 2 or len(w) < 2 or not x[1] or not w[1]:
        return ""
    wanted = w[1] * node.attributes.get_int("group", 1)
    if x[1] == wanted:
        return ""
    return f"Layer '{layer_name(node)}' (Conv) gets {x[1]} channels; its weight is made for {wanted}."


def _elements(node: ir.Node, given: Mapping[str, onnx.TypeProto], made: Mapping[str, onnx.TypeProto]) -> str:
    """onnx does not compare the elements before and after a Reshape."""
    source = node.inputs[0]
    before = _numbers(given.get(source.name or "")) if source is not None else []
    after = _numbers(made.get(node.outputs[0].name or ""))
    if not before or not after or 0 in before or 0 in after or math.prod(before) == math.prod(after):
        return ""
    shape = " x ".join(str(n) for n in after)
    return f"Layer '{layer_name(node)}' (Reshape) cannot give {math.prod(before)} elements the shape {shape}."


_CHECKS = {"Conv": _channels, "Reshape": _elements}
