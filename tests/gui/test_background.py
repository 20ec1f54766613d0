"""Work beside the window's thread: every errand ends once, in the window's thread, whatever it ended with."""

from __future__ import annotations

import gc
import threading

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from core.errors import Cancelled
from gui.background import Background
from gui.leftovers import Leftovers


def test_results_failures_and_what_was_cancelled_all_end(qtbot: QtBot) -> None:
    background = Background()
    told: list[object] = []

    def work(k: int) -> int:
        if k % 3 == 1:
            raise ValueError(k)
        if k % 3 == 2:
            raise Cancelled
        return k

    def tell(value: object) -> None:
        assert threading.current_thread() is threading.main_thread()
        told.append(value.args[0] if isinstance(value, ValueError) else value)

    for k in range(300):
        background.run(lambda k=k: work(k), tell, tell)  # type: ignore[misc]
    assert background.busy
    qtbot.waitUntil(lambda: not background.busy)
    gc.collect()
    assert sorted(told) == [k for k in range(300) if k % 3 != 2]  # type: ignore[type-var]


def test_after_close_nothing_is_told(qtbot: QtBot) -> None:
    background = Background()
    told: list[object] = []
    background.run(lambda: 1, told.append, told.append)
    background.close()
    qtbot.waitUntil(lambda: not background.busy)
    assert told == []


def test_leftovers_that_are_gone_hear_no_more_of_the_application(qapp: QApplication) -> None:
    parent = QObject()
    leftovers = Leftovers(parent)
    leftovers._due = True
    delete(parent)
    qapp.applicationStateChanged.emit(Qt.ApplicationState.ApplicationInactive)
