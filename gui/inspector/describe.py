"""Attributes and formal names of a node, as text, with the defaults the operator's schema gives. No Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import onnx
import onnx_ir as ir

from core.model.blocks_names import scope
from gui.words import counted, tr


@dataclass(frozen=True, slots=True)
class Attribute:
    """``default`` marks a value the file leaves out and the operator's definition supplies."""

    name: str
    value: str
    default: bool


def schema_of(node: ir.Node, opset: int) -> onnx.defs.OpSchema | None:
    """The operator's definition at the opset; None for an operator nobody knows."""
    domain = "" if node.domain == "ai.onnx" else node.domain
    try:
        return onnx.defs.get_schema(node.op_type, node.version or opset or 1, domain)
    except onnx.defs.SchemaError:
        return None


def attributes(node: ir.Node, schema: onnx.defs.OpSchema | None) -> list[Attribute]:
    """What the file sets, then the defaults it relies on."""
    out = [Attribute(name, _text(attribute), False) for name, attribute in node.attributes.items()]
    if schema is not None:
        for name, definition in schema.attributes.items():
            given = definition.default_value
            if name not in node.attributes and given.type != onnx.AttributeProto.UNDEFINED:
                out.append(Attribute(name, _plain(onnx.helper.get_attribute_value(given)), True))
    return out


def formal_names(
    parameters: Sequence[onnx.defs.OpSchema.FormalParameter] | None, values: Sequence[ir.Value | None]
) -> list[str]:
    """The names the operator gives to its inputs or outputs, numbered where one name stands for several."""
    names = [p.name for p in parameters or ()]
    out = []
    for k in range(len(values)):
        if k < len(names) - 1 or (k < len(names) and len(values) <= len(names)):
            out.append(names[k])
        else:
            out.append(f"{names[-1]} {k - len(names) + 2}" if names else str(k))
    return out


def _text(attribute: ir.Attr) -> str:
    if attribute.is_ref():
        return tr("the function's '{name}'", name=attribute.ref_attr_name)
    kind = ir.AttributeType
    if attribute.type == kind.TENSOR:
        tensor = attribute.as_tensor()
        if tensor.size <= 8:
            return _plain(tensor.numpy().ravel().tolist())
        return tr("tensor {shape}", shape="×".join(str(d) for d in tensor.shape))
    if attribute.type == kind.GRAPH:
        return counted(len(attribute.as_graph()), "a graph of {n} node", "a graph of {n} nodes")
    if attribute.type in (kind.INT, kind.FLOAT, kind.STRING, kind.INTS, kind.FLOATS, kind.STRINGS):
        return _plain(attribute.value)
    return attribute.type.name.lower()


def _plain(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, float):
        return f"{value:.6g}".replace("-", "−")
    if isinstance(value, (list, tuple)):
        return ", ".join(_plain(v) for v in value) or tr("none")
    return str(value)


def short(node: ir.Node, key: str) -> str:
    """What tells a layer from others of its kind in little room: its innermost modules."""
    return ".".join(scope(node)[-3:]) or key
