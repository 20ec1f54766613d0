"""Which layers an act may touch: all, the selected ones, or those whose name matches a pattern."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGroupBox, QHBoxLayout, QLabel, QLineEdit, QRadioButton, QVBoxLayout, QWidget

from core.methods.scope import Scope
from gui.words import counted, tr


class ScopeBox(QGroupBox):
    changed = Signal()

    def __init__(self, layers: Sequence[str], selected: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(tr("Layers"), parent)
        self._layers, self._selected = tuple(layers), tuple(selected)
        self.everything = QRadioButton(tr("A&ll layers ({count:,})", count=len(self._layers)))
        self.everything.setChecked(True)
        chosen = (
            tr("Only the &selected layers ({count:,})", count=len(self._selected))
            if selected
            else tr("Only the &selected layers")
        )
        self.selected = QRadioButton(chosen)
        self.selected.setEnabled(bool(selected))
        if not selected:
            self.selected.setToolTip(tr("Select layers in the graph or in the layers table first."))
        self.matching = QRadioButton(tr("Layers whose &name matches"))
        self.pattern = QLineEdit(placeholderText=tr("for example features.*"))
        self.pattern.setAccessibleName(tr("Name pattern"))
        self.found = QLabel()
        self.found.setObjectName("Hint")
        self.found.hide()
        row = QHBoxLayout()
        row.addWidget(self.matching)
        row.addWidget(self.pattern, 1)
        row.addWidget(self.found)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.everything)
        column.addWidget(self.selected)
        column.addLayout(row)
        for button in (self.everything, self.selected, self.matching):
            button.toggled.connect(self._changed)
        self.pattern.textEdited.connect(lambda _: self.matching.setChecked(True))
        self.pattern.textChanged.connect(self._changed)

    def scope(self) -> Scope:
        if self.selected.isChecked():
            return Scope(layers=self._selected)
        if self.matching.isChecked() and self.pattern.text().strip():
            return Scope(pattern=self.pattern.text().strip())
        return Scope()

    def error(self) -> str:
        """One sentence where the scope is empty, else ''."""
        if not self.matching.isChecked():
            return ""
        pattern = self.pattern.text().strip()
        if not pattern:
            return tr("Type a name pattern, or choose all layers.")
        return "" if self._count(pattern) else tr("No layer's name matches '{pattern}'.", pattern=pattern)

    def _count(self, pattern: str) -> int:
        return sum(fnmatch.fnmatchcase(name, pattern) for name in self._layers)

    def _changed(self, *_: object) -> None:
        pattern = self.pattern.text().strip()
        count = self._count(pattern) if pattern else 0
        self.found.setText(counted(count, "{n} layer", "{n} layers") if pattern else "")
        self.found.setVisible(bool(pattern))
        self.changed.emit()
