"""Moving average: the average of batch minima and maxima, so that one odd item does not set the range alone."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.methods.quantize.calibrators.calibrator import CalibrationSettings, Calibrator, Range, calibrator
from core.model.facts import Array


@calibrator("moving_average", title="Moving average")
class MovingAverage(Calibrator):
    """The average of the batches' lowest and highest numbers; rare extremes are cut off.

    Jacob et al. (2018), arXiv:1712.05877, section 3.1, average exponentially while training. So does this, with the
    weight c = max(averaging constant, 1 / batches so far): as long as there are fewer than 1 / constant batches it is
    their plain mean, and the first batch never counts for more than another. Batches have at most 16 items.
    """

    def __init__(self, settings: CalibrationSettings | None = None) -> None:
        super().__init__(settings)
        self._count = 0
        self._mean = np.zeros(2)

    def _take(self, x: Array, low: float, high: float) -> None:
        self._count += 1
        weight = max(self.settings.averaging_constant, 1 / self._count)
        self._mean = self._mean + weight * (np.array([low, high]) - self._mean)

    def _find(self, levels: int) -> Range:
        low, high = self._mean
        return float(low), float(high)

    def state(self) -> dict[str, Array]:
        return {**super().state(), "count": np.array(self._count), "mean": self._mean}

    def restore(self, state: Mapping[str, Array]) -> None:
        super().restore(state)
        self._count, self._mean = int(state["count"]), np.array(state["mean"])
