"""Buttons of the inspector that lead to forms, and what it offers for a layer that cannot run."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QMenu, QToolButton
from pytestqt.qtbot import QtBot

from core.model.editing.layers import Delete
from core.model.model import layer_name
from gui.desk import Desk
from gui.editing.forms.attributes import AttributesForm
from gui.editing.forms.values import ValuesForm
from tests.gui.window_tools import dialog_of, settle


def press(desk: Desk, qtbot: QtBot, spoken: str) -> None:
    """Space on the button of the inspector that a screen reader calls so."""
    found = [b for b in desk.window.inspector.findChildren(QToolButton) if spoken in b.accessibleName()]
    button = next(b for b in found if b.isVisible())
    button.setFocus()
    qtbot.keyClick(button, Qt.Key.Key_Space)


def select(desk: Desk, operator: str) -> str:
    assert desk.state.model is not None
    name = next(layer_name(n) for n in desk.state.model.nodes() if n.op_type == operator)
    desk.state.select([name])
    return name


def test_attributes_and_weights_are_edited_from_the_inspector(sample: Desk, qtbot: QtBot) -> None:
    select(sample, "Conv")
    press(sample, qtbot, "Edit the attributes")
    dialog_of(AttributesForm).reject()
    press(sample, qtbot, "Edit the values of W")
    form = dialog_of(ValuesForm)
    assert "weight" in form.tensor.currentText()
    form.reject()


def test_a_layer_that_lost_its_input_is_mended_from_the_inspector(sample: Desk, qtbot: QtBot) -> None:
    assert sample.editing.do(Delete(select(sample, "Clip")))
    wrong = sample.editing.problems[0].layer
    sample.state.select([wrong])
    press(sample, qtbot, "Repair")
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    assert menu.actions(), "something is offered"
    qtbot.keyClick(menu, Qt.Key.Key_Down)
    qtbot.keyClick(menu, Qt.Key.Key_Return)
    assert wrong not in [p.layer for p in sample.editing.problems]
    settle(sample, qtbot)
    names = [b.accessibleName() for b in sample.window.inspector.findChildren(QToolButton) if b.isVisible()]
    assert "Repair…" not in names
