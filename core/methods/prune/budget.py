"""From a target to the channels that go: so many MACs, bytes or channels less, spread uniformly, globally or by layer.

Every way to spread a removal is a path from the whole model to the smallest allowed one, along which groups only get
smaller. The place on the path whose amount is nearest to the target is found by bisection; between two neighbouring
places of it, groups take their last step one after another, those first that lose least.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property

import numpy as np

from core.measure.removal_cost import RemovalCost
from core.methods.prune.scores import Floats, Removed
from core.model.channel_labels import Ints
from core.model.channel_sizes import Flags
from core.model.channels import ChannelGroup

TOLERANCE = 0.02  # of the amount that should be left
_HALVINGS = 18


class Currency(Enum):
    """What a target is counted in."""

    CHANNELS = "channels"
    PARAMS = "params"
    MACS = "macs"
    BYTES = "bytes"
    MILLISECONDS = "milliseconds"  # turned into MACs before anything is chosen, see core.methods.prune.timing


class Distribution(Enum):
    """How a removal is spread over the groups."""

    UNIFORM = "uniform"
    GLOBAL = "global"
    PER_LAYER = "per_layer"
    SCALED = "scaled"


@dataclass(frozen=True, eq=False)
class Candidates:
    """What may go: the chosen groups, with a score for each of their units (small: little is lost).

    ``multiple``: channels kept are a multiple of it, or all. ``floor``: share of a group that stays in any case; one
    unit always does. ``fixed``: group key -> share of it to remove, whatever the others do. ``bases``: the sizes that
    shares are of, where an earlier round has already removed some.
    """

    costs: RemovalCost
    chosen: tuple[ChannelGroup, ...]
    scores: Mapping[str, Floats]
    multiple: int = 1
    floor: float = 0.0
    fixed: Mapping[str, float] = field(default_factory=dict)
    bases: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def base(self) -> Floats:
        """Units that the groups had at first, (groups,)."""
        return np.asarray([self.bases.get(g.key, g.size) for g in self.chosen], np.float64)

    @cached_property
    def steps(self) -> tuple[Ints, ...]:
        """The counts of units that each group may keep, rising."""
        found = []
        for group, base in zip(self.chosen, self.base, strict=True):
            place = self.costs.sizes.places[group.key]
            best_first = np.argsort(-self.rank[place])
            found.append(allowed(group, self.width[place][best_first], self.multiple, self.floor * base))
        return tuple(found)

    @cached_property
    def width(self) -> Ints:
        """Channels of its group's first layer that every unit is, (units,); 0 where it may not go."""
        width = np.zeros(self.costs.sizes.units, np.int64)
        for group in self.chosen:
            width[self.costs.sizes.places[group.key]] = group.widths
        return width

    @cached_property
    def owner(self) -> Ints:
        """The number of every unit's group among the chosen; theirs are the last that stand for no group, (units,)."""
        owner = np.full(self.costs.sizes.units, len(self.chosen), np.int64)
        for number, group in enumerate(self.chosen):
            owner[self.costs.sizes.places[group.key]] = number
        return owner

    @cached_property
    def score(self) -> Floats:
        """Score of every unit, (units,); infinite where it may not go."""
        score = np.full(self.costs.sizes.units, np.inf)
        for group in self.chosen:
            score[self.costs.sizes.places[group.key]] = self.scores[group.key]
        return score

    @cached_property
    def rank(self) -> Ints:
        """How many units of its group go before a unit, (units,)."""
        rank = np.zeros(self.costs.sizes.units, np.int64)
        for group in self.chosen:
            place = self.costs.sizes.places[group.key]
            rank[place.start + np.argsort(self.scores[group.key], kind="stable")] = np.arange(group.size)
        return rank

    @cached_property
    def size(self) -> Ints:
        """Units of each group, (groups,)."""
        return np.asarray([g.size for g in self.chosen], np.int64)

    def nearest(self, wanted: Floats) -> Ints:
        """The allowed counts nearest to so many units, more where two are as near; (groups,) -> (groups,)."""
        return np.asarray([_nearest(s, w) for s, w in zip(self.steps, wanted, strict=True)], np.int64)

    def alive(self, kept: Ints) -> Flags:
        """The units that survive where each group keeps so many, (groups,) -> (units,); no value is left empty.

        A value that would be (half of a Split whose channels all scored low) gets its best unit back, and its group as
        many more as the multiple asks for.
        """
        gone = np.append(self.size - kept, 0)
        alive: Flags = self.rank >= gone[self.owner]
        while lost := self.costs.sizes.emptied(alive):
            best = lost[0][np.argmax(self.score[lost[0]])]
            group = self.chosen[self.owner[best]]
            mates = np.flatnonzero((self.owner == self.owner[best]) & ~alive)
            first = np.isin(mates, lost[0])
            order = mates[np.lexsort((-self.score[mates], ~first))]
            alive[order[: together(group, self.multiple)]] = True
        return alive

    def counts(self, alive: Flags) -> Ints:
        """How many units each group keeps, (groups,)."""
        return np.bincount(self.owner[alive], minlength=len(self.chosen) + 1)[: len(self.chosen)]

    def amount(self, alive: Flags, currency: Currency) -> float:
        """What is left. Channels: those of the chosen groups; all else: of the whole model."""
        if currency is Currency.CHANNELS:
            return float(self.width[alive].sum() + sum(g.fixed for g in self.chosen))
        found = self.costs.of(alive)
        if currency is Currency.PARAMS:
            return float(found.params)
        return float(found.weight_bytes if currency is Currency.BYTES else found.macs or 0)

    @property
    def whole(self) -> Flags:
        return np.ones(self.costs.sizes.units, bool)


