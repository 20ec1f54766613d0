"""Latency: interleaving, order statistics, and real sessions of both runtimes."""

from __future__ import annotations

import gc
import time
from collections.abc import Mapping

import numpy as np
import onnx_ir as ir
import pytest

from core.data.dataset import Array
from core.data.sample import sample_model
from core.errors import Cancelled, UserError
from core.execute.runtimes import OnnxSession, open_session
from core.execute.session import Port
from core.jobs import Job
from core.measure.latency import feed_for, latency
from core.model.model import Model
from tests.conftest import shared


class Sleeper:
    """A session that takes a known time and writes down when it ran."""

    runtime = "sleep"
    threads = 1
    inputs: tuple[Port, ...] = ()
    outputs: tuple[Port, ...] = ()

    def __init__(self, name: str, seconds: float, log: list[str]) -> None:
        self.name, self.seconds, self.log = name, seconds, log

    def run(self, feed: Mapping[str, Array]) -> dict[str, Array]:
        assert not gc.isenabled()
        self.log.append(self.name)
        time.sleep(self.seconds)
        return {}


def test_candidates_take_turns_and_times_are_right() -> None:
    log: list[str] = []
    a, b = Sleeper("a", 0.004, log), Sleeper("b", 0.001, log)
    slow, fast = latency([("slow", a, {}), ("fast", b, {})], rounds=12, warmup=2)
    assert log == ["a", "b", "b", "a"] * 7
    assert gc.isenabled()
    assert 4 <= slow.median.value < 60  # a sleep may last longer on a busy machine, never shorter
    assert 1 <= fast.median.value < slow.median.value + 1
    assert slow.median.n == 12
    low, high = slow.median.interval or (0, 0)
    assert low <= slow.median.value <= high
    assert slow.p10 <= slow.median.value <= slow.p90
    assert slow.spread >= 0
    assert slow.to_json()["median_ms"] == slow.median.value


def test_both_runtimes_on_real_files() -> None:
    onnx = OnnxSession(sample_model())
    lite = open_session(shared("models/mlperf_tiny/pretrainedResnet_quant.tflite"), threads=1)
    model = Model.from_ir(ir.load(sample_model()))
    feeds = (feed_for(onnx, model.inputs), feed_for(lite))
    assert feeds[0][onnx.inputs[0].name].shape == model.inputs[0].bound(1)
    assert feeds[1][lite.inputs[0].name].dtype == np.int8
    found = latency([("sample", onnx, feeds[0]), ("resnet8", lite, feeds[1])], rounds=6)
    assert [f.runtime for f in found] == ["onnxruntime", "LiteRT"]
    for f in found:
        assert 0 < f.median.value < 1000
        assert f.median.how == "measured"
        assert f.runtime in f.median.on
        assert "1 thread" in f.median.on


def test_refusals_and_cancel() -> None:
    with pytest.raises(UserError, match="at least one round"):
        latency([], rounds=0)
    assert latency([]) == []
    log: list[str] = []
    job = Job()
    job.cancel()
    with pytest.raises(Cancelled):
        latency([("a", Sleeper("a", 0.0, log), {})], job=job)
    assert gc.isenabled()
