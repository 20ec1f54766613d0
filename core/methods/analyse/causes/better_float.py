"""A layer that loses without any fault of its ranges: it needs more than its bits, and should stay in float."""

from __future__ import annotations

from core.methods.analyse.causes.cause import TABLE, Cure, LayerEvidence, cause

_WEAK = 0.25  # any cause that explains more goes first
_LEAST = 0.25  # dB that the whole network must gain
_CURE = Cure("keep in float", override={"precision": "float"})


@cause("better_float", title="Better left in float", cure=_CURE)
def find(evidence: LayerEvidence) -> tuple[float, str] | None:
    """Named where nothing else explains a quarter of the layer's error, and leaving it in float helps the whole."""
    if evidence.gain < _LEAST:
        return None
    if evidence.operator == TABLE:
        words = "its table is what is rounded, with one scale for all rows"
    elif evidence.error is None:
        words = f"{evidence.operator} has no weights, its values are what is rounded"
    else:
        words = (
            f"{100 * evidence.weight_share:.0f} % of its own error come from its weights, the rest from what it stores"
        )
    words += f"; left in float the whole network gains {evidence.gain:.2f} dB"
    return _WEAK, words
