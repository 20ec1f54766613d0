"""The overview in a corner of a graph view: all of the graph in columns, and what part of it is in view."""

from __future__ import annotations

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
from gui.graph_view.far_picture import folded
from gui.graph_view.fold import Fold, fold
from gui.graph_view.view import GraphView
from gui.words import mark, tr

SMALL = QSize(176, 208)  # room for the graph in the corner
_SHARE = 0.36  # of a small view's sides, at most
_EDGE, _AWAY, _CAPTION = 8, 16, 28  # pixels: inside the border, from the view's border, of the line when grown
_GAP_SMALL, _GAP_GROWN = 3.0, 12.0  # between columns
_LEAST_MARK = 5.0  # pixels: what is in view is never marked smaller
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
    It keeps out of the way of what was selected last by going to another corner.
    """

    grown_changed = Signal(bool)

    def __init__(self, view: GraphView) -> None:
        super().__init__(view)
        self._view = view
        self._wanted, self._grown, self._corner = True, False, 0
        self._fold: Fold | None = None
        self._pixmap: QPixmap | None = None
        self._painted_for = QSize()
        self._late = QTimer(self)
        self._late.setSingleShot(True)
        self._late.setInterval(_DELAY)
        self._late.timeout.connect(self._rebuild)
        self.setAccessibleName(tr("Overview of the graph"))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.hide()
        view.installEventFilter(self)
        view.picture_changed.connect(self._picture_changed)
        view.look_changed.connect(self._late.start)
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
        self._grown = grown
        self._rebuild()
        self.grown_changed.emit(grown)

    # in step with the view ----------------------------------------------------------------------------------------

    def follow(self) -> None:
        """What is in view has changed."""
        shown = self._view.picture is not None and (self._grown or (self._wanted and not self._all_in_view()))
        if shown and self._fold is None:
            self._late.start()
        shown = shown and self._fold is not None
        if shown != self.isVisibleTo(self._view):
            self.setVisible(shown)
            if shown:
                self.make_way()
                self.raise_()
        if shown:
            self.update()

    def make_way(self) -> None:
        """Go to a corner where no selected card is covered; where every corner covers one, stay."""
        if self._fold is None or self._grown:
            return
        cards = self._selected_boxes()
        for turn in range(4):
            place = self._place((self._corner + turn) % 4)
            if not any(place.intersects(card) for card in cards):
                self._corner = (self._corner + turn) % 4
                break
        self.setGeometry(self._place(self._corner))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._view and event.type() == QEvent.Type.Resize and self._fold is not None:
            self._resized()
        return False

    def _resized(self) -> None:
        """The view has another size: stand in its corner, painted anew if there is other room."""
        if self._grown:
            self._rebuild()
            return
        self.make_way()
        if self._room() != self._painted_for:
            self._late.start()

    def _picture_changed(self) -> None:
        self._fold = self._pixmap = None
        if self._view.picture is None and self._grown:
            self.shrink()
        self.follow()

    def _rebuild(self) -> None:
        """Paint the graph anew at the size there is room for."""
        picture = self._view.picture
        if picture is None or not picture.cards:
            return
        room = self._painted_for = self._room()
        gap = _GAP_GROWN if self._grown else _GAP_SMALL
        self._fold = fold(_padded(picture.place.bounds), room.width(), room.height(), gap, _LARGEST[self._grown])
        self.setGeometry(self._place(self._corner))
        self.make_way()
        self._pixmap = self._page(self._fold)
        self.follow()
        self.update()

    def _room(self) -> QSize:
        if not self._grown:
            return SMALL.boundedTo(self._view.viewport().size() * _SHARE)
        around = 2 * (_AWAY + _EDGE)
        return (self._view.viewport().size() - QSize(around, around + _CAPTION)).expandedTo(SMALL)

    def _place(self, corner: int) -> QRect:
        """Where it stands in the view: grown over all of it, else in a corner, the lower right one being 0."""
        assert self._fold is not None
        view = self._view.viewport().geometry()
        if self._grown:
            return view.adjusted(_AWAY, _AWAY, -_AWAY, -_AWAY)
        size = QSize(*(round(side) + 2 * _EDGE for side in self._fold.size))
        left = view.left() + _AWAY if corner in (1, 2) else view.right() + 1 - _AWAY - size.width()
        top = view.top() + _AWAY if corner in (2, 3) else view.bottom() + 1 - _AWAY - size.height()
        return QRect(QPoint(left, top), size)

    def _selected_boxes(self) -> list[QRect]:
        picture = self._view.picture
        if picture is None:
            return []
        chosen = [k for key in self._view.selected()[-1:] if (k := picture.card_of(key)) is not None]
        offset = self._view.viewport().pos()
        return [
            self._view.mapFromScene(QRectF(*picture.boxes[k])).boundingRect().translated(offset).adjusted(-8, -8, 8, 8)
            for k in chosen
        ]

    def _seen(self) -> QRectF:
        return self._view.mapToScene(self._view.viewport().rect()).boundingRect()

    def _all_in_view(self) -> bool:
        picture = self._view.picture
        if picture is None:
            return True
        left, top, right, bottom = picture.place.bounds
        return self._seen().contains(QRectF(left, top, right - left, bottom - top))

    # painting -----------------------------------------------------------------------------------------------------

    def _origin(self) -> QPointF:
        """Where the first column begins: at the border, or in the middle below the caption when grown."""
        assert self._fold is not None
        if not self._grown:
            return QPointF(_EDGE, _EDGE)
        across, down = self._fold.size
        left = (self.width() - across) / 2
        return QPointF(round(left), round(_CAPTION + (self.height() - _CAPTION - down) / 2))

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

    def _page(self, made: Fold) -> QPixmap:
        """All but the marks, opaque, so that following the view only copies pixels."""
        ratio, origin = self.devicePixelRatioF(), self._origin()
        page = QPixmap(self.size() * ratio)
        page.setDevicePixelRatio(ratio)
        page.fill(theme.color("raised" if self._grown else "surface"))
        painter = QPainter(page)
        if self._grown:
            self._paint_caption(painter)
        painter.translate(origin)
        for x, top, bottom in made.strips() if self._grown else ():
            painter.fillRect(QRectF(x, 0, made.width * made.scale, (bottom - top) * made.scale), theme.color("canvas"))
        painter.drawPixmap(QPointF(), folded(made, ratio, self._view.paint_graph))
        painter.end()
        return page

    def _paint_caption(self, painter: QPainter) -> None:
        """What to do, in a line above the columns."""
        painter.setPen(theme.color("muted"))
        line = QRectF(_EDGE, 4, self.width() - 2 * _EDGE, _CAPTION)
        said = tr("The whole graph, from the top down and then to the right. Click or Enter to go there, Esc to close.")
        painter.drawText(line, Qt.AlignmentFlag.AlignCenter, said)

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
                painter.drawRect(_at_least(part, 3.0))
        painter.setBrush(theme.color("accent", 36))
        painter.setPen(QPen(theme.color("accent"), 1.5))
        seen = self._seen()
        for part in made.parts((seen.left(), seen.top(), seen.right(), seen.bottom())):
            painter.drawRect(_at_least(part, _LEAST_MARK))

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


def _at_least(part: tuple[float, float, float, float], side: float) -> QRectF:
    """A rectangle given by its borders, grown around its middle where it would be too small to see."""
    left, top, right, bottom = part
    wide, high = max(right - left, side), max(bottom - top, side)
    return QRectF((left + right - wide) / 2, (top + bottom - high) / 2, wide, high)


def _padded(bounds: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    """Some ground around the graph, so that its outermost cards do not stick to the border."""
    left, top, right, bottom = bounds
    around = 0.02 * (right - left) + 8.0
    return (left - around, top - around, right + around, bottom + around)
