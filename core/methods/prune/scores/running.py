"""The network in torch on the items that a score looks at; torch is imported inside functions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.data.dataset import DataSet
from core.data.feed import prepared_batches
from core.data.splits import Subset, divide, take
from core.errors import UserError
from core.jobs import Job
from core.methods.device import device_of
from core.methods.prune.scores.score import Evidence
from core.methods.training_net import training_inputs
from core.model.model import InputSpec

if TYPE_CHECKING:
    from torch import Tensor

    from core.execute.torch_graph import TorchGraph

BATCH = 32  # items; a score that averages over batches depends on it, so nobody chooses it


@dataclass(frozen=True, slots=True)
class Piece:
    """One batch: ``feed`` input name -> tensor [B, ...], ``labels`` [B] (-1 where unknown), ``count`` real items.

    A batch that the graph fixes may end in copies, which are not real.
    """

    feed: dict[str, Tensor]
    labels: Tensor
    count: int

    def real(self, values: Tensor) -> Tensor:
        """The part of a value that belongs to real items (its first axis is the batch, or a multiple of it)."""
        size = len(self.labels)
        return values if self.count == size or not values.dim() else values[: values.shape[0] * self.count // size]


@dataclass(frozen=True)
class Running:
    """A network in evaluation mode, its inputs and the items."""

    net: TorchGraph
    inputs: Sequence[InputSpec]
    data: DataSet
    job: Job
    device: str

    @property
    def items(self) -> int:
        return len(self.data.items)

    def pieces(self, message: str, size: int = BATCH) -> Iterator[Piece]:
        """All items in batches, with progress. Raises Cancelled, and UserError naming an item that is no number."""
        import torch

        done = 0
        for batch in prepared_batches(self.data, self.inputs, size):
            self.job.progress(done / self.items, message)
            feed = {n: torch.from_numpy(np.ascontiguousarray(a)).to(self.device) for n, a in batch.feed.items()}
            for name, values in feed.items():
                if values.is_floating_point() and bool(values.isnan().any()):
                    raise UserError(f"An item from '{batch.names[0]}' to '{batch.names[-1]}' holds NaN for '{name}'.")
            yield Piece(feed, torch.from_numpy(batch.labels).to(self.device), batch.count)
            done += batch.count
        self.job.progress(1.0, message)


@contextmanager
def running(evidence: Evidence) -> Iterator[Running]:
    """The prepared network on the context's device and threads, with at most ``settings.items`` items.

    The items are those of the division that calibrates (and of the data's own training part), never those that judge.
    Raises UserError without items, UnsupportedOperator where torch cannot run the graph.
    """
    import torch

    from core.execute.torch_graph import TorchGraph

    ctx = evidence.ctx
    device = device_of(ctx.device)
    net = TorchGraph(evidence.model)
    net.eval()
    inputs = training_inputs(net, evidence.model)
    net.to(device)
    net.between_layers = ctx.job.check
    threads = torch.get_num_threads()
    torch.set_num_threads(ctx.threads)
    try:
        yield Running(net, inputs, items_of(evidence), ctx.job, ctx.device)
    finally:
        torch.set_num_threads(threads)


def items_of(evidence: Evidence) -> DataSet:
    """The items a score looks at; the same for a seed."""
    ctx = evidence.ctx
    if ctx.data is None:
        raise UserError("There is no data to look at.", "Attach a data set (--data).")
    parts = divide(ctx.data, ctx.seed)
    pool = Subset(ctx.data, sorted({*parts.calibration.indices, *parts.train.indices}))
    if not pool.items:
        raise UserError(f"'{ctx.data.name}' has no items to look at.", "Attach a data set with more items.")
    return take(pool, evidence.settings.items, ctx.seed)
