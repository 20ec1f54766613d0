"""What other ranges and scales would make of the same numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.measure.quantized_taps import Steps, Tap
from core.methods.analyse.causes.cause import LayerEvidence, Weights

Array = npt.NDArray[Any]
_SPREAD = 4.0  # the largest range over the median one
_SHRUNK = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05, 0.02, 0.01)


def peaks(weight: Array, axis: int) -> Array:
    """The largest magnitude of every channel, float64 (channels,)."""
    rows = np.abs(np.moveaxis(weight, axis, 0).reshape(weight.shape[axis], -1))
    return np.asarray(rows.max(axis=1), np.float64)


@dataclass(frozen=True, slots=True)
class Unlike:
    """Channels whose weights share one scale: the largest magnitude of each (``top``), the largest over the median.

    ``gone``: what scales of their own would take out of the weights' error, 0..1: 1 - mean(s_c^2 / 12) / mean(dw^2).
    """

    top: Array
    spread: float
    gone: float

    @property
    def words(self) -> str:
        """How far they reach."""
        return f"whose weights reach from {float(self.top.min()):.2g} to {float(self.top.max()):.2g}"


def unlike_channels(evidence: LayerEvidence, of_inputs: bool = False) -> Unlike | None:
    """Output or input channels under one scale, where the largest range is at least four times the median one."""
    error, weights = evidence.error, evidence.weights
    if error is None or weights is None or not weights.shared or (of_inputs and error.weight.ndim < 2):
        return None
    axis = 1 - weights.axis if of_inputs else weights.axis
    top = peaks(error.weight, axis)
    spread = float(top.max()) / max(float(np.median(top)), 1e-30)
    now = float(np.square(np.asarray(error.stored_weight, np.float64) - error.weight).mean())
    if len(top) < 2 or spread < _SPREAD or now <= 0:
        return None
    steps = along((top / weights.top) ** 2 / 12, axis, error.weight.ndim)
    own = float(np.broadcast_to(steps, error.weight.shape).mean())
    return Unlike(top, spread, max(1 - own / now, 0.0))


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
