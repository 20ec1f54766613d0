"""The graph of a model on a canvas: pan, zoom, select, walk along the tensors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QGraphicsScene, QGraphicsView, QToolTip, QWidget

from core.model.model import Model
from gui import theme
from gui.graph_view.canvas import CardsItem, EdgesItem, Shown, metrics
from gui.graph_view.model_work import ModelWork
from gui.graph_view.picture import Picture, picture

_DESCRIPTION = "Layers and the tensors between them; the layers table says the same as text."
EMPTY = "Open a model: Ctrl+O, or drop a file here"
_LEAST, _MOST, _STEP = 0.02, 4.0, 1.2
_MARGIN = 240.0  # canvas around the graph, so that its ends can be brought to the middle
_WALK = {
    int(Qt.Key.Key_Up): "up",
    int(Qt.Key.Key_Down): "down",
    int(Qt.Key.Key_Left): "left",
    int(Qt.Key.Key_Right): "right",
}


class GraphView(QGraphicsView):
    """Shows one model; any number of views may live side by side.

    ``selection_changed`` carries the keys of the selected layers (their names; see ``layer_keys``) in the order they
    were chosen. ``ready`` follows :meth:`set_model` when the graph is on the canvas. Selected layers have an accent
    outline, what feeds them is green, what they feed is orange.
    """

    selection_changed = Signal(list)
    activated = Signal(str)
    zoom_changed = Signal(float)
    ready = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._canvas = QGraphicsScene(self)  # a view does not own its scene: without this reference it is lost
        self.setScene(self._canvas)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.MinimalViewportUpdate)
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontAdjustForAntialiasing)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Graph")
        self.setAccessibleDescription(_DESCRIPTION)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._work = ModelWork(self)
        self._picture: Picture | None = None
        self._items: tuple[EdgesItem, CardsItem] | None = None
        self._shown = Shown()
        self._selected: list[str] = []
        self._message = EMPTY
        self._pressed: QPoint | None = None
        self._panning = False
        self._at_start = True  # until the user goes elsewhere, the view stays on the input while it is resized
        self._widths = metrics()

    # the model ----------------------------------------------------------------------------------------------------

    def set_model(self, model: Model | None) -> None:
        """Show another model, or nothing. Layers that keep their key stay selected; the place is kept as well
        when a model was shown before (so undo and redo do not jump), else the view opens at 100 % on the input."""
        if model is None:
            self._work.forget()
            self._clear(EMPTY)
            self._announce([])
            return
        widths = self._widths
        at_once = self._work.run(model, lambda m: picture(m, widths), self._show, self._fail)
        if not at_once:
            self._clear("Laying out the graph…")

    def _show(self, done: Picture) -> None:
        first = self._picture is None
        place = self.viewportTransform().map(QPointF())  # where the scene's origin stands
        self._clear("")
        self._picture = done
        self._items = (EdgesItem(done, self._shown), CardsItem(done, self._shown, self._widths))
        for item in self._items:
            self._canvas.addItem(item)
        left, top, right, bottom = done.place.bounds
        self._canvas.setSceneRect(
            QRectF(left, top, right - left, bottom - top).adjusted(*([-_MARGIN] * 2 + [_MARGIN] * 2))
        )
        if first:
            self.go_to_input()
        else:
            self._scroll_to(place)
        self._shown.badges = done.badges
        self._announce([key for key in self._selected if key in done.index])
        self.ready.emit()

    def _scroll_to(self, place: QPointF) -> None:
        """Bring the scene's origin back to ``place``; centerOn() would round, and the graph creep with every act."""
        away = self.viewportTransform().map(QPointF()) - place
        for bar, moved in ((self.horizontalScrollBar(), away.x()), (self.verticalScrollBar(), away.y())):
            bar.setValue(bar.value() + round(moved))

    def _fail(self, error: Exception) -> None:
        self._clear(f"This graph cannot be drawn: {error}.")

    def _clear(self, message: str) -> None:
        self._canvas.clear()
        self._items = None
        self._picture = None
        self._shown = Shown()
        self._message = message
        self.viewport().update()

    # selection ----------------------------------------------------------------------------------------------------

    def selected(self) -> list[str]:
        """Keys of the selected layers, in the order they were chosen."""
        return list(self._selected)

    def select(self, names: Iterable[str], center: bool = True) -> None:
        """Select layers by key; unknown ones are left out. ``center`` brings the first into view if it is not.

        While a large graph is still being laid out the choice is kept until it is there.
        """
        if self._picture is None:
            self._selected = list(dict.fromkeys(names)) if self._message != EMPTY else []
            return
        index = self._picture.index
        here = [name for name in dict.fromkeys(names) if name in index]
        self._announce(here)
        if center and here:
            self._reveal(index[here[0]])

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
            self.setAccessibleDescription(f"Selected: {', '.join(keys[:5])}" if keys else _DESCRIPTION)
            self.selection_changed.emit(list(keys))

    def _reveal(self, card: int) -> None:
        if self._picture is None:
            return
        box = QRectF(*self._picture.boxes[card])
        seen = self.mapToScene(self.viewport().rect()).boundingRect()
        if not seen.adjusted(16, 16, -16, -16).contains(box):
            self._at_start = False
            self.centerOn(box.center())

    def set_overlay(self, layers: Mapping[str, str] | None) -> None:
        """Lay a tint behind layers: key -> a role of the theme ('accent', 'good', 'warning', 'error'); None clears."""
        index = self._picture.index if self._picture else {}
        self._shown.overlays = {index[key]: role for key, role in (layers or {}).items() if key in index}
        self.viewport().update()

    def set_theme(self, _theme: theme.Theme | None = None) -> None:
        """Paint again in the theme now in force."""
        self.viewport().update()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange):
            self.set_theme()

    # zoom ---------------------------------------------------------------------------------------------------------

    def zoom(self) -> float:
        """Screen pixels per unit of the canvas; 1.0 is 100 %."""
        return self.transform().m11()

    def set_zoom(self, value: float, at: QPointF | None = None) -> None:
        """Zoom to a value, keeping the point ``at`` (in the viewport; default its middle) where it is."""
        value = min(max(value, _LEAST), _MOST)
        self._at_start = False
        spot = at if at is not None else QRectF(self.viewport().rect()).center()
        before = self.mapToScene(spot.toPoint())
        self.resetTransform()
        self.scale(value, value)
        offset = self.mapFromScene(before) - spot.toPoint()
        self.horizontalScrollBar().setValue(self.horizontalScrollBar().value() + offset.x())
        self.verticalScrollBar().setValue(self.verticalScrollBar().value() + offset.y())
        self.zoom_changed.emit(value)

    def zoom_in(self) -> None:
        self.set_zoom(self.zoom() * _STEP)

    def zoom_out(self) -> None:
        self.set_zoom(self.zoom() / _STEP)

    def zoom_100(self) -> None:
        self.set_zoom(1.0)

    def fit(self) -> None:
        """The whole graph, as large as it fits, but never larger than 100 %."""
        if self._picture is None:
            return
        left, top, right, bottom = self._picture.place.bounds
        room = self.viewport().rect()
        ratio = min(room.width() / (right - left + 48), room.height() / (bottom - top + 48), 1.0)
        self.set_zoom(ratio)
        self.centerOn((left + right) / 2, (top + bottom) / 2)

    def fit_width(self) -> None:
        """The graph's full width, never larger than 100 %."""
        if self._picture is not None:
            left, _, right, _ = self._picture.place.bounds
            self.set_zoom(min(self.viewport().width() / (right - left + 48), 1.0))
            self.centerOn((left + right) / 2, self.mapToScene(self.viewport().rect().center()).y())

    def go_to_input(self) -> None:
        """100 %, with the first card at the upper border."""
        if self._picture is None or not self._picture.boxes:
            return
        self.set_zoom(1.0)
        x, y, width, _ = self._picture.boxes[0]
        self.centerOn(x + width / 2, y - 24 + self.viewport().height() / 2)
        self._at_start = True

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._at_start:
            self.go_to_input()  # the size is known only now

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._at_start:
            self.go_to_input()

    # mouse and keys -----------------------------------------------------------------------------------------------

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._at_start = False
        turn = event.angleDelta()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.set_zoom(self.zoom() * _STEP ** (turn.y() / 120), event.position())
            event.accept()
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            bar = self.horizontalScrollBar()
            bar.setValue(bar.value() - (turn.y() or turn.x()))
            event.accept()
        else:
            super().wheelEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QNativeGestureEvent) and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
            self.set_zoom(self.zoom() * (1 + event.value()), event.position())
            return True
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.tip_at(event.pos()), self.viewport())
            return True
        return super().viewportEvent(event)

    def tip_at(self, spot: QPoint) -> str:
        """What the tooltip says at a point of the viewport."""
        card = self._card_at(spot)
        if card is None or self._picture is None:
            return ""
        badge = (self._shown.badges or {}).get(card, "")
        return self._picture.cards[card].tip + (f"\n\n⚠ {badge}" if badge else "")

    def _card_at(self, spot: QPoint) -> int | None:
        if self._picture is None:
            return None
        point = self.mapToScene(spot)
        return self._picture.card_at(point.x(), point.y())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self._pressed, self._panning = event.position().toPoint(), False
            self.setFocus(Qt.FocusReason.MouseFocusReason)
            event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None:
            return
        here = event.position().toPoint()
        moved = here - self._pressed
        if not self._panning and moved.manhattanLength() < 6:
            return
        if not self._panning:
            self._panning, self._at_start = True, False
            self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
        self._pressed = here
        self.horizontalScrollBar().setValue(self.horizontalScrollBar().value() - moved.x())
        self.verticalScrollBar().setValue(self.verticalScrollBar().value() - moved.y())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        panned, self._panning = self._panning, False
        pressed, self._pressed = self._pressed, None
        if panned:
            self.viewport().unsetCursor()
        elif pressed is not None and event.button() == Qt.MouseButton.LeftButton:
            self._click(pressed, bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier))

    def _click(self, spot: QPoint, add: bool) -> None:
        card = self._card_at(spot)
        key = self._picture.cards[card].key if card is not None and self._picture else ""
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
        elif key == Qt.Key.Key_Escape and self._selected:
            self._announce([])
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
        painter.fillRect(rect, theme.color("canvas"))

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._message:
            painter = QPainter(self.viewport())
            painter.setPen(theme.color("muted"))
            painter.drawText(self.viewport().rect(), Qt.AlignmentFlag.AlignCenter, self._message)
