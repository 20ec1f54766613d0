"""The search bar: floats over a graph, finds while one types, and walks through what it found."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from core.model.model import Model
from gui import theme
from gui.search.find import Found
from gui.search.indexer import Indexer
from gui.search.results import ResultsModel, titles
from gui.search.row_delegate import ResultDelegate
from gui.words import counted, thousands, tr

_WIDTH, _TALLEST = 56 * theme.UNIT, 64 * theme.UNIT
_LEAST = 12 * theme.UNIT


class SearchBar(QFrame):
    """Child of the widget it floats over. Signals carry layer keys.

    ``chosen``: go there. ``select_all``: select all of these. ``marked``: these match, mark them; [] for none.
    ``shown``: it covers a part
    of what is below. ``closed``: give the focus back.
    """

    chosen = Signal(str)
    select_all = Signal(list)
    marked = Signal(list)
    shown = Signal()
    closed = Signal()

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self.setObjectName("Floating")
        self.setAccessibleName(tr("Search"))
        self._over = over
        self._indexer = Indexer(self)
        self._indexer.grew.connect(self._search)
        self._found = Found((), ())
        self._at = -1  # position in what was found
        self._field = ""
        self._make_line()
        self._make_list()
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.UNIT, theme.UNIT, theme.UNIT, theme.UNIT)
        column.setSpacing(theme.UNIT // 2)
        column.addLayout(self._line_row())
        column.addLayout(self._chips_row())
        column.addLayout(self._count_row())
        column.addWidget(self.list)
        self._column = column
        over.installEventFilter(self)
        self.hide()

    # parts ------------------------------------------------------------------------------------------------------

    def _make_line(self) -> None:
        self.line = QLineEdit(clearButtonEnabled=True)
        self.line.setPlaceholderText(tr("Search layers: name, stride 2, 64×56×56, int8 …"))
        self.line.setAccessibleName(tr("Search layers"))
        self.line.textChanged.connect(self._typed)
        self.line.installEventFilter(self)
        self.previous = _button("↑", tr("Previous result (Shift+F3)"), lambda: self.step(-1))
        self.next = _button("↓", tr("Next result (F3)"), lambda: self.step(1))
        self.close_button = _button("✕", tr("Close the search (Esc)"), self.shut)

    def _line_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.UNIT // 2)
        row.addWidget(self.line, 1)
        for button in (self.previous, self.next, self.close_button):
            row.addWidget(button)
        return row

    def _chips_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.UNIT // 2)
        self._chips = QButtonGroup(self)
        self._chips.setExclusive(False)
        self.chips: dict[str, QToolButton] = {}
        for field, title, example in titles():
            chip = _button(title, tr("Search only here; for one word type {prefix}:", prefix=field), lambda: None)
            chip.setToolTip(f"{chip.toolTip()}\n{tr('Example: {example}', example=example)}")
            chip.setObjectName("Chip")
            chip.setCheckable(True)
            chip.clicked.connect(lambda checked, f=field: self.narrow(f if checked else ""))
            self.chips[field] = chip
            row.addWidget(chip)
        row.addStretch(1)
        return row

    def _count_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self.hint = QLabel(wordWrap=True)
        self.hint.setObjectName("Hint")
        self.hint.setContentsMargins(2, 2, 2, 2)
        self.all_button = _button(tr("Select all"), tr("Select every layer that was found (Alt+Return)"), self._all)
        row.addWidget(self.hint, 1)
        row.addWidget(self.all_button, 0, Qt.AlignmentFlag.AlignTop)
        return row

    def _make_list(self) -> None:
        self.results = ResultsModel()
        self.list = QListView()
        self.list.setModel(self.results)
        self.list.setItemDelegate(ResultDelegate(self.results, self.list))
        self.list.setAccessibleName(tr("Layers found"))
        self.list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setMouseTracking(True)
        self.list.clicked.connect(self._clicked)
        self.list.installEventFilter(self)

    # from outside -----------------------------------------------------------------------------------------------

    def set_model(self, model: Model | None) -> None:
        """Search another model, or the same after an edit."""
        self._indexer.set_model(model)
        if model is None:
            self.shut()

    def open(self) -> None:
        """Show the bar with its text selected, ready to be typed over."""
        self._indexer.want(True)
        if not self.isVisible():
            self._place()
            self.show()
            self.raise_()
            self.shown.emit()
        self.line.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.line.selectAll()
        self._search()

    def shut(self) -> None:
        """Close; what was found can still be walked through."""
        if self.isVisible():
            self.hide()
            self.marked.emit([])
            self.closed.emit()
        if not self.line.text().strip():
            self._indexer.want(False)

    def narrow(self, field: str) -> None:
        """Search one field only; '' for all."""
        self._field = field
        for name, chip in self.chips.items():
            chip.setChecked(name == field)
        self._at = -1
        self._search()

    def step(self, by: int) -> None:
        """To the next (1) or the previous (-1) result, around the ends."""
        if self._indexer.done is False and not self._found.layers:
            self._search()
        count = len(self._found.layers)
        if count:
            start = self._at if self._at >= 0 or by > 0 else 0
            self._go((start + by) % count)

    def keys(self) -> list[str]:
        """Of every layer that was found."""
        entries = self._indexer.index.entries
        return [entries[k].key for k in self._found.layers]

    # searching --------------------------------------------------------------------------------------------------

    def _typed(self) -> None:
        self._at = -1
        self._search()

    def _search(self) -> None:
        index = self._indexer.index
        self._found = index.find(self.line.text(), self._field)
        if self._at >= len(self._found.layers):
            self._at = -1
        if not self.isVisible():
            return
        self.results.show(index, self._found)
        self._say()
        self._place()
        self._point()
        self.marked.emit(self.keys())

    def _say(self) -> None:
        found, every = len(self._found.layers), len(self._indexer.index.entries)
        asked = bool(self._found.terms)
        text = counted(every, "{found} of {n} layer", "{found} of {n} layers", found=thousands(found))
        if not self._indexer.done:
            text = tr("{count}, still reading", count=text)
        self.hint.setText(text if asked else _examples())
        if asked and not found and self._indexer.done:
            self.hint.setText(f"{text}. {tr('No layer has all of these words.')} {_examples()}")
        self.list.setAccessibleDescription(text)
        self.list.setVisible(found > 0)
        self.all_button.setVisible(found > 0 and self._indexer.done)
        for button in (self.previous, self.next):
            button.setEnabled(found > 0)

    def _go(self, at: int) -> None:
        self._at = at
        self._point()
        self.chosen.emit(self._indexer.index.entries[self._found.layers[at]].key)

    def _point(self) -> None:
        """The row of the current result, and which of how many it is."""
        row = self.results.row_of(self._found.layers[self._at]) if self._at >= 0 else -1
        at = self.results.index(row) if row >= 0 else QModelIndex()
        self.list.setCurrentIndex(at)
        if at.isValid():
            self.list.scrollTo(at)

    def _clicked(self, index: QModelIndex) -> None:
        row = self.results.row(index.row())
        if row.layer < 0:
            self.results.fold(index.row())
            self._point()
        else:
            self._go(self._found.layers.index(row.layer))

    def _all(self) -> None:
        if self._found.layers and self._indexer.done:
            self.select_all.emit(self.keys())

    # keys and place ---------------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._over and event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and watched is not self._over:
            return self._key(event, watched is self.list) or super().eventFilter(watched, event)
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.shut()
        else:
            event.accept()  # what is typed here never walks through the graph below

    def _key(self, event: QKeyEvent, in_list: bool) -> bool:
        """Keys of the line and of the list; both move through the results."""
        key, held = event.key(), event.modifiers()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if held & Qt.KeyboardModifier.AltModifier:
                self._all()
            elif in_list and self.list.currentIndex().isValid():
                self._clicked(self.list.currentIndex())
            else:
                self.step(-1 if held & Qt.KeyboardModifier.ShiftModifier else 1)
            return True
        if not in_list and key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self.step(1 if key == Qt.Key.Key_Down else -1)
            return True
        if in_list and key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            return self._fold(key == Qt.Key.Key_Left)
        if key == Qt.Key.Key_Escape:
            self.shut()
            return True
        return False

    def _fold(self, shut: bool) -> bool:
        at = self.list.currentIndex().row()
        if at >= 0 and shut and self.results.row(at).layer >= 0:
            at = self.results.block_row(at)  # from a layer to its block
        elif at >= 0 and self.results.row(at).layer < 0:
            self.results.fold(at, shut)
        if at >= 0:
            self.list.setCurrentIndex(self.results.index(at))
        return True

    def _place(self) -> None:
        """At the upper right, as tall as what it has to say."""
        edge, room = theme.UNIT, self._over.size()
        width = min(_WIDTH, room.width() - 3 * edge)
        rows = sum(self.list.sizeHintForRow(k) for k in range(min(self.results.rowCount(), 16)))
        self.list.setFixedHeight(min(rows + 4, max(min(_TALLEST, room.height()) - 15 * theme.UNIT, _LEAST)))
        self._column.activate()
        height = max(self._column.heightForWidth(width), self._column.minimumSize().height())
        self.setGeometry(room.width() - width - 2 * edge, edge, width, height)


def _button(text: str, tip: str, act: object) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.setAutoRaise(True)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.clicked.connect(act)
    return button


def _examples() -> str:
    return tr("Try a part of a name, “stride 2”, “group=32”, “64×56×56”, “int8”.")
