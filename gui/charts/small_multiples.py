"""Many curves over the same axes, a small chart each: what differs between them is seen at once."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFont,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from gui import theme
from gui.charts.line_chart import ticks
from gui.words import tr

_LEAST = 168  # pixels that a chart is wide at least
_HEIGHT, _TITLE, _GAP = 112, 18, 16  # of a chart, of its title, between charts
_LEFT, _BOTTOM = 44, 34  # for the figures of the axes, once for all charts
_STEPS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """One chart. ``title`` is short, ``name`` whole; ``points`` by growing x."""

    name: str
    title: str
    points: Points


class SmallMultiples(QWidget):
    """``chosen`` is told the name of a chart that was clicked, or Enter pressed on.

    ``marks``: as far as these x, by name, the ground is shaded and the figure stands beside the title.
    """

    chosen = Signal(str)

    def __init__(self, panels: Sequence[Panel], x_label: str, unit: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.panels = tuple(panels)
        self.marks: dict[str, float] = {}
        self._x_label, self._unit = x_label, unit
        self._here = 0
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMouseTracking(True)
        self.setAccessibleName(tr("A curve for each of {count} groups", count=len(self.panels)))
        self._tell()

    def set_marks(self, marks: Mapping[str, float]) -> None:
        self.marks = dict(marks)
        self._tell()
        self.update()

    def text_of(self, panel: Panel) -> str:
        """All that a chart shows, a line each."""
        lines = [panel.name, *(f"{self._x(x)}: {self._y(y)}" for x, y in panel.points)]
        if panel.name in self.marks:
            lines.append(tr("Suggested: {figure}", figure=self._x(self.marks[panel.name])))
        return "\n".join(lines)

    # size and places --------------------------------------------------------------------------------------------

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        rows = -(-len(self.panels) // self._columns(width))
        return rows * (_HEIGHT + _GAP) - _GAP + _BOTTOM

    def sizeHint(self) -> QSize:
        return QSize(720, self.heightForWidth(720))

    def minimumSizeHint(self) -> QSize:
        return QSize(_LEFT + _LEAST, _HEIGHT + _BOTTOM)

    def _columns(self, width: int) -> int:
        return max(min((width - _LEFT + _GAP) // (_LEAST + _GAP), len(self.panels)), 1)

    def place(self, number: int) -> QRectF:
        """Where a chart stands, its title included."""
        columns = self._columns(self.width())
        wide = (self.width() - _LEFT + _GAP) / columns - _GAP
        row, column = divmod(number, columns)
        return QRectF(_LEFT + column * (wide + _GAP), row * (_HEIGHT + _GAP), wide, _HEIGHT)

    def _at(self, spot: QPointF) -> int | None:
        return next((k for k in range(len(self.panels)) if self.place(k).contains(spot)), None)

    # painting ---------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.hasFocus() and self.panels:
            theme.paint_focus(painter, self.place(self._here).adjusted(-4, -2, 4, 4).toRect())
        columns, bounds = self._columns(self.width()), self._bounds()
        for k, panel in enumerate(self.panels):
            place = self.place(k)
            if not event.rect().adjusted(-_LEFT, -_BOTTOM, _LEFT, _BOTTOM).intersects(place.toRect()):
                continue
            area = place.adjusted(0, _TITLE + 4, 0, 0)
            self._paint_title(painter, QRectF(place.left(), place.top(), place.width(), _TITLE), panel)
            self._paint_ground(painter, area, bounds, panel)
            self._paint_curve(painter, area, bounds, panel)
            self._paint_figures(painter, area, bounds, k % columns == 0, k + columns >= len(self.panels))

    def _bounds(self) -> tuple[float, float, float, float]:
        xs = [x for p in self.panels for x, _ in p.points]
        ys = [y for p in self.panels for _, y in p.points]
        if self._unit == "%":
            return 0.0, 100.0, min(0.0, *ys), max(100.0, *ys)
        low, high = min(ys, default=0.0), max(ys, default=1.0)
        pad = (high - low) * 0.08 or 1.0
        return min(0.0, *xs), max(100.0, *xs), low - pad, high + pad

    def _paint_title(self, painter: QPainter, box: QRectF, panel: Panel) -> None:
        bold = QFont(self.font())
        bold.setWeight(QFont.Weight.DemiBold)
        painter.setFont(bold)
        room = box.width()
        if panel.name in self.marks:
            shown = self._x(self.marks[panel.name])
            painter.setPen(theme.color("good"))
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, shown)
            room -= QFontMetricsF(bold).horizontalAdvance(shown) + 8
        painter.setFont(self.font())
        painter.setPen(theme.color("text"))
        title = QFontMetricsF(self.font()).elidedText(panel.title, Qt.TextElideMode.ElideMiddle, room)
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, title)

    def _paint_ground(
        self, painter: QPainter, area: QRectF, bounds: tuple[float, float, float, float], panel: Panel
    ) -> None:
        painter.fillRect(area, theme.color("raised"))
        if panel.name in self.marks:
            right = _place(area, bounds, self.marks[panel.name], bounds[2]).x()
            safe = QRectF(area.left(), area.top(), max(right - area.left(), 0), area.height())
            painter.fillRect(safe, theme.color("good", 38))
            painter.setPen(QPen(theme.color("good"), 1))
            painter.drawLine(QPointF(right, area.top()), QPointF(right, area.bottom()))
        painter.setPen(QPen(theme.color("border"), 1))
        for value in ticks(bounds[2], bounds[3], 2):
            y = _place(area, bounds, bounds[0], value).y()
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))

    def _paint_curve(
        self, painter: QPainter, area: QRectF, bounds: tuple[float, float, float, float], panel: Panel
    ) -> None:
        spots = [_place(area, bounds, x, y) for x, y in panel.points if math.isfinite(y)]
        if not spots:
            return
        path = QPainterPath(spots[0])
        for spot in spots[1:]:
            path.lineTo(spot)
        join, cap = Qt.PenJoinStyle.RoundJoin, Qt.PenCapStyle.RoundCap
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.color("accent"), 2, Qt.PenStyle.SolidLine, cap, join))
        painter.drawPath(path)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("accent"))
        for spot in spots:
            painter.drawEllipse(spot, 2.5, 2.5)

    def _paint_figures(
        self, painter: QPainter, area: QRectF, bounds: tuple[float, float, float, float], first: bool, last: bool
    ) -> None:
        """Left of the first column and below the last row: the axes are the same everywhere."""
        painter.setFont(self.font())
        painter.setPen(theme.color("muted"))
        for value in ticks(bounds[2], bounds[3], 2) if first else ():
            y = _place(area, bounds, bounds[0], value).y()
            box = QRectF(0, y - 8, area.left() - 6, 16)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self._y(value, True))
        for value in ticks(bounds[0], bounds[1], 2) if last else ():
            x = min(max(_place(area, bounds, value, bounds[2]).x(), area.left() + 8), area.right() - 14)
            box = QRectF(x - 30, area.bottom() + 2, 60, 16)
            painter.drawText(box, Qt.AlignmentFlag.AlignHCenter, f"{value:g}")
        if last and first:
            box = QRectF(area.left(), area.bottom() + 17, area.width(), 16)
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft, self._x_label)

    def _x(self, x: float) -> str:
        return f"{x:.0f} %"

    def _y(self, y: float, short: bool = False) -> str:
        shown = f"{y:g}" if short else f"{y:.1f}"
        return f"{shown} {self._unit}".strip()

    # mouse, keyboard, reader ------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            number = self._at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), "" if number is None else self.text_of(self.panels[number]), self)
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        number = self._at(event.position())
        if number is not None:
            self._go_to(number)
            self.chosen.emit(self.panels[number].name)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        columns = self._columns(self.width())
        step = {**_STEPS, Qt.Key.Key_Up: -columns, Qt.Key.Key_Down: columns}.get(Qt.Key(event.key()))
        if step is not None and 0 <= self._here + step < len(self.panels):
            self._go_to(self._here + step)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self.panels:
            self.chosen.emit(self.panels[self._here].name)
        else:
            super().keyPressEvent(event)

    def _go_to(self, number: int) -> None:
        self._here = number
        self._tell()
        self.update()

    def _tell(self) -> None:
        """For readers of the screen: the chart that the keyboard is on."""
        if self.panels:
            self.setAccessibleDescription(self.text_of(self.panels[self._here]))


def _place(area: QRectF, bounds: tuple[float, float, float, float], x: float, y: float) -> QPointF:
    x0, x1, y0, y1 = bounds
    return QPointF(
        area.left() + (x - x0) / (x1 - x0) * area.width(), area.bottom() - (y - y0) / (y1 - y0) * area.height()
    )


def short_names(names: Sequence[str]) -> dict[str, str]:
    """Paths without the operator at their end and without what the next part repeats: 'features.2/conv.0.0'.

    Names that would then be alike stay whole.
    """
    short = {name: _short(name) for name in names}
    taken = [s for s in short.values()]
    return {name: s if taken.count(s) == 1 else name for name, s in short.items()}


def _short(name: str) -> str:
    parts = [part for part in name.split("/") if part]
    if len(parts) > 1 and parts[-1][:1].isupper():
        parts = parts[:-1]
    kept = [p for p, after in zip(parts, [*parts[1:], ""], strict=True) if not after.startswith(f"{p}.")]
    return "/".join(kept) or name
