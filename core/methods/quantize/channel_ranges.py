"""The largest values of every channel of chosen tensors on data, streamed, for two halves of the items apart.

Memory does not grow with the number of items. Two halves tell how far a largest value of one carries to the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.data.dataset import DataSet
from core.jobs import Job
from core.methods.quantize.calibrate import Chunk, elements
from core.model.facts import Array, Facts
from core.model.model import Model
from core.model.rescaling import Array64

_BATCH_BYTES, _LARGEST_BATCH = 64 << 20, 16


@dataclass(frozen=True, eq=False)
class ChannelRanges:
    """``top``: value -> [2, channels] largest number of each half of the items; ``size``: the same of absolute values.

    ``items``: how many were seen.
    """

    top: Mapping[str, Array64]
    size: Mapping[str, Array64]
    items: int

    def growth(self, value: str, at_least: float) -> float:
        """By how much a channel's largest value of one half is surpassed in the other: what 95 of 100 channels keep to.

        Channels below a hundredth of the tensor's largest value do not count.
        """
        first, second = self.top[value]
        counted = np.minimum(first, second) > 0.01 * max(float(np.max(self.top[value])), 0.0)
        if not counted.any():
            return at_least
        ratio = np.abs(np.log(first[counted]) - np.log(second[counted]))
        return max(float(np.exp(np.quantile(ratio, 0.95))), at_least)


def channel_ranges(
    model: Model, facts: Facts, data: DataSet, axes: Mapping[str, int], threads: int = 1, job: Job | None = None
) -> ChannelRanges:
    """Run the float model over ``data``. ``axes``: value -> the axis of its channels."""
    from core.data.feed import batches
    from core.execute.runtimes import onnx_session

    job = job or Job()
    fed = {s.name for s in model.inputs}
    session = onnx_session(model, threads=threads, taps=[v for v in axes if v not in fed])
    each = 4 * sum(elements(facts, v) for v in axes)
    batch_size = int(min(max(_BATCH_BYTES // max(each, 1), 1), _LARGEST_BATCH))
    top: dict[str, Array64] = {}
    size: dict[str, Array64] = {}
    seen = 0
    for batch in batches(data, model, batch_size):
        job.progress(seen / max(len(data.items), 1), "Observing channels")
        chunk = Chunk(batch.feed, batch.count)
        found = {**batch.feed, **session.run(batch.feed)}
        for name, axis in axes.items():
            highest, lowest = _extremes(chunk.real(found[name]), axis)
            for half, rows in enumerate((slice(seen % 2, None, 2), slice(1 - seen % 2, None, 2))):
                if not highest[rows].size:
                    continue
                high, low = highest[rows].max(axis=0), lowest[rows].min(axis=0)
                for kept, new in ((top, high), (size, np.maximum(high, -low))):
                    held = kept.setdefault(name, np.full((2, len(new)), -np.inf))
                    held[half] = np.maximum(held[half], new)
        seen += batch.count
    return ChannelRanges(top, size, seen)


def _extremes(x: Array, axis: int) -> tuple[Array, Array]:
    """(largest, smallest number) of each item and channel, [items, channels]; where channels come first: one item."""
    moved = np.moveaxis(x, axis, 1) if axis else x[None]
    flat = moved.reshape(*moved.shape[:2], -1)
    return flat.max(axis=2), flat.min(axis=2)
