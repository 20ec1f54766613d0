"""What powers of two and their sums share: rounding to fixed levels, and how many bytes they take."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from core.methods.quantize.formats.blocks import Blocks, Weight
from core.methods.quantize.formats.format import FormatSettings
from core.model.bits import packed_size
from core.model.weight_functions import levels

Array = npt.NDArray[Any]
HONEST = "size yes, speed no: no runtime on phones computes in them, and TFLite files hold the weights as float32."


def coded_bytes(weight: Weight, settings: FormatSettings) -> int:
    """``bits`` for each weight and 4 bytes for each scale."""
    scales = Blocks.of(weight, settings.granularity, settings.group_size, even=True).count
    return packed_size(weight.size, settings.bits) + 4 * scales


def nearest(sizes: Array, magnitudes: Array) -> Array:
    """Index of the nearest of the ascending ``magnitudes`` for every size; halfway goes up."""
    found: Array = np.searchsorted((magnitudes[1:] + magnitudes[:-1]) / 2, sizes, side="right")
    return found


class Levels:
    """The levels of a kind as rounding needs them: ascending sizes, and the code of each."""

    def __init__(self, kind: str, bits: int) -> None:
        half = levels(kind, bits)[: 1 << (bits - 1)]
        self.codes = np.argsort(half, kind="stable")
        self.magnitudes = half[self.codes].astype(np.float32)
        self.bits = bits

    def values(self, rows: Array, scale: Array, where: slice = slice(None)) -> Array:
        """Every number as it would be stored; a scale for each row. ``where`` is of no matter."""
        return np.copysign(self.magnitudes[nearest(np.abs(rows) / scale, self.magnitudes)], rows) * scale

    def encode(self, rows: Array, scale: Array) -> npt.NDArray[np.uint8]:
        """Codes; the upper half of them is negative, and 0 is always code 0."""
        codes = self.codes[nearest(np.abs(rows) / scale, self.magnitudes)]
        return np.where((rows < 0) & (codes > 0), codes + (1 << (self.bits - 1)), codes).astype(np.uint8)
