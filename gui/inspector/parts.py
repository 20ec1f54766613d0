"""Small pieces an inspector page is made of: elided text, links, a square of colour, a share bar."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QPushButton, QSizePolicy, QWidget

from gui import theme


class Elided(QLabel):
    """One line that loses its middle where there is no room; the tooltip has all of it."""

    def __init__(self, text: str, name: str = "Hint", tip: str = "") -> None:
        super().__init__()
        self._full = text
        self.setObjectName(name)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setToolTip(tip or text)
        self.setAccessibleName(text)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setText(text)

    def set_full(self, text: str, tip: str = "") -> None:
        self._full = text
        self.setToolTip(tip or text)
        self.setAccessibleName(text)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        self.setText(self.fontMetrics().elidedText(self._full, Qt.TextElideMode.ElideMiddle, self.width()))


class Link(QPushButton):
    """A line of text that leads somewhere, by click, Space or Enter; elided in the middle where there is no room."""

    def __init__(self, text: str, spoken: str = "", tip: str = "", name: str = "Link") -> None:
        super().__init__()
        self._full = text
        self.setObjectName(name)
        self.setFlat(True)
        self.setAutoDefault(True)  # Enter, not only Space
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip(tip or text)
        self.setAccessibleName(spoken or text)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setText(_literal(text))

    @property
    def full(self) -> str:
        return self._full

    def set_full(self, text: str) -> None:
        self._full = text
        self.setToolTip(text)
        self.setAccessibleName(text)
        self._fit()

    def sizeHint(self) -> QSize:
        return QSize(40, self.fontMetrics().height() + 2)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        fitting = self.fontMetrics().elidedText(self._full, Qt.TextElideMode.ElideMiddle, self.width() - 2)
        self.setText(_literal(fitting))


def _literal(text: str) -> str:
    """'&' underlines the next letter of a button's text."""
    return text.replace("&", "&&")


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


def number(value: float) -> str:
    """Four significant digits, a real minus."""
    return f"{value:.4g}".replace("-", "−")


def percent(share: float) -> str:
    """A share of 1 in percent; what is there but would round to nothing is '< 0.1 %'."""
    return "< 0.1 %" if 0 < share < 0.001 else f"{100 * share:.1f} %"
