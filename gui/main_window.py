"""The window: where each panel stands. Assembly only; what happens is in operations, what is open in AppState."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QByteArray, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QDockWidget, QLabel, QMainWindow, QStackedWidget, QTabWidget, QVBoxLayout, QWidget

from gui.compare.view import CompareView
from gui.data_panel.panel import DataPanel
from gui.error_reporter import ErrorReporter, MessageBar
from gui.graph_pane import GraphPane
from gui.history.revision_tree import RevisionTree
from gui.inspector import Inspector
from gui.jobs.panel import JobPanel
from gui.layers_table import LayersTable
from gui.start.start_screen import StartScreen
from gui.words import mark, tr

LAYOUT_VERSION = 1
SIZE = QSize(1440, 900)
_TITLE_BAR = 40  # a window manager adds it, and says so only once the window is shown
_JOBS, _LOW = 232, 104  # height of the job panel with jobs, and without


class MainWindow(QMainWindow):
    """Panels as attributes; ``dropped`` carries the paths of files dropped anywhere on the window."""

    dropped = Signal(list)

    def __init__(self, errors: ErrorReporter) -> None:
        super().__init__()
        self.setWindowTitle("Thimble")
        self.setAcceptDrops(True)
        self.resize(_opening_size(self.screen().availableSize()))
        self.start = StartScreen()
        self.start.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # its buttons take the keyboard
        self.graphs = GraphPane()
        self.layers = LayersTable()
        self.compare = CompareView()
        self.inspector = Inspector()
        self.revisions = RevisionTree()
        self.data = DataPanel()
        self.jobs = JobPanel()
        self._jobs_height = _JOBS
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.setAccessibleName(tr("Views of the model"))
        for widget, title in (
            (self.graphs, tr("&Graph")),
            (self.layers, tr("&Layers")),
            (self.compare, tr("Co&mpare")),
        ):
            self.tabs.addTab(widget, title)
        self.pages = QStackedWidget()
        self.pages.addWidget(self.start)
        self.pages.addWidget(self.tabs)
        self.messages = MessageBar(errors)
        self.setCentralWidget(_column(self.messages, self.pages))
        self.docks: dict[str, QDockWidget] = {}
        self._place_docks()
        self.place = QLabel()
        self.place.setObjectName("Hint")
        self.place.setContentsMargins(8, 0, 8, 0)
        self.statusBar().addWidget(self.place, 1)
        self.selection_note = QLabel()
        self.selection_note.setObjectName("Hint")
        self.selection_note.setContentsMargins(8, 0, 8, 0)
        self.statusBar().addPermanentWidget(self.selection_note)
        self._before_close: list[Callable[[], None]] = []
        self.may_close: Callable[[], bool] = lambda: True

    def show_project(self, is_open: bool) -> None:
        """The start screen, or the tabs with their panels."""
        self.pages.setCurrentIndex(1 if is_open else 0)
        for dock in self.docks.values():
            dock.setVisible(is_open and not dock.property("closed_by_user"))

    def before_close(self, act: Callable[[], None]) -> None:
        """Run ``act`` when the window closes, while its widgets still live."""
        self._before_close.append(act)

    def save_layout(self) -> QByteArray:
        return self.saveState(LAYOUT_VERSION)

    def restore_layout(self, state: QByteArray) -> None:
        if not state.isEmpty():
            self.restoreState(state, LAYOUT_VERSION)

    def reset_layout(self) -> None:
        """Every panel back to its place."""
        areas = Qt.DockWidgetArea
        for name, area in (
            ("Revisions", areas.LeftDockWidgetArea),
            ("Data", areas.LeftDockWidgetArea),
            ("Inspector", areas.RightDockWidgetArea),
            ("Jobs", areas.BottomDockWidgetArea),
        ):
            dock = self.docks[name]
            dock.setFloating(False)
            self.addDockWidget(area, dock)
            dock.show()
        self._size_docks()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = [Path(u.toLocalFile()) for u in event.mimeData().urls() if u.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.dropped.emit(paths)

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self.may_close():
            event.ignore()
            return
        for act in self._before_close:
            act()
        self._before_close.clear()
        super().closeEvent(event)

    def _place_docks(self) -> None:
        areas = Qt.DockWidgetArea
        self.setCorner(Qt.Corner.BottomLeftCorner, areas.LeftDockWidgetArea)
        self.setCorner(Qt.Corner.BottomRightCorner, areas.BottomDockWidgetArea)  # curves need room
        self._dock(mark("Revisions"), self.revisions, areas.LeftDockWidgetArea)
        self._dock(mark("Data"), self.data, areas.LeftDockWidgetArea)
        self._dock(mark("Inspector"), self.inspector, areas.RightDockWidgetArea)
        self._dock(mark("Jobs"), self.jobs, areas.BottomDockWidgetArea)
        self._size_docks()
        self.jobs.filled.connect(self._size_jobs)

    def _size_docks(self) -> None:
        docks = self.docks
        self.resizeDocks([docks["Revisions"], docks["Inspector"]], [352, 288], Qt.Orientation.Horizontal)
        self.resizeDocks([docks["Revisions"], docks["Data"]], [300, 460], Qt.Orientation.Vertical)
        self._size_jobs(self.jobs.list.count() > 0)

    def _size_jobs(self, filled: bool) -> None:
        """Without a job the room belongs to the graph; a height that the user chose for jobs comes back with them."""
        dock = self.docks["Jobs"]
        if not filled and dock.height() > _LOW:
            self._jobs_height = dock.height()
        self.resizeDocks([dock], [self._jobs_height if filled else _LOW], Qt.Orientation.Vertical)

    def _dock(self, title: str, widget: QWidget, area: Qt.DockWidgetArea) -> None:
        """``title`` in English is also its name; the key of :attr:`docks` and of saved layouts."""
        dock = QDockWidget(tr(title), self)
        dock.setObjectName(title)
        dock.setWidget(widget)
        dock.toggleViewAction().triggered.connect(lambda shown: dock.setProperty("closed_by_user", not shown))
        self.addDockWidget(area, dock)
        self.docks[title] = dock


def _opening_size(screen: QSize) -> QSize:
    """The size we draw for, or what the screen has left for it."""
    return SIZE.boundedTo(screen - QSize(0, _TITLE_BAR) if screen.height() < SIZE.height() + _TITLE_BAR else screen)


def _column(*widgets: QWidget) -> QWidget:
    page = QWidget()
    column = QVBoxLayout(page)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    for widget in widgets:
        column.addWidget(widget)
    return page
