"""Where the user was in a project: kept in it on every change, and gone back to when it is opened again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QPointF, QTimer

from core.project.project import Project
from gui.app_state import AppState
from gui.background import Background
from gui.graph_view.view import GraphView
from gui.main_window import MainWindow

_KEY = "place"
_PAUSE_MS = 800  # after the last change, before it is written
_MOST = 1000  # selected layers that are kept; a larger choice is made again quickly


class ViewMemory(QObject):
    """Watches selection, zoom, place, opened blocks, tab and search; writes beside the window's thread."""

    def __init__(self, window: MainWindow, state: AppState, failed: Callable[[Exception], None]) -> None:
        super().__init__(window)
        self._window, self._state, self._failed = window, state, failed
        self._background = Background(self)
        self._project: Project | None = None  # whose place is watched: the open one, once it was gone back to
        self._wanted: dict[str, Any] | None = None
        self._later: dict[str, Any] | None = None  # to be gone back to once the blocks are open
        self._written: dict[str, Any] = {}
        for name, widget in (("graph", window.graphs), ("layers", window.layers), ("compare", window.compare)):
            widget.setObjectName(name)
        self._pause = QTimer(self, interval=_PAUSE_MS, singleShot=True)
        self._pause.timeout.connect(self._write)
        state.opened.connect(self._opened)
        state.leaving.connect(self.flush)
        view = window.graphs.view
        view.ready.connect(lambda: QTimer.singleShot(0, self, self._go_back))
        view.picture_changed.connect(lambda: QTimer.singleShot(0, self, self._redrawn))
        view.viewport_moved.connect(self._changed)
        state.selection_changed.connect(self._changed)
        window.tabs.currentChanged.connect(self._changed)
        window.graphs.search.line.textChanged.connect(self._changed)

    def place(self) -> dict[str, Any]:
        """Where the user is now, as JSON."""
        graphs, tabs = self._window.graphs, self._window.tabs
        view = graphs.view
        middle = view.mapToScene(view.viewport().rect().center())
        selected = self._state.selected
        return {
            "zoom": round(view.zoom(), 4),
            "middle": [round(middle.x(), 1), round(middle.y(), 1)],
            "opened": view.opened(),
            "selected": selected if len(selected) <= _MOST else [],
            "tab": tabs.currentWidget().objectName() if tabs.currentWidget() is not None else "",
            "search": graphs.search.line.text(),
        }

    def flush(self) -> None:
        """Write at once what has changed: the project is about to be closed or copied."""
        if self._pause.isActive() and self._project is not None:
            self._pause.stop()
            self._background.wait()
            self._project.set_view_state(_KEY, self.place())

    def close(self) -> None:
        self.flush()
        self._background.close()

    def _opened(self) -> None:
        self._pause.stop()
        project = self._state.project
        stored = project.view_state(_KEY) if project is not None else None
        self._wanted = stored if isinstance(stored, dict) else {}
        self._project = None

    def _go_back(self) -> None:
        """The graph is drawn: from now on what changes is kept, beginning with the place that was kept before."""
        if self._wanted is None or self._state.project is None:
            return
        wanted, self._wanted = self._wanted, None
        self._later = go_to(wanted, self._window, self._state)
        self._project, self._written = self._state.project, wanted
        if self.place() != wanted:  # moved about already, or opened for the first time
            self._changed()

    def _redrawn(self) -> None:
        """The blocks are open that were open before: only now the place means what it meant."""
        if self._later is not None:
            wanted, self._later = self._later, None
            look_at(wanted, self._window.graphs.view)
        self._changed()

    def _changed(self) -> None:
        if self._project is not None and self._project is self._state.project:
            self._pause.start()

    def _write(self) -> None:
        project, place = self._project, self.place()
        if project is None or project is not self._state.project or place == self._written:
            return
        self._written = place
        self._background.run(lambda: project.set_view_state(_KEY, place), lambda _: None, self._failed)


def look_at(wanted: dict[str, Any], view: GraphView) -> None:
    """The zoom and the middle of a place."""
    zoom, middle = wanted.get("zoom"), wanted.get("middle")
    if isinstance(zoom, int | float) and zoom > 0:
        view.set_zoom(float(zoom))
    if isinstance(middle, list) and len(middle) == 2 and all(isinstance(v, int | float) for v in middle):
        view.centerOn(QPointF(float(middle[0]), float(middle[1])))


def go_to(wanted: dict[str, Any], window: MainWindow, state: AppState) -> dict[str, Any] | None:
    """Bring the window to a place of :meth:`ViewMemory.place`; what does not fit any more is left out.

    Where blocks have to be opened first it gives the place, to be looked at when they are.
    """
    view = window.graphs.view
    opened, selected, text = wanted.get("opened"), wanted.get("selected"), wanted.get("search")
    later = isinstance(opened, list) and opened != view.opened()
    if later:
        view.set_opened([p for p in opened or () if isinstance(p, str)])
    look_at(wanted, view)
    if isinstance(selected, list):
        state.select([name for name in selected if isinstance(name, str)])
    if isinstance(text, str) and text:
        window.graphs.search.line.setText(text)
    for widget in (window.graphs, window.layers, window.compare):
        if widget.objectName() == wanted.get("tab"):
            window.tabs.setCurrentWidget(widget)
    return wanted if later else None
