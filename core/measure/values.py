"""What an array holds, in a handful of numbers. Large arrays are sampled where a limit is given."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

BINS = 64
_BLOCK = 1024
_UNREADABLE = "SUO"  # text and objects


@dataclass(frozen=True, slots=True)
class Values:
    """Of the finite values among ``looked_at`` of ``count`` elements.

    ``zeros`` and ``bad`` (NaN or infinite) are shares (0..1) of what was looked at. ``bins`` counts values in equal
    steps from ``low`` to ``high``.
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

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Values:
        return cls(**{**data, "bins": tuple(data["bins"])})


def summarize(array: npt.NDArray[Any], limit: int | None = None) -> Values | None:
    """Numbers about an array, from at most about ``limit`` elements of it; None for an empty one or one of text.

    The sample is evenly spread blocks rather than single elements: it touches few pages of a memory-mapped file and
    cannot fall in step with the array's axes.
    """
    flat = array.reshape(-1)
    if flat.size == 0 or flat.dtype.kind in _UNREADABLE:
        return None
    values = sample(flat, limit or flat.size).astype(np.float64)
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return Values(flat.size, values.size, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, ())
    low, high = float(finite.min()), float(finite.max())
    steps = int(min(max(2 * finite.size**0.5, 8), BINS))
    bins = np.histogram(finite, steps, (low, high))[0] if np.isfinite(high - low) and high > low else [finite.size]
    return Values(
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


def sample(flat: npt.NDArray[Any], limit: int) -> npt.NDArray[Any]:
    """At most about ``limit`` elements of a flat array, in blocks spread evenly over it; all of them where they fit."""
    if flat.size <= limit:
        return flat
    blocks = max(limit // _BLOCK, 1)
    length = min(_BLOCK, limit)
    starts = np.linspace(0, flat.size - length, blocks).astype(np.int64)
    return np.concatenate([flat[s : s + length] for s in starts])
