"""The layers of a model as rows, sorted and filtered here: Qt's proxy asks Python for every comparison."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from gui.colouring.layer_figures import LayerFigure
from gui.graph_view.captions import category
from gui.graph_view.known import Known
from gui.layers_table.columns import COLUMNS, Column, Layer, figure_column
from gui.words import tr

Index = QModelIndex | QPersistentModelIndex
SHARE, CATEGORY = (Qt.ItemDataRole.UserRole + k for k in range(2))
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class LayersModel(QAbstractTableModel):
    """Read-only. ``keys`` are those of the rows from top to bottom, ``every`` counts the rows without a filter.

    The order is the file's until a column is sorted by.
    """

    def __init__(self) -> None:
        super().__init__()
        self.columns: tuple[Column, ...] = COLUMNS
        self.keys: list[str] = []
        self._layers: list[Layer] = []
        self._rows: list[Layer] = []
        self._row_of: dict[str, int] = {}
        self._most: dict[str, float] = {}
        self._filter = ""
        self._order: tuple[int, Qt.SortOrder] = (-1, Qt.SortOrder.AscendingOrder)

    @property
    def every(self) -> int:
        return len(self._layers)

    def show(self, whole: Known | None) -> bool:
        """Other layers; None for none. Whether the rows are others: after most edits only what they say is."""
        layers = whole.layers.items() if whole is not None else ()
        self._layers = [Layer(key, node, cost, whole) for key, (node, cost) in layers if whole is not None]
        self._most = {}
        return self._arrange()

    def set_figure(self, figure: LayerFigure | None) -> None:
        """The figure of the last column; None for no such column."""
        had, before = len(self.columns) > len(COLUMNS), len(COLUMNS)
        if figure is None:
            if had:
                self.beginRemoveColumns(QModelIndex(), before, before)
                self.columns = COLUMNS
                self.endRemoveColumns()
            return
        self._most.pop("figure", None)
        if had:
            self.columns = (*COLUMNS, figure_column(figure))
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, before, before)
        else:
            self.beginInsertColumns(QModelIndex(), before, before)
            self.columns = (*COLUMNS, figure_column(figure))
            self.endInsertColumns()
        self._arrange()

    def set_filter(self, text: str) -> None:
        """Keep only the layers in whose name or operator the text stands; '' for all."""
        self._filter = text.strip().lower()
        self._arrange()

    def row_of(self, key: str) -> int | None:
        """None where a filter hides it, or where there is no such layer."""
        return self._row_of.get(key)

    def graph(self) -> object:
        """The graph that the layers are of; None without layers."""
        return self._layers[0].whole.model.graph if self._layers else None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._order = (column, order)
        self._arrange()

    def _arrange(self) -> bool:
        """Filter and sort; whether the rows are others than before."""
        wanted = self._filter
        rows = [r for r in self._layers if wanted in f"{r.cost.name} {r.cost.operator}".lower()] if wanted else None
        rows = list(self._layers) if rows is None else rows
        column, order = self._order
        if 0 <= column < len(self.columns):
            rows.sort(key=self.columns[column].sort, reverse=order == Qt.SortOrder.DescendingOrder)
        keys = [r.key for r in rows]
        if keys == self.keys:
            self._rows = rows
            if rows:
                self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(self.columns) - 1))
            return False
        self.beginResetModel()
        self._rows, self.keys = rows, keys
        self._row_of = {key: k for k, key in enumerate(keys)}
        self.endResetModel()
        return True

    # as Qt asks -------------------------------------------------------------------------------------------------

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal or section >= len(self.columns):
            return None
        column = self.columns[section]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self.title(section)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            return tr(column.tip)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if column.number else _LEFT
        return None

    def title(self, section: int) -> str:
        return tr(self.columns[section].title)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        layer, column = self._rows[index.row()], self.columns[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.text(layer)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            return column.exact(layer)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._spoken(layer, index.column())
        if role == Qt.ItemDataRole.TextAlignmentRole and column.number:
            return _RIGHT
        if role == SHARE and column.number:
            return max(float(column.sort(layer)), 0.0) / self._highest(column)
        if role == CATEGORY and column.key == "operator":
            return category(layer.node)
        return None

    def _spoken(self, layer: Layer, section: int) -> str:
        """A cell for the screen reader: 'MACs 10.8 M', so that it is understood without its header."""
        column = self.columns[section]
        text = column.text(layer)
        if column.key == "name":
            return f"{text}, {layer.cost.operator}"
        return f"{self.title(section)} {text or tr('none')}"

    def _highest(self, column: Column) -> float:
        if column.key not in self._most:
            highest = max((float(column.sort(r)) for r in self._layers), default=0.0)
            self._most[column.key] = highest if highest > 0 else 1.0
        return self._most[column.key]


def spans(rows: Sequence[int]) -> list[tuple[int, int]]:
    """Numbers in order as runs (first, last): ten thousand selected rows are one range."""
    out: list[tuple[int, int]] = []
    for row in rows:
        if out and out[-1][1] == row - 1:
            out[-1] = (out[-1][0], row)
        else:
            out.append((row, row))
    return out
