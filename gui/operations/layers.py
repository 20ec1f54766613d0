"""The layers table with the rest of the window: going to a layer, colouring by a column, remembered columns."""

from __future__ import annotations

from functools import partial

from gui.colouring.colouring import Colouring
from gui.desk import Desk
from gui.operations import looking


def bind(desk: Desk, colouring: Colouring) -> None:
    """Tie the table to the graph, to what colours it, and to the settings."""
    table = desk.window.layers
    if desk.settings.layer_columns is not None:
        table.show_columns(desk.settings.layer_columns)
    table.activated.connect(partial(go_to, desk))
    table.columns_changed.connect(partial(_remember, desk))
    table.colour_by.connect(colouring.choose)
    colouring.changed.connect(lambda: table.set_figure(colouring.figure))


def go_to(desk: Desk, key: str) -> None:
    """Show a layer in the graph: its blocks opened, in the middle, selected."""
    looking.show_graph(desk)
    desk.window.graphs.view.reveal(key)


def _remember(desk: Desk, keys: list[str]) -> None:
    desk.settings.layer_columns = keys
