"""How a command is painted: its name, the menu it stands in, its keys."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from gui import theme
from gui.palette.commands import Ranked
from gui.search.results import At
from gui.search.row_delegate import pieces

ROW = 4 * theme.UNIT
_EDGE = float(theme.UNIT)


class RowDelegate(QStyledItemDelegate):
    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._plain, self._bold = theme.graph_font(pixels=theme.TEXT_PX), theme.graph_font(True, theme.TEXT_PX)
        self._small = theme.graph_font(pixels=theme.SMALL_PX)

    def sizeHint(self, option: QStyleOptionViewItem, index: At) -> QSize:
        return QSize(0, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: At) -> None:
        ranked: Ranked = index.data(Qt.ItemDataRole.UserRole)
        box = QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        if chosen or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setBrush(theme.color("accent_soft" if chosen else "raised"))
            painter.drawRoundedRect(box, theme.RADIUS, theme.RADIUS)
        inside = box.adjusted(_EDGE + 12, 0, -_EDGE, 0)
        if ranked.command.checked:
            _tick(painter, box.left() + _EDGE, box.center().y())
        inside.setRight(self._paint_keys(painter, inside, ranked.command.shortcut) - 2 * _EDGE)
        self._paint_name(painter, inside, ranked)
        painter.restore()

    def _paint_keys(self, painter: QPainter, box: QRectF, keys: str) -> float:
        """At the right, one cap a key; gives the left end."""
        right = box.right()
        painter.setFont(self._small)
        measure = QFontMetricsF(self._small)
        for key in reversed(_caps(keys)):
            wide = max(measure.horizontalAdvance(key) + 10, 18)
            cap = QRectF(right - wide, box.center().y() - 9, wide, 18)
            painter.setPen(QPen(theme.color("border"), 1))
            painter.setBrush(theme.color("window"))
            painter.drawRoundedRect(cap.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
            painter.setPen(theme.color("muted"))
            painter.drawText(cap, Qt.AlignmentFlag.AlignCenter, key)
            right = cap.left() - 3
        return right

    def _paint_name(self, painter: QPainter, box: QRectF, ranked: Ranked) -> None:
        command = ranked.command
        role = "faint" if command.reason else "text"
        x = box.left()
        parts = pieces(command.title, ranked.spans)
        if QFontMetricsF(self._bold).horizontalAdvance(command.title) > box.width():
            mode = Qt.TextElideMode.ElideMiddle
            parts = [(QFontMetricsF(self._plain).elidedText(command.title, mode, box.width()), False)]
        for text, hit in parts:
            font = self._bold if hit else self._plain
            wide = QFontMetricsF(font).horizontalAdvance(text)
            painter.setFont(font)
            painter.setPen(theme.color("accent" if hit and not command.reason else role))
            painter.drawText(QRectF(x, box.top(), wide + 2, box.height()), Qt.AlignmentFlag.AlignVCenter, text)
            x += wide
        rest = QRectF(x + 1.5 * _EDGE, box.top(), box.right() - x - 1.5 * _EDGE, box.height())
        painter.setFont(self._small)
        painter.setPen(theme.color("faint" if command.reason else "muted"))
        said = " · ".join(part for part in (command.path, command.reason) if part)
        shown = QFontMetricsF(self._small).elidedText(said, Qt.TextElideMode.ElideRight, rest.width())
        painter.drawText(rest, Qt.AlignmentFlag.AlignVCenter, shown)


def _caps(keys: str) -> list[str]:
    """'Ctrl++' is Ctrl and +."""
    if keys.endswith("++"):
        return [*keys[:-2].split("+"), "+"]
    return [key for key in keys.split("+") if key]


def _tick(painter: QPainter, x: float, y: float) -> None:
    painter.setPen(QPen(theme.color("accent"), 1.8))
    painter.drawPolyline([QPointF(x, y), QPointF(x + 3, y + 3), QPointF(x + 8, y - 4)])
