"""Searching layers in the graph."""

from __future__ import annotations

from gui.desk import Desk
from gui.operations import looking


def find(desk: Desk) -> None:
    """Open the search bar over the graph."""
    desk.window.tabs.setCurrentWidget(desk.window.graphs)
    desk.window.graphs.search.open()


def find_next(desk: Desk) -> None:
    _step(desk, 1)


def find_previous(desk: Desk) -> None:
    _step(desk, -1)


def _step(desk: Desk, by: int) -> None:
    """Walk through what was found last, also while the bar is closed; without a search, ask for one."""
    search = desk.window.graphs.search
    if search.line.text().strip():
        looking.show_tab(desk, desk.window.graphs)
        search.step(by)
    else:
        find(desk)
