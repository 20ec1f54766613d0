"""What the three writers share: the placed graph, its words, and painting a part of it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem

from gui.graph_view.canvas import CardsItem, EdgesItem, Shown
from gui.graph_view.picture import Metrics, Picture

MARGIN = 24.0  # around the graph, in pixels at 100 %


@dataclass(frozen=True, slots=True)
class Sheet:
    """A placed graph with its title and one line about it. Lengths are pixels at 100 %."""

    picture: Picture
    widths: Metrics
    title: str
    about: str

    @property
    def area(self) -> QRectF:
        """The graph with its margin; never empty."""
        left, top, right, bottom = self.picture.place.bounds
        return QRectF(left, top, max(right - left, 1.0), max(bottom - top, 1.0)).adjusted(
            -MARGIN, -MARGIN, MARGIN, MARGIN
        )


class Brush:
    """Paints parts of a sheet with the canvas' own items, without a scene or a window."""

    def __init__(self, sheet: Sheet) -> None:
        shown = Shown(badges=sheet.picture.badges)
        self._edges = EdgesItem(sheet.picture, shown)
        self._cards = CardsItem(sheet.picture, shown, sheet.widths)

    def paint(self, painter: QPainter, part: QRectF) -> None:
        """Paint what lies in ``part``; the painter's transform and clip are the caller's."""
        option = QStyleOptionGraphicsItem()
        option.exposedRect = part
        for item in (self._edges, self._cards):
            painter.save()
            painter.translate(item.pos())
            item.paint(painter, option)
            painter.restore()
