"""The palette as it is seen: a line, and below it what fits, floating over the window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QEvent, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QApplication, QFrame, QLabel, QLineEdit, QListView, QVBoxLayout, QWidget

from gui import theme
from gui.palette.commands import Command, Places, Ranked, rank, rank_places
from gui.palette.row_delegate import ROW, RowDelegate
from gui.words import tr

At = QModelIndex | QPersistentModelIndex
RANKED = Qt.ItemDataRole.UserRole
_WIDTH, _ROWS = 76 * theme.UNIT, 12


class _Model(QAbstractListModel):
    def __init__(self) -> None:
        super().__init__()
        self.rows: list[Ranked] = []

    def show(self, rows: list[Ranked]) -> None:
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: At | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def data(self, index: At, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        ranked = self.rows[index.row()]
        if role == RANKED:
            return ranked
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            command = ranked.command
            parts = (command.title, command.path, command.shortcut, command.reason)
            return ", ".join(part for part in parts if part)
        return None


class Palette(QFrame):
    """Child of the window. ``acts`` gives the commands when it opens, ``places`` what '@' goes to.

    ``ran`` is told the key of what was run, and ``recent`` gives the keys of what was run lately, newest first.
    """

    def __init__(
        self,
        window: QWidget,
        acts: Callable[[], list[Command]],
        places: Callable[[], Places],
        recent: Callable[[], Sequence[str]],
        ran: Callable[[str], None],
    ) -> None:
        super().__init__(window)
        self.setObjectName("Floating")
        self.setAccessibleName(tr("Command palette"))
        self._window = window
        self._acts, self._places, self._recent, self._ran = acts, places, recent, ran
        self._commands: list[Command] = []
        self._found_places: Places | None = None
        self._before: QWidget | None = None
        self.line = QLineEdit()
        self.line.setPlaceholderText(tr("Type what to do, or @ and a layer"))
        self.line.setAccessibleName(tr("Command palette"))
        self.line.textChanged.connect(self._search)
        self.line.installEventFilter(self)
        self._model = _Model()
        self.list = QListView()
        self.list.setModel(self._model)
        self.list.setItemDelegate(RowDelegate(self.list))
        self.list.setUniformItemSizes(True)
        self.list.setAccessibleName(tr("Commands"))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # arrows move in it while the letters go to the line
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setMouseTracking(True)
        self.list.clicked.connect(self._clicked)
        self.note = QLabel(wordWrap=True)
        self.note.setObjectName("Hint")
        self.note.setContentsMargins(4, 2, 4, 2)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.UNIT, theme.UNIT, theme.UNIT, theme.UNIT)
        column.setSpacing(theme.UNIT // 2)
        for widget in (self.line, self.list, self.note):
            column.addWidget(widget)
        self._column = column
        self.list.selectionModel().currentChanged.connect(self._explain)
        window.installEventFilter(self)
        self.hide()

    def open(self, text: str = "") -> None:
        """Show what can be done now, over whatever has the focus."""
        if not self.isVisible():
            self._before = QApplication.focusWidget()
        self._commands, self._found_places = self._acts(), None
        self.line.setText(text)
        self._search()
        self.show()
        self.raise_()
        self.line.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def shut(self, give_back: bool = True) -> None:
        """Close; ``give_back`` puts the focus where it was before."""
        if not self.isVisible():
            return
        before, self._before = self._before, None
        self.hide()
        if give_back and before is not None:
            before.setFocus()

    def _search(self) -> None:
        text = self.line.text()
        if text.startswith("@"):
            if self._found_places is None:
                self._found_places = self._places()
            self._model.show(rank_places(text[1:], self._found_places))
        else:
            self._model.show(rank(text, self._commands, list(self._recent())))
        self.list.setCurrentIndex(self._model.index(0, 0))
        self._explain()
        self._place()

    def _explain(self) -> None:
        """Why the current entry cannot act, or what to do where there is none."""
        index = self.list.currentIndex()
        if index.isValid():
            command = self._model.rows[index.row()].command
            self.note.setText(command.reason)
            self.line.setAccessibleDescription(str(index.data(Qt.ItemDataRole.AccessibleTextRole)))
        elif self.line.text().startswith("@"):
            self.note.setText(tr("No layer or block is called that."))
        else:
            self.note.setText(tr("Nothing is called that. Try another word, or @ for the layers of the model."))
        self.note.setVisible(bool(self.note.text()))

    def _run(self) -> None:
        index = self.list.currentIndex()
        if not index.isValid():
            return
        command = self._model.rows[index.row()].command
        if command.reason:
            return
        self.shut()
        self._ran(command.key)
        command.run()

    def _clicked(self, index: QModelIndex) -> None:
        self.list.setCurrentIndex(index)
        self._run()

    # keys and place ---------------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if watched is self.line and kind == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._key(event)
        if watched is self.line and isinstance(event, QFocusEvent) and kind == QEvent.Type.FocusOut:
            if event.reason() != Qt.FocusReason.PopupFocusReason:  # the line's own menu
                self.shut(give_back=False)
        elif watched is self._window and kind == QEvent.Type.Resize and self.isVisible():
            self._place()
        return super().eventFilter(watched, event)

    def _key(self, event: QKeyEvent) -> bool:
        key, count = event.key(), self._model.rowCount()
        steps: dict[int, int] = {
            int(Qt.Key.Key_Down): 1,
            int(Qt.Key.Key_Up): -1,
            int(Qt.Key.Key_PageDown): _ROWS - 1,
            int(Qt.Key.Key_PageUp): 1 - _ROWS,
        }
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._run()
        elif key == Qt.Key.Key_Escape:
            self.shut()
        elif key in steps and count:
            row, by = self.list.currentIndex().row(), steps[key]
            row = (row + by) % count if abs(by) == 1 else min(max(row + by, 0), count - 1)
            self.list.setCurrentIndex(self._model.index(row, 0))
        else:
            return False
        return True

    def _place(self) -> None:
        """In the middle of the window's upper third, as tall as its rows."""
        window = self._window
        rows = min(self._model.rowCount(), _ROWS, max((window.height() - 20 * theme.UNIT) // ROW, 3))
        self.list.setVisible(rows > 0)
        self.list.setFixedHeight(max(rows, 1) * ROW + 2)
        width = min(_WIDTH, window.width() - 4 * theme.UNIT)
        self._column.activate()
        height = max(self._column.heightForWidth(width), self._column.minimumSize().height())
        self.setGeometry((window.width() - width) // 2, 7 * theme.UNIT, width, height)
