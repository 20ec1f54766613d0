"""What runtimes refuse though onnx's type inference lets it pass."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import NamedTuple

import onnx
import onnx_ir as ir

Sizes = tuple[int | str | None, ...]


class TensorType(NamedTuple):
    """Element type (onnx's number) and shape: numbers, names, None for an open size; None where the rank is open."""

    dtype: int
    shape: Sizes | None


BROADCASTING = frozenset({"Add", "Sub", "Mul", "Div", "Pow", "Max", "Min", "Sum", "Mean", "PRelu", "Where", "Mod",
                          "And", "Or", "Xor", "Equal", "Greater", "Less", "GreaterOrEqual", "LessOrEqual"})  # fmt: skip
Known = TensorType | onnx.TypeProto  # a proto for sequences and optionals
Types = Sequence[Known | None]


def disagreement(node: ir.Node, given: Types, made: Types) -> str:
    """The end of a sentence that begins with the layer; '' where nothing is known to be wrong."""
    check = _CHECKS.get(node.op_type) if node.domain in ("", "ai.onnx") else None
    return check(node, given, made) if check is not None else ""


def misfit(node: ir.Node, given: Types) -> str:
    """The same where onnx only says that sizes do not fit: which sizes they are; '' where they do."""
    shapes = [known.shape for known in given if isinstance(known, TensorType) and known.shape is not None]
    if node.op_type not in BROADCASTING or len(shapes) < 2 or len(shapes) < len(node.inputs):
        return ""
    backwards = zip_longest(*(reversed(shape) for shape in shapes), fillvalue=1)
    if all(len({d for d in sizes if isinstance(d, int)} - {1}) < 2 for sizes in backwards):
        return ""
    several = " and ".join(" x ".join(str(d or "?") for d in shape) or "a scalar" for shape in shapes)
    return f" gets {several}, which do not fit together."


def _numbers(known: Known | None) -> list[int]:
    """The sizes, 0 for one that is not known."""
    shape = known.shape if isinstance(known, TensorType) else None
    return [d if isinstance(d, int) else 0 for d in shape or ()]


def _by(sizes: Sequence[int]) -> str:
    return " x ".join(str(n) for n in sizes)


def _padding(node: ir.Node) -> str:
    auto = node.attributes.get_string("auto_pad", "NOTSET")
    both = auto != "NOTSET" and "pads" in node.attributes
    return f" has both 'pads' and auto_pad {auto}; one of them must go." if both else ""


def _conv(node: ir.Node, given: Types, made: Types) -> str:
    x, w = (_numbers(known) for known in given[:2])
    if len(x) < 2 or len(w) < 2 or not all((x[1], *w)):
        return ""
    group = node.attributes.get_int("group", 1)
    if x[1] != w[1] * group:
        return f" gets {x[1]} channels; its weight is made for {w[1] * group}."
    if w[0] % group:
        return f" makes {w[0]} channels, which {group} groups do not divide."
    return _kernel(node, w[2:]) or _bias(given, w[0]) or _padding(node)


def _conv_transpose(node: ir.Node, given: Types, made: Types) -> str:
    x, w = (_numbers(known) for known in given[:2])
    if len(x) < 2 or len(w) < 2 or not all((x[1], *w)):
        return ""
    group = node.attributes.get_int("group", 1)
    if x[1] != w[0]:
        return f" gets {x[1]} channels; its weight is made for {w[0]}."
    if w[0] % group:
        return f" gets {w[0]} channels, which {group} groups do not divide."
    return _kernel(node, w[2:]) or _bias(given, w[1] * group) or _padding(node)


def _kernel(node: ir.Node, stored: list[int]) -> str:
    taps = node.attributes.get_ints("kernel_shape", None)
    if taps is None or list(taps) == stored:
        return ""
    return f" has a kernel of {_by(taps)}; its weight is {_by(stored)}."


def _bias(given: Types, channels: int) -> str:
    b = _numbers(given[2]) if len(given) > 2 else []
    return f" has a bias of {_by(b)} for {channels} channels." if b and b != [channels] and 0 not in b else ""


def _response(node: ir.Node, given: Types, made: Types) -> str:
    size = node.attributes.get_int("size", 1)
    if size < 1 or size % 2 == 0:
        return f" has the size {size}, which runtimes refuse: it must be odd."
    for name, usual in (("alpha", 1e-4), ("beta", 0.75)):
        value = node.attributes.get_float(name, usual)
        if value <= 0:
            return f" has the {name} {value:g}, which runtimes refuse: it must be above 0."
    return ""


def _elements(node: ir.Node, given: Types, made: Types) -> str:
    before, after = _numbers(given[0]), _numbers(made[0])
    if not before or not after or 0 in before or 0 in after or math.prod(before) == math.prod(after):
        return ""
    return f" cannot give {math.prod(before)} elements the shape {_by(after)}."


_CHECKS: dict[str, Callable[[ir.Node, Types, Types], str]] = {
    "Conv": _conv,
    "ConvTranspose": _conv_transpose,
    "LRN": _response,
    "Reshape": _elements,
}
