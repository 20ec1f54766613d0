"""One lane: a warm worker process and the jobs that wait for it."""

from __future__ import annotations

import sys
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from core.jobs import Point, Progress
from core.worker_client.crash import crash_report, exit_reason
from core.worker_client.events import Done, Ending, Event, Failed, Handle, Listener, Started, Stopped, Waiting
from core.worker_client.process import WorkerProcess

GRACE = 1.5  # seconds between asking a job to stop and killing its worker
_RETRIES = 3  # workers that die one after the other before the jobs that wait are given up


class WorkerClient:
    """One warm worker and the jobs that wait for it, in order. Any thread may call it.

    ``warm``: modules to import while idle. ``tasks``: modules that register tasks of their own.
    """

    def __init__(self, name: str = "worker", warm: Sequence[str] = (), tasks: Sequence[str] = ()) -> None:
        self.name = name
        self._command = [sys.executable, "-P", "-m", "core.worker", "--warm", ",".join(warm)]
        self._command += [part for module in tasks for part in ("--tasks", module)]
        self._lock = threading.RLock()
        self._waiting: deque[Handle] = deque()
        self._running: Handle | None = None
        self._begun = False  # whether the worker has taken up the running job
        self._process: WorkerProcess | None = None
        self._closed = False
        self._crashes = 0

    def start(self) -> None:
        """Start the process now rather than with the first job."""
        with self._lock:
            if self._process is None and not self._closed:
                self._process = WorkerProcess(self._command, self._heard, self._ended)

    @property
    def pid(self) -> int | None:
        with self._lock:
            return self._process.pid if self._process else None

    @property
    def busy(self) -> bool:
        """Whether a job is running or waiting."""
        with self._lock:
            return self._running is not None or bool(self._waiting)

    @property
    def running(self) -> Handle | None:
        with self._lock:
            return self._running

    def submit(
        self, task: str, args: Mapping[str, Any], listener: Listener, folder: Path | None = None, title: str = ""
    ) -> Handle:
        """Queue a job. ``folder`` is where its files go (default: a new one in the system's temporary folder)."""
        return self.add(Handle(task, args, listener, folder, title))

    def add(self, handle: Handle) -> Handle:
        """Queue a job that was made before."""
        with self._lock:
            if self._closed:
                raise RuntimeError("the worker client is closed")
            before = self._waiting[-1] if self._waiting else self._running
            self._waiting.append(handle)
        if before is not None:
            handle.tell(Waiting(f"Waits for '{before.title}'."))
        self._next()
        return handle

    def cancel(self, handle: Handle) -> None:
        """Ask the job to stop; a worker that has not stopped after GRACE seconds is killed and replaced."""
        with self._lock:
            if handle.ending is not None or handle.cancelled:
                return
            handle.cancelled = True
            if handle is self._running and self._process is not None:
                process = self._process
                process.send({"cancel": handle.id})
                timer = threading.Timer(GRACE, self._kill_if_running, (handle, process))
                timer.daemon = True
                timer.start()
                return
            if handle in self._waiting:
                self._waiting.remove(handle)
        handle.tell(Stopped())

    def stop(self, handle: Handle) -> None:
        """Ask a training to end early: its best so far becomes its result, so it ends Done, and nothing is killed.

        Acts that are no trainings run on as they were. A job that still waits has nothing to keep: it is cancelled.
        """
        with self._lock:
            if handle.ending is not None or handle.cancelled:
                return
            if handle is self._running:
                if self._process is not None:
                    self._process.send({"stop": handle.id})
                return
        self.cancel(handle)

    def _kill_if_running(self, handle: Handle, process: WorkerProcess) -> None:
        with self._lock:
            if handle is self._running and process is self._process:
                process.kill()

    def kill(self) -> None:
        """Kill the process as a crash would; it is replaced, and its job Failed."""
        with self._lock:
            if self._process is not None:
                self._process.kill()

    def close(self, grace: float = 0.5) -> None:
        """End the process; jobs that are not over are Stopped. No process is left when this returns."""
        with self._lock:
            self._closed = True
            process, self._process = self._process, None
            left = [h for h in (self._running, *self._waiting) if h is not None]
            self._running = None
            self._waiting.clear()
        if process is not None:
            process.end(grace)
        for handle in left:
            handle.tell(Stopped())

    def _next(self) -> None:
        """Hand the next job over, if the worker is free."""
        with self._lock:
            if self._running is not None or not self._waiting or self._closed:
                return
            self.start()
            assert self._process is not None
            handle = self._running = self._waiting.popleft()
            self._begun = False
            process = self._process
        if not process.spoke:
            handle.tell(Waiting("The worker process is starting."))
        request = {"id": handle.id, "task": handle.task, "args": dict(handle.args), "folder": str(handle.folder)}
        process.send(request)  # where it is dead already, its end is on the way and puts the job back

    def _heard(self, process: WorkerProcess, message: Mapping[str, Any]) -> None:
        with self._lock:
            handle = self._running
            if process is not self._process or handle is None or message.get("id") != handle.id:
                return
            event = _event(message, handle)
            if isinstance(event, Done | Failed) and handle.cancelled:  # it ended while it was being asked to stop
                event = Stopped()
            if isinstance(event, Started):
                self._begun = True
            if isinstance(event, Ending):
                self._running = None
                self._crashes = 0
        if event is not None:
            handle.tell(event)
        if isinstance(event, Ending):
            self._next()

    def _ended(self, process: WorkerProcess, code: int) -> None:
        """The process is gone without having been asked to."""
        with self._lock:
            if process is not self._process:
                return
            self._process = None
            handle, self._running = self._running, None
            self._crashes += handle is None or not handle.cancelled
            unable = not process.spoke and code > 0  # it cannot even start, and would not the next time
            hopeless = unable or self._crashes > _RETRIES
            if handle is not None and not (self._begun or handle.cancelled or hopeless):
                self._waiting.appendleft(handle)  # it had died before: the job had no part in it
                handle = None
            left = list(self._waiting) if hopeless else []
            if hopeless:
                self._waiting.clear()
        if handle is not None:
            handle.tell(Stopped() if handle.cancelled else _crash(process, code, handle))
        for other in left:
            other.tell(_crash(process, code, other))
        if not hopeless:
            with self._lock:
                if not self._closed:
                    self.start()
            self._next()


def _event(message: Mapping[str, Any], handle: Handle) -> Event | None:
    kind = message.get("event")
    if kind == "progress":
        return Progress(message["done"], message["message"], message["elapsed"], message["remaining"])
    if kind == "point":
        return Point(message["series"], message["x"], message["y"])
    if kind == "begun":
        return Started()
    if kind == "log":
        return str(message["line"])
    if kind == "result":
        return Done(message["result"], handle.folder)
    if kind == "cancelled":
        return Stopped()
    if kind == "error":
        trace = message.get("traceback", "")
        report = crash_report(handle.task, message["message"], trace) if trace else ""
        return Failed(message["message"], message["hint"], bool(message["user"]), report)
    return None


def _crash(process: WorkerProcess, code: int, handle: Handle) -> Failed:
    how = exit_reason(code)
    words = process.last_words()
    message = f"The worker process {how} while it was busy with '{handle.task}'."
    hint = "Memory ran out, perhaps: try less data or a smaller batch." if code == -9 else "Nothing else was lost."
    return Failed(message, hint, False, crash_report(handle.task, message, words))
