"""The picture of a layer's output: feature maps in a grid, bars for a vector, a histogram for what has no form."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QIcon, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from core.measure.feature_maps import FeatureMaps
from gui import theme
from gui.inspector.parts import number, percent
from gui.inspector.picture_choice import thumbnail
from gui.inspector.plots import BarPlot, Histogram
from gui.inspector.seen import Array, Seen, as_grey, order
from gui.picture_grid import as_picture_grid
from gui.words import counted, tr

SHOWN = 128  # maps of one layer
_SIDE = 40
_ROWS = 3


class OutputBody(QWidget):
    """One height whatever is shown, so that nothing below it moves from layer to layer."""

    def __init__(self) -> None:
        super().__init__()
        self._maps: FeatureMaps | None = None
        self._vector: Array = np.zeros(0)
        self.grid = _grid()
        self.grid.currentRowChanged.connect(self._point_map)
        self.one = OneMap()
        self.bars, self.histogram = BarPlot(), Histogram()
        self.bars.pointed.connect(self._point_value)
        self.message = QLabel(wordWrap=True)
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.message.setTextFormat(Qt.TextFormat.PlainText)
        self.button = QPushButton()
        self._words = _centred(self.message, self.button)
        self.strongest = _toggle(tr("Strongest first"), tr("Sort the maps by their mean"))
        self.one_scale = _toggle(tr("One scale"), tr("Black and white mean the same in all maps"))
        for button in (self.strongest, self.one_scale):
            button.toggled.connect(self._draw)
        self.stack = QStackedWidget()
        for page in (self._words, self.grid, self.one, self.bars, self.histogram):
            self.stack.addWidget(page)
        self.stack.setFixedHeight(_ROWS * self.grid.gridSize().height() + 6)
        self.caption = QLabel(" ", wordWrap=True)
        self.caption.setObjectName("Hint")
        self.caption.setTextFormat(Qt.TextFormat.PlainText)
        line = QHBoxLayout()
        line.setSpacing(4)
        line.addWidget(self.strongest)
        line.addWidget(self.one_scale)
        line.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.UNIT // 2)
        column.addLayout(line)
        column.addWidget(self.stack)
        column.addWidget(self.caption)
        self.say("")

    def say(self, text: str, failed: bool = False, button: str = "") -> None:
        """A sentence instead of a picture, and where that helps a button."""
        self.button.setText(button)
        self.button.setVisible(bool(button))
        self._maps = None
        self._allow(False)
        self.message.setText(text)
        self.message.setObjectName("FieldError" if failed else "Hint")
        style = self.message.style()
        style.unpolish(self.message)
        style.polish(self.message)
        self.message.setAccessibleName(text)
        self.stack.setCurrentWidget(self._words)
        self.caption.setText(" ")

    def show_output(self, seen: Seen) -> None:
        self._maps = seen.maps
        self._allow(seen.maps is not None and len(seen.maps.drawn) > 1)
        if seen.maps is not None:
            alone = len(seen.maps.mean) == 1
            self.stack.setCurrentWidget(self.one if alone else self.grid)
            self._draw()
            if alone:
                self.one.set_image(_image(as_grey(seen.maps, 0, False)), self.caption.text())
        elif seen.vector is not None:
            self._vector = seen.vector
            self.bars.set_values(seen.vector)
            self.stack.setCurrentWidget(self.bars)
            self._point_value(-1)
        else:
            found = seen.values
            self.histogram.set_bins(found.bins, found.low, found.high)
            self.stack.setCurrentWidget(self.histogram)
            self.caption.setText(counted(found.count, "{n} value", "{n} values"))

    def _allow(self, maps: bool) -> None:
        for button in (self.strongest, self.one_scale):
            button.setEnabled(maps)

    def _draw(self) -> None:
        maps = self._maps
        if maps is None:
            return
        self.grid.blockSignals(True)
        self.grid.clear()
        for at in order(maps, self.strongest.isChecked())[:SHOWN]:
            self.grid.addItem(_item(maps, int(at), self.one_scale.isChecked(), self.grid.gridSize()))
        self.grid.blockSignals(False)
        self._point_map(-1)

    def _point_map(self, row: int) -> None:
        maps = self._maps
        if maps is None:
            return
        item = self.grid.item(row) if row >= 0 else None
        if item is not None:
            self.caption.setText(str(item.data(Qt.ItemDataRole.ToolTipRole)))
            return
        height, width = maps.size
        count = len(maps.mean)
        text = counted(count, "{n} map of {h} × {w}", "{n} maps of {h} × {w}", h=height, w=width)
        shown = self.grid.count()
        self.caption.setText(text if shown == count else tr("{k} of {maps}", k=shown, maps=text))

    def _point_value(self, at: int) -> None:
        if at < 0:
            self.caption.setText(counted(len(self._vector), "{n} value", "{n} values"))
        else:
            self.caption.setText(tr("value {k}: {value}", k=at, value=number(float(self._vector[at]))))
        self.bars.setAccessibleDescription(self.caption.text())


class OneMap(QWidget):
    """A single map as large as there is room, its pixels kept apart."""

    def __init__(self) -> None:
        super().__init__()
        self._image = QImage()

    def set_image(self, image: QImage, spoken: str) -> None:
        self._image = image
        self.setAccessibleName(spoken)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        size = self._image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        QPainter(self).drawImage(QRect(QPoint((self.width() - size.width()) // 2, 0), size), self._image)


def _centred(message: QLabel, button: QPushButton) -> QWidget:
    page = QWidget()
    column = QVBoxLayout(page)
    column.addStretch(1)
    column.addWidget(message)
    column.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
    column.addStretch(1)
    return page


def _grid() -> QListWidget:
    grid = QListWidget()
    grid.setObjectName("Maps")
    as_picture_grid(grid, _SIDE, QSize(_SIDE + 8, _SIDE + 22))
    grid.setFont(theme.graph_font(pixels=10))
    grid.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    grid.setAccessibleName(tr("Feature maps"))
    return grid


def _toggle(text: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setObjectName("Small")
    button.setCheckable(True)
    button.setToolTip(tip)
    button.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
    return button


def _image(grey: Array) -> QImage:
    """uint8 [h, w] as a picture that keeps its own pixels."""
    grey = np.ascontiguousarray(grey)
    height, width = grey.shape
    return QImage(grey.tobytes(), width, height, width, QImage.Format.Format_Grayscale8).copy()


def _item(maps: FeatureMaps, at: int, one_scale: bool, cell: QSize) -> QListWidgetItem:
    channel = int(maps.drawn[at])
    item = QListWidgetItem(QIcon(thumbnail(_image(as_grey(maps, at, one_scale)), _SIDE)), str(channel))
    item.setSizeHint(cell)
    low, high, mean = (number(float(v[channel])) for v in (maps.low, maps.high, maps.mean))
    zeros = percent(float(maps.zeros[channel]))
    told = tr("channel {c}: mean {mean}, {low} … {high}", c=channel, mean=mean, low=low, high=high)
    item.setToolTip(tr("{told}, zeros {zeros}", told=told, zeros=zeros))
    item.setData(Qt.ItemDataRole.AccessibleTextRole, item.toolTip())
    return item
