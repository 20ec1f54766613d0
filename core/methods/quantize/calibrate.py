"""What the float network's activations look like on calibration items: their ranges and means, streamed.

Memory does not grow with the number of items: of every batch only what a calibrator keeps, and sums. A long run keeps
that in a checkpoint as well, and one that was cancelled or killed goes on from there, to the same bytes.
"""

from __future__ import annotations

import importlib
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from core.data.dataset import DataSet
from core.data.feed import real_rows
from core.errors import UserError
from core.jobs import Job
from core.methods.checkpoint import CheckpointFile, CheckpointPlace
from core.methods.quantize.calibrators import Calibrator, Make, MinMax, Range
from core.model.facts import Array, Facts
from core.model.model import Model

if TYPE_CHECKING:
    from core.execute.session import Session

Array64 = npt.NDArray[np.float64]
_BATCH_BYTES = 64 << 20  # observed values of one batch
_LARGEST_BATCH = 16
_LARGE = 32 << 20  # of one value of a batch: from here on memory is scarcer than time
_WORTH = 2.0  # seconds of work that are not left to be done again


@dataclass(frozen=True, slots=True)
class Chunk:
    """One batch as it was fed: ``count`` real items, the rest fills a fixed batch."""

    feed: Mapping[str, Array]
    count: int

    def real(self, x: Array) -> Array:
        """The rows of a value that belong to real items (its first axis is a multiple of the batch)."""
        return real_rows(x, self.feed, self.count)


def first_chunks(chunks: Sequence[Chunk], items: int) -> list[Chunk]:
    """So many chunks that they hold ``items``."""
    taken: list[Chunk] = []
    for chunk in chunks:
        if sum(c.count for c in taken) >= items:
            break
        taken.append(chunk)
    return taken


@dataclass(frozen=True)
class Observed:
    """``ranges``: value -> (lowest, highest). ``means``: value -> mean over its first axis, on the kept chunks.

    ``kept``: the first chunks, which bias correction runs through the quantized network again. ``items``: how many
    items were seen. ``extremes``: value -> the lowest and highest number seen, which a calibrator may have cut off.
    """

    ranges: Mapping[str, Range]
    means: Mapping[str, Array64]
    kept: tuple[Chunk, ...]
    items: int
    extremes: Mapping[str, Range] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ranging:
    """Who finds the range of each value, for a storage of how many steps (8 bits have 255).

    ``make`` and ``levels`` hold for values that ``single`` and ``levels_of`` do not name.
    """

    make: Make = MinMax
    levels: int = 255
    single: Mapping[str, Make] = field(default_factory=dict)
    levels_of: Mapping[str, int] = field(default_factory=dict)

    def calibrator(self, value: str) -> Calibrator:
        """A fresh one."""
        return self.single.get(value, self.make)()

    def steps(self, value: str) -> int:
        return self.levels_of.get(value, self.levels)


@dataclass
class Mean:
    """The mean over the first axis of everything seen, summed in float64."""

    total: Array64 | None = None
    rows: int = 0
    shape: tuple[int, ...] = field(default=())

    def add(self, x: Array) -> None:
        if self.total is None:
            self.total = np.asarray(x.sum(axis=0, dtype=np.float64))
        else:  # in place, and one row as it is: of large inputs a copy takes as much as all items do
            np.add(self.total, x[0] if len(x) == 1 else x.sum(axis=0, dtype=np.float64), out=self.total)
        self.rows += x.shape[0]

    def value(self) -> Array64:
        assert self.total is not None, "nothing was added"
        return np.asarray(self.total / max(self.rows, 1), np.float64)

    def state(self) -> dict[str, Array]:
        """Everything it knows, as arrays by name."""
        return {"rows": np.array(self.rows), **({} if self.total is None else {"total": self.total})}

    def restore(self, state: Mapping[str, Array]) -> None:
        """The inverse of :meth:`state`, to the bit."""
        self.rows = int(state["rows"])
        self.total = np.array(state["total"]) if "total" in state else None


def observe(
    model: Model,
    facts: Facts,
    data: DataSet,
    *,
    ranges_of: Iterable[str],
    means_of: Iterable[str] = (),
    keep: int = 0,
    threads: int = 1,
    job: Job | None = None,
    ranging: Ranging | None = None,
    checkpoint: CheckpointPlace | None = None,
) -> Observed:
    """Run the float model over ``data`` in onnxruntime. Means are taken over the first ``keep`` items only.

    ``ranging`` says who finds each value's range: by default its extremes. With a ``checkpoint`` it goes on where an
    earlier run of the same was cancelled or killed. Raises UserError naming a value that is not finite.
    """
    ranging, job = ranging or Ranging(), job or Job()
    finders = {v: ranging.calibrator(v) for v in ranges_of}
    seen = _Seen(finders, {v: Mean() for v in means_of} if keep else {}, keep)
    return _Stream(model, facts, data, seen, threads, job, checkpoint).run().observed(ranging, job)


