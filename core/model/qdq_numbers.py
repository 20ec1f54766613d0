"""The arithmetic of integer quantization: scales, zero points, rounding of weights and biases. Arrays only, no graph.

A real value x is stored as q = round(x / scale) + zero_point (half to even, saturating) and read back as
(q - zero_point) * scale. Jacob et al., "Quantization and Training of Neural Networks for Efficient
Integer-Arithmetic-Only Inference", 2018 (arXiv:1712.05877).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Storage = Literal["uint8", "int8", "int16", "uint16"]

BIAS_LIMIT = 2**30  # int32 biases stay below half the accumulator's range: the sum of products needs the rest
_FLATTEST_ROW = 2.0**-20  # a row's scale relative to the largest: XNNPACK refuses requantization below 2**-32
_SHORT_BITS = 10  # 8 of a step, 6 of the sum of 64 and these make the 24 of float32
_DEAD_RANGE = 1.0  # a tensor that was zero on every calibration item gets [0, 1]: any scale is right for zeros


@dataclass(frozen=True, slots=True)
class QuantParams:
    """How one activation is stored: float32 ``scale``, ``zero_point`` in the range of ``storage``.

    int16 is symmetric, its zero point 0: TFLite's kernels of 16-bit activations know no other.
    """

    scale: float
    zero_point: int
    storage: Storage = "uint8"

    @property
    def bits(self) -> int:
        return _bits(self.storage)

    @property
    def lowest(self) -> int:
        return int(np.iinfo(self.storage).min)

    @property
    def highest(self) -> int:
        return int(np.iinfo(self.storage).max)

    @property
    def range(self) -> tuple[float, float]:
        """The real values of the lowest and the highest step."""
        return (self.lowest - self.zero_point) * self.scale, (self.highest - self.zero_point) * self.scale

    @property
    def signed_zero_point(self) -> int:
        """The zero point after the shift to a signed type, which is what TFLite stores."""
        return self.zero_point - (1 << (self.bits - 1)) - self.lowest

    def quantize(self, x: Array) -> Array:
        """Float array -> integers of the same shape."""
        steps = np.rint(np.asarray(x, np.float32) / np.float32(self.scale)) + self.zero_point
        q: Array = np.clip(steps, self.lowest, self.highest).astype(self.storage)
        return q

    def dequantize(self, q: Array) -> Array:
        """Integers -> float32 array of the same shape."""
        return ((q.astype(np.float32) - self.zero_point) * np.float32(self.scale)).astype(np.float32)


def _bits(storage: Storage) -> int:
    return 16 if storage.endswith("16") else 8


@dataclass(frozen=True, slots=True)
class ActivationForm:
    """What is chosen of an activation before its range is known: its type, and whether its zero point is the middle one
    (0 of a signed type), which of int16 it always is.
    """

    storage: Storage = "uint8"
    symmetric: bool = False

    @property
    def bits(self) -> int:
        return _bits(self.storage)

    @property
    def centred(self) -> bool:
        """Whether the zero point is the middle of the type."""
        return self.symmetric or self.storage == "int16"

    @property
    def levels(self) -> int:
        """Steps from the lowest to the highest integer."""
        return int(2**self.bits - 1)

    def words(self) -> str:
        """For a sentence: "int8, symmetric"."""
        return f"{self.storage}, symmetric" if self.symmetric and self.storage != "int16" else self.storage


def activation_params(low: float, high: float, storage: Storage = "uint8", symmetric: bool = False) -> QuantParams:
    """Per-tensor MinMax parameters of a range, which is widened to hold 0 (padding must be exact).

    Where the range starts at 0 the highest step never exceeds ``high``: a Clip whose bound is ``high`` then has nothing
    left to cut, and onnxruntime can run it inside the convolution. ``symmetric``: around 0, which is then the middle
    integer; int16 always is. Raises ValueError for a range that is not finite.
    """
    low, high = min(float(low), 0.0), max(float(high), 0.0)
    if not (math.isfinite(low) and math.isfinite(high)):
        raise ValueError(f"range [{low}, {high}] is not finite")
    if high - low < 1e-30:
        low, high = 0.0, _DEAD_RANGE
    symmetric = ActivationForm(storage, symmetric).centred
    half = 2 ** (_bits(storage) - 1)
    steps = half - 1 if symmetric else 2 * half - 1
    scale = np.float32((max(high, -low) if symmetric else high - low) / steps)
    while low == 0.0 and np.float32(steps) * scale > np.float32(high):
        scale = np.nextafter(scale, np.float32(0))
    zero = half if symmetric else int(np.clip(np.rint(-low / float(scale)), 0, steps))
    return QuantParams(float(scale), zero + int(np.iinfo(storage).min), storage)


def fixed_params(operator: str, storage: Storage = "uint8") -> QuantParams:
    """What TFLite demands of Softmax, Sigmoid (1/256 from the lowest step) and Tanh (1/128 around the middle).

    With int16 all three have 1/32768 and zero point 0.
    """
    lowest, half = int(np.iinfo(storage).min), 2 ** (_bits(storage) - 1)
    if operator == "Tanh" or storage == "int16":
        return QuantParams(1 / half, lowest + half, storage)
    return QuantParams(1 / (2 * half), lowest, storage)


def mean_ratio(source: QuantParams, target: QuantParams) -> float:
    """zero_point * s_in / s_out (int8): TFLite's MEAN truncates it, so anything but a whole number is a bias."""
    return source.signed_zero_point * source.scale / target.scale


