"""The scale of least squared error for every block of weights.

The largest weight of a block is a poor end of its range where few bits have to serve many weights: a smaller range
clips a few and rounds all others more finely. So ranges are shrunk step by step and the best is kept, block by block.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float32]
Rounded = Callable[[Array, Array, slice], Array]
SHRUNK = tuple(np.linspace(1.0, 0.3, 36))
_CHUNK = 1 << 20  # weights tried at once: what a processor's cache and a person's patience hold


def best_scales(rows: Array, scales: Array, round_to: Rounded, tried: tuple[float, ...]) -> Floats:
    """For each row of (blocks, weights) the scale, out of ``scales`` times each number in ``tried``, of least error.

    ``round_to(rows, scale, where)`` gives the values that would be stored of the rows ``where``, with a scale (blocks,
    1). Of equals the first wins.
    Gives float32 (blocks,).
    """
    rows, scales = np.asarray(rows, np.float32), np.asarray(scales, np.float32).reshape(-1)
    found = scales.copy()
    step = max(_CHUNK // max(rows.shape[1], 1), 1)
    for start in range(0, len(rows) if len(tried) > 1 else 0, step):
        where = slice(start, start + step)
        part = rows[where]
        least = np.full(len(part), np.inf)
        for factor in tried:
            candidate = (scales[where] * np.float32(factor)).astype(np.float32)
            error = np.square(round_to(part, candidate[:, None], where) - part, dtype=np.float64).sum(1)
            better = error < least
            least[better] = error[better]
            found[where][better] = candidate[better]
    return found


def peaks(rows: Array) -> Array:
    """The largest size in each row; a row of zeros counts as 1, for any scale is right for zeros."""
    found: Array = np.abs(rows).max(axis=1, initial=0.0).astype(np.float64)
    found[found < np.finfo(np.float32).tiny * 256] = 1.0
    return found
