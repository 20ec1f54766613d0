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
_FLOAT_ERROR = 2.0**-23  # of the largest sum: onnxruntime was seen off by 1.3 * 2**-24 of it in 120 random additions
_STRIDE, _TRIES = 2.0**-19, 4000
_MARGINS = (1.0, 0.25)  # where no scale keeps the whole margin, a quarter of it still avoids most such pairs
_STEPS = np.arange(-128, 128, dtype=np.int64)


def agreeing_add_scale(a: QuantParams, b: QuantParams, result: QuantParams) -> float:
    """The largest float32 scale, at most ``result.scale``, for which every pair of steps is added alike everywhere.

    Tried are scales down to 0.8 % below; where none agrees the scale stays.
    """
    for share in _MARGINS:
        for scale in _candidates(result.scale):
            if additions_agree(a, b, QuantParams(scale, result.zero_point, result.storage), share):
                return scale
    return result.scale


def additions_agree(a: QuantParams, b: QuantParams, result: QuantParams, share: float = 1.0) -> bool:
    """Whether no sum of two steps lies within the error of float32 (times ``share``) of a half, and XNNPACK's
    fixed-point arithmetic gives the step nearest to the exact sum: for all 65,536 pairs.
    """
    ratio_a, ratio_b = a.scale / result.scale, b.scale / result.scale
    rows = (_STEPS - a.signed_zero_point) * ratio_a + result.signed_zero_point
    exact: npt.NDArray[np.float64] = rows[:, None] + ((_STEPS - b.signed_zero_point) * ratio_b)[None, :]
    rounded = np.rint(exact)
    inside = (exact > -129) & (exact < 128)  # what lies outside saturates alike
    margin = share * _FLOAT_ERROR * 255 * (ratio_a + ratio_b)
    if np.any(inside & (np.abs(exact - rounded) > 0.5 - margin)):
        return False
    return bool(np.array_equal(np.clip(rounded, -128, 127).astype(np.int64), fixed_point_sum(a, b, result)))


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


def _candidates(scale: float) -> Iterator[float]:
    for k in range(_TRIES):
        yield float(np.float32(scale * (1 - k * _STRIDE)))
