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
    elif block and picture.open_block(block) is not None:
        shown.frame = block
        inner = cards_inside(picture, block)
    else:
        for key in keys:
            card = picture.card_of(key)
            if card is not None:
                (chosen if key in picture.index else holding).add(card)
    held = inner or chosen
    into = {edge for k in held for edge in picture.into(k)}
    out = {edge for k in held for edge in picture.out_of(k)}
    if inner:  # only what crosses the border
        into, out = into - out, out - into
    out -= into
    shown.selected, shown.holding = frozenset(chosen), frozenset(holding - chosen)
    shown.input_edges, shown.output_edges = frozenset(into), frozenset(out)
    shown.inputs = frozenset(source for source, _, _ in into) - held
    shown.outputs = frozenset(target for _, target, _ in out) - held - shown.inputs


def cards_inside(picture: Picture, path: str) -> set[int]:
    """All cards in an open block, those of open blocks in it included."""
    frame = picture.open_block(path)
    if frame is None:
        return set()
    blocks = picture.nested.blocks
    within = {frame.group}
    for k in range(frame.group + 1, len(blocks)):  # outer ones come first
        if blocks[k].parent in within:
            within.add(k)
    return {card for k in within for card in range(blocks[k].first, blocks[k].first + len(blocks[k].part.cards))}
