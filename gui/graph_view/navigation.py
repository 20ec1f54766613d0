"""Moving about on a canvas: zoom around a point, fit, pan by dragging, by wheel and by gesture."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QHelpEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QResizeEvent,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QGraphicsScene, QGraphicsView, QToolTip, QWidget

LEAST, _MOST, _STEP = 0.08, 4.0, 1.2  # below LEAST a card is no longer a block but a hair
_MARGIN = 240.0  # canvas around the graph, so that its ends can be brought to the middle
_AROUND = 48  # pixels left free when the graph is fitted


class Navigation(QGraphicsView):
    """A canvas with one graph on it, whose extent a subclass gives by ``_bounds`` and ``_beginning``.

    ``zoom_changed`` carries screen pixels per unit of the canvas. ``viewport_moved`` follows every change of what part
    of the canvas is seen: scrolling, zooming, resizing. ``outgrown`` follows a wish to see the whole of a graph that
    would not be legible so small.
    """

    zoom_changed = Signal(float)
    viewport_moved = Signal()
    outgrown = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._canvas = QGraphicsScene(self)  # a view does not own its scene: without this reference it is lost
        self._canvas.setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)  # a few items that cover everything
        self.setScene(self._canvas)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.MinimalViewportUpdate)
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontAdjustForAntialiasing)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._pressed: QPoint | None = None
        self._panning = False
        self._at_start = True  # until the user goes elsewhere, the view stays on the input while it is resized
        self._covered = 0

    # what a subclass says -----------------------------------------------------------------------------------------

    def keep_clear(self, left: int) -> None:
        """Use only what is right of so many pixels: something stands over the rest. The middle stays in the middle."""
        if left == self._covered:
            return
        self._covered = left
        middle = self.mapToScene(self.viewport().rect().center())
        self.setViewportMargins(left, 0, 0, 0)
        if not self._at_start:
            self.centerOn(middle)

    def _bounds(self) -> tuple[float, float, float, float] | None:
        """(left, top, right, bottom) of the graph; None without one."""
        raise NotImplementedError

    def _beginning(self) -> tuple[float, float] | None:
        """The middle of the upper border of the first card; None without one."""
        raise NotImplementedError

    def tip_at(self, spot: QPoint) -> str:
        """What the tooltip says at a point of the viewport."""
        raise NotImplementedError

    def _clicked(self, spot: QPoint, modifiers: Qt.KeyboardModifier) -> None:
        """The left button was pressed and released at one place of the viewport."""
        raise NotImplementedError

    # zoom ---------------------------------------------------------------------------------------------------------

    def zoom(self) -> float:
        """Screen pixels per unit of the canvas; 1.0 is 100 %."""
        return self.transform().m11()

    def set_zoom(self, value: float, at: QPointF | None = None) -> None:
        """Zoom to a value, keeping the point ``at`` (in the viewport; default its middle) where it is."""
        value = min(max(value, LEAST), _MOST)
        self._at_start = False
        spot = at if at is not None else QRectF(self.viewport().rect()).center()
        before = self.mapToScene(spot.toPoint())
        self.resetTransform()
        self.scale(value, value)
        offset = self.mapFromScene(before) - spot.toPoint()
        self.horizontalScrollBar().setValue(self.horizontalScrollBar().value() + offset.x())
        self.verticalScrollBar().setValue(self.verticalScrollBar().value() + offset.y())
        self.zoom_changed.emit(value)
        self.viewport_moved.emit()

    def zoom_in(self) -> None:
        self.set_zoom(self.zoom() * _STEP)

    def zoom_out(self) -> None:
        self.set_zoom(self.zoom() / _STEP)

    def zoom_100(self) -> None:
        self.set_zoom(1.0)

    def fit(self) -> None:
        """The whole graph, as large as it fits, but never larger than 100 % nor smaller than is legible.

        ``outgrown`` follows where it is too large for that.
        """
        bounds = self._bounds()
        if bounds is None:
            return
        left, top, right, bottom = bounds
        room = self.viewport().rect()
        ratio = min(room.width() / (right - left + _AROUND), room.height() / (bottom - top + _AROUND), 1.0)
        middle = self.mapToScene(room.center())
        self.set_zoom(ratio)
        if ratio >= LEAST:
            self.centerOn((left + right) / 2, (top + bottom) / 2)
            return
        wide, high = (side / LEAST for side in (room.width(), room.height()))
        self.centerOn(
            (left + right) / 2 if wide >= right - left else middle.x(),
            (top + bottom) / 2 if high >= bottom - top else middle.y(),
        )
        self.outgrown.emit()

    def fit_width(self) -> None:
        """The graph's full width, never larger than 100 %."""
        bounds = self._bounds()
        if bounds is not None:
            left, _, right, _ = bounds
            self.set_zoom(min(self.viewport().width() / (right - left + _AROUND), 1.0))
            self.centerOn((left + right) / 2, self.mapToScene(self.viewport().rect().center()).y())

    def go_to_input(self) -> None:
        """100 %, with the first card at the upper border."""
        beginning = self._beginning()
        if beginning is None:
            return
        self.set_zoom(1.0)
        x, y = beginning
        self.centerOn(x, y - 24 + self.viewport().height() / 2)
        self._at_start = True

    def go(self, x: float, y: float) -> None:
        """Bring a point of the canvas to the middle, at the zoom there is."""
        self._at_start = False
        self.centerOn(x, y)

    def _set_extent(self, bounds: tuple[float, float, float, float]) -> None:
        left, top, right, bottom = bounds
        area = QRectF(left, top, right - left, bottom - top)
        self._canvas.setSceneRect(area.adjusted(-_MARGIN, -_MARGIN, _MARGIN, _MARGIN))

    def _scroll_to(self, point: QPointF, spot: QPointF) -> None:
        """Bring a point of the canvas to ``spot`` in the viewport; centerOn() would round, and the graph creep.

        The canvas grows where the point could not come there otherwise.
        """
        away = self.viewportTransform().map(point) - spot
        wanted = self.mapToScene(self.viewport().rect().translated(round(away.x()), round(away.y()))).boundingRect()
        if not self._canvas.sceneRect().contains(wanted):
            self._canvas.setSceneRect(self._canvas.sceneRect().united(wanted))
            away = self.viewportTransform().map(point) - spot
        for bar, moved in ((self.horizontalScrollBar(), away.x()), (self.verticalScrollBar(), away.y())):
            bar.setValue(bar.value() + round(moved))

    def _bring(self, box: QRectF, always: bool = False) -> None:
        """Centre a part of the canvas if it is not wholly seen, or ``always``."""
        seen = self.mapToScene(self.viewport().rect()).boundingRect()
        if always or not seen.adjusted(16, 16, -16, -16).contains(box):
            self._at_start = False
            self.centerOn(box.center())

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._at_start:
            self.go_to_input()  # the size is known only now

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._at_start:
            self.go_to_input()
        self.viewport_moved.emit()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        super().scrollContentsBy(dx, dy)
        self.viewport_moved.emit()

    # wheel, gestures, tooltips, dragging ----------------------------------------------------------------------------

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
            self._clicked(pressed, event.modifiers())
