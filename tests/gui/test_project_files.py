"""The project from the window: packed and unpacked, opened twice, killed, and the place where the user was."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from core.data.sample import sample_model
from core.formats.open import open_model
from core.project.parcel import pack_project
from core.project.project import Project
from gui import settings
from gui.app import build
from gui.desk import Desk
from gui.operations import files
from gui.settings import Settings
from gui.view_memory import ViewMemory
from tests.gui.window_tools import ThreadClient, destroy, dialog_of, drop, settle

CTRL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A project on the disk that nobody has open."""
    Project.create(tmp_path / "net", open_model(sample_model())).close()
    return tmp_path / "net.thimble"


def opened(desk: Desk, qtbot: QtBot, path: Path) -> None:
    files.open_project(desk, path)
    qtbot.waitUntil(lambda: desk.state.project is not None and desk.state.project.folder == path, timeout=60_000)
    settle(desk, qtbot)


def memory(desk: Desk) -> ViewMemory:
    return next(k for k in desk.kept if isinstance(k, ViewMemory))


# one file to send ----------------------------------------------------------------------------------------------------


def test_pack_by_keyboard_and_open_the_file_again_from_the_menu(
    sample: Desk, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = tmp_path / "send.thimble.zip"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a, **k: (str(packed), ""))
    qtbot.keyClick(sample.window, Qt.Key.Key_K, CTRL | ALT)
    qtbot.waitUntil(packed.exists, timeout=60_000)
    settle(sample, qtbot)
    assert sample.errors.last[0] == "info"
    assert "data stays here" in sample.errors.last[2]
    titles = [r.title for r in sample.state.revisions]
    target = tmp_path / "again.thimble"
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *a, **k: (str(packed), ""))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a, **k: (str(target), ""))
    qtbot.keyClick(sample.window, Qt.Key.Key_P, CTRL | ALT)
    qtbot.waitUntil(lambda: sample.state.project is not None and sample.state.project.folder == target, timeout=60_000)
    settle(sample, qtbot)
    assert [r.title for r in sample.state.revisions] == titles
    assert sample.state.attached is not None  # the data was where it was and is what it was


def test_a_packed_project_that_is_dropped_becomes_a_session(desk: Desk, qtbot: QtBot, folder: Path) -> None:
    packed = pack_project(folder, folder.with_name("sent"))
    drop(desk, packed)
    qtbot.waitUntil(lambda: desk.state.project is not None, timeout=60_000)
    assert desk.state.project is not None
    assert settings.is_session(desk.state.project.folder)
    assert desk.state.project.folder.name.startswith("sent-")


def test_a_hostile_file_changes_nothing_and_is_named(sample: Desk, qtbot: QtBot, tmp_path: Path) -> None:
    before = sample.state.project
    (tmp_path / "evil.thimble.zip").write_bytes(b"PK\x05\x06" + bytes(18))
    drop(sample, tmp_path / "evil.thimble.zip")
    settle(sample, qtbot)
    assert sample.errors.last[0] == "error"
    assert "evil.thimble.zip" in sample.errors.last[1]
    assert sample.state.project is before


def test_cancelled_dialogs_do_nothing(sample: Desk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a, **k: ("", ""))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *a, **k: ("", ""))
    before = sample.state.project
    sample.actions["pack_project"].trigger()
    sample.actions["open_packed"].trigger()
    settle(sample, qtbot)
    assert sample.state.project is before


# opened twice --------------------------------------------------------------------------------------------------------


def test_a_project_that_is_open_elsewhere_can_be_worked_on_as_a_copy(desk: Desk, qtbot: QtBot, folder: Path) -> None:
    with Project.open(folder) as held:
        files.open_project(desk, folder)
        qtbot.waitUntil(
            lambda: any(isinstance(w, QMessageBox) for w in QApplication.topLevelWidgets() if w.isVisible())
        )
        box = dialog_of(QMessageBox)
        assert f"process {os.getpid()}" in box.text()
        assert desk.state.project is None
        qtbot.keyClick(box.defaultButton(), Qt.Key.Key_Space)
        qtbot.waitUntil(lambda: desk.state.project is not None, timeout=60_000)
        settle(desk, qtbot)
        assert desk.state.project is not None
        assert settings.is_session(desk.state.project.folder)
        desk.state.project.rename(desk.state.project.current.id, "of the copy")
        assert held.current.title != "of the copy"


