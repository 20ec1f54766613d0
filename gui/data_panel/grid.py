"""A grid of items as the network sees them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from gui.data_panel.pictures import Picture
from gui.picture_grid import as_picture_grid
from gui.sharp import fitted
from gui.words import tr

SIDE = 56
WIDE = 104  # three columns, where classes have names and not just digits


class ItemGrid(QListWidget):
    """Pictures with their class below; the tooltip gives name and the range of values that reach the network."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        as_picture_grid(self, SIDE, QSize(SIDE + 8, SIDE + 24))
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setAccessibleName(tr("Items as the network sees them"))
        self.setMinimumHeight(SIDE + 30)

        self._pictures: tuple[Picture, ...] = ()

    def show_pictures(self, pictures: Sequence[Picture]) -> None:
        self._pictures = tuple(pictures)
        self.clear()
        widest = max((self.fontMetrics().horizontalAdvance(p.label or p.name) for p in pictures), default=0)
        cell = QSize(WIDE if widest > SIDE + 8 else SIDE + 8, SIDE + 24)
        self.setGridSize(cell)
        for found in pictures:
            item = _item(found, self.devicePixelRatioF())
            item.setSizeHint(cell)  # else the name gets no more room than the picture
            self.addItem(item)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.DevicePixelRatioChange and self._pictures:
            self.show_pictures(self._pictures)  # the window has come to another screen
        return super().event(event)


def _item(found: Picture, ratio: float) -> QListWidgetItem:
    item = QListWidgetItem(found.label or found.name)
    if found.image is not None:
        item.setIcon(QIcon(fitted(found.image, SIDE, ratio)))
    values = tr("values {values}", values=found.values) if found.values else ""
    item.setToolTip("\n".join(x for x in (found.name, found.label, values, found.why) if x))
    return item
