"""MSE: the range with the least squared error of quantization, for the number of steps that the value has."""

from __future__ import annotations

import numpy as np

from core.methods.quantize.calibrators.calibrator import Range, calibrator
from core.methods.quantize.calibrators.histogram import Array64, Counts, HistogramCalibrator

_RATIOS = np.arange(1, 101) / 100  # of an extreme, tried as the end of the range
_ROUNDS, _REACH = 3, 0.101  # each end moves at most so far in a round


@calibrator("mse", title="Squared error")
class SquaredError(HistogramCalibrator):
    """The range with the least squared error: what is cut off is weighed against finer steps.

    Numbers are taken to be spread evenly within a bin, so the error of rounding and cutting off is an integral that
    :func:`squared_error` knows exactly. Ends are hundredths of the extremes: first both by the same share, then one
    after the other until neither moves. With many steps (16 bits) little or nothing is cut off, with few (4) much.
    """

    def _find(self, levels: int) -> Range:
        edges, counts = self.bins()
        low, high = min(self.low, 0.0), max(self.high, 0.0)
        if not counts.size:
            return 0.0, 0.0

        def error(ends: tuple[float, float]) -> float:
            return squared_error(edges, counts, low * ends[0], high * ends[1], levels)

        best = min(((r, r) for r in _RATIOS[::-1]), key=error)
        for _ in range(_ROUNDS if low < 0 < high else 0):
            before = best
            best = min(((r, best[1]) for r in _near(best[0])), key=error)
            best = min(((best[0], r) for r in _near(best[1])), key=error)
            if best == before:
                break
        return low * float(best[0]), high * float(best[1])


def _near(ratio: float) -> Array64:
    return _RATIOS[np.abs(_RATIOS - ratio) <= _REACH]


def squared_error(edges: Array64, counts: Counts, low: float, high: float, levels: int) -> float:
    """Sum of (x - quantized x)² over all numbers, spread evenly within their bins (edges (k + 1,), counts (k,)).

    The steps are s = (high - low) / levels apart and 0 is one of them, as in core.model.qdq_numbers. With n = rint(x/s)
    and r = x/s - n the integral of the squared rounding error from 0 to x is s³ (n / 12 + r³ / 3); beyond the last
    step it grows by the third of the cubed distance.
    """
    step = (high - low) / levels
    zero = np.rint(-low / step)
    inside = np.clip(edges, -zero * step, (levels - zero) * step)
    whole = np.rint(inside / step)
    rest, beyond = inside / step - whole, edges - inside
    integral = step**3 * (whole / 12 + rest * rest * rest / 3) + beyond * beyond * beyond / 3
    point = np.square(edges[:-1] - whole[:-1] * step)  # what a bin without width has
    width = np.diff(edges)
    mean = np.divide(np.diff(integral), width, out=point, where=width > 0)
    return float(mean @ counts)
