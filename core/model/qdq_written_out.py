"""LayerNormalization and Gelu as older exporters write them, in a dozen plain operators.

Their parts could run in int8 one by one, which loses what the whole keeps: a sum along the trunk reaches far beyond
what is read from it. Left in float, onnxruntime often makes one layer of them again.
"""

from __future__ import annotations

from collections.abc import Iterator

import onnx_ir as ir


def written_out(node: ir.Node) -> str:
    """The function that a layer computes a part of, '' where it is none of these.

    LayerNormalization: the mean of x and x less its mean, where that difference is squared and divided. Gelu: the
    product of x and 1 + erf(x / sqrt 2), wherever the half stands.
    """
    if node.op_type == "ReduceMean":
        centred = (n for n in _readers(node) if n.op_type == "Sub" and n.inputs[0] is node.inputs[0])
        return "LayerNormalization" if any(_is_centred(n) for n in centred) else ""
    if node.op_type == "Sub":
        return "LayerNormalization" if _is_centred(node) else ""
    if node.op_type == "Mul":
        makers = (m for m in map(_maker, node.inputs) if m is not None and m.op_type == "Add")
        return "Gelu" if any(_adds_to_erf(m) for m in makers) else ""
    return ""


def _is_centred(node: ir.Node) -> bool:
    """Whether a Sub is x less its own mean, and is both squared and divided."""
    mean = _maker(node.inputs[1])
    if mean is None or mean.op_type != "ReduceMean" or mean.inputs[0] is not node.inputs[0]:
        return False
    readers = list(_readers(node))
    squared = any(n.op_type == "Pow" or (n.op_type == "Mul" and n.inputs[0] is n.inputs[1]) for n in readers)
    return squared and any(n.op_type in ("Div", "Mul") and n.inputs[0] is not n.inputs[1] for n in readers)


def _adds_to_erf(node: ir.Node) -> bool:
    return any(m is not None and m.op_type == "Erf" for m in map(_maker, node.inputs))


def _maker(value: ir.Value | None) -> ir.Node | None:
    return None if value is None else value.producer()


def _readers(node: ir.Node) -> Iterator[ir.Node]:
    return (u.node for v in node.outputs for u in v.uses())
