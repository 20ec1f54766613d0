"""Pruning sensitivity: how much the network loses where one group of channels at a time is masked."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import numpy.typing as npt

from core.data import tasks
from core.data.dataset import Array, DataSet
from core.data.feed import batches
from core.data.noise import noise_batches
from core.errors import UserError
from core.measure.cost import cost
from core.measure.fidelity import NOISE_ITEMS, closeness
from core.measure.statistics import paired, share
from core.methods.analyse.reference import not_judging
from core.methods.analyse.sensitivity_report import Found, Row, report_of
from core.methods.checkpoint import CheckpointFile
from core.methods.method import Context, Outcome, method
from core.methods.prune.in_scope import in_scope
from core.methods.prune.scores import Evidence, ScoreSettings, score_names, unit_scores
from core.model.channels import ChannelGroup, ChannelGroups, find_groups
from core.model.model import Model
from core.model.prepare import prepare
from core.params import Field
from core.report import Measure

if TYPE_CHECKING:
    from core.measure.masked_runs import MaskedRuns

_BATCH_MACS = 4e9  # a batch takes well below a second, so that a cancel is heard
_LARGEST_BATCH = 32
_MOST_RATIOS = 20
_EVERY = 2.0  # seconds between two checkpoints: they are small
Outputs = dict[str, Array]


@dataclass(frozen=True, slots=True)
class Params:
    """Parameters of the pruning sensitivity."""

    score: Annotated[
        str, Field("Score", "The channels that it calls weakest are masked first.", choices=score_names)
    ] = "magnitude"
    ratios: Annotated[str, Field("Shares masked", "Of every channel group, each above 0 and below 1.")] = (
        "0.1 0.3 0.5 0.7 0.9"
    )
    items: Annotated[
        int, Field("Items", "Of the data; more tell smaller losses apart and take longer.", 8, 100_000, "items")
    ] = 256
    tolerance: Annotated[
        float,
        Field(
            "Tolerance", "What cutting one group may lose at its suggested ratio.", 0.0, 100.0, "points of top-1", 0.5
        ),
    ] = 1.0


@dataclass(frozen=True)
class _Items:
    """What is run: ``feeds`` of ``counts`` real items each, their ``labels`` (-1 unknown), and what they are."""

    feeds: Sequence[Mapping[str, Array]]
    counts: Sequence[int]
    labels: npt.NDArray[np.int64]
    data: DataSet | None
    on: str
    note: str


@method(
    "analyse.pruning_sensitivity",
    title="Pruning sensitivity…",
    menu="Analyse",
    params=Params,
    uses=("data",),
    analysis=True,
    resumable=True,
)
def apply(model: Model, params: Params, ctx: Context) -> Outcome:
    """Masks the weakest channels of one group at a time and measures what is lost, so that ratios can be chosen.

    As in Li et al. (2017), "Pruning Filters for Efficient ConvNets", section 3.2, for whole channel groups and without
    retraining. Masked channels are zero wherever they reach, which is what a cut computes (core.model.channels.mask);
    onnxruntime runs only the layers behind the first masked one. With labels the loss is in points of top-1, paired
    with the uncut network on the same items; without, the answers that change; SQNR is told always. Raises UserError
    where nothing in scope can be cut, a ratio is not between 0 and 1, or an item does not fit.
    """
    ratios = _ratios(params.ratios)
    ctx.job.progress(0.0, "Finding channel groups")
    prepared, _ = prepare(model)
    groups = find_groups(prepared)
    chosen, blocked = in_scope(prepared, groups, ctx.scope)
    several = tuple(group for group in chosen if group.size > 1)
    if not several:
        raise UserError(
            "No group of channels in the scope can be cut, so there is nothing to be sensitive.",
            "Choose other layers, or a model with inner layers.",
        )
    evidence = Evidence(prepared, groups, several, ctx, ScoreSettings())
    orders = {key: np.argsort(s, kind="stable") for key, s in unit_scores(evidence, params.score).items()}
    counts = {group.key: _counts(group, ratios) for group in several}
    found, top1, items = _Measuring(prepared, groups, ctx, params).over(several, orders, counts)
    notes = [items.note, *evidence.notes, *blocked, *_notes(params, items, several, top1)]
    producers = {group.key: group.producers for group in several}
    ctx.job.progress(1.0, "Done")
    return Outcome(None, report_of(Found(found, producers, ratios, params.tolerance, top1, notes)))


class _Measuring:
    """Runs the masks of every group, going on from a checkpoint where there is one."""

    def __init__(self, model: Model, groups: ChannelGroups, ctx: Context, params: Params) -> None:
        self._model, self._groups, self._ctx, self._params = model, groups, ctx, params
        counted = cost(model, groups.facts)
        self._weights = {layer.name: float(layer.macs or 0) for layer in counted.layers}
        self._batch = int(min(max(_BATCH_MACS / max(counted.macs or 1, 1), 1), _LARGEST_BATCH))

    def over(
        self,
        chosen: Sequence[ChannelGroup],
        orders: Mapping[str, npt.NDArray[np.int64]],
        counts: Mapping[str, Sequence[int]],
    ) -> tuple[list[Row], Measure | None, _Items]:
        """(a row for every group and count, the uncut network's top-1 where known, the items they were run on)."""
        from core.measure.masked_runs import MaskedRuns

        job = self._ctx.job
        kept = _Kept(self._ctx, sum(map(len, counts.values())))
        with job.stage(0.0, 0.05):
            items = _items(self._model, self._ctx, self._params.items, self._batch)
        runs = MaskedRuns(self._model, self._groups, items.feeds, items.counts, threads=self._ctx.threads)
        with job.stage(0.05, 0.1):
            judge = _Judge(self._model, items, runs.uncut(job, "Running the uncut network"))
        if kept.rows:
            job.resumed(0.1)
        try:
            with job.stage(0.1, 1.0):
                self._groups_in_turn(runs, judge, kept, chosen, orders, counts)
        finally:  # a cancel, a failure, or all is done and the result not yet safe
            kept.write()
        found = [kept.rows[group.key, count] for group in chosen for count in counts[group.key]]
        return found, judge.top1, items

    def _groups_in_turn(
        self,
        runs: MaskedRuns,
        judge: _Judge,
        kept: _Kept,
        chosen: Sequence[ChannelGroup],
        orders: Mapping[str, npt.NDArray[np.int64]],
        counts: Mapping[str, Sequence[int]],
    ) -> None:
        job = self._ctx.job
        missing = {g.key: [n for n in counts[g.key] if (g.key, n) not in kept.rows] for g in chosen}
        behind = {g.key: runs.share_behind(g, self._weights) for g in chosen}
        total = sum((1 + len(missing[g.key])) * behind[g.key] for g in chosen if missing[g.key]) or 1.0
        done = 0.0
        for number, group in enumerate(chosen, start=1):
            if not missing[group.key]:
                continue
            say = f"Group {number} of {len(chosen)}: {group.key}"
            each = behind[group.key] / total
            with job.stage(done, done + each):
                of_group = runs.of_group(group, job, say)
            done += each
            for count in missing[group.key]:
                units = sorted(orders[group.key][:count].tolist())
                with job.stage(done, min(done + each, 1.0)):
                    changed = of_group.changes(units)
                    outputs = of_group.masked(units, job, say) if changed else judge.uncut
                done += each
                kept.rows[group.key, count] = judge.row(group, count, outputs)
                kept.write(every=_EVERY)


class _Judge:
    """Compares answers with those of the uncut network, on the same items."""

    def __init__(self, model: Model, items: _Items, uncut: list[Outputs]) -> None:
        self.uncut, self._items = uncut, items
        self._labelled = items.labels >= 0
        self._offset = 0
        self._flags: npt.NDArray[np.bool_] | None = None
        self.top1: Measure | None = None
        if items.data is None or not self._labelled.any():
            return
        try:
            classes = tasks.class_scores(uncut[0]).shape[1]
        except UserError:  # no classifier: outputs can be compared all the same
            return
        self._offset = tasks.background_offset(classes, model.labels, items.data)
        tasks.check_labels(items.data, classes, self._offset)
        self._flags = self._right(uncut)
        self.top1 = share(int(self._flags.sum()), len(self._flags), items.on)

    def row(self, group: ChannelGroup, masked: int, outputs: list[Outputs]) -> Row:
        """What masking ``masked`` units of the group has done to the answers."""
        found = closeness(zip(self.uncut, outputs, strict=True), self._items.on)
        if self._flags is None:
            return Row(group.key, masked, group.size, found.sqnr, found.agreement)
        right = self._right(outputs)
        top1 = share(int(right.sum()), len(right), self._items.on)
        change = paired(self._flags, right, self._items.on).difference
        return Row(group.key, masked, group.size, found.sqnr, found.agreement, top1, change)

    def _right(self, outputs: list[Outputs]) -> npt.NDArray[np.bool_]:
        """Which of the labelled items are answered right."""
        scores = np.concatenate([tasks.class_scores(o) for o in outputs])[self._labelled]
        flags: npt.NDArray[np.bool_] = np.equal(
            tasks.ranks(scores, self._items.labels[self._labelled] + self._offset), 0
        )
        return flags


class _Kept:
    """The rows so far, in memory and in the checkpoint."""

    def __init__(self, ctx: Context, total: int) -> None:
        self._file = CheckpointFile(ctx.checkpoint, ctx.job, "The analysis") if ctx.checkpoint is not None else None
        self._total, self._written = total, time.monotonic()
        self.rows: dict[tuple[str, int], Row] = {}
        read = self._file.read() if self._file is not None else None
        for data in read[1].get("rows", ()) if read is not None else ():
            row = Row.from_json(data)
            self.rows[row.group, row.masked] = row
        self._saved = len(self.rows)
        if self.rows:
            ctx.job.log(f"{len(self.rows)} of {total} measurements are there already.")

    def write(self, every: float = 0.0) -> None:
        """Keep what is new, at most once in ``every`` seconds."""
        if self._file is None or len(self.rows) == self._saved or time.monotonic() - self._written < every:
            return
        rows: list[dict[str, Any]] = [row.to_json() for row in self.rows.values()]
        self._file.write({}, {"rows": rows, "step": len(rows), "total": self._total})
        self._saved, self._written = len(rows), time.monotonic()


def _items(model: Model, ctx: Context, most: int, size: int) -> _Items:
    """At most ``most`` items, read once and kept; noise where there is no data."""
    if ctx.data is None:
        feeds = list(noise_batches(model.inputs, min(most, NOISE_ITEMS), size, ctx.seed))
        counts = [len(next(iter(feed.values()))) for feed in feeds]
        note = "There is no data: the network was run on noise, which tells only how much its outputs change."
        return _Items(feeds, counts, np.full(sum(counts), -1, np.int64), None, "noise", note)
    data, note = not_judging(ctx.data, most, ctx.seed, "sensitivity", first="calibration")
    note += " None of them judges a model that is trained on this data."
    read = ctx.job.track(batches(data, model, size), -(-len(data.items) // size), "Reading items")
    found = list(read)
    labels = np.concatenate([batch.labels[: batch.count] for batch in found])
    return _Items([b.feed for b in found], [b.count for b in found], labels, data, data.name, note)


def _counts(group: ChannelGroup, ratios: Sequence[float]) -> list[int]:
    """How many units each ratio masks: at least one, and never all."""
    nearest = (math.floor(group.size * ratio + 0.5) for ratio in ratios)
    return sorted({min(max(count, 1), group.size - 1) for count in nearest})


def _ratios(text: str) -> list[float]:
    """Numbers between 0 and 1, ascending; raises UserError naming what is none."""
    found = set()
    for word in text.replace(",", " ").replace(";", " ").split():
        try:
            ratio = float(word)
        except ValueError:
            ratio = math.nan
        if not 0 < ratio < 1:
            raise UserError(f"'{word}' among the shares masked is not a number between 0 and 1.", "Example: 0.1 0.5.")
        found.add(ratio)
    if not 0 < len(found) <= _MOST_RATIOS:
        raise UserError(f"{len(found)} shares masked are given; 1 to {_MOST_RATIOS} can be.", "Example: 0.1 0.3 0.5.")
    return sorted(found)


def _notes(params: Params, items: _Items, chosen: Sequence[ChannelGroup], top1: Measure | None) -> list[str]:
    """What a reader must know of the figures."""
    each = 100.0 / max(sum(items.counts), 1)
    notes = [
        f"Each of {len(chosen)} groups was masked alone, its weakest channels by '{params.score}' first; cutting"
        " several groups loses more than the sum of their losses, and training wins much of it back."
    ]
    if top1 is not None and each > params.tolerance:
        notes.append(f"One item is {each:.1f} points, more than the tolerance: measure on more items.")
    return notes
