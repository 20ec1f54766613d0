"""How much a block changes what passes through it: the score of a part that might go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum

import numpy as np

from core.data.dataset import Array, DataSet
from core.data.feed import prepared_batches
from core.data.noise import noise_batches
from core.data.splits import Subset, divide, take
from core.errors import UserError
from core.execute.runtimes import onnx_session
from core.methods.method import Context
from core.model.model import Model
from core.model.removable import Removable

_BATCH = 8
NOISE_ITEMS = 8


class Change(Enum):
    """How far apart a block's output is with and without the part."""

    RELATIVE = "relative"
    COSINE = "cosine"


def changes(model: Model, parts: Sequence[Removable], change: Change, items: int, ctx: Context) -> dict[str, float]:
    """Key -> the change that a part causes in its block's output, averaged over items; small means little is lost.

    With y the output and s what would be in its place, both behind the block's Relu where one follows:
    ``RELATIVE`` ||y - s|| / ||y||; ``COSINE`` 1 - y.s / (||y|| ||s||), which is the block influence of Men et al.
    (2024), "ShortGPT: Layers in Large Language Models are More Redundant Than You Expect", but over an item's whole
    output instead of token by token. A part whose output is 0 changes nothing. Raises UserError where data is at hand
    and an item cannot be read, or where a layer's output is not finite.
    """
    taps = sorted({name for part in parts for name in (part.kept, part.result)} - {s.name for s in model.inputs})
    session = onnx_session(model, ctx.threads, taps=taps)
    total, count = dict.fromkeys((part.key for part in parts), 0.0), 0
    for feed, real, share in _feeds(model, items, ctx):
        ctx.job.progress(share, "Measuring what blocks change")
        values = {**feed, **session.run(feed)}
        size = len(next(iter(feed.values())))
        for part in parts:
            total[part.key] += _summed(part, values, change, size, real)
        count += real
    return {key: value / count for key, value in total.items()}


def source(ctx: Context, items: int) -> tuple[str, int]:
    """(what the changes are measured on, how many items)."""
    if ctx.data is None:
        return "noise", NOISE_ITEMS
    return ctx.data.name, len(_chosen(ctx.data, items, ctx.seed).items)


def _chosen(data: DataSet, items: int, seed: int) -> DataSet:
    """Items that calibrate or train, never those that judge."""
    parts = divide(data, seed)
    pool = Subset(data, sorted({*parts.calibration.indices, *parts.train.indices}))
    if not pool.items:
        raise UserError(f"'{data.name}' has no items to look at.", "Attach a data set with more items.")
    return take(pool, items, seed)


def _feeds(model: Model, items: int, ctx: Context) -> Iterator[tuple[Mapping[str, Array], int, float]]:
    """(feed, how many items of it are real, the share done before it)."""
    done = 0
    if ctx.data is None:
        for feed in noise_batches(model.inputs, NOISE_ITEMS, _BATCH, ctx.seed):
            size = len(next(iter(feed.values())))
            yield feed, size, min(1.0, done / NOISE_ITEMS)
            done += size
        return
    data = _chosen(ctx.data, items, ctx.seed)
    for batch in prepared_batches(data, model.inputs, _BATCH):
        yield batch.feed, batch.count, done / len(data.items)
        done += batch.count


def _summed(part: Removable, values: Mapping[str, Array], change: Change, batch: int, real: int) -> float:
    """The change, summed over the real items of a batch."""
    y, s = (np.asarray(values[name], np.float64) for name in (part.result, part.kept))
    if part.rectified:
        y, s = np.maximum(y, 0.0), np.maximum(s, 0.0)
    if not (np.isfinite(y).all() and np.isfinite(s).all()):
        raise UserError(
            f"What passes by layer '{part.key}' is not finite, so blocks cannot be compared.",
            "Take a revision from before that, or other data.",
        )
    apart_by_items = len(y) % batch == 0  # windows of attention come one after another, item by item
    y, s = ((v.reshape(batch, -1)[:real] if apart_by_items else v.reshape(1, -1)) for v in (y, s))
    weight = 1.0 if apart_by_items else float(real)
    return weight * float((relative(y, s) if change is Change.RELATIVE else cosine(y, s)).sum())


def relative(y: Array, s: Array) -> Array:
    """||y - s|| / ||y|| of each row; (n,). 1 where only y is 0."""
    length, apart = np.linalg.norm(y, axis=1), np.linalg.norm(y - s, axis=1)
    found: Array = np.where(length > 0, apart / np.where(length > 0, length, 1.0), (apart > 0).astype(np.float64))
    return found


def cosine(y: Array, s: Array) -> Array:
    """1 - y.s / (||y|| ||s||) of each row; (n,). 1 where only one of them is 0."""
    lengths = np.linalg.norm(y, axis=1) * np.linalg.norm(s, axis=1)
    same = (y == s).all(axis=1)
    found: Array = np.where(same, 0.0, 1.0 - (y * s).sum(1) / np.where(lengths > 0, lengths, 1.0))
    return found
