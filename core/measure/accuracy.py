"""Accuracy of a classifier: the written graph or file is run by its own runtime on labelled items."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.data import splits, tasks
from core.data.dataset import Array, DataSet
from core.data.feed import fixed_batch, prepared_batches
from core.errors import UserError
from core.execute.runtimes import onnx_session
from core.execute.session import Session, dequantize, quantize
from core.jobs import Job
from core.measure import files, host
from core.measure.arithmetic import arithmetic
from core.measure.statistics import paired, share, wilson
from core.model.model import InputSpec, Model, quantized
from core.model.preprocessing import Preprocessing
from core.report import Measure

BATCH = 16
_ENOUGH = 20  # below that many items, chance is no news


@dataclass(frozen=True, slots=True)
class Predicted:
    """One batch of answers: outputs by name as float [B, ...], labels int64 [B] (-1 unknown), item names."""

    outputs: dict[str, Array]
    labels: npt.NDArray[np.int64]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """Per item the rank of the right class (0 = right), the items' names, and what a reader must know."""

    ranks: tasks.Ranks
    names: tuple[str, ...]
    classes: int
    note: str = ""

    @property
    def correct(self) -> npt.NDArray[np.bool_]:
        flags: npt.NDArray[np.bool_] = np.equal(self.ranks, 0)
        return flags


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Shares in percent with 95 % Wilson intervals. ``top5`` is None for five classes or fewer."""

    top1: Measure
    top5: Measure | None
    n: int

    def to_json(self) -> dict[str, Any]:
        """``top1`` and ``top5`` as plain percentages; everything else that belongs to ``top1`` beside them."""
        return {
            "top1": self.top1.value,
            "top5": None if self.top5 is None else self.top5.value,
            "n": self.n,
            "interval": list(self.top1.interval or ()),
            "on": self.top1.on,
            "note": self.top1.note,
        }

    def measures(self) -> dict[str, Measure]:
        """For a Report."""
        return {"top1": self.top1} if self.top5 is None else {"top1": self.top1, "top5": self.top5}


def accuracy(
    model: Model,
    data: DataSet,
    *,
    threads: int = 1,
    limit: int | None = None,
    seed: int = 0,
    job: Job | None = None,
) -> Accuracy:
    """Top-1 and top-5 of a model in memory, run by optimised onnxruntime; unlabelled items are left out.

    Raises UserError where nothing is labelled, a label is not among the model's classes, or items do not fit.
    """
    judged = judge(model, data, threads=threads, limit=limit, seed=seed, job=job)
    return summary(judged, data.name)


def judge(
    model: Model,
    data: DataSet,
    *,
    threads: int = 1,
    limit: int | None = None,
    seed: int = 0,
    job: Job | None = None,
) -> Judged:
    """As :func:`accuracy`, item by item, for paired comparison."""
    chosen = _judged_items(data, limit, seed)
    session = onnx_session(model, threads)
    note = arithmetic(model) if quantized(model) else ""
    return judge_session(session, model.inputs, chosen, labels=model.labels, note=note, job=job)


def judge_file(
    path: Path,
    data: DataSet,
    *,
    preprocessing: Preprocessing | None = None,
    inputs: Sequence[InputSpec] | None = None,
    threads: int = 1,
    limit: int | None = None,
    seed: int = 0,
    job: Job | None = None,
) -> Judged:
    """As :func:`judge`, a written .tflite file in LiteRT (an .onnx file is opened by core.formats, then judged).

    ``inputs`` (or the file itself) say layout and preparation; ``preprocessing`` overrides the latter.
    """
    chosen = _judged_items(data, limit, seed)
    opened = files.open_file(path, threads)
    specs = files.described_inputs(opened, preprocessing, inputs)
    note = host.int8_arithmetic() if opened.quantized else ""
    return judge_session(opened.session, specs, chosen, labels=opened.labels, note=note, job=job)


def judge_session(
    session: Session,
    inputs: Sequence[InputSpec],
    data: DataSet,
    *,
    labels: Sequence[str] = (),
    note: str = "",
    job: Job | None = None,
) -> Judged:
    """Run a session over labelled items. ``labels`` are the model's class names, if known."""
    ranks: list[tasks.Ranks] = []
    names: list[str] = []
    offset = classes = broken = 0
    for answer in predictions(session, inputs, data, job=job):
        scores = tasks.class_scores(answer.outputs)
        if not classes:
            classes = scores.shape[1]
            offset = tasks.background_offset(classes, labels, data)
            tasks.check_labels(data, classes, offset)
        broken += int(np.isnan(scores).any(axis=1).sum())
        ranks.append(tasks.ranks(scores, answer.labels + offset))
        names.extend(answer.names)
    nan = f"The answers to {broken} of {len(names)} items are no numbers (NaN): these count as wrong." if broken else ""
    notes = [note, nan, _classes_note(classes, offset, data)]
    return Judged(np.concatenate(ranks), tuple(names), classes, " ".join(filter(None, notes)))


