"""A small line chart for live curves: painted with the palette, readable as text, with a legend of current values."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from gui import theme
from gui.words import tr

# distinguishable on light and dark grounds and for colour-blind eyes (Okabe and Ito 2008)
COLOURS = ("#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9")
_LEFT, _RIGHT, _TOP, _BOTTOM = 48.0, 12.0, 8.0, 22.0
_LABEL = 10.0  # between the word of the axis and its first figure
_ROW, _GAP, _DASH = 16.0, 14.0, 18.0  # of the legend: height of a row, room between entries, the coloured dash
_TICK = 24  # pixels between two lines of the grid, roughly
_MANY = 60  # points above which a line is noise, and its running mean is drawn over it
_WINDOW = 0.04  # share of the points that the running mean takes
_FAINT = 80  # alpha of the noise
_MARK = 7.0  # pixels by which the mark of a best value can reach out of the area

Bounds = tuple[float, float, float, float]
Points = list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Style:
    """Texts are English; the chart translates them.

    ``title`` stands above the lines; ``unit`` goes with every value; ``best``: series whose highest point is marked.

    ``labels`` are short names for the legend, by series; a series without one is called by its name. ``noisy`` series
    are drawn faint, with their running mean over them, which is also what the legend says. ``leader`` is the series
    that the axis is made for: others leave the chart where they are twice as high as it ever was.
    """

    title: str = ""
    unit: str = ""
    x_label: str = ""
    colours: Sequence[str] = COLOURS
    labels: Mapping[str, str] = field(default_factory=dict)
    best: frozenset[str] = frozenset()
    noisy: frozenset[str] = frozenset()
    leader: str = ""


class LineChart(QWidget):
    """Series by name, each a growing list of (x, y). Values that are not finite are left out."""

    def __init__(self, style: Style | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.look = style or Style()
        self.title, self.x_label = tr(self.look.title), tr(self.look.x_label)
        self.series: dict[str, Points] = {}
        self._last_x: float | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a screen reader then reads the last values
        self.setAccessibleName(tr("{title} curves", title=self.title) if self.title else tr("Curves"))

    def sizeHint(self) -> QSize:
        return QSize(360, 150)

    def minimumSizeHint(self) -> QSize:
        return QSize(150, 90)

    def add(self, name: str, x: float, y: float) -> None:
        if math.isfinite(x) and math.isfinite(y):
            self.series.setdefault(name, []).append((x, y))
            self._changed()

    def set_series(self, name: str, x: Sequence[float], y: Sequence[float]) -> None:
        self.series[name] = [(a, b) for a, b in zip(x, y, strict=True) if math.isfinite(a) and math.isfinite(b)]
        self._changed()

    def reach(self, x: float) -> None:
        """Begin at 0 and go on to ``x`` at least: charts beside each other then share their axis."""
        self._last_x = x
        self.update()

    def clear(self) -> None:
        self.series.clear()
        self.update()

    def summary(self) -> str:
        """The last value of each series, for readers of the screen."""
        return ", ".join(f"{n}: {self._value(p[-1][1])}" for n, p in self.series.items() if p)

    def legend(self) -> list[tuple[str, str, str]]:
        """(name, label, value) of every series: its last value; the best one too, where that is another."""
        out = []
        for name, points in self.series.items():
            if not points:
                continue
            value = self._value(self._drawn(name, points)[-1][1])
            best = max(y for _, y in points)
            if name in self.look.best and best > points[-1][1]:
                value += tr(", best {value}", value=self._value(best))
            out.append((name, self._label(name), value))
        return out

    def _drawn(self, name: str, points: Points) -> Points:
        return smoothed(points) if name in self.look.noisy else points

    def _changed(self) -> None:
        self.setAccessibleDescription(self.summary())
        self.update()

    def _label(self, name: str) -> str:
        if name in self.look.labels:
            return tr(self.look.labels[name])
        return "" if self.look.title.lower() == name.lower() else name[:1].upper() + name[1:]

    def _value(self, y: float) -> str:
        return f"{y:.1f} %" if self.look.unit == "%" else f"{y:#.3g}".rstrip(".")

    # painting ---------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.hasFocus():
            theme.paint_focus(painter, self.rect())
        bounds = self._bounds()
        if bounds is None:
            painter.setPen(self.palette().placeholderText().color())
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, tr("Curves appear here while a job trains."))
            return
        area = self._area(self._paint_legend(painter))
        self._paint_grid(painter, area, bounds)
        for name, points in self.series.items():
            if points:
                self._paint_series(painter, area, bounds, name, points)

    def _area(self, legend: float) -> QRectF:
        return QRectF(self.rect()).adjusted(self._left(), legend + _TOP, -_RIGHT, -_BOTTOM)

    def _left(self) -> float:
        """Room for the figures of the grid, and for the word below them."""
        return max(_LEFT, self.fontMetrics().horizontalAdvance(self.x_label) + _LABEL)

    def _bounds(self) -> Bounds | None:
        xs = [x for points in self.series.values() for x, _ in points]
        ys = [y for points in self.series.values() for _, y in points]
        if not xs:
            return None
        low, high = min(ys), min(max(ys), self._highest())
        pad = (high - low) * 0.08 or abs(high) * 0.1 or 1.0
        low, high = low - pad, high + pad
        if self.look.unit == "%":
            low, high = max(low, 0.0), min(high, 100.0)
        first, last = (min(xs), max(xs)) if self._last_x is None else (0.0, max(*xs, self._last_x))
        return first, max(last, first + 1e-9), low, max(high, low + 1e-9)

    def _highest(self) -> float:
        """A first validation loss can be thirty times the training's; it would flatten every line."""
        leading = [y for _, y in self.series.get(self.look.leader, ())]
        return 2 * max(leading) if leading and max(leading) > 0 else math.inf

    def _colour(self, name: str) -> QColor:
        row = list(self.series).index(name)
        return ink(self.look.colours[row % len(self.look.colours)])

    def _paint_legend(self, painter: QPainter) -> float:
        """Title and entries in as many rows as they need; gives their height."""
        metrics = painter.fontMetrics()
        x, y, right = _GAP / 2, 0.0, self.width() - _RIGHT
        if self.look.title:
            bold = QFont(painter.font())
            bold.setWeight(QFont.Weight.DemiBold)
            painter.save()
            painter.setFont(bold)
            painter.setPen(self.palette().text().color())
            painter.drawText(QRectF(x, y, right - x, _ROW), Qt.AlignmentFlag.AlignVCenter, self.title)
            x += painter.fontMetrics().horizontalAdvance(self.title) + _GAP
            painter.restore()
        for name, label, value in self.legend():
            width = _DASH + metrics.horizontalAdvance(f"{label} {value}".strip())
            if x + width > right and x > _GAP:
                x, y = _GAP / 2, y + _ROW
            painter.setPen(QPen(self._colour(name), 3))
            painter.drawLine(QPointF(x, y + _ROW / 2), QPointF(x + _DASH - 6, y + _ROW / 2))
            painter.setPen(self.palette().text().color())
            room = max(right - x - _DASH, 0)
            shown = shortened(metrics, label, value, room)
            painter.drawText(QRectF(x + _DASH, y, room + 2, _ROW), Qt.AlignmentFlag.AlignVCenter, shown)
            x += width + _GAP
        return y + _ROW

    def _paint_grid(self, painter: QPainter, area: QRectF, bounds: Bounds) -> None:
        x0, x1, y0, y1 = bounds
        faint = QColor(self.palette().text().color())
        faint.setAlphaF(0.12)
        text = self.palette().placeholderText().color()
        for value in ticks(y0, y1, max(int(area.height() / _TICK), 2)):
            y = area.bottom() - (value - y0) / (y1 - y0) * area.height()
            painter.setPen(QPen(faint, 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(text)
            box = QRectF(0, y - 8, area.left() - 6, 16)
            shown = f"{value:.4g} %" if self.look.unit == "%" else f"{value:.4g}"
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, shown)
        painter.setPen(text)
        label = QRectF(0, area.bottom() + 3, area.left() - _LABEL, 16)
        painter.drawText(label, Qt.AlignmentFlag.AlignRight, self.x_label)
        for value in ticks(x0, x1, 6 if area.width() > 200 else 3):
            x = area.left() + (value - x0) / (x1 - x0) * area.width()
            painter.drawText(QRectF(x - 40, area.bottom() + 3, 80, 16), Qt.AlignmentFlag.AlignHCenter, f"{value:.4g}")

    def _paint_series(self, painter: QPainter, area: QRectF, bounds: Bounds, name: str, points: Points) -> None:
        colour = self._colour(name)
        painter.save()
        painter.setClipRect(area.adjusted(-_MARK, -_MARK, _MARK, _MARK))
        if name in self.look.noisy:
            noise = QColor(colour)
            noise.setAlpha(_FAINT)
            _paint_line(painter, area, bounds, points, QPen(noise, 1))
        pen = QPen(colour, 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
        place = _paint_line(painter, area, bounds, self._drawn(name, points), pen)
        painter.setBrush(colour)
        painter.drawEllipse(place, 2.0, 2.0)
        if name in self.look.best:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(_place(area, bounds, max(points, key=lambda p: p[1])), 5.0, 5.0)
        painter.restore()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        bounds, area = self._bounds(), self._area(_ROW)
        if bounds is None or not area.contains(event.position()):
            QToolTip.hideText()
            return
        x0, x1 = bounds[:2]
        x = x0 + (event.position().x() - area.left()) / area.width() * (x1 - x0)
        lines = []
        for name, points in self.series.items():
            if points:
                near = min(points, key=lambda p: abs(p[0] - x))
                where = f"{self.x_label} {near[0]:.4g}".strip()
                lines.append(tr("{series}: {value} at {place}", series=name, value=self._value(near[1]), place=where))
        QToolTip.showText(event.globalPosition().toPoint(), "\n".join(lines), self)


def _place(area: QRectF, bounds: Bounds, point: tuple[float, float]) -> QPointF:
    x0, x1, y0, y1 = bounds
    return QPointF(
        area.left() + (point[0] - x0) / (x1 - x0) * area.width(),
        area.bottom() - (point[1] - y0) / (y1 - y0) * area.height(),
    )


def _paint_line(painter: QPainter, area: QRectF, bounds: Bounds, points: Points, pen: QPen) -> QPointF:
    """Gives the place of the last point."""
    path = QPainterPath()
    place = QPointF()
    for k, point in enumerate(points):
        place = _place(area, bounds, point)
        path.moveTo(place) if k == 0 else path.lineTo(place)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(path)
    return place


def shortened(metrics: QFontMetrics, label: str, value: str, width: float) -> str:
    """A series' label and value within ``width`` pixels; the label is shortened, the value never."""
    room = int(width) - metrics.horizontalAdvance(f" {value}")
    return f"{metrics.elidedText(label, Qt.TextElideMode.ElideRight, room)} {value}".strip()


def smoothed(points: Points) -> Points:
    """The running mean over the last few points where there are many, as with the losses of single batches."""
    if len(points) <= _MANY:
        return points
    width = max(round(_WINDOW * len(points)), 5)
    total, out = 0.0, []
    for k, (x, y) in enumerate(points):
        total += y - (points[k - width][1] if k >= width else 0.0)
        out.append((x, total / min(k + 1, width)))
    return out


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
