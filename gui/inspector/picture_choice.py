"""Which picture a layer's output is shown for: an item of the attached data, or a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QImage, QPixmap
from PySide6.QtWidgets import QDialog, QLabel, QListWidget, QListWidgetItem, QPushButton, QVBoxLayout, QWidget

from gui import theme
from gui.picture_grid import as_picture_grid
from gui.words import tr

_SIDE = 48


@dataclass(frozen=True, slots=True)
class Choice:
    """``file`` is a picture of its own; else ``index`` and ``name`` tell an item of the attached data.

    ``image`` is how it is shown, not compared: None where it has not been drawn.
    """

    name: str
    index: int = -1
    file: Path | None = None
    label: str = ""

    @property
    def key(self) -> tuple[int, str, str]:
        return self.index, self.name, str(self.file or "")


@dataclass(frozen=True, slots=True)
class Offered:
    """An item of the data with how it looks."""

    choice: Choice
    image: QImage | None


class PictureChooser(QDialog):
    """A small window below its button: items to choose from, and a button for any other picture."""

    chosen = Signal(object)
    file_wanted = Signal()

    def __init__(self, offered: Sequence[Offered], data: str, current: Choice | None, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("Popup")
        self.setAccessibleName(tr("Choose a picture"))
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.UNIT, theme.UNIT, theme.UNIT, theme.UNIT)
        self.items = QListWidget()
        if offered:
            title = QLabel(tr("From {data}", data=data))
            title.setObjectName("Section")
            column.addWidget(title)
            column.addWidget(self._grid(offered, current))
        else:
            hint = QLabel(tr("Attach data (Ctrl+D) to choose from its items."), wordWrap=True)
            hint.setObjectName("Hint")
            column.addWidget(hint)
        button = QPushButton(tr("&Open a picture…"))
        button.clicked.connect(self._open)
        column.addWidget(button)
        (self.items if offered else button).setFocus()

    def _grid(self, offered: Sequence[Offered], current: Choice | None) -> QListWidget:
        grid = self.items
        as_picture_grid(grid, _SIDE, QSize(_SIDE + 16, _SIDE + 22))
        grid.setTextElideMode(Qt.TextElideMode.ElideRight)
        grid.setAccessibleName(tr("Items of the data"))
        grid.setFixedSize(5 * (_SIDE + 16) + 20, 4 * (_SIDE + 22) + 8)
        for one in offered:
            item = QListWidgetItem(one.choice.label or one.choice.name)
            item.setSizeHint(QSize(_SIDE + 16, _SIDE + 22))
            item.setToolTip(one.choice.name)
            item.setData(Qt.ItemDataRole.UserRole, one.choice)
            if one.image is not None:
                item.setIcon(QIcon(thumbnail(one.image, _SIDE)))
            grid.addItem(item)
            if current is not None and one.choice.key == current.key:
                grid.setCurrentItem(item)
        if grid.currentItem() is None:
            grid.setCurrentRow(0)
        grid.itemActivated.connect(self._take)
        grid.itemClicked.connect(self._take)
        return grid

    def _take(self, item: QListWidgetItem) -> None:
        if self.isVisible():  # one click may be told twice, as clicked and as activated
            self.accept()
            self.chosen.emit(item.data(Qt.ItemDataRole.UserRole))

    def _open(self) -> None:
        self.accept()
        self.file_wanted.emit()


def thumbnail(image: QImage, side: int) -> QPixmap:
    """Tiny pictures keep their pixels, large ones are smoothed."""
    mode = (
        Qt.TransformationMode.FastTransformation if image.width() < side else Qt.TransformationMode.SmoothTransformation
    )
    return QPixmap.fromImage(image.scaled(side, side, Qt.AspectRatioMode.KeepAspectRatio, mode))
