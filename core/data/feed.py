"""Batches ready for a session or a trainer: items are read and prepared by a few threads, a little ahead, in order."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt

from core.data import preprocess
from core.data.dataset import Array, DataSet
from core.errors import UserError
from core.model.model import InputSpec, Model

_THREADS = min(4, os.cpu_count() or 1)
Prepared = dict[str, Array]


@dataclass(frozen=True, slots=True)
class Batch:
    """``feed``: input name -> [B, ...]. ``labels``: int64 [B], -1 where unknown. ``names``: the real items.

    Where the model's batch is fixed the last batch is filled up with copies of its last item, labelled -1:
    only the first :attr:`count` rows of any output count.
    """

    feed: dict[str, Array]
    labels: npt.NDArray[np.int64]
    names: tuple[str, ...]

    @property
    def count(self) -> int:
        return len(self.names)


def real_rows(x: Array, feed: Mapping[str, Array], count: int) -> Array:
    """The rows of a value that belong to the first ``count`` items of ``feed``.

    Its first axis is a multiple of the batch: a transformer's layers see rows of tokens, N * T of them.
    """
    size = len(next(iter(feed.values())))
    return x if count == size or not x.ndim else x[: len(x) * count // size]


def batch_limit(model: Model) -> int | None:
    """The batch the model is fixed to, or None where any batch will do."""
    return fixed_batch(model.inputs)


def fixed_batch(inputs: Sequence[InputSpec]) -> int | None:
    """The first axis where all inputs have a number there (it must be the same), else None."""
    sizes = {s.shape[0] for s in inputs if s.shape}
    fixed = {d for d in sizes if isinstance(d, int)}
    return fixed.pop() if len(fixed) == 1 else None


def batches(data: DataSet, model: Model, size: int = 32, order: Sequence[int] | None = None) -> Iterator[Batch]:
    """The data as batches for ``model``; ``order`` gives item indices (default: all, as they stand).

    A fixed batch of the model overrides ``size``. Raises UserError naming the item that cannot be read or prepared.
    """
    return prepared_batches(data, model.inputs, size, order)


def prepared_batches(
    data: DataSet, inputs: Sequence[InputSpec], size: int = 32, order: Sequence[int] | None = None
) -> Iterator[Batch]:
    """As :func:`batches`, for bare input specs (a TFLite file has no Model)."""
    fixed = fixed_batch(inputs)
    size = fixed or max(size, 1)
    indices = list(range(len(data.items)) if order is None else order)
    items = zip(indices, _ahead(data, inputs, indices, size + 2 * _THREADS), strict=True)
    while chunk := list(islice(items, size)):
        yield _batch(data, chunk, fixed)


def prepare(data: DataSet, index: int, inputs: Sequence[InputSpec]) -> Prepared:
    """One item as input name -> array without batch axis. Raises UserError that names the item."""
    name = data.items[index].name
    raw = data.load(index)
    try:
        return {s.name: preprocess.apply(s.preprocessing, _array_for(raw, s, inputs), s) for s in inputs}
    except preprocess.PreprocessingUnknown:
        raise  # the model's matter, not this item's
    except UserError as error:
        raise UserError(f"Item '{name}' of '{data.name}': {error.message}", error.hint) from error


def _array_for(raw: dict[str, Array], spec: InputSpec, inputs: Sequence[InputSpec]) -> Array:
    """The stored array of an input: by name, or the only one for the only (image) input."""
    if spec.name in raw:
        return raw[spec.name]
    images = [s for s in inputs if s.layout]
    only = inputs[0] if len(inputs) == 1 else images[0] if len(images) == 1 else None
    if spec is only and (len(raw) == 1 and (len(inputs) == 1 or "" in raw)):
        return next(iter(raw.values()))
    found = ", ".join(f"'{k}'" for k in raw if k) or "only images"
    raise UserError(f"There is no array for the model's input '{spec.name}'.", f"The data holds {found}.")


def _ahead(data: DataSet, inputs: Sequence[InputSpec], indices: Sequence[int], window: int) -> Iterator[Prepared]:
    """Prepared items in order, at most ``window`` of them waiting."""
    pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="decode")
    waiting: deque[Future[Prepared]] = deque()
    try:
        for index in indices:
            waiting.append(pool.submit(prepare, data, index, inputs))
            if len(waiting) >= window:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:  # also when the reader stops early or an item fails
        pool.shutdown(wait=True, cancel_futures=True)


def _batch(data: DataSet, chunk: list[tuple[int, Prepared]], fixed: int | None) -> Batch:
    filling = (fixed or len(chunk)) - len(chunk)
    rows = [row for _, row in chunk] + [chunk[-1][1]] * filling
    try:
        feed = {name: np.stack([row[name] for row in rows]) for name in rows[0]}
    except ValueError as error:
        shapes = sorted({str(row[n].shape) for row in rows for n in row})
        raise UserError(f"Items of '{data.name}' differ in shape: {', '.join(shapes[:3])}.") from error
    labels = [data.items[k].label for k, _ in chunk]
    known = [-1 if label is None else label for label in labels] + [-1] * filling
    return Batch(feed, np.asarray(known, np.int64), tuple(data.items[k].name for k, _ in chunk))
