"""The reference networks as a table: sorted by any column, filtered by words and family, with provenance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, QSortFilterProxyModel, Qt

from core.references.catalogue import Entry
from core.references.cited import Citation
from core.report import Measure
from gui.figures import MISSING, cell, spoken
from gui.words import mark, tr

Index = QModelIndex | QPersistentModelIndex
SORT, KEY = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1
IMAGENET, PHONE = "ImageNet", mark("Phone")


@dataclass(frozen=True, slots=True)
class Column:
    """``measure`` gives a figure with its provenance; the other columns are ``text`` and have no ``origin``.

    ``widest`` is a text as wide as the column must be.
    """

    title: str
    origin: str = ""
    help: str = ""
    widest: str = ""
    measure: Callable[[Entry], Measure | None] = lambda entry: None
    text: Callable[[Entry], str | int] = lambda entry: ""


def imagenet_top1(entry: Entry) -> Citation | None:
    """The first cited accuracy on ImageNet: other data would not compare."""
    return next((c for c in entry.cited if c.figure == "top1" and c.on.startswith(IMAGENET)), None)


def _estimated(name: str) -> Callable[[Entry], Measure | None]:
    return lambda entry: entry.figures.get(name)


def _cited(find: Callable[[Entry], Citation | None]) -> Callable[[Entry], Measure | None]:
    def measure(entry: Entry) -> Measure | None:
        found = find(entry)
        return found.measure() if found is not None else None

    return measure


COLUMNS = (
    Column(mark("Network"), text=lambda e: e.title),
    Column(mark("Family"), widest="ResNet for CIFAR", text=lambda e: e.family),
    Column(mark("Year"), widest="2026", text=lambda e: e.year),
    Column(mark("Parameters"), "estimated", mark("Numbers the network learns."), "Parameters", _estimated("params")),
    Column(
        mark("MACs"),
        "estimated",
        mark("Multiply-accumulate operations for one input."),
        "estimated",
        _estimated("macs"),
    ),
    Column(
        mark("Peak memory"),
        "estimated",
        mark("Most bytes of activations that live at the same time."),
        "Peak memory",
        _estimated("peak_memory"),
    ),
    Column(
        mark("Top-1"),
        "cited",
        mark("Share of ImageNet's images whose first answer is right."),
        "100.0 %",
        _cited(imagenet_top1),
    ),
    Column(
        PHONE,
        "cited",
        mark("Time of one run on the phone that the source used."),
        "1,000 ms",
        _cited(lambda e: e.best("latency")),
    ),
)


class CatalogueModel(QAbstractTableModel):
    """One row a network, in the order given."""

    def __init__(self, entries: Sequence[Entry], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.entries = tuple(entries)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  Qt's own signature
        return 0 if parent.isValid() else len(self.entries)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        column = COLUMNS[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{tr(column.title)}\n{tr(column.origin)}".rstrip()
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(_side(section) | Qt.AlignmentFlag.AlignTop)
        if role == Qt.ItemDataRole.ToolTipRole:
            return tr(column.help)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        entry, column = self.entries[index.row()], COLUMNS[index.column()]
        if role == KEY:
            return entry.key
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(_side(index.column()) | Qt.AlignmentFlag.AlignVCenter)
        if not column.origin:
            return self._text(entry, column, role)
        return self._figure(entry, column, role)

    def _text(self, entry: Entry, column: Column, role: int) -> Any:
        value = column.text(entry)
        if role == Qt.ItemDataRole.DisplayRole:
            return str(value)
        if role == SORT:
            return value.lower() if isinstance(value, str) else value
        if role == Qt.ItemDataRole.ToolTipRole:
            return tr(entry.help)
        return None

    def _figure(self, entry: Entry, column: Column, role: int) -> Any:
        measure = column.measure(entry)
        if role == Qt.ItemDataRole.DisplayRole:
            return _as_printed(entry) if column.title == PHONE else cell(measure)
        if role == SORT:
            return None if measure is None else measure.value
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            figure = spoken(measure) if measure else _absent(entry, column)
            return tr("{column} of {model}: {figure}", column=tr(column.title), model=entry.title, figure=figure)
        return None


class FilteredCatalogue(QSortFilterProxyModel):
    """Every word must be part of a network's name, family or key; what has no figure comes last in either order."""

    def __init__(self, source: CatalogueModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._words: tuple[str, ...] = ()
        self._family = ""
        self._catalogue = source
        self.setSourceModel(source)

    def set_filter(self, text: str, family: str = "") -> None:
        """``family`` is a family's name, '' for all."""
        self._words, self._family = tuple(text.lower().split()), family
        self.invalidate()

    @property
    def entries(self) -> Sequence[Entry]:
        """All networks, those filtered out too."""
        return self._catalogue.entries

    def entry(self, row: int) -> Entry:
        """The network in a row as it is shown."""
        return self._catalogue.entries[self.mapToSource(self.index(row, 0)).row()]

    def row_of(self, key: str) -> int:
        """The row in which a network is shown, -1 where it is filtered out."""
        return next((k for k in range(self.rowCount()) if self.entry(k).key == key), -1)

    def filterAcceptsRow(self, source_row: int, source_parent: Index) -> bool:
        entry = self._catalogue.entries[source_row]
        if self._family and entry.family != self._family:
            return False
        text = f"{entry.title} {entry.family} {entry.key}".lower()
        return all(word in text for word in self._words)

    def lessThan(self, left: Index, right: Index) -> bool:
        a, b = self._catalogue.data(left, SORT), self._catalogue.data(right, SORT)
        if a is None or b is None:
            ascending = self.sortOrder() == Qt.SortOrder.AscendingOrder
            return (b is None and a is not None) if ascending else (a is None and b is not None)
        return bool(a < b)


def _absent(entry: Entry, column: Column) -> str:
    """Why a cell is empty; an accuracy on other data is named."""
    other = entry.best("top1") if column.title == "Top-1" else None
    if other is not None:
        return tr("none is cited for {data}; {figure} on {other}.", data=IMAGENET, figure=other.printed, other=other.on)
    return tr("none is {how}.", how=tr(column.origin))


def _as_printed(entry: Entry) -> str:
    """A cited latency with the decimals that its source printed."""
    found = entry.best("latency")
    return found.printed if found is not None else MISSING


def _side(column: int) -> Qt.AlignmentFlag:
    return Qt.AlignmentFlag.AlignRight if column > 1 else Qt.AlignmentFlag.AlignLeft
