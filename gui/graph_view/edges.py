"""All tensors between cards, painted block by block in bands; those of the selection on top in their colours."""

from __future__ import annotations

from bisect import bisect_left
from typing import ClassVar, NamedTuple
from weakref import WeakKeyDictionary

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QPainter, QPainterPath, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from gui import theme
from gui.graph_view.canvas import FAR, NEAR, Shown
from gui.graph_view.picture import Picture
from gui.graph_view.strokes import BAND, LABEL_PX, Stretch, Strokes

_ARROW = 6.0
_REACH = 400.0  # no curve is longer; straight pieces are cut where bands meet


class _Drawn(NamedTuple):
    """Curves and arrows of one band."""

    path: QPainterPath
    arrows: QPainterPath


class EdgesItem(QGraphicsItem):
    """Equal blocks share their paths, and the straight lines that stand for them at a distance.

    Both are built when they are first seen.
    """

    _lines: ClassVar[WeakKeyDictionary[Strokes, dict[int, list[QLineF]]]] = WeakKeyDictionary()
    _paths: ClassVar[WeakKeyDictionary[Strokes, dict[int, _Drawn]]] = WeakKeyDictionary()

    def __init__(self, picture: Picture, shown: Shown) -> None:
        super().__init__()
        self._picture, self._shown = picture, shown
        self.setPos(0.5, 0)  # columns stand on whole pixels; their lines are crisp half a pixel further
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)
        left, top, right, bottom = picture.nested.bounds
        self._bounds = QRectF(left, top, right - left, bottom - top).adjusted(-40, -40, 40, 40)

    def boundingRect(self) -> QRectF:
        return self._bounds

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        exposed = option.exposedRect
        detail = QStyleOptionGraphicsItem.levelOfDetailFromTransform(painter.worldTransform())
        if self._shown.paint == "marks":
            self._paint_chosen(painter, detail)
            return
        parts = list(self._picture.parts_in(exposed.left(), exposed.top(), exposed.right(), exposed.bottom()))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, detail >= FAR)
        for part in parts:
            self._paint_part(painter, part, exposed, detail)
        if self._shown.paint == "both":
            self._paint_chosen(painter, detail)
        if detail >= NEAR:
            painter.setFont(theme.graph_font(pixels=LABEL_PX))
            painter.setPen(theme.color("muted"))
            for part in parts:
                self._paint_labels(painter, part, exposed)

    def _paint_part(self, painter: QPainter, part: int, exposed: QRectF, detail: float) -> None:
        placed = self._picture.nested.blocks[part]
        colour = theme.color("edge")
        strokes = Strokes.of(placed.inside)
        pen = QPen(colour, 1.2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap)
        first = int((exposed.top() - placed.top - _REACH) // BAND)
        last = int((exposed.bottom() - placed.top) // BAND)
        painter.translate(placed.left, placed.top)
        for band in range(max(first, 0), min(last, strokes.last) + 1):
            if detail < FAR:
                painter.setPen(QPen(colour, 0))
                painter.drawLines(self._straight(strokes, band))
                continue
            drawn = self._band(strokes, band)
            painter.strokePath(drawn.path, pen)
            painter.fillPath(drawn.arrows, QBrush(colour))
        painter.translate(-placed.left, -placed.top)

    @classmethod
    def _straight(cls, strokes: Strokes, band: int) -> list[QLineF]:
        bands = cls._lines.setdefault(strokes, {})
        if band not in bands:
            bands[band] = [QLineF(p.x0, p.y0, p.x1, p.y1) for p in strokes.bands.get(band, ())]
        return bands[band]

    @classmethod
    def _band(cls, strokes: Strokes, band: int) -> _Drawn:
        bands = cls._paths.setdefault(strokes, {})
        if band not in bands:
            bands[band] = _draw(strokes.bands.get(band, ()))
        return bands[band]

    def _paint_chosen(self, painter: QPainter, detail: float) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        for role, edges in (
            ("inputs", self._shown.input_edges),
            ("outputs", self._shown.output_edges),
            ("accent", self._shown.tensor_edges),
        ):
            colour = theme.color(role)
            pen = QPen(colour, max(2.0, 1.2 / detail), Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap)
            for edge in edges:
                route = self._picture.nested.route(*edge)
                path = QPainterPath(QPointF(*route[0]))
                for j in range(len(route) - 1):
                    end = route[j + 1][1] - (_ARROW if j == len(route) - 2 else 0)
                    _stretch(path, *route[j], route[j + 1][0], end)
                painter.strokePath(path, pen)
                head = QPainterPath()
                head.addPolygon(_arrow(*route[-1], size=_ARROW + 1))
                painter.fillPath(head, QBrush(colour))

    def _paint_labels(self, painter: QPainter, part: int, exposed: QRectF) -> None:
        placed = self._picture.nested.blocks[part]
        labels = self._picture.labels_in(part)
        first = bisect_left(labels, exposed.top() - placed.top - 20, key=lambda label: label.y)
        for label in labels[first:]:
            if label.y + placed.top > exposed.bottom() + 20:
                break
            painter.drawText(QPointF(label.x + placed.left, label.y + placed.top), label.text)


def _draw(pieces: list[Stretch] | tuple[()]) -> _Drawn:
    path, arrows = QPainterPath(), QPainterPath()
    arrows.setFillRule(Qt.FillRule.WindingFill)  # edges that meet share an arrow
    for piece in pieces:
        path.moveTo(piece.x0, piece.y0)
        _stretch(path, piece.x0, piece.y0, piece.x1, piece.y1 - _ARROW * piece.last)
        if piece.last:
            arrows.addPolygon(_arrow(piece.x1, piece.y1))
    return _Drawn(path, arrows)


def _stretch(path: QPainterPath, x0: float, y0: float, x1: float, y1: float) -> None:
    """A vertical line, or an S-curve that begins and ends vertically."""
    if x0 == x1:
        path.lineTo(x1, y1)
    else:
        middle = (y0 + y1) / 2
        path.cubicTo(x0, middle, x1, middle, x1, y1)


def _arrow(x: float, y: float, size: float = _ARROW) -> QPolygonF:
    return QPolygonF([QPointF(x, y), QPointF(x - size * 0.6, y - size), QPointF(x + size * 0.6, y - size)])
