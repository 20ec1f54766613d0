"""The numbers of a small stored tensor, in a table: rows along its first axis, all others side by side."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QTableView

from gui import theme
from gui.inspector.examine import real
from gui.inspector.parts import number
from gui.inspector.stored import Stored
from gui.words import tr

Index = QModelIndex | QPersistentModelIndex
_ROWS = 7  # shown without scrolling


class _Values(QAbstractTableModel):
    def __init__(self, stored: Stored) -> None:
        super().__init__()
        self._shape = stored.shape
        lines = stored.shape[0] if len(stored.shape) > 1 else stored.count
        self._array = real(stored.read(), stored.scaling).reshape(lines, -1)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  Qt's own signature
        return 0 if parent.isValid() else int(self._array.shape[0])

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else int(self._array.shape[1])

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.DisplayRole:
            return number(float(self._array[index.row(), index.column()]))
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return (
                f"[{self._place(index.row(), index.column())}] = {float(self._array[index.row(), index.column()]):.9g}"
            )
        return None

    def headerData(self, section: int, way: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        if way == Qt.Orientation.Vertical:
            return str(section)
        return tr("value") if self._array.shape[1] == 1 else self._inner(section)

    def _place(self, row: int, column: int) -> str:
        inner = self._inner(column)
        return f"{row}, {inner}" if inner and self._array.shape[1] > 1 else str(row)

    def _inner(self, column: int) -> str:
        """The indices along all axes but the first."""
        out: list[str] = []
        for size in reversed(self._shape[1:]):
            column, at = divmod(column, size)
            out.append(str(at))
        return ", ".join(reversed(out))


class ValuesTable(QTableView):
    def __init__(self, stored: Stored) -> None:
        super().__init__()
        model = _Values(stored)
        model.setParent(self)
        self.setModel(model)
        self.setFont(theme.graph_font())
        self.setAccessibleName(tr("Values of {name}", name=stored.name))
        self.setTabKeyNavigation(False)  # Tab goes on, the arrow keys walk inside
        self.horizontalHeader().setDefaultSectionSize(64)
        self.verticalHeader().setDefaultSectionSize(20)
        line = min(model.rowCount(), _ROWS)
        self.setFixedHeight(20 * line + self.horizontalHeader().sizeHint().height() + 16)
