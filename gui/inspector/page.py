"""A page of the inspector: columns of sections around one that outlives them."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from gui import theme
from gui.inspector.parts import Chip, Elided
from gui.inspector.sections import Fill, Folds, Section


class Column(QWidget):
    """Titles, hints and sections, one below the other."""

    def __init__(self, parent: QWidget, folds: Folds) -> None:
        super().__init__(parent)
        self.hide()  # it is shown at once when it is full, and not piece by piece
        self._folds = folds
        self.sections: dict[str, Section] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.UNIT // 2)

    def title(self, text: str, below: str, category: str = "") -> None:
        line = QHBoxLayout()
        line.setSpacing(theme.UNIT)
        if category:
            line.addWidget(Chip(category))
        line.addWidget(Elided(text, "Title"), 1)
        self._column.addLayout(line)
        if below:
            self._column.addWidget(Elided(below))

    def path(self, text: str, tip: str) -> None:
        """One muted line: where in the network this stands."""
        self._column.addWidget(Elided(text, tip=tip))

    def section(self, key: str, title: str, fill: Fill, is_open: bool = True, explain: str = "") -> Section:
        """A section that remembers under ``key`` whether it is open; ``explain`` names a toggle for explanations."""
        made = Section(self, self._folds, key, title, fill, is_open, explain)
        self.sections[key] = made
        self._column.addWidget(made)
        return made

    def widget(self, widget: QWidget) -> None:
        self._column.addWidget(widget)

    def hint(self, text: str, rich: bool = False) -> None:
        label = QLabel(text, wordWrap=True)
        label.setTextFormat(Qt.TextFormat.RichText if rich else Qt.TextFormat.PlainText)
        label.setObjectName("Hint")
        self._column.addSpacing(theme.UNIT)
        self._column.addWidget(label)

    def warning(self, text: str, button: str = "", act: Callable[[], None] | None = None) -> None:
        """A sentence beside the sign that the layer's card carries too; below it a button for what can be done."""
        label = QLabel(f"<b>!</b>&nbsp; {escape(text)}", wordWrap=True)
        label.setObjectName("FieldError")
        label.setAccessibleName(text)
        self._column.addSpacing(theme.UNIT)
        self._column.addWidget(label)
        if act is not None:
            small = QToolButton()
            small.setText(button)
            small.setObjectName("Small")
            small.setAccessibleName(button)
            small.clicked.connect(lambda: act())
            self._column.addWidget(small, 0, Qt.AlignmentFlag.AlignLeft)


class Page(QWidget):
    """Two columns that are made anew for every selection, and between them one widget that stays as it is."""

    def __init__(self, folds: Folds, kept: QWidget) -> None:
        super().__init__()
        self.setObjectName("InspectorPage")
        self._folds, self._kept = folds, kept
        self._parts: list[Column] = []
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(theme.UNIT, theme.UNIT, 2 * theme.UNIT, 2 * theme.UNIT)
        self._layout.setSpacing(theme.UNIT // 2)
        self._layout.addWidget(kept)
        self._layout.addStretch(1)
        kept.hide()

    @property
    def sections(self) -> dict[str, QWidget]:
        """What is shown now, from top to bottom."""
        above, below = ([*part.sections.items()] for part in self._parts)
        kept = [] if self._kept.isHidden() else [("output", self._kept)]
        return dict([*above, *kept, *below])

    @property
    def shown(self) -> list[QWidget]:
        """The columns with what stands between them; earlier ones may live on for a moment."""
        return [self._parts[0], *([] if self._kept.isHidden() else [self._kept]), self._parts[1]]

    def begin(self) -> Column:
        """A new column in the place of the old ones, which live until the event that led here is over."""
        for old in self._parts:
            old.hide()
            for section in old.sections.values():
                section.retire()
            self._layout.removeWidget(old)
            old.deleteLater()
        self._parts = [Column(self, self._folds), Column(self, self._folds)]
        return self._parts[0]

    @property
    def below(self) -> Column:
        """The column under what stays."""
        return self._parts[1]

    def end(self, keeping: bool) -> None:
        """Show what was filled; ``keeping`` shows what stays between the columns."""
        above, below = self._parts
        self._layout.insertWidget(0, above)
        self._layout.insertWidget(2, below)
        self._kept.setVisible(keeping)
        above.show()
        below.show()
        if keeping:
            self._order_tabs(above)

    def _order_tabs(self, above: Column) -> None:
        """Tab goes through what stays after the column above it, though it was made before."""
        last = next((w for w in reversed(above.findChildren(QWidget)) if _by_tab(w)), None)
        if last is None:
            return
        for widget in self._kept.findChildren(QWidget):
            if _by_tab(widget) and widget.window() is self.window():  # a list that drops down has its own
                self.setTabOrder(last, widget)
                last = widget


def _by_tab(widget: QWidget) -> bool:
    return bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