def allowed(group: ChannelGroup, widths: Ints, multiple: int, least: float) -> Ints:
    """The counts of units that a group may keep, rising: multiples in channels, at least ``least``, and all of it.

    ``widths``: channels of the units, those first that go last, (size,).
    """
    counts = np.arange(1, group.size)
    fits = ((np.cumsum(widths)[:-1] + group.fixed) % multiple == 0) & (counts >= least)
    return np.append(counts[fits], group.size)


def together(group: ChannelGroup, multiple: int) -> int:
    """The smallest number of units whose channels are a multiple."""
    return multiple // int(np.gcd(group.width, multiple))


def _nearest(steps: Ints, wanted: float) -> int:
    above = min(int(np.searchsorted(steps, wanted)), len(steps) - 1)
    below = max(above - 1, 0)
    return int(steps[below] if wanted - steps[below] < steps[above] - wanted else steps[above])


Path = Callable[[float], Ints]  # from 0 (nothing goes) to 1 (all that may) -> units kept, (groups,)


@dataclass(frozen=True, eq=False)
class Choice:
    """The units that go, as flags of what survives and by group, and how many ``channels`` each group loses with them.

    ``left``, ``goal``: amounts after the cut and as asked for; ``before``: of the whole model. ``neighbour`` is the
    amount of the nearest other allowed choice on the far side of the goal, None where there is none: the goal lies
    beyond what may be removed, or was not looked for.
    """

    alive: Flags
    removed: Removed
    channels: Mapping[str, int]
    before: float
    goal: float
    left: float
    neighbour: float | None = None

    @property
    def met(self) -> bool:
        """Whether the goal is reached within 2 % of what should be left."""
        return abs(self.left - self.goal) <= TOLERANCE * self.goal


def choose(candidates: Candidates, distribution: Distribution, currency: Currency, goal: float) -> Choice:
    """The removal whose ``currency`` left is nearest to ``goal`` (an amount, not a share).

    PER_LAYER takes the fixed shares as they are and does not look for the goal; SCALED multiplies them all by one
    factor; the other two keep to them and spread the rest.
    """
    before = candidates.amount(candidates.whole, currency)
    path = _path(candidates, distribution)
    if distribution is Distribution.PER_LAYER:
        alive = candidates.alive(path(0.0))
        return _choice(candidates, alive, currency, before, goal)

    def left(kept: Ints) -> float:
        return candidates.amount(candidates.alive(kept), currency)

    low, high = path(0.0), path(1.0)
    if left(high) >= goal:
        return _choice(candidates, candidates.alive(high), currency, before, goal)
    if left(low) <= goal:
        return _choice(candidates, candidates.alive(low), currency, before, goal)
    a, b = 0.0, 1.0
    for _ in range(_HALVINGS):
        if np.count_nonzero(low != high) <= 1 and _neighbours(candidates.steps, low, high):
            break
        middle = (a + b) / 2
        kept = path(middle)
        if left(kept) > goal:
            a, low = middle, kept
        else:
            b, high = middle, kept
    return _between(candidates, low, high, currency, before, goal)


