"""Ranges searched for what they cost at the network's output, where a calibrator only sees one value at a time.

A wide range rounds coarsely, a narrow one cuts numbers off. Which is worse depends on what later layers do with them:
the outliers behind MobileNetV2's last blocks set ranges ten times too wide, and the output hardly reads them. So every
value is rounded alone in the float network, and the values that cost most get narrower ranges as long as the output
comes closer to the float one. The error at the output is measured, not estimated from gradients, which cannot see that
a ReLU6 far in its flat part leaves it once its input is cut off.

Of a classifier the answers must not drift apart either: to cut off the highest scores brings the scores closer on
average and makes the first two classes equal. So outputs keep their ranges, and elsewhere the divergence of the classes
counts as much as the noise, both relative to what they are under the whole range.

What is cut off also shifts means. Whether biases should make that good is measured too: where the outliers matter to
the output they should, where they do not it would spoil all other numbers.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Annotated

import numpy as np

from core.execute.walk import MEMORY, Onward, Walk
from core.jobs import Job
from core.methods.quantize.calibrate import Array64, Chunk, Observed, elements, first_chunks, keeps_memory
from core.methods.quantize.calibrators import Range
from core.methods.quantize.output_error import OutputError, cost, decibels
from core.model.facts import Array, Facts
from core.model.model import Model
from core.model.qdq import Int8Plan, scale_groups
from core.model.qdq_numbers import ActivationForm, QuantParams, activation_params
from core.model.qdq_operators import FIXED
from core.params import Field

SearchRanges = Annotated[
    bool, Field("Search ranges", "Then narrow those that cost most at the network's output; takes seconds to a minute")
]
NOT_SEARCHED = "No range was searched at the output: all are chosen, dictated or of 16 bits, or it is not finite."
SEARCHED_ITEMS = 24  # tell which range is best
_RANKED_ITEMS = 4  # tell which values cost most
_BYTES = MEMORY  # of float values that are rounded; what the walk holds comes beside it
_SHARE = 0.9  # of the noise: the values behind it are searched
_FACTORS = (1.0, 0.85, 0.7, 0.55, 0.45, 0.35, 0.25)  # of the range that was observed


@dataclass(frozen=True)
class Narrowed:
    """New ranges of all observed values. ``cut``: the values whose loss no bias should make good.

    ``searched`` and ``changed`` count scales; ``before`` and ``after``: dB of the noise of those searched, each rounded
    alone, added up.
    """

    ranges: Mapping[str, Range]
    cut: frozenset[str]
    searched: int
    changed: int
    before: float
    after: float
    items: int

    def moved(self, calibrated: Observed) -> tuple[str, ...]:
        """The values whose range is another one than calibration found."""
        return tuple(v for v, ends in self.ranges.items() if ends != calibrated.ranges[v])

    def said(self) -> str:
        """For the report."""
        items = "one item" if self.items == 1 else f"{self.items} items"
        return (
            f"{self.changed} of {self.searched} ranges that cost most at the output were narrowed: the noise of these, "
            f"each rounded alone and added up, is at {self.after:.1f} dB instead of {self.before:.1f} (measured on the "
            f"{items} that chose them)."
        )


def narrowed(
    model: Model,
    plan: Int8Plan,
    observed: Observed,
    forms: Mapping[str, ActivationForm],
    settled: Collection[str],
    threads: int = 1,
    job: Job | None = None,
    facts: Facts | None = None,
    costs: Costs | None = None,
) -> Narrowed | None:
    """Search the ranges of a float ``model`` that ``plan`` is about; None where there is nothing to search: outputs
    are no floats, or not finite.

    ``settled``: values whose range somebody chose. Values that share a scale are searched together, those of 16 bits
    not at all. Chunks are the kept ones of ``observed``; with ``facts`` no more than memory has room for.
    ``costs`` of scales that were searched before are not measured again, and new ones are added to them.
    """
    job = job or Job()
    groups = _groups(plan, forms, {*settled, *model.output_names})
    if not groups or not observed.kept:
        return None
    room = SEARCHED_ITEMS if facts is None else _room(groups, model.output_names, facts)
    size = len(next(iter(observed.kept[0].feed.values())))
    arena = facts is None or keeps_memory(facts, plan.values, size)
    costs = costs or Costs()

    def measure(known: dict[Group, Tried], wanted: Sequence[Group], items: int, factors: Sequence[float]) -> None:
        new = [group for group in wanted if group not in known]
        if new:
            chunks = first_chunks(observed.kept, min(items, room))
            noise = _Noise(model, chunks, observed.ranges, forms, threads, arena)
            known.update(noise.of(new, factors, job, shifting=len(factors) > 1))

    with job.stage(0.0, 0.5):
        measure(costs.alone, groups, _RANKED_ITEMS, _FACTORS[:1])
    costly = _costly({group: costs.alone[group] for group in groups})
    with job.stage(0.5, 1.0):
        measure(costs.searched, costly, SEARCHED_ITEMS, _FACTORS)
    if not costly:
        return None
    items = sum(c.count for c in first_chunks(observed.kept, min(SEARCHED_ITEMS, room)))
    return _narrowed({group: costs.searched[group] for group in costly}, observed, items)


def _narrowed(found: Mapping[Group, Tried], observed: Observed, items: int) -> Narrowed:
    ranges, cut = dict(observed.ranges), set[str]()
    for group, tried in found.items():
        low, high = (end * _FACTORS[tried.best] for end in _range_of(observed.ranges, group))
        if tried.best:
            ranges.update(dict.fromkeys(group, (low, high)))
        if tried.shifted > tried.noises[-1]:
            cut.update(group)
    before, after = sum(t.noises[0] for t in found.values()), sum(t.noises[-1] for t in found.values())
    changed = sum(1 for t in found.values() if t.best)
    return Narrowed(ranges, frozenset(cut), len(found), changed, decibels(before), decibels(after), items)


Group = tuple[str, ...]  # values that share a scale
Arrays = Mapping[str, Sequence[Array]]  # a value's batches


@dataclass(frozen=True, slots=True)
class Tried:
    """What one scale costs. ``noises``: under one factor after the other; ``shifted``: under the best, with channels'
    means put right.
    """

    noises: Sequence[float]
    shifted: float = math.inf

    @property
    def best(self) -> int:
        return len(self.noises) - 1


@dataclass
class Costs:
    """What was measured of a float network's scales: of each under its whole range, and of those that were searched."""

    alone: dict[Group, Tried] = field(default_factory=dict)
    searched: dict[Group, Tried] = field(default_factory=dict)


