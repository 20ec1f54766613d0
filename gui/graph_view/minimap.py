"""The overview in a corner of a graph view: all of the graph in columns, and what part of it is in view."""

from __future__ import annotations

import time
from collections.abc import Iterator

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
)
from PySide6.QtWidgets import QToolTip, QWidget

from gui import theme
from gui.graph_view.far_picture import CAPTION, EDGE, columns, empty_page
from gui.graph_view.fold import Bounds, Fold, at_least, fold, padded
from gui.graph_view.view import GraphView
from gui.words import mark, tr

SMALL = QSize(176, 208)  # room for the graph in the corner
_SHARE = 0.36  # of a small view's sides, at most
_AWAY = 16  # pixels from the border of the view
_GAP_SMALL, _GAP_GROWN = 3.0, 12.0  # between columns
_LEAST_MARK = 5.0  # pixels: what is in view is never marked smaller
_SLICE = 0.01  # seconds of painting at a time
_MARKED = 500  # selected layers, at most
_DELAY = 80  # milliseconds; the window answers first, and a row of edits paints one overview
_LARGEST = {False: 0.12, True: 0.3}  # scale of a small graph

# keys of the overview, for Help > Shortcuts
KEYS: tuple[tuple[str, str], ...] = (
    (mark("grow, or go there at 100 %"), "Enter"),
    (mark("move what is in view"), mark("Arrows")),
    (mark("back to its corner"), "Esc"),
)


