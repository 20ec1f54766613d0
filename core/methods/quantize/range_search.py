"""Ranges searched for what they cost at the network's output, where a calibrator only sees one value at a time.

A wide range rounds coarsely, a narrow one cuts numbers off. Which is worse depends on what later layers do with them:
the outliers behind MobileNetV2's last blocks set ranges ten times too wide, and the output hardly reads them. So every
value is rounded alone in the float network, and the values that cost most get narrower ranges as long as the output
comes closer to the float one. The error at the output is measured, not estimated from gradients, which cannot see that
a ReLU6 far in its flat part leaves it once its input is cut off.

Of a classifier the answers must not drift apart either: to cut off the highest scores brings the scores closer on
average and makes the first two classes equal. So outputs keep their ranges, and a narrower range elsewhere must not
raise the divergence of the classes above what it is under the whole range.

What is cut off also shifts means. Whether biases should make that good is measured too: where the outliers matter to
the output they should, where they do not it would spoil all other numbers.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np

from core.data.tasks import class_scores
from core.errors import UserError
from core.execute.walk import Onward, Walk
from core.jobs import Job
from core.methods.quantize.calibrate import Chunk, Observed
from core.methods.quantize.calibrators import Range
from core.model.facts import Array
from core.model.model import Model
from core.model.qdq import Int8Plan, scale_groups
from core.model.qdq_numbers import ActivationForm, activation_params
from core.model.qdq_operators import FIXED

SEARCHED_ITEMS = 16  # tell which range is best
_RANKED_ITEMS = 4  # tell which values cost most
_SHARE = 0.9  # of the noise: the values behind it are searched
_FACTORS = (1.0, 0.85, 0.7, 0.55, 0.45, 0.35, 0.25)  # of the range that was observed


@dataclass(frozen=True)
class Narrowed:
    """New ranges of all observed values. ``cut``: those whose loss no bias should make good.

    ``before`` and ``after``: dB, of the values that were searched together.
    """

    ranges: Mapping[str, Range]
    cut: Mapping[str, Range]
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
        return (
            f"Ranges of {self.changed} of {self.searched} values were narrowed for what they cost at the output: alone "
            f"rounded, these values leave {self.after:.1f} dB instead of {self.before:.1f} (measured, {self.items} "
            "items that calibrate)."
        )


def narrowed(
    model: Model,
    plan: Int8Plan,
    observed: Observed,
    forms: Mapping[str, ActivationForm],
    settled: Collection[str],
    threads: int = 1,
    job: Job | None = None,
) -> Narrowed | None:
    """Search the ranges of a float ``model`` that ``plan`` is about; None where there is nothing to search.

    ``settled``: values whose range somebody chose. Values that share a scale are searched together, those of 16 bits
    not at all. Chunks are the kept ones of ``observed``.
    """
    job = job or Job()
    groups = _groups(plan, forms, {*settled, *model.output_names})
    if not groups or not observed.kept:
        return None
    with job.stage(0.0, 0.5):
        noise = _Noise(model, _first(observed.kept, _RANKED_ITEMS), observed.ranges, forms, threads)
        alone = noise.of(groups, _FACTORS[:1], job)
    with job.stage(0.5, 1.0):
        chunks = _first(observed.kept, SEARCHED_ITEMS)
        noise = _Noise(model, chunks, observed.ranges, forms, threads)
        found = noise.of(_costly(alone), _FACTORS, job, shifting=True)
    ranges, cut = dict(observed.ranges), {}
    for group, tried in found.items():
        low, high = (end * _FACTORS[tried.best] for end in noise.range_of(group))
        if tried.best:
            ranges.update(dict.fromkeys(group, (low, high)))
        if tried.shifted > tried.noises[-1]:
            cut.update(dict.fromkeys(group, (low, high)))
    before, after = sum(t.noises[0] for t in found.values()), sum(t.noises[-1] for t in found.values())
    changed = sum(1 for t in found.values() if t.best)
    items = sum(c.count for c in chunks)
    return Narrowed(ranges, cut, len(found), changed, _decibels(before), _decibels(after), items)


Group = tuple[str, ...]
Arrays = Mapping[str, Sequence[Array]]  # a value's batches


@dataclass(frozen=True, slots=True)
class _Tried:
    """``noises``: under one factor after the other; ``shifted``: under the best, with channels' means put right."""

    noises: Sequence[float]
    shifted: float = math.inf

    @property
    def best(self) -> int:
        return len(self.noises) - 1


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


