"""The command palette: running any act of the window, or going to a layer, by name."""

from __future__ import annotations

from functools import partial

from core.model.model import Model
from gui.desk import Desk
from gui.graph_view.known import layer_keys
from gui.operations import layers, looking
from gui.palette.commands import Command, Places, from_menus
from gui.palette.view import Palette
from gui.words import tr


def open_palette(desk: Desk) -> None:
    palette_of(desk).open()


def palette_of(desk: Desk) -> Palette:
    """The window's one palette, made when it is first asked for."""
    found = next((kept for kept in desk.kept if isinstance(kept, Palette)), None)
    if found is None:
        found = Palette(
            desk.window,
            lambda: from_menus(desk.window.menuBar(), desk.actions),
            lambda: _places(desk),
            lambda: desk.settings.recent_acts,
            desk.settings.remember_act,
        )
        desk.kept.append(found)
    return found


def _places(desk: Desk) -> Places:
    """Every block and every layer of the model by its name."""
    model = desk.state.model
    blocks = desk.window.graphs.view.block_paths() if model is not None else []
    found = _layers(model) if model is not None else []

    def command(k: int) -> Command:
        if k < len(blocks):
            path = blocks[k]
            return Command(f"@block {path}", path, tr("Block"), partial(_go_to_block, desk, path))
        key, operator = found[k - len(blocks)]
        return Command(f"@{key}", key, operator, partial(layers.go_to, desk, key))

    return Places([*blocks, *(key for key, _ in found)], command)


def _go_to_block(desk: Desk, path: str) -> None:
    looking.show_graph(desk)
    desk.window.graphs.view.reveal_block(path)


def _layers(model: Model) -> list[tuple[str, str]]:
    """(key, operator) of the layers; what only makes constants is part of others and stands nowhere."""
    return [
        (key, node.op_type)
        for key, node in zip(layer_keys(model), model.nodes(), strict=True)
        if not all(v is None or v.const_value is not None for v in node.inputs)
    ]
