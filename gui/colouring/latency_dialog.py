"""Asks how the layers are to be timed."""

from __future__ import annotations

import os

from PySide6.QtWidgets import QDialog as _Dialog
from PySide6.QtWidgets import QFormLayout, QLabel, QSpinBox, QVBoxLayout, QWidget

from gui import theme
from gui.button_box import ButtonBox
from gui.words import tr

RUNS, MOST_RUNS = 25, 1000
_WIDTH = 52 * theme.UNIT


class LatencyDialog(_Dialog):
    """``runs`` and ``threads`` hold what was chosen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Latency per layer"))
        self.runs = _number(1, MOST_RUNS, RUNS)
        self.threads = _number(1, os.cpu_count() or 1, 1)
        words = QLabel(
            tr(
                "Runs the network in onnxruntime on this machine, on noise, and times every layer: first as "
                "onnxruntime optimizes it, where layers that are fused share the time of their group, then with every "
                "layer by itself. A phone is slower, and not by the same factor for every layer."
            ),
            wordWrap=True,
        )
        words.setObjectName("Hint")
        form = QFormLayout()
        form.setSpacing(theme.UNIT)
        for text, box in ((tr("&Runs"), self.runs), (tr("&Threads"), self.threads)):
            label = QLabel(text)
            label.setBuddy(box)
            box.setAccessibleName(text.replace("&", ""))
            form.addRow(label, box)
        self.buttons = ButtonBox(ButtonBox.StandardButton.Cancel)
        self.start = self.buttons.addButton(tr("&Measure"), ButtonBox.ButtonRole.AcceptRole)
        self.start.setDefault(True)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * theme.UNIT, 2 * theme.UNIT, 2 * theme.UNIT, 2 * theme.UNIT)
        column.setSpacing(2 * theme.UNIT)
        column.addWidget(words)
        column.addLayout(form)
        column.addWidget(self.buttons)
        self.resize(_WIDTH, column.totalHeightForWidth(_WIDTH))
        self.runs.setFocus()


def _number(low: int, high: int, value: int) -> QSpinBox:
    box = QSpinBox()
    box.setRange(low, high)
    box.setValue(value)
    return box
