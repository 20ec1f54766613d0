"""Counts of a value's numbers in bins of equal width around zero, whose range doubles when larger numbers come.

The width is a power of two and zero is an edge, so merging bins in pairs gives exactly what counting into the wider
ones would have given: the histogram of a stream does not depend on its order or its batches. Zeros are counted apart:
behind a rectifier they are most numbers, and quantization holds zero exactly.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from core.methods.quantize.calibrators.calibrator import CalibrationSettings, Calibrator
from core.model.facts import Array

Array64 = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
SIDE = 4096  # bins on each side of zero; the larger side uses more than half of its own
_BLOCK = 1 << 16  # numbers at a time: what is computed of them stays in the cache
_FINEST = -100  # the least exponent of a width: float32 ends there


@dataclass
class Histogram:
    """``counts``: (2 · SIDE,), bin k holds ``width`` · [k - SIDE, k - SIDE + 1) without zero itself."""

    counts: Counts = field(default_factory=lambda: np.zeros(2 * SIDE, np.int64))
    zeros: int = 0
    width: float = 0.0

    def add(self, x: Array, low: float, high: float) -> None:
        """Count the numbers of an array (any shape) whose extremes are ``low`` and ``high``; all finite."""
        self._reach(max(-low, high))
        zeros = x.size - int(np.count_nonzero(x))
        self.zeros += zeros
        if zeros == x.size:
            return
        flat, per_bin = np.ascontiguousarray(x).reshape(-1), np.float32(1 / self.width)
        for start in range(0, flat.size, _BLOCK):
            place = flat[start : start + _BLOCK].astype(np.float32) * per_bin
            np.floor(place, out=place)  # exact: the width is a power of two
            place += np.float32(SIDE)
            self.counts += np.bincount(place.astype(np.intp), minlength=2 * SIDE)
        self.counts[SIDE] -= zeros

    def _reach(self, top: float) -> None:
        """Widen the bins until ``top`` lies within them."""
        if top <= 0:
            return
        needed = 2.0 ** max(math.frexp(top / SIDE)[1], _FINEST)
        if not self.width:
            self.width = needed
        while self.width < needed:
            inner = self.counts.reshape(-1, 2).sum(1)
            self.counts = np.zeros(2 * SIDE, np.int64)
            self.counts[SIDE // 2 : SIDE // 2 + SIDE] = inner
            self.width *= 2

    def state(self) -> dict[str, Array]:
        return {"counts": self.counts, "zeros": np.array(self.zeros), "width": np.array(self.width)}

    def restore(self, state: Mapping[str, Array]) -> None:
        self.counts = np.array(state["counts"], np.int64)
        self.zeros, self.width = int(state["zeros"]), float(state["width"])


class HistogramCalibrator(Calibrator):
    """A calibrator that looks at a histogram."""

    def __init__(self, settings: CalibrationSettings | None = None) -> None:
        super().__init__(settings)
        self.histogram = Histogram()

    def _take(self, x: Array, low: float, high: float) -> None:
        self.histogram.add(x, low, high)

    def bins(self) -> tuple[Array64, Counts]:
        """(edges (k + 1,), counts (k,)) from the lowest to the highest number that is not zero; (0 edges) where none.

        The outer edges are the extremes themselves, so a bin may have no width: all its numbers are that extreme.
        """
        counts, width = self.histogram.counts, self.histogram.width
        held = np.flatnonzero(counts)
        if not held.size:
            return np.zeros(0), np.zeros(0, np.int64)
        first, last = int(held[0]), int(held[-1])
        edges = width * (np.arange(first, last + 2, dtype=np.float64) - SIDE)
        return np.clip(edges, self.low, self.high), counts[first : last + 1]

    def state(self) -> dict[str, Array]:
        return {**super().state(), **self.histogram.state()}

    def restore(self, state: Mapping[str, Array]) -> None:
        super().restore(state)
        self.histogram.restore(state)
