"""The worker process and its client: events, cancel, crash, replacement, lanes, and no process left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.jobs import Point, Progress
from core.worker_client import Done, Ending, Event, Failed, Handle, Lanes, Started, Stopped, Waiting, WorkerClient

TASKS = ("tests.core.worker_tasks",)
ROOT = Path(__file__).resolve().parents[2]
posix = pytest.mark.skipif(os.name == "nt", reason="signals")


@pytest.fixture(scope="module")
def client() -> Iterator[WorkerClient]:
    made = WorkerClient(tasks=TASKS)
    made.start()
    yield made
    made.close()


def alive(pid: int) -> bool:
    """Zombies count as gone: their parent has not looked yet."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (OSError, ProcessLookupError):
        return False


def until(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return condition()


def done(handle: Handle) -> Done:
    ending = handle.wait(30)
    assert isinstance(ending, Done), ending
    return ending


def test_a_job_tells_everything_in_order_and_ends_once(client: WorkerClient) -> None:
    heard: list[Event] = []
    handle = client.submit("test.count", {"steps": 4, "seconds": 0.06}, heard.append)
    ending = done(handle)
    assert ending.result["steps"] == 4
    assert (ending.folder / "file.txt").read_text() == "done"
    assert next(e for e in heard if not isinstance(e, Waiting)) == Started()
    assert heard[-1] is ending
    assert [e.y for e in heard if isinstance(e, Point)] == [0, 1, 4, 9]
    shares = [e.done for e in heard if isinstance(e, Progress)]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert "counted" in heard
    assert sum(isinstance(e, Ending) for e in heard) == 1


def test_prints_of_libraries_and_their_children_do_not_reach_the_protocol(client: WorkerClient) -> None:
    ending = done(client.submit("test.print", {}, lambda e: None))
    assert ending.result["array"] == [0, 1, 2]
    assert ending.result["number"] == 0.5
    assert ending.result["stdin"] == ""
    assert ending.result["path"] == str(ending.folder)
    assert ending.result["nice"] >= (10 if hasattr(os, "nice") else 0)


def test_the_users_mistake_and_our_bug_are_told_apart_and_the_worker_lives_on(client: WorkerClient) -> None:
    pid = client.pid
    mistake = client.submit("test.user", {}, lambda e: None).wait(20)
    assert mistake == Failed("That cannot be.", "Try this.", True, "")
    unknown = client.submit("absent", {}, lambda e: None).wait(20)
    assert isinstance(unknown, Failed)
    assert "no task called 'absent'" in unknown.message
    bug = client.submit("test.bug", {}, lambda e: None).wait(20)
    assert isinstance(bug, Failed)
    assert not bug.user
    assert "ZeroDivisionError" in bug.message
    assert "worker_tasks.py" in bug.report
    assert client.pid == pid


def test_jobs_run_one_after_the_other_and_say_what_they_wait_for(client: WorkerClient) -> None:
    order: list[str] = []
    heard: list[Event] = []
    first = client.submit("test.count", {"steps": 3, "seconds": 0.05}, lambda e: None, title="First")
    second = client.submit(
        "test.count", {"steps": 1, "seconds": 0}, lambda e: (heard.append(e), order.append("b")), title="Second"
    )
    third = client.submit("test.count", {"steps": 1, "seconds": 0}, lambda e: None)
    client.cancel(third)
    assert isinstance(third.ending, Stopped)  # it had not begun: nothing to wait for
    done(first)
    done(second)
    assert heard[0] == Waiting("Waits for 'First'.")
    assert isinstance(heard[1], Started)


@pytest.mark.alone
def test_a_cooperative_job_stops_at_once_and_keeps_its_worker(client: WorkerClient) -> None:
    pid = client.pid
    heard: list[Event] = []
    handle = client.submit("test.count", {"steps": 10_000, "seconds": 0.02}, heard.append)
    assert until(lambda: any(isinstance(e, Point) for e in heard))
    start = time.monotonic()
    client.cancel(handle)
    client.cancel(handle)
    assert isinstance(handle.wait(5), Stopped)
    assert time.monotonic() - start < 1.0
    assert not handle.folder.exists()
    assert done(client.submit("test.count", {"steps": 1, "seconds": 0}, lambda e: None)).result["pid"] == pid


@pytest.mark.alone
def test_a_stubborn_job_is_killed_within_two_seconds_and_its_worker_replaced() -> None:
    client = WorkerClient(tasks=TASKS)
    try:
        heard: list[Event] = []
        handle = client.submit("test.stubborn", {}, heard.append)
        after = client.submit("test.count", {"steps": 1, "seconds": 0}, lambda e: None)
        assert until(lambda: any(isinstance(e, str) for e in heard))
        pid = client.pid
        assert pid
        start = time.monotonic()
        client.cancel(handle)
        assert isinstance(handle.wait(5), Stopped)
        assert 1.4 < time.monotonic() - start < 2.0
        assert not alive(pid)
        assert done(after).result["pid"] not in (pid, None)
    finally:
        client.close()


@posix
def test_a_crash_is_reported_with_its_last_words_and_the_next_job_runs(client: WorkerClient) -> None:
    pid = client.pid
    handle = client.submit("test.segfault", {}, lambda e: None)
    after = client.submit("test.count", {"steps": 1, "seconds": 0}, lambda e: None)
    crash = handle.wait(20)
    assert isinstance(crash, Failed)
    assert not crash.user
    assert "SIGSEGV" in crash.message
    assert "Fatal Python error: Segmentation fault" in crash.report  # faulthandler's words
    assert "in segfault" in crash.report
    assert not handle.folder.exists()
    assert done(after).result["pid"] != pid


def test_a_library_that_exits_is_reported(client: WorkerClient) -> None:
    crash = client.submit("test.exit", {}, lambda e: None).wait(20)
    assert isinstance(crash, Failed)
    assert "ended with code 3" in crash.message
    assert "last words of a library" in crash.report


@posix
def test_a_killed_worker_is_reported_and_replaced_even_while_idle(client: WorkerClient) -> None:
    heard: list[Event] = []
    handle = client.submit("test.stubborn", {}, heard.append)
    assert until(lambda: Started() in heard)
    pid = client.pid
    assert pid
    os.kill(pid, signal.SIGKILL)
    crash = handle.wait(20)
    assert isinstance(crash, Failed)
    assert "SIGKILL" in crash.message
    assert until(lambda: client.pid not in (pid, None))
    done(client.submit("test.count", {"steps": 1, "seconds": 0}, lambda e: None))
    idle = client.pid
    assert idle
    os.kill(idle, signal.SIGKILL)
    # a job that was handed to a process already dead had no part in its death: the next process does it
    assert done(client.submit("test.count", {"steps": 1, "seconds": 0}, lambda e: None)).result["pid"] != idle


def test_a_worker_that_cannot_start_fails_its_jobs_instead_of_trying_for_ever() -> None:
    client = WorkerClient(tasks=("no.such.module",))
    try:
        handle = client.submit("test.count", {"steps": 1, "seconds": 0}, lambda e: None)
        crash = handle.wait(30)
        assert isinstance(crash, Failed)
        assert "No module named 'no'" in crash.report
        assert until(lambda: client.pid is None, 30)
    finally:
        client.close()


def test_a_listeners_bug_does_not_stop_the_next_job(client: WorkerClient, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []
    monkeypatch.setattr(sys, "excepthook", lambda *a: seen.append(a[1]))

    def broken(event: Event) -> None:
        raise ValueError("a bug")

    done(client.submit("test.count", {"steps": 1, "seconds": 0}, broken))
    done(client.submit("test.count", {"steps": 1, "seconds": 0}, lambda e: None))
    assert seen


@pytest.mark.alone
def test_closing_leaves_no_process_and_stops_what_was_running() -> None:
    client = WorkerClient(tasks=TASKS)
    heard: list[Event] = []
    handle = client.submit("test.stubborn", {}, heard.append)
    waiting = client.submit("test.stubborn", {}, lambda e: None)
    assert until(lambda: any(isinstance(e, str) for e in heard))
    pid = client.pid
    assert pid
    start = time.monotonic()
    client.close()
    assert time.monotonic() - start < 2.0
    assert not alive(pid)
    assert isinstance(handle.ending, Stopped)
    assert isinstance(waiting.ending, Stopped)
    with pytest.raises(RuntimeError, match="closed"):
        client.submit("test.count", {}, lambda e: None)
    client.close()


@pytest.mark.alone
@posix
def test_when_the_parent_is_killed_its_worker_ends_whatever_it_does() -> None:
    code = (
        "import sys, time\n"
        "from core.worker_client import WorkerClient\n"
        f"client = WorkerClient(tasks={TASKS!r})\n"
        "client.submit('test.stubborn', {}, lambda e: isinstance(e, str) and print(client.pid, flush=True))\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=ROOT)
    assert parent.stdout
    with parent, parent.stdout:
        pid = int(parent.stdout.readline())
        assert alive(pid)
        parent.kill()
    assert until(lambda: not alive(pid), 3)


def test_many_threads_may_submit_and_cancel() -> None:
    client, handles, lock = WorkerClient(tasks=TASKS), [], threading.Lock()

    def work(number: int) -> None:
        for k in range(5):
            handle = client.submit("test.count", {"steps": 2, "seconds": 0.002}, lambda e: None)
            with lock:
                handles.append(handle)
            if (number + k) % 2:
                client.cancel(handle)

    try:
        threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        endings = [h.wait(30) for h in handles]
        assert all(isinstance(e, (Done, Stopped)) for e in endings)
        assert sum(isinstance(e, Done) for e in endings) >= 15
    finally:
        client.close()


def test_short_jobs_do_not_wait_for_long_ones_and_exclusive_ones_wait_for_both(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("core.worker_client.lanes.EXCLUSIVE", frozenset({"test.print"}))
    lanes = Lanes(tasks=TASKS)
    lanes.start()
    try:
        heard: list[Event] = []
        behind: list[Event] = []
        long = lanes.submit("test.count", {"steps": 500, "seconds": 0.01}, lambda e: None, title="Tuning", long=True)
        short = lanes.submit("test.count", {"steps": 1, "seconds": 0.0}, lambda e: None)
        done(short)
        assert long.ending is None
        alone = lanes.submit("test.print", {}, heard.append, title="Latency")
        later = lanes.submit("test.count", {"steps": 1, "seconds": 0.0}, behind.append)
        gone = lanes.submit("test.count", {"steps": 1, "seconds": 0.0}, lambda e: None)
        lanes.cancel(gone)
        assert isinstance(gone.ending, Stopped)
        assert heard == [Waiting("Waits for 'Tuning': measuring latency needs the machine to itself.")] * len(heard)
        assert heard
        assert behind[0] == Waiting("Waits for 'Latency', which needs the machine to itself.")
        lanes.cancel(long)
        assert isinstance(long.wait(5), Stopped)
        done(alone)
        done(later)
        assert (lanes.short.pid, lanes.long.pid) != (None, None)
        pids = (lanes.short.pid, lanes.long.pid)
        waiting = lanes.submit("test.stubborn", {}, lambda e: None, long=True)
        exclusive = lanes.submit("test.print", {}, lambda e: None)
    finally:
        lanes.close()
    assert isinstance(waiting.ending, Stopped)
    assert isinstance(exclusive.ending, Stopped)
    assert not any(alive(pid) for pid in pids if pid)


def test_a_stopped_training_gives_its_result_and_nothing_is_killed(client: WorkerClient) -> None:
    pid, heard = client.pid, list[Event]()
    handle = client.submit("test.train", {"steps": 10_000}, heard.append)
    waits = client.submit("test.train", {"steps": 3}, lambda e: None)
    after = client.submit("test.train", {"steps": 3}, lambda e: None)
    assert until(lambda: any(isinstance(e, Point) for e in heard))
    client.stop(waits)  # it has nothing to keep yet
    assert isinstance(waits.ending, Stopped)
    client.stop(handle)
    client.stop(handle)
    ending = done(handle)
    assert ending.result["stopped"]
    assert 1 <= ending.result["steps"] < 10_000
    assert done(after).result == {"steps": 3, "stopped": False}
    client.stop(after)
    assert client.pid == pid


def test_the_lanes_pass_a_stop_on() -> None:
    lanes = Lanes(TASKS)
    try:
        heard = list[Event]()
        handle = lanes.submit("test.train", {"steps": 10_000}, heard.append, long=True)
        assert until(lambda: any(isinstance(e, Point) for e in heard))
        held = lanes.submit("latency", {}, lambda e: None)
        lanes.stop(held)
        assert isinstance(held.ending, Stopped)
        lanes.stop(handle)
        assert done(handle).result["stopped"]
    finally:
        lanes.close()
