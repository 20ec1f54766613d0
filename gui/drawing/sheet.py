"""What the three writers share: the placed graph, its words, and painting a part of it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem

from gui.graph_view.canvas import CardsItem, Shown
from gui.graph_view.edges import EdgesItem
from gui.graph_view.frames import FramesItem
from gui.graph_view.picture import Metrics, Picture

MARGIN = 24.0  # around the graph, in pixels at 100 %
BETWEEN = 32.0  # columns


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


def strips(sheet: Sheet, high: float) -> Iterator[tuple[float, float]]:
    """(top, bottom) of stretches at most ``high`` long, cut through no card where that is possible."""
    cuts = _gaps(sheet.picture.boxes)
    top, end = sheet.area.top(), sheet.area.bottom()
    while end - top > high:
        k = bisect_right(cuts, top + high)
        cut = cuts[k - 1] if k and cuts[k - 1] > top else top + high
        yield top, cut
        top = cut
    yield top, end


def _gaps(boxes: Sequence[tuple[float, float, float, float]]) -> list[float]:
    """Heights that no card crosses: the middle of each gap between rows of cards."""
    out: list[float] = []
    reached: float | None = None
    for _, top, _, height in sorted(boxes, key=lambda box: box[1]):
        if reached is not None and top > reached:
            out.append((reached + top) / 2)
        reached = top + height if reached is None else max(reached, top + height)
    return out


class Brush:
    """Paints parts of a sheet with the canvas' own items, without a scene or a window."""

    def __init__(self, sheet: Sheet) -> None:
        shown = Shown(badges=sheet.picture.badges, wrong=sheet.picture.wrong)
        self._area = sheet.area
        self._items = (
            FramesItem(sheet.picture, shown, sheet.widths),
            EdgesItem(sheet.picture, shown),
            CardsItem(sheet.picture, shown, sheet.widths),
        )

    def paint(self, painter: QPainter, part: QRectF) -> None:
        """Paint what lies in ``part``; the painter's transform and clip are the caller's."""
        option = QStyleOptionGraphicsItem()
        option.exposedRect = part
        for item in self._items:
            painter.save()
            painter.translate(item.pos())
            item.paint(painter, option)
            painter.restore()

    def paint_columns(self, painter: QPainter, shown: Sequence[tuple[float, float]], left: float = 0.0) -> None:
        """Paint strips of the graph side by side, from ``left`` on."""
        area = self._area
        for column, (top, bottom) in enumerate(shown):
            part = QRectF(area.left(), top, area.width(), bottom - top)
            head = 0.0 if top == area.top() else MARGIN  # the first strip brings its own
            painter.save()
            painter.translate(QPointF(left + column * (area.width() + BETWEEN), head) - part.topLeft())
            painter.setClipRect(part)
            self.paint(painter, part)
            painter.restore()
