"""The revision list: go to any revision, compare it, forget a branch."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence, QShortcut
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QStackedLayout, QTreeView, QVBoxLayout, QWidget

from gui.empty_hint import EmptyHint
from gui.history.entries import Entry
from gui.history.model import KEY, RevisionModel
from gui.history.rail_delegate import RailDelegate


class RevisionTree(QWidget):
    """Signals carry a revision's id. Enter or a double click goes there; the menu offers the rest."""

    go_to = Signal(int)
    compare = Signal(int)
    report = Signal(int)
    forget = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = RevisionModel(self)
        self.view = QTreeView()
        self.view.setModel(self.model)
        self.view.setObjectName("Revisions")
        self.view.setItemDelegate(RailDelegate(self.view))
        self.view.setRootIsDecorated(False)
        self.view.setIndentation(0)
        self.view.setUniformRowHeights(True)
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.view.setAllColumnsShowFocus(True)
        self.view.setAccessibleName("Revisions")
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.view.customContextMenuRequested.connect(self._menu)
        self.view.doubleClicked.connect(self._activated)
        header = self.view.header()
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(40)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            shortcut = QShortcut(QKeySequence(key), self.view)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(self._enter)
        self._stack = QStackedLayout()
        self._stack.addWidget(
            EmptyHint("No model is open.", "Every act becomes a revision here: nothing is overwritten.")
        )
        self._stack.addWidget(self.view)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self._stack)

    def set_entries(self, entries: Sequence[Entry], current: int | None) -> None:
        self.model.set_entries(entries, current)
        self._stack.setCurrentIndex(1 if entries else 0)
        row = self.model.row_of(current)
        if row >= 0:
            index = self.model.index(row, 0)
            self.view.setCurrentIndex(index)
            self.view.scrollTo(index)

    def chosen(self) -> int | None:
        """The revision under the cursor, which need not be the current one."""
        key = self.view.currentIndex().data(KEY)
        return int(key) if key is not None else None

    def menu_for(self, key: int) -> QMenu:
        """The context menu of a revision."""
        menu = QMenu(self)
        entry = self.model.entry(key)
        current = key == self.model.current
        going = QAction("&Go to this revision", menu, enabled=not current)
        going.triggered.connect(lambda: self.go_to.emit(key))
        comparing = QAction("&Compare with the current revision", menu, enabled=not current)
        comparing.triggered.connect(lambda: self.compare.emit(key))
        reporting = QAction("Show its &report…", menu)
        reporting.triggered.connect(lambda: self.report.emit(key))
        forgetting = QAction("&Forget this branch…", menu)
        forgetting.setEnabled(entry is not None and entry.parent is not None and self.model.undone(entry))
        forgetting.setToolTip("Only revisions that the current one does not stand on can be forgotten.")
        forgetting.triggered.connect(lambda: self.forget.emit(key))
        menu.addActions([going, comparing, reporting, forgetting])
        return menu

    def _menu(self, place: QPoint) -> None:
        key = self.view.indexAt(place).data(KEY)
        if key is not None:
            self.menu_for(int(key)).popup(self.view.viewport().mapToGlobal(place))

    def _activated(self, index: QModelIndex) -> None:
        key = index.data(KEY)
        if key is not None and key != self.model.current:
            self.go_to.emit(int(key))

    def _enter(self) -> None:
        self._activated(self.view.currentIndex())
