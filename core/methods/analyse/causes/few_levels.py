"""Weights or values in so few bits that rounding loses much, though their ranges are as they should be."""

from __future__ import annotations

from core.measure.quantized_taps import decibels
from core.methods.analyse.causes.cause import Cure, LayerEvidence, cause

_ENOUGH = 8
_MOSTLY = 0.75
_WEAK = 0.2  # any cause that explains more goes first
_BETTER = Cure("round the weights by what the layer computes (GPTQ)", {"rounding": "gptq"})
_MORE = Cure("store the weights in 8 bits", override={"precision": "int8"})
_FINER = Cure("store the values in 16 bits, which runtimes compute more slowly", {"activations": "int16"})


@cause("few_levels", title="Too few levels for the weights", cure=_BETTER)
def weights(evidence: LayerEvidence) -> tuple[float, str] | None:
    """Below 8 bits: the part of the layer's error that its weights make; every bit more leaves a quarter of it."""
    stored, error = evidence.weights, evidence.error
    if stored is None or error is None or stored.bits >= _ENOUGH:
        return None
    part = evidence.weight_share * (1 - 4.0 ** (stored.bits - _ENOUGH))
    words = (
        f"{stored.bits} bits leave {2 * stored.top + 1} levels; the weights make {100 * evidence.weight_share:.0f} % of"
        f" the layer's error, {100 * evidence.weight_noise:.2g} % of its output's energy"
    )
    return part, words


@cause("few_bits", title="Too few bits for this layer", cure=_MORE)
def bits(evidence: LayerEvidence) -> tuple[float, str] | None:
    """The same where better rounding is used already: this layer needs the bits."""
    found = weights(evidence)
    return None if found is None else (0.99 * found[0], found[1])


@cause("few_levels_of_values", title="Too few levels for the values", cure=_FINER)
def values(evidence: LayerEvidence) -> tuple[float, str] | None:
    """What it stores makes three quarters of its error, and nothing is wrong with the range."""
    tap = evidence.tap
    if tap is None or tap.steps.highest - tap.steps.lowest > 255 or 1 - evidence.weight_share < _MOSTLY:
        return None
    if evidence.value_noise <= 0:
        return None
    levels, left = tap.steps.highest - tap.steps.lowest + 1, decibels(1, evidence.value_noise)
    words = (
        f"what it stores makes {100 * (1 - evidence.weight_share):.0f} % of its error: {levels} levels from"
        f" {tap.steps.low:.3g} to {tap.steps.high:.3g} leave {left:.1f} dB there"
    )
    return _WEAK, words
