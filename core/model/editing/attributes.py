"""Attributes as a person types them, checked against the operator's own definition in the onnx package."""

from __future__ import annotations

import json
import re
from typing import Any

import onnx
import onnx_ir as ir

from core.errors import UserError
from core.model.editing.inference import schema_of
from core.model.model import layer_name

_KINDS: Any = onnx.defs.OpSchema.AttrType
_NUMBERS = (int, float)
_WHAT = {
    _KINDS.INT: "a whole number",
    _KINDS.FLOAT: "a number",
    _KINDS.STRING: "text",
    _KINDS.INTS: "a list of whole numbers",
    _KINDS.FLOATS: "a list of numbers",
    _KINDS.STRINGS: "a list of texts",
}
_TYPES = {kind: getattr(ir.AttributeType, kind.name) for kind in _WHAT}
_SWITCHES = {"keepdims", "ceil_mode", "count_include_pad", "transA", "transB", "allowzero", "training_mode",
             "exclusive", "reverse", "noop_with_empty_axes", "select_last_index", "largest", "sorted",
             "exclude_outside", "antialias", "unidirectional", "is_causal"}  # fmt: skip
_CHOICES = {
    "auto_pad": ("NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"),
    "direction": ("forward", "reverse", "bidirectional", "LEFT", "RIGHT"),
    "approximate": ("none", "tanh"),
    "nearest_mode": ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil"),
    "coordinate_transformation_mode": (
        "half_pixel",
        "half_pixel_symmetric",
        "pytorch_half_pixel",
        "align_corners",
        "asymmetric",
        "tf_half_pixel_for_nn",
        "tf_crop_and_resize",
    ),
    "Resize.mode": ("nearest", "linear", "cubic"),
    "Upsample.mode": ("nearest", "linear"),
    "Pad.mode": ("constant", "reflect", "edge", "wrap"),
    "DepthToSpace.mode": ("DCR", "CRD"),
    "GridSample.padding_mode": ("zeros", "border", "reflection"),
}  # fmt: skip  the onnx package has these lists in prose only
_POSITIVE = {"strides", "dilations", "kernel_shape", "group", "blocksize", "num_outputs", "num_groups"}


def allowed_values(operator: str, attribute: str) -> tuple[str, ...] | tuple[int, ...]:
    """The values an attribute may have where they can be listed, else ()."""
    if attribute in _SWITCHES:
        return (0, 1)
    return _CHOICES.get(f"{operator}.{attribute}") or _CHOICES.get(attribute, ())


def parse(text: str) -> Any:
    """``--set conv.strides=[2,2]``: JSON where it is JSON, else the text itself; ``2,2`` is a list too."""
    if re.fullmatch(r"-?\d+(,-?\d+)+", text):
        return [int(n) for n in text.split(",")]
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def attribute(graph: ir.Model, node: ir.Node, name: str, value: Any) -> ir.Attr:
    """The attribute, checked: known to the operator, of its type, allowed. Raises UserError naming the layer."""
    layer = f"Layer '{layer_name(node)}' ({node.op_type})"
    schema = schema_of(graph, node)
    if schema is None:
        raise UserError(f"{layer} is of an operator that is not in ONNX, so its attributes cannot be checked.")
    if name not in schema.attributes:
        known = ", ".join(sorted(schema.attributes)) or "none"
        raise UserError(f"{layer} has no attribute '{name}'.", f"It can have: {known}.")
    kind = schema.attributes[name].type
    if kind not in _WHAT:
        raise UserError(f"{layer}: the attribute '{name}' holds a {_name(kind).lower()}, which cannot be typed in.")
    checked = _converted(kind, value)
    if checked is None:
        raise UserError(f"{layer}: the attribute '{name}' must be {_WHAT[kind]}, not {value!r}.")
    choices = allowed_values(node.op_type, name)
    if choices and checked not in choices:
        listed = ", ".join(str(c) for c in choices)
        raise UserError(f"{layer}: the attribute '{name}' is {checked!r}; it must be one of {listed}.")
    numbers = checked if isinstance(checked, list) else [checked]
    if name in _POSITIVE and any(n < 1 for n in numbers):
        raise UserError(f"{layer}: the attribute '{name}' is {checked}; it must be at least 1.")
    return ir.Attr(name, _TYPES[kind], checked)


def is_allowed(schema: onnx.defs.OpSchema, name: str, value: Any) -> bool:
    """Whether an operator can have the attribute with this value."""
    known = schema.attributes.get(name)
    checked = _converted(known.type, value) if known is not None and known.type in _WHAT else None
    if checked is None:
        return False
    choices = allowed_values(schema.name, name)
    return not choices or checked in choices


def is_required(graph: ir.Model, node: ir.Node, name: str) -> bool:
    """Whether the operator cannot do without the attribute."""
    schema = schema_of(graph, node)
    return schema is not None and name in schema.attributes and schema.attributes[name].required


def _name(kind: Any) -> str:
    return str(kind.name)  # the package's type hints lack it


def _converted(kind: Any, value: Any) -> Any:
    if kind.name.endswith("S"):
        one = getattr(_KINDS, kind.name[:-1])
        items = [_converted(one, v) for v in value] if isinstance(value, list | tuple) else [None]
        return None if any(i is None for i in items) else items
    if kind == _KINDS.STRING:
        return value if isinstance(value, str) else None
    if isinstance(value, bool):
        return int(value) if kind == _KINDS.INT else None
    if not isinstance(value, _NUMBERS):
        return None
    if kind == _KINDS.FLOAT:
        return float(value)
    return int(value) if value == int(value) and -(2**63) <= value < 2**63 else None


def attribute_values(node: ir.Node) -> dict[str, Any]:
    """The attributes of a layer that can be typed in, as JSON."""
    simple = (ir.AttributeType.INT, ir.AttributeType.FLOAT, ir.AttributeType.STRING, ir.AttributeType.INTS,
              ir.AttributeType.FLOATS, ir.AttributeType.STRINGS)  # fmt: skip
    return {
        a.name: list(a.value) if isinstance(a.value, tuple | list) else a.value
        for a in node.attributes.values()
        if a.type in simple and not a.is_ref()
    }
