"""Which channel groups an act may cut within its scope, and in words why not the others."""

from __future__ import annotations

from collections.abc import Sequence

from core.methods.scope import Scope
from core.model.channels import ChannelGroup, ChannelGroups
from core.model.model import Model, layer_name


def in_scope(model: Model, groups: ChannelGroups, scope: Scope) -> tuple[tuple[ChannelGroup, ...], tuple[str, ...]]:
    """The removable groups whose producing layers are all in scope, and a sentence for each group that is only partly.

    A layer outside the scope keeps its channels, so a group is cut whole or not at all.
    """
    inside = {layer_name(node) for node in model.nodes() if scope.contains(node)}
    chosen, blocked = [], []
    for group in groups:
        outside = [layer for layer in group.producers if layer not in inside]
        if not outside and not group.locked:
            chosen.append(group)
        elif outside and len(outside) < len(group.producers) and not group.locked:
            blocked.append(
                f"Group '{group.key}' is blocked: it also belongs to {_listed(outside)}, outside the scope."
                " Include the coupled layers to cut it."
            )
    return tuple(chosen), tuple(blocked)


def _listed(names: Sequence[str], most: int = 3) -> str:
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(f"'{n}'" for n in names[:most]) + rest


def why_nothing(groups: ChannelGroups, blocked: Sequence[str]) -> str:
    """Why no group may lose channels; ``blocked`` is what :func:`in_scope` said."""
    if blocked:
        return f"No channels can be cut. {blocked[0]}"
    locked = [g for g in groups if g.locked]
    if locked and len(locked) == len(groups):
        return f"No channels can be cut: those of layer '{locked[0].key}' have to stay ({locked[0].reason})."
    return "No channels can be cut: no layer in the scope has channels that may be removed."
