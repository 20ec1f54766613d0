"""A range or a scale much wider than what is stored, so that few of the integers are used."""

from __future__ import annotations

import numpy as np

from core.methods.analyse.causes.cause import Cure, LayerEvidence, cause, largest
from core.methods.analyse.causes.ranges import energy, energy_with, fitted_scale
from core.model.qdq_operators import FIXED

_TOO_WIDE = 2.0
_CURE = Cure("quantize again with ranges from the data", {"calibrator": "minmax"})


@cause("coarse_range", title="A range far wider than the values", cure=_CURE)
def find(evidence: LayerEvidence) -> tuple[float, str] | None:
    """What a range that just holds the values (or a scale that just holds the weights) would take out of the error."""
    return largest(_value(evidence), _weights(evidence))


def _value(evidence: LayerEvidence) -> tuple[float, str] | None:
    tap = evidence.tap
    if tap is None or evidence.operator in FIXED or not len(tap.sample):
        return None
    low, high = min(tap.seen[0], 0.0), max(tap.seen[1], 0.0)
    width, wide = high - low, tap.steps.high - tap.steps.low
    now = energy(tap, tap.steps)
    if width <= 0 or wide < _TOO_WIDE * width or now <= 0:
        return None
    part = max(1 - energy_with(tap, low, high) / now, 0.0)
    words = (
        f"the range {tap.steps.low:.3g} to {tap.steps.high:.3g} is {wide / width:.3g} times as wide as what is seen"
        f" ({low:.3g} to {high:.3g}): {width / tap.steps.scale:.0f} of {tap.steps.highest - tap.steps.lowest} steps"
        " are used"
    )
    return (1 - evidence.weight_share) * part, words


def _weights(evidence: LayerEvidence) -> tuple[float, str] | None:
    error, weights = evidence.error, evidence.weights
    if error is None or weights is None:
        return None
    fitted = np.broadcast_to(fitted_scale(error.weight, weights), error.weight.shape)
    ratio = float(np.median(weights.scale / np.maximum(fitted, 1e-30)))
    now = float(np.square(np.asarray(error.stored_weight, np.float64) - error.weight).mean())
    if ratio < _TOO_WIDE or now <= 0:
        return None
    part = max(1 - float((fitted**2).mean()) / 12 / now, 0.0)
    words = (
        f"the weights' scale is {ratio:.3g} times what their range needs: {weights.top / ratio:.0f} of {weights.top}"
        " steps are used"
    )
    return evidence.weight_share * part, words