def _groups(plan: Int8Plan, forms: Mapping[str, ActivationForm], settled: Set[str]) -> list[Group]:
    """Values with a range of their own, by the scale they share; without those that are dictated or chosen."""
    free = set(plan.rescaled())
    dictated = {n.outputs[0].name or "" for n in plan.layers if n.op_type in FIXED}
    found = []
    for whole in scale_groups(plan):
        group = tuple(v for v in whole if v in free)
        short = all(v not in forms or forms[v].bits == 8 for v in group)
        if group and short and dictated.isdisjoint(whole) and settled.isdisjoint(whole):
            found.append(group)
    return found


def _room(groups: Sequence[Group], outputs: Sequence[str], facts: Facts) -> int:
    """How many items may be searched at once: of each the largest group and the outputs are held, in float32."""
    largest = max(sum(elements(facts, v) for v in group) for group in groups)
    each = 4 * (largest + sum(elements(facts, o) for o in outputs))
    return max(_BYTES // max(each, 1), 1)


def _costly(alone: Mapping[Group, Tried]) -> list[Group]:
    """The fewest groups that make nearly all of the noise."""
    costs = {group: tried.noises[0] for group, tried in alone.items() if math.isfinite(tried.noises[0])}
    total, spent, found = sum(costs.values()), 0.0, []
    for group in sorted(costs, key=lambda g: -costs[g]):
        if spent >= _SHARE * total:
            break
        spent += costs[group]
        found.append(group)
    return found


class _Noise:
    """What rounding a value costs at the outputs: error energy relative to the float outputs', summed over them."""

    def __init__(
        self,
        model: Model,
        chunks: Sequence[Chunk],
        ranges: Mapping[str, Range],
        forms: Mapping[str, ActivationForm],
        threads: int,
        arena: bool,
    ) -> None:
        self._chunks, self._ranges, self._forms = chunks, ranges, forms
        feeds = [c.feed for c in chunks]
        self._walk = Walk(model, feeds, threads, arena=arena)
        self._channels_first = {
            n.inputs[0].name
            for n in model.nodes()
            if n.op_type in ("Conv", "ConvTranspose") and n.inputs[0] is not None
        }
        whole = self._walk.onward({})  # it has not moved yet
        self._error = OutputError(chunks, [whole(k, {}) for k in range(len(chunks))])

    def of(
        self, groups: Sequence[Group], factors: Sequence[float], job: Job, shifting: bool = False
    ) -> dict[Group, Tried]:
        """By group the noise under each factor on its range, in order, before the first that makes it worse.

        ``shifting``: and once more under the best, as if biases behind it made its shift good.
        """
        walk, found = self._walk, {}
        first = {g: min(walk.index_of(v) for v in g) + 1 for g in groups}
        ordered = sorted(groups, key=lambda g: first[g])
        for group in job.track(ordered, len(ordered), "Searching ranges"):
            arrays: dict[str, list[Array]] = {}
            for k, value in enumerate(group):  # the walk may go on once the last value is there
                arrays[value] = list(walk.visit(value, first[group] if k == len(group) - 1 else 0))
            run = walk.onward({v: a[0] for v, a in arrays.items()})
            tried: list[float] = []
            whole, least = (math.nan, math.nan), math.inf
            for factor in factors:
                made = self._measured(group, factor, arrays, run, job)
                whole = made if not tried else whole
                costs = cost(made, whole)
                if tried and not (costs <= least and made[0] <= tried[0]):  # NaN is no help
                    break
                tried.append(made[0])
                least = costs
            best = factors[len(tried) - 1]
            shifted = self._measured(group, best, arrays, run, job, shifting=True)[0] if shifting else math.inf
            found[group] = Tried(tried, shifted)
        return found

    def _measured(
        self, group: Group, factor: float, arrays: Arrays, run: Onward, job: Job, shifting: bool = False
    ) -> tuple[float, float]:
        """(noise, divergence), see :class:`OutputError`."""
        low, high = _range_of(self._ranges, group)
        form = self._forms.get(group[0], ActivationForm())
        params = activation_params(low * factor, high * factor, form.storage, form.symmetric)
        shifts = {v: self._shift(v, batches, params) for v, batches in arrays.items()} if shifting else {}

        def made() -> Iterator[Mapping[str, Array]]:
            for k in range(len(self._chunks)):
                job.check()
                yield run(k, {v: _rounded(batches[k], params, shifts.get(v)) for v, batches in arrays.items()})

        return self._error.of(made())

    def _shift(self, value: str, batches: Sequence[Array], params: QuantParams) -> Array64:
        """By how much rounding moves each channel's mean over real items; of the value's rank, to be taken from it."""
        rank = batches[0].ndim
        channel = rank - 1 if rank == 3 and value not in self._channels_first else min(1, rank - 1)
        axes = tuple(k for k in range(rank) if k != channel)
        error, count = np.zeros(()), 0
        for chunk, batch in zip(self._chunks, batches, strict=True):
            real = chunk.real(np.subtract(_rounded(batch, params), batch))
            error = error + real.sum(axis=axes, keepdims=True, dtype=np.float64)
            count += real.size // max(real.shape[channel], 1)
        return np.asarray(error / max(count, 1))


def _range_of(ranges: Mapping[str, Range], group: Group) -> Range:
    """The observed range of values that share a scale, 0 included."""
    lows, highs = zip(*(ranges[v] for v in group), strict=True)
    return min(0.0, *lows), max(0.0, *highs)


def _rounded(x: Array, params: QuantParams, shift: Array64 | None = None) -> Array:
    """As its integers have it, with ``shift`` taken out; made anew where it is needed, as it takes much memory."""
    real = params.dequantize(params.quantize(x))
    return real if shift is None else np.asarray(np.subtract(real, shift), np.float32)
