"""What the integer formats share: symmetric and shifted rounding, and how many bytes they take."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import onnx_ir as ir

from core.methods.quantize.formats.blocks import Blocks, Weight, WeightGranularity
from core.methods.quantize.formats.format import FormatSettings
from core.methods.quantize.formats.scales import SHRUNK, best_scales, peaks
from core.methods.quantize.formats.stored import Integers
from core.model.bits import packed_size

Array = npt.NDArray[Any]
PLAIN_OPSET, BLOCKS_OPSET = 13, 21  # DequantizeLinear with a scale a channel; with blocks and 4-bit integers
_BLOCKS = (WeightGranularity.GROUP, WeightGranularity.BLOCK)
_ONE = (1.0,)
# Measured on one x86 core (LiteRT 2.3.0, onnxruntime 1.31.1; MobileNetV1 0.25 and SqueezeNet 1.1), in times of float:
# LiteRT 1.0 with int8, 6 and 3.5 to 5 with int4; onnxruntime 2 with either, 1.0 where decoding is done at load.
_ONNX = (
    "onnxruntime decodes them in every run, about twice as slow as float, unless its session sets "
    "session.disable_quant_qdq, as Thimble's do. Measured on MobileNetV1 0.25 and SqueezeNet 1.1, one x86 core."
)


def integer_bytes(bits: int, zero_points: bool, weight: Weight, settings: FormatSettings) -> int:
    """``bits`` for each weight, 4 bytes for each scale, ``bits`` for each zero point."""
    scales = Blocks.of(weight, settings.granularity, settings.group_size).count
    return packed_size(weight.size, bits) + 4 * scales + (packed_size(scales, bits) if zero_points else 0)


def honest(name: str) -> str:
    """What integers of this name do for size and speed, with activations in float."""
    small = name.endswith("4")
    where = "behind DEQUANTIZE (groups and blocks as float32)"
    fate = "decoded in every run, several times slower than float" if small else "as fast as float"
    size = "an eighth" if small else "a quarter"
    return f"{name} weights alone: {size} of the size, no speed. In TFLite files {where}, {fate}. {_ONNX}"


def integer_opset(bits: int, settings: FormatSettings) -> int:
    """Blocks and 4-bit integers came with opset 21."""
    return BLOCKS_OPSET if bits < 8 or settings.granularity in _BLOCKS else PLAIN_OPSET


def symmetric(numbers: Array, weight: Weight, settings: FormatSettings, bits: int, dtype: ir.DataType) -> Integers:
    """q = round(w / s) within +-(2**(bits-1) - 1), half to even; zero point 0."""
    blocks = Blocks.of(weight, settings.granularity, settings.group_size)
    rows, top = blocks.rows(np.asarray(numbers, np.float32)), 2 ** (bits - 1) - 1

    def steps(part: Array, scale: Array) -> Array:
        return np.clip(np.rint(part / scale), -top, top)

    tried = SHRUNK if settings.shrink else _ONE
    scale = best_scales(rows, peaks(rows) / top, lambda part, s, where: steps(part, s) * s, tried)
    q = blocks.join(steps(rows, scale[:, None])).astype(np.int8)
    return Integers(q, scale.reshape(blocks.scale_shape), None, blocks, dtype)


def shifted(numbers: Array, weight: Weight, settings: FormatSettings, bits: int, dtype: ir.DataType) -> Integers:
    """q = round(w / s) + z within 0 to 2**bits - 1, where z makes both ends of [min(w, 0), max(w, 0)] fit.

    0 is a step of its own, so that weights of 0 stay 0. A range is shrunk at both ends by the same share.
    """
    blocks = Blocks.of(weight, settings.granularity, settings.group_size)
    rows, top = blocks.rows(np.asarray(numbers, np.float32)), 2**bits - 1
    low, high = np.minimum(rows.min(1), 0.0).astype(np.float64), np.maximum(rows.max(1), 0.0).astype(np.float64)
    low[high - low < np.finfo(np.float32).tiny * 256] = -1.0
    # the zero point is a share of the range, which shrinking both ends leaves as it is
    zero = np.clip(np.rint(-low * top / (high - low)), 0, top)

    def steps(part: Array, scale: Array, where: slice = slice(None)) -> Array:
        return np.clip(np.rint(part / scale), -zero[where, None], top - zero[where, None])

    tried = SHRUNK if settings.shrink else _ONE
    scale = best_scales(rows, (high - low) / top, lambda part, s, where: steps(part, s, where) * s, tried)
    q = blocks.join(steps(rows, scale[:, None]) + zero[:, None]).astype(np.uint8)
    shape = blocks.scale_shape
    return Integers(q, scale.reshape(shape), zero.astype(np.uint8).reshape(shape), blocks, dtype)
