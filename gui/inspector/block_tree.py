"""The block a key names, with the layers inside it. No Qt."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from core.errors import UserError
from core.model.blocks import Block, find_blocks
from core.model.model import Model
from gui.graph_view.known import Known, layer_keys

_KEPT = 2
_recent: OrderedDict[int, tuple[Model, dict[str, Block]]] = OrderedDict()


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


def chosen(whole: Known, names: Sequence[str]) -> tuple[list[str], Block | None]:
    """The layers that a selection means, and the block where it is one block alone.

    Keys of layers come first: a block counts only where no layer has its name.
    """
    out: dict[str, None] = {}
    blocks = [name for name in names if name not in whole.layers]
    for name in names:
        if name in whole.layers:
            out[name] = None
    if not blocks:
        return list(out), None
    tree, keys = blocks_of(whole.model), layer_keys(whole.model)
    found = [tree[name] for name in blocks if name in tree]
    for block in found:
        out.update(dict.fromkeys(keys[k] for k in block.nodes if keys[k] in whole.layers))
    return list(out), found[0] if len(found) == 1 and len(names) == 1 else None
