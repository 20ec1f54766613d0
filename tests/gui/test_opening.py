"""Opening: by menu, drop, command line; what cannot be opened leaves the open project alone and says one sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from core.data.sample import sample_model
from core.methods.scope import Scope
from core.model.marks import marks
from gui.act.request import ActRequest
from gui.app import open_argument
from gui.desk import Desk
from gui.graph_view.known import layer_keys
from gui.operations import act, files, moving
from tests.gui.window_tools import copied, drop, settle, state_of, truncated


def _opened(desk: Desk, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: desk.state.model is not None, timeout=60_000)
    settle(desk, qtbot)


def test_by_menu(desk: Desk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *a, **k: (str(sample_model()), ""))
    assert desk.window.pages.currentWidget() is desk.window.start
    desk.actions["open"].trigger()
    _opened(desk, qtbot)
    assert desk.window.pages.currentWidget() is desk.window.tabs
    assert [r.title for r in desk.state.revisions] == ["digits_mobilenetv2"]
    assert desk.window.windowTitle() == "digits_mobilenetv2 – Thimble"
    assert {"params", "macs", "weight_bytes", "peak_memory"} <= desk.state.figures("1").keys()
    assert desk.window.revisions.model.rowCount() == 1
    keys = layer_keys(desk.state.model)
    desk.window.graphs.view.select(keys[:1])
    assert desk.state.selected == keys[:1]
    desk.actions["tab_layers"].trigger()  # filled when it is looked at
    assert desk.window.layers.selected() == keys[:1]


def test_enter_takes_what_has_the_keyboard_on_the_first_screen(desk: Desk, qtbot: QtBot) -> None:
    qtbot.keyClick(desk.window.start.buttons["sample"], Qt.Key.Key_Return)
    _opened(desk, qtbot)
    assert desk.state.data is not None


def test_by_drop_and_by_command_line(desk: Desk, qtbot: QtBot, tmp_path: Path) -> None:
    path = copied(sample_model(), tmp_path / "dropped one.onnx")
    drop(desk, path)
    _opened(desk, qtbot)
    assert desk.state.title == "dropped one"
    first = desk.state.project
    open_argument(desk, sample_model())
    qtbot.waitUntil(lambda: desk.state.project is not first, timeout=60_000)
    assert desk.state.title == "digits_mobilenetv2"
    settle(desk, qtbot)


def test_a_project_is_saved_closed_and_opened_again(sample: Desk, qtbot: QtBot, tmp_path: Path) -> None:
    session = sample.state.project.folder
    files.save_project_to(sample, tmp_path / "mine.thimble")
    qtbot.waitUntil(lambda: sample.state.project.folder.name == "mine.thimble", timeout=60_000)
    settle(sample, qtbot)
    assert not session.exists()
    assert sample.state.attached is not None
    assert sample.settings.last_session is None
    sample.actions["close"].trigger()
    assert sample.state.model is None
    assert "recent0" in sample.window.start.buttons
    sample.window.start.buttons["recent0"].click()
    _opened(sample, qtbot)
    assert sample.state.project.folder == tmp_path / "mine.thimble"
    assert "params" in sample.state.figures("1")


BAD = {
    "truncated.onnx": (lambda p: truncated(sample_model(), p), "truncated.onnx"),
    "empty.onnx": (lambda p: p.write_bytes(b""), "is empty"),
    "picture.onnx": (lambda p: p.write_bytes(b"\x89PNG\r\n\x1a\n" + b"0" * 100), "PNG image"),
    "model.xyz": (lambda p: copied(sample_model(), p), "cannot be opened"),
    "noise.onnx": (lambda p: p.write_bytes(np.random.default_rng(0).bytes(5000)), "noise.onnx"),
}


def test_a_bad_file_is_one_sentence_and_the_open_project_stays(sample: Desk, qtbot: QtBot, tmp_path: Path) -> None:
    before = state_of(sample)
    sessions = set(sample.state.project.folder.parent.iterdir())
    for name, (write, part) in BAD.items():
        write(tmp_path / name)
        sample.window.messages.hide()
        drop(sample, tmp_path / name)
        settle(sample, qtbot)
        level, message, _ = sample.errors.last
        assert level == "error", name
        assert part in message
        assert "Traceback" not in message
        assert "\n" not in message
        assert state_of(sample) == before
        assert set(sample.state.project.folder.parent.iterdir()) == sessions
        assert sample.window.messages.isVisible()


def test_a_missing_or_foreign_project_folder_is_refused(sample: Desk, qtbot: QtBot, tmp_path: Path) -> None:
    before = state_of(sample)
    (tmp_path / "foreign.thimble").mkdir()
    for folder in (tmp_path / "absent.thimble", tmp_path / "foreign.thimble"):
        files.open_project(sample, folder)
        settle(sample, qtbot)
        assert sample.errors.last[0] == "error"
        assert folder.name in sample.errors.last[1]
    assert state_of(sample) == before


def test_an_unknown_operator_opens_with_a_mark_and_the_act_names_it(desk: Desk, qtbot: QtBot, tmp_path: Path) -> None:
    model = onnx.load(sample_model())
    model.opset_import.append(onnx.helper.make_opsetid("com.example", 1))
    relu = next(n for n in model.graph.node if n.op_type == "Clip")
    relu.op_type, relu.domain = "Frobnicate", "com.example"
    del relu.input[1:]
    onnx.save(model, tmp_path / "strange.onnx")
    drop(desk, tmp_path / "strange.onnx")
    _opened(desk, qtbot)
    assert any("Frobnicate" in m.sentence for m in marks(desk.state.model))
    view = desk.window.graphs.view
    assert view._shown.badges
    before = state_of(desk)
    act.apply_request(desk, ActRequest("quantize.static", {}, Scope(), 0))
    settle(desk, qtbot)
    assert desk.errors.last[0] == "error"
    assert state_of(desk) == before


def test_a_killed_window_s_session_is_offered_and_recovered(
    sample: Desk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = sample.state.project.folder
    assert sample.settings.last_session == folder
    sample.state.close()  # the lock is free, as after a kill; nothing else was saved
    assert "recover" in sample.window.start.buttons
    sample.window.start.buttons["recover"].click()
    _opened(sample, qtbot)
    assert sample.state.project.folder == folder
    qtbot.waitUntil(lambda: sample.state.attached is not None, timeout=60_000)


def test_without_a_project_undo_does_nothing(desk: Desk) -> None:
    moving.undo(desk)
