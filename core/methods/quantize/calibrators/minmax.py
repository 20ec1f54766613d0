"""MinMax: the lowest and the highest number seen."""

from __future__ import annotations

from core.methods.quantize.calibrators.calibrator import Calibrator, Range, calibrator
from core.model.facts import Array


@calibrator("minmax", title="MinMax")
class MinMax(Calibrator):
    """The lowest and the highest number of all items: nothing that was seen is cut off."""

    def _take(self, x: Array, low: float, high: float) -> None:
        pass

    def _find(self, levels: int) -> Range:
        return self.low, self.high
