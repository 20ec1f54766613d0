"""8-bit sums that this processor saturates, and phones do not."""

from __future__ import annotations

from core.methods.analyse.causes.cause import Cure, LayerEvidence, cause

_LEAST = 0.25
_CURE = Cure("judge it on a phone or on a processor with VNNI; the model itself is not at fault", applies=False)


@cause("host_arithmetic", title="Arithmetic of this processor", cure=_CURE)
def find(evidence: LayerEvidence) -> tuple[float, str] | None:
    """The part of the error at the layer's output that exact 32-bit sums do not have."""
    tap = evidence.tap
    if tap is None or tap.error <= 0:
        return None
    part = min(evidence.host_error / tap.error, 1.0)
    if part < _LEAST:
        return None
    words = (
        f"{100 * part:.0f} % of the error at its output is not there with exact sums: without a dot-product instruction"
        " pairs of products saturate at 16 bits"
    )
    return part, words
