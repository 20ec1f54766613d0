"""The revision list: go to any revision, compare it, forget a branch."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QStackedLayout, QTreeView, QVBoxLayout, QWidget

from gui.compare.figure_delegate import FigureDelegate
from gui.empty_hint import EmptyHint
from gui.history.entries import Entry
from gui.history.model import KEY, RevisionModel
from gui.history.rail_delegate import RailDelegate
from gui.words import tr

_AFTER_MENU = 100  # ms: a menu that closes takes the focus with it for a moment


class RevisionTree(QWidget):
    """Signals carry a revision's id. Enter or a double click goes there, F2 renames; the menu offers the rest.

    ``replay``: do its step again on the current revision.
    """

    go_to = Signal(int)
    compare = Signal(int)
    report = Signal(int)
    forget = Signal(int)
    rename = Signal(int, str)
    replay = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = RevisionModel(self)
        self.view = QTreeView()
        self.view.setModel(self.model)
        self.view.setObjectName("Revisions")
        self.view.setItemDelegate(RailDelegate(self.view))
        figures = FigureDelegate(self.view)
        for number in range(1, self.model.columnCount()):
            self.view.setItemDelegateForColumn(number, figures)
        self.view.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.view.installEventFilter(self)
        self.model.retitled.connect(self.rename)
        self.view.setRootIsDecorated(False)
        self.view.setIndentation(0)
        self.view.setUniformRowHeights(True)
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.view.setAllColumnsShowFocus(True)
        self.view.setAccessibleName(tr("Revisions"))
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
            EmptyHint(tr("No model is open."), tr("Every act becomes a revision here: nothing is overwritten."))
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
        made = entry is not None and entry.parent is not None
        offers = (
            (tr("&Go to this revision"), lambda: self.go_to.emit(key), not current, ""),
            (tr("&Compare with the current revision"), lambda: self.compare.emit(key), not current, ""),
            (
                tr("Re&play this step on the current revision"),
                lambda: self.replay.emit(key),
                made and not current,
                tr("Does the same again, with the same settings, as a new revision."),
            ),
            (tr("Show its &report…"), lambda: self.report.emit(key), True, ""),
            (
                tr("Re&name…"),
                lambda: QTimer.singleShot(_AFTER_MENU, self, lambda: self._rename(key)),
                True,
                tr("Write another title (F2)."),
            ),
            (
                tr("&Forget this branch…"),
                lambda: self.forget.emit(key),
                made and entry is not None and self.model.undone(entry),
                tr("Only revisions that the current one does not stand on can be forgotten."),
            ),
        )
        for text, act, enabled, tip in offers:
            action = QAction(text, menu, enabled=enabled, toolTip=tip or text.replace("&", ""))
            action.triggered.connect(act)
            menu.addAction(action)
        menu.setToolTipsVisible(True)
        return menu

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """F2 in this list renames a revision, whatever it means elsewhere."""
        asked = event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent)
        if asked and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_F2:
            event.accept()
            return True
        return super().eventFilter(watched, event)

    def _menu(self, place: QPoint) -> None:
        """At the pointer; where the keyboard asks, at the revision under the cursor."""
        index = self.view.indexAt(place)
        if not index.isValid():
            index = self.view.currentIndex()
            place = self.view.visualRect(index).center()
        key = index.data(KEY)
        if key is not None:
            self.menu_for(int(key)).popup(self.view.viewport().mapToGlobal(place))

    def _rename(self, key: int) -> None:
        """Write over a title where it stands."""
        index = self.model.index(self.model.row_of(key), 0)
        self.window().activateWindow()
        self.view.setFocus()
        self.view.setCurrentIndex(index)
        self.view.edit(index)

    def _activated(self, index: QModelIndex) -> None:
        key = index.data(KEY)
        if key is not None and key != self.model.current:
            self.go_to.emit(int(key))

    def _enter(self) -> None:
        self._activated(self.view.currentIndex())
