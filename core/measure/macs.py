"""Multiplications (each with its addition) of one node, from the shapes around it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import chain

import onnx_ir as ir

from core.model.facts import Facts

Shape = tuple[int, ...]
Rule = Callable[[ir.Node, list[Shape | None], Shape | None], int | None]
_DOMAINS = ("", "ai.onnx")
_NO_SHAPE = "a shape is unknown"
_BODIES = {
    "If": "which branch it takes depends on what the model is fed",
    "Loop": "how often it runs its body is not known",
    "Scan": "its body is not counted",
    "SequenceMap": "its body is not counted",
}


def node_macs(node: ir.Node, facts: Facts | None) -> tuple[int | None, str]:
    """(MACs, why not). MACs are None where a shape is missing or the operator's arithmetic is not known here.

    Gates, softmax, interpolation and other elementwise arithmetic are no MACs. Recurrent layers count every step of
    both directions, also of sequences that end earlier; attention counts masked positions too.
    """
    microsoft = node.domain == "com.microsoft" and node.op_type == "MultiHeadAttention"
    if node.domain not in _DOMAINS and not microsoft:
        return None, f"operator of domain '{node.domain}'"
    if node.op_type in _BODIES:
        return None, _BODIES[node.op_type]
    rule = _RULES.get(node.op_type)
    if rule is None:
        return 0, ""
    shapes = [facts.shape(v) if facts else None for v in node.inputs]
    out = facts.shape(node.outputs[0]) if facts else None
    macs = rule(node, shapes, out)
    return macs, "" if macs is not None else _NO_SHAPE


def _conv(weight: int) -> Rule:
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
    return math.prod(out) * (a[0] if node.attributes.get_int("transA", 0) else a[1])


def _matmul(node: ir.Node, shapes: list[Shape | None], out: Shape | None) -> int | None:
    a = shapes[0]
    return None if not a or out is None else math.prod(out) * a[-1]


def _recurrent(node: ir.Node, shapes: list[Shape | None], out: Shape | None) -> int | None:
    """Each step of each item multiplies its input with W [directions, gates x hidden, input] and its state with R."""
    x, w, r = shapes[:3]
    return None if x is None or w is None or r is None else math.prod(x[:2]) * (math.prod(w) + math.prod(r))


def _attention(node: ir.Node, shapes: list[Shape | None], out: Shape | None) -> int | None:
    """Queries times keys, and the result times values: [batch, heads, sequence, size] or [batch, sequence, all heads].

    Heads of keys and values that several query heads share (grouped queries) are multiplied once for each of them.
    """
    q, k, v = [*shapes, None, None][:3]
    if q is None or k is None or v is None or not len(q) == len(k) == len(v) in (3, 4):
        return None
    past = shapes[4] if len(shapes) > 4 and node.inputs[4] is not None else (0, 0, 0, 0)
    if past is None:
        return None
    keys = k[-2] + past[-2]
    if len(q) == 4:
        return math.prod(q[:3]) * keys * (q[3] + v[3])
    heads = node.attributes.get_int("q_num_heads", 1)
    shared = node.attributes.get_int("kv_num_heads", heads)
    return q[0] * q[1] * keys * (q[2] + heads * (v[2] // max(shared, 1)))


def _multi_head_attention(node: ir.Node, shapes: list[Shape | None], out: Shape | None) -> int | None:
    """onnxruntime's own operator, where queries, keys and values are three inputs [batch, sequence, all heads]."""
    q, k, v = [*shapes, None, None][:3]
    if q is None or k is None or v is None or not len(q) == len(k) == len(v) == 3 or len(shapes) > 6:
        return None
    return q[0] * q[1] * k[1] * (q[2] + v[2])


def _einsum(node: ir.Node, shapes: list[Shape | None], out: Shape | None) -> int | None:
    """Operands are contracted from left to right; an index that only one of them has is summed away before.

    A contraction multiplies once for every combination of the indices of both. A product that sums over nothing is an
    elementwise one, which is not counted anywhere.
    """
    if any(s is None for s in shapes):
        return None
    known = [s for s in shapes if s is not None]
    equation = node.attributes.get_string("equation", "")
    terms, result = _terms(equation, known)
    if equation.count(",") + 1 != len(known) or [len(t) for t in terms] != [len(s) for s in known]:
        return None  # the equation does not fit its operands
    sizes: dict[str, int] = {}
    for term, shape in zip(terms, known, strict=True):
        for index, size in zip(term, shape, strict=True):
            sizes[index] = max(size, sizes.get(index, 1))  # an axis of one is broadcast
    total, left = 0, set(terms[0])
    for k, term in enumerate(terms[1:], start=1):
        wanted = set(chain(result, *terms[k + 1 :]))
        left, right = left & (wanted | set(term)), set(term) & (wanted | left)
        met = left | right
        if met - wanted:
            total += math.prod(sizes[i] for i in met)
        left = met & wanted
    return total


def _terms(equation: str, shapes: Sequence[Shape]) -> tuple[list[list[str]], list[str]]:
    """The indices of every operand and of the result; those behind an ellipsis are numbered from the right."""
    text, arrow, result = equation.replace(" ", "").partition("->")
    terms = []
    for term, shape in zip(text.split(","), shapes, strict=False):
        before, dots, after = term.partition("...")
        hidden = len(shape) - len(before) - len(after) if dots else 0
        terms.append([*before, *(f".{k}" for k in range(hidden, 0, -1)), *after])
    dotted = sorted({i for t in terms for i in t if len(i) > 1}, reverse=True)
    if arrow:
        before, dots, after = result.partition("...")
        return terms, [*before, *(dotted if dots else ()), *after]
    letters = text.replace(",", "").replace(".", "")
    return terms, [*dotted, *sorted(c for c in set(letters) if letters.count(c) == 1)]


_RULES: Mapping[str, Rule] = {
    "Conv": _conv(1),
    "ConvInteger": _conv(1),
    "DeformConv": _conv(1),
    "QLinearConv": _conv(3),
    "ConvTranspose": _conv_transpose,
    "Gemm": _gemm,
    "MatMul": _matmul,
    "MatMulInteger": _matmul,
    "QLinearMatMul": _matmul,
    "RNN": _recurrent,
    "GRU": _recurrent,
    "LSTM": _recurrent,
    "Attention": _attention,
    "MultiHeadAttention": _multi_head_attention,
    "Einsum": _einsum,
}
