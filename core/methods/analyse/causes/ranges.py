"""What other ranges and scales would make of the same numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from core.measure.quantized_taps import Steps, Tap
from core.methods.analyse.causes.cause import Weights

Array = npt.NDArray[Any]
_SHRUNK = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05, 0.02, 0.01)


def peaks(weight: Array, axis: int) -> Array:
    """The largest magnitude of every channel, float64 (channels,)."""
    rows = np.abs(np.moveaxis(weight, axis, 0).reshape(weight.shape[axis], -1))
    return np.asarray(rows.max(axis=1), np.float64)


def fitted_scale(weight: Array, weights: Weights) -> Array:
    """The scale that just holds every weight, with scales shared as they are; per element."""
    top = peaks(weight, weights.axis)
    top = np.full_like(top, top.max()) if weights.shared else top
    return along(top / weights.top, weights.axis, weight.ndim)


def along(vector: Array, axis: int, rank: int) -> Array:
    """(channels,) shaped so that it goes with ``axis`` of an array of that rank."""
    return vector.reshape([-1 if k == axis else 1 for k in range(rank)])


def energy_with(tap: Tap, low: float, high: float) -> float:
    """Mean square error of the tap's sample, stored in its bits over another range (0 is in it)."""
    low, high = min(low, 0.0), max(high, 0.0)
    levels = tap.steps.highest - tap.steps.lowest
    scale = max(high - low, 1e-30) / levels
    zero = int(np.clip(round(-low / scale), 0, levels))
    return energy(tap, Steps(scale, zero + tap.steps.lowest, tap.steps.lowest, tap.steps.highest))


def energy(tap: Tap, steps: Steps) -> float:
    """Mean square error of the tap's sample, stored so."""
    sample = np.asarray(tap.sample, np.float64)
    return float(((steps.rounded(sample) - sample) ** 2).mean()) if len(sample) else 0.0


def best_range(tap: Tap, low: float, high: float) -> tuple[float, float, float]:
    """(mean square error, low, high) of the best range inside a range: each end is drawn in, in steps."""
    tries = [(low * a, high * b) for a in (_SHRUNK if low < 0 else (1.0,)) for b in (_SHRUNK if high > 0 else (1.0,))]
    return min((energy_with(tap, lo, hi), lo, hi) for lo, hi in tries)
