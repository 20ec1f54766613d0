"""Weight scales that lose least: the largest weight clipped a little where that makes the steps of the others finer."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core.methods.quantize.rounding.grid import Array64

_FACTORS = 26
_SMALLEST = {True: 0.5, False: 0.85}  # of the scale that clips nothing: for few bits, for 8


def searched(
    target: Array64,
    scale: Array64,
    owner: npt.NDArray[np.int64],
    bits: int,
    importance: Array64 | None = None,
    count: int = 0,
) -> Array64:
    """(count,) factors by which scales shrink where that lowers the squared error of rounding.

    ``scale`` and ``owner``, the scale's number, have the target's shape or broadcast to it. ``importance`` (broadcasts
    too) weighs the errors: the diagonal of the curvature.
    """
    top = 2 ** (bits - 1) - 1
    count = count or int(owner.max()) + 1
    owners = np.broadcast_to(owner, target.shape).reshape(-1)
    weigh = 1.0 if importance is None else importance
    best = np.full(count, np.inf)
    chosen = np.ones(count)
    for factor in np.linspace(_SMALLEST[bits < 8], 1.0, _FACTORS)[::-1]:
        step = scale * factor
        error = (np.clip(np.rint(target / step), -top, top) * step - target) ** 2 * weigh
        total = np.bincount(owners, error.reshape(-1), count)
        better = total < best
        best[better], chosen[better] = total[better], factor
    return chosen
