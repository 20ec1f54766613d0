"""Scales of int8 HardSwish and LeakyRelu with which TFLite's integer arithmetic gives the nearest step.

An int8 function of one value is a table of 256 steps. onnxruntime computes it in float; TFLite's kernels use integers
of 8 to 16 bits and are off by one for a few of the steps. Behind twenty such layers MobileNetV3's answers were up to 7
output steps apart, everything else being equal bit for bit. With another scale of the result, some thousandths away,
the two tables are the same (HardSwish), or differ on a step or two (LeakyRelu).
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from core.model.qdq_numbers import QuantParams

Steps = npt.NDArray[np.int64]
_STEPS: Steps = np.arange(-128, 128, dtype=np.int64)
_STRIDE, _LARGEST = 2.0**-13, 1.05  # scales up to 5 % larger are tried: no result saturates for it
_MARGIN = 1e-4  # of a step: what float32 may be off by before it rounds the other way
_INT16, _UNIT = 32767, 1 << 15


def agreeing_unary_scale(operator: str, x: QuantParams, result: QuantParams, alpha: float = 0.01) -> float:
    """The smallest float32 scale, at least ``result.scale``, with the fewest steps that TFLite rounds otherwise.

    ``operator`` is HardSwish or LeakyRelu (with its ``alpha``). Zero points stay.
    """
    best, fewest = result.scale, 257
    for scale in _candidates(operator, x.scale, result.scale):
        params = QuantParams(scale, result.zero_point, result.storage)
        wrong = int(np.count_nonzero(unlike_steps(operator, x, params, alpha)))
        if wrong < fewest:
            best, fewest = scale, wrong
        if not fewest:
            break
    return best


def unlike_steps(operator: str, x: QuantParams, result: QuantParams, alpha: float = 0.01) -> npt.NDArray[np.bool_]:
    """For each of the 256 steps of ``x``: whether TFLite gives another step than rounding the exact value does, or that
    value lies so near to a half that float32 may.
    """
    values: npt.NDArray[np.float64] = (_STEPS - x.signed_zero_point) * np.float64(x.scale)
    real = hard_swish(values) if operator == "HardSwish" else np.where(values >= 0, values, alpha * values)
    exact = real / result.scale + result.signed_zero_point
    near = np.abs(exact - np.rint(exact)) > 0.5 - _MARGIN
    near &= (exact > -129) & (exact < 128)  # what lies outside saturates alike
    stored = fixed_point_hard_swish(x, result) if operator == "HardSwish" else fixed_point_leaky_relu(x, result, alpha)
    found: npt.NDArray[np.bool_] = near | (np.clip(np.rint(exact), -128, 127).astype(np.int64) != stored)
    return found


def hard_swish(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """x · min(max(x + 3, 0), 6) / 6 (Howard et al., "Searching for MobileNetV3", 2019)."""
    out: npt.NDArray[np.float64] = x * np.clip(x / 6 + 0.5, 0.0, 1.0)
    return out


def fixed_point_hard_swish(x: QuantParams, result: QuantParams) -> Steps:
    """int8 steps [256] of the result for every step of ``x``, as LiteRT's HARD_SWISH computes them in 16 bits.

    Input steps are shifted up by 7 bits; "relu6" is a number in [0, 1) of 15 bits that multiplies the input once it has
    the result's scale. Both multipliers have 16 bits.
    """
    fine = np.float32(np.float32(1 / 128) * np.float32(x.scale))
    scale_factor, scale_shift = _multiplier16(float(np.float32(fine / np.float32(result.scale))))
    gate_factor, gate_shift = _multiplier16(float(np.float32(fine / np.float32(3 / _UNIT))))
    values = (_STEPS - x.signed_zero_point) << 7
    scaled = _doubled_high(values, scale_factor)
    gate = _doubled_high(_saturated(values << max(gate_shift - 1, 0)), gate_factor)
    gate = _saturated(gate << 1) if gate_shift > 0 else _shifted_down(gate, -gate_shift)
    gate = (gate + _UNIT) >> 1
    product = gate * scaled
    product = np.sign(product) * (np.abs(product) >> 15)  # without rounding
    return np.clip(_shifted_down(product, -scale_shift) + result.signed_zero_point, -128, 127)


def fixed_point_leaky_relu(x: QuantParams, result: QuantParams, alpha: float) -> Steps:
    """int8 steps [256] of the result for every step of ``x``, as XNNPACK has them: factors with 8 fractional bits."""
    ratio = np.float32(np.float32(x.scale) / np.float32(result.scale))
    above, below = (int(np.rint(256 * float(f))) for f in (ratio, np.float32(ratio * np.float32(alpha))))
    values = _STEPS - x.signed_zero_point
    total = np.where(values >= 0, values * above, values * below) + 128
    steps: Steps = np.clip((total >> 8) + result.signed_zero_point, -128, 127)
    return steps


def _multiplier16(real: float) -> tuple[int, int]:
    """A factor as (16-bit integer over 2**15, power of two)."""
    part, shift = math.frexp(real)
    whole = round(part * (1 << 31))
    if whole == 1 << 31:
        whole, shift = whole // 2, shift + 1
    return min((whole + _UNIT) >> 16, _INT16), shift


def _doubled_high(x: Steps, factor: int) -> Steps:
    """(x · factor) / 2**15, half away from zero for positive and towards zero for negative products, in 16 bits."""
    product = x * factor
    nudged = product + np.where(product >= 0, 1 << 14, 1 - (1 << 14))
    return _saturated(np.sign(nudged) * (np.abs(nudged) >> 15))


def _shifted_down(x: Steps, bits: int) -> Steps:
    """x / 2**bits, half away from zero."""
    rest = x & ((1 << bits) - 1)
    return (x >> bits) + (rest > ((1 << bits) - 1 >> 1) + (x < 0))


def _saturated(x: Steps) -> Steps:
    return np.clip(x, -_UNIT, _INT16)


def _candidates(operator: str, source: float, scale: float) -> Iterator[float]:
    """In rising order; for LeakyRelu those of which XNNPACK's factor for values above 0 is exact."""
    yield scale
    if operator == "LeakyRelu":
        factor = math.floor(256 * source / scale)
        while factor >= 1 and 256 * source / factor <= _LARGEST * scale:
            yield float(np.float32(256 * source / factor))
            factor -= 1
        return
    for k in range(1, int((_LARGEST - 1) / _STRIDE)):
        yield float(np.float32(scale * (1 + k * _STRIDE)))
