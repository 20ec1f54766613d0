"""Intervals and tests for shares and for pairs of answers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from core.errors import UserError
from core.report import How, Measure

_Z = NormalDist().inv_cdf(0.975)
Flags = npt.NDArray[np.bool_]


def wilson(hits: int, n: int) -> tuple[float, float]:
    """95 % interval of a share, in percent (Wilson 1927, without continuity correction)."""
    if n < 1 or not 0 <= hits <= n:
        raise ValueError(f"{hits} of {n} is not a share")
    p, z2 = hits / n, _Z * _Z
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    low = 0.0 if hits == 0 else max(middle - half, 0.0)
    high = 1.0 if hits == n else min(middle + half, 1.0)
    return 100 * low, 100 * high


def share(hits: int, n: int, on: str, note: str = "", how: How = "measured") -> Measure:
    """A share in percent with its Wilson interval."""
    return Measure(100 * hits / n, "%", how, on, n, wilson(hits, n), note)


@dataclass(frozen=True, slots=True)
class Paired:
    """Two models on the same items. ``gained``: wrong in the first and right in the second; ``lost`` the reverse.

    ``difference``: second minus first in percentage points, with its 95 % interval; its note says the rest in words.
    ``p_value``: McNemar's exact test.
    """

    difference: Measure
    gained: int
    lost: int
    p_value: float


def paired(first: Flags, second: Flags, on: str = "") -> Paired:
    """Compare which items two models answer right; ``first`` and ``second`` are bool [N] over the same items.

    The interval is Agresti and Min's (2005): Wald with half a pair added to each cell. McNemar (1947), exact form.
    Raises UserError where the items are not the same in number, or none.
    """
    if first.shape != second.shape or not len(first):
        raise UserError(f"Answers to {len(first)} and to {len(second)} items cannot be compared.")
    n = len(first)
    gained, lost = int(np.sum(~first & second)), int(np.sum(first & ~second))
    total, b, c = n + 2, gained + 0.5, lost + 0.5
    middle = (b - c) / total
    half = _Z * math.sqrt((b + c) - (b - c) ** 2 / total) / total
    interval = (100 * max(middle - half, -1.0), 100 * min(middle + half, 1.0))
    return _paired(100 * (gained - lost) / n, on, n, interval, gained, lost, mcnemar(gained, lost), "McNemar")


def _paired(
    points: float, on: str, n: int, interval: tuple[float, float], gained: int, lost: int, p_value: float, test: str
) -> Paired:
    note = f"{gained} right answer{'' if gained == 1 else 's'} gained, {lost} lost; {test} p = {p_value:.2g}."
    return Paired(Measure(points, "points", "measured", on, n, interval, note), gained, lost, p_value)


def paired_repeatedly(first: Flags, second: Flags, item: npt.NDArray[np.int64], on: str = "") -> Paired:
    """As :func:`paired` where an item was judged several times (by several draws of a calibration, say).

    ``item`` [N] says which item each judgement is of. Judgements of one item are no independent evidence: the interval
    is over items (Liang and Zeger's sandwich, 1986), and the test turns round all changes of an item together (exact;
    it is McNemar's where every item is judged once). ``n`` of the difference counts items. Raises UserError as there.
    """
    if not len(first) == len(second) == len(item) or not len(first):
        raise UserError(f"Answers to {len(first)}, {len(second)} and {len(item)} items cannot be compared.")
    change = second.astype(np.int64) - first.astype(np.int64)
    gained, lost = int(np.sum(change > 0)), int(np.sum(change < 0))
    names, which = np.unique(item, return_inverse=True)
    count, mean = len(names), float(change.mean())
    excess = np.bincount(which, change - mean)
    half = _Z * math.sqrt(count / max(count - 1, 1) * float(np.sum(excess**2))) / len(change)
    if gained == lost == 0:  # no change says no more than that many items can
        half = (paired(first[:count], first[:count]).difference.interval or (0.0, 0.0))[1] / 100
    interval = (100 * max(mean - half, -1.0), 100 * min(mean + half, 1.0))
    p_value = _sign_flips(np.rint(np.bincount(which, change)).astype(np.int64))
    return _paired(100 * mean, on, count, interval, gained, lost, p_value, "sign flips by item")


def _sign_flips(net: npt.NDArray[np.int64]) -> float:
    """Two-sided exact p-value of the sum of ``net`` where each of its numbers may have either sign with 1/2."""
    sizes = np.abs(net[net != 0])
    middle = int(sizes.sum())
    chance = np.zeros(2 * middle + 1)
    chance[middle] = 1.0
    for size in sizes:
        chance = (np.roll(chance, size) + np.roll(chance, -size)) / 2  # nothing wraps: sums stay within the middle
    away = np.abs(np.arange(-middle, middle + 1)) >= abs(int(net.sum()))
    return min(1.0, float(chance[away].sum()))


def mcnemar(gained: int, lost: int) -> float:
    """Two-sided exact p-value that changes of answers go both ways alike (binomial with 1/2)."""
    n, k = gained + lost, min(gained, lost)
    if n == 0:
        return 1.0
    tail = sum(math.comb(n, i) for i in range(k + 1))
    return min(1.0, 2 * tail / (1 << n))


def median_interval(values: npt.NDArray[np.float64]) -> tuple[float, float] | None:
    """95 % interval of the median by order statistics, free of any distribution; None below 6 values."""
    n = len(values)
    ordered = np.sort(values)
    k, tail = 0, 0.0
    while tail + math.comb(n, k) / (1 << n) <= 0.025:
        tail += math.comb(n, k) / (1 << n)
        k += 1
    return None if k == 0 else (float(ordered[k - 1]), float(ordered[n - k]))
