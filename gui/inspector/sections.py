"""Sections of the inspector: headings that fold what is below them, and remember it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from gui import theme
from gui.inspector.rows import Rows
from gui.words import tr

Fill = Callable[[Rows], None]


class Folds(QObject):
    """Which sections are open and which toggles are on, by their keys; the same for every page."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._known: dict[str, bool] = {}

    def is_open(self, key: str, otherwise: bool) -> bool:
        return self._known.get(key, otherwise)

    def set_open(self, key: str, is_open: bool) -> None:
        self._known[key] = is_open
        self.changed.emit()

    def to_json(self) -> dict[str, bool]:
        return dict(self._known)

    def read(self, stored: object) -> None:
        """What :meth:`to_json` gave; anything else is ignored."""
        if isinstance(stored, dict):
            self._known.update({str(k): bool(v) for k, v in stored.items() if isinstance(v, bool)})


def _nothing(_: Rows) -> None:
    """What a section shows that is shown no more."""


class Section(QWidget):
    """A heading that folds what is below it. The inside is built when it is first seen."""

    def __init__(
        self,
        parent: QWidget,
        folds: Folds,
        key: str,
        title: str,
        fill: Fill,
        is_open: bool = True,
        explain: str = "",
    ) -> None:
        super().__init__(parent)
        self.key = key
        self._folds, self._fill = folds, fill
        self._rows: Rows | None = None
        self.head = QToolButton()
        self.head.setObjectName("Section")
        self.head.setText(title.replace("&", "&&"))
        self.head.setAccessibleName(title)
        self.head.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.head.setCheckable(True)
        self.head.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._line = QHBoxLayout()
        self._line.setSpacing(4)
        self._line.addWidget(self.head, 1)
        self._last: QWidget = self.head
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, theme.UNIT, 0, 0)
        self._column.setSpacing(theme.UNIT // 2)
        self._column.addLayout(self._line)
        if explain:
            button = self._button("?", explain)
            button.setCheckable(True)
            button.setChecked(self._explaining)
            button.toggled.connect(self._explain)
        self.head.setChecked(folds.is_open(key, is_open))
        self.head.toggled.connect(self._toggled)
        self._show(self.head.isChecked())

    def add_button(self, text: str, spoken: str, act: Callable[[], None]) -> None:
        """A small button at the end of the heading."""
        before, button = self._last, self._button(text, spoken)
        self.setTabOrder(before, button)  # the rows were made earlier, and come after it
        button.clicked.connect(lambda: act())

    def _button(self, text: str, spoken: str) -> QToolButton:
        button = QToolButton()
        button.setText(text)
        button.setObjectName("Small")
        button.setAccessibleName(spoken)
        button.setToolTip(spoken)
        self._line.addWidget(button)
        self._last = button
        return button

    def _explain(self, on: bool) -> None:
        self._folds.set_open(f"explain:{self.key}", on)
        if self._rows is not None:
            old, self._rows = self._rows, None
            old.hide()
            self._column.removeWidget(old)
            old.deleteLater()
        if not self.head.isChecked():
            self.head.setChecked(True)
        else:
            self._show(True)

    @property
    def _explaining(self) -> bool:
        return self._folds.is_open(f"explain:{self.key}", False)

    def _toggled(self, is_open: bool) -> None:
        self._folds.set_open(self.key, is_open)
        self._show(is_open)

    def retire(self) -> None:
        """It is shown no more: a widget may be long in going, and what it would show is a whole model."""
        self._fill = _nothing

    def _show(self, is_open: bool) -> None:
        self.head.setArrowType(Qt.ArrowType.DownArrow if is_open else Qt.ArrowType.RightArrow)
        self.head.setAccessibleDescription(tr("open") if is_open else tr("folded"))
        if self._rows is not None:
            self._rows.setVisible(is_open)
        elif is_open:
            # into its place first: widgets that move with all they hold are styled again
            self._rows = Rows(self._explaining, self)
            self._column.addWidget(self._rows)
            self._fill(self._rows)
            if self.isVisible():
                self._rows.show()
