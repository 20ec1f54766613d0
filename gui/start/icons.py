"""Line icons of the start screen, drawn in the theme's accent so that they fit light and dark."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPainterPath, QPen, QPixmap

from gui import theme

_SIDE, _SHARP = 28, 2  # logical pixels, and pixels for each of them


def icon(kind: str) -> QIcon:
    """'open', 'new', 'sample', 'project', 'recent' or 'recover'."""
    pixmap = QPixmap(_SIDE * _SHARP, _SIDE * _SHARP)
    pixmap.setDevicePixelRatio(_SHARP)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme.color("accent"), 1.8, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    _DRAW[kind](painter)
    painter.end()
    return QIcon(pixmap)


def _page(painter: QPainter) -> None:
    path = QPainterPath(QPointF(7, 4))
    for x, y in ((16, 4), (21, 9), (21, 24), (7, 24), (7, 4)):
        path.lineTo(x, y)
    path.moveTo(16, 4)
    path.lineTo(16, 9)
    path.lineTo(21, 9)
    painter.drawPath(path)


def _plus(painter: QPainter) -> None:
    _page(painter)
    painter.drawLine(QPointF(14, 12), QPointF(14, 20))
    painter.drawLine(QPointF(10, 16), QPointF(18, 16))


def _network(painter: QPainter) -> None:
    left, right = (QPointF(7, 8), QPointF(7, 20)), (QPointF(21, 6), QPointF(21, 14), QPointF(21, 22))
    for a in left:
        for b in right:
            painter.drawLine(a, b)
    painter.setBrush(theme.color("accent"))
    for place in (*left, *right):
        painter.drawEllipse(place, 2.4, 2.4)


def _folder(painter: QPainter) -> None:
    path = QPainterPath(QPointF(4, 22))
    for x, y in ((4, 7), (11, 7), (13.5, 10), (24, 10), (24, 22), (4, 22)):
        path.lineTo(x, y)
    painter.drawPath(path)


def _clock(painter: QPainter) -> None:
    painter.drawEllipse(QPointF(14, 14), 9.5, 9.5)
    painter.drawLine(QPointF(14, 14), QPointF(14, 8.5))
    painter.drawLine(QPointF(14, 14), QPointF(18, 16))


def _turn(painter: QPainter) -> None:
    painter.drawArc(QRectF(5, 5, 18, 18), 60 * 16, 280 * 16)
    painter.drawLine(QPointF(18.4, 6.2), QPointF(18.8, 11.4))
    painter.drawLine(QPointF(18.4, 6.2), QPointF(13.2, 5.6))


_DRAW: dict[str, Callable[[QPainter], None]] = {
    "open": _page,
    "new": _plus,
    "sample": _network,
    "project": _folder,
    "recent": _clock,
    "recover": _turn,
}
