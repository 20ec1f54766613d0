"""The table itself: painting of cells, typing ahead, the columns that are shown."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from PySide6.QtCore import QElapsedTimer, QEvent, QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QHeaderView,
    QMenu,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from gui import theme
from gui.layers_table.columns import COLUMNS
from gui.layers_table.table_model import CATEGORY, SHARE, Index, LayersModel
from gui.words import tr

_NAMES = 24 * theme.UNIT  # the least width of the names


class Table(QTableView):
    """``columns_changed`` carries the keys of the columns that are shown; ``colour_by`` the key of a figure."""

    columns_changed = Signal(list)
    colour_by = Signal(str)

    def __init__(self, rows: LayersModel) -> None:
        super().__init__()
        self._rows = rows
        self._typed = ""
        self._since = QElapsedTimer()
        self.setModel(rows)
        self.setItemDelegate(_Cell(self))
        self.setAccessibleName(tr("Layers"))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(3 * theme.UNIT)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.sectionResized.connect(lambda section, *_: self._fit_names() if section else None)
        header.setMinimumSectionSize(64)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._header_menu)
        self.setSortingEnabled(True)
        self.sortByColumn(-1, Qt.SortOrder.AscendingOrder)  # the file's order until a header is clicked
        rows.columnsInserted.connect(self._show_figure)
        rows.columnsRemoved.connect(lambda *_: self._fit_names())
        rows.headerDataChanged.connect(lambda *_: self._size(len(COLUMNS)))
        for k in range(len(COLUMNS)):
            self._size(k)
        self.show_columns([c.key for c in COLUMNS if not c.optional])

    def _size(self, section: int) -> None:
        if section and section < len(self._rows.columns):
            header = self.horizontalHeader()
            header.resizeSection(section, max(self._rows.columns[section].width, header.sectionSizeHint(section)))

    def _show_figure(self) -> None:
        """What the graph is coloured by stands before the other numbers, where it is seen without scrolling."""
        header = self.horizontalHeader()
        header.moveSection(header.visualIndex(len(COLUMNS)), 3)
        self._size(len(COLUMNS))

    def _fit_names(self) -> None:
        """Names take what the other columns leave, and never less than can be read."""
        header = self.horizontalHeader()
        others = sum(header.sectionSize(k) for k in range(1, header.count()) if not header.isSectionHidden(k))
        header.resizeSection(0, max(self.viewport().width() - others, _NAMES))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_names()

    # columns ----------------------------------------------------------------------------------------------------

    def shown(self) -> list[str]:
        """Keys of the columns that are shown, the figure's not counted."""
        return [c.key for k, c in enumerate(COLUMNS) if not self.isColumnHidden(k)]

    def show_columns(self, keys: Collection[str]) -> None:
        """Show these columns and hide the others; names of layers are always shown."""
        for k, column in enumerate(COLUMNS):
            self.setColumnHidden(k, k > 0 and column.key not in keys)
        self._fit_names()

    def column_menu(self, section: int = -1) -> QMenu:
        """Which columns there are; ``section`` is the one that was asked about, -1 for none."""
        menu = QMenu(self)
        figure = self._rows.columns[section].figure if 0 <= section < len(self._rows.columns) else ""
        if figure:
            colour = menu.addAction(tr("Colour the graph by {figure}", figure=self._rows.title(section)))
            colour.triggered.connect(lambda: self.colour_by.emit(figure))
            menu.addSeparator()
        for k, column in enumerate(COLUMNS[1:], start=1):
            action = menu.addAction(self._rows.title(k))
            action.setCheckable(True)
            action.setChecked(not self.isColumnHidden(k))
            action.setToolTip(tr(column.tip))
            action.toggled.connect(partial(self._toggle, k))
        menu.setToolTipsVisible(True)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return menu

    def _toggle(self, section: int, shown: bool) -> None:
        self.setColumnHidden(section, not shown)
        self._fit_names()
        self.columns_changed.emit(self.shown())

    def _header_menu(self, spot: QPoint) -> None:
        header = self.horizontalHeader()
        self.column_menu(header.logicalIndexAt(spot)).popup(header.mapToGlobal(spot))

    # typing ahead -----------------------------------------------------------------------------------------------

    def keyboardSearch(self, search: str) -> None:
        """To the next layer with what is typed in its name; Qt would only look at how names begin, and all begin
        alike."""
        if not self._since.isValid() or self._since.elapsed() > QApplication.keyboardInputInterval():
            self._typed = ""
        self._since.restart()
        again = self._typed == search and len(search) == 1  # the same letter again: the next one
        self._typed = search if again else self._typed + search
        row, count = self.currentIndex().row(), self._rows.rowCount()
        first = row + 1 if len(self._typed) == 1 else max(row, 0)
        wanted = self._typed.lower()
        found = next(
            (k % count for k in range(first, first + count) if wanted in self._rows.keys[k % count].lower()), -1
        )
        if found >= 0:
            self.selectRow(found)
            self.scrollTo(self._rows.index(found, 0))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.setAccessibleName(tr("Layers"))


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
