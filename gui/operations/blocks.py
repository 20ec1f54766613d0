"""Blocks of the graph: opening and closing them."""

from __future__ import annotations

from gui.desk import Desk


def open_all(desk: Desk) -> None:
    desk.window.graphs.view.open_all()


def close_all(desk: Desk) -> None:
    desk.window.graphs.view.close_all()


def toggle(desk: Desk) -> None:
    """Open the selected block or close it; of a selected layer the block around it."""
    view = desk.window.graphs.view
    view.toggle_block(view.block_in_hand())


def toggle_alike(desk: Desk) -> None:
    """The same with all blocks of the same structure."""
    view = desk.window.graphs.view
    view.toggle_block(view.block_in_hand(), alike=True)


def toggle_shown(desk: Desk) -> None:
    """Show blocks, or the graph flat; kept for the next start."""
    desk.settings.blocks = not desk.settings.blocks
    desk.window.graphs.set_blocks(desk.settings.blocks)
