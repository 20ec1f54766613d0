"""Pictures of the graph from far away, kept as pixmaps: tiles for a zoom that stays, columns for the whole graph."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from math import ceil

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPixmap

from gui import theme
from gui.graph_view.fold import Fold
from gui.words import tr

Paint = Callable[[QPainter, QRectF], None]  # paints a part of the canvas, in the canvas' own units
_TILE, _KEPT = 256, 96  # pixels; tiles: 24 MB at most
EDGE, CAPTION = 8, 28  # pixels: around the columns, and above them where there is a line of words
_FINE = 0.06  # pixels per unit of the canvas at which the lowest cards are still a pixel high


class Tiles:
    """The canvas in square pixmaps at one zoom, painted when first seen; the oldest are let go."""

    def __init__(self, paint: Paint) -> None:
        self._paint = paint
        self._zoom = self._ratio = 0.0
        self._kept: OrderedDict[tuple[int, int], QPixmap] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def forget(self) -> None:
        """Something on the canvas changed."""
        self._kept.clear()

    def rests_at(self, zoom: float, ratio: float) -> bool:
        """Whether the zoom (and pixels per point) is that of the last call: only then are tiles worth keeping."""
        same = (zoom, ratio) == (self._zoom, self._ratio)
        if not same:
            self.forget()
        self._zoom, self._ratio = zoom, ratio
        return same

    def draw(self, painter: QPainter, exposed: QRectF, origin: QPointF) -> None:
        """Draw a part of the canvas; the canvas' origin lies at ``origin`` in the painter's pixels."""
        side = _TILE / self._zoom
        painter.save()
        painter.resetTransform()
        for row in range(int(exposed.top() // side), int(exposed.bottom() // side) + 1):
            for column in range(int(exposed.left() // side), int(exposed.right() // side) + 1):
                painter.drawPixmap(origin + QPointF(column * _TILE, row * _TILE), self._tile(column, row, side))
        painter.restore()

    def _tile(self, column: int, row: int, side: float) -> QPixmap:
        found = self._kept.get((column, row))
        if found is None:
            found = QPixmap(round(_TILE * self._ratio), round(_TILE * self._ratio))
            found.setDevicePixelRatio(self._ratio)
            found.fill(theme.color("canvas"))
            painter = QPainter(found)
            painter.scale(self._zoom, self._zoom)
            painter.translate(-column * side, -row * side)
            self._paint(painter, QRectF(column * side, row * side, side, side))
            painter.end()
            self._kept[column, row] = found
        self._kept.move_to_end((column, row))
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return found


def empty_page(fold: Fold, size: QSize, ratio: float, origin: QPointF | None) -> QPixmap:
    """The ground for a graph's columns; opaque, so that showing it only copies pixels.

    With an ``origin`` the page is a large one: the columns, which begin there, have a ground of their own, and a line
    above them says what to do.
    """
    page = QPixmap(size * ratio)
    page.setDevicePixelRatio(ratio)
    page.fill(theme.color("surface" if origin is None else "raised"))
    if origin is None:
        return page
    painter = QPainter(page)
    for x, top, bottom in fold.strips():
        column = QRectF(origin.x() + x, origin.y(), fold.width * fold.scale, (bottom - top) * fold.scale)
        painter.fillRect(column, theme.color("canvas"))
    painter.setPen(theme.color("muted"))
    said = tr("The whole graph, from the top down and then to the right. Click or Enter to go there, Esc to close.")
    line = QRectF(EDGE, 4, size.width() - 2 * EDGE, CAPTION)
    painter.drawText(line, Qt.AlignmentFlag.AlignCenter, said)
    painter.end()
    return page


def columns(fold: Fold, ratio: float, paint: Paint) -> Iterator[tuple[float, QPixmap]]:
    """The graph's columns one after the other, each with its left border, at ``ratio`` pixels per point.

    On a transparent ground. Where cards are smaller than pixels a column is painted larger and shrunk, so that a pixel
    is the mean of what it covers.
    """
    finer = min(max(ceil(_FINE / (fold.scale * ratio)), 1), 3)
    wide, high = (max(1, round(side * fold.scale * ratio)) for side in (fold.width, fold.step))
    for x, top, _ in fold.strips():
        part = QRectF(fold.left, top, fold.width, fold.step)
        column = QPixmap(wide * finer, high * finer)
        column.fill(Qt.GlobalColor.transparent)
        painter = QPainter(column)
        painter.scale(column.width() / part.width(), column.height() / part.height())
        painter.translate(-part.topLeft())
        painter.setClipRect(part)
        paint(painter, part)
        painter.end()
        if finer > 1:
            column = _shrunk(column, wide, high, finer)
        column.setDevicePixelRatio(ratio)
        yield x, column


def _shrunk(large: QPixmap, wide: int, high: int, layers: int) -> QPixmap:
    """Smaller, and laid over itself: the mean of a small card and the ground around it is faint."""
    small = large.scaled(wide, high, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation)
    out = QPixmap(small)
    painter = QPainter(out)
    for _ in range(layers - 1):
        painter.drawPixmap(0, 0, small)
    painter.end()
    return out
