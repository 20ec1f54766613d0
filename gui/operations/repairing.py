"""Layers that cannot run: going from one to the next, and what could be done about one."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QPoint
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QMenu, QWidget

from core.model.editing.repairs import Repair
from core.model.model import layer_name
from gui.desk import Desk
from gui.editing import target
from gui.graph_view.known import known
from gui.operations import editing
from gui.words import tr


def wrong_layers(desk: Desk) -> list[str]:
    """Keys of the layers that cannot run, in the file's order."""
    model = desk.state.model
    whole = known(model) if model is not None else None
    return [key for key in whole.layers if key in whole.wrong] if whole is not None else []


def go_to_next_wrong(desk: Desk) -> None:
    """Select the next layer that cannot run, and bring it into sight; behind the last comes the first."""
    found = wrong_layers(desk)
    if not found:
        return
    chosen = [k for k, key in enumerate(found) if key in desk.state.selected]
    key = found[(chosen[-1] + 1) % len(found)] if chosen else found[0]
    view = desk.window.graphs.view
    desk.window.tabs.setCurrentWidget(desk.window.graphs)
    view.select_tensor("")
    desk.state.select([key])
    view.reveal(key)
    view.setFocus()


def repair(desk: Desk) -> None:
    """Offer what could be done about the selected layer, as a menu."""
    node = target.layer(desk)
    if node is not None:
        asked_from = desk.app.focusWidget()
        desk.editing.with_copy(lambda _: _offer(desk, layer_name(node), asked_from))


def _offer(desk: Desk, layer: str, asked_from: QWidget | None) -> None:
    offers = desk.editing.repairs(layer)
    if not offers:
        desk.errors.say("info", tr("No repair is known for '{layer}': edit it, or undo (Ctrl+Z).", layer=layer))
        return
    menu = QMenu(desk.window)
    menu.aboutToHide.connect(menu.deleteLater)
    for offer in offers:
        menu.addAction(offer.title).triggered.connect(partial(_take, desk, offer))
    menu.popup(_below(desk, asked_from))
    menu.setActiveAction(menu.actions()[0])


def _take(desk: Desk, offer: Repair, _: bool = False) -> None:
    editing.repair(desk, offer)


def _below(desk: Desk, asked_from: QWidget | None) -> QPoint:
    """Below the button that was used, else below the layer's card, else where the pointer is."""
    view = desk.window.graphs.view
    if asked_from is not None and desk.window.inspector.isAncestorOf(asked_from):
        return asked_from.mapToGlobal(asked_from.rect().bottomLeft())
    picture, key = view.picture, next(iter(desk.state.selected), "")
    if picture is not None and key in picture.index:
        left, top, _, height = picture.boxes[picture.index[key]]
        spot = view.mapFromScene(left, top + height)
        if view.viewport().rect().contains(spot):
            return view.viewport().mapToGlobal(spot)
    return QCursor.pos()