def mean_scale(source: QuantParams, target: QuantParams) -> float:
    """The smallest scale not below ``target.scale`` that makes :func:`mean_ratio` a whole number.

    It grows by less than 1 part in the ratio; where the ratio is below 1 nothing can be done and the scale stays.
    """
    size = abs(source.signed_zero_point) * source.scale
    whole = math.floor(size / target.scale + 1e-6)
    return float(np.float32(size / whole)) if whole >= 1 else target.scale


def meets_halves(kernel: Sequence[int]) -> bool:
    """Whether the average of so many integers is exactly between two of them for many inputs, and float32 can tell:
    windows of 2, 4, 8 … elements."""
    count = math.prod(kernel)
    return 1 < count <= 64 and count & (count - 1) == 0


def evenly_halved(params: QuantParams) -> QuantParams:
    """Nearly the same parameters, under which averages of 2, 4, 8 … steps round alike in all runtimes.

    The scale gets 10 significant bits: sums of up to 64 steps times it are exact in float32, and so is an average that
    lies half between two steps. The zero point gets even: onnxruntime rounds halves to even with it added, XNNPACK
    before. An even one stays, and the scale shrinks by at most 0.2 %; else no value of the range saturates.
    """
    if params.zero_point % 2 == 0:
        return replace(params, scale=_short(params.scale, math.floor))
    low, high = params.range
    found = []
    for zero in (params.zero_point - 1, params.zero_point + 1):
        if params.lowest < zero < params.highest:
            scale = max(low / (params.lowest - zero), high / (params.highest - zero))
            found.append(replace(params, scale=_short(scale, math.ceil), zero_point=zero))
    return min(found, key=lambda p: p.scale)


def _short(scale: float, to_whole: Callable[[float], int]) -> float:
    part, shift = math.frexp(scale)
    return math.ldexp(to_whole(part * (1 << _SHORT_BITS)), shift - _SHORT_BITS)


def weight_scale(weight: Array, axis: int | None, bits: int = 8) -> Array:
    """Symmetric scale max|w| / (2**(bits-1) - 1) along ``axis``: float32 (channels,), or () where axis is None.

    A channel that is (nearly) zero beside the others gets a scale that runtimes still accept; its weights stay zero.
    """
    top = 2 ** (bits - 1) - 1
    rows = np.abs(weight).reshape(1, -1) if axis is None else _rows(np.abs(weight), axis)
    scale = flattest(rows.max(axis=1, initial=0.0), top)
    return np.asarray(scale[0]) if axis is None else scale


def flattest(peak: Array, top: int) -> Array:
    """float32 scales peak / top; those of (nearly) dead channels are raised to what runtimes still accept."""
    peak = peak.astype(np.float64)
    largest = peak.max(initial=0.0)
    if largest <= 0.0 or not np.isfinite(largest):
        peak, largest = np.ones_like(peak), 1.0
    return np.asarray((np.maximum(peak, largest * _FLATTEST_ROW) / top).astype(np.float32))


def quantize_weight(
    weight: Array, axis: int | None, bits: int = 8, scale: Array | None = None
) -> tuple[npt.NDArray[np.int8], Array]:
    """Symmetric integers (zero point 0) of a weight and their scale; see :func:`weight_scale`.

    ``scale`` is used where given. Integers have the weight's shape and lie in +-(2**(bits-1) - 1).
    """
    top = 2 ** (bits - 1) - 1
    scale = weight_scale(weight, axis, bits) if scale is None else np.asarray(scale, np.float32)
    steps = np.rint(np.asarray(weight, np.float32) / along(scale, axis, weight.ndim))
    return np.clip(steps, -top, top).astype(np.int8), scale


def dequantize_weight(q: Array, scale: Array, axis: int | None) -> Array:
    """The float32 values that a runtime multiplies with."""
    return (q.astype(np.float32) * along(np.asarray(scale, np.float32), axis, q.ndim)).astype(np.float32)


def raised_weight_scale(scale: Array, bias: Array, input_scale: float) -> Array:
    """Per-channel weight scales large enough for their int32 biases (an almost dead row with a bias overflows)."""
    need = np.abs(np.asarray(bias, np.float64)) / (float(input_scale) * BIAS_LIMIT)
    need = need.max(initial=0.0) if np.ndim(scale) == 0 else need
    return np.asarray(np.maximum(scale, need), np.float32)


def bias_scale(input_scale: float, scale: Array) -> Array:
    """float32(s_x) * s_w, computed in float32 as runtimes do."""
    return np.asarray(np.float32(input_scale) * np.asarray(scale, np.float32), np.float32)


def quantize_bias(bias: Array, input_scale: float, scale: Array) -> tuple[npt.NDArray[np.int32], Array]:
    """int32 bias (channels,) with zero point 0, and its scale; must be done again after any change of either scale."""
    step = bias_scale(input_scale, scale)
    q = np.rint(np.asarray(bias, np.float64) / step.astype(np.float64))
    return np.clip(q, -(2**31) + 1, 2**31 - 1).astype(np.int32), step


def along(vector: Array, axis: int | None, rank: int) -> Array:
    """A per-channel vector shaped so that it multiplies ``axis`` of an array of that rank."""
    if axis is None or np.ndim(vector) == 0:
        return vector
    return vector.reshape([-1 if k == axis else 1 for k in range(rank)])


def _rows(x: Array, axis: int) -> Array:
    return np.moveaxis(x, axis, 0).reshape(x.shape[axis], -1)
