"""How what is selected is marked: layers and blocks, what feeds them and what they feed. No Qt."""

from __future__ import annotations

from collections.abc import Collection

from gui.graph_view.canvas import Shown
from gui.graph_view.picture import Picture


def mark(picture: Picture, shown: Shown, keys: Collection[str], block: str) -> None:
    """Mark the selected layers, or the selected block; what feeds them, and what they feed.

    A layer in a closed block is marked on the block's card. ``block`` is the path of a block that is selected as such.
    """
    chosen: set[int] = set()
    holding: set[int] = set()
    inner: set[int] = set()
    shown.frame = ""
    if block in picture.blocks:
        chosen = {picture.blocks[block]}
    elif block in picture.open_blocks:
        shown.frame = block
        inner = cards_inside(picture, block)
    else:
        for key in keys:
            card = picture.card_of(key)
            if card is not None:
                (chosen if key in picture.index else holding).add(card)
    held = inner or chosen
    edges = picture.sketch.edges
    into = {e for k in held for e in picture.incoming.get(k, ())}
    out = {e for k in held for e in picture.outgoing.get(k, ())}
    if inner:  # only what crosses the border
        into, out = into - out, out - into
    shown.selected, shown.holding = frozenset(chosen), frozenset(holding - chosen)
    shown.input_edges, shown.output_edges = frozenset(into), frozenset(out - into)
    shown.inputs = frozenset(edges[e][0] for e in into) - held
    shown.outputs = frozenset(edges[e][1] for e in shown.output_edges) - held - shown.inputs


def cards_inside(picture: Picture, path: str) -> set[int]:
    """All cards in an open block, those of open blocks in it included."""
    frame = picture.open_blocks.get(path)
    if frame is None:
        return set()
    groups = picture.nested.groups
    within = {frame.group}
    for k in range(frame.group + 1, len(groups)):  # parents come first
        if groups[k].parent in within:
            within.add(k)
    return {card for group in within for card in groups[group].cards}
