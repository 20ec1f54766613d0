"""The graph of a model on a canvas: select, walk along the tensors. Moving about is :mod:`.navigation`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from core.model.model import Model
from gui import theme
from gui.graph_view import tensors
from gui.graph_view.canvas import FAR, CardsItem, EdgesItem, Shown, metrics
from gui.graph_view.far_picture import Tiles
from gui.graph_view.model_work import ModelWork
from gui.graph_view.navigation import Navigation
from gui.graph_view.picture import Picture, picture
from gui.words import tr

_DESCRIPTION = "Layers and the tensors between them; the layers table says the same as text."
EMPTY = "Open a model: Ctrl+O, or drop a file here"
_REACH = 5.0  # pixels around an edge in which a click means it
_WALK = {
    int(Qt.Key.Key_Up): "up",
    int(Qt.Key.Key_Down): "down",
    int(Qt.Key.Key_Left): "left",
    int(Qt.Key.Key_Right): "right",
}


class GraphView(Navigation):
    """Shows one model; any number of views may live side by side.

    ``selection_changed`` carries the keys of the selected layers (their names; see ``layer_keys``) in the order they
    were chosen. ``ready`` follows :meth:`set_model` when the graph is on the canvas, ``picture_changed`` every change
    of what stands there, ``look_changed`` every change of its colours. ``menu_requested`` carries a global position,
    and the layer and tensor under it ('' for none). Selected layers have an accent outline, what feeds them is green,
    what they feed is orange.
    """

    selection_changed = Signal(list)
    activated = Signal(str)
    ready = Signal()
    picture_changed = Signal()
    tensor_selected = Signal(str)
    menu_requested = Signal(QPoint, str, str)
    look_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Graph"))
        self.setAccessibleDescription(tr(_DESCRIPTION))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._work = ModelWork(self)
        self._picture: Picture | None = None
        self._items: tuple[EdgesItem, CardsItem] | None = None
        self._shown = Shown()
        self._selected: list[str] = []
        self._tensor = ""
        self._along = tensors.Along(self)
        self._tiles = Tiles(self.paint_graph)
        self._message = tr(EMPTY)
        self._widths = metrics()

    # the model ----------------------------------------------------------------------------------------------------

    @property
    def picture(self) -> Picture | None:
        """What stands on the canvas; None while there is nothing, or it is still being laid out."""
        return self._picture

    def set_model(self, model: Model | None) -> None:
        """Show another model, or nothing. Layers that keep their key stay selected; the place is kept as well
        when a model was shown before (so undo and redo do not jump), else the view opens at 100 % on the input."""
        if model is None:
            self._work.forget()
            self._clear(tr(EMPTY))
            self._announce([])
            self.picture_changed.emit()
            return
        widths = self._widths
        at_once = self._work.run(model, lambda m: picture(m, widths), self._show, self._fail)
        if not at_once:
            self._clear(tr("Laying out the graph…"))

    def _show(self, done: Picture) -> None:
        first = self._picture is None
        place = self.viewportTransform().map(QPointF())  # where the scene's origin stands
        self._clear("")
        self._picture = done
        self._items = (EdgesItem(done, self._shown), CardsItem(done, self._shown, self._widths))
        for item in self._items:
            self._canvas.addItem(item)
        self._set_extent(done.place.bounds)
        if first:
            self.go_to_input()
        else:
            self._scroll_to(QPointF(), place)
        self._shown.badges = done.badges
        self._announce([key for key in self._selected if key in done.index])
        self.select_tensor(self._tensor)
        self.picture_changed.emit()
        self.ready.emit()

    def _fail(self, error: Exception) -> None:
        self._clear(tr("This graph cannot be drawn: {error}.", error=error))
        self.picture_changed.emit()

    def _clear(self, message: str) -> None:
        self._canvas.clear()
        self._tiles.forget()
        self._items = None
        self._picture = None
        self._shown = Shown()
        self._message = message
        self.viewport().update()

    def _bounds(self) -> tuple[float, float, float, float] | None:
        return self._picture.place.bounds if self._picture is not None else None

    def _beginning(self) -> tuple[float, float] | None:
        if self._picture is None or not self._picture.boxes:
            return None
        x, y, width, _ = self._picture.boxes[0]
        return (x + width / 2, y)

    # selection ----------------------------------------------------------------------------------------------------

    def selected(self) -> list[str]:
        """Keys of the selected layers, in the order they were chosen."""
        return list(self._selected)

    def select(self, names: Iterable[str], center: bool = True) -> None:
        """Select layers by key; unknown ones are left out. ``center`` brings the first into view if it is not.

        While a large graph is still being laid out the choice is kept until it is there.
        """
        if self._picture is None:
            self._selected = list(dict.fromkeys(names)) if self._message != tr(EMPTY) else []
            return
        index = self._picture.index
        here = [name for name in dict.fromkeys(names) if name in index]
        self._announce(here)
        if center and here:
            self._bring(QRectF(*self._picture.boxes[index[here[0]]]))

    def reveal(self, key: str) -> None:
        """Select a layer and bring it to the middle."""
        self.select([key], center=False)
        if self._picture is not None and key in self._picture.index:
            self._bring(QRectF(*self._picture.boxes[self._picture.index[key]]), always=True)

    def _announce(self, keys: list[str]) -> None:
        changed = keys != self._selected
        self._selected = keys
        done = self._picture
        if done is not None:
            chosen = frozenset(done.index[key] for key in keys)
            incoming = frozenset(e for k in chosen for e in done.incoming.get(k, ()))
            outgoing = frozenset(e for k in chosen for e in done.outgoing.get(k, ())) - incoming
            shown = self._shown
            shown.selected, shown.input_edges, shown.output_edges = chosen, incoming, outgoing
            shown.inputs = frozenset(done.edges[e].source for e in incoming) - chosen
            shown.outputs = frozenset(done.edges[e].target for e in outgoing) - chosen - shown.inputs
            self.viewport().update()
        if changed:
            self.setAccessibleDescription(self._selection_in_words())
            self.selection_changed.emit(list(keys))

    def _selection_in_words(self) -> str:
        keys = self._selected
        return tr("Selected: {names}", names=", ".join(keys[:5])) if keys else tr(_DESCRIPTION)

    def selected_tensor(self) -> str:
        """Name of the tensor that is followed, '' for none."""
        return self._tensor

    def select_tensor(self, name: str) -> None:
        """Mark every edge of a tensor; '' or a name that is not on the canvas marks none."""
        done = self._picture
        edges = done.tensors.get(name, ()) if done is not None else ()
        changed = self._tensor != (name if edges else "")
        self._tensor = name if edges else ""
        self._shown.tensor_edges = frozenset(edges)
        self.viewport().update()
        if changed:
            said = tensors.in_brief(done, self._tensor) if done is not None else ""
            self.setAccessibleDescription(said or self._selection_in_words())
            self.tensor_selected.emit(self._tensor)

    def set_overlay(self, layers: Mapping[str, str] | None) -> None:
        """Lay a tint behind layers: key -> a role of the theme ('accent', 'good', 'warning', 'error'); None clears."""
        index = self._picture.index if self._picture else {}
        self._shown.overlays = {index[key]: role for key, role in (layers or {}).items() if key in index}
        self._look_again()

    def set_heat(self, colours: Mapping[int, QColor] | None) -> None:
        """Colour cards by a figure: number of the card -> colour; None for the colours of the operators again. It
        holds until another picture stands here."""
        self._shown.heat = colours
        self._look_again()

    def set_theme(self, _theme: theme.Theme | None = None) -> None:
        """Paint again in the theme now in force."""
        self._look_again()

    def _look_again(self) -> None:
        """The same picture in other colours: what was kept of it is painted anew."""
        self._tiles.forget()
        self.viewport().update()
        self.look_changed.emit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange):
            self.set_theme()

    # mouse and keys -----------------------------------------------------------------------------------------------

    def tip_at(self, spot: QPoint) -> str:
        card = self._card_at(spot)
        if self._picture is None:
            return ""
        if card is None:
            return tensors.described(self._picture, self.tensor_at(spot))
        badge = (self._shown.badges or {}).get(card, "")
        return self._picture.cards[card].tip + (f"\n\n⚠ {badge}" if badge else "")

    def _card_at(self, spot: QPoint) -> int | None:
        if self._picture is None:
            return None
        point = self.mapToScene(spot)
        return self._picture.card_at(point.x(), point.y())

    def tensor_at(self, spot: QPoint) -> str:
        """Name of the tensor whose edge passes a point of the viewport and that no card covers; '' for none."""
        if self._picture is None or self._card_at(spot) is not None:
            return ""
        point = self.mapToScene(spot)
        edge = self._picture.edge_at(point.x(), point.y(), _REACH / self.zoom())
        return self._picture.edges[edge].name if edge is not None else ""

    def _clicked(self, spot: QPoint, modifiers: Qt.KeyboardModifier) -> None:
        add = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        card = self._card_at(spot)
        key = self._picture.cards[card].key if card is not None and self._picture else ""
        self.select_tensor(self.tensor_at(spot))
        if not key:
            if not add:
                self._announce([])
        elif not add:
            self._announce([key])
        elif key in self._selected:
            self._announce([k for k in self._selected if k != key])
        else:
            self._announce([*self._selected, key])

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        card = self._card_at(event.position().toPoint())
        if card is not None and self._picture is not None and self._picture.cards[card].key:
            self.activated.emit(self._picture.cards[card].key)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """By mouse for what is under it; by the menu key for the layer selected last."""
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            key = self._selected[-1] if self._selected else ""
            where = self.viewport().rect().center()
            if self._picture is not None and key in self._picture.index:
                where = self.mapFromScene(QRectF(*self._picture.boxes[self._picture.index[key]]).center())
            self.menu_requested.emit(self.viewport().mapToGlobal(where), key, self._tensor)
        else:
            card = self._card_at(event.pos())
            key = self._picture.cards[card].key if card is not None and self._picture is not None else ""
            self.menu_requested.emit(event.globalPos(), key, self.tensor_at(event.pos()))
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()  # a plain number: letters of other alphabets are not in Qt.Key
        if key in _WALK:
            self._walk(_WALK[key])
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom_in()
        elif key == Qt.Key.Key_Minus:
            self.zoom_out()
        elif key == Qt.Key.Key_Home:
            self.go_to_input()
        elif key == Qt.Key.Key_Escape and self._tensor:
            self.select_tensor("")
        elif key == Qt.Key.Key_Escape and self._selected:
            self._announce([])
        elif self._along.press(key, event.modifiers()):
            event.accept()
        else:
            super().keyPressEvent(event)

    def _walk(self, direction: str) -> None:
        if self._picture is None or not self._picture.index:
            return
        if not self._selected:
            self.select([next(iter(self._picture.index))])
            return
        index = self._picture.index
        goal = self._picture.step(index[self._selected[-1]], direction)
        if goal is not None:
            self.select([self._picture.cards[goal].key])

    # painting -----------------------------------------------------------------------------------------------------

    def drawBackground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        """The ground; far out, where the zoom rests, the graph as well, from pixmaps."""
        painter.fillRect(rect, theme.color("canvas"))
        zoom = painter.worldTransform().m11()
        usable = self._picture is not None and zoom < FAR and zoom == self.zoom()
        kept = usable and self._tiles.rests_at(zoom, self.viewport().devicePixelRatioF())
        self._shown.paint = "marks" if kept else "both"
        if kept:
            self._tiles.draw(painter, QRectF(rect), painter.worldTransform().map(QPointF()))

    def paint_graph(self, painter: QPainter, part: QRectF) -> None:
        """Paint a part of the canvas without the marks of the selection; transform and clip are the caller's."""
        option = QStyleOptionGraphicsItem()
        before, self._shown.paint = self._shown.paint, "graph"
        for item in self._canvas.items(Qt.SortOrder.AscendingOrder):
            painter.save()
            painter.translate(item.pos())
            option.exposedRect = part.translated(-item.pos())
            item.paint(painter, option)
            painter.restore()
        self._shown.paint = before

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._message:
            painter = QPainter(self.viewport())
            painter.setPen(theme.color("muted"))
            painter.drawText(self.viewport().rect(), Qt.AlignmentFlag.AlignCenter, self._message)
