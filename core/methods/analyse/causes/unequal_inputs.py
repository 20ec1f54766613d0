"""Weight ranges that differ between input channels: the largest of them sets the steps of all."""

from __future__ import annotations

from core.methods.analyse.causes.cause import Cure, LayerEvidence, cause
from core.methods.analyse.causes.ranges import unlike_channels

_CURE = Cure("equalize the channels across layers before quantizing", {"equalize": True})


@cause("unequal_inputs", title="Unequal input channel ranges of weights", cure=_CURE)
def find(evidence: LayerEvidence) -> tuple[float, str] | None:
    """What like ranges of the input channels would take out of the weights' error: 1 - mean(s_i^2 / 12) / mean(dw^2).

    s_i are the steps that input channel i would have on its own. Asked where one scale serves the tensor, and found
    where the largest input channel's range is at least four times the median one: a scale for each output channel
    leaves these together, factors between layers do not.
    """
    found = unlike_channels(evidence, of_inputs=True)
    if found is None:
        return None
    words = (
        f"one scale serves {len(found.top)} input channels {found.words}: the largest is {found.spread:.3g} times the"
        f" median one; like ranges would take out {100 * found.gone:.0f} % of the weights' error"
    )
    return evidence.weight_share * found.gone, words
