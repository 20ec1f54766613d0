"""Paints a cell of the comparison: the figure, and below it in a quieter tone how it moved."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from gui import theme

_SIDE = 6


class FigureDelegate(QStyledItemDelegate):
    """For texts of two lines; those of one line are painted as ever."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        figure, _, moved = str(index.data() or "").partition("\n")
        if not moved:
            super().paint(painter, option, index)
            return
        bare = QStyleOptionViewItem(option)
        self.initStyleOption(bare, index)
        bare.text = ""
        style = option.widget.style()
        style.drawControl(style.ControlElement.CE_ItemViewItem, bare, painter, option.widget)
        painter.save()
        painter.setFont(bare.font)
        line = bare.fontMetrics.height()
        box = option.rect.adjusted(_SIDE, 0, -_SIDE, 0)
        top = box.top() + (box.height() - 2 * line) // 2
        side = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.setPen(theme.color("text"))
        painter.drawText(QRect(box.left(), top, box.width(), line), side, figure)
        painter.setPen(theme.color("muted"))
        painter.drawText(QRect(box.left(), top + line, box.width(), line), side, moved)
        painter.restore()
