"""A layer whose outputs are moved by a constant per channel."""

from __future__ import annotations

import numpy as np

from core.methods.analyse.causes.cause import Cure, LayerEvidence, cause

_WORTH = 0.1  # of the layer's own error: less is not why it loses
_LEAST = 0.25  # of the shift must show in the running network: corrected biases cancel it with one from before
_CURE = Cure("correct the biases behind the quantized layers", {"bias_correction": True})


@cause("constant_shift", title="Constant shift of the output", cure=_CURE)
def find(evidence: LayerEvidence) -> tuple[float, str] | None:
    """The part of the error's energy that is a mean per channel, which a bias can take out again.

    Told inside the layer on the float network's inputs, and believed where the running network shows a
    quarter of it too.
    """
    error, tap = evidence.error, evidence.tap
    if error is None or error.total <= 0:
        return None
    part = error.shift / error.total
    inside, shift = error.total / max(error.signal, 1e-300), error.shift / max(error.signal, 1e-300)
    running = tap.shift / max(tap.signal, 1e-300) if tap is not None else shift
    if running < _LEAST * shift:
        return None
    worst = int(np.argmax(np.abs(error.shifts)))
    words = (
        f"{100 * part:.0f} % of the error inside the layer is a constant per channel, which a bias can take out;"
        f" channel {worst} is moved by {error.shifts[worst]:.3g}"
    )
    explains = part * inside / max(inside + evidence.value_noise, 1e-300)
    return (explains, words) if explains >= _WORTH else None
