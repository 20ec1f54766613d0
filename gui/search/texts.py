"""What each layer of a model can be found by, as plain strings: after this nothing reads the graph."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

import onnx
import onnx_ir as ir

from core.model.blocks_names import scope
from core.model.facts import Facts
from core.model.model import real_inputs
from gui.graph_view.known import Known, constant, dtype_of, shape_of, times
from gui.search.find import Entry, Text

INPUT, OUTPUT, WEIGHT, GRAPH_INPUT, GRAPH_OUTPUT = "input", "output", "weight", "graph_input", "graph_output"
_SHORT = 8  # values of a constant input that are said like an attribute's: axes, a scale, the limits of a Clip
_LONG = 24  # values of an attribute that can be searched
_BEHIND = 6  # nodes between a layer and the stored tensor that it reads


def entries(of_model: Known) -> Iterator[Entry]:
    """One entry a layer, in the file's order. To be read where nobody edits the graph meanwhile."""
    graph = of_model.model.graph
    ends = {id(v): GRAPH_INPUT for v in real_inputs(graph)} | {id(v): GRAPH_OUTPUT for v in graph.graph.outputs}
    for key, (node, _) in of_model.layers.items():
        texts = [Text("name", node.name or key), Text("op", _operator(node))]
        texts += [Text("attr", text) for text in _attributes(node, of_model, graph.opset_imports)]
        texts += _tensors(node, of_model, ends)
        yield Entry(key, node.op_type, scope(node), tuple(dict.fromkeys(texts)))


def _operator(node: ir.Node) -> str:
    return f"{node.domain}.{node.op_type}" if node.domain not in ("", "ai.onnx") else node.op_type


def _attributes(node: ir.Node, of_model: Known, opsets: dict[str, int]) -> Iterator[str]:
    for name, attribute in node.attributes.items():
        yield f"{name} = {_value(attribute)}"
    for position, value in enumerate(node.inputs):
        if value is None or not constant(value, of_model.hidden):
            continue
        said = _short(value, of_model.facts)
        if said:
            domain = "" if node.domain == "ai.onnx" else node.domain
            names = _input_names(node.op_type, domain, opsets.get(domain, 1))
            yield f"{names[position] if position < len(names) else f'input {position}'} = {said}"


def _value(attribute: ir.Attr) -> str:
    """An attribute's value as text; tensors and graphs only by what they are."""
    if attribute.is_ref():
        return f"@{attribute.ref_attr_name}"
    value = attribute.value
    if attribute.type == ir.AttributeType.TENSOR:
        return f"{times(tuple(attribute.as_tensor().shape.numpy()))} {attribute.as_tensor().dtype.name.lower()}"
    if attribute.type in (ir.AttributeType.GRAPH, ir.AttributeType.GRAPHS):
        return "graph"
    if isinstance(value, str | bytes | int | float):
        return _plain(value)
    if isinstance(value, Sequence):
        return ", ".join(_plain(v) for v in value[:_LONG])
    return str(attribute.type.name).lower()


def _plain(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return f"{value:g}" if isinstance(value, float) else str(value)


def _short(value: ir.Value, facts: Facts) -> str:
    """The numbers of a constant input where they are few: integers, or one float."""
    shape = facts.shape(value)
    if shape is None or len(shape) > 1 or (shape and shape[0] > _SHORT):
        return ""
    array = facts.array(value)
    if array is None or array.size > _SHORT or (array.dtype.kind not in "iub" and array.size != 1):
        return ""
    return ", ".join(_plain(v) for v in array.ravel().tolist())


@lru_cache(maxsize=512)
def _input_names(operator: str, domain: str, version: int) -> tuple[str, ...]:
    """What the operator's documentation calls its inputs; () for one that has none."""
    try:
        return tuple(port.name for port in onnx.defs.get_schema(operator, version, domain).inputs)
    except onnx.defs.SchemaError:
        return ()


def _tensors(node: ir.Node, of_model: Known, ends: dict[int, str]) -> Iterator[Text]:
    """Names, shapes and types of what a layer reads and makes, its own output first.

    An activation's name is found at the layer that makes it: at its readers too, "layer2" would find half of layer 3.
    """
    for value in node.outputs:
        yield from _tensor(value, ends.get(id(value), OUTPUT), of_model.facts)
    for read in node.inputs:
        if read is None:
            continue
        if not constant(read, of_model.hidden):
            yield from _tensor(read, ends.get(id(read), INPUT), of_model.facts)
            continue
        for behind in _behind(read):
            yield from _tensor(behind, WEIGHT, of_model.facts)


def _behind(value: ir.Value) -> Iterator[ir.Value]:
    """A constant and what it is made from: the stored tensor behind a DequantizeLinear has a name and a type too."""
    here: ir.Value | None = value
    for _ in range(_BEHIND):
        if here is None:
            return
        yield here
        producer = here.producer()
        here = producer.inputs[0] if producer is not None and producer.inputs else None


def _tensor(value: ir.Value, role: str, facts: Facts) -> Iterator[Text]:
    if value.name and role != INPUT:
        yield Text("tensor", value.name, role)
    shape = shape_of(value, facts)
    if shape:
        yield Text("shape", times(shape), role)
    kind = dtype_of(value, facts)
    if kind:
        yield Text("type", kind, role)
