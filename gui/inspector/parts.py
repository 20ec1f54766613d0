"""The pieces an inspector page is made of: sections, rows of key and value, a share bar, a histogram."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from gui import theme

KEY_WIDTH = 88


class Elided(QLabel):
    """One line that loses its middle where there is no room; the tooltip has all of it."""

    def __init__(self, text: str, name: str = "Hint") -> None:
        super().__init__()
        self._full = text
        self.setObjectName(name)
        self.setToolTip(text)
        self.setAccessibleName(text)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setText(text)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.setText(self.fontMetrics().elidedText(self._full, Qt.TextElideMode.ElideMiddle, self.width()))


class Chip(QWidget):
    """A small square of colour: the kind of an operator, or a role of the theme."""

    def __init__(self, category: str = "", role: str = "") -> None:
        super().__init__()
        self._category, self._role = category, role
        self.setFixedSize(12, 12)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color(self._role) if self._role else theme.header_color(self._category))
        size = 8.0 if self._role else 12.0
        painter.drawRoundedRect(QRectF((12 - size) / 2, (12 - size) / 2, size, size), size / 4, size / 4)


class ShareBar(QWidget):
    """How much of the whole: a thin bar."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self._share = min(max(share, 0.0), 1.0)
        self.setFixedHeight(4)
        self.setMinimumWidth(40)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("border"))
        painter.drawRoundedRect(QRectF(0, 0, self.width(), 4), 2, 2)
        if self._share > 0:
            painter.setBrush(theme.color("accent"))
            painter.drawRoundedRect(QRectF(0, 0, max(self._share * self.width(), 3.0), 4), 2, 2)


class Histogram(QWidget):
    """How often each value occurs, with the ends of the range and zero marked."""

    def __init__(self, bins: Sequence[int], low: float, high: float) -> None:
        super().__init__()
        self._bins, self._low, self._high = tuple(bins), low, high
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(f"Histogram of values from {low:.4g} to {high:.4g}")

    def sizeHint(self) -> QSize:
        return QSize(240, 88)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        font = theme.graph_font(pixels=10)
        painter.setFont(font)
        plot = QRectF(0, 4, self.width(), self.height() - 22)
        self._paint_bars(painter, plot)
        painter.setPen(QPen(theme.color("border"), 1))
        painter.drawLine(QPointF(0, plot.bottom() + 0.5), QPointF(self.width(), plot.bottom() + 0.5))
        self._paint_ends(painter, plot, QFontMetricsF(font))

    def _paint_bars(self, painter: QPainter, plot: QRectF) -> None:
        tallest = max(self._bins, default=0)
        if not tallest:
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("accent", 150))
        width = plot.width() / len(self._bins)
        for k, count in enumerate(self._bins):
            if count:
                height = max(plot.height() * count / tallest, 1.0)
                gap = 1.0 if width >= 3 else 0.0
                painter.drawRect(QRectF(k * width, plot.bottom() - height, width - gap, height))

    def _paint_ends(self, painter: QPainter, plot: QRectF, measure: QFontMetricsF) -> None:
        painter.setPen(theme.color("muted"))
        baseline = plot.bottom() + 14
        low, high = number(self._low), number(self._high)
        painter.drawText(QPointF(0, baseline), low)
        painter.drawText(QPointF(plot.width() - measure.horizontalAdvance(high), baseline), high)
        if self._low < 0 < self._high:
            x = plot.width() * -self._low / (self._high - self._low)
            painter.setPen(QPen(theme.color("faint"), 1, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))
            free = measure.horizontalAdvance(low) + 8 < x < plot.width() - measure.horizontalAdvance(high) - 8
            if free:
                painter.setPen(theme.color("muted"))
                painter.drawText(QPointF(x - 3, baseline), "0")


def number(value: float) -> str:
    """Four significant digits, a real minus."""
    return f"{value:.4g}".replace("-", "−")


class Page(QWidget):
    """A column of sections; every key of the page stands on one alignment."""

    def __init__(self) -> None:
        super().__init__()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(theme.UNIT, theme.UNIT, 2 * theme.UNIT, 2 * theme.UNIT)
        self._column.setSpacing(theme.UNIT // 2)
        self._grid: QGridLayout | None = None

    def title(self, text: str, below: str, category: str = "") -> None:
        line = QHBoxLayout()
        line.setSpacing(theme.UNIT)
        if category:
            line.addWidget(Chip(category))
        line.addWidget(Elided(text, "Title"), 1)
        self._column.addLayout(line)
        if below:
            self._column.addWidget(Elided(below))

    def section(self, text: str) -> None:
        """Begin a section; the rows that follow belong to it."""
        label = QLabel(text)
        label.setObjectName("Section")
        self._column.addSpacing(2 * theme.UNIT - 4)
        self._column.addWidget(label)
        self._grid = None

    def row(self, key: str, value: str, tip: str = "", muted: bool = False, role: str = "") -> None:
        """A key and its value; ``role`` puts a dot of that colour before the key."""
        grid = self._rows()
        at = grid.rowCount()
        head = QWidget()
        head.setFixedWidth(KEY_WIDTH)
        line = QHBoxLayout(head)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(4)
        if role:
            line.addWidget(Chip(role=role))
        line.addWidget(Elided(key), 1)
        grid.addWidget(head, at, 0, Qt.AlignmentFlag.AlignTop)
        shown = QLabel(value, wordWrap=True)
        shown.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        if muted:
            shown.setObjectName("Hint")
        shown.setToolTip(tip)
        shown.setAccessibleName(f"{key}: {value}")
        grid.addWidget(shown, at, 1)

    def bar(self, share: float, tip: str) -> None:
        """A share bar below the value written last."""
        grid = self._rows()
        bar = ShareBar(share)
        bar.setToolTip(tip)
        grid.addWidget(bar, grid.rowCount(), 1)

    def _rows(self) -> QGridLayout:
        if self._grid is None:
            self._grid = QGridLayout()
            self._grid.setHorizontalSpacing(theme.UNIT)
            self._grid.setVerticalSpacing(4)
            self._grid.setColumnStretch(1, 1)
            self._column.addLayout(self._grid)
        return self._grid

    def widget(self, widget: QWidget) -> None:
        self._column.addWidget(widget)
        self._grid = None

    def hint(self, text: str) -> None:
        label = QLabel(text, wordWrap=True)
        label.setObjectName("Hint")
        self._column.addSpacing(theme.UNIT)
        self.widget(label)

    def warning(self, text: str) -> None:
        """A sentence beside the sign that the layer's card carries too."""
        label = QLabel(f"<b>!</b>&nbsp; {escape(text)}", wordWrap=True)
        label.setObjectName("FieldError")
        label.setAccessibleName(text)
        self._column.addSpacing(theme.UNIT)
        self.widget(label)

    def end(self) -> None:
        self._column.addStretch(1)
