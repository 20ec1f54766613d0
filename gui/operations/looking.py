"""Looking: zoom, tabs, selection, light and dark."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from gui.desk import Desk
from gui.graph_view.known import layer_keys
from gui.settings import Look
from gui.theme import apply_theme
from gui.words import tr


def fit(desk: Desk) -> None:
    for view in (desk.window.graphs.view, desk.window.graphs.other):
        view.fit()


def fit_width(desk: Desk) -> None:
    desk.window.graphs.view.fit_width()


def zoom_100(desk: Desk) -> None:
    desk.window.graphs.view.zoom_100()


def zoom_in(desk: Desk) -> None:
    desk.window.graphs.view.zoom_in()


def zoom_out(desk: Desk) -> None:
    desk.window.graphs.view.zoom_out()


def go_to_input(desk: Desk) -> None:
    desk.window.graphs.view.go_to_input()


def show_tab(desk: Desk, tab: QWidget) -> None:
    """Bring a tab to the front; the focus stays where it is."""
    desk.window.tabs.setCurrentWidget(tab)


def say_outgrown(desk: Desk) -> None:
    """Why the graph was not fitted, and what to do instead."""
    said = tr("The whole graph would be too small to read. Choose a place in its overview; Esc closes the overview.")
    desk.window.statusBar().showMessage(said, 8000)


def toggle_overview(desk: Desk) -> None:
    desk.settings.overview = not desk.settings.overview
    desk.window.graphs.set_overview(desk.settings.overview)


def show_graph(desk: Desk) -> None:
    desk.window.tabs.setCurrentWidget(desk.window.graphs)
    desk.window.graphs.view.setFocus()


def show_layers(desk: Desk) -> None:
    desk.window.tabs.setCurrentWidget(desk.window.layers)
    desk.window.layers.setFocus()


def show_compare(desk: Desk) -> None:
    desk.window.tabs.setCurrentWidget(desk.window.compare)
    desk.window.compare.table.setFocus()


def select_all(desk: Desk) -> None:
    if desk.state.model is not None:
        desk.state.select(layer_keys(desk.state.model))


def select_none(desk: Desk) -> None:
    desk.state.select([])


def look_system(desk: Desk) -> None:
    set_look(desk, "system")


def look_light(desk: Desk) -> None:
    set_look(desk, "light")


def look_dark(desk: Desk) -> None:
    set_look(desk, "dark")


def set_look(desk: Desk, look: Look) -> None:
    desk.settings.look = look
    apply_theme(desk.app, look)


def reset_panels(desk: Desk) -> None:
    desk.window.reset_layout()


def full_screen(desk: Desk) -> None:
    if desk.window.isFullScreen():
        desk.window.showNormal()
    else:
        desk.window.showFullScreen()


def reveal(desk: Desk, key: str) -> None:
    """Select a layer and bring it to the middle of the graph."""
    show_graph(desk)
    desk.window.graphs.view.reveal(key)
    desk.state.select([key])
