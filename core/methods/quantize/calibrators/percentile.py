"""Percentile: nearly all numbers lie within the range, the same share of them beyond either end."""

from __future__ import annotations

import numpy as np

from core.methods.quantize.calibrators.calibrator import Range, calibrator
from core.methods.quantize.calibrators.histogram import Array64, Counts, HistogramCalibrator


@calibrator("percentile", title="Percentile")
class Percentile(HistogramCalibrator):
    """The range that holds the given share of all numbers; rare extremes are cut off.

    Of the p percent that are kept, (100 - p) / 2 percent of all numbers lie below and as many above, as
    onnxruntime's asymmetric percentile has it. Numbers are taken to be spread evenly within a bin of the histogram.
    """

    def _find(self, levels: int) -> Range:
        edges, counts = self.bins()
        if not counts.size:
            return 0.0, 0.0
        total = float(counts.sum() + self.histogram.zeros)
        cut = (100.0 - self.settings.percentile) / 200.0
        return self._at(cut * total, edges, counts), self._at((1.0 - cut) * total, edges, counts)

    def _at(self, rank: float, edges: Array64, counts: Counts) -> float:
        """The number below which ``rank`` numbers lie."""
        below = np.concatenate([[0], np.cumsum(counts)]).astype(np.float64)
        at_zero = float(np.interp(0.0, edges, below)) if edges[0] < 0 else 0.0
        if self.histogram.zeros and at_zero <= rank <= at_zero + self.histogram.zeros:
            return 0.0
        rank = rank - self.histogram.zeros if rank > at_zero else rank
        return float(np.interp(rank, below, edges))
