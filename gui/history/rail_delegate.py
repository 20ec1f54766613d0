"""Paints the lanes of the revision tree: a dot a revision, a line to where it came from."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPalette, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from gui import theme
from gui.charts.line_chart import COLOURS, ink
from gui.history.entries import Rail
from gui.history.model import DETAIL, RAIL, RevisionModel

LANE = 14
_MARGIN = 10
_SIDE, _AROUND = 4, 10  # pixels right of the words, and above and below the two lines together


class RailDelegate(QStyledItemDelegate):
    """For column 0: lanes left of the text. Undone revisions get a hollow dot and grey text."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        super().initStyleOption(option, index)
        model = index.model()
        if isinstance(model, RevisionModel) and model.undone(model.entries[index.row()]):
            grey = option.palette.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text)
            option.palette.setColor(QPalette.ColorRole.Text, grey)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        rail = index.data(RAIL)
        if index.column() or not isinstance(rail, Rail):
            super().paint(painter, option, index)
            return
        style = option.widget.style()
        style.drawPrimitive(style.PrimitiveElement.PE_PanelItemViewItem, option, painter, option.widget)
        inner = QStyleOptionViewItem(option)
        self.initStyleOption(inner, index)
        inner.rect = option.rect.adjusted(_width(rail), 0, -_SIDE, 0)
        model = index.model()
        entry = model.entries[index.row()] if isinstance(model, RevisionModel) else None
        wrong = entry is not None and bool(entry.unfinished)
        _paint_words(painter, inner, str(index.data(DETAIL) or ""), wrong)
        hollow = isinstance(model, RevisionModel) and entry is not None and model.undone(entry)
        _paint_rail(painter, option, rail, hollow)
        if wrong:
            _paint_mark(painter, option, rail)

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        size = super().sizeHint(option, index)
        rail = index.data(RAIL)
        extra = _width(rail) if not index.column() and isinstance(rail, Rail) else 0
        return QSize(size.width() + extra, 2 * option.fontMetrics.height() + _AROUND)

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """The line to type a title in stands where the title stands, not on the lanes."""
        rail = index.data(RAIL)
        left = _width(rail) if isinstance(rail, Rail) else 0
        editor.setGeometry(option.rect.adjusted(left, 4, 0, -4))


def _paint_mark(painter: QPainter, option: QStyleOptionViewItem, rail: Rail) -> None:
    """The sign of a graph that cannot run, as on its wrong layer's card, in the place of the dot."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    middle = QPointF(
        option.rect.left() + _MARGIN + LANE * rail.lane, (option.rect.top() + option.rect.bottom() + 1) / 2
    )
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.color("error"))
    painter.drawEllipse(middle, 7.0, 7.0)
    painter.setPen(theme.color("surface"))
    painter.setFont(theme.graph_font(bold=True))
    painter.drawText(QRectF(middle.x() - 7, middle.y() - 7, 14, 14), Qt.AlignmentFlag.AlignCenter, "!")
    painter.restore()


def _paint_words(painter: QPainter, option: QStyleOptionViewItem, detail: str, wrong: bool) -> None:
    """The title, and below it in a quieter tone what exactly was done, or what is wrong."""
    painter.save()
    line = option.fontMetrics.height()
    top = option.rect.top() + (option.rect.height() - 2 * line) // 2
    role = QPalette.ColorRole.HighlightedText if _selected(option) else QPalette.ColorRole.Text
    inks = (option.palette.color(role), theme.color("error" if wrong else "muted"))
    for k, (text, colour) in enumerate(zip((option.text, detail), inks, strict=True)):
        painter.setFont(option.font if not k else option.widget.font())
        painter.setPen(colour)
        metrics = painter.fontMetrics()
        box = QRect(option.rect.left(), top + k * line, option.rect.width(), line)
        words = metrics.elidedText(text, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, words)
    painter.restore()


def _selected(option: QStyleOptionViewItem) -> bool:
    return bool(option.state & QStyle.StateFlag.State_Selected)


def _width(rail: Rail) -> int:
    return _MARGIN + LANE * rail.lanes


def _paint_rail(painter: QPainter, option: QStyleOptionViewItem, rail: Rail, hollow: bool) -> None:
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    top, bottom = float(option.rect.top()), float(option.rect.bottom() + 1)
    middle = (top + bottom) / 2

    def x(lane: int) -> float:
        return float(option.rect.left() + _MARGIN + LANE * lane)

    for lane in rail.above | rail.below:
        painter.setPen(QPen(_colour(lane), 2))
        start = top if lane in rail.above else middle
        end = bottom if lane in rail.below else middle
        painter.drawLine(QPointF(x(lane), start), QPointF(x(lane), end))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for lane in rail.branches:
        painter.setPen(QPen(_colour(lane), 2))
        path = QPainterPath(QPointF(x(rail.lane), middle))
        path.cubicTo(QPointF(x(lane), middle), QPointF(x(lane), middle), QPointF(x(lane), bottom))
        painter.drawPath(path)
    painter.setPen(QPen(_colour(rail.lane), 2))
    painter.setBrush(option.palette.base() if hollow else _colour(rail.lane))
    painter.drawEllipse(QPointF(x(rail.lane), middle), 4.0, 4.0)
    painter.restore()


def _colour(lane: int) -> QColor:
    return ink(COLOURS[lane % len(COLOURS)])
