"""What tests of the window share: a client that runs the real tasks in a thread, and ways to wait and to drop."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QDialog, QWidget
from pytestqt.qtbot import QtBot

from core.errors import Cancelled, UserError
from core.jobs import Job
from core.tasks import TASKS
from core.worker_client import Done, Failed, Handle, Listener, Started, Stopped
from gui.desk import Desk

PATIENCE = 60_000  # ms; the machine may be busy with other tests


class ThreadClient:
    """Runs core's own tasks in threads of this process: real results without the seconds a process takes to start."""

    def __init__(self) -> None:
        self._jobs: dict[Handle, Job] = {}
        self._threads: list[threading.Thread] = []
        self.started = False

    def start(self) -> None:
        self.started = True

    def submit(
        self, task: str, args: Mapping[str, Any], listener: Listener, folder: Path | None = None, title: str = ""
    ) -> Handle:
        handle = Handle(task, args, listener, folder, title)
        job = self._jobs[handle] = Job(handle.tell)
        thread = threading.Thread(target=self._run, args=(handle, job), daemon=True)
        self._threads.append(thread)
        thread.start()
        return handle

    def cancel(self, handle: Handle) -> None:
        self._jobs[handle].cancel()

    def stop(self, handle: Handle) -> None:
        self._jobs[handle].stop()

    def close(self) -> None:
        for job in self._jobs.values():
            job.cancel()
        for thread in self._threads:
            thread.join(10)

    @staticmethod
    def _run(handle: Handle, job: Job) -> None:
        handle.tell(Started())
        try:
            result = TASKS.get(handle.task).do(dict(handle.args), job, handle.folder)
        except Cancelled:
            handle.tell(Stopped())
        except UserError as error:
            handle.tell(Failed(error.message, error.hint))
        except Exception as error:  # noqa: BLE001  as the worker does: a bug becomes a report
            handle.tell(Failed(f"{type(error).__name__}: {error}", "", False, "Traceback of the test client"))
        else:
            handle.tell(Done(result, handle.folder))


def settle(desk: Desk, qtbot: QtBot) -> None:
    """Until files are read, jobs are over and results are committed."""
    quiet = 0

    def still() -> bool:
        nonlocal quiet
        quiet = 0 if desk.background.busy or desk.jobs.running else quiet + 1
        return quiet > 2

    qtbot.waitUntil(still, timeout=PATIENCE)


def destroy(desk: Desk) -> None:
    """Close the window and delete it now: windows that pile up make every change of look slower."""
    desk.window.close()
    desk.window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def drop(desk: Desk, path: Path) -> None:
    """A file let go over the window, as the desktop would deliver it."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    event = QDropEvent(
        QPointF(300, 300),
        Qt.DropAction.CopyAction,
        mime,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    desk.window.dropEvent(event)


def hover(widget: QWidget, spot: QPoint) -> None:
    """The mouse comes to a place of a widget, whatever window lies above and wherever the cursor was before."""
    none, still = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    where, world = QPointF(spot), QPointF(widget.mapToGlobal(spot))
    QApplication.sendEvent(widget, QMouseEvent(QEvent.Type.MouseMove, where, world, none, none, still))


def dialog_of(kind: type[QDialog]) -> Any:
    """The open dialog of a class."""
    found = [w for w in QApplication.topLevelWidgets() if isinstance(w, kind) and w.isVisible()]
    assert found, f"no {kind.__name__} is open"
    return found[-1]


def state_of(desk: Desk) -> tuple[Any, ...]:
    """What must not change when something goes wrong."""
    state = desk.state
    project = state.project.folder if state.project is not None else None
    return project, [r.id for r in state.revisions], state.revision.id if state.revision else None, id(state.model)


def truncated(path: Path, target: Path) -> Path:
    target.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return target


def copied(path: Path, target: Path) -> Path:
    shutil.copyfile(path, target)
    return target
