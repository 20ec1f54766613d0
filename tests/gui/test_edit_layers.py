"""Every edit of a layer, by mouse or keyboard, proven by onnx's checker and onnxruntime; undo is exact."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from gui.desk import Desk
from gui.editing.context_menu import ContextMenus
from gui.editing.forms.attributes import AttributesForm
from gui.editing.forms.block import BlockForm
from gui.editing.forms.connecting import ConnectForm
from gui.editing.forms.operators import InsertForm, ReplaceForm
from gui.editing.forms.removing import RemoveForm
from gui.editing.forms.renaming import RenameForm
from gui.editing.forms.values import ValuesForm
from tests.core.edit_graphs import close, noise
from tests.gui.editing_tools import (
    CTRL,
    SHIFT,
    checked,
    choose,
    click_layer,
    enter,
    form,
    menu_at,
    model_of,
    no_form,
    opened,
    outputs,
    place,
    press,
    shown,
    typed,
    undone,
)
from tests.gui.window_tools import settle

CONV, NORM, ACT = "features.0.0/Conv", "features.0.1/BatchNormalization", "features.0.2/Clip"
ADD, INNER = "features.1/Add", "features.1.conv.2/Clip"


@pytest.fixture
def sample(desk: Desk, qtbot: QtBot) -> Desk:
    return opened(desk, qtbot)


def test_rename_a_layer_by_f2(sample: Desk, qtbot: QtBot) -> None:
    before = shown(sample)
    click_layer(sample, qtbot, ACT)
    press(sample, qtbot, Qt.Key.Key_F2)
    opened = form(RenameForm)
    typed(qtbot, opened.name, NORM)
    qtbot.waitUntil(lambda: "something else has that name" in opened.message.text(), timeout=2000)
    assert not opened.apply_button.isEnabled()
    typed(qtbot, opened.name, "first activation")
    enter(sample, qtbot)
    assert "first activation" in {n.name for n in checked(sample).graph.node}
    assert sample.state.selected == ["first activation"]
    assert sample.window.graphs.view.hasFocus()
    undone(sample, qtbot, before)


def test_esc_closes_a_form_and_changes_nothing(sample: Desk, qtbot: QtBot) -> None:
    before = shown(sample)
    click_layer(sample, qtbot, ACT)
    press(sample, qtbot, Qt.Key.Key_F2)
    typed(qtbot, form(RenameForm).name, "other")
    qtbot.keyClick(form(), Qt.Key.Key_Escape)
    assert no_form()
    assert (shown(sample), sample.editing.pending) == (before, 0)
    assert sample.window.graphs.view.hasFocus()


def test_several_attributes_at_once_by_f4(sample: Desk, qtbot: QtBot) -> None:
    before = shown(sample)
    click_layer(sample, qtbot, CONV)
    press(sample, qtbot, Qt.Key.Key_F4)
    opened = form(AttributesForm)
    rows = opened.fields.rows
    assert "stride along each spatial axis" in rows["strides"].editor.toolTip().lower()
    typed(qtbot, rows["strides"].editor, "none")
    qtbot.waitUntil(lambda: "must be a list of whole numbers" in opened.message.text(), timeout=2000)
    typed(qtbot, rows["strides"].editor, "1, 1")
    typed(qtbot, rows["dilations"].editor, "2, 2")
    typed(qtbot, rows["pads"].editor, "2, 2, 2, 2")
    typed(qtbot, rows["group"].editor, "")  # left to its default
    enter(sample, qtbot)
    assert sample.editing.pending == 1, "one act, one step to undo"
    found = {a.name: list(a.ints) for a in checked(sample).graph.node[0].attribute}
    assert (found["strides"], found["dilations"]) == ([1, 1], [2, 2])
    assert "group" not in found
    assert outputs(sample, noise(model_of(sample)), ("conv2d",))["conv2d"].shape == (1, 16, 32, 32)
    undone(sample, qtbot, before)


def test_a_layer_without_attributes_leaves_nothing_to_apply(sample: Desk, qtbot: QtBot) -> None:
    assert sample.state.model is not None
    clip = next(n.name or "" for n in sample.state.model.nodes() if n.op_type == "Clip")
    click_layer(sample, qtbot, clip)
    press(sample, qtbot, Qt.Key.Key_F4)
    opened = form(AttributesForm)
    assert not opened.fields.rows
    assert not opened.apply_button.isEnabled()
    opened.reject()


def test_a_choice_of_an_attribute(sample: Desk, qtbot: QtBot) -> None:
    click_layer(sample, qtbot, CONV)
    press(sample, qtbot, Qt.Key.Key_F4)
    rows = form(AttributesForm).fields.rows
    qtbot.keyClicks(rows["auto_pad"].editor, "SAME_U")
    typed(qtbot, rows["pads"].editor, "")
    enter(sample, qtbot)
    assert outputs(sample, noise(model_of(sample)), ("conv2d",))["conv2d"].shape == (1, 16, 16, 16)


def test_replace_an_operator_by_ctrl_h(sample: Desk, qtbot: QtBot) -> None:
    before, feed = shown(sample), noise(model_of(sample))
    x = outputs(sample, feed, ("getitem",))["getitem"]
    click_layer(sample, qtbot, ACT)
    press(sample, qtbot, Qt.Key.Key_H, CTRL)
    opened = form(ReplaceForm)
    qtbot.keyClicks(opened.list.search, "leaky")
    assert opened.list.chosen().name == "LeakyRelu"
    typed(qtbot, opened.fields.rows["alpha"].editor, "0.25")
    enter(sample, qtbot)
    close(outputs(sample, feed, ("hardtanh",))["hardtanh"], np.where(x < 0, x * np.float32(0.25), x))
    assert sample.state.selected == [ACT]
    undone(sample, qtbot, before)


def test_bypass_by_the_delete_key(sample: Desk, qtbot: QtBot) -> None:
    before, feed = shown(sample), noise(model_of(sample))
    click_layer(sample, qtbot, INNER)
    press(sample, qtbot, Qt.Key.Key_Delete)
    assert form(RemoveForm).bypass.isChecked()
    enter(sample, qtbot)
    assert INNER not in {n.name for n in checked(sample).graph.node}
    found = outputs(sample, feed, ("conv2d_2", "getitem_3"))
    weight = model_of(sample).graph.graph.initializers["features.1.conv.3.weight"].const_value.numpy()[:, :, 0, 0]
    close(found["conv2d_2"], np.einsum("oc,nchw->nohw", weight, found["getitem_3"]))
    undone(sample, qtbot, before)


def test_bypass_with_a_choice_of_tensors(sample: Desk, qtbot: QtBot) -> None:
    before = shown(sample)
    click_layer(sample, qtbot, ADD)
    choose(qtbot, menu_at(sample, place(sample, ADD)), "Bypass or delete")
    opened = form(RemoveForm)
    assert [opened.tensor.itemText(k) for k in range(2)] == ["hardtanh", "getitem_6"]
    qtbot.keyClick(opened.tensor, Qt.Key.Key_Down)
    enter(sample, qtbot)
    reader = next(n for n in checked(sample).graph.node if n.name == "features.2.conv.0/Conv")
    assert reader.input[0] == "getitem_6"
    assert outputs(sample, noise(model_of(sample)))["logits"].shape == (1, 10)
    undone(sample, qtbot, before)


def test_delete_leaves_a_gap_that_connecting_mends(sample: Desk, qtbot: QtBot) -> None:
    before = shown(sample)
    click_layer(sample, qtbot, INNER)
    press(sample, qtbot, Qt.Key.Key_Delete)
    opened = form(RemoveForm)
    qtbot.mouseClick(opened.delete, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "lacks its input 'X'" in opened.message.text(), timeout=2000)
    enter(sample, qtbot)
    assert "lacks its input 'X'" in sample.editing.unfinished
    undone(sample, qtbot, before)
    click_layer(sample, qtbot, "features.1.conv.3/Conv")
    press(sample, qtbot, Qt.Key.Key_L, CTRL)
    opened = form(ConnectForm)
    assert opened.input.currentText() == "X · reads nothing"
    typed(qtbot, opened.tensor, "hardtanh")
    enter(sample, qtbot)
    assert sample.editing.unfinished == ""
    found = outputs(sample, noise(model_of(sample)), ("hardtanh", "conv2d_2"))
    weight = model_of(sample).graph.graph.initializers["features.1.conv.3.weight"].const_value.numpy()[:, :, 0, 0]
    close(found["conv2d_2"], np.einsum("oc,nchw->nohw", weight, found["hardtanh"]))


def test_a_tensor_that_is_made_later_cannot_be_connected(sample: Desk, qtbot: QtBot) -> None:
    click_layer(sample, qtbot, ACT)
    press(sample, qtbot, Qt.Key.Key_L, CTRL)
    opened = form(ConnectForm)
    typed(qtbot, opened.tensor, "mean")
    qtbot.waitUntil(lambda: "which is made after it" in opened.message.text(), timeout=2000)
    assert not opened.apply_button.isEnabled()
    qtbot.keyClick(opened.tensor, Qt.Key.Key_Return)
    assert not no_form()
    qtbot.keyClick(opened, Qt.Key.Key_Escape)


def test_insert_behind_a_layer(sample: Desk, qtbot: QtBot) -> None:
    before, feed = shown(sample), noise(model_of(sample))
    click_layer(sample, qtbot, ACT)
    press(sample, qtbot, Qt.Key.Key_Insert)
    opened = form(InsertForm)
    qtbot.keyClicks(opened.list.search, "tanh")
    typed(qtbot, opened.name, "squash")
    enter(sample, qtbot)
    assert sample.state.selected == ["squash"]
    made = next(n for n in checked(sample).graph.node if n.name == "squash").output[0]
    found = outputs(sample, feed, ("hardtanh", made))
    close(found[made], np.tanh(found["hardtanh"]))
    undone(sample, qtbot, before)


def test_insert_with_a_required_attribute(sample: Desk, qtbot: QtBot) -> None:
    click_layer(sample, qtbot, ACT)
    choose(qtbot, menu_at(sample, place(sample, ACT)), "Insert layer")
    opened = form(InsertForm)
    qtbot.keyClicks(opened.list.search, "maxpool")
    editor = opened.fields.rows["kernel_shape"].editor
    typed(qtbot, editor, "2, 2")
    typed(qtbot, opened.fields.rows["pads"].editor, "")
    typed(qtbot, opened.name, "shrink")
    enter(sample, qtbot)
    made = next(n for n in checked(sample).graph.node if n.name == "shrink").output[0]
    found = outputs(sample, noise(model_of(sample)), ("hardtanh", made))
    x = found["hardtanh"]
    expected = np.maximum(np.maximum(x[..., :-1, :-1], x[..., 1:, :-1]), np.maximum(x[..., :-1, 1:], x[..., 1:, 1:]))
    close(found[made], expected)


def test_two_layers_are_bypassed_at_once(sample: Desk, qtbot: QtBot) -> None:
    before = shown(sample)
    click_layer(sample, qtbot, ACT)
    click_layer(sample, qtbot, NORM, add=True)
    press(sample, qtbot, Qt.Key.Key_Delete)
    assert "2 layers" in form(RemoveForm).windowTitle()
    enter(sample, qtbot)
    assert {ACT, NORM} & {n.name for n in checked(sample).graph.node} == set()
    assert sample.editing.pending == 1
    assert outputs(sample, noise(model_of(sample)))["logits"].shape == (1, 10)
    undone(sample, qtbot, before)


def test_a_lightweight_block_says_what_it_saves_before(sample: Desk, qtbot: QtBot) -> None:
    before, feed = shown(sample), noise(model_of(sample))
    click_layer(sample, qtbot, CONV)
    press(sample, qtbot, Qt.Key.Key_H, CTRL | SHIFT)
    opened = form(BlockForm)
    cells = [[c.text() for c in row] for row in opened.figures]
    assert cells == [["160", "41", "74 %"], ["36.9 k", "6.4 k", "83 %"], ["640 B", "164 B", "74 %"]]
    typed(qtbot, opened.editors["multiplier"], "2")
    qtbot.waitUntil(lambda: opened.figures[0][1].text() != "41", timeout=2000)
    shown_params = int(opened.figures[0][1].text())
    enter(sample, qtbot)
    kinds = [n.op_type for n in checked(sample).graph.node[:3]]
    assert kinds == ["Conv", "Conv", "BatchNormalization"]
    made = model_of(sample).graph.graph
    new = [n for n in made if n.op_type == "Conv"][:2]
    stored = {v.name: v.const_value.size for n in new for v in n.inputs[1:] if v is not None}
    assert sum(stored.values()) == shown_params
    assert outputs(sample, feed)["logits"].shape == (1, 10)
    undone(sample, qtbot, before)


def test_values_are_typed_into_a_table(sample: Desk, qtbot: QtBot) -> None:
    before, feed = shown(sample), noise(model_of(sample))
    click_layer(sample, qtbot, "classifier/Gemm")
    choose(qtbot, menu_at(sample, place(sample, "classifier/Gemm")), "Values", "classifier.bias")
    opened = form(ValuesForm)
    old = outputs(sample, feed)["logits"]
    bias = opened.table.model().array.copy()
    opened.table.setCurrentIndex(opened.table.model().index(3, 0))
    qtbot.keyClick(opened.table, Qt.Key.Key_F2)
    editor = opened.table.viewport().findChild(QLineEdit)
    typed(qtbot, editor, "7.5")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert not no_form(), "Enter ends the typing, not the form"
    qtbot.waitUntil(lambda: opened.table.model().changed, timeout=2000)
    qtbot.mouseClick(opened.apply_button, Qt.MouseButton.LeftButton)
    settle(sample, qtbot)
    expected = old.copy()
    expected[0, 3] += np.float32(7.5) - bias[3]
    close(outputs(sample, feed)["logits"], expected)
    undone(sample, qtbot, before)


def test_values_from_a_file(sample: Desk, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = shown(sample)
    np.save(tmp_path / "wrong.npy", np.zeros((3, 3), np.float32))
    np.save(tmp_path / "zeros.npy", np.zeros((16, 1, 3, 3), np.float32))
    click_layer(sample, qtbot, CONV)
    choose(qtbot, menu_at(sample, place(sample, CONV)), "Values", "features.0.0.weight")
    opened = form(ValuesForm)
    chosen = iter([tmp_path / "wrong.npy", tmp_path / "zeros.npy"])
    monkeypatch.setattr("PySide6.QtWidgets.QFileDialog.getOpenFileName", lambda *_: (str(next(chosen)), ""))
    qtbot.mouseClick(opened.load_button, Qt.MouseButton.LeftButton)
    assert "has the shape 3 x 3" in opened.message.text()
    qtbot.mouseClick(opened.load_button, Qt.MouseButton.LeftButton)
    assert opened.message.text() == ""
    monkeypatch.setattr("PySide6.QtWidgets.QFileDialog.getSaveFileName", lambda *_: (str(tmp_path / "old"), ""))
    qtbot.mouseClick(opened.save_button, Qt.MouseButton.LeftButton)
    assert np.load(tmp_path / "old.npy").std() > 0
    opened.apply_button.setFocus()
    enter(sample, qtbot)
    bias = model_of(sample).graph.graph.initializers["val_5"].const_value.numpy()
    found = outputs(sample, noise(model_of(sample)), ("conv2d",))["conv2d"]
    close(found, np.broadcast_to(bias[None, :, None, None], found.shape).astype(np.float32))
    undone(sample, qtbot, before)


def test_the_file_of_loaded_values_may_change_afterwards(sample: Desk, qtbot: QtBot, tmp_path: Path) -> None:
    from core.model.editing.names import RenameLayer
    from core.model.editing.weights import LoadWeights
    from gui.operations import files

    before, folder = shown(sample), sample.state.project.folder
    np.save(tmp_path / "bias.npy", np.full(10, 2, np.float32))
    assert sample.editing.do(LoadWeights("classifier.bias", str(tmp_path / "bias.npy")))
    settle(sample, qtbot)
    assert sample.editing.pending == 0, "the revision holds the values at once"
    np.save(tmp_path / "bias.npy", np.full(10, 3, np.float32))
    assert sample.editing.do(RenameLayer(ACT, "act"))
    sample.editing.fold()
    settle(sample, qtbot)
    files.close_project(sample)
    files.open_project(sample, folder)
    settle(sample, qtbot)
    press(sample, qtbot, Qt.Key.Key_Z, CTRL)
    settle(sample, qtbot)
    assert sample.state.revision.id == 2
    assert (model_of(sample).graph.graph.initializers["classifier.bias"].const_value.numpy() == 2).all()
    press(sample, qtbot, Qt.Key.Key_Z, CTRL)
    settle(sample, qtbot)
    assert sample.state.revision.id == 1
    assert shown(sample) == before
    assert sample.errors.last[2].endswith("holds other values than when they were loaded.")


def test_another_tensor_of_the_layer_is_chosen_by_keyboard(sample: Desk, qtbot: QtBot) -> None:
    click_layer(sample, qtbot, NORM)
    press(sample, qtbot, Qt.Key.Key_E, CTRL | SHIFT)
    opened = form(ValuesForm)
    assert opened.tensor.count() == 4
    opened.tensor.setFocus()
    qtbot.keyClick(opened.tensor, Qt.Key.Key_Down)
    assert opened.tensor.currentData() == "features.0.1.bias"
    assert opened.table.model().array.shape == (16,)
    qtbot.keyClick(opened, Qt.Key.Key_Escape)


def test_a_block_has_a_menu(sample: Desk, qtbot: QtBot) -> None:
    view = sample.window.graphs.view
    path = view.picture.frames[0].path
    view.select_block(path)
    assert len(sample.state.selected) > 1
    menus = next(k for k in sample.kept if isinstance(k, ContextMenus))
    menu = menus.menu(view.viewport().mapToGlobal(view.rect().center()), "", "")
    texts = [a.text().replace("&", "") for a in menu.actions() if a.text()]
    assert texts[0].startswith("Open or close")
    assert {"Cut out part…", "Bypass or delete…"} <= set(texts)
