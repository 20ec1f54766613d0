"""The table of reference networks: names are never cut; the family gives way where there is no room for both."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from gui.new.table_model import COLUMNS, FilteredCatalogue
from gui.words import tr

_PADDING = 28  # pixels of a cell, with the sign of the sorting
_NAME, _FAMILY = 0, 1


class NetworkTable(QTableView):
    """One row a network; a family is a name's beginning nearly always, and has its own filter beside the table."""

    def __init__(self, model: FilteredCatalogue, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModel(model)
        self.setAccessibleName(tr("Reference networks"))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setMinimumSectionSize(40)
        header.setSectionResizeMode(_NAME, QHeaderView.ResizeMode.Stretch)
        header.setSortIndicatorClearable(True)
        self.setSortingEnabled(True)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)  # families and sizes, as the catalogue has them
        self._names = [entry.title for entry in model.entries]
        self._set_widths()

    def minimumSizeHint(self) -> QSize:
        """So wide that every name and figure is seen, without the family."""
        bar = self.verticalScrollBar().sizeHint().width()
        return QSize(self._needed() + bar + 2 * self.frameWidth(), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._place_family()
        super().resizeEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._set_widths()

    def _set_widths(self) -> None:
        metrics = self.horizontalHeader().fontMetrics()
        for section, column in enumerate(COLUMNS[1:], start=1):
            words = (column.widest, tr(column.title), tr(column.origin))
            self.setColumnWidth(section, max(map(metrics.horizontalAdvance, words)) + _PADDING)
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().lineSpacing() + 10)
        self._place_family()
        self.updateGeometry()

    def _place_family(self) -> None:
        room = self.viewport().width() - self._needed()
        self.setColumnHidden(_FAMILY, room < self._family_width())

    def _needed(self) -> int:
        """Pixels of all columns but the family, with the longest name."""
        name = max((self.fontMetrics().horizontalAdvance(n) for n in self._names), default=0) + _PADDING // 2
        return name + sum(self.columnWidth(k) for k in range(len(COLUMNS)) if k not in (_NAME, _FAMILY))

    def _family_width(self) -> int:
        return self.horizontalHeader().fontMetrics().horizontalAdvance(COLUMNS[_FAMILY].widest) + _PADDING
