"""The data panel: what is attached, how it is divided, how items are prepared, and what the network then sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from gui.data_panel.chooser import Chooser
from gui.data_panel.grid import ItemGrid
from gui.data_panel.pictures import Picture
from gui.empty_hint import EmptyHint
from gui.words import counted, mark, tr

FROM_FILE = "file"
_TITLES = {
    "imagenet": mark("ImageNet (mean and deviation)"),
    "minus1to1": mark("−1 to 1"),
    "cifar10": mark("CIFAR-10 (mean and deviation)"),
}


@dataclass(frozen=True, slots=True)
class DataSummary:
    """What the panel says of a data set.

    A training would take ``would_train`` of the items that judge and leave ``would_judge``; 0 where it takes none.
    """

    name: str
    location: str
    items: int
    classes: int
    calibration: int
    train: int
    judge: int
    note: str = ""
    would_train: int = 0
    would_judge: int = 0


class DataPanel(QWidget):
    """Signals say what the user wants; :meth:`show_data` and friends say what is."""

    attach = Signal()
    detach = Signal()
    preprocessing_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Data"))
        self.empty = EmptyHint(
            tr("No data attached."),
            tr(
                "Attach a folder of class folders, a zip, a folder with labels.csv, or an .npz file, "
                "to calibrate, train and judge. Or drop it on the window."
            ),
            tr("A&ttach data…"),
        )
        self.empty.clicked.connect(self.attach)
        self.name = QLabel()
        self.name.setObjectName("Section")
        self.name.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.parts = QLabel(wordWrap=True)
        self.parts.setObjectName("Hint")
        self.warning = QLabel(wordWrap=True)
        self.warning.setObjectName("FieldError")
        self.warning.setAccessibleName(tr("Warning about the data"))
        self.warning.hide()
        self.presets = Chooser()
        self.presets.setAccessibleName(tr("Preprocessing"))
        self.presets.setToolTip(tr("How raw items become network inputs. Remembered in the model."))
        self.presets.setMinimumContentsLength(8)
        self.presets.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.presets.activated.connect(self._preset_chosen)
        self.grid = ItemGrid()
        self.change_button = QPushButton(tr("Cha&nge…"))
        self.change_button.clicked.connect(self.attach)
        self.detach_button = QPushButton(tr("De&tach"))
        self.detach_button.clicked.connect(self.detach)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self._filled())

    def show_data(self, summary: DataSummary | None) -> None:
        self._stack.setCurrentIndex(0 if summary is None else 1)
        if summary is None:
            self.grid.clear()
            self.set_warning("")
            return
        self.name.setText(summary.name)
        self.name.setToolTip(summary.location)
        self.parts.setText(". ".join(filter(None, (_counts(summary), _division_of_training(summary)))))
        self.parts.setToolTip(summary.note)

    def show_preprocessing(self, name: str | None, known: Sequence[str]) -> None:
        """``name`` of the model's preprocessing: a preset, '' for steps of its own, None for none set."""
        self.presets.clear()
        if name is None:
            self.presets.addItem(tr("not set: choose one"), None)
        elif name not in known:
            self.presets.addItem(name or tr("the model's own steps"), None)
        for key in known:
            self.presets.addItem(tr(_TITLES.get(key, key)), key)
        self.presets.addItem(tr("From a JSON file…"), FROM_FILE)
        self.presets.setCurrentIndex(max(self.presets.findData(name), 0) if name else 0)

    def show_pictures(self, pictures: Sequence[Picture]) -> None:
        self.grid.show_pictures(pictures)
        broken = next((p.why for p in pictures if p.why), "")
        self.set_warning(broken)

    def set_warning(self, sentence: str) -> None:
        self.warning.setText(sentence)
        self.warning.setVisible(bool(sentence))

    def _preset_chosen(self, row: int) -> None:
        key = self.presets.itemData(row)
        if key is not None:
            self.preprocessing_chosen.emit(str(key))

    def _filled(self) -> QWidget:
        page = QWidget()
        head = QHBoxLayout()
        head.addWidget(self.name, 1)
        head.addWidget(self.change_button)
        head.addWidget(self.detach_button)
        label = QLabel(tr("Preproce&ssing"))
        label.setBuddy(self.presets)
        form = QHBoxLayout()
        form.addWidget(label)
        form.addWidget(self.presets, 1)
        column = QVBoxLayout(page)
        column.setContentsMargins(8, 8, 8, 0)
        column.setSpacing(8)
        column.setAlignment(Qt.AlignmentFlag.AlignTop)
        column.addLayout(head)
        column.addWidget(self.parts)
        column.addLayout(form)
        column.addWidget(self.warning)
        column.addWidget(self.grid, 1)
        return page


def _counts(summary: DataSummary) -> str:
    """How many items there are, and what for."""
    items = counted(summary.items, "{n} item", "{n} items")
    if summary.classes:
        items = counted(summary.classes, "{items} in {n} class", "{items} in {n} classes", items=items)
    parts = [tr("{count:,} to calibrate", count=summary.calibration)]
    if summary.train:
        parts.append(tr("{count:,} to train", count=summary.train))
    parts.append(tr("{count:,} to judge", count=summary.judge))
    return tr("{items}: {parts}", items=items, parts=", ".join(parts))


def _division_of_training(summary: DataSummary) -> str:
    """What a training does with data that has no training part of its own."""
    if not summary.would_train:
        return ""
    return tr(
        "Training would use {train:,} of these and leave {judge:,} to judge.",
        train=summary.would_train,
        judge=summary.would_judge,
    )
