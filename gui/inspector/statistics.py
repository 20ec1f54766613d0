"""What a stored tensor holds, in a handful of numbers. Large tensors are sampled, so that the window never waits."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import onnx_ir as ir

LIMIT = 1 << 20
BINS = 64
_BLOCK = 1024
_remembered: OrderedDict[int, tuple[ir.TensorProtocol, Statistics | None]] = OrderedDict()


@dataclass(frozen=True, slots=True)
class Statistics:
    """Of the finite values among ``looked_at`` of ``count`` elements.

    ``zeros`` and ``bad`` (NaN or infinite) are shares of what was looked at. ``bins`` counts values in equal steps
    from ``low`` to ``high``.
    """

    count: int
    looked_at: int
    low: float
    high: float
    mean: float
    deviation: float
    zeros: float
    bad: float
    bins: tuple[int, ...]

    @property
    def sampled(self) -> bool:
        return self.looked_at < self.count


def statistics(tensor: ir.TensorProtocol) -> Statistics | None:
    """Numbers about a tensor; None where it holds no numbers or cannot be read. The last few results are kept."""
    known = _remembered.get(id(tensor))
    if known is not None and known[0] is tensor:
        return known[1]
    try:
        found = summarize(tensor.numpy())
    except (OSError, ValueError, TypeError):  # a lost external file, or text
        found = None
    _remembered[id(tensor)] = (tensor, found)
    while len(_remembered) > 64:
        _remembered.popitem(last=False)
    return found


def summarize(array: npt.NDArray[np.generic], limit: int = LIMIT) -> Statistics | None:
    """Statistics of an array, from at most about ``limit`` elements of it; None for an empty one or one of text.

    The sample is evenly spread blocks rather than single elements: it touches few pages of a memory-mapped file and
    cannot fall in step with the tensor's axes.
    """
    flat = array.reshape(-1)
    if flat.size == 0 or flat.dtype.kind in "SUO":
        return None
    values = _sample(flat, limit).astype(np.float64)
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return Statistics(flat.size, values.size, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, ())
    low, high = float(finite.min()), float(finite.max())
    steps = int(min(max(2 * finite.size**0.5, 8), BINS))
    bins = np.histogram(finite, steps, (low, high))[0] if np.isfinite(high - low) and high > low else [finite.size]
    return Statistics(
        count=flat.size,
        looked_at=values.size,
        low=low,
        high=high,
        mean=float(finite.mean(dtype=np.float64)),
        deviation=float(finite.std(dtype=np.float64)),
        zeros=float(np.count_nonzero(finite == 0) / values.size),
        bad=1.0 - finite.size / values.size,
        bins=tuple(int(b) for b in bins),
    )


def _sample(flat: npt.NDArray[np.generic], limit: int) -> npt.NDArray[np.generic]:
    if flat.size <= limit:
        return flat
    blocks = max(limit // _BLOCK, 1)
    length = min(_BLOCK, limit)
    starts = np.linspace(0, flat.size - length, blocks).astype(np.int64)
    return np.concatenate([flat[s : s + length] for s in starts])
