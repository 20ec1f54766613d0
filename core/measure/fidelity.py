"""How close a model's outputs are to those of the model it came from: SQNR, cosine, agreement of answers."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.data import splits, tasks
from core.data.dataset import Array, DataSet
from core.data.feed import batch_limit
from core.data.noise import noise_batches
from core.errors import UserError
from core.execute.runtimes import onnx_session
from core.execute.session import Session
from core.jobs import Job
from core.measure.accuracy import BATCH, predictions
from core.measure.arithmetic import arithmetic
from core.measure.statistics import share
from core.model.model import Model, quantized
from core.report import Measure

NOISE_ITEMS = 32
FLOAT32_DB = 20 * math.log10(2**24)  # 144.5 dB: one rounding of float32; nothing finer can be told apart
Outputs = dict[str, Array]


@dataclass(frozen=True, slots=True)
class Fidelity:
    """``sqnr`` in dB (higher is closer, at most FLOAT32_DB), ``cosine`` the mean over items, ``agreement`` in percent.

    ``agreement`` is None where the model is no classifier.
    """

    sqnr: Measure
    cosine: Measure
    agreement: Measure | None

    def measures(self) -> dict[str, Measure]:
        """For a Report."""
        found = {"sqnr": self.sqnr, "cosine": self.cosine}
        return found if self.agreement is None else {**found, "agreement": self.agreement}

    def to_json(self) -> dict[str, Any]:
        return {name: measure.to_json() for name, measure in self.measures().items()}


def fidelity(
    reference: Model,
    model: Model,
    data: DataSet | None = None,
    *,
    limit: int | None = 100,
    threads: int = 1,
    seed: int = 0,
    job: Job | None = None,
) -> Fidelity:
    """Run both on the same items (labels are not needed); without data on noise, and every figure says so.

    All outputs are compared, matched by position. Raises UserError where their numbers or shapes differ, or where an
    output is NaN or infinite.
    """
    sessions = (onnx_session(reference, threads), onnx_session(model, threads))
    if len(sessions[0].outputs) != len(sessions[1].outputs):
        counts = f"{len(sessions[0].outputs)} and {len(sessions[1].outputs)}"
        raise UserError(f"The models have {counts} outputs and cannot be compared.")
    notes = list(dict.fromkeys(arithmetic(m) for m in (reference, model) if quantized(m)))
    if data is None:
        on = "noise"
        notes.insert(0, "Inputs were noise, not real data.")
        pairs = _on_noise(reference, model, sessions, limit or NOISE_ITEMS, seed, job)
    else:
        data = splits.take(data, limit, seed)
        on = data.name
        pairs = _on_data(reference, model, sessions, data, job)
    return closeness(pairs, on, " ".join(filter(None, notes)))


def closeness(pairs: Iterable[tuple[Outputs, Outputs]], on: str, note: str = "") -> Fidelity:
    """The same of answers that are there already: batches of (reference's, model's) outputs by name, [B, ...]."""
    return _Sums().over(pairs).result(on, note)


def _on_data(
    reference: Model, model: Model, sessions: tuple[Session, Session], data: DataSet, job: Job | None
) -> Iterator[tuple[Outputs, Outputs]]:
    """Each model gets the items prepared its own way, in batches of one size that suits both."""
    fixed = {b for b in map(batch_limit, (reference, model)) if b is not None}
    if len(fixed) > 1:
        raise UserError("The models are fixed to different batch sizes and cannot be compared.")
    size = fixed.pop() if fixed else BATCH
    first = predictions(sessions[0], reference.inputs, data, size=size, job=job)
    second = predictions(sessions[1], model.inputs, data, size=size)
    for a, b in zip(first, second, strict=True):
        yield a.outputs, b.outputs


def _on_noise(
    reference: Model, model: Model, sessions: tuple[Session, Session], count: int, seed: int, job: Job | None
) -> Iterator[tuple[Outputs, Outputs]]:
    if [s.name for s in reference.inputs] != [s.name for s in model.inputs]:
        raise UserError("The models have different inputs and cannot be compared on noise.", "Give data to compare on.")
    feeds = list(itertools.islice(noise_batches(reference.inputs, count, seed=seed), count))
    for feed in (job or Job()).track(feeds, len(feeds), "Running on noise"):
        yield sessions[0].run(feed), sessions[1].run(feed)


class _Sums:
    """Running sums over batches, so that outputs need not be kept. In float64."""

    def __init__(self) -> None:
        self._signal = self._error = 0.0
        self._cosines: list[float] = []
        self._agree = self._items = 0
        self._classifier = True

    def over(self, pairs: Iterable[tuple[Outputs, Outputs]]) -> _Sums:
        for first, second in pairs:
            self._add(first, second)
        return self

    def result(self, on: str, note: str) -> Fidelity:
        if not self._items:
            raise UserError("There are no items to compare on.")
        sqnr = _decibels(self._signal, self._error)
        identical = "The outputs are identical." if self._error == 0 else ""
        n, cosines = self._items, np.asarray(self._cosines)
        agreement = share(self._agree, n, on, note) if self._classifier else None
        return Fidelity(
            Measure(sqnr, "dB", "measured", on, n, None, " ".join(filter(None, [note, identical]))),
            Measure(float(cosines.mean()), "", "measured", on, n, None, note),
            agreement,
        )

    def _add(self, first: Outputs, second: Outputs) -> None:
        a, b = _flat(first), _flat(second)
        if a.shape != b.shape:
            raise UserError(f"The models answer with {a.shape[1]} and {b.shape[1]} values and cannot be compared.")
        for which, values in (("reference", a), ("compared", b)):
            fine = np.isfinite(values).all(axis=1)
            if not fine.all():
                item = self._items + int(fine.argmin()) + 1
                raise UserError(
                    f"The {which} model's outputs are not finite numbers, first for item {item} of those compared.",
                    "Look for NaN and infinity in its weights, and in the data.",
                )
        self._signal += float(np.sum(a * a))
        self._error += float(np.sum((a - b) ** 2))
        norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
        same = np.where(np.all(a == b, axis=1), 1.0, 0.0)
        with np.errstate(invalid="ignore", divide="ignore"):
            self._cosines.extend(np.where(norms > 0, np.sum(a * b, axis=1) / norms, same).tolist())
        self._items += len(a)
        try:
            answers = [tasks.class_scores(o).argmax(axis=1) for o in (first, second)]
        except UserError:  # no classifier: then there are no answers to agree on
            self._classifier = False
            return
        self._agree += int(np.sum(answers[0] == answers[1]))


def _flat(outputs: Outputs) -> Array:
    """All outputs of an item side by side, [B, values], in float64."""
    rows = [np.asarray(v, np.float64).reshape(len(v), -1) for v in outputs.values()]
    return np.concatenate(rows, axis=1)


def _decibels(signal: float, error: float) -> float:
    """Signal to quantization noise ratio, kept within what float32 can tell apart."""
    if error == 0:
        return FLOAT32_DB
    if signal == 0:
        return -FLOAT32_DB
    return max(min(10 * math.log10(signal / error), FLOAT32_DB), -FLOAT32_DB)
