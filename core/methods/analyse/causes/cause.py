"""What is known of one layer, and what a cause makes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from core.measure.layer_errors import LayerError
from core.measure.quantized_taps import Tap
from core.registry import Registry, import_all

Array = npt.NDArray[Any]
TABLE = "Gather"  # the operator that has a table; one that moves values owns no quantization


@dataclass(frozen=True, slots=True)
class Weights:
    """How a layer's weights are stored: ``scale`` per element (broadcast), integers up to ``top``, in ``bits`` bits.

    ``axis``: of output channels. ``shared``: one scale for all channels. ``bias_ends``: by channel, whether the stored
    bias stands at the end of its integers; None without one.
    """

    scale: Array
    top: int
    bits: int
    axis: int
    shared: bool
    bias_ends: npt.NDArray[np.bool_] | None = None


@dataclass(frozen=True)
class LayerEvidence:
    """One layer of the quantized network.

    ``share``: its part in the loss, 0..1. ``alone``: SQNR of the network's output in dB with this layer alone
    quantized; ``gain``: dB won by leaving it alone in float. ``error``: what happens inside it, None for layers without
    weights. ``tap``: the value it stores, None where there is none. ``host_error``: energy at the tap of what this
    processor's 8-bit sums do, against exact ones.
    """

    layer: str
    operator: str
    share: float
    alone: float
    gain: float
    error: LayerError | None = None
    weights: Weights | None = None
    tap: Tap | None = None
    host_error: float = 0.0

    @property
    def weight_noise(self) -> float:
        """Energy of the error that its weights and bias make, relative to its output."""
        return self.error.weights / max(self.error.signal, 1e-300) if self.error is not None else 0.0

    @property
    def value_noise(self) -> float:
        """The same of the pair behind it: rounding, and clipping."""
        if self.tap is None or not len(self.tap.sample):
            return 0.0
        sample = np.asarray(self.tap.sample, np.float64)
        inside = np.clip(sample, self.tap.steps.low, self.tap.steps.high)
        rounding = float(((self.tap.steps.rounded(inside) - inside) ** 2).sum() / max((sample**2).sum(), 1e-300))
        return rounding + self.tap.clip_error / max(self.tap.signal, 1e-300)

    @property
    def weight_share(self) -> float:
        """The weights' part in the layer's own error, 0..1; the rest is what it stores."""
        both = self.weight_noise + self.value_noise
        return self.weight_noise / both if both > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Cure:
    """What to do: quantize the float parent again, with these ``params`` changed, for this layer by ``override``.

    ``words`` end the sentence "Cure: …". Where nothing of the model is at fault it does not apply: words only.
    """

    words: str
    params: Mapping[str, Any] = field(default_factory=dict)
    override: Mapping[str, Any] = field(default_factory=dict)
    applies: bool = True


@dataclass(frozen=True, slots=True)
class Finding:
    """A cause that was found. ``explains``: its part in the layer's own error, 0..1. ``evidence``: with numbers.

    ``cures``: what cures it, the usual one first.
    """

    cause: str
    title: str
    explains: float
    evidence: str
    cures: tuple[Cure, ...]


Find = Callable[[LayerEvidence], tuple[float, str] | None]


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause. ``find`` gives (part of the layer's error that it explains, evidence), or None."""

    key: str
    title: str
    cure: Cure
    find: Find
    others: tuple[Cure, ...] = ()

    @property
    def cures(self) -> tuple[Cure, ...]:
        """What cures it, the usual one first."""
        return (self.cure, *self.others)


CAUSES: Registry[Cause] = Registry("cause")


def cause(key: str, *, title: str, cure: Cure, others: tuple[Cure, ...] = ()) -> Callable[[Find], Find]:
    """Register a function as a cause, with what cures it."""

    def register(find: Find) -> Find:
        CAUSES.add(key, Cause(key, title, cure, find, others))
        return find

    return register


def load_causes() -> Registry[Cause]:
    """All causes, in the order of their files."""
    import_all("core.methods.analyse.causes")
    return CAUSES


def found_in(evidence: LayerEvidence) -> list[Finding]:
    """Every cause that shows, the one that explains most first.

    An embedding table (Gather) has one scale of its own, from its own numbers: what changes ranges cures nothing there.
    """
    found = []
    for each in load_causes():
        if evidence.operator == TABLE and not each.cure.override:
            continue
        answer = each.find(evidence)
        if answer is not None and answer[0] > 0:
            found.append(Finding(each.key, each.title, *answer, each.cures))
    return sorted(found, key=lambda f: -f.explains)


def largest(*found: tuple[float, str] | None) -> tuple[float, str] | None:
    """Of what was found at one layer (part of the error, words) the most; None where nothing was."""
    return max((f for f in found if f is not None), default=None)
