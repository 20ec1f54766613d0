"""Paints the lanes of the revision tree: a dot a revision, a line to where it came from."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPalette, QPen
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from gui.charts.line_chart import COLOURS, ink
from gui.history.entries import Rail
from gui.history.model import RAIL, RevisionModel

LANE = 14
_MARGIN = 10


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
        inner = QStyleOptionViewItem(option)
        width = _width(rail)
        style = option.widget.style()
        style.drawPrimitive(style.PrimitiveElement.PE_PanelItemViewItem, option, painter, option.widget)
        inner.rect = option.rect.adjusted(width, 0, 0, 0)
        super().paint(painter, inner, index)
        model = index.model()
        hollow = isinstance(model, RevisionModel) and model.undone(model.entries[index.row()])
        _paint_rail(painter, option, rail, hollow)

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        size = super().sizeHint(option, index)
        rail = index.data(RAIL)
        extra = _width(rail) if not index.column() and isinstance(rail, Rail) else 0
        return QSize(size.width() + extra, max(size.height() + 4, 24))


def _width(rail: Rail) -> int:
    return _MARGIN + LANE * rail.lanes - 8


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
