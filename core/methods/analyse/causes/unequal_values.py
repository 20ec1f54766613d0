"""Ranges of a value's channels that differ so much that the small ones get a few steps only."""

from __future__ import annotations

import numpy as np

from core.methods.analyse.causes.cause import Cure, LayerEvidence, cause

_SPREAD = 8.0
_CURE = Cure("equalize the channels across layers before quantizing", {"equalize": True})


@cause("unequal_values", title="Unequal channel ranges of values", cure=_CURE)
def find(evidence: LayerEvidence) -> tuple[float, str] | None:
    """What a range for every channel would take out of the rounding: 1 - mean(r_c^2) / r^2.

    Found where the widest channel's range is at least eight times the median one.
    """
    tap = evidence.tap
    if tap is None or len(tap.channel_low) < 2:
        return None
    widths = np.maximum(tap.channel_high, 0) - np.minimum(tap.channel_low, 0)
    widest, median = float(widths.max()), float(np.median(widths))
    if widest < _SPREAD * max(median, 1e-30) or widest <= 0:
        return None
    part = 1 - float((widths**2).mean()) / widest**2
    steps = median / max(tap.steps.scale, 1e-30)
    words = (
        f"the widest of {len(widths)} channels has {widest / max(median, 1e-30):.3g} times the range of the median one,"
        f" which gets {steps:.0f} of {tap.steps.highest - tap.steps.lowest} steps"
    )
    return (1 - evidence.weight_share) * part, words
