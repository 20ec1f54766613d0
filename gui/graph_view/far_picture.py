"""Pictures of the graph from far away, kept as pixmaps: tiles for a zoom that stays, columns for the whole graph."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from math import ceil

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QPainter, QPixmap

from gui import theme
from gui.graph_view.fold import Fold

Paint = Callable[[QPainter, QRectF], None]  # paints a part of the canvas, in the canvas' own units
_TILE, _KEPT = 256, 96  # pixels; tiles: 24 MB at most
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


def folded(fold: Fold, ratio: float, paint: Paint) -> QPixmap:
    """The whole graph in columns, at ``ratio`` pixels per point, on a transparent ground.

    Where cards are smaller than pixels it is painted larger and shrunk, so that a pixel is the mean of what it covers.
    """
    finer = min(max(ceil(_FINE / (fold.scale * ratio)), 1), 3)
    size = QSizeF(*fold.size) * ratio
    wide, high = max(1, round(size.width())), max(1, round(size.height()))
    out = QPixmap(wide * finer, high * finer)
    out.setDevicePixelRatio(ratio * finer)
    out.fill(Qt.GlobalColor.transparent)
    painter = QPainter(out)
    for x, top, bottom in fold.strips():
        part = QRectF(fold.left, top, fold.width, bottom - top)
        painter.save()
        painter.translate(x, 0)
        painter.scale(fold.scale, fold.scale)
        painter.translate(-part.topLeft())
        painter.setClipRect(part)
        paint(painter, part)
        painter.restore()
    painter.end()
    return out if finer == 1 else _shrunk(out, wide, high, ratio, finer)


def _shrunk(large: QPixmap, wide: int, high: int, ratio: float, layers: int) -> QPixmap:
    """Smaller, and laid over itself: the mean of a small card and the ground around it is faint."""
    small = large.scaled(wide, high, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation)
    small.setDevicePixelRatio(ratio)
    out = QPixmap(small)
    painter = QPainter(out)
    for _ in range(layers - 1):
        painter.drawPixmap(0, 0, small)
    painter.end()
    return out
