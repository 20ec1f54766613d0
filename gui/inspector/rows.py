"""Rows of keys and values on one alignment, and whatever else stands in a section of the inspector."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QSpacerItem, QVBoxLayout, QWidget

from gui import theme
from gui.inspector.parts import Chip, Elided, ShareBar
from gui.words import counted

KEY_WIDTH = 88


class Rows(QWidget):
    """The inside of a section: lines of key and value, and whatever takes the whole width.

    ``explaining``: the user wants to read what the rows mean.
    """

    def __init__(self, explaining: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.explaining = explaining
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.UNIT // 2)
        self._grid: QGridLayout | None = None

    def row(self, key: str, value: str, tip: str = "", muted: bool = False, role: str = "") -> QLabel:
        """A key and its value; ``role`` puts a dot of that colour before the key."""
        shown = QLabel(value, wordWrap=True)
        shown.setTextFormat(Qt.TextFormat.PlainText)
        shown.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        if muted:
            shown.setObjectName("Hint")
        shown.setToolTip(tip)
        shown.setAccessibleName(f"{key}: {value}")
        self.beside(key, shown, role=role, tip=tip)
        return shown

    def more_layers(self, count: int) -> None:
        """How many layers there are besides those that are listed; nothing where there are none."""
        if count > 0:
            self.row("", counted(count, "and {n} more layer", "and {n} more layers"), muted=True)

    def beside(self, key: str, widget: QWidget, role: str = "", tip: str = "") -> None:
        """Any widget where values stand; ``key`` may be empty."""
        grid = self._rows()
        at = grid.rowCount()
        if role:
            head = QWidget()
            head.setFixedWidth(KEY_WIDTH)
            line = QHBoxLayout(head)
            line.setContentsMargins(0, 0, 0, 0)
            line.setSpacing(4)
            line.addWidget(Chip(role=role))
            line.addWidget(Elided(key, tip=tip), 1)
            grid.addWidget(head, at, 0, Qt.AlignmentFlag.AlignTop)
        elif key:
            label = Elided(key, tip=tip)
            label.setFixedWidth(KEY_WIDTH)
            grid.addWidget(label, at, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(widget, at, 1)

    def explain(self, rich: str) -> None:
        """What the row above means, below it and over the whole width."""
        label = QLabel(rich, wordWrap=True)
        label.setTextFormat(Qt.TextFormat.RichText)
        label.setObjectName("Hint")
        inset = QVBoxLayout()
        inset.setContentsMargins(theme.UNIT, 0, 0, theme.UNIT // 2)
        inset.addWidget(label)
        grid = self._rows()
        grid.addLayout(inset, grid.rowCount(), 0, 1, 2)

    def bar(self, share: float, tip: str) -> None:
        """A share bar below the value written last."""
        bar = ShareBar(share)
        bar.setToolTip(tip)
        self.beside("", bar)

    def gap(self) -> None:
        """A little room before the next row, where another thing begins."""
        if self._grid is not None:
            self._grid.addItem(QSpacerItem(0, theme.UNIT // 2), self._grid.rowCount(), 0)

    def table(self, head: Sequence[str], lines: Sequence[Sequence[str]], tips: Sequence[str] = ()) -> None:
        """A few columns, the first of words and the others of numbers."""
        host = QWidget()
        grid = QGridLayout(host)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(theme.UNIT)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(0, 1)
        for at, line in enumerate([head, *lines]):
            for column, text in enumerate(line):
                cell = Elided(text, "Hint" if not at else "") if not column else QLabel(text)
                if not at:
                    cell.setObjectName("Hint")
                if column:
                    cell.setAlignment(Qt.AlignmentFlag.AlignRight)
                    cell.setAccessibleName(f"{line[0]}, {head[column]}: {text}" if at else text)
                if at and tips:
                    cell.setToolTip(tips[at - 1])
                grid.addWidget(cell, at, column)
        self.widget(host)

    def widget(self, widget: QWidget) -> None:
        self._column.addWidget(widget)
        self._grid = None

    def hint(self, text: str) -> QLabel:
        label = QLabel(text, wordWrap=True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setObjectName("Hint")
        self.widget(label)
        return label

    def rich(self, text: str) -> None:
        label = QLabel(text, wordWrap=True)
        label.setTextFormat(Qt.TextFormat.RichText)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.widget(label)

    def _rows(self) -> QGridLayout:
        if self._grid is None:
            self._grid = QGridLayout()
            self._grid.setHorizontalSpacing(theme.UNIT)
            self._grid.setVerticalSpacing(4)
            self._grid.setColumnMinimumWidth(0, KEY_WIDTH)
            self._grid.setColumnStretch(1, 1)
            self._column.addLayout(self._grid)
        return self._grid


def say(label: QLabel, key: str, value: str, tip: str = "") -> None:
    """Put a value into a row that was made before it was known."""
    label.setText(value)
    label.setAccessibleName(f"{key}: {value}" if key else value)
    label.setToolTip(tip)
