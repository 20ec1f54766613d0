"""Unlabelled items for recovery: which fit, which check what was fitted, which judge; and both networks fed alike."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass

from core.data.dataset import DataSet
from core.data.feed import Batch, batch_limit, prepared_batches
from core.data.splits import Subset, divide, part, take, without
from core.errors import UserError
from core.jobs import Job
from core.methods.method import Context
from core.model.facts import Array, Facts
from core.model.model import Model

_BATCH_BYTES = 48 << 20  # of the widest value of a batch
_LARGEST_BATCH = 64


@dataclass(frozen=True, slots=True)
class Items:
    """``fit`` and ``check`` have no item in common."""

    fit: DataSet
    check: DataSet


@dataclass(frozen=True, slots=True)
class Fed:
    """One batch of ``size`` for both networks, ``count`` of them real items. ``fits``: else it checks."""

    model: Mapping[str, Array]
    parent: Mapping[str, Array]
    size: int
    count: int
    fits: bool

    def bare(self) -> Fed:
        """Without what is fed."""
        return dataclasses.replace(self, model={}, parent={})


def for_recovery(ctx: Context) -> tuple[DataSet, DataSet, str]:
    """(items that may fit, items that judge the result, a sentence on the division). Labels are not needed.

    Raises UserError where the data leaves none for one of the two.
    """
    if ctx.data is None:
        raise UserError("Recovery needs data.", "Attach a data set (--data) first.")
    pool: DataSet
    judge: DataSet
    if ctx.test is None:
        parts = divide(ctx.data, ctx.seed, training=True)
        pool, judge, note = parts.train, parts.judge, parts.note
    else:
        parts = divide(ctx.data, ctx.seed)
        pool = Subset(ctx.data, (parts.train if parts.train.items else parts.judge).indices, f"{ctx.data.name} (train)")
        judge = without(part(ctx.test), pool)
        note = f"Fitted on '{ctx.data.name}', judged on '{judge.name}'."
    if len(pool.items) < 2 or not judge.items:
        raise UserError(
            f"'{ctx.data.name}' leaves too few items to fit, to check and to judge by.", "Attach a larger data set."
        )
    return pool, judge, note


def divided(data: DataSet, items: int, seed: int) -> Items:
    """At most ``items`` items to fit and a quarter of them beside to check; of few items a fifth checks.

    Raises UserError where there are fewer than two.
    """
    wanted = items + max(items // 4, 1)
    chosen = take(data, wanted, seed)
    if len(chosen.items) < 2:
        raise UserError(f"'{data.name}' has too few items to fit some and check on others.", "Attach more.")
    check = take(chosen, max(len(chosen.items) // 5, 1), seed + 1)
    kept = {i.name for i in check.items}
    fit = Subset(chosen, [k for k, i in enumerate(chosen.items) if i.name not in kept])
    return Items(fit, check)


def fed(parent: Model, model: Model, items: Items, facts: Facts, job: Job) -> list[Fed]:
    """All items as batches that suit both networks; every input of the parent gets what the model's is given.

    Their inputs must be alike (:func:`refuse_other_inputs`). Raises UserError for batches of different fixed sizes.
    """
    fixed = {b for b in map(batch_limit, (parent, model)) if b is not None}
    if len(fixed) > 1:
        raise UserError("The parent and the model are fixed to different batch sizes.", "Choose the model's parent.")
    size = fixed.pop() if fixed else _batch_size(facts)
    names = {mine.name: its.name for mine, its in zip(model.inputs, parent.inputs, strict=True)}
    total = len(items.fit.items) + len(items.check.items)
    found: list[Fed] = []
    done = 0
    for fits, data in ((True, items.fit), (False, items.check)):
        for batch in prepared_batches(data, model.inputs, size):
            found.append(_fed(batch, names, fits))
            done += batch.count
            job.progress(done / total, "Reading items")
    return found


def _fed(batch: Batch, names: dict[str, str], fits: bool) -> Fed:
    parent = {names[n]: a for n, a in batch.feed.items()}
    return Fed(batch.feed, parent, len(batch.labels), batch.count, fits)


def refuse_other_inputs(parent: Model, model: Model) -> None:
    """Raise UserError where the parent cannot be fed what the model is fed."""
    if len(parent.inputs) != len(model.inputs):
        raise UserError(
            f"The parent has {len(parent.inputs)} inputs, the model {len(model.inputs)}.",
            "Choose the model that this one was made from.",
        )
    for mine, its in zip(model.inputs, parent.inputs, strict=True):
        same = mine.shape[1:] == its.shape[1:] and mine.dtype == its.dtype
        if not same or (its.preprocessing is not None and its.preprocessing != mine.preprocessing):
            raise UserError(
                f"The parent's input '{its.name}' has another size, type or preprocessing than '{mine.name}'.",
                "Choose the model that this one was made from.",
            )


def _batch_size(facts: Facts) -> int:
    widest = max((_elements(facts.shapes[n]) for n in facts.shapes if n not in facts.graph.initializers), default=1)
    return int(min(max(_BATCH_BYTES // max(4 * widest, 1), 1), _LARGEST_BATCH))


def _elements(shape: tuple[int, ...]) -> int:
    return math.prod(shape)
