"""Plots of a panel's width: a histogram, ranges by channel, sorted norms, bars. Empty until they get their numbers.

Those along channels can be read by keyboard: Tab to the plot, then the arrow keys; ``pointed`` says where.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme
from gui.inspector.parts import number
from gui.words import thousands, tr

Array = npt.NDArray[Any]
HEIGHT = 88
_PIXELS = 10  # of the small print
_BELOW, _ABOVE = 18, 4


class Plot(QWidget):
    """The frame that all share: a base line, small print below it, one height whatever is shown."""

    def __init__(self, height: int = HEIGHT) -> None:
        super().__init__()
        self._height = height
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(240, self._height)

    def area(self) -> QRectF:
        return QRectF(0, _ABOVE, self.width(), self.height() - _BELOW - _ABOVE)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(theme.graph_font(pixels=_PIXELS))
        area = self.area()
        painter.setPen(QPen(theme.color("border"), 1))
        painter.drawLine(QPointF(0, area.bottom() + 0.5), QPointF(self.width(), area.bottom() + 0.5))
        self.draw(painter, area)

    def draw(self, painter: QPainter, area: QRectF) -> None:
        """The data, if there are any."""

    def ends(self, painter: QPainter, low: str, high: str) -> None:
        """Small print below both ends."""
        painter.setPen(theme.color("muted"))
        baseline = self.area().bottom() + 14
        painter.drawText(QPointF(0, baseline), low)
        width = QFontMetricsF(painter.font()).horizontalAdvance(high)
        painter.drawText(QPointF(self.width() - width, baseline), high)


class Histogram(Plot):
    """How often each value occurs, with the ends of the range and zero marked."""

    def __init__(self, bins: Sequence[int] = (), low: float = 0.0, high: float = 0.0) -> None:
        super().__init__()
        self.set_bins(bins, low, high)

    def set_bins(self, bins: Sequence[int], low: float, high: float) -> None:
        self._bins, self._low, self._high = tuple(bins), low, high
        self.setAccessibleName(tr("Histogram of values from {low} to {high}", low=number(low), high=number(high)))
        self.update()

    def draw(self, painter: QPainter, area: QRectF) -> None:
        tallest = max(self._bins, default=0)
        if not tallest:
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("accent", 150))
        width = area.width() / len(self._bins)
        for k, count in enumerate(self._bins):
            if count:
                height = max(area.height() * count / tallest, 1.0)
                gap = 1.0 if width >= 3 else 0.0
                painter.drawRect(QRectF(k * width, area.bottom() - height, width - gap, height))
        self.ends(painter, number(self._low), number(self._high))
        if self._low < 0 < self._high:
            self._mark_zero(painter, area, QFontMetricsF(painter.font()))

    def _mark_zero(self, painter: QPainter, area: QRectF, measure: QFontMetricsF) -> None:
        x = area.width() * -self._low / (self._high - self._low)
        painter.setPen(QPen(theme.color("faint"), 1, Qt.PenStyle.DotLine))
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        left, right = (measure.horizontalAdvance(number(v)) + 8 for v in (self._low, self._high))
        if left < x < area.width() - right:
            painter.setPen(theme.color("muted"))
            painter.drawText(QPointF(x - 3, area.bottom() + 14), "0")


class AlongPlot(Plot):
    """A plot over numbered places, with a cursor that the mouse and the arrow keys move."""

    pointed = Signal(int)

    def __init__(self, height: int = HEIGHT) -> None:
        super().__init__(height)
        self.count = 0
        self._at = -1
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def point(self, at: int) -> None:
        at = min(max(at, -1), self.count - 1)
        if at != self._at:
            self._at = at
            self.pointed.emit(at)
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        area = self.area()
        if self.count and area.width() > 0:
            self.point(int((event.position().x() - area.left()) / area.width() * self.count))

    def leaveEvent(self, event: Any) -> None:
        if not self.hasFocus():
            self.point(-1)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.point(-1)
        super().focusOutEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        far = max(self.count // 10, 1)
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_PageUp: -far, Qt.Key.Key_PageDown: far}
        ends = {Qt.Key.Key_Home: 0, Qt.Key.Key_End: self.count - 1}
        key = Qt.Key(event.key())
        if not self.count or (key not in steps and key not in ends):
            super().keyPressEvent(event)
            return
        self.point(ends[key] if key in ends else max(self._at + steps[key], 0))

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        if self._at >= 0 and self.count:
            area = self.area()
            x = area.left() + (self._at + 0.5) / self.count * area.width()
            painter.setPen(QPen(theme.color("text"), 1))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        if self.hasFocus():
            painter.setPen(QPen(theme.color("accent"), 1))
            painter.drawRect(QRectF(0.5, 0.5, self.width() - 1, self.height() - 1))


class RangePlot(AlongPlot):
    """From the lowest to the highest value of every channel, side by side."""

    def __init__(self) -> None:
        super().__init__(72)
        self._low = self._high = np.zeros(0)
        self._before: tuple[Array, Array] | None = None

    def set_ranges(self, low: Array, high: Array) -> None:
        self._low, self._high = low, high
        self.count = len(low)
        self.setAccessibleName(tr("Ranges of {n} channels", n=thousands(self.count)))
        self.update()

    def set_before(self, low: Array, high: Array) -> None:
        """What the ranges were before, as outlines; as many as there are channels."""
        self._before = (low, high) if len(low) == self.count else None
        self.update()

    def draw(self, painter: QPainter, area: QRectF) -> None:
        if not self.count:
            return
        ends = (self._low, self._high, *(self._before or ()))
        bottom, top = min(*(float(v.min()) for v in ends), 0.0), max(*(float(v.max()) for v in ends), 0.0)
        scale = area.height() / ((top - bottom) or 1.0)
        columns = min(self.count, max(int(area.width()), 1))
        low, high = (_by_column(v, columns, f) for v, f in ((self._low, np.minimum), (self._high, np.maximum)))
        width = area.width() / columns
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("accent", 150))
        gap = 1.0 if width >= 3 else 0.0
        for k in range(columns):
            y = area.bottom() - (float(high[k]) - bottom) * scale
            height = max((float(high[k]) - float(low[k])) * scale, 1.0)
            painter.drawRect(QRectF(k * width, y, width - gap, height))
        if self._before is not None:
            self._outlines(painter, area, columns, bottom, scale)
        painter.setPen(QPen(theme.color("faint"), 1, Qt.PenStyle.DotLine))
        zero = area.bottom() + bottom * scale
        painter.drawLine(QPointF(0, zero), QPointF(area.width(), zero))
        self.ends(painter, "0", thousands(self.count - 1))

    def _outlines(self, painter: QPainter, area: QRectF, columns: int, bottom: float, scale: float) -> None:
        """A line at both ends of every range there was before."""
        assert self._before is not None
        painter.setPen(QPen(theme.color("text"), 1))
        width = area.width() / columns
        for values, join in zip(self._before, (np.minimum, np.maximum), strict=True):
            for k, value in enumerate(_by_column(values, columns, join)):
                y = area.bottom() - (float(value) - bottom) * scale
                painter.drawLine(QPointF(k * width, y), QPointF((k + 1) * width - 1, y))


class NormPlot(AlongPlot):
    """Norms of the channels, the strongest first: how steeply they fall says how many channels matter."""

    def __init__(self) -> None:
        super().__init__(64)
        self._lines: tuple[Array, ...] = ()

    def set_norms(self, *lines: Array) -> None:
        """Each line descending, drawn as a share of its own first value; the first one is filled."""
        self._lines = lines
        self.count = len(lines[0]) if lines else 0
        self.setAccessibleName(tr("Sorted norms of {n} channels", n=thousands(self.count)))
        self.update()

    def draw(self, painter: QPainter, area: QRectF) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for k, line in enumerate(self._lines):
            if not len(line) or not line[0] > 0:
                continue
            columns = min(len(line), max(int(area.width()), 1))
            shares = _by_column(line, columns, np.maximum) / line[0]
            width = area.width() / columns
            points = [
                QPointF((j + 0.5) * width, area.bottom() - float(s) * area.height()) for j, s in enumerate(shares)
            ]
            painter.setPen(QPen(theme.color("accent", 255 if not k else 110), 1.5 if not k else 1.0))
            if not k:
                corners = [QPointF(points[0].x(), area.bottom()), *points, QPointF(points[-1].x(), area.bottom())]
                painter.setBrush(theme.color("accent", 40))
                pen = painter.pen()
                painter.setPen(Qt.PenStyle.NoPen)
                painter.drawPolygon(corners)
                painter.setPen(pen)
            painter.drawPolyline(points)
        if self.count:
            self.ends(painter, tr("strongest"), tr("weakest"))


class BarPlot(AlongPlot):
    """One bar for every value of a vector, up or down from zero."""

    def __init__(self, height: int = HEIGHT) -> None:
        super().__init__(height)
        self._values = np.zeros(0)

    def set_values(self, values: Array) -> None:
        self._values = values
        self.count = len(values)
        self.setAccessibleName(tr("Bars of {n} values", n=thousands(self.count)))
        self.update()

    def draw(self, painter: QPainter, area: QRectF) -> None:
        finite = self._values[np.isfinite(self._values)]
        if not finite.size:
            return
        bottom, top = min(float(finite.min()), 0.0), max(float(finite.max()), 0.0)
        scale = area.height() / ((top - bottom) or 1.0)
        columns = min(self.count, max(int(area.width()), 1))
        values = np.nan_to_num(self._values, nan=0.0, posinf=top, neginf=bottom)
        high, low = (_by_column(values, columns, f) for f in (np.maximum, np.minimum))
        zero, width = area.bottom() + bottom * scale, area.width() / columns
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("accent", 170))
        gap = 1.0 if width >= 3 else 0.0
        for k in range(columns):
            up, down = max(float(high[k]), 0.0) * scale, min(float(low[k]), 0.0) * scale
            if up or down:
                painter.drawRect(QRectF(k * width, zero - up, width - gap, max(up - down, 1.0)))
        painter.setPen(QPen(theme.color("border"), 1))
        painter.drawLine(QPointF(0, zero), QPointF(area.width(), zero))
        self.ends(painter, "0", thousands(self.count - 1))


def _by_column(values: Array, columns: int, join: Any) -> Array:
    """Values joined where several fall on one column of pixels."""
    if columns >= len(values):
        return values
    starts = np.arange(columns) * len(values) // columns
    return np.asarray(join.reduceat(values, starts))
