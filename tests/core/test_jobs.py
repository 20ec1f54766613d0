"""Progress, remaining time, cancel: what every long loop relies on."""

from __future__ import annotations

import os
import threading
import time
from collections import deque

import pytest

from core.errors import Cancelled
from core.jobs import Event, Job, Point, Progress, cores


def listening(rate: float = 1e9) -> tuple[Job, list[Event]]:
    events: list[Event] = []
    return Job(events.append, rate), events


def test_track_counts_from_nothing_to_all() -> None:
    job, events = listening()
    assert list(job.track("abcd", 4, "letters")) == list("abcd")
    shares = [e.done for e in events if isinstance(e, Progress)]
    assert shares == [0.0, 0.25, 0.5, 0.75, 1.0]


def test_stages_nest() -> None:
    job, events = listening()
    with job.stage(0.5, 1.0), job.stage(0.0, 0.5) as inner:
        inner.progress(1.0)
        inner.progress(0.5)
    job.progress(0.1)
    assert [round(e.done, 3) for e in events if isinstance(e, Progress)] == [0.75, 0.625, 0.1]


def test_cancel_from_another_thread_stops_a_loop_at_once() -> None:
    job = Job()
    threading.Timer(0.05, job.cancel).start()
    start = time.monotonic()
    with pytest.raises(Cancelled):
        deque(job.track(iter(lambda: time.sleep(0.001), 1), 1 << 30), maxlen=0)  # endless
    assert time.monotonic() - start < 2
    assert job.cancelled


def test_a_stage_is_left_in_order_even_when_cancelled() -> None:
    job, events = listening()

    def cancelled_inside() -> None:
        with job.stage(0.2, 0.4):
            job.cancel()
            job.check()

    with pytest.raises(Cancelled):
        cancelled_inside()
    assert (job._low, job._high) == (0.0, 1.0)
    assert not events


def test_remaining_time_follows_the_speed_so_far() -> None:
    job, events = listening()
    time.sleep(0.1)
    job.progress(0.5)
    (event,) = events
    assert isinstance(event, Progress)
    assert event.remaining == pytest.approx(event.elapsed, rel=0.01)


def test_progress_is_not_told_more_often_than_asked_but_the_end_always() -> None:
    job, events = listening(rate=1.0)
    for k in range(1000):
        job.progress(k / 1000)
    job.progress(1.0)
    assert len(events) == 2


def test_points_and_log_lines_reach_the_listener() -> None:
    job, events = listening()
    job.point("loss", 3, 0.5)
    job.log("started")
    assert events == [Point("loss", 3.0, 0.5), "started"]


def test_a_stop_is_used_up_by_the_loop_it_ends() -> None:
    job = Job()
    job.stop()
    assert job.stopping
    with job.stoppable():
        assert job.can_stop
        assert job.stopping
    assert not job.stopping
    assert not job.can_stop
    job.cancel()
    with pytest.raises(Cancelled), job.stoppable():
        job.check()
    assert not job.can_stop


@pytest.mark.parametrize(("said", "threads"), [("1", 1), (" 3,2", 3), ("0", None), ("many", None), ("", None)])
def test_threads_are_all_cores_unless_the_environment_says_fewer(
    said: str, threads: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", said)
    assert cores() == (threads or os.cpu_count())
