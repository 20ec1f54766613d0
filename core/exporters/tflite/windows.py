"""Padding of convolutions and pools: TFLite's SAME or VALID, or a PAD before the operator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import onnx_ir as ir
from ai_edge_litert import schema_py_generated as schema

from core.exporters.tflite.conversion import Conversion, Unsupported, ints
from core.exporters.tflite.layout import NHWC, Layout
from core.exporters.tflite.values import Tensor

SAME, VALID = int(schema.Padding.SAME), int(schema.Padding.VALID)
Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Window:
    """A sliding window over the two spatial axes; ``before`` is the declared padding at the top and left."""

    size: Pair
    kernel: Pair
    stride: Pair
    dilation: Pair
    result: Pair
    before: Pair
    declared: bool  # whether any padding is declared at all

    @property
    def reach(self) -> Pair:
        """Elements from the first to the last one a window touches, dilation included."""
        return pair([(k - 1) * d + 1 for k, d in zip(self.kernel, self.dilation, strict=True)])

    @property
    def after(self) -> Pair:
        """Padding at the bottom and right that is really read; negative where the last elements are not."""
        rows = zip(self.size, self.stride, self.reach, self.result, self.before, strict=True)
        return pair([(out - 1) * step + reach - size - before for size, step, reach, out, before in rows])

    @property
    def scheme(self) -> int | None:
        """SAME or VALID where one of them reads the same elements, None where a PAD is needed."""
        rows = list(zip(self.size, self.stride, self.reach, self.result, strict=True))
        if self.before == (0, 0) and all((size - reach) // step + 1 == out for size, step, reach, out in rows):
            return VALID
        total = [max((out - 1) * step + reach - size, 0) for size, step, reach, out in rows]
        fits = all(-(-size // step) == out for size, step, _, out in rows)
        return SAME if fits and self.before == tuple(t // 2 for t in total) else None

    @property
    def pads(self) -> tuple[Pair, Pair]:
        """((top, bottom), (left, right)) of a PAD that makes VALID right."""
        (top, left), (bottom, right) = self.before, self.after
        return (top, max(bottom, 0)), (left, max(right, 0))


def window(node: ir.Node, size: Sequence[int], kernel: Sequence[int], result: Sequence[int]) -> Window:
    """Read strides, dilations and padding of a Conv or pool. Raises Unsupported for negative padding."""
    stride, dilation = ints(node, "strides") or [1, 1], ints(node, "dilations") or [1, 1]
    pads = ints(node, "pads") or [0, 0, 0, 0]
    auto = node.attributes.get_string("auto_pad", "NOTSET")
    if auto in ("SAME_UPPER", "SAME_LOWER"):
        reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
        rows = zip(size, stride, reach, strict=True)
        total = [max((-(-n // step) - 1) * step + r - n, 0) for n, step, r in rows]
        pads = [t // 2 if auto == "SAME_UPPER" else t - t // 2 for t in total] * 2
    elif auto == "VALID":
        pads = [0, 0, 0, 0]
    if min(pads) < 0:
        raise Unsupported("its padding is negative")
    return Window(pair(size), pair(kernel), pair(stride), pair(dilation), pair(result), pair(pads[:2]), any(pads))


def pair(values: Sequence[int]) -> Pair:
    """One number for each of two spatial axes. Raises Unsupported for any other number of axes."""
    if len(values) != 2:
        raise Unsupported(f"it works on {len(values)} spatial axes, only 2 are supported")
    return int(values[0]), int(values[1])


def padded_image(c: Conversion, x: Tensor, pads: tuple[Pair, Pair], *, lowest: bool = False) -> Tensor:
    """PAD (or PADV2) of the spatial axes of an NHWC tensor with 0, or with the ``lowest`` number for a maximum.

    Where nothing is below 0, zero is as good as the lowest number, and PAD is the operator every delegate knows.
    """
    n, channels, height, width = x.shape
    shape = (n, channels, height + sum(pads[0]), width + sum(pads[1]))
    to = Layout(shape, NHWC)
    table = c.builder.constant(np.asarray([(0, 0), pads[0], pads[1], (0, 0)], np.int32))
    zero_is_lowest = x.nonnegative or (
        x.quantization is not None and x.quantization.zero_point == x.quantization.steps[0]
    )
    if not lowest or zero_is_lowest:
        return c.move(x, "PAD", to, [table], schema.PadOptionsT())
    if x.quantization is None:
        least = c.builder.constant(np.asarray([np.finfo(np.float32).min], np.float32))
    else:
        least = c.builder.constant(np.asarray([x.quantization.steps[0]], x.quantization.dtype), x.quantization)
    return c.move(x, "PADV2", to, [table, least], schema.PadV2OptionsT())


def image(c: Conversion, value: ir.Value | None) -> Tensor:
    """A rank-4 value stored NHWC."""
    x = c.tensor(value)
    if x.rank != 4:
        raise Unsupported(f"its input has {x.rank} axes, only images (4 axes) are supported")
    return c.ordered(x, NHWC)
