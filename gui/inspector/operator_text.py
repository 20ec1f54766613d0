"""Sentences about an operator's attributes, inputs and outputs, from its definition. No Qt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

import onnx

from gui.inspector.documentation import meaning
from gui.words import tr

_PLAIN = {"float": "float32", "double": "float64"}
_MANY = 12


def attribute_meaning(schema: onnx.defs.OpSchema | None, name: str) -> str:
    """Rich text; '' where the operator's definition does not know the attribute."""
    found = schema.attributes.get(name) if schema is not None else None
    if found is None:
        return ""
    must = tr("Required.") if found.required else ""
    return f"{meaning(found.description)}{f'<p>{escape(must)}</p>' if must else ''}"


def parameter_meaning(parameter: onnx.defs.OpSchema.FormalParameter | None) -> str:
    """What an input or an output is, and of which types it may be, as rich text."""
    if parameter is None:
        return ""
    option = onnx.defs.OpSchema.FormalParameterOption
    words = {option.Optional: tr("Optional."), option.Variadic: tr("Any number of them.")}
    extra = words.get(parameter.option, "")
    types = tr("Types ({name}): {types}", name=parameter.type_str, types=type_names(parameter.types))
    return f"{meaning(parameter.description)}<p>{escape(f'{extra} {types}'.strip())}</p>"


def type_names(types: Iterable[str]) -> str:
    """'tensor(float)' and the like as they are called elsewhere: float32, int8."""
    names = sorted({_type_name(t) for t in types})
    return ", ".join(names[:_MANY]) + (tr(" and {n} more", n=len(names) - _MANY) if len(names) > _MANY else "")


def _type_name(text: str) -> str:
    if text.startswith("tensor(") and text.endswith(")"):
        inner = text[7:-1]
        return _PLAIN.get(inner, inner)
    return text


def formal(
    parameters: Sequence[onnx.defs.OpSchema.FormalParameter], position: int
) -> onnx.defs.OpSchema.FormalParameter | None:
    """The formal parameter at a position; the last one stands for all that follow where it is variadic."""
    if position < len(parameters):
        return parameters[position]
    return parameters[-1] if parameters else None
