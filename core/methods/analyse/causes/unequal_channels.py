"""Weight ranges that differ between channels while one scale serves all of them."""

from __future__ import annotations

import numpy as np

from core.methods.analyse.causes.cause import Cure, LayerEvidence, cause
from core.methods.analyse.causes.ranges import along, peaks

_SPREAD = 4.0  # the largest range over the median one
_CURE = Cure("give each output channel a scale of its own", {"granularity": "channel"})
# where a target wants one scale
_ONE_SCALE = Cure("equalize the channels across layers before quantizing", {"equalize": True})


@cause("unequal_channels", title="Unequal channel ranges of weights", cure=_CURE, others=(_ONE_SCALE,))
def find(evidence: LayerEvidence) -> tuple[float, str] | None:
    """What a scale for every channel would take out of the weights' error: 1 - mean(s_c^2 / 12) / mean(dw^2).

    Found where the largest channel's range is at least four times the median one.
    """
    error, weights = evidence.error, evidence.weights
    if error is None or weights is None or not weights.shared:
        return None
    top = peaks(error.weight, weights.axis)
    median = float(np.median(top))
    spread = float(top.max()) / max(median, 1e-30)
    if len(top) < 2 or spread < _SPREAD:
        return None
    now = float(np.square(np.asarray(error.stored_weight, np.float64) - error.weight).mean())
    own = float(
        np.broadcast_to(
            along((top / weights.top) ** 2 / 12, weights.axis, error.weight.ndim), error.weight.shape
        ).mean()
    )
    if now <= 0:
        return None
    words = (
        f"one scale serves {len(top)} channels whose weights reach from {float(top.min()):.2g} to"
        f" {float(top.max()):.2g}:"
        f" the largest is {spread:.3g} times the median one; a scale per channel would take out"
        f" {100 * max(1 - own / now, 0):.0f} % of the weights' error"
    )
    return evidence.weight_share * max(1 - own / now, 0.0), words
