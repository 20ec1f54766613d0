"""The layers table: the graph as text, sortable, filterable, reachable by keyboard and screen reader."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QItemSelection, QItemSelectionModel, QModelIndex, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QToolButton, QVBoxLayout, QWidget

from core.model.model import Model
from gui import theme
from gui.colouring.layer_figures import LayerFigure
from gui.graph_view.known import Known, known
from gui.graph_view.model_work import ModelWork
from gui.layers_table.columns import COLUMNS
from gui.layers_table.table import Table
from gui.layers_table.table_model import LayersModel, spans
from gui.words import counted, thousands, tr


class LayersTable(QWidget):
    """Shows the layers of one model, in step with a graph view. Filled when it is looked at: with thousands of layers
    that takes longer than an edit.

    ``selection_changed`` carries layer keys (as in GraphView) when the user changes the selection here; it is silent
    for :meth:`select`. ``activated`` follows Enter or a double click. ``columns_changed`` carries the keys of the
    columns that the user wants to see.
    """

    selection_changed = Signal(list)
    activated = Signal(str)
    columns_changed = Signal(list)
    colour_by = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows = LayersModel()
        self.filter = QLineEdit(clearButtonEnabled=True)
        self.filter.setPlaceholderText(tr("Filter by name or operator"))
        self.filter.setAccessibleName(tr("Filter layers"))
        self.filter.textChanged.connect(self._filter)
        self.filter.returnPressed.connect(self._activate_first)
        self.filter.installEventFilter(self)
        self.count = QLabel()
        self.count.setObjectName("Hint")
        self.columns_button = QToolButton()
        self.columns_button.setText(tr("Columns"))
        self.columns_button.setToolTip(tr("Which columns are shown"))
        self.columns_button.setAccessibleName(tr("Columns"))
        self.columns_button.clicked.connect(self._choose_columns)
        self.table = Table(self._rows)
        self.table.selectionModel().selectionChanged.connect(self._changed)
        self.table.activated.connect(self._activate)
        self.table.columns_changed.connect(self.columns_changed)
        self.table.colour_by.connect(self.colour_by)
        self._guard = False
        self._wanted: list[str] = []  # also what a filter hides, or what is still being counted
        self._model: Model | None = None
        self._behind = False  # other layers wait for being looked at
        self._work = ModelWork(self)
        line = QHBoxLayout()
        line.setContentsMargins(theme.UNIT, theme.UNIT, theme.UNIT, theme.UNIT)
        line.setSpacing(theme.UNIT)
        line.addWidget(self.filter, 1)
        line.addWidget(self.count)
        line.addWidget(self.columns_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(line)
        column.addWidget(self.table, 1)
        self.setFocusProxy(self.table)
        self.set_model(None)

    # what is shown ----------------------------------------------------------------------------------------------

    def set_model(self, model: Model | None) -> None:
        """Show another model, or the same after an edit; layers that keep their key stay selected."""
        self._model, self._behind = model, True
        if self.isVisible() or model is None:
            self._fill()

    def set_figure(self, figure: LayerFigure | None) -> None:
        """The figure that colours the graph: in a column of its own, or in the one that there is for it."""
        section = next((k for k, c in enumerate(COLUMNS) if figure is not None and c.figure == figure.key), None)
        if section is not None:
            self.table.setColumnHidden(section, False)
        self._rows.set_figure(None if section is not None else figure)

    def show_columns(self, keys: Iterable[str]) -> None:
        """Show these columns, as ``columns_changed`` gave them."""
        self.table.show_columns(frozenset(keys))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._behind:
            self._fill()

    def _fill(self) -> None:
        self._behind = False
        if self._model is None:
            self._work.forget()
            self._show(None)
        elif not self._work.run(self._model, known, self._show) and self._rows.graph() is not self._model.graph:
            self._show(None)  # after an edit of the same graph the old rows may stay until the new ones are there

    def _show(self, of_model: Known | None) -> None:
        chosen = self._wanted
        self._guard = True
        self._rows.show(of_model)
        self._guard = False
        self._say_count()
        self.select(chosen)

    # selection --------------------------------------------------------------------------------------------------

    def selected(self) -> list[str]:
        """Keys of the selected layers, from top to bottom."""
        rows = sorted(index.row() for index in self.table.selectionModel().selectedRows())
        return [self._rows.keys[row] for row in rows]

    def select(self, names: Iterable[str]) -> None:
        """Select layers by key and scroll to the first; unknown and filtered ones are left out."""
        wanted = set(names)
        self._wanted = sorted(wanted)
        if self._behind or wanted == set(self.selected()):
            return
        rows = sorted(row for key in wanted if (row := self._rows.row_of(key)) is not None)
        selection = QItemSelection()
        last = self._rows.columnCount() - 1
        for top, bottom in spans(rows):
            selection.select(self._rows.index(top, 0), self._rows.index(bottom, last))
        self._guard = True
        flag = QItemSelectionModel.SelectionFlag
        self.table.selectionModel().select(selection, flag.ClearAndSelect)
        if rows:
            first = self._rows.index(rows[0], 0)
            self.table.selectionModel().setCurrentIndex(first, flag.NoUpdate)
            self.table.scrollTo(first)
        self._guard = False

    def _changed(self) -> None:
        if not self._guard:
            self._wanted = self.selected()
            self.selection_changed.emit(self.selected())

    def _activate(self, index: QModelIndex) -> None:
        self.activated.emit(self._rows.keys[index.row()])

    # filter and columns -----------------------------------------------------------------------------------------

    def _filter(self, text: str) -> None:
        wanted = self._wanted
        self._guard = True  # rows that vanish leave the selection, but not the graph's
        self._rows.set_filter(text)
        self._guard = False
        self._say_count()
        self.select(wanted)

    def _choose_columns(self) -> None:
        button = self.columns_button
        self.table.column_menu().popup(button.mapToGlobal(button.rect().bottomLeft()))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        key = event.key() if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress else None
        if watched is self.filter and key == Qt.Key.Key_Down:
            self._enter_table()
            return True
        return super().eventFilter(watched, event)

    def _enter_table(self) -> None:
        """From the filter into what it found; a single layer of it is then selected."""
        if self._rows.rowCount():
            row = next((i.row() for i in self.table.selectionModel().selectedRows()), 0)
            self.table.selectRow(row)
            self.table.setFocus()

    def _activate_first(self) -> None:
        if self.filter.text().strip() and self._rows.rowCount():
            self.table.selectRow(0)
            self._activate(self._rows.index(0, 0))

    def _say_count(self) -> None:
        shown, every = self._rows.rowCount(), self._rows.every
        if shown != every:
            text = counted(every, "{shown} of {n} layer", "{shown} of {n} layers", shown=thousands(shown))
        else:
            text = counted(every, "{n} layer", "{n} layers") if every else ""
        self.count.setText(text)
