"""The tree of blocks for ``thimble info --blocks``."""

from __future__ import annotations

from typing import Any

from core.cli.output import table
from core.measure.cost import Cost
from core.model.blocks import Block, find_blocks
from core.model.model import Model

_INDENT = "  "


def blocks_table(model: Model, figures: Cost, depth: int) -> str:
    """Blocks down to ``depth`` levels, with their layers, parameters, MACs and share of the network's.

    The share is that of the MACs, where they are known, else of the parameters.
    """
    by_macs = bool(figures.macs)
    rows = []
    for level, block in find_blocks(model).walk():
        if level > depth:
            continue
        params, macs = totals(block, figures)
        part, whole = (macs, figures.macs) if by_macs else (params, figures.params)
        share = f"{100 * part / whole:.1f} %" if part is not None and whole else "–"
        alike = f"{len(block.identical)} alike" if block.identical else ""
        rows.append((_INDENT * level + block.title, block.layers, params, macs, share, alike))
    return table(("block", "layers", "params", "macs", f"of {'macs' if by_macs else 'params'}", ""), rows)


def blocks_json(model: Model, figures: Cost) -> dict[str, Any]:
    """The whole tree, with the names of the layers that belong to no smaller block."""

    def entry(block: Block) -> dict[str, Any]:
        params, macs = totals(block, figures)
        return {
            "title": block.title,
            "path": block.path,
            "layers": block.layers,
            "params": params,
            "macs": macs,
            "identical": len(block.identical) or 1,
            "own": [figures.layers[k].name for k in block.own],
            "children": [entry(child) for child in block.children],
        }

    return entry(find_blocks(model))


def totals(block: Block, figures: Cost) -> tuple[int, int | None]:
    """Parameters and MACs of a block's layers; MACs are None where those of a layer are unknown."""
    counted = [figures.layers[k] for k in block.nodes]
    macs = [layer.macs for layer in counted]
    known = [m for m in macs if m is not None]
    return sum(layer.params for layer in counted), sum(known) if len(known) == len(macs) else None
