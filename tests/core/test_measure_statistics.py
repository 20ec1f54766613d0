"""Intervals and tests against SciPy's figures and against simulation."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import UserError
from core.measure.statistics import mcnemar, median_interval, paired, wilson


# The figures in these two tables were computed with SciPy 1.17 (binomtest and its Wilson interval).
@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [
        (0, 10, 0.0, 27.75328),
        (10, 10, 72.24672, 100.0),
        (412, 500, 78.818583, 85.48736),
        (1, 3, 6.149194, 79.23404),
        (1627, 2000, 79.583409, 82.996392),
    ],
)
def test_wilson(hits: int, n: int, low: float, high: float) -> None:
    assert wilson(hits, n) == pytest.approx((low, high), abs=1e-5)


@pytest.mark.parametrize(
    ("gained", "lost", "p"),
    [(0, 0, 1.0), (5, 5, 1.0), (27, 65, 9.2640446e-05), (0, 6, 0.03125), (1200, 1300, 0.0476818652)],
)
def test_mcnemar(gained: int, lost: int, p: float) -> None:
    assert mcnemar(gained, lost) == pytest.approx(p, rel=1e-6)
    assert mcnemar(lost, gained) == mcnemar(gained, lost)


def test_paired_counts_and_covers() -> None:
    first = np.array([1, 1, 1, 0, 0, 1, 0, 0], bool)
    second = np.array([1, 0, 1, 1, 1, 1, 1, 0], bool)
    found = paired(first, second)
    assert (found.gained, found.lost, found.difference.value) == (3, 1, 25.0)
    rng = np.random.default_rng(0)
    inside = 0
    for _ in range(300):
        cells = rng.choice(4, size=400, p=[0.7, 0.2, 0.07, 0.03])  # true difference: 4 points gained
        result = paired((cells == 0) | (cells == 3), (cells == 0) | (cells == 2))
        low, high = result.difference.interval or (0, 0)
        inside += low <= 4 <= high
    assert 0.91 < inside / 300 <= 0.99
    with pytest.raises(UserError, match="8 and to 7 items"):
        paired(first, second[:7])


def test_median_interval_covers() -> None:
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(400):
        low, high = median_interval(rng.exponential(size=25)) or (0, 0)
        hits += low <= np.log(2) <= high
    assert 0.92 < hits / 400 <= 0.995
    assert median_interval(np.arange(5.0)) is None
    assert median_interval(np.arange(6.0)) == (0.0, 5.0)