class Minimap(QWidget):
    """Shown while the graph is larger than the view. A click or drag moves the view.

    Grown it covers the view and shows the whole graph as large as it can; a click there goes to that place at 100 %.
    It keeps out of the way of what was selected last, and of the legend, by going to another corner.
    """

    grown_changed = Signal(bool)

    def __init__(self, view: GraphView) -> None:
        super().__init__(view.viewport())  # a sibling above it would make Qt paint all of it at every scroll
        self._view = view
        self._wanted, self._grown, self._corner = True, False, 0
        self._others: list[QWidget] = []
        self._fold: Fold | None = None
        self._pixmap: QPixmap | None = None
        self._painted_for = QSize()
        self._small: tuple[Fold | None, QPixmap | None] = (None, None)  # what stood in the corner before it grew
        self._late = QTimer(self)
        self._late.setSingleShot(True)
        self._late.setInterval(_DELAY)
        self._late.timeout.connect(self._rebuild)
        self._steps: Iterator[None] = iter(())
        self._go_on = QTimer(self)
        self._go_on.timeout.connect(self._work)
        self.setAccessibleName(tr("Overview of the graph"))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.hide()
        view.viewport().installEventFilter(self)  # the view hears of a new size before its viewport has it
        view.picture_changed.connect(self._picture_changed)
        view.look_changed.connect(self._look_changed)
        view.viewport_moved.connect(self.follow)
        view.selection_changed.connect(lambda _: QTimer.singleShot(0, self, self.make_way))
        view.outgrown.connect(self.grow)

    # what the window asks -----------------------------------------------------------------------------------------

    def set_wanted(self, wanted: bool) -> None:
        """Whether it may be shown at all."""
        self._wanted = wanted
        if not wanted:
            self.shrink()
        self.follow()

    @property
    def grown(self) -> bool:
        return self._grown

    def grow(self) -> None:
        """Cover the view with the whole graph, and take the keys."""
        if self._view.picture is not None and not self._grown:
            self._set_grown(True)
            self.setFocus(Qt.FocusReason.OtherFocusReason)

    def shrink(self) -> None:
        """Back into the corner; the graph has the keys again."""
        if self._grown:
            self._set_grown(False)
            self._view.setFocus(Qt.FocusReason.OtherFocusReason)

    def _set_grown(self, grown: bool) -> None:
        before = (self._fold, self._pixmap)
        self._grown = grown
        if grown:
            self._small = before
            self._rebuild()
        else:
            self._go_on.stop()
            self._fold, self._pixmap = self._small
            self._small = (None, None)
            self.make_way()
            self.follow()
            self._late.start()  # the view may have another size by now
        self.grown_changed.emit(grown)

    # in step with the view ----------------------------------------------------------------------------------------

    def follow(self) -> None:
        """What is in view has changed."""
        shown = self._view.picture is not None and (self._grown or (self._wanted and not self._all_in_view()))
        if shown and self._fold is None and not self._go_on.isActive():
            self._late.start()
        shown = shown and self._fold is not None
        if shown != self.isVisibleTo(self._view.viewport()):
            self.setVisible(shown)
            if shown:
                self.make_way()
                self.raise_()
        if shown:
            self.move(self._place(self._corner).topLeft())  # scrolling has taken it along
            self.update()

    def keep_clear_of(self, other: QWidget) -> None:
        """Another widget that stands in a corner now and then."""
        self._others.append(other)
        other.installEventFilter(self)

    def make_way(self) -> None:
        """Go to the corner where the fewest selected cards and other widgets are covered; of equal ones, stay."""
        if self._fold is None or self._grown:
            return
        port = self._view.viewport()
        shown = (w for w in self._others if w.isVisibleTo(port.window()))
        others = (QRect(port.mapFromGlobal(w.mapToGlobal(QPoint())), w.size()) for w in shown)
        boxes = [*self._selected_boxes(), *others]
        corners = [(self._corner + turn) % 4 for turn in range(4)]
        self._corner = min(corners, key=lambda corner: sum(map(self._place(corner).intersects, boxes)))
        self.setGeometry(self._place(self._corner))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and watched is self._view.viewport() and self._fold is not None:
            self._resized()
        elif watched in self._others and event.type() in (QEvent.Type.Show, QEvent.Type.Hide, QEvent.Type.Resize):
            QTimer.singleShot(0, self, self.make_way)
        return False

    def _resized(self) -> None:
        """The view has another size: stand in its corner, painted anew if there is other room."""
        if self._grown:
            self._rebuild()
            return
        self.make_way()
        if self._room() != self._painted_for:
            self._late.start()

    def _look_changed(self) -> None:
        self._small = (None, None)
        self._late.start()

    def _picture_changed(self) -> None:
        self._small = (None, None)
        if self._view.picture is None:
            self._late.stop()
            self._go_on.stop()
            self._fold = self._pixmap = None
            self.shrink()
        else:
            self._late.start()
        self.follow()

    def _rebuild(self) -> None:
        """Paint the graph anew at the size there is room for."""
        picture = self._view.picture
        if picture is None or not picture.cards:
            return
        room = self._painted_for = self._room()
        gap = _GAP_GROWN if self._grown else _GAP_SMALL
        made = fold(padded(picture.place.bounds), room.width(), room.height(), gap, _LARGEST[self._grown])
        self._steps = self._pages(made)
        self._work()

    def _work(self) -> None:
        """Go on painting for some milliseconds, then let the window answer."""
        end = time.perf_counter() + _SLICE
        for _ in self._steps:
            if time.perf_counter() > end:
                self._go_on.start()
                return
        self._go_on.stop()

    def _take(self, made: Fold, page: QPixmap) -> None:
        """Show another page in place of the one before."""
        self._fold, self._pixmap = made, page
        self.setGeometry(self._place(self._corner))
        self.make_way()
        self.follow()
        self.update()

    def _room(self) -> QSize:
        if not self._grown:
            return SMALL.boundedTo(self._view.viewport().size() * _SHARE)
        around = 2 * (_AWAY + EDGE)
        return (self._view.viewport().size() - QSize(around, around + CAPTION)).expandedTo(SMALL)

    def _place(self, corner: int, made: Fold | None = None) -> QRect:
        """Where it stands in the view: grown over all of it, else in a corner, the lower right one being 0."""
        of = made or self._fold
        assert of is not None
        view = self._view.viewport().rect()
        if self._grown:
            return view.adjusted(_AWAY, _AWAY, -_AWAY, -_AWAY)
        size = QSize(*(round(side) + 2 * EDGE for side in of.size))
        left = view.left() + _AWAY if corner in (1, 2) else view.right() + 1 - _AWAY - size.width()
        top = view.top() + _AWAY if corner in (2, 3) else view.bottom() + 1 - _AWAY - size.height()
        return QRect(QPoint(left, top), size)

    def _selected_boxes(self) -> list[QRect]:
        picture = self._view.picture
        if picture is None:
            return []
        chosen = [k for key in self._view.selected()[-1:] if (k := picture.card_of(key)) is not None]
        boxes = (self._view.mapFromScene(QRectF(*picture.boxes[k])).boundingRect() for k in chosen)
        return [box.adjusted(-8, -8, 8, 8) for box in boxes]

    def _seen(self) -> QRectF:
        return self._view.mapToScene(self._view.viewport().rect()).boundingRect()

    def _all_in_view(self) -> bool:
        picture = self._view.picture
        if picture is None:
            return True
        left, top, right, bottom = picture.place.bounds
        return self._seen().contains(QRectF(left, top, right - left, bottom - top))

    # painting -----------------------------------------------------------------------------------------------------

    def _origin(self, made: Fold | None = None, size: QSize | None = None) -> QPointF:
        """Where the first column begins: at the border, or in the middle below the caption when grown."""
        of, all_of = made or self._fold, size or self.size()
        assert of is not None
        if not self._grown:
            return QPointF(EDGE, EDGE)
        across, down = of.size
        left = (all_of.width() - across) / 2
        return QPointF(round(left), round(CAPTION + (all_of.height() - CAPTION - down) / 2))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._fold is not None and self._pixmap is not None:
            painter.drawPixmap(0, 0, self._pixmap)
            origin = self._origin()
            painter.translate(origin)
            self._paint_marks(painter, self._fold)
            painter.translate(-origin)
        painter.setPen(QPen(theme.color("accent" if self.hasFocus() else "border"), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _pages(self, made: Fold) -> Iterator[None]:
        """Paint all but the marks, column by column.

        Grown, it is shown while it fills; in the corner what was there stays until the new one is done.
        """
        ratio, size = self.devicePixelRatioF(), self._place(self._corner, made).size()
        origin = self._origin(made, size)
        page = empty_page(made, size, ratio, origin if self._grown else None)
        if self._grown:
            self._take(made, page)
        for x, column in columns(made, ratio, self._view.paint_graph):
            painter = QPainter(page)
            painter.drawPixmap(QPointF(round(origin.x() + x), origin.y()), column)
            painter.end()
            self.update()
            yield
        if not self._grown:
            self._take(made, page)

    def _paint_marks(self, painter: QPainter, made: Fold) -> None:
        """The selected layers, and what is in view."""
        picture = self._view.picture
        if picture is None:
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("accent"))
        found = (picture.card_of(key) for key in self._view.selected()[:_MARKED])
        for card in {k for k in found if k is not None}:
            x, y, w, h = picture.boxes[card]
            for part in made.parts((x, y, x + w, y + h)):
                painter.drawRect(_rectangle(at_least(part, 3.0)))
        painter.setBrush(theme.color("accent", 36))
        painter.setPen(QPen(theme.color("accent"), 1.5))
        seen = self._seen()
        for part in made.parts((seen.left(), seen.top(), seen.right(), seen.bottom())):
            painter.drawRect(_rectangle(at_least(part, _LEAST_MARK)))

    # mouse and keys -----------------------------------------------------------------------------------------------

    def _go(self, spot: QPointF) -> None:
        if self._fold is not None:
            away = spot - self._origin()
            self._view.go(*self._fold.canvas(away.x(), away.y()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()  # it must not reach the graph below
        if event.button() == Qt.MouseButton.LeftButton:
            self._go(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        event.accept()
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()
        if self._grown and event.button() == Qt.MouseButton.LeftButton:
            self._arrive()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        event.accept()
        if not self._grown and event.button() == Qt.MouseButton.LeftButton:
            self.grow()

    def _arrive(self) -> None:
        """Leave the grown overview for the place it marks, large enough to read."""
        centre = self._seen().center()
        self.shrink()
        self._view.set_zoom(1.0)
        self._view.go(centre.x(), centre.y())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1), Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0)}
        seen = self._seen()
        if event.key() in steps:
            across, down = steps[Qt.Key(event.key())]
            centre = seen.center()
            self._view.go(centre.x() + across * seen.width() / 2, centre.y() + down * seen.height() / 2)
            self._describe()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._arrive() if self._grown else self.grow()
        elif event.key() == Qt.Key.Key_Escape:
            self.shrink() if self._grown else self._view.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.tip_at(QPointF(event.pos())), self)
            return True
        return super().event(event)

    def tip_at(self, spot: QPointF) -> str:
        """The layer under a point; between layers, what the overview is for."""
        picture = self._view.picture
        if self._fold is not None and picture is not None:
            away = spot - self._origin()
            card = picture.card_at(*self._fold.canvas(away.x(), away.y()))
            if card is not None:
                return picture.cards[card].tip
        return "" if self._grown else tr("Click or drag to move the view; double-click to see all of the graph.")

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._describe()
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def _describe(self) -> None:
        """What a screen reader says: how much is in view, and where."""
        picture = self._view.picture
        if picture is None:
            return
        _, top, _, bottom = picture.place.bounds
        seen, high = self._seen(), max(bottom - top, 1.0)
        first, last = (min(max((y - top) / high, 0.0), 1.0) for y in (seen.top(), seen.bottom()))
        self.setAccessibleDescription(
            tr("In view: from {first:.0f} % to {last:.0f} % of the graph's height.", first=100 * first, last=100 * last)
        )


def _rectangle(part: Bounds) -> QRectF:
    return QRectF(QPointF(*part[:2]), QPointF(*part[2:]))
