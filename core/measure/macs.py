"""Multiplications (each with its addition) of one node, from the shapes around it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import onnx_ir as ir

from core.model.facts import Facts

Shape = tuple[int, ...]
_NOT_COUNTED = {"LSTM", "GRU", "RNN", "Einsum", "Attention", "MultiHeadAttention", "DeformConv", "If", "Loop", "Scan"}
_NO_SHAPE = "a shape is unknown"


def node_macs(node: ir.Node, facts: Facts | None) -> tuple[int | None, str]:
    """(MACs, why not). MACs are None where a shape is missing or the operator's arithmetic is not known here."""
    if node.op_type in _NOT_COUNTED:
        return None, f"{node.op_type} is not counted"
    if node.domain not in ("", "ai.onnx"):
        return None, f"operator of domain '{node.domain}'"
    rule = _RULES.get(node.op_type)
    if rule is None:
        return 0, ""
    shapes = [facts.shape(v) if facts else None for v in node.inputs]
    out = facts.shape(node.outputs[0]) if facts else None
    macs = rule(node, shapes, out)
    return macs, "" if macs is not None else _NO_SHAPE


def _conv(weight: int) -> Callable[[ir.Node, list[Shape | None], Shape | None], int | None]:
    """Every output element sums over (input channels / group) x kernel, which is the weight without its first axis."""

    def count(node: ir.Node, shapes: list[Shape | None], out: Shape | None) -> int | None:
        kernel = shapes[weight]
        return None if kernel is None or out is None else math.prod(out) * math.prod(kernel[1:])

    return count


def _conv_transpose(node: ir.Node, shapes: list[Shape | None], out: Shape | None) -> int | None:
    """Every input element goes into (output channels / group) x kernel outputs."""
    x, kernel = shapes[0], shapes[1]
    return None if x is None or kernel is None else math.prod(x) * math.prod(kernel[1:])


def _gemm(node: ir.Node, shapes: list[Shape | None], out: Shape | None) -> int | None:
    a = shapes[0]
    if a is None or out is None:
        return None
    transposed = node.attributes.get("transA")
    depth = a[0] if transposed is not None and transposed.as_int() else a[1]
    return math.prod(out) * depth


def _matmul(node: ir.Node, shapes: list[Shape | None], out: Shape | None) -> int | None:
    a = shapes[0]
    return None if not a or out is None else math.prod(out) * a[-1]


_RULES: Mapping[str, Callable[[ir.Node, list[Shape | None], Shape | None], int | None]] = {
    "Conv": _conv(1),
    "ConvInteger": _conv(1),
    "QLinearConv": _conv(3),
    "ConvTranspose": _conv_transpose,
    "Gemm": _gemm,
    "MatMul": _matmul,
    "MatMulInteger": _matmul,
    "QLinearMatMul": _matmul,
}
