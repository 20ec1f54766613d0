"""The revision table behind the tree: what each step did to size, compute and accuracy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QFont

from core.report import Measure
from gui.figures import cell, change, spoken
from gui.history.entries import Entry, Rail, rails
from gui.words import mark, tr

Index = QModelIndex | QPersistentModelIndex
RAIL, KEY, DETAIL = (Qt.ItemDataRole.UserRole + k for k in range(3))
_FIGURES = ((mark("Size"), "weight_bytes"), (mark("MACs"), "macs"), (mark("Top-1"), "top1"))


class RevisionModel(QAbstractTableModel):
    """Rows in order of age; the current revision is bold, revisions that were undone are grey.

    A figure's text has a second line with its change against the revision before, where both were obtained.
    ``retitled``: a revision's id and the title that was typed.
    """

    retitled = Signal(int, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.entries: list[Entry] = []
        self.current: int | None = None
        self._rails: list[Rail] = []
        self._line: set[int] = set()

    def set_entries(self, entries: Sequence[Entry], current: int | None) -> None:
        self.beginResetModel()
        self.entries, self.current = list(entries), current
        self._rails = rails(self.entries)
        self._line = self._ancestors(current)
        self.endResetModel()

    def row_of(self, key: int | None) -> int:
        return next((k for k, e in enumerate(self.entries) if e.key == key), -1)

    def entry(self, key: int | None) -> Entry | None:
        row = self.row_of(key)
        return self.entries[row] if row >= 0 else None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """The title can be written over."""
        return super().flags(index) | (Qt.ItemFlag.NoItemFlags if index.column() else Qt.ItemFlag.ItemIsEditable)

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Hand a new title on; what is shown changes when it was stored."""
        if role != Qt.ItemDataRole.EditRole or index.column():
            return False
        self.retitled.emit(self.entries[index.row()].key, str(value))
        return True

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  Qt's own signature
        return 0 if parent.isValid() else len(self.entries)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else 1 + len(_FIGURES)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole and section:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.DisplayRole:
            return tr("Step") if section == 0 else tr(_FIGURES[section - 1][0])
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        entry = self.entries[index.row()]
        if role == KEY:
            return entry.key
        if role == RAIL:
            return self._rails[index.row()]
        if role == Qt.ItemDataRole.FontRole and entry.key == self.current and not index.column():
            font = QFont()
            font.setBold(True)
            return font
        if index.column() == 0:
            return self._step(entry, role)
        return self._figure(entry, _FIGURES[index.column() - 1][1], role)

    def undone(self, entry: Entry) -> bool:
        """Whether this revision is not on the way from the first to the current one."""
        return self.current is not None and entry.key not in self._line

    def _step(self, entry: Entry, role: int) -> Any:
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return entry.title
        if role == DETAIL:
            told = entry.detail.rstrip(".") == entry.title  # of one edit the title says all
            return entry.unfinished or (entry.when if told else entry.detail)
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join(x for x in (entry.title, entry.detail, entry.when, *entry.notes) if x)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            spoken_name = tr("Revision {number}: {title}", number=entry.key, title=entry.title)
            origin = "" if entry.parent is None else tr("from revision {number}", number=entry.parent)
            current = tr("current") if entry.key == self.current else ""
            wrong = tr("unfinished") if entry.unfinished else ""
            return ", ".join(x for x in (spoken_name, origin, current, wrong) if x)
        return None

    def _figure(self, entry: Entry, name: str, role: int) -> Any:
        measure = entry.measures.get(name)
        if role == Qt.ItemDataRole.DisplayRole:
            moved = self._moved(entry, name, measure)
            return f"{cell(measure)}\n{moved}" if moved else cell(measure)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            moved = self._moved(entry, name, measure)
            return " ".join(x for x in (spoken(measure), self._against(entry, moved)) if x)
        return None

    @staticmethod
    def _against(entry: Entry, moved: str) -> str:
        return tr("{change} against revision {number}.", change=moved, number=entry.parent) if moved else ""

    def _moved(self, entry: Entry, name: str, measure: Measure | None) -> str:
        """How a figure moved from the revision that this one was made of, '' where one of them was not obtained."""
        parent = self.entry(entry.parent)
        before = parent.measures.get(name) if parent else None
        if measure is None or before is None:
            return ""
        return change(before.value, measure.value, measure.unit)

    def _ancestors(self, key: int | None) -> set[int]:
        parents = {e.key: e.parent for e in self.entries}
        out: set[int] = set()
        while key is not None and key in parents and key not in out:
            out.add(key)
            key = parents[key]
        return out
