"""Validation while training: a part of the training items that no step learns from chooses what is kept.

torch is imported inside functions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from core.data.dataset import DataSet
from core.data.splits import validation
from core.jobs import Job
from core.methods.losses import Loss
from core.methods.training_data import Sample, Samples
from core.methods.training_hooks import Hook, swapped
from core.methods.training_settings import Validation

if TYPE_CHECKING:
    from core.execute.torch_graph import TorchGraph

LEAST, MOST = 50, 2000  # items: fewer choose by chance, more cost time and training items


def split_validation(data: DataSet, share: float, seed: int) -> tuple[DataSet, DataSet | None]:
    """(items to train on, items to validate on), the latter a part of every class: see core.data.splits.validation.

    None where ``share`` of the items is fewer than LEAST; at most MOST are taken.
    """
    count = min(int(len(data.items) * share), MOST)
    if count < LEAST:
        return data, None
    return validation(data, count / len(data.items), seed)


def whole(samples: Samples) -> Iterator[Sample]:
    """Every item once, the last incomplete batch too."""
    full = samples.steps * samples.size
    yield from samples.batches(range(min(full, samples.count)))
    if full < samples.count:
        yield from samples.batches(range(full, samples.count))


def validate(
    net: TorchGraph,
    samples: Samples,
    loss: Loss,
    scores: str,
    offset: int,
    keep: Sequence[str],
    hooks: Sequence[Hook],
    step: int,
    job: Job,
) -> Validation:
    """Mean loss over the batches and share of labelled items answered right, in evaluation mode."""
    import torch

    device = next(net.parameters()).device
    total, rows = 0.0, 0
    right = known = 0
    was = net.training
    net.eval()
    try:
        with torch.no_grad():
            swap = swapped(net, hooks, step)
            for sample in whole(samples):
                job.check()
                moved = sample.to(device)
                values = net(moved.feed, keep=keep, swap=swap)
                count = len(sample.labels)
                total, rows = total + float(loss(values, moved)) * count, rows + count
                labelled = moved.labels >= 0
                answers = values[scores].flatten(1).argmax(1)
                right += int(((answers == moved.labels + offset) & labelled).sum())
                known += int(labelled.sum())
    finally:
        net.train(was)
    return Validation(total / max(rows, 1), right / known if known else None)
