"""What an export proved: the sentence, the size, the operators of the written file, and notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from gui.figures import size
from gui.words import counted, tr

_ROWS = 12  # more of them scroll


@dataclass(frozen=True, slots=True)
class Shown:
    """An export's outcome as the dialog shows it. ``proven`` is False where only noise was fed."""

    file: str
    bytes: int
    sentence: str
    passed: bool
    proven: bool
    ops: Mapping[str, int]
    notes: Sequence[str] = ()


class ProofView(QWidget):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sentence = QLabel(wordWrap=True)
        self.sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        font = self.sentence.font()
        font.setBold(True)
        self.sentence.setFont(font)
        self.sentence.setAccessibleName(tr("Proof"))
        self.file = QLabel(wordWrap=True)
        self.file.setAccessibleName(tr("Written file"))
        self.file.setObjectName("Hint")
        self.file.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.ops = QTableWidget(0, 2)
        self.ops.setAccessibleName(tr("Operators of the written file"))
        for place, (title, side) in enumerate(
            ((tr("Operator"), Qt.AlignmentFlag.AlignLeft), (tr("Count"), Qt.AlignmentFlag.AlignRight))
        ):
            head = QTableWidgetItem(title)
            head.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
            self.ops.setHorizontalHeaderItem(place, head)
        self.ops.verticalHeader().hide()
        self.ops.setShowGrid(False)
        self.ops.horizontalHeader().setHighlightSections(False)
        self.ops.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.ops.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.ops.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.ops.verticalHeader().setDefaultSectionSize(24)
        self.notes = QLabel(wordWrap=True)
        self.notes.setObjectName("Hint")
        self.folder_button = QPushButton(tr("Open &folder"))
        self._folder = ""
        self.shown: Shown | None = None
        self.folder_button.clicked.connect(self._open_folder)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for widget in (self.sentence, self.file, self.ops, self.notes):
            column.addWidget(widget)
        column.addWidget(self.folder_button, 0, Qt.AlignmentFlag.AlignLeft)

    def show_proof(self, shown: Shown) -> None:
        self.shown = shown
        mark = "✓" if shown.passed and shown.proven else "≈" if shown.passed else "✕"
        self.sentence.setText(f"{mark}  {shown.sentence}")
        self.sentence.setAccessibleName(f"{tr('Proof')}: {shown.sentence}")
        self.file.setText(
            counted(
                shown.bytes,
                "{file}, {size} ({n} byte)",
                "{file}, {size} ({n} bytes)",
                file=shown.file,
                size=size(shown.bytes),
            )
        )
        self._folder = str(shown.file).rpartition("/")[0] or "."
        ordered = sorted(shown.ops.items(), key=lambda pair: (-pair[1], pair[0]))
        self.ops.setRowCount(len(ordered))
        for row, (name, count) in enumerate(ordered):
            self.ops.setItem(row, 0, QTableWidgetItem(name))
            number = QTableWidgetItem(str(count))
            number.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.ops.setItem(row, 1, number)
        self.notes.setText("\n".join(f"• {n}" for n in shown.notes))
        self.notes.setVisible(bool(shown.notes))
        rows = min(max(len(ordered), 4), _ROWS)
        self.ops.setFixedHeight(self.ops.horizontalHeader().sizeHint().height() + 24 * rows + 4)

    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(self._folder))
