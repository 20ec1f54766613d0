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


def crops(node: ir.Node, size: Sequence[int], kernel: Sequence[int]) -> list[tuple[int, int]]:
    """What a ConvTranspose cuts off before and after each spatial axis of all it makes of an input of ``size``.

    That is (n - 1) * stride + (k - 1) * dilation + 1 elements; below 0 where zeros are added behind them.
    """
    rank, get = len(kernel), node.attributes.get_ints
    strides, dilations = list(get("strides", [1] * rank)), list(get("dilations", [1] * rank))
    extra = list(get("output_padding", [0] * rank))
    mode, wanted = node.attributes.get_string("auto_pad", "NOTSET"), get("output_shape", None)
    if wanted is None and mode not in ("SAME_UPPER", "SAME_LOWER"):
        given = [0] * (2 * rank) if mode == "VALID" else list(get("pads", [0] * (2 * rank)))
        return [(given[k], given[rank + k] - extra[k]) for k in range(rank)]
    targets = [n * s for n, s in zip(size, strides, strict=True)] if wanted is None else list(wanted)[-rank:]
    found = []
    for k, target in enumerate(targets):
        whole = (size[k] - 1) * strides[k] + (kernel[k] - 1) * dilations[k] + 1
        total = max(whole + extra[k] - target, 0)
        before = total // 2 if mode == "SAME_UPPER" else total - total // 2
        found.append((before, whole - before - target))
    return found
