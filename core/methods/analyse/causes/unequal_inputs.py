"""Weight ranges that differ between input channels: the largest of them sets the steps of all."""

from __future__ import annotations

import numpy as np

from core.methods.analyse.causes.cause import Cure, LayerEvidence, cause
from core.methods.analyse.causes.ranges import along, peaks

_SPREAD = 4.0  # the largest range over the median one
_CURE = Cure("equalize the channels across layers before quantizing", {"equalize": True})


@cause("unequal_inputs", title="Unequal input channel ranges of weights", cure=_CURE)
def find(evidence: LayerEvidence) -> tuple[float, str] | None:
    """What like ranges of the input channels would take out of the weights' error: 1 - mean(s_i^2 / 12) / mean(dw^2).

    s_i are the steps that input channel i would have on its own. Asked where one scale serves the tensor, and found
    where the largest input channel's range is at least four times the median one: a scale for each output channel
    leaves these together, factors between layers do not.
    """
    error, weights = evidence.error, evidence.weights
    if error is None or weights is None or not weights.shared or error.weight.ndim < 2:
        return None
    axis = 1 - weights.axis
    top = peaks(error.weight, axis)
    spread = float(top.max()) / max(float(np.median(top)), 1e-30)
    now = float(np.square(np.asarray(error.stored_weight, np.float64) - error.weight).mean())
    if len(top) < 2 or spread < _SPREAD or now <= 0:
        return None
    steps = along((top / weights.top) ** 2 / 12, axis, error.weight.ndim)
    gone = max(1 - float(np.broadcast_to(steps, error.weight.shape).mean()) / now, 0.0)
    words = (
        f"one scale serves {len(top)} input channels whose weights reach from {float(top.min()):.2g} to"
        f" {float(top.max()):.2g}: the largest is {spread:.3g} times the median one; like ranges would take out"
        f" {100 * gone:.0f} % of the weights' error"
    )
    return evidence.weight_share * gone, words
