"""Which layers an act may touch: all, the selected ones, or those whose name matches a pattern."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from core.methods.scope import Scope
from gui.words import counted, tr


class ScopeBox(QGroupBox):
    """``include`` asks to take the layers in that keep groups of channels in the scope from being cut."""

    changed = Signal()
    include = Signal()

    def __init__(self, layers: Sequence[str], selected: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(tr("Layers"), parent)
        self._layers, self._selected = tuple(layers), tuple(selected)
        self.everything = QRadioButton(tr("A&ll layers ({count:,})", count=len(self._layers)))
        self.everything.setChecked(True)
        self.selected = QRadioButton()
        self._say_selected()
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
        self.blocked = QLabel(wordWrap=True)
        self.blocked.setObjectName("Hint")
        self.coupled = QPushButton()
        self.coupled.setObjectName("Link")
        self.coupled.clicked.connect(self.include)
        column.addWidget(self.blocked)
        column.addWidget(self.coupled)
        self.set_missing(())
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

    def set_selected(self, names: Sequence[str]) -> None:
        """The selection has changed while the box is open."""
        known = set(self._layers)
        self._selected = tuple(name for name in names if name in known)
        self._say_selected()
        if self.selected.isChecked():
            self.changed.emit()

    def inside(self) -> list[str]:
        """Names of the layers in the scope."""
        scope = self.scope()
        if scope.layers:
            return list(scope.layers)
        return [name for name in self._layers if not scope.pattern or fnmatch.fnmatchcase(name, scope.pattern)]

    def set_missing(self, names: Sequence[str]) -> None:
        """Layers outside the scope whose channels are coupled to some inside, which then have to stay; none: fine."""
        count = len(names)
        self.blocked.setText(
            counted(
                count,
                "Some channels stay: they also belong to {n} layer outside.",
                "Some channels stay: they also belong to {n} layers outside.",
            )
        )
        self.coupled.setText(counted(count, "Include the coupled layer", "Include the {n} coupled layers"))
        self.coupled.setToolTip("\n".join(names[:12]) + ("\n…" if count > 12 else ""))
        self.blocked.setVisible(bool(names))
        self.coupled.setVisible(bool(names))

    def _say_selected(self) -> None:
        some = bool(self._selected)
        self.selected.setText(
            tr("Only the &selected layers ({count:,})", count=len(self._selected))
            if some
            else tr("Only the &selected layers")
        )
        self.selected.setEnabled(some or self.selected.isChecked())
        self.selected.setToolTip("" if some else tr("Select layers in the graph or in the layers table first."))

    def error(self) -> str:
        """One sentence where the scope is empty, else ''."""
        if self.selected.isChecked() and not self._selected:
            return tr("No layer is selected.")
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
