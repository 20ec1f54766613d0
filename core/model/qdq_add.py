"""Scales of int8 additions on which all runtimes agree to the last bit.

Runtimes compute round(a * s_a / s_out + b * s_b / s_out) differently: onnxruntime in float32, XNNPACK (TFLite on most
phones) with the two ratios as 21-bit integers and half rounded up. For a handful of the 65,536 pairs of steps the exact
sum lies so near to a half that they round apart, and in a deep network one such step grows: MobileNetV2's answers
differed by up to 9 output steps on 2 images of 32, its convolutions being equal bit for bit. A scale of the result that
is smaller by some millionths has no such pair, and that can be checked for all pairs.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from core.model.qdq_numbers import QuantParams

_MULTIPLIER_BITS = 20  # XNNPACK, qs8-vadd: the larger ratio becomes an integer in [2**20, 2**21)
_FLOAT_MARGIN = 2e-5  # steps; float32 sums near 255 are this far off at most
_STRIDE, _TRIES = 2.0**-18, 2000
_STEPS = np.arange(-128, 128, dtype=np.int64)


def agreeing_add_scale(a: QuantParams, b: QuantParams, result: QuantParams) -> float:
    """The largest float32 scale, at most ``result.scale``, for which every pair of steps is added alike everywhere.

    Tried are scales down to 0.8 % below; where none agrees the scale stays.
    """
    for scale in _candidates(result.scale):
        if additions_agree(a, b, QuantParams(scale, result.zero_point, result.storage)):
            return scale
    return result.scale


def additions_agree(a: QuantParams, b: QuantParams, result: QuantParams) -> bool:
    """Whether float32 and XNNPACK's fixed-point arithmetic round a + b alike for all 65,536 pairs of steps."""
    exact = _outer(a.scale / result.scale, b.scale / result.scale, a, b) + result.signed_zero_point
    inside = (exact > -129) & (exact < 128)
    from_half = np.abs(exact - np.floor(exact) - 0.5)
    if np.any(inside & (from_half < _FLOAT_MARGIN)):
        return False
    rounded = np.clip(np.rint(exact), -128, 127).astype(np.int64)
    return bool(np.array_equal(rounded, fixed_point_sum(a, b, result)))


def fixed_point_sum(a: QuantParams, b: QuantParams, result: QuantParams) -> npt.NDArray[np.int64]:
    """int8 steps [256, 256] of the sum for every step of ``a`` (rows) and ``b``, as XNNPACK computes them."""
    ratio_a = np.float32(np.float32(a.scale) / np.float32(result.scale))
    ratio_b = np.float32(np.float32(b.scale) / np.float32(result.scale))
    exponent = math.frexp(float(max(ratio_a, ratio_b)))[1] - 1
    shift = _MULTIPLIER_BITS - exponent
    multiplier_a = int(np.rint(math.ldexp(float(ratio_a), shift)))
    multiplier_b = int(np.rint(math.ldexp(float(ratio_b), shift)))
    rows = (_STEPS - a.signed_zero_point)[:, None] * multiplier_a
    columns = (_STEPS - b.signed_zero_point)[None, :] * multiplier_b
    total = (rows + columns + (1 << (shift - 1))) >> shift
    steps: npt.NDArray[np.int64] = np.clip(total + result.signed_zero_point, -128, 127)
    return steps


def _outer(ratio_a: float, ratio_b: float, a: QuantParams, b: QuantParams) -> npt.NDArray[np.float64]:
    rows = (_STEPS - a.signed_zero_point)[:, None] * ratio_a
    sums: npt.NDArray[np.float64] = rows + (_STEPS - b.signed_zero_point)[None, :] * ratio_b
    return sums


def _candidates(scale: float) -> Iterator[float]:
    for k in range(_TRIES):
        yield float(np.float32(scale * (1 - k * _STRIDE)))
