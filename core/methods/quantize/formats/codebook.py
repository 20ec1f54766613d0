"""Codebooks: every weight is the number of one of 2**k shared values, found by k-means.

Han et al. 2016, "Deep Compression" (arXiv:1510.00149), section 3: one codebook a layer, centroids spread evenly between
the smallest and the largest weight at first, then Lloyd's rounds.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core.methods.quantize.formats.blocks import Weight
from core.methods.quantize.formats.format import Array, FormatSettings, weight_format
from core.methods.quantize.formats.powers import HONEST
from core.methods.quantize.formats.stored import Codes, Stored
from core.model.bits import packed_size
from core.model.weight_functions import CODEBOOK

Floats = npt.NDArray[np.float64]
_ROUNDS = 300


def means(values: Array, count: int) -> Floats:
    """Centroids of 1-D k-means, ascending: (n,) -> (count,), by Lloyd's rounds from evenly spread ones.

    A centroid that no value is nearest to would be wasted: it goes where the largest error is, to the farthest value of
    that centroid, and the rounds go on.
    """
    ordered = np.sort(np.asarray(values, np.float64).reshape(-1))
    sums, squares = (np.concatenate([[0.0], np.cumsum(x)]) for x in (ordered, np.square(ordered)))
    centroids = np.linspace(ordered[0], ordered[-1], count)
    before: Array = np.empty(0)
    for _ in range(_ROUNDS):
        edges = np.searchsorted(ordered, (centroids[1:] + centroids[:-1]) / 2, side="right")
        edges = np.concatenate([[0], edges, [len(ordered)]])
        sizes, moments = np.diff(edges), np.diff(sums[edges])
        filled = sizes > 0
        centroids[filled] = moments[filled] / sizes[filled]
        if np.array_equal(edges, before):
            errors = np.where(filled, np.diff(squares[edges]) - moments * centroids, 0.0)
            worst = int(errors.argmax())
            ends = ordered[edges[worst]], ordered[max(edges[worst + 1] - 1, 0)]
            if filled.all() or ends[0] == ends[1]:
                break
            centroids[int(filled.argmin())] = max(ends, key=lambda end: abs(end - centroids[worst]))
            centroids.sort()
        before = edges
    return centroids


def _bytes(weight: Weight, settings: FormatSettings) -> int:
    return packed_size(weight.size, settings.bits) + 4 * (1 << settings.bits)


@weight_format(
    "codebook",
    title="codebook",
    stored_bytes=_bytes,
    opset=lambda settings: 13,
    honest=f"Codebooks: {HONEST}",
)
def encode(numbers: Array, weight: Weight, settings: FormatSettings) -> Stored:
    """Codes of the nearest centroids (halfway down). Zeros of a masked weight keep a centroid at 0 of their own."""
    flat, size = np.asarray(numbers, np.float32).reshape(-1), 1 << settings.bits
    kept = flat[flat != 0] if weight.masked else flat
    if not kept.size:
        return Codes(CODEBOOK, settings.bits, np.zeros(weight.shape, np.uint8), np.zeros(size, np.float32))
    centroids = np.sort(means(kept, size - 1 if weight.masked else size).astype(np.float32))
    codes = np.searchsorted((centroids[1:] + centroids[:-1]) / 2, flat, side="left")
    if weight.masked:
        codes, centroids = np.where(flat == 0, 0, codes + 1), np.concatenate([[0.0], centroids]).astype(np.float32)
    return Codes(CODEBOOK, settings.bits, codes.astype(np.uint8).reshape(weight.shape), centroids)
