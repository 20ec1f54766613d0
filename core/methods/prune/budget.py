"""From a target to the channels that go: so many MACs, bytes or channels less, spread uniformly, globally or by layer.

Every way to spread a removal is a path from the whole model to the smallest allowed one, along which groups only get
smaller. The place on the path whose amount is nearest to the target is found by bisection; between two neighbouring
places of it, groups take their last step one after another, those first that lose least.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Mapping, Sequence
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
_HALVINGS, _REFINEMENTS = 18, 4


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
    unit always does. ``fixed``: group key -> share of it to remove, whatever the others do. ``spared``: groups that
    stay whole where the goal can be reached without them. ``bases``: the sizes that shares are of, where an earlier
    round has already removed some.
    """

    costs: RemovalCost
    chosen: tuple[ChannelGroup, ...]
    scores: Mapping[str, Floats]
    multiple: int = 1
    floor: float = 0.0
    fixed: Mapping[str, float] = field(default_factory=dict)
    spared: Collection[str] = ()
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
    beyond what may be removed, or was not looked for. ``spared``: whether the spared groups stayed whole.
    """

    alive: Flags
    removed: Removed
    channels: Mapping[str, int]
    before: float
    goal: float
    left: float
    neighbour: float | None = None
    spared: bool = False

    @property
    def met(self) -> bool:
        """Whether the goal is reached within 2 % of what should be left."""
        return abs(self.left - self.goal) <= TOLERANCE * self.goal


def choose(candidates: Candidates, distribution: Distribution, currency: Currency, goal: float) -> Choice:
    """The removal whose ``currency`` left is nearest to ``goal`` (an amount, not a share).

    PER_LAYER takes the fixed shares as they are and does not look for the goal; SCALED multiplies them all by one
    factor; the other two keep to them and spread the rest, first without the spared groups.
    """
    fixed = candidates.fixed
    if candidates.spared and distribution in (Distribution.UNIFORM, Distribution.GLOBAL):
        found = _choose(candidates, distribution, currency, goal, {**dict.fromkeys(candidates.spared, 0.0), **fixed})
        if found.left <= goal or found.met:
            return dataclasses.replace(found, spared=True)
    return _choose(candidates, distribution, currency, goal, fixed)


def _choose(
    candidates: Candidates, distribution: Distribution, currency: Currency, goal: float, fixed: Mapping[str, float]
) -> Choice:
    path = _path(candidates, distribution, fixed)
    measure = _Measure(candidates, currency, candidates.amount(candidates.whole, currency), goal)
    low, high = path(0.0), path(1.0)
    if distribution is Distribution.PER_LAYER or measure.left(low) <= goal:
        return measure.choice(candidates.alive(low))
    if measure.left(high) >= goal:
        return measure.choice(candidates.alive(high))
    a, b = 0.0, 1.0
    for _ in range(_HALVINGS):
        if np.count_nonzero(low != high) <= 1 and _neighbours(candidates.steps, low, high):
            break
        middle = (a + b) / 2
        kept = path(middle)
        if measure.left(kept) > goal:
            a, low = middle, kept
        else:
            b, high = middle, kept
    scaled = distribution is Distribution.SCALED
    free = [k for k, g in enumerate(candidates.chosen) if (fixed.get(g.key, 0) > 0 if scaled else g.key not in fixed)]
    return _refined(measure, _between(measure, low, high), free)


@dataclass(frozen=True, eq=False)
class _Measure:
    """Amounts left in one currency, beside one goal."""

    candidates: Candidates
    currency: Currency
    before: float
    goal: float

    def left(self, kept: Ints) -> float:
        return self.candidates.amount(self.candidates.alive(kept), self.currency)

    def choice(self, alive: Flags) -> Choice:
        candidates = self.candidates
        removed = candidates.costs.sizes.removed(alive)
        channels = {
            key: int(candidates.width[candidates.costs.sizes.places[key]][units].sum())
            for key, units in removed.items()
        }
        return Choice(alive, removed, channels, self.before, self.goal, candidates.amount(alive, self.currency))

    def off(self, left: float) -> float:
        return abs(left - self.goal)


def _neighbours(steps: Sequence[Ints], low: Ints, high: Ints) -> bool:
    """Whether no allowed count lies between two in any group."""
    pairs = zip(steps, low, high, strict=True)
    return all(np.searchsorted(s, a) - np.searchsorted(s, b) <= 1 for s, a, b in pairs)


def _between(measure: _Measure, low: Ints, high: Ints) -> Choice:
    """Groups go from ``low`` (too much is left) to ``high`` (too little) one by one, until the goal is nearest."""
    order = _by_loss(measure.candidates, low, high)

    def state(moved: int) -> Ints:
        kept = low.copy()
        kept[order[:moved]] = high[order[:moved]]
        return kept

    a, b = 0, len(order)
    while b - a > 1:
        middle = (a + b) // 2
        if measure.left(state(middle)) > measure.goal:
            a = middle
        else:
            b = middle
    above, below = (measure.choice(measure.candidates.alive(state(m))) for m in (a, b))
    near, far = sorted((above, below), key=lambda c: measure.off(c.left))
    return dataclasses.replace(near, neighbour=far.left)


def _refined(measure: _Measure, choice: Choice, free: Sequence[int]) -> Choice:
    """Single groups go one step back or forth where the goal is not met within 2 % and that brings it nearer."""
    candidates = measure.candidates
    for _ in range(_REFINEMENTS):
        if choice.met:
            break
        kept, nearer = candidates.counts(choice.alive), -1 if choice.left > measure.goal else 1
        moves: list[tuple[float, Ints]] = []
        for number in free:
            steps = candidates.steps[number]
            place = int(np.searchsorted(steps, kept[number])) + nearer
            if 0 <= place < len(steps):
                moved = kept.copy()
                moved[number] = steps[place]
                moves.append((measure.left(moved), moved))
        moves = [m for m in moves if m[0] != choice.left]
        if not moves:
            break
        left, moved = min(moves, key=lambda m: measure.off(m[0]))
        if measure.off(left) >= measure.off(choice.left):
            return dataclasses.replace(choice, neighbour=left)
        choice = dataclasses.replace(measure.choice(candidates.alive(moved)), neighbour=choice.left)
    return choice


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


def _path(candidates: Candidates, distribution: Distribution, fixed: Mapping[str, float]) -> Path:
    """How the groups shrink from the whole model on; those with a fixed share (but for SCALED) are there from 0 on."""
    shares = np.asarray([fixed.get(g.key, np.nan) for g in candidates.chosen])
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
