"""The worker processes from the window's side: jobs as QObjects, results in the window's thread."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import QObject, Qt, Signal

from core.errors import UserError
from core.jobs import Point, Progress
from core.worker_client import Done, Event, Failed, Handle, Lanes, Listener, Started, Stopped, Waiting
from gui.error_reporter import ErrorReporter
from gui.jobs.running_job import RunningJob
from gui.wording import without_options

Finish = Callable[[Any], None]
FinishWithFolder = Callable[[Any, Path], None]
Fail = Callable[[Exception], None]


class Client(Protocol):
    """What core.worker_client offers; tests put a quicker one in its place."""

    def start(self) -> None: ...

    def submit(
        self, task: str, args: Mapping[str, Any], listener: Listener, folder: Path | None = None, title: str = ""
    ) -> Handle: ...

    def cancel(self, handle: Handle) -> None: ...

    def stop(self, handle: Handle) -> None: ...

    def close(self) -> None: ...


class _Courier(QObject):
    """Events arrive on the reader's thread; a queued signal brings them to the window's, with the number of their job.

    One for all jobs, for the reason given in gui/background.py.
    """

    came = Signal(int, object)


class _Running:
    """A job with what is to be done at its end."""

    def __init__(self, job: RunningJob, title: str, done: FinishWithFolder, failed: Fail | None, keep: bool) -> None:
        self.job, self.title, self.done, self.failed = job, title, done, failed
        self.keep_folder = keep
        self.handle: Handle | None = None


class JobRunner(QObject):
    """Submits tasks to the worker processes. Callbacks come in the window's thread, never after :meth:`close`."""

    job_added = Signal(object)
    running_changed = Signal(int)

    def __init__(self, errors: ErrorReporter, client: Client | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._errors = errors
        self._client = client or make_client()
        self._running: dict[RunningJob, _Running] = {}
        self._courier = _Courier(self)
        self._courier.came.connect(self._event, Qt.ConnectionType.QueuedConnection)
        self._numbered: dict[int, _Running] = {}
        self._given = 0
        self._closed = False

    @property
    def running(self) -> list[RunningJob]:
        return [job for job in self._running if job.running]

    def warm_up(self) -> None:
        """Start the processes now: the first act then need not wait for them."""
        if not self._closed:
            self._client.start()

    def submit(
        self,
        title: str,
        task: str,
        args: Mapping[str, Any],
        done: Finish,
        failed: Fail | None = None,
        quiet: bool = False,
    ) -> RunningJob:
        """Run a task whose result is JSON. ``quiet`` jobs (previews, counting) stay out of the job panel."""
        return self._start(title, task, args, None, lambda result, _: done(result), failed, quiet)

    def submit_with_folder(
        self,
        title: str,
        task: str,
        args: Mapping[str, Any],
        folder: Path,
        done: FinishWithFolder,
        failed: Fail | None = None,
        can_stop: bool = False,
        quiet: bool = False,
    ) -> RunningJob:
        """Run a task that leaves files in ``folder``; ``done`` gets both and deletes the folder when it is through.

        ``can_stop``: it trains, and can end early with its best so far as the result. ``quiet`` as for :meth:`submit`.
        """
        return self._start(title, task, args, folder, done, failed, quiet, can_stop)

    def cancel_all(self) -> None:
        for job in self.running:
            job.cancel()

    def close(self) -> None:
        """End the processes; what was running is lost, what had ended is on the disk."""
        if not self._closed:
            self._closed = True
            self._client.close()

    # inside -----------------------------------------------------------------------------------------------------

    def _start(
        self,
        title: str,
        task: str,
        args: Mapping[str, Any],
        folder: Path | None,
        done: FinishWithFolder,
        failed: Fail | None,
        quiet: bool,
        can_stop: bool = False,
    ) -> RunningJob:
        job = RunningJob(title, parent=self)
        job.quiet = quiet
        job.asked = {"task": task, "args": dict(args)}
        running = _Running(job, title, done, failed, folder is not None)
        self._running[job] = running
        self._given += 1
        self._numbered[self._given] = running
        tell = partial(self._courier.came.emit, self._given)
        running.handle = self._client.submit(task, args, tell, folder, title)
        job.bind(lambda: self._cancel(running), (lambda: self._stop(running)) if can_stop else None)
        if not quiet:
            self.job_added.emit(job)
        self.running_changed.emit(len(self.running))
        return job

    def _cancel(self, running: _Running) -> None:
        if running.handle is not None:
            self._client.cancel(running.handle)

    def _stop(self, running: _Running) -> None:
        if running.handle is not None:
            self._client.stop(running.handle)

    def _event(self, number: int, event: Event) -> None:
        running = self._numbered.get(number)
        if self._closed or running is None:
            return
        job = running.job
        if isinstance(event, Started):
            job.progress(0.0, "started", None)
        elif isinstance(event, Waiting):
            job.wait(event.reason)
        elif isinstance(event, Progress):
            job.progress(event.done, event.message, event.remaining)
        elif isinstance(event, Point):
            job.point(event.series, event.x, event.y)
        elif isinstance(event, str):
            job.write(event)
        else:
            self._ended(running, event)

    def _ended(self, running: _Running, event: Done | Failed | Stopped) -> None:
        job = running.job
        if isinstance(event, Done):
            job.end("done")
            running.done(event.result, event.folder)
        elif isinstance(event, Stopped):
            job.end("cancelled")
        else:
            job.end("failed", without_options(f"{event.message} {event.hint}".strip()))
            self._fail(running, event)
        handle = running.handle
        if handle is not None and (not running.keep_folder or not isinstance(event, Done)):
            shutil.rmtree(handle.folder, ignore_errors=True)
        self._running.pop(job, None)
        self._numbered = {k: r for k, r in self._numbered.items() if r is not running}
        self.running_changed.emit(len(self.running))

    def _fail(self, running: _Running, event: Failed) -> None:
        if event.user and running.failed is not None:
            running.failed(UserError(event.message, event.hint))
        elif event.user:
            self._errors.say("error", event.message, event.hint)
        else:
            self._errors.crash(f"{running.title}: {event.message}", event.report)
            if running.failed is not None and running.failed != self._errors.report:
                running.failed(UserError(event.message, event.hint))


def make_client() -> Client:
    """The two lanes of worker processes, not started yet."""
    return Lanes()
