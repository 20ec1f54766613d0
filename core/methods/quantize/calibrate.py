"""What the float network's activations look like on calibration items: MinMax ranges and means, streamed.

Memory does not grow with the number of items: of every batch only minima, maxima and sums are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from core.data.dataset import DataSet
from core.errors import UserError
from core.jobs import Job
from core.model.facts import Array, Facts
from core.model.model import Model

Array64 = npt.NDArray[np.float64]
_BATCH_BYTES = 64 << 20  # observed values of one batch
_LARGEST_BATCH = 16


@dataclass(frozen=True, slots=True)
class Chunk:
    """One batch as it was fed: ``count`` real items, the rest fills a fixed batch."""

    feed: Mapping[str, Array]
    count: int

    def real(self, x: Array) -> Array:
        """The rows of a value that belong to real items (its first axis is a multiple of the batch)."""
        size = next(iter(self.feed.values())).shape[0]
        return x if self.count == size or not x.ndim else x[: x.shape[0] * self.count // size]


@dataclass(frozen=True)
class Observed:
    """``ranges``: value -> (lowest, highest). ``means``: value -> mean over its first axis, on the kept chunks.

    ``kept``: the first chunks, which bias correction runs through the quantized network again. ``items``: how many
    items were seen.
    """

    ranges: Mapping[str, tuple[float, float]]
    means: Mapping[str, Array64]
    kept: tuple[Chunk, ...]
    items: int


@dataclass
class MinMax:
    """The lowest and highest number seen."""

    low: float = np.inf
    high: float = -np.inf

    def add(self, x: Array) -> None:
        self.low, self.high = min(self.low, float(x.min())), max(self.high, float(x.max()))


@dataclass
class Mean:
    """The mean over the first axis of everything seen, summed in float64."""

    total: Array64 | None = None
    rows: int = 0
    shape: tuple[int, ...] = field(default=())

    def add(self, x: Array) -> None:
        part = x.sum(axis=0, dtype=np.float64)
        self.total = part if self.total is None else self.total + part
        self.rows += x.shape[0]

    def value(self) -> Array64:
        assert self.total is not None, "nothing was added"
        return np.asarray(self.total / max(self.rows, 1), np.float64)


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
) -> Observed:
    """Run the float model over ``data`` in onnxruntime. Means are taken over the first ``keep`` items only.

    Raises UserError where a value is not finite, naming it.
    """
    from core.data.feed import batches
    from core.execute.runtimes import onnx_session

    job = job or Job()
    ranges = {v: MinMax() for v in ranges_of}
    means = {v: Mean() for v in means_of} if keep else {}
    inputs = {s.name for s in model.inputs}
    taps = [v for v in dict.fromkeys((*ranges, *means)) if v not in inputs]
    session = onnx_session(model, threads=threads, taps=taps)
    kept: list[Chunk] = []
    seen = 0
    for batch in batches(data, model, _batch_size(facts, taps)):
        job.progress(seen / max(len(data.items), 1), "Observing ranges")
        chunk = Chunk(batch.feed, batch.count)
        values = {**batch.feed, **session.run(batch.feed)}
        seen += batch.count
        for name, minmax in ranges.items():
            minmax.add(chunk.real(values[name]))
            if not (np.isfinite(minmax.low) and np.isfinite(minmax.high)):
                raise UserError(
                    f"The value '{name}' is not finite on the calibration items.",
                    "Check the model and its preprocessing: an infinite range cannot be quantized.",
                )
        if means and (not kept or seen <= keep):
            kept.append(chunk)
            for name, mean in means.items():
                mean.add(chunk.real(values[name]))
    if not seen:
        raise UserError("There are no items to calibrate with.", "Attach a data set with more items.")
    found = {n: (m.low, m.high) for n, m in ranges.items()}
    return Observed(found, {n: m.value() for n, m in means.items()} if kept else {}, tuple(kept), seen)


def _batch_size(facts: Facts, values: Iterable[str]) -> int:
    each = 4 * sum(elements(facts, v) for v in values)
    return int(min(max(_BATCH_BYTES // max(each, 1), 1), _LARGEST_BATCH))


def elements(facts: Facts, value: str) -> int:
    """Elements of a value for one item (0 where its shape is unknown)."""
    return int(np.prod(facts.shapes[value], dtype=np.int64)) if value in facts.shapes else 0
