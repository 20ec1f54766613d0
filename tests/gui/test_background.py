"""Work beside the window's thread: every errand ends once, in the window's thread, whatever it ended with."""

from __future__ import annotations

import gc
import threading

import pytest
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


def test_nothing_begins_in_the_turn_it_is_given_nor_while_the_window_has_work_of_its_own(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    background, other = Background(), Background()
    began: list[str] = []
    Background.hold()
    for name, one in (("first", background), ("second", other)):
        one.run(lambda name=name: began.append(name), lambda _: None, lambda _: None)
    assert background.busy
    qtbot.wait(100)
    assert not began
    Background.release()
    qtbot.waitUntil(lambda: len(began) == 2, timeout=3000)
    monkeypatch.setattr("gui.background._LONGEST_HOLD", 0.05)
    Background.hold()  # by somebody who is gone before letting go
    background.run(lambda: began.append("third"), lambda _: None, lambda _: None)
    qtbot.waitUntil(lambda: len(began) == 3, timeout=3000)
    background.run(lambda: began.append("fourth"), lambda _: None, lambda _: None)
    background.wait()
    assert began[-1] == "fourth", "who waits does not wait for a turn of the window"
