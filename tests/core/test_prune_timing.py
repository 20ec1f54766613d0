"""A target in milliseconds: the search over MACs, on times that are known, and once on this machine."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from core import params as parameters
from core.formats.open import open_model
from core.measure.latency import Latency
from core.methods.method import Context
from core.methods.prune import timing
from core.methods.prune.channels import Params, apply, plan
from core.methods.prune.timing import Timed, macs_for_time, time_words
from core.model.model import Model
from core.report import Measure
from tests.conftest import network_path


def timed(share: float, spread: float = 0.0) -> Timed:
    """Nine rounds of 100 ms before; after, as large a share in each, give or take ``spread``."""

    def latency(times: np.ndarray) -> Latency:
        middle = float(np.median(times))
        measure = Measure(middle, "ms", "measured", "", len(times))
        return Latency("", "onnxruntime", 1, measure, middle, middle, 0.0, tuple(times.tolist()))

    before = np.linspace(50, 150, 9)  # a machine that is busy in some rounds slows both
    return Timed(latency(before), latency(before * (share + spread * np.linspace(-1, 1, 9))))


def test_shares_are_of_rounds_that_ran_together() -> None:
    found = timed(0.5)
    assert found.share == pytest.approx(0.5)
    assert found.interval == pytest.approx((0.5, 0.5))
    low, high = timed(0.5, spread=0.1).interval
    assert (low, high) == pytest.approx((0.425, 0.575))  # the second and the eighth of nine: 96 % of a sign test


@functools.cache
def sample() -> Model:
    return open_model(network_path("sample"))


@pytest.mark.parametrize("share", [0.3, 0.5, 0.8, 0.95])
@pytest.mark.parametrize(("fixed", "power"), [(0.0, 1.0), (0.2, 1.0), (0.1, 0.5), (0.0, 2.0)])
def test_the_search_ends_within_two_percent(
    share: float, fixed: float, power: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Time is a known curve of the MACs; a model stands for its share of them."""
    tried: list[float] = []

    def took(model: object, macs: float, ctx: Context, times: int = 1) -> Timed:
        tried.append(macs)
        return timed(fixed + (1 - fixed) * macs**power)

    monkeypatch.setattr(timing, "compare_times", took)
    macs = macs_for_time(sample(), share, lambda m: m, Context())  # type: ignore[arg-type, return-value]
    assert fixed + (1 - fixed) * macs**power == pytest.approx(share, rel=0.02)
    assert len(tried) <= 8


def test_what_cannot_be_told_apart_is_measured_longer_and_then_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def noisy(model: object, macs: float, ctx: Context, times: int = 1) -> Timed:
        asked.append(times)
        return timed(macs * 1.1, spread=0.2)

    monkeypatch.setattr(timing, "compare_times", noisy)
    assert macs_for_time(sample(), 0.5, lambda m: m, Context()) == 0.5  # type: ignore[arg-type, return-value]
    assert asked == [1, 4]
    assert "cannot tell apart" in time_words(timed(0.55, spread=0.2), 0.5)
    assert "the nearest of the trials" in time_words(timed(0.55), 0.5)
    assert time_words(timed(0.505), 0.5).endswith("; 50.0 % were asked for.")


def test_out_of_reach_gives_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "compare_times", lambda model, macs, ctx, times=1: timed(0.6 + 0.4 * macs))
    assert macs_for_time(sample(), 0.3, lambda m: m, Context()) < 0.05  # type: ignore[arg-type, return-value]


def test_measured_on_this_machine_and_repeated_as_macs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "_SECONDS", 0.05)
    monkeypatch.setattr(timing, "_TRIALS", 3)  # how near a search comes is the test's above
    values = parameters.from_json(Params, {"currency": "milliseconds", "ratio": 0.3})
    outcome = apply(sample(), values, Context())
    before, after = (outcome.report.measures[f"latency_onnxruntime{s}"] for s in ("_before", ""))
    assert (before.how, after.how, after.unit) == ("measured", "measured", "ms")
    assert "onnxruntime" in after.on
    assert any("of the time is left" in note for note in outcome.report.notes)
    again = apply(sample(), outcome.params, Context())
    assert outcome.params.currency.value == "macs"
    assert again.report.measures["macs"] == outcome.report.measures["macs"]
    assert again.report.tables == outcome.report.tables
    assert any("Time is measured when the act is applied" in n for n in plan(sample(), values, Context()).report.notes)
