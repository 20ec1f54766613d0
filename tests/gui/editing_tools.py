"""Editing by mouse and keyboard: what the tests of every edit share."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QMenu, QWidget
from pytestqt.qtbot import QtBot

from core.data.sample import sample_model
from core.formats.onnx_file import graph_to_proto
from core.model.model import Model
from gui.desk import Desk
from gui.editing.context_menu import ContextMenus
from gui.editing.forms.base import EditForm
from gui.operations import files
from tests.core.edit_graphs import run, written
from tests.gui.window_tools import settle

SHIFT, CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier


def opened(desk: Desk, qtbot: QtBot) -> Desk:
    """The sample without its data, which edits do not need."""
    files.open_model_file(desk, sample_model())
    qtbot.waitUntil(lambda: desk.state.model is not None, timeout=60_000)
    settle(desk, qtbot)
    return desk


def model_of(desk: Desk) -> Model:
    assert desk.state.model is not None
    return desk.state.model


def click_layer(desk: Desk, qtbot: QtBot, key: str, add: bool = False) -> None:
    """A click on a layer's card."""
    view = desk.window.graphs.view
    view.reveal(key) if not add else view.select([*desk.state.selected], center=False)
    if add:
        picture = view.picture
        assert picture is not None
        view.centerOn(QRectF(*picture.boxes[picture.index[key]]).center())
    qtbot.mouseClick(
        view.viewport(), Qt.MouseButton.LeftButton, CTRL if add else Qt.KeyboardModifier(0), place(desk, key)
    )
    assert key in desk.state.selected


def place(desk: Desk, key: str) -> QPoint:
    """The middle of a layer's card in the viewport."""
    view = desk.window.graphs.view
    assert view.picture is not None
    return view.mapFromScene(QRectF(*view.picture.boxes[view.picture.index[key]]).center())


def menu_at(desk: Desk, spot: QPoint) -> QMenu:
    """The menu that a right click brings up."""
    view = desk.window.graphs.view
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, spot, view.viewport().mapToGlobal(spot))
    QApplication.sendEvent(view.viewport(), event)
    menus = next(k for k in desk.kept if isinstance(k, ContextMenus))
    assert menus.shown is not None
    return menus.shown


def choose(qtbot: QtBot, menu: QMenu, *texts: str) -> None:
    """Pick an entry of a menu, or of a menu within it, with the mouse."""
    for text in texts[:-1]:
        menu = next(a for a in menu.actions() if text in plain(a.text())).menu()
        menu.popup(QPoint(0, 0))
    action = next(a for a in menu.actions() if texts[-1] in plain(a.text()))
    assert action.isEnabled(), action.toolTip()
    qtbot.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(action).center())


def plain(text: str) -> str:
    return text.replace("&", "")


def press(desk: Desk, qtbot: QtBot, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier(0)) -> None:  # noqa: B008
    """A shortcut, with the keyboard in the graph."""
    if not desk.window.isActiveWindow():  # a menu had it, and no window manager gives it back here
        desk.window.activateWindow()
        qtbot.waitUntil(desk.window.isActiveWindow, timeout=2000)
    desk.window.graphs.view.setFocus()
    qtbot.keyClick(desk.window.graphs.view, key, modifiers)


def form(kind: type[EditForm] = EditForm) -> Any:
    """The form that is open."""
    found = [w for w in QApplication.topLevelWidgets() if isinstance(w, kind) and w.isVisible()]
    assert found, f"no {kind.__name__} is open"
    return found[-1]


def no_form() -> bool:
    return not [w for w in QApplication.topLevelWidgets() if isinstance(w, EditForm) and w.isVisible()]


def typed(qtbot: QtBot, line: QWidget, text: str) -> None:
    """Replace what a line holds, key by key."""
    qtbot.keyClick(line, Qt.Key.Key_A, CTRL)
    qtbot.keyClicks(line, text) if text else qtbot.keyClick(line, Qt.Key.Key_Backspace)


def enter(desk: Desk, qtbot: QtBot) -> None:
    """Enter in the open form, which then closes; the edited graph is there."""
    shown = form()
    qtbot.keyClick(shown.focusWidget() or shown, Qt.Key.Key_Return)
    assert no_form(), shown.message.text()
    settle(desk, qtbot)


def checked(desk: Desk) -> onnx.ModelProto:
    """What is shown, as onnx's own checker accepts it."""
    proto = graph_to_proto(model_of(desk).graph)
    onnx.checker.check_model(proto)
    return proto


def outputs(desk: Desk, feed: dict[str, np.ndarray], taps: tuple[str, ...] = ()) -> dict[str, np.ndarray]:
    """What onnxruntime computes with what is shown."""
    checked(desk)
    return run(model_of(desk), feed, taps)


def shown(desk: Desk) -> bytes:
    return written(model_of(desk))


def undone(desk: Desk, qtbot: QtBot, before: bytes) -> None:
    """Ctrl+Z brings back exactly what was, and Ctrl+Shift+Z what became of it."""
    after = shown(desk)
    assert after != before
    press(desk, qtbot, Qt.Key.Key_Z, CTRL)
    settle(desk, qtbot)
    assert shown(desk) == before
    press(desk, qtbot, Qt.Key.Key_Z, CTRL | SHIFT)
    settle(desk, qtbot)
    assert shown(desk) == after
