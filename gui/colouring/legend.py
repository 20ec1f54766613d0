"""What the colours of the graph mean, in a corner of it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QLinearGradient, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from gui import figures, theme
from gui.colouring.layer_figures import LayerFigure
from gui.colouring.ramp import STEPS, ramp
from gui.colouring.scale import Scale
from gui.words import tr

_WIDTH, _EDGE = 31 * theme.UNIT, 1.5 * theme.UNIT
_BAR = 1.25 * theme.UNIT


class Legend(QWidget):
    """Stands at the lower left of the widget it is laid over, and lets clicks through to it."""

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._figure: LayerFigure | None = None
        self._scale: Scale | None = None
        self._value: float | None = None
        self._blocks = False
        over.installEventFilter(self)
        self.hide()

    def show_figure(self, figure: LayerFigure, scale: Scale | None, blocks: bool = False) -> None:
        """Explain a figure; ``scale`` None where no layer has it, ``blocks``: closed blocks are on screen."""
        self._figure, self._scale, self._blocks = figure, scale, blocks
        self.setAccessibleName(tr("Legend: {text}", text=" ".join(self.lines())))
        self._place()
        self.show()
        self.raise_()
        self.update()

    def point_at(self, value: float | None) -> None:
        """Mark where a value stands; None for none."""
        if value != self._value:
            self._value = value
            self.update()

    def lines(self) -> list[str]:
        """All that it says, from top to bottom."""
        figure, scale = self._figure, self._scale
        if figure is None:
            return []
        if scale is None:
            return [figure.title, tr("No layer on screen has this figure.")]
        ends = _ends(scale, figure.unit)
        kind = tr("Logarithmic scale") if scale.log else tr("Linear scale")
        said = [f"{figure.how}.", f"{kind}."]
        if self._blocks:
            mean = figure.weights is not None
            said.append(tr("A closed block shows the mean.") if mean else tr("A closed block shows the sum."))
        return [figure.title, *ends, *said, *([figure.note] if figure.note else [])]

    def _words(self) -> str:
        lines = self.lines()
        return " ".join(lines[3:] if self._scale is not None else lines[1:])

    def sizeHint(self) -> QSize:
        words = self._words_box(QFontMetricsF(theme.graph_font(pixels=theme.SMALL_PX)))
        bar = _BAR + 32 if self._scale is not None else 4
        return QSize(_WIDTH, round(2 * _EDGE + 16 + bar + words.height()))

    def _words_box(self, measure: QFontMetricsF) -> QRectF:
        room = QRectF(0, 0, _WIDTH - 2 * _EDGE, 400)
        return measure.boundingRect(room, int(Qt.TextFlag.TextWordWrap), self._words())

    def paintEvent(self, event: QPaintEvent) -> None:
        figure = self._figure
        if figure is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.color("border"), 1))
        painter.setBrush(theme.color("surface", 242))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        inside = QRectF(self.rect()).adjusted(_EDGE, _EDGE, -_EDGE, -_EDGE)
        painter.setFont(theme.graph_font(True, theme.TEXT_PX))
        painter.setPen(theme.color("text"))
        painter.drawText(QRectF(inside.left(), inside.top(), inside.width(), 16), figure.title)
        y = inside.top() + 20
        painter.setFont(theme.graph_font(pixels=theme.SMALL_PX))
        if self._scale is not None:
            self._paint_bar(painter, QRectF(inside.left(), y + 6, inside.width(), _BAR), self._scale, figure.unit)
            y += _BAR + 28
        painter.setPen(theme.color("muted"))
        words = QRectF(inside.left(), y, inside.width(), inside.bottom() - y + 4)
        painter.drawText(words, int(Qt.TextFlag.TextWordWrap), self._words())

    def _paint_bar(self, painter: QPainter, bar: QRectF, scale: Scale, unit: str) -> None:
        steps = ramp(theme.current().name == "dark")
        gradient = QLinearGradient(bar.topLeft(), bar.topRight())
        for k, colour in enumerate(steps):
            gradient.setColorAt(k / (STEPS - 1), QColor(colour))
        painter.setPen(QPen(theme.color("border"), 1))
        painter.setBrush(QBrush(gradient))
        painter.drawRoundedRect(bar, 3, 3)
        painter.setPen(theme.color("text"))
        below = QRectF(bar.left(), bar.bottom() + 3, bar.width(), 16)
        low, high = _ends(scale, unit)
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, low)
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, high)
        if self._value is not None:
            x = bar.left() + bar.width() * scale.share(self._value)
            painter.setPen(QPen(theme.color("surface"), 1))
            painter.setBrush(theme.color("accent"))
            tip, foot = bar.top() + 3, bar.top() - 6
            painter.drawPolygon(QPolygonF([QPointF(x, tip), QPointF(x - 5, foot), QPointF(x + 5, foot)]))
            self._paint_value(painter, below, x, figures.short(self._value, unit))

    @staticmethod
    def _paint_value(painter: QPainter, below: QRectF, x: float, text: str) -> None:
        """The selected layer's value between the two ends, where there is room for it."""
        wide = QFontMetricsF(painter.font()).horizontalAdvance(text) + 4
        left = min(max(x - wide / 2, below.left() + below.width() * 0.28), below.right() - below.width() * 0.28 - wide)
        painter.setPen(theme.color("accent"))
        painter.drawText(QRectF(left, below.top(), wide, 16), Qt.AlignmentFlag.AlignCenter, text)

    def _place(self) -> None:
        parent = self.parentWidget()
        size = self.sizeHint()
        if parent is not None:
            self.setGeometry(theme.UNIT, parent.height() - size.height() - theme.UNIT, size.width(), size.height())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self._figure is not None:
            self._place()
        return super().eventFilter(watched, event)


def _ends(scale: Scale, unit: str) -> tuple[str, str]:
    low = figures.short(scale.low, unit)
    return f"≤ {low}" if scale.below else low, figures.short(scale.high, unit)
