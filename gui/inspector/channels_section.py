"""Whose channels a layer's are: the group they live and die with, its layers, and why some have to stay."""

from __future__ import annotations

from functools import partial

from core.model.model import is_locked
from gui.inspector.context import Context
from gui.inspector.page import Column
from gui.inspector.parts import Link
from gui.inspector.rows import Rows
from gui.pruning.couplings import Group
from gui.words import counted, mark, tr

_MOST = 6
_HEADS = {"produces": mark("with"), "carries": mark("passed by"), "reads": mark("read by")}
_KINDS = {"heads": mark("heads of attention"), "hidden": mark("hidden width")}
_ROLES = {
    "produces": mark("makes its channels"),
    "carries": mark("carries its channels on"),
    "reads": mark("reads its channels"),
}


def channels_section(page: Column, context: Context, key: str) -> None:
    """For a layer; what is in it is found when it is first open."""
    node = context.whole.layers[key][0]
    section = page.section("channels", tr("Channel group"), partial(_fill, context=context, key=key), is_open=False)
    if context.edit is not None:
        locked = is_locked(node)
        act = partial(context.edit, "unlock" if locked else "lock", key)
        spoken = tr("Let these channels be pruned again") if locked else tr("Keep these channels when pruning")
        section.add_button(tr("Unlock") if locked else tr("Lock"), spoken, act)


def _fill(rows: Rows, context: Context, key: str) -> None:
    found = context.couplings()
    if found is None:
        rows.hint(tr("Finding channel groups…"))
        return
    if found.failure:
        rows.hint(found.failure)
        return
    groups = found.of(key)
    if not groups:
        rows.hint(tr("This layer has no channels that pruning knows."))
        return
    for group in groups[:_MOST]:
        _group(rows, context, key, group)
    if len(groups) > _MOST:
        rows.hint(counted(len(groups) - _MOST, "and {n} more group", "and {n} more groups"))


def _group(rows: Rows, context: Context, key: str, group: Group) -> None:
    channels = str(group.channels)
    if group.units and group.units != group.channels - group.fixed:
        channels = tr("{channels} in {units} units", channels=group.channels, units=group.units)
    rows.row(tr("channels"), channels, tr("They are ranked and removed together."))
    if group.kind in _KINDS:
        rows.row(tr("kind"), tr(_KINDS[group.kind]))
    mine = [
        layer for layer in group.members if layer in context.whole.layers and is_locked(context.whole.layers[layer][0])
    ]
    if mine:
        rows.row(tr("stay"), tr("locked by you at {layer}", layer=mine[0]))
    elif group.reason:
        kept = tr("all") if group.locked else str(group.fixed)
        rows.row(tr("stay"), tr("{count}: {reason}", count=kept, reason=group.reason))
    for role, word in _ROLES.items():
        layers = [name for name, said in group.members.items() if said == role and name != key]
        for number, name in enumerate(layers[:_MOST]):
            link = Link(name, f"{tr(word)} {name}", tr("Go to {layer}", layer=name))
            link.clicked.connect(partial(_go, context, name))
            rows.beside("" if number else tr(_HEADS[role]), link, tip=tr(word))
        rows.more_layers(len(layers) - _MOST)


def _go(context: Context, name: str, _checked: bool = False) -> None:
    context.go_to(name)
