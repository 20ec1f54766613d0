"""A running job as the code inside it sees it: progress, remaining time, log, stop, cancel.

Knows no process, no window.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from core.errors import Cancelled

T = TypeVar("T")


def cores() -> int:
    """How many threads an act takes unless told: what OMP_NUM_THREADS says, as for all that computes, else all cores.

    Whoever sets it, runs several things at once: threads that wait for a core of another wait spinning.
    """
    said = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    return int(said) if said.isdecimal() and int(said) else os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a job stands: ``done`` in 0..1, ``remaining`` in seconds (None while unknown)."""

    done: float
    message: str
    elapsed: float
    remaining: float | None


@dataclass(frozen=True, slots=True)
class Point:
    """One live value of a running job, for curves: series name, x, y."""

    series: str
    x: float
    y: float


Event = Progress | Point | str


class Job:
    """Progress, log, cooperative stop and cancel for one act.

    ``listener`` gets every Event (a plain str is a log line), at most ``rate`` Progress events a second.
    Long loops call :meth:`progress` or iterate through :meth:`track`; both raise Cancelled once
    :meth:`cancel` was called (from any thread). A loop whose best result so far is worth keeping runs inside
    :meth:`stoppable` and ends by itself once :attr:`stopping` is set.
    """

    def __init__(self, listener: Callable[[Event], Any] | None = None, rate: float = 20.0) -> None:
        self._listener = listener
        self._cancel = threading.Event()
        self._stop = threading.Event()
        self._loops = 0
        self._start = time.monotonic()
        self._last = 0.0
        self._gap = 1.0 / rate
        self._low, self._high = 0.0, 1.0
        self._since, self._found = self._start, 0.0  # remaining time is reckoned from there

    def cancel(self) -> None:
        self._cancel.set()

    @property
    def cancelled(self) -> bool:
        return self._cancel.is_set()

    def check(self) -> None:
        """Raise Cancelled if the user asked to stop."""
        if self._cancel.is_set():
            raise Cancelled

    def stop(self) -> None:
        """Ask the loop that runs, else the next one that can stop, to end early and keep the best so far."""
        self._stop.set()

    @property
    def stopping(self) -> bool:
        return self._stop.is_set()

    @property
    def can_stop(self) -> bool:
        """Whether a loop is running that :meth:`stop` would end."""
        return self._loops > 0

    @contextmanager
    def stoppable(self) -> Iterator[None]:
        """Around a loop that heeds :attr:`stopping`. The wish is used up with it: later loops run in full."""
        self._loops += 1
        try:
            yield
        finally:
            self._loops -= 1
            self._stop.clear()

    def log(self, line: str) -> None:
        self._emit(line)

    def point(self, series: str, x: float, y: float) -> None:
        self._emit(Point(series, float(x), float(y)))

    def progress(self, done: float, message: str = "") -> None:
        """Say how far the current stage is (0..1)."""
        self.check()
        now = time.monotonic()
        share = self._share(done)
        if now - self._last < self._gap and share < 1.0:
            return
        self._last = now
        elapsed = now - self._start
        own = share - self._found
        remaining = (now - self._since) * (1 - share) / own if own > 0.02 * (1 - self._found) else None
        self._emit(Progress(share, message, elapsed, remaining))

    def resumed(self, done: float) -> None:
        """An earlier run did ``done`` (0..1) of the current stage, which tells nothing of this run's speed."""
        self._since, self._found = time.monotonic(), self._share(done)

    def _share(self, done: float) -> float:
        return self._low + (self._high - self._low) * min(max(done, 0.0), 1.0)

    def track(self, items: Iterable[T], total: int, message: str = "") -> Iterator[T]:
        """Iterate over ``items``, reporting progress after each and stopping when cancelled."""
        self.progress(0.0, message)
        for k, item in enumerate(items):
            self.check()
            yield item
            self.progress((k + 1) / max(total, 1), message)

    def stage(self, low: float, high: float) -> Stage:
        """``with job.stage(0.2, 0.8):`` maps progress 0..1 inside onto low..high outside."""
        return Stage(self, low, high)

    def _emit(self, event: Event) -> None:
        if self._listener is not None:
            self._listener(event)


class Stage:
    """A share of a job's progress bar; nests."""

    def __init__(self, job: Job, low: float, high: float) -> None:
        self._job, self._part = job, (low, high)

    def __enter__(self) -> Job:
        job, (low, high) = self._job, self._part
        self._outer = (job._low, job._high)
        span = job._high - job._low
        job._low, job._high = job._low + span * low, job._low + span * high
        return job

    def __exit__(self, *exc: object) -> None:
        self._job._low, self._job._high = self._outer
