"""Small things that a new user stumbles over first, each found by trying in a real window."""

from __future__ import annotations

import re
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from gui.desk import Desk
from gui.editing.forms.connecting import ConnectForm
from gui.editing.forms.fields import sizes
from gui.editing.forms.operators import InsertForm
from gui.editing.forms.renaming import RenameForm
from gui.history.entries import Entry
from gui.history.model import DETAIL, RevisionModel
from gui.operations import files
from tests.conftest import ROOT
from tests.gui.editing_tools import CTRL, click_layer, enter, form, press, typed
from tests.gui.window_tools import settle

ADD = "features.1/Add"


def relus(path: Path, count: int) -> Path:
    """A chain of layers that are called alike in every such file."""
    nodes = [helper.make_node("Relu", [f"t{k}"], [f"t{k + 1}"], name=f"relu{k}") for k in range(count)]
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, (1, 8)) for n in ("t0", f"t{count}")]
    onnx.save(helper.make_model(helper.make_graph(nodes, "g", ends[:1], ends[1:])), path)
    return path


def test_another_model_opens_on_its_input_though_its_layers_are_called_the_same(
    desk: Desk, qtbot: QtBot, tmp_path: Path
) -> None:
    files.open_model_file(desk, relus(tmp_path / "long.onnx", 60))
    settle(desk, qtbot)
    desk.window.graphs.view.reveal("relu40")
    assert not sees_the_input(desk)
    files.open_model_file(desk, relus(tmp_path / "longer.onnx", 70))
    settle(desk, qtbot)
    assert sees_the_input(desk)


def sees_the_input(desk: Desk) -> bool:
    view = desk.window.graphs.view
    assert view.picture is not None
    left, top, *_ = view.picture.boxes[0]
    return view.viewport().rect().contains(view.mapFromScene(left, top))


def test_after_inserting_a_layer_f2_is_about_the_layer(sample: Desk, qtbot: QtBot) -> None:
    view = sample.window.graphs.view
    view.select_tensor("hardtanh")
    press(sample, qtbot, Qt.Key.Key_Insert)
    typed(qtbot, form(InsertForm).list.search, "Relu")
    enter(sample, qtbot)
    assert len(sample.state.selected) == 1
    assert view.selected_tensor() == ""
    press(sample, qtbot, Qt.Key.Key_F2)
    assert form(RenameForm).name.text() == sample.state.selected[0]
    qtbot.keyClick(form(), Qt.Key.Key_Escape)


def test_labels_of_forms_have_room_for_their_letters_without_kerning(sample: Desk, qtbot: QtBot) -> None:
    click_layer(sample, qtbot, ADD)
    press(sample, qtbot, Qt.Key.Key_L, CTRL)
    opened = form(ConnectForm)
    for label in opened.findChildren(QLabel):
        if label.buddy() is not None:
            letters = label.text().replace("&", "")
            assert label.contentsRect().width() >= sum(map(label.fontMetrics().horizontalAdvance, letters)), letters
    qtbot.keyClick(opened, Qt.Key.Key_Escape)


@pytest.mark.parametrize(
    ("detail", "below"), [("Renamed a to b.", "today"), ("Renamed a to b, deleted c.", "Renamed a to b, deleted c.")]
)
def test_one_edit_is_said_once_in_the_history(qtbot: QtBot, detail: str, below: str) -> None:
    made = RevisionModel()
    made.set_entries([Entry(1, None, "Renamed a to b", detail, "today", {}, (), "")], 1)
    assert made.index(0, 0).data(DETAIL) == below


@pytest.mark.parametrize("text", ["N, 3, 48, 48", "N×3×48×48", "N, 3, 48x48", "[N, 3, 48 x 48]"])
def test_sizes_are_understood_as_people_write_them(text: str) -> None:
    assert sizes(text, "input") == ("N", 3, 48, 48)


def test_names_with_an_x_are_no_sizes() -> None:
    assert sizes("max, xs", "input") == ("max", "xs")


def test_thousands_are_set_apart_as_the_language_does_it() -> None:
    """A comma in a number is a fraction in most languages: f-strings must not write one."""
    found = [
        f"{path.relative_to(ROOT)}:{k}"
        for path in sorted((ROOT / "gui").rglob("*.py"))
        if path.name not in ("words.py", "snapshot.py", "__main__.py")
        for k, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(r"""\bf["'][^"']*\{[^{}]*:,[^{}]*\}|"\{:,\}"\.format""", line)
    ]
    assert not found
