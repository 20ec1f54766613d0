"""Calibrators against numpy, torch, onnxruntime's own calibrators and equations written out."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from core.errors import UserError
from core.methods.quantize.calibrators import CalibrationSettings, Calibrator, calibrator_names, load_calibrators, maker
from core.methods.quantize.calibrators.entropy import kl_divergence
from core.methods.quantize.calibrators.histogram import SIDE, Histogram
from core.methods.quantize.calibrators.mse import squared_error
from core.model.qdq_numbers import activation_params
from core.params import from_json

Floats = npt.NDArray[np.float32]


def samples(kind: str, count: int = 60_000) -> Floats:
    rng = np.random.default_rng(len(kind))
    drawn = {
        "normal": lambda: rng.normal(size=count),
        "laplace": lambda: rng.laplace(size=count),
        "relu": lambda: np.maximum(rng.normal(size=count), 0),
        "relu6": lambda: np.clip(rng.normal(2, 3, count), 0, 6),
        "heavy": lambda: rng.standard_t(3, count),
        "swish": lambda: (x := rng.normal(0, 3, count)) / (1 + np.exp(-x)),
        "negative": lambda: -rng.exponential(size=count),
        "shifted": lambda: rng.uniform(5, 9, count),
    }
    return np.asarray(drawn[kind](), np.float32)


KINDS = ("normal", "laplace", "relu", "relu6", "heavy", "swish", "negative", "shifted")


def calibrated(key: str, x: Floats, pieces: int = 7, **settings: float) -> Calibrator:
    one = maker(key, CalibrationSettings(**settings))()
    for piece in np.array_split(x, pieces):
        one.add(piece)
    return one


def error_of(x: Floats, ends: tuple[float, float]) -> float:
    """The mean squared error of really quantizing to 8 bits with that range."""
    params = activation_params(*ends)
    return float(np.mean(np.square(params.dequantize(params.quantize(x)).astype(np.float64) - x)))


def ort_collector(method: str, **settings: Any) -> Any:
    from onnxruntime.quantization.calibrate import HistogramCollector

    given = {"symmetric": False, "num_bins": 2048, "num_quantized_bins": 256, "percentile": 99.0, "scenario": "same"}
    return HistogramCollector(method, **{**given, **settings})


@pytest.mark.parametrize("kind", KINDS)
def test_a_streamed_histogram_is_that_of_everything_at_once(kind: str) -> None:
    x = samples(kind) * np.linspace(0.01, 3, 60_000, dtype=np.float32)  # the range doubles many times
    streamed = Histogram()
    for piece in np.array_split(x, 40):
        streamed.add(piece.reshape(2, -1), float(piece.min()), float(piece.max()))
    edges = streamed.width * np.arange(-SIDE, SIDE + 1)
    counted, _ = np.histogram(x[x != 0], edges)
    assert streamed.zeros == (x == 0).sum()
    assert streamed.counts.sum() + streamed.zeros == x.size
    assert (streamed.counts == counted).all()
    assert np.abs(x).max() <= SIDE * streamed.width <= 2 * np.abs(x).max()
    again = Histogram()
    for piece in np.array_split(x[::-1], 3):
        again.add(piece, float(piece.min()), float(piece.max()))
    assert (again.width, again.zeros) == (streamed.width, streamed.zeros)
    assert (again.counts == streamed.counts).all(), "order and batches change nothing"


def test_a_histogram_is_as_large_after_many_items_as_after_one() -> None:
    one = load_calibrators().get("entropy").make(CalibrationSettings())
    one.add(np.ones(3, np.float32))
    before = sum(a.nbytes for a in one.state().values())
    for k in range(50):
        one.add(np.full(5000, 1.5**k, np.float32))
    assert sum(a.nbytes for a in one.state().values()) == before < 70_000


@pytest.mark.parametrize("kind", KINDS)
def test_minmax_is_the_extremes(kind: str) -> None:
    x = samples(kind)
    assert calibrated("minmax", x).range() == (float(x.min()), float(x.max()))


def test_moving_average_is_the_mean_first_and_exponential_then() -> None:
    batches = np.random.default_rng(0).normal(0, 3, (200, 16)).astype(np.float32)
    few = calibrated("moving_average", batches[:20].reshape(-1), 20, averaging_constant=0.01).range()
    lows, highs = batches.min(1).astype(np.float64), batches.max(1).astype(np.float64)
    assert few == pytest.approx((lows[:20].mean(), highs[:20].mean())), "as onnxruntime's moving average: a plain mean"
    low, high = lows[0], highs[0]
    for k in range(1, 200):
        c = max(0.1, 1 / (k + 1))
        low, high = (1 - c) * low + c * lows[k], (1 - c) * high + c * highs[k]
    many = calibrated("moving_average", batches.reshape(-1), 200, averaging_constant=0.1).range()
    assert many == pytest.approx((low, high))


def test_moving_average_forgets_as_torchs_observer_does() -> None:
    from torch import from_numpy
    from torch.ao.quantization.observer import MovingAverageMinMaxObserver

    batches = np.random.default_rng(1).normal(0, 3, (120, 16)).astype(np.float32)
    observer = MovingAverageMinMaxObserver(averaging_constant=0.2)  # type: ignore[no-untyped-call]
    for batch in batches:
        observer(from_numpy(batch))
    ours = calibrated("moving_average", batches.reshape(-1), 120, averaging_constant=0.2).range()
    assert ours == pytest.approx((float(observer.min_val), float(observer.max_val)), rel=1e-5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("percent", [80.0, 99.0, 99.9])
def test_percentile_is_numpys_and_onnxruntimes(kind: str, percent: float) -> None:
    x = samples(kind)
    low, high = calibrated("percentile", x, percentile=percent).range()
    cut, bin_width = (100 - percent) / 2, 2 * float(np.abs(x).max()) / SIDE
    shares = [cut - 0.005, 100 - cut - 0.005], [cut + 0.005, 100 - cut + 0.005]  # three numbers to either side
    lower, upper = (np.percentile(x.astype(np.float64), s) for s in shares)
    assert (lower - bin_width <= (low, high)).all()
    assert ((low, high) <= upper + bin_width).all()
    collector = ort_collector("percentile", percentile=percent, num_bins=2 * SIDE)
    collector.collect({"x": x})
    theirs = np.array(collector.compute_collection_result()["x"][:2], np.float64)
    assert (lower - 2 * bin_width <= theirs).all()
    assert (theirs <= upper + 2 * bin_width).all()


def test_a_hundred_percent_is_minmax() -> None:
    for kind in KINDS:
        x = samples(kind)
        ends = calibrated("percentile", x, percentile=100.0).range()
        assert ends == pytest.approx((min(float(x.min()), ends[0]), float(x.max())), abs=1e-6), kind


def test_the_divergence_of_eight_bins_by_hand() -> None:
    counts = np.array([1, 3, 0, 6, 2, 2, 4, 10], np.int64)
    p = np.array([1, 3, 0, 6 + 18]) / 28  # four bins are kept, the last takes the 18 beyond it
    q = np.array([2, 2, 0, 6]) / 10  # two numbers: 1 + 3 spread over two bins, 6 over the only one that is not empty
    wanted = sum(a * math.log(a / b) for a, b in zip(p, q, strict=True) if a > 0)
    assert kl_divergence(counts, 0, 4, 2) == pytest.approx(wanted)
    assert kl_divergence(counts, 0, 8, 8) == 0, "as many as bins: nothing is lost"
    assert kl_divergence(np.array([5, 5, 0, 0, 0, 9]), 0, 4, 2) == math.inf, (
        "what lies beyond has nothing to stand for it"
    )


@pytest.mark.parametrize("kind", ["normal", "laplace", "heavy"])
def test_entropy_finds_onnxruntimes_threshold(kind: str) -> None:
    """On two-sided values without gaps. Theirs merges whole numbers of bins and leaves the rest to the last number."""
    x = samples(kind, 400_000)
    collector = ort_collector("entropy", num_bins=1537, num_quantized_bins=128)
    collector.collect({"x": x})
    theirs = collector.compute_collection_result()["x"]
    ours = calibrated("entropy", x).range(127)
    assert ours == pytest.approx((float(theirs[0]), float(theirs[1])), rel=0.25)
    assert ours[1] < 0.85 * float(np.abs(x).max()) or kind == "normal", "something is cut off"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("levels", [15, 255])
def test_the_squared_error_is_that_of_quantizing(kind: str, levels: int) -> None:
    x = samples(kind)
    one: Any = calibrated("mse", x)
    edges, counts = one.bins()
    for share in (0.3, 0.7, 1.0):
        low, high = min(float(x.min()), 0.0) * share, max(float(x.max()), 0.0) * share
        step = (high - low) / levels
        zero = np.rint(-low / step)
        real = np.square(step * np.clip(np.rint(x / step), -zero, levels - zero) - x, dtype=np.float64).sum()
        assert squared_error(edges, counts, low, high, levels) == pytest.approx(real, rel=0.02), share


@pytest.mark.parametrize("kind", KINDS)
def test_mse_is_no_worse_than_any_other_range(kind: str) -> None:
    from torch import from_numpy
    from torch.ao.quantization.observer import HistogramObserver

    x = samples(kind)
    ours = error_of(x, calibrated("mse", x).range())
    observer = HistogramObserver(bins=2048)  # type: ignore[no-untyped-call]
    observer(from_numpy(x))
    torchs = observer._non_linear_param_search()  # type: ignore[no-untyped-call]
    others = [calibrated(key, x).range() for key in calibrator_names()]
    low, high = min(float(x.min()), 0.0), max(float(x.max()), 0.0)
    others += [(low * a, high * b) for a in (0.6, 0.8, 0.9) for b in (0.6, 0.8, 0.9)]
    others.append((float(torchs[0]), float(torchs[1])))
    assert ours <= min(error_of(x, ends) for ends in others) * 1.01


def test_few_steps_cut_off_more_than_many() -> None:
    one = calibrated("mse", samples("laplace"))
    tops = [one.range(levels)[1] for levels in (7, 15, 255, 65535)]
    assert tops == sorted(tops)
    assert tops[0] < tops[-1] / 2
    assert one.range(65535) == pytest.approx((one.low, one.high))


@pytest.mark.parametrize("key", calibrator_names())
def test_ranges_lie_within_the_extremes_and_hold_most_numbers(key: str) -> None:
    for kind in KINDS:
        x = samples(kind)
        low, high = calibrated(key, x).range()
        assert min(float(x.min()), 0.0) <= low <= high <= max(float(x.max()), 0.0), kind
        beyond = np.minimum(x - min(low, 0.0), 0) + np.maximum(x - max(high, 0.0), 0)
        assert np.mean(np.abs(beyond) > 0.1 * (high - low)) < 0.005, kind


@pytest.mark.parametrize("key", calibrator_names())
def test_flat_and_empty_values(key: str) -> None:
    assert calibrated(key, np.zeros(12, np.float32)).range() == (0.0, 0.0)
    low, high = calibrated(key, np.full(12, 3.5, np.float32)).range()
    assert (min(low, 0.0), high) == (0.0, pytest.approx(3.5, rel=0.01))
    one = maker(key, CalibrationSettings())()
    one.add(np.zeros((0, 4), np.float32))
    with pytest.raises(ValueError, match="nothing was added"):
        one.range()
    for odd in (np.nan, np.inf, -np.inf):
        with pytest.raises(ValueError, match="not finite"):
            one.add(np.array([1.0, odd], np.float32))


@pytest.mark.parametrize("key", calibrator_names())
def test_a_restored_calibrator_goes_on_to_the_same_bytes(key: str) -> None:
    x = samples("swish")
    whole, first = (maker(key, CalibrationSettings(averaging_constant=0.3))() for _ in range(2))
    for piece in np.array_split(x, 8):
        whole.add(piece)
    for piece in np.array_split(x, 8)[:5]:
        first.add(piece)
    second = maker(key, CalibrationSettings(averaging_constant=0.3))()
    second.restore({k: np.array(v) for k, v in first.state().items()})
    for piece in np.array_split(x, 8)[5:]:
        second.add(piece)
    assert second.range(15) == whole.range(15)
    assert second.state().keys() == whole.state().keys()
    assert all(second.state()[k].tobytes() == v.tobytes() for k, v in whole.state().items())


def test_names_and_settings() -> None:
    assert calibrator_names()[0] == "minmax"
    assert set(calibrator_names()) >= {"minmax", "moving_average", "percentile", "entropy", "mse"}
    assert all(kind.help.endswith(".") for kind in load_calibrators())
    with pytest.raises(UserError, match="There is no calibrator called 'median'"):
        maker("median", CalibrationSettings())
    with pytest.raises(UserError, match="Percentile is 20"):
        from_json(CalibrationSettings, {"percentile": 20})
