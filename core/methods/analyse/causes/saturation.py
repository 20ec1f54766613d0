"""Values or weights beyond what their integers can hold."""

from __future__ import annotations

import numpy as np

from core.methods.analyse.causes.cause import Cure, LayerEvidence, cause, largest

_LEAST = 0.25
_CURE = Cure("quantize again with ranges from the data, and more of it", {"calibrator": "minmax"})


@cause("saturation", title="Saturation", cure=_CURE)
def find(evidence: LayerEvidence) -> tuple[float, str] | None:
    """The part of the error's energy that comes from clipping, of the stored value or of the stored weights."""
    return largest(_value(evidence), _weights(evidence))


def _value(evidence: LayerEvidence) -> tuple[float, str] | None:
    tap = evidence.tap
    if tap is None or not tap.clipped or evidence.value_noise <= 0:
        return None
    part = tap.clip_error / max(tap.signal, 1e-300) / evidence.value_noise
    if part < _LEAST:
        return None
    low, high = tap.seen
    words = (
        f"{100 * tap.clipped:.2g} % of the values are clipped: they reach from {low:.3g} to {high:.3g}, the range is"
        f" {tap.steps.low:.3g} to {tap.steps.high:.3g}, and clipping makes {100 * min(part, 1):.0f} %"
        " of the error there"
    )
    return (1 - evidence.weight_share) * min(part, 1.0), words


def _weights(evidence: LayerEvidence) -> tuple[float, str] | None:
    error, weights = evidence.error, evidence.weights
    if error is None or weights is None:
        return None
    reach = weights.scale * (weights.top + 0.5)
    outside = np.abs(error.weight) > reach
    if not outside.any():
        return None
    change = np.square(np.asarray(error.stored_weight, np.float64) - error.weight)
    part = float(change[outside].sum() / max(change.sum(), 1e-300))
    if part < _LEAST:
        return None
    words = (
        f"{100 * float(outside.mean()):.2g} % of the weights are clipped: their scale holds up to"
        f" {float(reach.max()):.3g}, they reach {float(np.abs(error.weight).max()):.3g}"
    )
    return evidence.weight_share * part, words
