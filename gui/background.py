"""Short work off the window's thread: reading a file, scaling pictures. Long work belongs to the worker process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal

from core.errors import Cancelled


class _Courier(QObject):
    """Carries results to the thread it was made in (signals across threads are queued), each with its number.

    One for all errands. One for each, deleted by deleteLater when it had arrived, was now and then destroyed twice
    (PySide6 6.11; a crash in every fifth test that reads a large graph).
    """

    done = Signal(int, object)
    failed = Signal(int, object)
    dropped = Signal(int)


class _Errand(QRunnable):
    def __init__(self, number: int, work: Callable[[], Any], courier: _Courier) -> None:
        super().__init__()
        self._work: Callable[[], Any] | None = work
        self._number, self._courier = number, courier

    def run(self) -> None:
        work, self._work = self._work, None  # Qt may keep this for long, and the work may hold a whole model
        try:
            result = work() if work is not None else None
        except Cancelled:
            self._send("dropped")
        except Exception as error:  # noqa: BLE001  whatever it is, it is handed to the one reporter of failures
            self._send("failed", error)
        else:
            self._send("done", result)

    def _send(self, signal: str, *value: object) -> None:
        try:
            getattr(self._courier, signal).emit(self._number, *value)
        except RuntimeError:  # the window closed while this ran: its courier is gone and nobody waits
            return


class Background(QObject):
    """Runs callables in a thread pool and calls back in the window's thread; silent once :meth:`close` was called."""

    busy_changed = Signal(bool)

    def __init__(self, parent: QObject | None = None, threads: int = 0) -> None:
        """With one of ``threads`` everything runs in the order in which it was given; 0: as many as there are cores."""
        super().__init__(parent)
        self._pool = QThreadPool(self)
        if threads:
            self._pool.setMaxThreadCount(threads)
        self._courier = _Courier(self)
        self._courier.done.connect(self._done)
        self._courier.failed.connect(self._failed)
        self._courier.dropped.connect(self._dropped)
        self._given = 0
        self._waiting: dict[int, tuple[Callable[[Any], None], Callable[[Exception], None]]] = {}
        self._closed = False

    @property
    def busy(self) -> bool:
        return bool(self._waiting)

    def run(self, work: Callable[[], Any], done: Callable[[Any], None], failed: Callable[[Exception], None]) -> None:
        """Neither ``done`` nor ``failed`` is called where ``work`` raises Cancelled."""
        self._given += 1
        self._waiting[self._given] = done, failed
        self.busy_changed.emit(True)
        self._pool.start(_Errand(self._given, work, self._courier))

    def _done(self, number: int, value: Any) -> None:
        self._finish(number, lambda done, _: done(value))

    def _failed(self, number: int, error: Exception) -> None:
        self._finish(number, lambda _, failed: failed(error))

    def _dropped(self, number: int) -> None:
        self._finish(number, lambda *_: None)

    def _finish(self, number: int, tell: Callable[..., None]) -> None:
        callbacks = self._waiting.pop(number)
        if not self._closed:
            self.busy_changed.emit(self.busy)
            tell(*callbacks)

    def wait(self) -> None:
        """Until what was given so far has run; its callbacks come later. For work of milliseconds only."""
        self._pool.waitForDone(2000)

    def close(self) -> None:
        self._closed = True
        self._pool.clear()
        self._pool.waitForDone(2000)
