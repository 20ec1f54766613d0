"""Entropy: the range whose quantized distribution tells most of the distribution that was seen."""

from __future__ import annotations

import numpy as np

from core.methods.quantize.calibrators.calibrator import Range, calibrator
from core.methods.quantize.calibrators.histogram import Array64, Counts, HistogramCalibrator

_STEP = 0.01  # a candidate is at least this share wider than the last


@calibrator("entropy", title="Entropy")
class Entropy(HistogramCalibrator):
    """The range that loses the least information, by the divergence of Kullback and Leibler.

    Migacz (2017), "8-bit Inference with TensorRT": for every threshold t, P is the histogram within [-t, t] with the
    numbers beyond it added to its end bins, and Q the same bins, without those, merged into as many as there are
    quantized numbers and spread over the bins that are not empty. The t with the least Σ P ln(P / Q) is taken, cut to
    the extremes that were seen. Numbers that are exactly zero are left out: every range holds zero exactly. Candidates
    grow by a bin or 1 %; where a range has no more bins than quantized numbers, nothing is lost by keeping it.
    """

    def _find(self, levels: int) -> Range:
        edges, counts = self.bins()
        whole = min(self.low, 0.0), max(self.high, 0.0)
        if counts.size <= levels + 1:
            return whole
        best, least = whole, np.inf
        for top in reversed(self._candidates(edges, levels + 1)):
            low, high = max(whole[0], -top), min(whole[1], top)
            first = int(np.searchsorted(edges, low, "right")) - 1 if low > edges[0] else 0
            last = int(np.searchsorted(edges, high, "left")) if high < edges[-1] else counts.size
            divergence = kl_divergence(counts, first, last, levels + 1) if first < last else np.inf
            if divergence < least:  # of equals the widest
                best, least = (low, high), divergence
        return best

    def _candidates(self, edges: Array64, numbers: int) -> list[float]:
        """Thresholds on edges of bins, ascending, the last of which holds everything."""
        width, sides = self.histogram.width, 1 + (self.low < 0 < self.high)
        most = int(np.ceil(max(abs(edges[0]), abs(edges[-1])) / width))
        found, bins = [], -(-numbers // sides)
        while bins < most:
            found.append(bins * width)
            bins = max(bins + 1, int(bins * (1 + _STEP)))
        return [*found, most * width]


def kl_divergence(counts: Counts, first: int, last: int, numbers: int) -> float:
    """Σ P ln(P / Q) in nats for the bins ``first`` to ``last`` (exclusive) quantized to ``numbers`` numbers.

    inf where Q has nothing while P has something: where only numbers beyond the range would be there.
    """
    inside = counts[first:last].astype(np.float64)
    p = inside.copy()
    p[0] += counts[:first].sum()
    p[-1] += counts[last:].sum()
    starts = np.unique(np.arange(numbers) * p.size // numbers)  # merged bins, as equal as whole bins allow
    merged = np.add.reduceat(inside, starts)
    held = np.add.reduceat((p > 0).astype(np.float64), starts)
    sizes = np.diff([*starts, p.size])
    q = np.repeat(np.divide(merged, held, out=np.zeros_like(merged), where=held > 0), sizes)
    there = p > 0
    p, q = p[there], q[there]
    if not (q > 0).all():
        return float("inf")
    p, q = p / p.sum(), q / q.sum()
    return float(np.sum(p * np.log(p / q)))
