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
from core.model.facts import Facts
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
            x = chunk.real(found[name])
            rows = [x[k::2] if axis else x for k in ((0, 1) if seen % 2 == 0 else (1, 0))]
            for half, part in enumerate(rows):
                if not part.size:
                    continue
                others = tuple(k for k in range(part.ndim) if k != axis)
                high, low = part.max(axis=others), part.min(axis=others)
                for kept, new in ((top, high), (size, np.maximum(high, -low))):
                    held = kept.setdefault(name, np.full((2, len(new)), -np.inf))
                    held[half] = np.maximum(held[half], new)
        seen += batch.count
    return ChannelRanges(top, size, seen)