def _neighbours(steps: Sequence[Ints], low: Ints, high: Ints) -> bool:
    """Whether no allowed count lies between two in any group."""
    pairs = zip(steps, low, high, strict=True)
    return all(np.searchsorted(s, a) - np.searchsorted(s, b) <= 1 for s, a, b in pairs)


def _between(candidates: Candidates, low: Ints, high: Ints, currency: Currency, before: float, goal: float) -> Choice:
    """Groups go from ``low`` (too much is left) to ``high`` (too little) one by one, until the goal is nearest."""
    order = _by_loss(candidates, low, high)

    def state(moved: int) -> Flags:
        kept = low.copy()
        kept[order[:moved]] = high[order[:moved]]
        return candidates.alive(kept)

    a, b = 0, len(order)
    while b - a > 1:
        middle = (a + b) // 2
        if candidates.amount(state(middle), currency) > goal:
            a = middle
        else:
            b = middle
    above, below = (_choice(candidates, state(m), currency, before, goal) for m in (a, b))
    near, far = sorted((above, below), key=lambda c: abs(c.left - goal))
    return dataclasses.replace(near, neighbour=far.left)


def _by_loss(candidates: Candidates, low: Ints, high: Ints) -> Ints:
    """The groups that differ, those first whose next units score least on average."""
    differ = np.flatnonzero(low != high)
    lost = []
    for number in differ.tolist():
        place = candidates.costs.sizes.places[candidates.chosen[number].key]
        size, rank = candidates.size[number], candidates.rank[place]
        going = (rank >= size - low[number]) & (rank < size - high[number])
        lost.append(float(candidates.score[place][going].mean()) if going.any() else 0.0)
    return differ[np.argsort(lost, kind="stable")]


def _choice(candidates: Candidates, alive: Flags, currency: Currency, before: float, goal: float) -> Choice:
    removed = candidates.costs.sizes.removed(alive)
    channels = {key: int(candidates.width[candidates.costs.sizes.places[key]][units].sum())
                for key, units in removed.items()}  # fmt: skip
    return Choice(alive, removed, channels, before, goal, candidates.amount(alive, currency))


def _path(candidates: Candidates, distribution: Distribution) -> Path:
    """How the groups shrink from the whole model on; those with a fixed share (but for SCALED) are there from 0 on."""
    shares = np.asarray([candidates.fixed.get(g.key, np.nan) for g in candidates.chosen])
    told, base = ~np.isnan(shares), candidates.base
    spread = {Distribution.UNIFORM: _uniform, Distribution.GLOBAL: _global}.get(distribution)
    if distribution is Distribution.SCALED:
        return _scaled(candidates, np.where(told, shares, 0.0))
    free = spread(candidates, told) if spread is not None else lambda t: candidates.size.astype(np.float64)

    def path(t: float) -> Ints:
        return candidates.nearest(np.minimum(np.where(told, base * (1 - shares), free(t)), candidates.size))

    return path


def _uniform(candidates: Candidates, told: Flags) -> Callable[[float], Floats]:
    return lambda t: candidates.base * (1 - t)


def _global(candidates: Candidates, told: Flags) -> Callable[[float], Floats]:
    """One threshold over the scores of all groups without a share of their own."""
    free = np.append(~told, False)[candidates.owner]
    units = np.flatnonzero(free)
    owners = candidates.owner[units[np.argsort(candidates.score[units], kind="stable")]]

    def wanted(t: float) -> Floats:
        gone = np.bincount(owners[: round(t * len(owners))], minlength=len(candidates.chosen))
        return (candidates.size - gone).astype(np.float64)

    return wanted


def _scaled(candidates: Candidates, shares: Floats) -> Path:
    """All shares times one factor, until each group with one has reached its least."""
    least = float(shares[shares > 0].min()) if (shares > 0).any() else 1.0

    def path(t: float) -> Ints:
        wanted = candidates.base * (1 - np.minimum(shares * t / least, 1.0))
        return candidates.nearest(np.minimum(wanted, candidates.size))

    return path
