"""Short work off the window's thread: reading a file, scaling pictures. Long work belongs to the worker process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal

from core.errors import Cancelled


class _Courier(QObject):
    """Carries the result to the thread it was made in (signals across threads are queued)."""

    done = Signal(object)
    failed = Signal(object)


class _Errand(QRunnable):
    def __init__(self, work: Callable[[], Any], courier: _Courier) -> None:
        super().__init__()
        self._work: Callable[[], Any] | None = work
        self._courier = courier

    def run(self) -> None:
        work, self._work = self._work, None  # Qt may keep this for long, and the work may hold a whole model
        try:
            result = work() if work is not None else None
        except Cancelled:
            return
        except Exception as error:  # noqa: BLE001  whatever it is, it is handed to the one reporter of failures
            self._send(self._courier.failed, error)
        else:
            self._send(self._courier.done, result)

    @staticmethod
    def _send(signal: Any, value: object) -> None:
        try:
            signal.emit(value)
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
        self._couriers: set[_Courier] = set()
        self._closed = False

    @property
    def busy(self) -> bool:
        return bool(self._couriers)

    def run(self, work: Callable[[], Any], done: Callable[[Any], None], failed: Callable[[Exception], None]) -> None:
        courier = _Courier(self)
        self._couriers.add(courier)

        def finish(callback: Callable[[Any], None], value: Any) -> None:
            self._couriers.discard(courier)
            courier.deleteLater()
            if not self._closed:
                self.busy_changed.emit(self.busy)
                callback(value)

        courier.done.connect(lambda value: finish(done, value))
        courier.failed.connect(lambda error: finish(failed, error))
        self.busy_changed.emit(True)
        self._pool.start(_Errand(work, courier))

    def wait(self) -> None:
        """Until what was given so far has run; its callbacks come later. For work of milliseconds only."""
        self._pool.waitForDone(2000)

    def close(self) -> None:
        self._closed = True
        self._pool.clear()
        self._pool.waitForDone(2000)
