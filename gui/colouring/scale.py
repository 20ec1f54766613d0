"""Where a value stands between the least and the most that is shown. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

_DECADES = 3  # a wider range than this is shown by its logarithm


@dataclass(frozen=True, slots=True)
class Scale:
    """From ``low`` to ``high``; where ``log``, ``low`` is the least above nothing; ``below``: there is less than it."""

    low: float
    high: float
    log: bool
    below: bool = False

    def share(self, value: float) -> float:
        """Between 0 and 1; nothing and less stand at 0."""
        if self.high <= self.low:
            return 1.0 if value >= self.high else 0.0
        if not self.log:
            return min(max((value - self.low) / (self.high - self.low), 0.0), 1.0)
        if value <= self.low:
            return 0.0
        least = math.log(self.low)  # the quotient of the ends may be larger than any float
        return min((math.log(value) - least) / (math.log(self.high) - least), 1.0)


def scale_of(values: Iterable[float]) -> Scale | None:
    """The scale of what is shown; None where there is nothing. Numbers that are not finite do not count."""
    found = [v for v in values if math.isfinite(v)]
    if not found:
        return None
    low, high = min(found), max(found)
    least = min((v for v in found if v > 0), default=0.0)
    if low >= 0 and least > 0 and high > least * 10**_DECADES:
        return Scale(least, high, True, low < least)
    return Scale(min(low, 0.0) if low < 0.5 * high else low, high, False)
