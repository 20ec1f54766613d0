"""Short work off the window's thread: reading a file, scaling pictures. Long work belongs to the worker process."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, ClassVar
from weakref import WeakSet

from PySide6.QtCore import QObject, QRunnable, QThreadPool, QTimer, Signal

from core.errors import Cancelled

_LONGEST_HOLD = 1.0  # seconds: whoever holds may be gone before it lets go


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
        self.number, self._courier = number, courier

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
            getattr(self._courier, signal).emit(self.number, *value)
        except RuntimeError:  # the window closed while this ran: its courier is gone and nobody waits
            return


class Background(QObject):
    """Runs callables in a thread pool and calls back in the window's thread; silent once :meth:`close` was called.

    What is given begins when the window's thread has ended what it is doing, and between :meth:`hold` and
    :meth:`release` not at all: threads that all run Python take turns, and what the user waits for in the window would
    take twice or three times as long.
    """

    _held_until: ClassVar[float] = 0.0
    _all: ClassVar[WeakSet[Background]] = WeakSet()

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
        self._next: list[_Errand] = []
        self._begin = QTimer(self, interval=0, singleShot=True)
        self._begin.timeout.connect(self._start)
        Background._all.add(self)
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
        self._next.append(_Errand(self._given, work, self._courier))
        self._begin.start(0)

    @classmethod
    def hold(cls) -> None:
        """The window has a few turns of work of its own: what is given to any Background waits, a second at most."""
        cls._held_until = time.monotonic() + _LONGEST_HOLD

    @classmethod
    def release(cls) -> None:
        """The window has done its work."""
        cls._held_until = 0.0
        for one in list(cls._all):
            if one._next:
                one._begin.start(0)

    def _start(self) -> None:
        held = Background._held_until - time.monotonic()
        if held > 0:
            self._begin.start(int(1000 * held) + 1)
        else:
            self._begin_all()

    def _begin_all(self) -> None:
        errands, self._next = self._next, []
        for errand in errands:
            self._pool.start(errand)

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
        self._begin_all()
        self._pool.waitForDone(2000)

    def close(self) -> None:
        self._closed = True
        for errand in self._next:
            self._waiting.pop(errand.number)
        self._next.clear()
        self._pool.clear()
        self._pool.waitForDone(2000)
