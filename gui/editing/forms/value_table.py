"""A small array as an editable table: rows along its first axis, all other axes side by side."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from gui.words import tr

Index = QModelIndex | QPersistentModelIndex


class ValueTable(QAbstractTableModel):
    """``array`` is what is shown, in the shape and type it had."""

    def __init__(self, array: npt.NDArray[np.generic]) -> None:
        super().__init__()
        self._before = np.array(array)
        self.array = np.array(array)
        self._width = int(np.prod(array.shape[1:])) if array.ndim > 1 else 1

    @property
    def changed(self) -> bool:
        return not np.array_equal(self.array, self._before, equal_nan=self.array.dtype.kind == "f")

    def show(self, array: npt.NDArray[np.generic]) -> None:
        """Other values of the same shape."""
        self.beginResetModel()
        self.array = np.array(array, dtype=self.array.dtype).reshape(self.array.shape)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  Qt's own signature
        return 0 if parent.isValid() else self.array.size // self._width

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else self._width

    def flags(self, index: Index) -> Qt.ItemFlag:
        return super().flags(index) | Qt.ItemFlag.ItemIsEditable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole, Qt.ItemDataRole.ToolTipRole):
            digits = 9 if role != Qt.ItemDataRole.DisplayRole else 6
            value = self.array.reshape(-1)[self._at(index)]
            return f"{float(value):.{digits}g}" if self.array.dtype.kind == "f" else str(value)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """A number that the type can hold; anything else is not taken."""
        if role != Qt.ItemDataRole.EditRole:
            return False
        found = _number(str(value), self.array.dtype)
        if found is None:
            return False
        self.array.reshape(-1)[self._at(index)] = found
        self.dataChanged.emit(index, index)
        return True

    def headerData(self, section: int, way: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        if way == Qt.Orientation.Vertical:
            return str(section)
        if self._width == 1:
            return tr("value")
        return ", ".join(str(int(k)) for k in np.unravel_index(section, self.array.shape[1:]))

    def _at(self, index: Index) -> int:
        return index.row() * self._width + index.column()


def _number(text: str, dtype: np.dtype[Any]) -> Any:
    """The typed number in the array's type; None where it is none, or does not fit."""
    text = text.strip().replace("−", "-")
    try:
        if dtype.kind == "f":
            return dtype.type(float(text))
        if dtype.kind == "b":
            return {"true": True, "1": True, "false": False, "0": False}.get(text.lower())
        found, info = int(text), np.iinfo(dtype)
    except ValueError:
        return None
    return dtype.type(found) if info.min <= found <= info.max else None
