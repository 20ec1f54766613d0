"""The pages of several layers and of a block: what they cost together, and what they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial

from gui.inspector.block_tree import ChosenBlock
from gui.inspector.context import Context
from gui.inspector.costs import cost_rows, operator_table
from gui.inspector.describe import short
from gui.inspector.page import Column
from gui.inspector.parts import Link
from gui.inspector.quantization_section import several_section
from gui.inspector.rows import Rows
from gui.words import counted, thousands, tr

_LISTED = 12


def several_page(page: Column, context: Context, keys: Sequence[str]) -> None:
    """Layers selected one by one."""
    layers = [context.whole.layers[key] for key in keys]
    kinds = Counter(node.op_type for node, _ in layers)
    said = " · ".join(f"{kind} {n}" for kind, n in kinds.most_common())
    page.title(counted(len(keys), "{n} layer", "{n} layers"), said)
    costs = [cost for _, cost in layers]
    page.section("cost", tr("Cost, added up"), partial(cost_rows, whole=context.whole, layers=costs))
    page.section("operators", tr("Operators"), partial(operator_table, layers=layers))
    several_section(page, context, keys)
    page.section("layers", tr("Layers"), partial(_layers, context=context, keys=keys))


def block_page(page: Column, context: Context, block: ChosenBlock, keys: Sequence[str]) -> None:
    """A block: ``keys`` are the layers inside it, at any depth."""
    layers = [context.whole.layers[key] for key in keys]
    page.title(block.path, counted(len(keys), "block of {n} layer", "block of {n} layers"))
    costs = [cost for _, cost in layers]
    page.section("cost", tr("Cost, added up"), partial(cost_rows, whole=context.whole, layers=costs))
    page.section("operators", tr("Operators"), partial(operator_table, layers=layers))
    several_section(page, context, keys)
    if block.identical:
        title = tr("Identical blocks ({n})", n=len(block.identical) + 1)
        page.section("identical", title, partial(_paths, context=context, paths=block.identical))
    if block.children:
        page.section("children", tr("Blocks inside"), partial(_paths, context=context, paths=block.children))
    page.section("layers", tr("Layers"), partial(_layers, context=context, keys=keys), is_open=False)


def _layers(rows: Rows, context: Context, keys: Sequence[str]) -> None:
    for key in keys[:_LISTED]:
        node = context.whole.layers[key][0]
        link = Link(short(node, key), tr("{operator} {layer}", operator=node.op_type, layer=key), key)
        link.clicked.connect(partial(_go, context, key))
        rows.beside(node.op_type, link)
    if len(keys) > _LISTED:
        rows.row("", tr("and {n} more", n=thousands(len(keys) - _LISTED)), muted=True)


def _paths(rows: Rows, context: Context, paths: Sequence[str]) -> None:
    for path in paths[:_LISTED]:
        link = Link(path, tr("block {path}", path=path), tr("Go to the block {path}", path=path))
        link.clicked.connect(partial(_go, context, path))
        rows.widget(link)
    if len(paths) > _LISTED:
        rows.row("", tr("and {n} more", n=thousands(len(paths) - _LISTED)), muted=True)


def _go(context: Context, key: str, _checked: bool = False) -> None:
    context.go_to(key)
