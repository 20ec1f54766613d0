"""A bias that its 32-bit integer cannot hold."""

from __future__ import annotations

import numpy as np

from core.methods.analyse.causes.cause import Cure, LayerEvidence, cause

_CURE = Cure("quantize again: weight scales are raised until every bias fits", {})
_LARGE = 0.5  # of the bias, missing: rounding and corrections are far below


@cause("bias_overflow", title="Bias overflow", cure=_CURE)
def find(evidence: LayerEvidence) -> tuple[float, str] | None:
    """Biases whose stored value falls short of the float one because scale x 2^31 is less.

    An almost dead row of weights has a tiny scale, and its bias counts in steps of input scale times weight scale.
    """
    error, weights = evidence.error, evidence.weights
    if error is None or error.bias is None or error.stored_bias is None or error.total <= 0:
        return None
    if weights is None or weights.bias_ends is None:
        return None
    wanted = np.asarray(error.bias, np.float64).reshape(-1)
    short = np.abs(wanted) - np.abs(np.asarray(error.stored_bias, np.float64).reshape(-1))
    held = short > _LARGE * np.abs(wanted)
    held &= weights.bias_ends
    if not held.any():
        return None
    worst = int(np.argmax(np.where(held, short, -np.inf)))
    lost = float((np.where(held, error.shifts, 0.0) ** 2).sum() / max((error.shifts**2).sum(), 1e-300))
    words = (
        f"{int(held.sum())} of {len(held)} biases overflow: channel {worst} stores"
        f" {float(error.stored_bias.reshape(-1)[worst]):.3g} instead of {wanted[worst]:.3g}"
    )
    return min(lost * error.shift / error.total + 1e-3, 1.0), words
