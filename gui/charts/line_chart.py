"""A small line chart for live curves: painted with the palette, readable as text, legend inside."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from gui import theme

# distinguishable on light and dark grounds and for colour-blind eyes (Okabe and Ito 2008)
COLOURS = ("#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9")
_LEFT, _RIGHT, _TOP, _BOTTOM = 48.0, 12.0, 24.0, 22.0
_LEGEND = 8.0


class LineChart(QWidget):
    """Series by name, each a growing list of (x, y). Values that are not finite are left out."""

    def __init__(self, x_label: str = "", colours: Sequence[str] = COLOURS, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.x_label = x_label
        self._colours = tuple(colours)
        self.series: dict[str, list[tuple[float, float]]] = {}
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMouseTracking(True)
        self.setAccessibleName("Curves")

    def sizeHint(self) -> QSize:
        return QSize(360, 150)

    def minimumSizeHint(self) -> QSize:
        return QSize(180, 90)

    def add(self, name: str, x: float, y: float) -> None:
        if math.isfinite(x) and math.isfinite(y):
            self.series.setdefault(name, []).append((x, y))
            self.setAccessibleDescription(self.summary())
            self.update()

    def set_series(self, name: str, x: Sequence[float], y: Sequence[float]) -> None:
        self.series[name] = [(a, b) for a, b in zip(x, y, strict=True) if math.isfinite(a) and math.isfinite(b)]
        self.setAccessibleDescription(self.summary())
        self.update()

    def clear(self) -> None:
        self.series.clear()
        self.update()

    def summary(self) -> str:
        """The last value of each series, for readers of the screen."""
        return ", ".join(f"{n}: {p[-1][1]:.4g}" for n, p in self.series.items() if p)

    # painting ---------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = self._area()
        bounds = self._bounds()
        if bounds is None:
            painter.setPen(self.palette().placeholderText().color())
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "Curves appear here while a job trains.")
            return
        self._paint_grid(painter, area, bounds)
        for k, (name, points) in enumerate(self.series.items()):
            self._paint_line(painter, area, bounds, points, self._colours[k % len(self._colours)])
            self._paint_legend(painter, area, k, name, points)

    def _area(self) -> QRectF:
        return QRectF(self.rect()).adjusted(_LEFT, _TOP, -_RIGHT, -_BOTTOM)

    def _bounds(self) -> tuple[float, float, float, float] | None:
        xs = [x for points in self.series.values() for x, _ in points]
        ys = [y for points in self.series.values() for _, y in points]
        if not xs:
            return None
        low, high = min(ys), max(ys)
        pad = (high - low) * 0.08 or abs(high) * 0.1 or 1.0
        return min(xs), max(max(xs), min(xs) + 1e-9), low - pad, high + pad

    def _paint_grid(self, painter: QPainter, area: QRectF, bounds: tuple[float, float, float, float]) -> None:
        x0, x1, y0, y1 = bounds
        faint = QColor(self.palette().text().color())
        faint.setAlphaF(0.12)
        text = self.palette().placeholderText().color()
        for value in ticks(y0, y1, 4):
            y = area.bottom() - (value - y0) / (y1 - y0) * area.height()
            painter.setPen(QPen(faint, 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(text)
            box = QRectF(0, y - 8, _LEFT - 6, 16)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"{value:.4g}")
        painter.setPen(text)
        for value in ticks(x0, x1, 6):
            x = area.left() + (value - x0) / (x1 - x0) * area.width()
            painter.drawText(QRectF(x - 40, area.bottom() + 3, 80, 16), Qt.AlignmentFlag.AlignHCenter, f"{value:.4g}")
        if self.x_label:
            box = QRectF(area.right() - 120, area.bottom() - 17, 118, 16)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight, self.x_label)

    def _paint_line(
        self,
        painter: QPainter,
        area: QRectF,
        bounds: tuple[float, float, float, float],
        points: Sequence[tuple[float, float]],
        colour: str,
    ) -> None:
        x0, x1, y0, y1 = bounds
        path = QPainterPath()
        place = QPointF()
        for k, (x, y) in enumerate(points):
            place = QPointF(
                area.left() + (x - x0) / (x1 - x0) * area.width(),
                area.bottom() - (y - y0) / (y1 - y0) * area.height(),
            )
            path.moveTo(place) if k == 0 else path.lineTo(place)
        painter.setPen(QPen(ink(colour), 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(path)
        painter.setBrush(ink(colour))
        painter.drawEllipse(place, 3.0, 3.0)

    def _paint_legend(
        self, painter: QPainter, area: QRectF, row: int, name: str, points: Sequence[tuple[float, float]]
    ) -> None:
        y = area.top() - _TOP + 2 + 16 * row  # in the margin above the lines
        painter.setPen(QPen(ink(self._colours[row % len(self._colours)]), 3))
        painter.drawLine(QPointF(_LEGEND, y + 8), QPointF(_LEGEND + 14, y + 8))
        painter.setPen(self.palette().text().color())
        box = QRectF(_LEGEND + 20, y, self.width() - _RIGHT - _LEGEND - 20, 16)
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, legend(painter.fontMetrics(), name, points, box.width()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        bounds, area = self._bounds(), self._area()
        if bounds is None or not area.contains(event.position()):
            QToolTip.hideText()
            return
        x0, x1 = bounds[:2]
        x = x0 + (event.position().x() - area.left()) / area.width() * (x1 - x0)
        lines = []
        for name, points in self.series.items():
            if points:
                near = min(points, key=lambda p: abs(p[0] - x))
                lines.append(f"{name}: {near[1]:.4g} at {near[0]:.4g}")
        QToolTip.showText(event.globalPosition().toPoint(), "\n".join(lines), self)


def legend(metrics: QFontMetrics, name: str, points: Sequence[tuple[float, float]], width: float) -> str:
    """A series' name and last value within ``width`` pixels; the name is shortened, the value never."""
    value = f"  {points[-1][1]:.4g}" if points else ""
    room = int(width) - metrics.horizontalAdvance(value)
    return metrics.elidedText(name[:1].upper() + name[1:], Qt.TextElideMode.ElideRight, room) + value


def ink(colour: str) -> QColor:
    """One of COLOURS as it is drawn: lighter on a dark ground, where the blue would drown."""
    return QColor(colour).lighter(135) if theme.current().name == "dark" else QColor(colour)


def ticks(low: float, high: float, about: int) -> list[float]:
    """Round numbers (1, 2 or 5 times a power of ten) inside [low, high], roughly ``about`` of them."""
    span = high - low
    if span <= 0 or not math.isfinite(span):
        return [low]
    raw = span / max(about, 1)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= raw)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(k * step, 12) for k in range(first, last + 1)]
