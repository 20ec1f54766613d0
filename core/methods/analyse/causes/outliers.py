"""A few values far beyond the others, which stretch the range and make every step coarse."""

from __future__ import annotations

import numpy as np

from core.methods.analyse.causes.cause import Cure, LayerEvidence, cause
from core.methods.analyse.causes.ranges import best_range, energy_with

_BEYOND = 1.3  # times the 99.9th percentile of magnitudes
_LEAST = 0.25
_CURE = Cure("let the smallest squared error choose the ranges", {"calibrator": "mse"})


@cause("outliers", title="Outliers among the values", cure=_CURE)
def find(evidence: LayerEvidence) -> tuple[float, str] | None:
    """What a narrower range would take out of the rounding, the outliers' clipping counted in."""
    tap = evidence.tap
    if tap is None or len(tap.sample) < 100:
        return None
    usual = float(np.percentile(np.abs(tap.sample), 99.9))
    low, high = (max(tap.seen[0], tap.steps.low), min(tap.seen[1], tap.steps.high))
    reach = max(-low, high)
    if usual <= 0 or reach < _BEYOND * usual:
        return None
    now = energy_with(tap, low, high)
    best, best_low, best_high = best_range(tap, low, high)
    part = 1 - best / now if now > 0 else 0.0
    if part < _LEAST:
        return None
    words = (
        f"values reach {reach:.3g}, {reach / usual:.3g} times the 99.9th percentile of their magnitudes; from"
        f" {best_low:.3g} to {best_high:.3g} their rounding would lose {100 * part:.0f} % less"
    )
    return (1 - evidence.weight_share) * part, words
