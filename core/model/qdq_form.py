"""In which form each layer's weight is stored: bits, and how many weights share one scale.

One scale for the tensor, for each output channel, or for each block of input channels ("group"). Blocks lie along the
contraction axis (1 for Conv, the input axis of Gemm and MatMul), as DequantizeLinear's ``block_size`` has them since
opset 21: the scale has the weight's shape with that axis divided, so that every position of a kernel has scales of its
own; the last block may be shorter. A layer with no more input channels than one block holds (depthwise convolutions
have one) gets one scale for each output channel instead: blocks would only repeat it, or give a scale to every weight.
So does a MatMul with 8 bits: onnxruntime takes blocks of int8 there for scales of channels and fails.

Stored integers are symmetric and narrow, -(2**(bits-1) - 1) to 2**(bits-1) - 1. Biases are int32 whatever the weight
is; with blocks their step is that of the channel's largest block.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import ml_dtypes
import numpy as np
import numpy.typing as npt
import onnx_ir as ir

from core.model.qdq_numbers import BIAS_LIMIT, along, flattest, raised_weight_scale, weight_scale
from core.model.qdq_operators import weight_axis

Array = npt.NDArray[Any]
Granularity = Literal["tensor", "channel", "group"]

BLOCKS_OPSET = 21  # DequantizeLinear with block_size, int4 and int16
PLAIN_OPSET = 13  # DequantizeLinear with one scale a channel


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants of a layer's weight; ``bits`` 8 or 4, ``group_size`` in input channels."""

    bits: int = 8
    granularity: Granularity = "channel"
    group_size: int = 32


@dataclass(frozen=True, slots=True)
class WeightForm:
    """How one weight is stored: ``axis`` has the scales (None: one for all), in blocks of ``block`` unless that is 0.

    ``channels`` is the weight's axis of output channels, which biases follow.
    """

    bits: int
    channels: int
    axis: int | None
    block: int = 0

    @property
    def top(self) -> int:
        """The largest stored integer."""
        return int(2 ** (self.bits - 1) - 1)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the stored integers, as numpy holds what ONNX calls INT4 and INT8."""
        return np.dtype(ml_dtypes.int4 if self.bits == 4 else np.int8)

    @property
    def opset(self) -> int:
        """The oldest opset that can say it."""
        return BLOCKS_OPSET if self.block or self.bits != 8 else PLAIN_OPSET

    def scale(self, weight: Array) -> Array:
        """float32 scales max|w| / top: (), (channels,) or the weight's shape with the axis divided into blocks."""
        if not self.block:
            return weight_scale(weight, self.axis, self.bits)
        assert self.axis is not None, "blocks lie along an axis"
        return flattest(_peaks(np.abs(weight), self.axis, self.block), self.top)

    def raised(self, scale: Array, bias: Array, input_scale: float) -> Array:
        """Scales large enough for the int32 bias (channels,) of each output channel."""
        if not self.block:
            return raised_weight_scale(scale, bias, input_scale)
        need = np.abs(np.asarray(bias, np.float64)) / (float(input_scale) * BIAS_LIMIT)
        return np.asarray(np.maximum(scale, along(need, self.channels, scale.ndim)), np.float32)

    def quantize(self, weight: Array, scale: Array | None = None) -> tuple[npt.NDArray[np.int8], Array]:
        """The nearest integers, held as int8 in the weight's shape, and their scale (found where none is given)."""
        scale = self.scale(weight) if scale is None else np.asarray(scale, np.float32)
        steps = np.rint(np.asarray(weight, np.float32) / self.spread(scale, weight.shape))
        return np.clip(steps, -self.top, self.top).astype(np.int8), scale

    def dequantize(self, q: Array, scale: Array) -> Array:
        """The float32 values that a runtime multiplies with."""
        wide = self.spread(np.asarray(scale, np.float32), q.shape)
        return (q.astype(np.float32) * wide).astype(np.float32)

    def spread(self, scale: Array, shape: tuple[int, ...]) -> Array:
        """The scales so that they multiply an array of the weight's shape."""
        if not self.block:
            return along(scale, self.axis, len(shape))
        assert self.axis is not None, "blocks lie along an axis"
        return spread_blocks(scale, self.axis, self.block, shape)

    def by_channel(self, scale: Array) -> Array:
        """What a bias multiplies with: the scale itself, or the largest block of each output channel."""
        if not self.block:
            return scale
        rest = tuple(k for k in range(scale.ndim) if k != self.channels)
        return np.asarray(scale.max(axis=rest), np.float32)

    def words(self) -> str:
        """For a sentence: "int4, a scale for each 32 input channels"."""
        if self.block:
            return f"int{self.bits}, a scale for each {self.block} input channels"
        return f"int{self.bits}, a scale for {'the tensor' if self.axis is None else 'each output channel'}"


def spread_blocks(scale: Array, axis: int, block: int, shape: tuple[int, ...]) -> Array:
    """Block scales repeated along ``axis`` until they have this shape; the last block may be cut off."""
    wide = np.repeat(scale, block, axis)
    return wide[tuple(slice(shape[axis]) if k == axis else slice(None) for k in range(wide.ndim))]


def form_of(node: ir.Node, shape: tuple[int, ...], wish: Wish = Wish()) -> WeightForm:
    """The form that a layer with a weight of this shape can have; blocks only where there are two."""
    channels = weight_axis(node)
    if wish.granularity == "tensor":
        return WeightForm(wish.bits, channels, None)
    if wish.granularity == "group" and not why_no_blocks(node, shape, wish):
        return WeightForm(wish.bits, channels, contraction_axis(node), wish.group_size)
    return WeightForm(wish.bits, channels, channels)


def why_no_blocks(node: ir.Node, shape: tuple[int, ...], wish: Wish) -> str:
    """Why a layer gets no blocks though they are wished for, as the end of a sentence; '' where it gets them."""
    if shape[contraction_axis(node)] <= wish.group_size:
        return "a group holds all of its input channels"
    if node.op_type == "MatMul" and wish.bits == 8:
        return "onnxruntime cannot run a MatMul with groups of int8"
    return ""


def contraction_axis(node: ir.Node) -> int:
    """The weight's axis of input channels."""
    return 1 - weight_axis(node)


def opset_of(forms: Mapping[ir.Node, WeightForm], storage: str) -> int:
    """The oldest opset that can say all these forms, with activations of this type."""
    least = BLOCKS_OPSET if storage in ("int16", "uint16") else PLAIN_OPSET
    return max((form.opset for form in forms.values()), default=least) if least == PLAIN_OPSET else least


def _peaks(sizes: Array, axis: int, block: int) -> Array:
    """The largest number of every block along ``axis``."""
    count = -(-sizes.shape[axis] // block)
    short = count * block - sizes.shape[axis]
    padded = np.pad(sizes, [(0, short if k == axis else 0) for k in range(sizes.ndim)])
    split = (*sizes.shape[:axis], count, block, *sizes.shape[axis + 1 :])
    return np.asarray(padded.reshape(split).max(axis=axis + 1))
