"""The layers of a model as rows: name, operator, output shape, parameters, MACs, weight bytes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from core.measure.cost import LayerCost
from gui import figures
from gui.graph_view.captions import category
from gui.graph_view.known import Known, times

Index = QModelIndex | QPersistentModelIndex
SORT, FILTER, SHARE, CATEGORY = (Qt.ItemDataRole.UserRole + k for k in range(4))
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True, slots=True)
class Column:
    """``sort`` gives the value rows are ordered by; ``text`` what is shown; ``exact`` the tooltip."""

    title: str
    sort: Callable[[LayerCost], Any]
    text: Callable[[LayerCost], str]
    exact: Callable[[LayerCost], str]
    tip: str
    number: bool = False


def _macs(layer: LayerCost) -> str:
    return figures.MISSING if layer.macs is None else figures.count(layer.macs) if layer.macs else ""


COLUMNS = (
    Column("Layer", lambda c: c.name, lambda c: c.name, lambda c: c.name, "Name of the layer in the file"),
    Column("Operator", lambda c: c.operator, lambda c: c.operator, lambda c: c.operator, "ONNX operator"),
    Column(
        "Output",
        lambda c: prod(c.output_shape) if c.output_shape else -1,
        lambda c: times(c.output_shape) or figures.MISSING,
        lambda c: times(c.output_shape) or "The shape cannot be known without running the model.",
        "Shape of the first output, a symbolic batch counted as 1; estimated from the graph",
    ),
    Column(
        "Params",
        lambda c: c.params,
        lambda c: f"{c.params:,}" if c.params else "",
        lambda c: f"{c.params:,} parameters, estimated from the graph. {c.note}".rstrip(),
        "Trained numbers: weights, biases, scales and shifts; estimated from the graph",
        number=True,
    ),
    Column(
        "MACs",
        lambda c: -1 if c.macs is None else c.macs,
        _macs,
        lambda c: (
            (c.note or "Unknown.") if c.macs is None else f"{c.macs:,} MACs for one item, estimated from the graph"
        ),
        "Multiplications with addition for one item; estimated from the graph",
        number=True,
    ),
    Column(
        "Weights",
        lambda c: c.weight_bytes,
        lambda c: figures.size(c.weight_bytes) if c.weight_bytes else "",
        lambda c: f"{c.weight_bytes:,} bytes of stored tensors, estimated from the graph",
        "Bytes of the tensors stored for the layer; estimated from the graph",
        number=True,
    ),
)


class LayersModel(QAbstractTableModel):
    """Read-only; row order is the file's."""

    def __init__(self) -> None:
        super().__init__()
        self.keys: list[str] = []
        self._rows: list[tuple[LayerCost, str]] = []
        self._most = [1.0] * len(COLUMNS)

    def show(self, of_model: Known | None) -> None:
        """Other rows; None for no rows."""
        self.beginResetModel()
        layers = of_model.layers if of_model is not None else {}
        self.keys = list(layers)
        self._rows = [(counted, category(node)) for node, counted in layers.values()]
        self._most = [
            max((float(c.sort(counted)) for counted, _ in self._rows), default=1.0) if c.number else 1.0
            for c in COLUMNS
        ]
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index | None = None) -> int:
        return len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section].title
        if role == Qt.ItemDataRole.ToolTipRole:
            return COLUMNS[section].tip
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if COLUMNS[section].number else Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        (layer, kind), column = self._rows[index.row()], COLUMNS[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.text(layer)
        if role == SORT:
            return column.sort(layer)
        if role == FILTER:
            return f"{layer.name} {layer.operator}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return column.exact(layer)
        if role == Qt.ItemDataRole.TextAlignmentRole and column.number:
            return _RIGHT
        if role == SHARE and column.number:
            return max(float(column.sort(layer)), 0.0) / max(self._most[index.column()], 1.0)
        if role == CATEGORY and column.title == "Operator":
            return kind
        return None