class _Seen:
    """What is kept of all items so far."""

    def __init__(self, ranges: Mapping[str, Calibrator], means: Mapping[str, Mean], keep: int) -> None:
        self.ranges, self.means, self.keep = ranges, dict(means), keep
        self.items = self.kept_items = 0
        self.kept: list[Chunk] = []

    def add(self, chunk: Chunk, values: Mapping[str, Array]) -> None:
        self.items += chunk.count
        for name, calibrator in self.ranges.items():
            try:
                calibrator.add(chunk.real(values[name]))
            except ValueError as error:
                raise UserError(
                    f"The value '{name}' is not finite on the calibration items.",
                    "Check the model and its preprocessing: an infinite range cannot be quantized.",
                ) from error
        if self.keep and (not self.kept or self.items <= self.keep):
            self.kept.append(chunk)
            self.kept_items = self.items
            for name, mean in self.means.items():
                mean.add(chunk.real(values[name]))

    def observed(self, ranging: Ranging, job: Job) -> Observed:
        if not self.items:
            raise UserError("There are no items to calibrate with.", "Attach a data set with more items.")
        found = {}
        for name, calibrator in self.ranges.items():
            job.check()
            found[name] = calibrator.range(ranging.steps(name))
        means = {name: self.means.pop(name).value() for name in list(self.means) if self.kept}  # each sum goes at once
        extremes = {name: (calibrator.low, calibrator.high) for name, calibrator in self.ranges.items()}
        return Observed(found, means, tuple(self.kept), self.items, extremes)

    def parts(self) -> Iterator[tuple[str, Calibrator | Mean]]:
        """Everything with a state of its own, by a name."""
        yield from ((f"range of {name}", calibrator) for name, calibrator in self.ranges.items())
        yield from ((f"mean of {name}", mean) for name, mean in self.means.items())


class _Stream:
    """The run over the items, going on from a checkpoint where there is one."""

    def __init__(
        self,
        model: Model,
        facts: Facts,
        data: DataSet,
        seen: _Seen,
        threads: int,
        job: Job,
        checkpoint: CheckpointPlace | None,
    ) -> None:
        inputs = {s.name for s in model.inputs}
        self._taps = [v for v in dict.fromkeys((*seen.ranges, *seen.means)) if v not in inputs]
        self._size = _batch_size(facts, self._taps)
        self._arena = keeps_memory(facts, self._taps, self._size)
        self._model, self._data, self._seen, self._threads, self._job = model, data, seen, threads, job
        self._file = CheckpointFile(checkpoint, job, "Calibration") if checkpoint is not None else None
        self._worth = min(_WORTH, checkpoint.every) if checkpoint is not None else 0.0
        self._saved, self._written, self._between = 0, time.monotonic(), True

    def run(self) -> _Seen:
        from core.execute.runtimes import onnx_session

        self._restore()
        self._job.check()  # reading a checkpoint may have taken a while, and making a session does
        seen, total = self._seen, len(self._data.items)
        if seen.items == total:
            return seen
        if self._file is not None:  # importing takes seconds, for which nobody who cancels should wait
            threading.Thread(target=importlib.import_module, args=("safetensors.torch",), daemon=True).start()
        session = onnx_session(self._model, threads=self._threads, taps=self._taps, arena=self._arena)
        try:
            for chunk in self._chunks(seen.items, total):
                self._job.progress(seen.items / max(total, 1), "Observing ranges")
                self._see(session, chunk)
                if self._file is not None and self._file.due(epoch_ended=False):
                    self._save()
        finally:  # a cancel between two batches, or all is seen and what follows may be cancelled
            if self._between and time.monotonic() - self._written >= self._worth:
                self._save()
        return seen

    def _see(self, session: Session, chunk: Chunk) -> None:
        """Values are gone before those of the next chunk come."""
        values = {**chunk.feed, **session.run(chunk.feed)}
        self._between = False
        self._seen.add(chunk, values)
        self._between = True

    def _chunks(self, first: int, end: int) -> Iterator[Chunk]:
        from core.data.feed import batches

        for batch in batches(self._data, self._model, self._size, range(first, end)):
            yield Chunk(batch.feed, batch.count)

    def _save(self) -> None:
        seen = self._seen
        if self._file is None or seen.items == self._saved:
            return
        import torch

        arrays = {f"{name}: {key}": array for name, part in seen.parts() for key, array in part.state().items()}
        state = {"step": seen.items, "total": len(self._data.items), "kept": seen.kept_items}
        self._file.write({name: torch.from_numpy(array) for name, array in arrays.items()}, state)
        self._saved, self._written = seen.items, time.monotonic()

    def _restore(self) -> None:
        """Go on from the checkpoint, where it is one of this run; the kept chunks are read again."""
        found = self._file.read() if self._file is not None else None
        if found is None or not found[1].get("step"):
            return
        tensors, state = found
        parts: dict[str, dict[str, Array]] = {}
        for name, tensor in tensors.items():
            part, _, key = name.rpartition(": ")
            parts.setdefault(part, {})[key] = tensor.numpy()
        for name, calibrator_or_mean in self._seen.parts():
            calibrator_or_mean.restore(parts[name])
        self._seen.items = self._saved = state["step"]
        self._seen.kept_items = state["kept"]
        self._seen.kept = list(self._chunks(0, state["kept"]))
        self._job.log(f"{self._saved:,} of {state['total']:,} items were seen already.")
        self._job.resumed(self._saved / max(state["total"], 1))


def _batch_size(facts: Facts, values: Iterable[str]) -> int:
    each = 4 * sum(elements(facts, v) for v in values)
    return int(min(max(_BATCH_BYTES // max(each, 1), 1), _LARGEST_BATCH))


def keeps_memory(facts: Facts, values: Iterable[str], size: int) -> bool:
    """Whether a session that makes these values should keep its memory between batches of so many items."""
    return 4 * size * max((elements(facts, v) for v in values), default=0) <= _LARGE


def elements(facts: Facts, value: str) -> int:
    """Elements of a value for one item (0 where its shape is unknown)."""
    return int(np.prod(facts.shapes[value], dtype=np.int64)) if value in facts.shapes else 0
