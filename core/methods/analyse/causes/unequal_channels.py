"""Weight ranges that differ between channels while one scale serves all of them."""

from __future__ import annotations

from core.methods.analyse.causes.cause import Cure, LayerEvidence, cause
from core.methods.analyse.causes.ranges import unlike_channels

_CURE = Cure("give each output channel a scale of its own", {"granularity": "channel"})
# where a target wants one scale
_ONE_SCALE = Cure("equalize the channels across layers before quantizing", {"equalize": True})


@cause("unequal_channels", title="Unequal channel ranges of weights", cure=_CURE, others=(_ONE_SCALE,))
def find(evidence: LayerEvidence) -> tuple[float, str] | None:
    """What a scale for every channel would take out of the weights' error: 1 - mean(s_c^2 / 12) / mean(dw^2).

    Found where the largest channel's range is at least four times the median one.
    """
    found = unlike_channels(evidence)
    if found is None:
        return None
    words = (
        f"one scale serves {len(found.top)} channels {found.words}: the largest is {found.spread:.3g} times the median"
        f" one; a scale per channel would take out {100 * found.gone:.0f} % of the weights' error"
    )
    return evidence.weight_share * found.gone, words
