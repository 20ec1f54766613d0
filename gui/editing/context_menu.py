"""The menu under the pointer: for a layer or several, a block, a tensor, an end of the graph, or the ground."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import onnx_ir as ir
from PySide6.QtCore import QPoint
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from core.model.model import Model, is_locked, layer_name
from gui.desk import Desk
from gui.editing import target
from gui.graph_view.known import known
from gui.operations import editing, looking
from gui.words import tr

_LAYER = ("rename", "attributes", "replace_operator", "replace_block", "", "insert", "connect", "values", "",
          "add_output", "cut_out", "", "remove")  # fmt: skip
_LAYERS = ("replace_operator", "", "cut_out", "", "remove")
_BLOCK = ("block_toggle", "", "cut_out", "", "remove")
_TENSOR = ("rename", "insert", "", "add_output", "add_input")
_GROUND = ("undo", "redo", "", "find", "select_all", "", "input_shape", "batch", "add_input", "", "fold_batchnorm",
           "fold_constants", "remove_identities")  # fmt: skip


class ContextMenus:
    """Shows the menu that fits; what it is about is selected first, so that menu bar and shortcuts mean the same."""

    def __init__(self, desk: Desk, refresh: Callable[[], None]) -> None:
        """``refresh`` greys out what cannot act on what is selected now."""
        self._desk, self._refresh = desk, refresh
        self.shown: QMenu | None = None
        desk.window.graphs.view.menu_requested.connect(self.show)

    def show(self, where: QPoint, key: str, tensor: str) -> None:
        menu = self.menu(where, key, tensor)
        if menu is not None:
            self.shown = menu
            menu.popup(where)

    def menu(self, where: QPoint, key: str, tensor: str) -> QMenu | None:
        """None where no model is open."""
        desk, view = self._desk, self._desk.window.graphs.view
        if desk.state.model is None:
            return None
        menu = QMenu(desk.window)
        menu.setToolTipsVisible(True)
        menu.aboutToHide.connect(menu.deleteLater)
        on_ground = not key and not tensor and not view.selected_block()
        end = self._end_at(where) if on_ground else None
        if key:
            if key not in desk.state.selected:
                view.select_tensor("")
                desk.state.select([key])
            self._layer(menu, key)
        elif tensor:
            desk.state.select([])
            view.select_tensor(tensor)
            self._tensor(menu, tensor)
        elif view.selected_block():
            self._entries(menu, _BLOCK)
        elif end is not None:
            desk.state.select([])
            view.select_tensor(end.name or "")
            self._terminal(menu, end)
        else:
            self._entries(menu, _GROUND)
        self._refresh()
        return menu

    def _layer(self, menu: QMenu, key: str) -> None:
        whole = known(self._desk.state.model) if self._desk.state.model is not None else None
        wrong = whole.wrong.get(key, "") if whole is not None else ""
        if wrong:
            self._mend(menu, wrong, key)
        nodes = target.layers(self._desk)
        self._entries(menu, _LAYER if len(nodes) == 1 else _LAYERS)
        locked = {is_locked(node) for node in nodes}
        self._entries(menu, ("", *(["lock"] if False in locked else []), *(["unlock"] if True in locked else [])))
        self._entries(menu, ("select_coupled",))
        held = target.stored(nodes[0]) if len(nodes) == 1 else []
        if len(held) > 1:
            self._values(menu, held)

    def _mend(self, menu: QMenu, wrong: str, key: str) -> None:
        said = menu.addAction(wrong)
        said.setEnabled(False)
        for repair in self._desk.editing.repairs(key):
            self._add(menu, repair.title, partial(editing.repair, self._desk, repair))
        menu.addSeparator()

    def _values(self, menu: QMenu, held: Sequence[ir.Value]) -> None:
        """One entry a stored tensor instead of the one for the first."""
        place = self._desk.actions["values"]
        inner = QMenu(tr("Value&s"), menu)
        for value in held:
            self._add(inner, f"{value.name}…", partial(editing.values, self._desk, value.name or ""))
        menu.insertMenu(place, inner)
        menu.removeAction(place)

    def _tensor(self, menu: QMenu, name: str) -> None:
        model = self._desk.state.model
        value = target.value_called(model, name) if model is not None else None
        self._entries(menu, _TENSOR)
        readers = target.readers(value) if value is not None else []
        if len(readers) > 1:
            inner = QMenu(tr("Insert in &front of"), menu)
            for reader in readers:
                self._add(inner, f"{reader}…", partial(editing.insert, self._desk, reader))
            menu.insertMenu(self._desk.actions["add_output"], inner)
        if value is not None:
            self._walk(menu, value)

    def _walk(self, menu: QMenu, value: ir.Value) -> None:
        """To the layer that makes the tensor, and to those that read it."""
        menu.addSeparator()
        maker = value.producer()
        if maker is not None:
            title = tr("&Go to its layer")
            self._add(menu, title, partial(looking.reveal, self._desk, layer_name(maker)))

    def _terminal(self, menu: QMenu, value: ir.Value) -> None:
        """For one that nobody reads too, which cannot be followed: everything goes by its name."""
        desk, name = self._desk, value.name or ""
        self._add(menu, tr("R&ename…"), partial(editing.rename_tensor, desk, name))
        self._add(menu, tr("I&nsert layer…"), partial(editing.insert, desk, tensor=name))
        menu.addSeparator()
        if value.is_graph_input():
            self._add(menu, tr("Change &shape…"), partial(editing.input_shape, desk, name))
            self._entries(menu, ("batch", "add_input"))
            self._add(menu, tr("Re&move the input"), partial(editing.remove_input, desk, name))
        else:
            self._add(menu, tr("Re&move the output"), partial(editing.remove_output, desk, name))

    def _end_at(self, where: QPoint) -> ir.Value | None:
        """The graph's input or output whose card is at a place on the screen."""
        view, model = self._desk.window.graphs.view, self._desk.state.model
        picture = view.picture
        if picture is None or model is None:
            return None
        point = view.mapToScene(view.viewport().mapFromGlobal(where))
        card = picture.card_at(point.x(), point.y())
        if card is None or picture.cards[card].category != "terminal":
            return None
        return _end_called(model, picture.cards[card].title, card < len(model.inputs))

    def _entries(self, menu: QMenu, keys: Sequence[str]) -> None:
        """Entries of the menu bar, with their shortcuts and reasons."""
        for key in keys:
            if key:
                menu.addAction(self._desk.actions[key])
            else:
                menu.addSeparator()

    @staticmethod
    def _add(menu: QMenu, text: str, act: Callable[[], object]) -> QAction:
        action = menu.addAction(text)
        action.triggered.connect(lambda _=False: act())
        return action


def _end_called(model: Model, name: str, is_input: bool) -> ir.Value | None:
    ends = model.graph.graph.inputs if is_input else model.graph.graph.outputs
    return next((v for v in ends if v.name == name), None)
