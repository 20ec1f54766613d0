"""What variants of a network are compared with: the float network's answers to the same items, read once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from core.data import tasks
from core.data.dataset import Array, DataSet
from core.data.feed import batches
from core.data.splits import Subset, divide
from core.errors import UserError
from core.jobs import Job
from core.measure.fidelity import Fidelity, closeness
from core.measure.statistics import Paired, paired, share
from core.model.model import Model
from core.report import Measure

Part = Literal["train", "calibration"]
_DOES = {"train": ("train", "trains"), "calibration": ("calibrate", "calibrates")}  # many, one
Outputs = dict[str, Array]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Items:
    """What is run: ``feeds`` of which only the first ``counts`` rows are real items, ``labels`` (-1: unknown)."""

    feeds: Sequence[Mapping[str, Array]]
    counts: Sequence[int]
    labels: npt.NDArray[np.int64]
    data: DataSet
    note: str = ""

    @property
    def count(self) -> int:
        return sum(self.counts)


def read(data: DataSet, model: Model, size: int, job: Job, note: str = "") -> Items:
    """All items of ``data`` as batches of ``size`` for the model. Raises UserError where there is none."""
    if not data.items:
        raise UserError(f"'{data.name}' has no items to measure on.", "Attach a data set with more items.")
    read = list(job.track(batches(data, model, size), -(-len(data.items) // size), "Reading items"))
    labels = np.concatenate([batch.labels[: batch.count] for batch in read])
    return Items([b.feed for b in read], [b.count for b in read], labels, data, note)


def not_judging(data: DataSet, most: int, seed: int, what: str, *, first: Part) -> tuple[Subset, str]:
    """At most ``most`` items of the part that comes first, and where these are too few, of the other; none judges.

    Of a quantized network "train" comes first: ranges hold the items that set them, so others show more. Gives the
    items, called after ``what`` they are for, and a sentence on them. Raises UserError where there are none.
    """
    parts = divide(data, seed, training=True)
    every = {"train": parts.train.indices, "calibration": parts.calibration.indices}
    own = every.pop(first)[:most]
    second, rest = every.popitem()
    more = rest[: most - len(own)]
    if not own and not more:
        raise UserError(f"'{data.name}' has too few items to measure on.", "Attach a data set with more items.")
    chosen = Subset(data, sorted((*own, *more)), f"{data.name} ({what})")
    counts = [(own, first), (more, second)]
    parts_of = [(items, _DOES[part][len(items) == 1]) for items, part in counts if items]
    listed = " and ".join(f"{len(items)} that {does}" for items, does in parts_of)
    on = f"Measured on {_items(len(chosen.items))} of {data.name}"
    if len(parts_of) > 1:
        return chosen, f"{on}: {listed}."
    return chosen, f"{on} that {parts_of[0][1]}{', none of which calibrates' if own and first == 'train' else ''}."


def _items(count: int) -> str:
    return "1 item" if count == 1 else f"{count} items"


class Reference:
    """The float network's answers; others are compared with them by output position."""

    def __init__(self, model: Model, items: Items, outputs: Sequence[Outputs]) -> None:
        self.items, self.outputs = items, outputs
        self._labelled = items.labels >= 0
        self._offset = 0
        self.flags: Flags | None = None
        if not self._labelled.any():
            return
        try:
            classes = tasks.class_scores(outputs[0]).shape[1]
        except UserError:  # no classifier: outputs can be compared all the same
            return
        self._offset = tasks.background_offset(classes, model.labels, items.data)
        tasks.check_labels(items.data, classes, self._offset)
        self.flags = self.right(outputs)

    def closeness(self, outputs: Sequence[Outputs], note: str = "") -> Fidelity:
        """SQNR, cosine and agreement with the float network."""
        return closeness(zip(self.outputs, outputs, strict=True), self.items.data.name, note)

    def right(self, outputs: Sequence[Outputs]) -> Flags:
        """Which of the labelled items are answered right."""
        scores = np.concatenate([tasks.class_scores(o) for o in outputs])[self._labelled]
        labels = self.items.labels[self._labelled] + self._offset
        flags: Flags = np.equal(tasks.ranks(scores, labels), 0)
        return flags

    def top1(self, flags: Flags, note: str = "") -> Measure:
        return share(int(flags.sum()), len(flags), self.items.data.name, note)

    def change(self, outputs: Sequence[Outputs]) -> Paired | None:
        """Against the float network, paired; None without labels."""
        return None if self.flags is None else paired(self.flags, self.right(outputs), self.items.data.name)

    def top1_change(self, outputs: Sequence[Outputs]) -> dict[str, Measure]:
        """{"top1_change": these answers minus the float network's, in points, paired}; nothing without labels."""
        found = self.change(outputs)
        if found is None:
            return {}
        return {"top1_change": found.difference}
