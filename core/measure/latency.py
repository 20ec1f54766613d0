"""Latency of several candidates, run in turn so that what else the machine does hits all of them alike."""

from __future__ import annotations

import gc
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.data.dataset import Array
from core.data.noise import noise
from core.errors import UserError
from core.execute.session import Session, quantize
from core.jobs import Job
from core.measure import host
from core.measure.files import spec_of
from core.measure.statistics import median_interval
from core.model.collector import resting_collector
from core.model.model import InputSpec
from core.report import Measure

Candidate = tuple[str, Session, Mapping[str, Array]]


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds for one run of one feed.

    ``median`` carries a distribution-free 95 % interval; ``p10``, ``p90`` and ``spread`` (interquartile range) say how
    much single runs vary. ``times``: every round's, in order, to be set beside another candidate's of the same rounds.
    """

    name: str
    runtime: str
    threads: int
    median: Measure
    p10: float
    p90: float
    spread: float
    times: tuple[float, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "runtime": self.runtime,
            "threads": self.threads,
            "median_ms": self.median.value,
            "interval": list(self.median.interval or ()),
            "p10_ms": self.p10,
            "p90_ms": self.p90,
            "iqr_ms": self.spread,
            "rounds": self.median.n,
            "on": self.median.on,
        }


def latency(
    candidates: Sequence[Candidate], rounds: int = 25, warmup: int = 3, job: Job | None = None
) -> list[Latency]:
    """Time each (name, session, feed) once per round, after ``warmup`` untimed rounds.

    The order turns by one each round, so that none always runs on the cache another left. Raises UserError for fewer
    than one round and whatever a session raises.
    """
    if rounds < 1 or warmup < 0:
        raise UserError(f"Latency needs at least one round, not {rounds} (and {warmup} before it).")
    if not candidates:
        return []
    times = np.zeros((len(candidates), rounds))
    gc.collect()
    with resting_collector():  # a collection in the middle of a run would be counted as the model's
        for k in (job or Job()).track(range(warmup + rounds), warmup + rounds, "Measuring latency"):
            for step in range(len(candidates)):
                which = (k + step) % len(candidates)
                _, session, feed = candidates[which]
                start = time.perf_counter()
                session.run(feed)
                elapsed = time.perf_counter() - start
                if k >= warmup:
                    times[which, k - warmup] = 1000 * elapsed
    return [_summary(c, t) for c, t in zip(candidates, times, strict=True)]


def feed_for(session: Session, inputs: Sequence[InputSpec] = (), batch: int = 1, seed: int = 0) -> dict[str, Array]:
    """A feed of noise for a session, ``batch`` items where its batch is free.

    ``inputs`` (those of the model) give free sizes and the range of the values; ports they do not fit go by
    their own shape.
    """
    known = {s.name: s for s in inputs}
    feed: dict[str, Array] = {}
    for port in session.inputs:
        spec = spec_of(port)
        same = known.get(port.name)
        if same is not None and same.layout == spec.layout and len(same.shape) == len(port.shape):
            spec = same
        count = port.shape[0] if port.shape and port.shape[0] is not None else batch
        feed[port.name] = quantize(noise([spec], count, seed)[spec.name], port)
    return feed


def _summary(candidate: Candidate, times: np.ndarray[Any, np.dtype[np.float64]]) -> Latency:
    name, session, _ = candidate
    p10, low, median, high, p90 = (float(v) for v in np.percentile(times, [10, 25, 50, 75, 90]))
    threads = f"{session.threads} thread" + ("s" if session.threads != 1 else "")
    on = f"{host.cpu_name()}, {session.runtime}, {threads}"
    measure = Measure(median, "ms", "measured", on, len(times), median_interval(times))
    return Latency(name, session.runtime, session.threads, measure, p10, p90, high - low, tuple(times.tolist()))
