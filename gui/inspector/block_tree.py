"""The block that is selected, with what the inspector says of its place among others. No Qt."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.errors import UserError
from core.model.blocks import Block, find_blocks
from core.model.model import Model
from gui.graph_view.known import Known, layer_keys
from gui.graph_view.model_work import IN_THREAD

Alike = Callable[[str], Sequence[str]]
_KEPT = 2
_recent: OrderedDict[int, tuple[Model, dict[str, Block]]] = OrderedDict()


@dataclass(frozen=True, slots=True)
class ChosenBlock:
    """``identical`` are the paths of the other blocks of the same structure, ``children`` of the blocks inside."""

    path: str
    identical: tuple[str, ...] = ()
    children: tuple[str, ...] = ()


def blocks_of(model: Model) -> dict[str, Block]:
    """Every block by its path; remembered for the last models. Empty for a graph with a cycle."""
    found = _recent.get(id(model))
    if found is None or found[0] is not model:
        try:
            tree = {block.path: block for _, block in find_blocks(model).walk() if block.path}
        except UserError:
            tree = {}
        found = _recent[id(model)] = (model, tree)
    _recent.move_to_end(id(model))
    while len(_recent) > _KEPT:
        _recent.popitem(last=False)
    return found[1]


def chosen_block(whole: Known, path: str, alike: Alike | None = None) -> ChosenBlock:
    """A block by its path. ``alike`` knows identical blocks without going through the graph: a large graph is not
    gone through for a page of the inspector.
    """
    small = len(whole.model.graph.graph) <= IN_THREAD
    block = blocks_of(whole.model).get(path) if small else None
    same = alike(path) if alike is not None else block.identical if block is not None else ()
    children = tuple(child.path for child in block.children) if block is not None else ()
    return ChosenBlock(path, tuple(p for p in same if p != path), children)


def layers_in(whole: Known, names: Sequence[str]) -> list[str]:
    """Keys of layers, and for every other name that is the path of a block the keys of the layers in it."""
    out: dict[str, None] = {}
    keys: list[str] = []
    for name in names:
        if name in whole.layers:
            out[name] = None
        elif (block := blocks_of(whole.model).get(name)) is not None:
            keys = keys or layer_keys(whole.model)
            out.update(dict.fromkeys(keys[k] for k in block.nodes if keys[k] in whole.layers))
    return list(out)
