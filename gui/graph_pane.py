"""The Graph tab: the current revision's graph, and beside it another one to compare with."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QSplitter, QToolButton, QVBoxLayout, QWidget

from core.model.model import Model
from gui.graph_view.breadcrumb import Breadcrumb
from gui.graph_view.known import layer_keys
from gui.graph_view.minimap import Minimap
from gui.graph_view.view import GraphView
from gui.search.on_graph import SearchOnGraph
from gui.words import tr


class _Side(QWidget):
    """A graph view under its title."""

    closed = Signal()

    def __init__(self, closable: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view = GraphView()
        self.view.setResizeAnchor(GraphView.ViewportAnchor.AnchorViewCenter)  # a second graph halves the room
        self.overview = Minimap(self.view)
        self.breadcrumb = Breadcrumb(self.view)
        self.title = QLabel()
        self.title.setObjectName("Section")
        self.title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.header = QWidget()
        self.header.setFixedHeight(32)
        row = QHBoxLayout(self.header)
        row.setContentsMargins(8, 4, 4, 4)
        row.addWidget(self.title, 1)
        if closable:
            close = QToolButton()
            close.setText("✕")
            close.setAutoRaise(True)
            close.setToolTip(tr("Close this graph (Ctrl+Shift+B)"))
            close.setAccessibleName(tr("Close the second graph"))
            close.clicked.connect(self.closed)
            row.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(self.breadcrumb)
        column.addWidget(self.view, 1)


class GraphPane(QSplitter):
    """One or two graphs. A selection in either is shown in both where the names are the same.

    ``outgrown`` follows a wish to see all of a graph that would not be legible so small.
    """

    selection_changed = Signal(list)
    beside_closed = Signal()
    outgrown = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._main, self._other = _Side(False), _Side(True)
        self.addWidget(self._main)
        self.addWidget(self._other)
        self.setChildrenCollapsible(False)
        self._other.hide()
        self._main.header.hide()
        self.search = SearchOnGraph(self._main.view).bar
        self._names: frozenset[str] = frozenset()
        self._other_names: frozenset[str] = frozenset()
        self._main.view.selection_changed.connect(self._main_selected)
        self._other.view.selection_changed.connect(self._other_selected)
        self._other.closed.connect(self.beside_closed)
        self._answering = False
        for side in (self._main, self._other):
            side.view.outgrown.connect(self.outgrown)

    @property
    def view(self) -> GraphView:
        return self._main.view

    @property
    def overview(self) -> Minimap:
        """The small picture of the whole graph in the corner of :attr:`view`."""
        return self._main.overview

    @property
    def breadcrumb(self) -> Breadcrumb:
        """The line above :attr:`view` that says which blocks are around what is selected."""
        return self._main.breadcrumb

    @property
    def other(self) -> GraphView:
        return self._other.view

    @property
    def beside_shown(self) -> bool:
        return not self._other.isHidden()

    def set_model(self, model: Model | None, title: str) -> None:
        self._main.title.setText(title)
        self._names = _names(model)
        self._main.view.set_model(model)
        self.search.set_model(model)

    def set_beside(self, model: Model | None, title: str = "") -> None:
        """Show a second model to the right; None closes it."""
        self._other.title.setText(title)
        self._other_names = _names(model)
        self._other.setVisible(model is not None)
        self._main.header.setVisible(model is not None)
        self._other.view.set_model(model)
        if model is not None:
            self.setSizes([self.width() // 2, self.width() // 2])

    def set_blocks(self, shown: bool) -> None:
        """Show both graphs with their blocks, or flat."""
        for side in (self._main, self._other):
            side.view.set_blocks(shown)

    def set_overview(self, wanted: bool) -> None:
        """Whether a small picture of the whole graph may stand in a corner of each view."""
        for side in (self._main, self._other):
            side.overview.set_wanted(wanted)

    def select(self, names: Sequence[str], center: bool = True) -> None:
        """Select layers by name; says nothing back."""
        self._select(self._main.view, self._names, names, center)
        self._select(self._other.view, self._other_names, names, center)

    def _main_selected(self, names: list[str]) -> None:
        if self._answering:
            return
        self._select(self._other.view, self._other_names, names, center=True)
        self.selection_changed.emit(names)

    def _other_selected(self, names: list[str]) -> None:
        if self._answering:
            return
        self._select(self._main.view, self._names, names, center=True)
        self.selection_changed.emit([n for n in names if n in self._names])

    def _select(self, view: GraphView, known: frozenset[str], names: Sequence[str], center: bool) -> None:
        """Select in one view; what it says of that is heard by its own overview, and not taken for the user's act."""
        before, self._answering = self._answering, True
        view.select([n for n in names if n in known], center=center)
        self._answering = before


def _names(model: Model | None) -> frozenset[str]:
    return frozenset(layer_keys(model)) if model is not None else frozenset()
