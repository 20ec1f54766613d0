"""The layers table: the graph as text, sortable, filterable, reachable by keyboard and screen reader."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QRectF,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from core.model.model import Model
from gui import theme
from gui.graph_view.known import Known, known
from gui.graph_view.model_work import ModelWork
from gui.layers_table.table_model import CATEGORY, COLUMNS, FILTER, SHARE, SORT, Index, LayersModel


class LayersTable(QWidget):
    """Shows the layers of one model, in step with a graph view.

    ``selection_changed`` carries layer keys (as in GraphView) when the user changes the selection here; it is silent
    for :meth:`select`. ``activated`` follows Enter or a double click.
    """

    selection_changed = Signal(list)
    activated = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows = LayersModel()
        self._sorted = QSortFilterProxyModel(self)
        self._sorted.setSourceModel(self._rows)
        self._sorted.setSortRole(SORT)
        self._sorted.setFilterRole(FILTER)
        self._sorted.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.filter = QLineEdit(placeholderText="Filter by name or operator", clearButtonEnabled=True)
        self.filter.setAccessibleName("Filter layers")
        self.filter.textChanged.connect(self._filter)
        self.filter.returnPressed.connect(self._activate_first)
        self.filter.installEventFilter(self)
        self.count = QLabel()
        self.count.setObjectName("Hint")
        self.table = self._make_table()
        self._guard = False
        self._wanted: list[str] = []  # also what a filter hides, or what is still being counted
        self._work = ModelWork(self)
        line = QHBoxLayout()
        line.setContentsMargins(theme.UNIT, theme.UNIT, theme.UNIT, theme.UNIT)
        line.setSpacing(theme.UNIT)
        line.addWidget(self.filter, 1)
        line.addWidget(self.count)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(line)
        column.addWidget(self.table, 1)
        self.setFocusProxy(self.table)
        self.set_model(None)

    def _make_table(self) -> QTableView:
        table = QTableView()
        table.setModel(self._sorted)
        table.setItemDelegate(_Cell(table))
        table.setAccessibleName("Layers")
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(3 * theme.UNIT)
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(64)
        for k, width in enumerate((0, 152, 112, 72, 72, 72)):
            if width:
                header.resizeSection(k, width)
        table.setSortingEnabled(True)
        table.sortByColumn(-1, Qt.SortOrder.AscendingOrder)  # the file's order until a header is clicked
        table.selectionModel().selectionChanged.connect(self._changed)
        table.activated.connect(self._activate)
        return table

    def set_model(self, model: Model | None) -> None:
        """Show another model; layers that keep their key stay selected."""
        if model is None:
            self._work.forget()
            self._show(None)
        elif not self._work.run(model, known, self._show):
            self._show(None)

    def _show(self, of_model: Known | None) -> None:
        chosen = self._wanted
        self._rows.show(of_model)
        self._say_count()
        self.select(chosen)

    def selected(self) -> list[str]:
        """Keys of the selected layers, from top to bottom."""
        rows = sorted(index.row() for index in self.table.selectionModel().selectedRows())
        return [self._rows.keys[self._sorted.mapToSource(self._sorted.index(r, 0)).row()] for r in rows]

    def select(self, names: Iterable[str]) -> None:
        """Select layers by key and scroll to the first; unknown and filtered ones are left out."""
        wanted = set(names)
        self._wanted = sorted(wanted)
        if wanted == set(self.selected()):
            return
        selection = QItemSelection()
        first: QModelIndex | None = None
        for row, key in enumerate(self._rows.keys):
            if key in wanted:
                left = self._sorted.mapFromSource(self._rows.index(row, 0))
                if left.isValid():
                    selection.select(left, self._sorted.index(left.row(), len(COLUMNS) - 1))
                    first = first or left
        self._guard = True
        flag = QItemSelectionModel.SelectionFlag
        self.table.selectionModel().select(selection, flag.ClearAndSelect)
        if first is not None:
            self.table.selectionModel().setCurrentIndex(first, flag.NoUpdate)
            self.table.scrollTo(first)
        self._guard = False

    def _changed(self) -> None:
        if not self._guard:
            self._wanted = self.selected()
            self.selection_changed.emit(self.selected())

    def _activate(self, index: QModelIndex) -> None:
        self.activated.emit(self._rows.keys[self._sorted.mapToSource(index).row()])

    def _filter(self, text: str) -> None:
        self._guard = True  # rows that vanish leave the selection, but not the graph's
        self._sorted.setFilterFixedString(text.strip())
        self._guard = False
        self._say_count()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        key = event.key() if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress else None
        if watched is self.filter and key == Qt.Key.Key_Down:
            self._enter_table()
            return True
        return super().eventFilter(watched, event)

    def _enter_table(self) -> None:
        """From the filter into what it found; a single layer of it is then selected."""
        if self._sorted.rowCount():
            row = next((i.row() for i in self.table.selectionModel().selectedRows()), 0)
            self.table.selectRow(row)
            self.table.setFocus()

    def _activate_first(self) -> None:
        if self.filter.text().strip() and self._sorted.rowCount():
            self.table.selectRow(0)
            self._activate(self._sorted.index(0, 0))

    def _say_count(self) -> None:
        shown, every = self._sorted.rowCount(), self._rows.rowCount()
        self.count.setText(f"{shown} of {every} layers" if shown != every else f"{every} layers" if every else "")


class _Cell(QStyledItemDelegate):
    """Numbers with a bar that says how they compare; operators with the colour they have in the graph."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        share, kind = index.data(SHARE), index.data(CATEGORY)
        if kind is not None:
            option.rect.adjust(16, 0, 0, 0)
        super().paint(painter, option, index)
        box = QRectF(option.rect)
        painter.save()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if kind is not None:
            painter.setBrush(theme.header_color(kind))
            painter.drawRoundedRect(QRectF(box.left() - 8, box.center().y() - 4, 8, 8), 2, 2)
        elif share and share > 0.01:
            painter.setBrush(theme.color("accent", 140))
            width = (box.width() - 16) * share
            painter.drawRoundedRect(QRectF(box.right() - 8 - width, box.bottom() - 3, width, 2), 1, 1)
        painter.restore()
