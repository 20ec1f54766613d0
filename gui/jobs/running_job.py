"""One job as the window sees it: state, progress, log and curve points, announced by signals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from PySide6.QtCore import QObject, Signal

from gui.words import tr

State = Literal["waiting", "running", "stopping", "cancelling", "done", "failed", "cancelled"]
ENDED: tuple[State, ...] = ("done", "failed", "cancelled")
_LOG_LINES = 5000


class RunningJob(QObject):
    """Lives in the window's thread. ``changed`` tells rows to read again; points come one by one for charts.

    ``can_stop``: it can end early with its best so far as the result. ``asked`` is the task and its arguments.
    ``quiet``: it counts or shows something, and nothing is lost without it.
    """

    changed = Signal()
    pointed = Signal(str, float, float)
    logged = Signal(str)
    ended = Signal()

    def __init__(self, title: str, cancel: Callable[[], None] | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.title = title
        self.state: State = "waiting"
        self.done = 0.0
        self.message = ""
        self.remaining: float | None = None
        self.log: list[str] = []
        self.points: list[tuple[str, float, float]] = []
        self.result: Any = None
        self.can_stop = False
        self.quiet = False
        self.asked: Mapping[str, Any] = {}
        self._cancel = cancel
        self._stop: Callable[[], None] | None = None

    @property
    def running(self) -> bool:
        return self.state not in ENDED

    def bind(self, cancel: Callable[[], None], stop: Callable[[], None] | None = None) -> None:
        """Give the ways to end it, known once it is handed to the worker."""
        self._cancel, self._stop = cancel, stop
        self.can_stop = stop is not None

    def stop(self) -> None:
        """Ask a training to end now and keep the best so far."""
        if self.state in ("waiting", "running") and self._stop is not None:
            self.state, self.message = "stopping", tr("keeping the best so far")
            self.changed.emit()
            self._stop()

    def cancel(self) -> None:
        if self.running and self.state != "cancelling" and self._cancel is not None:
            self.state, self.message = "cancelling", tr("stopping")
            self.changed.emit()
            self._cancel()

    def wait(self, reason: str) -> None:
        """It stands in a queue; say for what."""
        if self.state == "waiting":
            self.message = reason
            self.changed.emit()

    def progress(self, done: float, message: str, remaining: float | None) -> None:
        if not self.running:
            return
        self.done, self.remaining = done, remaining
        if self.state == "waiting":
            self.state = "running"
        if self.state == "running":
            self.message = message or self.message
        self.changed.emit()

    def point(self, series: str, x: float, y: float) -> None:
        self.points.append((series, x, y))
        self.pointed.emit(series, x, y)

    def write(self, line: str) -> None:
        if len(self.log) < _LOG_LINES:
            self.log.append(line)
            self.logged.emit(line)

    def end(self, state: State, message: str = "") -> None:
        self.state, self.message, self.remaining = state, message, None
        if state == "done":
            self.done = 1.0
        if message and state == "failed":
            self.write(message)
        self.changed.emit()
        self.ended.emit()

    def came_to_nothing(self, message: str) -> None:
        """It ran to its end, and what it found is that it could not be done."""
        self.state, self.message = "failed", message
        self.write(message)
        self.changed.emit()
