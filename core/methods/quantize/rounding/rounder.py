"""The family of rounders: what one is given, what it gives, its settings, the registry.

A layer's output y = W x is quadratic in its weights: rounding W to Q costs tr((W - Q) H (W - Q)') with H = E[x x'],
and every row (output) of W pays for itself. A rounder chooses Q on the grid so that this is small.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Protocol

import numpy as np
import numpy.typing as npt

from core.jobs import Job
from core.methods.quantize.rounding.grid import Array64, Grid
from core.params import Field
from core.registry import Registry, import_all

Flags = npt.NDArray[np.bool_]
_GROUP = "Rounding"


def rounder_names() -> tuple[str, ...]:
    """The family's keys, for a form."""
    return load_rounders().keys()


@dataclass(frozen=True)
class RoundingSettings:
    """How rounders look at data; a method that rounds inherits these parameters."""

    rounding_items: Annotated[
        int,
        Field("Items for rounding", "Most items that gptq and adaround look at.", 1, 10_000, "items", None, True,
              _GROUP),
    ] = 100  # fmt: skip
    rounding_places: Annotated[
        int,
        Field("Places of an item", "Most positions of a feature map that are looked at.", 1, 10_000, "places", None,
              True, _GROUP),
    ] = 50  # fmt: skip
    damping: Annotated[
        float,
        Field("Damping", "Share of the mean curvature added to each, so that few items do not mislead.", 0.0, 10.0, "",
              0.01, True, _GROUP),
    ] = 0.01  # fmt: skip
    rounding_steps: Annotated[
        int, Field("Steps of adaround", "More find better roundings.", 1, 100_000, "steps", None, True, _GROUP)
    ] = 500


@dataclass(frozen=True)
class Rows:
    """One layer to be rounded.

    ``target`` (groups, outputs, features): the real weights wanted. ``curvature`` (groups, features, features): H of
    a group. ``free``: where False the weight stays 0 (a mask); None where all may be anything.
    """

    target: Array64
    curvature: Array64
    grid: Grid
    free: Flags | None = None
    threads: int = 1
    job: Job = field(default_factory=Job)

    def kept(self, rounded: Array64, column: int | None = None, free: Flags | None = None) -> Array64:
        """``rounded`` with masked weights at 0; ``free`` where its features were put in another order."""
        free = self.free if free is None else free
        if free is None:
            return rounded
        return np.where(free if column is None else free[..., column], rounded, 0.0)

    def nearest(self) -> Array64:
        return self.kept(self.grid.nearest(self.target))

    def cost(self, rounded: Array64) -> Array64:
        """(groups, outputs): the mean squared change of every output."""
        change = rounded - self.target
        return np.asarray(np.einsum("gof,gof->go", change @ self.curvature, change))

    def best(self, *candidates: Array64) -> Array64:
        """Row by row the candidate that costs least; the first one where they are equal."""
        costs = np.stack([self.cost(c) for c in candidates])
        chosen = costs.argmin(0)
        return np.asarray(np.take_along_axis(np.stack(candidates), chosen[None, :, :, None], axis=0)[0])

    def damped(self, damping: float) -> Array64:
        """H with ``damping`` times its mean diagonal added, at least so much that it can be factorised."""
        diagonal = np.einsum("gff->gf", self.curvature)
        added = max(damping, 1e-9) * diagonal.mean(1, keepdims=True)
        h = self.curvature.copy()
        np.einsum("gff->gf", h)[...] += np.where(added > 0, added, 1.0)
        return h


class Round(Protocol):
    def __call__(self, rows: Rows, settings: RoundingSettings, /) -> Array64: ...


@dataclass(frozen=True, slots=True)
class Rounder:
    """One way to round: ``round`` gives weights on the grid. ``looks`` is False where it needs no curvature.

    ``said`` ends a sentence of the report: what was done.
    """

    key: str
    said: str
    round: Round
    looks: bool = True


ROUNDERS: Registry[Rounder] = Registry("way of rounding")


def rounder(key: str, said: str, looks: bool = True) -> Callable[[Round], Round]:
    """Register a rounder."""

    def register(act: Round) -> Round:
        ROUNDERS.add(key, Rounder(key, said, act, looks))
        return act

    return register


def load_rounders() -> Registry[Rounder]:
    """The family, with every module of this package imported."""
    import_all("core.methods.quantize.rounding")
    return ROUNDERS
