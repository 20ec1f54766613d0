"""The list of what was found: rows of an outline, written only as far as they are looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from gui.graph_view.captions import CATEGORY
from gui.search.find import Found, Index, Reason
from gui.search.outline import Outline, Path, Row
from gui.words import counted, mark, tr

At = QModelIndex | QPersistentModelIndex
LINE = Qt.ItemDataRole.UserRole
_BATCH = 200  # rows a list asks the sizes of at once


class Line(NamedTuple):
    """What a row says. Of a block its title and how many layers; of a layer its key, operator, kind and the reasons."""

    row: Row
    key: str = ""
    operator: str = ""
    category: str = ""
    reasons: tuple[Reason, ...] = ()


class ResultsModel(QAbstractListModel):
    """Rows of the outline; more of them come when the list is scrolled to its end."""

    def __init__(self) -> None:
        super().__init__()
        self._index, self._found = Index(), Found((), ())
        self._rows = Outline(self._index.tree)
        self._shown = 0
        self._closed: set[Path] = set()

    def show(self, index: Index, found: Found) -> None:
        """Other results; blocks that were folded stay folded."""
        self._index, self._found = index, found
        self._write()

    def _write(self) -> None:
        self.beginResetModel()
        self._rows = Outline(self._index.tree, self._found.layers, self._closed)
        self._shown = min(len(self._rows), _BATCH)
        self.endResetModel()

    def fold(self, row: int, closed: bool | None = None) -> None:
        """Fold or unfold the block at a row, None for the other way than now."""
        path = self._rows.row(row).path
        shut = path not in self._closed if closed is None else closed
        if shut != (path in self._closed):
            (self._closed.add if shut else self._closed.discard)(path)
            self._write()

    def row(self, at: int) -> Row:
        return self._rows.row(at)

    def is_block(self, at: int) -> bool:
        return self._rows.layer(at) < 0

    def row_of(self, layer: int) -> int:
        """The row of a layer, which is shown from now on; -1 where its block is folded."""
        row = self._rows.row_of(layer)
        while self._shown <= row:
            self.fetchMore(QModelIndex())
        return row

    def block_row(self, at: int) -> int:
        """The row of the block that a row stands in; -1 for none."""
        depth = self._rows.depth(at)
        return next((k for k in range(at - 1, -1, -1) if self._rows.depth(k) < depth), -1)

    def is_closed(self, row: Row) -> bool:
        return row.path in self._closed

    # as Qt asks -------------------------------------------------------------------------------------------------

    def rowCount(self, parent: At | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else self._shown

    def canFetchMore(self, parent: At) -> bool:
        return not parent.isValid() and self._shown < len(self._rows)

    def fetchMore(self, parent: At) -> None:
        more = min(len(self._rows), self._shown + _BATCH)
        self.beginInsertRows(QModelIndex(), self._shown, more - 1)
        self._shown = more
        self.endInsertRows()

    def data(self, index: At, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self._rows.row(index.row())
        if role == LINE:
            return self._line(row)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            return _spoken(self._line(row), self.is_closed(row))
        return None

    def _line(self, row: Row) -> Line:
        if row.layer < 0:
            return Line(row)
        entry = self._index.entries[row.layer]
        reasons = self._index.why(row.layer, self._found.terms)
        return Line(row, entry.key, entry.operator, CATEGORY.get(entry.operator, "other"), reasons)


def _spoken(line: Line, closed: bool) -> str:
    """A row in words, for the tooltip and the screen reader."""
    if line.row.layer < 0:
        state = tr("folded") if closed else tr("unfolded")
        return f"{line.row.title}, {counted(line.row.layers, '{n} layer', '{n} layers')}, {state}"
    why = "; ".join(f"{badge(r)}: {r.text.text}" for r in line.reasons)
    return f"{line.key}, {line.operator}; {why}"


def badge(reason: Reason) -> str:
    """The kind of text that matched, in a word or two."""
    field, role = reason.text.field, reason.text.role
    if field == "tensor":
        return tr(_ROLES[role])
    name = tr(_FIELDS[field])
    return f"{name} · {tr(_ROLES[role])}" if role in _ROLES else name


def titles() -> Sequence[tuple[str, str, str]]:
    """(field, title, an example) of everything that can be searched, for the chips."""
    return (
        ("name", tr("Name"), "name:layer1"),
        ("op", tr("Operator"), "op:Conv"),
        ("attr", tr("Attribute"), "stride 2"),
        ("shape", tr("Shape"), "?x64x56x56"),
        ("tensor", tr("Tensor"), "tensor:weight"),
        ("type", tr("Type"), "type:int8"),
    )


_FIELDS = {
    "name": mark("name"),
    "op": mark("operator"),
    "attr": mark("attribute"),
    "shape": mark("shape"),
    "tensor": mark("tensor"),
    "type": mark("type"),
}
_ROLES = {
    "input": mark("input"),
    "output": mark("output"),
    "weight": mark("weight"),
    "graph_input": mark("graph input"),
    "graph_output": mark("graph output"),
}
