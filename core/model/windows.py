"""Where the windows of a convolution lie: its padding in numbers, whatever way the node says it."""

from __future__ import annotations

from collections.abc import Sequence

import onnx_ir as ir


def pads(node: ir.Node, size: Sequence[int], reach: Sequence[int], strides: Sequence[int]) -> list[tuple[int, int]]:
    """Zeros before and after each spatial axis of an input of ``size``.

    ``reach``: how far the kernel extends, dilation included, (k - 1) * d + 1.
    """
    mode = node.attributes.get_string("auto_pad", "NOTSET")
    if mode == "NOTSET":
        given = list(node.attributes.get_ints("pads", [0] * (2 * len(reach))))
        return list(zip(given[: len(reach)], given[len(reach) :], strict=True))
    if mode == "VALID":
        return [(0, 0)] * len(reach)
    total = [max((-(-n // s) - 1) * s + r - n, 0) for n, r, s in zip(size, reach, strides, strict=True)]
    small = [t // 2 for t in total]
    large = [t - s for t, s in zip(total, small, strict=True)]
    return list(zip(small, large, strict=True) if mode == "SAME_UPPER" else zip(large, small, strict=True))
