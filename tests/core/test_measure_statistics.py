"""Intervals and tests against SciPy's figures and against simulation."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from core.errors import UserError
from core.measure.statistics import mcnemar, median_interval, paired, paired_repeatedly, wilson


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


def test_items_judged_once_are_mcnemars() -> None:
    rng = np.random.default_rng(4)
    first, second = rng.random(300) < 0.8, rng.random(300) < 0.7
    once, repeated = paired(first, second), paired_repeatedly(first, second, np.arange(300))
    assert (once.gained, once.lost) == (repeated.gained, repeated.lost)
    assert repeated.p_value == pytest.approx(once.p_value, abs=1e-12)
    assert repeated.difference.interval == pytest.approx(once.difference.interval, abs=0.3)


def test_judging_the_same_items_again_proves_nothing_more() -> None:
    rng = np.random.default_rng(5)
    first, second = rng.random(200) < 0.8, rng.random(200) < 0.75
    once = paired_repeatedly(first, second, np.arange(200))
    four = paired_repeatedly(np.tile(first, 4), np.tile(second, 4), np.tile(np.arange(200), 4))
    assert four.p_value == pytest.approx(once.p_value, abs=1e-12)
    assert four.difference.interval == pytest.approx(once.difference.interval)
    assert four.difference.n == 200
    assert four.lost == 4 * once.lost


def test_sign_flips_are_counted_one_by_one() -> None:
    """All 2^6 ways to turn round the changes of six items, by hand."""
    item = np.repeat(np.arange(6), 3)
    change = np.array([1, 1, 1, -1, -1, 0, 1, 0, 0, 0, 0, 0, 1, -1, 1, 1, 1, 0])
    first, second = change < 0, change > 0
    net = [3, -2, 1, 0, 1, 2]
    sums = [abs(sum(s * n for s, n in zip(signs, net, strict=True))) for signs in product((1, -1), repeat=6)]
    expected = sum(s >= abs(sum(net)) for s in sums) / len(sums)
    assert paired_repeatedly(first, second, item).p_value == pytest.approx(expected)


def test_the_interval_over_items_covers() -> None:
    rng = np.random.default_rng(6)
    item, hits = np.repeat(np.arange(250), 4), 0
    for _ in range(200):  # answers of one item mostly go together; on average 4 points are lost
        shift = np.repeat(rng.choice([-1, 0, 1], 250, p=[0.09, 0.86, 0.05]), 4) * (rng.random(1000) < 0.8)
        found = paired_repeatedly(shift < 0, shift > 0, item).difference
        assert found.interval is not None
        hits += found.interval[0] <= 100 * (0.05 - 0.09) * 0.8 <= found.interval[1]
    assert hits >= 180