def predictions(
    session: Session,
    inputs: Sequence[InputSpec],
    data: DataSet,
    *,
    size: int = BATCH,
    job: Job | None = None,
) -> Iterator[Predicted]:
    """Answers to every item in order, batch by batch. Integer inputs and outputs are converted by the ports' scales.

    ``inputs`` describe the session's ports by name, in the session's own layout.
    """
    ports = {p.name: p for p in session.inputs}
    outs = {p.name: p for p in session.outputs}
    size = fixed_batch(inputs) or size
    total = -(-len(data.items) // size)
    found = prepared_batches(data, inputs, size)
    for batch in (job or Job()).track(found, total, f"Running {data.name}"):
        feed = {name: quantize(x, ports[name]) for name, x in batch.feed.items()}
        raw = session.run(feed)
        kept = {name: dequantize(y, outs[name])[: batch.count] for name, y in raw.items()}
        yield Predicted(kept, batch.labels[: batch.count], batch.names)


def summary(judged: Judged, on: str) -> Accuracy:
    """The figures of judged items; ``on`` names the data."""
    n = len(judged.ranks)
    right = int(judged.correct.sum())
    note = " ".join(filter(None, [judged.note, _chance_note(right, n, judged.classes)]))
    top5 = None
    if judged.classes > 5:
        top5 = share(int((judged.ranks < 5).sum()), n, on, note)
    return Accuracy(share(right, n, on, note), top5, n)


def change_of_top1(first: Judged | None, other: Judged | None, on: str) -> dict[str, Measure]:
    """{"top1_change": other minus first, in points, paired; its note has McNemar's p}; {} unless on the same items."""
    if first is None or other is None or first.names != other.names:
        return {}
    return {"top1_change": paired(first.correct, other.correct, on).difference}


def _judged_items(data: DataSet, limit: int | None, seed: int) -> DataSet:
    known = splits.labelled(data)
    if not known.items:
        what = "has no items" if not data.items else "has no labels"
        raise UserError(f"Accuracy cannot be measured: '{data.name}' {what}.", "Choose data whose items have classes.")
    return splits.take(known, limit, seed)


def _classes_note(classes: int, offset: int, data: DataSet) -> str:
    notes = []
    if offset:
        notes.append(f"The model's class 0 is taken as background: class k of the data is its output {offset} + k.")
    if len(data.classes) > 1 and all(data.classes) and len(data.classes) + offset != classes:
        notes.append(f"The data names {len(data.classes)} classes, the model has {classes}.")
    return " ".join(notes)


def _chance_note(right: int, n: int, classes: int) -> str:
    """Wrong preprocessing is the commonest cause of an accuracy near chance."""
    if n < _ENOUGH or wilson(right, n)[0] > 100 / classes:
        return ""
    return "This is no better than chance: check the preprocessing and the order of the classes."
