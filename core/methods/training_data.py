"""Items as training batches: kept in memory where they fit, else read again each epoch.

torch is imported inside functions, so that method modules which import this one load at once.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.data.dataset import DataSet
from core.data.feed import Batch, fixed_batch, prepared_batches
from core.errors import UserError
from core.jobs import Job
from core.model.model import InputSpec

if TYPE_CHECKING:
    import torch
    from torch import Tensor

MEMORY_LIMIT = 1 << 30  # bytes of prepared items that are kept rather than decoded again each epoch
SHIFT = 1 / 8  # the usual share of their size by which images move at most (4 of CIFAR's 32 pixels)
_LOADED_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Mixed:
    """What each item of a batch was mixed with: the target is share · label + (1 - share) · ``labels``.

    ``labels`` are class indices [B], -1 where unknown; ``share`` in 0..1 is one number or one an item [B].
    """

    labels: Tensor
    share: Tensor | float

    def to(self, device: str | torch.device) -> Mixed:
        share = self.share if isinstance(self.share, (int, float)) else self.share.to(device)
        return Mixed(self.labels.to(device), share)


@dataclass(frozen=True, slots=True)
class Sample:
    """A training batch: input name -> tensor [B, ...], and class indices [B], -1 where unknown.

    ``mixed`` says with what each item was mixed; ``labels`` stay those of the item itself.
    """

    feed: Mapping[str, Tensor]
    labels: Tensor
    mixed: Mixed | None = None

    def to(self, device: str | torch.device) -> Sample:
        """The same batch on a device."""
        feed = {name: values.to(device) for name, values in self.feed.items()}
        return Sample(feed, self.labels.to(device), self.mixed and self.mixed.to(device))


class Samples:
    """A data set as training batches of ``size``, without limit of repetition.

    The last incomplete batch of an epoch is left out where there is a full one: BatchNormalization learns nothing
    good from a few items. A batch axis fixed in ``inputs`` overrides ``size``, and no batch is larger than the data.
    Raises UserError without items, and where an item that is read holds NaN.
    """

    def __init__(
        self,
        data: DataSet,
        inputs: Sequence[InputSpec],
        size: int,
        job: Job | None = None,
        memory: int = MEMORY_LIMIT,
    ) -> None:
        if not data.items:
            raise UserError(f"'{data.name}' has no items to train on.")
        self.inputs = tuple(inputs)
        self.count = len(data.items)
        self._data = data
        fixed = fixed_batch(inputs)
        self.size = fixed or min(max(size, 1), self.count)
        first = next(prepared_batches(data, inputs, 1, [0]))
        per_item = sum(a.nbytes for a in first.feed.values()) // len(first.labels)
        filled = fixed is not None and fixed > 1  # up with copies: more rows than items
        self._kept = self._load(job or Job()) if not filled and per_item * self.count <= memory else None

    @property
    def steps(self) -> int:
        """Batches in one epoch."""
        return max(self.count // self.size, 1)

    @property
    def in_memory(self) -> bool:
        return self._kept is not None

    def batches(self, order: Sequence[int]) -> Iterator[Sample]:
        """One epoch in the given order of items."""
        order = list(order)[: self.steps * self.size]
        if self._kept is None:
            yield from self._read(self.size, order)
            return
        import torch

        for k in range(0, len(order), self.size):
            index = torch.tensor(order[k : k + self.size])
            yield Sample({n: t[index] for n, t in self._kept.feed.items()}, self._kept.labels[index])

    def _read(self, size: int, order: Sequence[int]) -> Iterator[Sample]:
        import torch

        for batch in prepared_batches(self._data, self.inputs, size, order):
            self._refuse_nan(batch)
            feed = {n: torch.from_numpy(np.ascontiguousarray(a)) for n, a in batch.feed.items()}
            yield Sample(feed, torch.from_numpy(batch.labels))

    def _refuse_nan(self, batch: Batch) -> None:
        """Infinity passes: masks hold it."""
        for name, values in batch.feed.items():
            if np.issubdtype(values.dtype, np.floating) and np.isnan(values.min()):
                row = int(np.isnan(values).reshape(len(values), -1).any(1).argmax())
                raise UserError(f"Item '{batch.names[row]}' of '{self._data.name}' holds NaN for input '{name}'.")

    def _load(self, job: Job) -> Sample:
        import torch

        kept: dict[str, Tensor] = {}
        labels = torch.full((self.count,), -1, dtype=torch.int64)
        done = 0
        for sample in self._read(_LOADED_AT_ONCE, range(self.count)):
            rows = slice(done, done + len(sample.labels))
            for name, values in sample.feed.items():
                if name not in kept:
                    kept[name] = torch.empty((self.count, *values.shape[1:]), dtype=values.dtype)
                kept[name][rows] = values
            labels[rows] = sample.labels
            done = rows.stop
            job.progress(done / self.count, "Reading the training items")
        return Sample(kept, labels)


def with_free_batch(inputs: Sequence[InputSpec]) -> tuple[InputSpec, ...]:
    """The same inputs with a batch axis of any size."""
    return tuple(dataclasses.replace(s, shape=("batch", *s.shape[1:])) if s.shape else s for s in inputs)
