"""Figures as text: units, provenance, changes."""

from __future__ import annotations

import itertools

import pytest

from core.report import Measure
from gui.charts.line_chart import ticks
from gui.figures import MISSING, cell, change, seconds, short, spoken


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (2_260_000, "", "2.26 M"),
        (300_774_272, "MACs", "301 M"),
        (1_734, "", "1.73 k"),
        (42, "", "42"),
        (13_995_106, "bytes", "14 MB"),
        (396_237, "bytes", "396 kB"),
        (89.23, "percent", "89.2 %"),
        (89.23, "%", "89.2 %"),
        (3.314, "ms", "3.31 ms"),
        (20.94, "dB", "20.9 dB"),
        (0.987, "share", "98.7 %"),
    ],
)
def test_short(value: float, unit: str, text: str) -> None:
    assert short(value, unit) == text


def test_a_missing_figure_is_a_dash_and_says_so() -> None:
    assert cell(None) == MISSING
    assert spoken(None) == "Not measured."


def test_provenance_is_complete() -> None:
    measure = Measure(89.2, "percent", "measured", "digits (judged)", 500, (86.2, 91.6), "u8s8 with VNNI.")
    assert spoken(measure) == (
        "89.2 %, measured on digits (judged); n = 500; 95 % interval 86.2 % to 91.6 %; u8s8 with VNNI."
    )


@pytest.mark.parametrize(
    ("before", "after", "unit", "text"),
    [
        (100, 50, "", "−50 %"),
        (99.0, 98.4, "percent", "−0.6"),
        (100, 100, "", "±0 %"),
        (0, 5, "", ""),
        (10, 12, "", "+20 %"),
    ],
)
def test_change(before: float, after: float, unit: str, text: str) -> None:
    assert change(before, after, unit) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.2, "1 s"), (12.4, "12 s"), (200, "3 min"), (4800, "80 min"), (6000, "1 h 40 min"), (None, "")],
)
def test_seconds(value: float | None, text: str) -> None:
    assert seconds(value) == text


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-3.2, 7.9), (99.1, 99.4), (0.0, 12_345.0)])
def test_ticks_are_round_and_inside(low: float, high: float) -> None:
    found = ticks(low, high, 4)
    assert 2 <= len(found) <= 6
    assert all(low - 1e-9 <= t <= high + 1e-9 for t in found)
    steps = {round(b - a, 9) for a, b in itertools.pairwise(found)}
    assert len(steps) == 1
