"""Going from panel to panel by keyboard."""

from __future__ import annotations

from gui import focus
from gui.desk import Desk


def next_panel(desk: Desk) -> None:
    focus.step(desk.window, 1)


def previous_panel(desk: Desk) -> None:
    focus.step(desk.window, -1)