def _costly(alone: Mapping[Group, _Tried]) -> list[Group]:
    """The fewest groups that make nearly all of the noise."""
    costs = {group: tried.noises[0] for group, tried in alone.items()}
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
    ) -> None:
        self._chunks, self._ranges, self._forms = chunks, ranges, forms
        feeds = [c.feed for c in chunks]
        self._walk = Walk(model, feeds, threads)
        whole = Walk(model, feeds, threads).onward({})
        self._floats = [whole(k, {}) for k in range(len(chunks))]
        self._energy = {
            name: sum(_energy(chunk.real(made[name])) for chunk, made in zip(chunks, self._floats, strict=True))
            for name, first in self._floats[0].items()
            if np.issubdtype(first.dtype, np.floating)
        }

    def range_of(self, group: Group) -> Range:
        """The observed range of values that share a scale, 0 included."""
        lows, highs = zip(*(self._ranges[v] for v in group), strict=True)
        return min(0.0, *lows), max(0.0, *highs)

    def of(
        self, groups: Sequence[Group], factors: Sequence[float], job: Job, shifting: bool = False
    ) -> dict[Group, _Tried]:
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
            whole = math.inf  # the divergence under the whole range
            for factor in factors:
                job.check()
                noise, divergence = self._measured(group, factor, arrays, run)
                if tried and (noise > tried[-1] or divergence > whole):
                    break
                tried.append(noise)
                whole = whole if tried[1:] else divergence
            best = factors[len(tried) - 1]
            shifted = self._measured(group, best, arrays, run, shifting=True)[0] if shifting else math.inf
            found[group] = _Tried(tried, shifted)
        return found

    def _measured(
        self, group: Group, factor: float, arrays: Arrays, run: Onward, shifting: bool = False
    ) -> tuple[float, float]:
        """(noise, divergence of the classes: 0 where there are none)."""
        low, high = self.range_of(group)
        form = self._forms.get(group[0], ActivationForm())
        params = activation_params(low * factor, high * factor, form.storage, form.symmetric)
        rounded = {v: [params.dequantize(params.quantize(x)) for x in batches] for v, batches in arrays.items()}
        if shifting:
            rounded = {v: _unshifted(batches, arrays[v]) for v, batches in rounded.items()}
        total, apart = dict.fromkeys(self._energy, 0.0), 0.0
        for k, chunk in enumerate(self._chunks):
            made = run(k, {v: batches[k] for v, batches in rounded.items()})
            for name in total:
                error = np.asarray(made[name], np.float64) - self._floats[k][name]
                total[name] += _energy(chunk.real(error))
            apart += _divergence(chunk, self._floats[k], made)
        return sum(total[name] / energy for name, energy in self._energy.items() if energy > 0), apart


def _divergence(chunk: Chunk, floats: Mapping[str, Array], made: Mapping[str, Array]) -> float:
    """Kullback and Leibler's, of the classes by the float network to those by ``made``, summed over real items."""
    try:
        scores = [chunk.real(np.asarray(class_scores(o), np.float64)) for o in (floats, made)]
    except UserError:  # no classifier
        return 0.0
    if all(s.min() >= 0 and np.allclose(s.sum(axis=1), 1, atol=0.05) for s in scores):
        logs = [np.log(np.maximum(s, 1e-12)) for s in scores]
    else:
        logs = [s - np.logaddexp.reduce(s, axis=1, keepdims=True) for s in scores]
    return float((np.exp(logs[0]) * (logs[0] - logs[1])).sum())


def _unshifted(rounded: Sequence[Array], wanted: Sequence[Array]) -> list[Array]:
    """The rounded batches with each channel's mean over all of them as it was."""
    axes = tuple(k for k in range(wanted[0].ndim) if k != 1)
    counts = sum(x.size for x in wanted) / max(wanted[0].shape[1] if wanted[0].ndim > 1 else 1, 1)
    error = np.zeros(())
    for after, before in zip(rounded, wanted, strict=True):
        error = error + np.subtract(after, before).sum(axis=axes, keepdims=True, dtype=np.float64)
    return [np.asarray(np.subtract(x, error / counts), np.float32) for x in rounded]


def _energy(x: Array) -> float:
    return float(np.square(x, dtype=np.float64).sum())


def _decibels(noise: float) -> float:
    return -10 * math.log10(noise) if noise > 0 else math.inf


def _first(chunks: Sequence[Chunk], items: int) -> list[Chunk]:
    """So many chunks that they hold ``items``."""
    taken: list[Chunk] = []
    for chunk in chunks:
        if sum(c.count for c in taken) >= items:
            break
        taken.append(chunk)
    return taken
