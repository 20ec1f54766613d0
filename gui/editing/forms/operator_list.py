"""A searchable list of operators, by kind, with what the chosen one does below it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QKeyEvent, QPainter, QPixmap
from PySide6.QtWidgets import QLabel, QLineEdit, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from core.model.editing.operators import OperatorInfo
from gui import theme
from gui.words import mark, tr

_TITLES = {
    "layer": mark("Layers with weights"),
    "activation": mark("Activations"),
    "pooling": mark("Pooling and reductions"),
    "normalization": mark("Normalization"),
    "join": mark("Joining and dividing"),
    "shape": mark("Shape and type"),
    "arithmetic": mark("Arithmetic"),
    "other": mark("Other operators"),
}
_OPERATOR = Qt.ItemDataRole.UserRole
_HEIGHT = 152  # at least
_LINE = 124  # letters: two lines of the form


class OperatorList(QWidget):
    """``chosen()`` is the current operator; the keyboard stays in the search line, arrows walk through the list."""

    changed = Signal()

    def __init__(self, among: Sequence[OperatorInfo], first: str = "", parent: QWidget | None = None) -> None:
        """``first``: the category that stands above all others."""
        super().__init__(parent)
        self._among = list(among)
        self._order = sorted(_TITLES, key=lambda c: c != first)
        self.search = QLineEdit(placeholderText=tr("Search operators"), clearButtonEnabled=True)
        self.search.setAccessibleName(tr("Search operators"))
        self.search.textChanged.connect(self._fill)
        self.search.installEventFilter(self)
        self.list = QTreeWidget()
        self.list.setHeaderHidden(True)
        self.list.setRootIsDecorated(False)
        self.list.setIndentation(2 * theme.UNIT)
        self.list.setMinimumHeight(_HEIGHT)
        self.list.setAccessibleName(tr("Operators"))
        self.list.setUniformRowHeights(True)
        self.list.currentItemChanged.connect(self._current)
        self.line = QLabel(wordWrap=True)
        self.line.setObjectName("Hint")
        self.line.setTextFormat(Qt.TextFormat.PlainText)
        self.line.setFixedHeight(2 * self.line.fontMetrics().lineSpacing() + 4)
        self.line.setAlignment(Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.UNIT)
        column.addWidget(self.search)
        column.addWidget(self.list, 1)
        column.addWidget(self.line)
        self.setFocusProxy(self.search)
        self._fill("")

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), 2 * _HEIGHT)

    def chosen(self) -> OperatorInfo | None:
        item = self.list.currentItem()
        return item.data(0, _OPERATOR) if item is not None else None

    def choose(self, name: str) -> None:
        """Make an operator the current one; one that is not listed is left out."""
        for item in self._items():
            if item.data(0, _OPERATOR).name == name:
                self.list.setCurrentItem(item)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        key = event.key() if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress else None
        if watched is self.search and key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self._step(1 if key == Qt.Key.Key_Down else -1)
            return True
        return super().eventFilter(watched, event)

    def _fill(self, wanted: str) -> None:
        found = found_by(wanted, self._among)
        self.list.blockSignals(True)
        self.list.clear()
        groups: dict[str, list[OperatorInfo]] = {}
        for one in found:
            groups.setdefault(one.category, []).append(one)
        for category in self._order:
            if category in groups:
                self._group(category, tr(_TITLES[category]), groups[category])
        self.list.expandAll()
        self.list.blockSignals(False)
        if found:
            best = found[0] if wanted.strip() else groups[next(c for c in self._order if c in groups)][0]
            self.choose(best.name)
        else:
            self._current(None)

    def _group(self, category: str, title: str, members: Sequence[OperatorInfo]) -> None:
        head = QTreeWidgetItem(self.list, [title])
        head.setFlags(Qt.ItemFlag.ItemIsEnabled)
        head.setForeground(0, theme.color("muted"))
        head.setIcon(0, _chip(theme.header_color(category)))
        for one in members:
            item = QTreeWidgetItem(head, [one.name])
            item.setData(0, _OPERATOR, one)
            item.setToolTip(0, one.summary)

    def _items(self) -> list[QTreeWidgetItem]:
        found: list[QTreeWidgetItem] = []
        for k in range(self.list.topLevelItemCount()):
            head = self.list.topLevelItem(k)
            members = [head.child(n) for n in range(head.childCount())] if head is not None else []
            found += [m for m in members if m is not None]
        return found

    def _step(self, by: int) -> None:
        items = self._items()
        if not items:
            return
        here = self.list.currentItem()
        at = next((k for k, item in enumerate(items) if item is here), 0)
        self.list.setCurrentItem(items[min(max(at + by, 0), len(items) - 1)])

    def _current(self, item: QTreeWidgetItem | None, _before: QTreeWidgetItem | None = None) -> None:
        one: OperatorInfo | None = item.data(0, _OPERATOR) if item is not None else None
        text = one.summary if one is not None else tr("No operator is called so.")
        self.line.setText(text if len(text) <= _LINE else f"{text[:_LINE].rpartition(' ')[0]}…")
        self.line.setToolTip(text)
        if item is not None:
            self.list.scrollToItem(item)
        self.changed.emit()


def _chip(colour: QColor) -> QIcon:
    picture = QPixmap(20, 20)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawRoundedRect(3, 3, 14, 14, 4, 4)
    painter.end()
    return QIcon(picture)


def found_by(wanted: str, among: Sequence[OperatorInfo]) -> list[OperatorInfo]:
    """Operators whose name holds the text, those that begin with it first; then those whose description does."""
    text = wanted.strip().lower()
    if not text:
        return list(among)
    by_name = [o for o in among if text in o.name.lower()]
    by_name.sort(key=lambda o: not o.name.lower().startswith(text))
    named = {o.name for o in by_name}
    return [*by_name, *(o for o in among if o.name not in named and text in o.summary.lower())]