def test_the_copy_can_be_declined(desk: Desk, qtbot: QtBot, folder: Path) -> None:
    with Project.open(folder):
        files.open_project(desk, folder)
        qtbot.waitUntil(
            lambda: any(isinstance(w, QMessageBox) for w in QApplication.topLevelWidgets() if w.isVisible())
        )
        qtbot.keyClick(dialog_of(QMessageBox), Qt.Key.Key_Escape)
        settle(desk, qtbot)
        assert desk.state.project is None


# where the user was --------------------------------------------------------------------------------------------------


def go_somewhere(desk: Desk, qtbot: QtBot) -> dict[str, object]:
    """Select, zoom, scroll, search and change the tab, as a user would; gives the place when it is written."""
    view = desk.window.graphs.view
    if view.opened():
        view.close_block(view.opened()[-1])
    qtbot.wait(50)
    desk.state.select(list(view.picture.index)[3:5])
    view.set_zoom(0.8)
    view.centerOn(QPointF(120, 900))
    desk.window.graphs.search.line.setText("conv")
    qtbot.keyClick(desk.window, Qt.Key.Key_2, ALT)
    here = memory(desk).place()
    project = desk.state.project
    assert project is not None
    qtbot.waitUntil(lambda: project.view_state("place") == here, timeout=20_000)
    return here


def test_a_project_opens_where_it_was_left(desk: Desk, qtbot: QtBot, folder: Path) -> None:
    opened(desk, qtbot, folder)
    view = desk.window.graphs.view
    every = view.opened()
    assert every
    here = go_somewhere(desk, qtbot)
    desk.state.select(list(desk.window.graphs.view.picture.index)[:1])  # not written yet when the project is closed
    here["selected"] = list(desk.state.selected)
    qtbot.keyClick(desk.window, Qt.Key.Key_W, CTRL)
    settle(desk, qtbot)
    assert desk.state.project is None
    desk.window.tabs.setCurrentWidget(desk.window.compare)
    opened(desk, qtbot, folder)
    qtbot.waitUntil(lambda: desk.state.selected == here["selected"])
    found = memory(desk).place()
    same = ("zoom", "selected", "tab", "search", "opened")
    assert {k: found[k] for k in same} == {k: here[k] for k in same}
    assert len(view.opened()) + 1 == len(every)
    assert found["tab"] == "layers"
    (x, y), (was_x, was_y) = found["middle"], here["middle"]  # type: ignore[misc]
    assert abs(x - was_x) < 3
    assert abs(y - was_y) < 3


def test_nonsense_in_the_stored_place_is_left_out(desk: Desk, qtbot: QtBot, folder: Path) -> None:
    with Project.open(folder) as project:
        project.set_view_state("place", {"zoom": "x", "middle": [1], "selected": [7, "no such layer"], "tab": 3})
    opened(desk, qtbot, folder)
    assert desk.errors.last[0] != "error"
    assert desk.window.graphs.view.zoom() == pytest.approx(1.0)


_KILLED = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from gui.app import build, make_application
from gui.operations import files
from gui.settings import Settings
app = make_application()
desk = build(app, Settings(Path(sys.argv[1])))
desk.window.show()
files.open_project(desk, Path(sys.argv[2]))
def act():
    if desk.state.project is None or desk.window.graphs.view.picture is None:
        return
    timer.stop()
    desk.window.graphs.view.set_zoom(0.7)
    desk.state.select(list(desk.window.graphs.view.picture.index)[2:3])
    QTimer.singleShot(2500, lambda: print("written", flush=True))
timer = QTimer(interval=50)
timer.timeout.connect(act)
timer.start()
app.exec()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX")
def test_after_a_kill_the_next_start_goes_on_where_it_was(
    qtbot: QtBot, qapp: QApplication, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    store = tmp_path / "window.ini"
    window = subprocess.Popen([sys.executable, "-c", _KILLED, str(store), str(folder)], stdout=-1, text=True)
    assert window.stdout is not None
    assert window.stdout.readline() == "written\n"
    assert Settings(store).left_open is None  # its window lives: nothing to be offered yet
    window.kill()
    window.wait(10)
    window.stdout.close()
    desk = build(qapp, Settings(store), ThreadClient())
    desk.window.show()
    button = desk.window.start.buttons["recover"]
    assert "net" in button.text()
    assert "unexpectedly" in button.description()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(desk.state.selected), timeout=60_000)
    assert desk.state.project is not None
    assert desk.state.project.folder == folder
    assert desk.window.graphs.view.zoom() == pytest.approx(0.7)
    assert desk.state.selected == list(desk.window.graphs.view.picture.index)[2:3]
    settle(desk, qtbot)
    destroy(desk)
    assert Settings(store).left_open is None  # this window ended as windows do
