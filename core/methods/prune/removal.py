"""What a removal of channels is decided on, and what is reported of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

import numpy as np

from core.errors import UserError
from core.measure.removal_cost import Removal, RemovalCost
from core.methods.method import Context
from core.methods.prune.budget import Candidates, Choice, Currency, Distribution
from core.methods.prune.in_scope import in_scope, why_nothing
from core.methods.scope import overridden
from core.model.channels import ChannelGroup, ChannelGroups, find_groups
from core.model.model import Model, layer_name
from core.model.prepare import prepare
from core.report import Measure, Table


@dataclass(frozen=True, eq=False)
class Ground:
    """A model with its groups and costs, and which groups may lose channels.

    ``trunks``: keys of those that residual blocks add to. ``fixed``: share to remove of the groups that overrides
    name. ``notes``: what was done to the file and what stays.
    """

    model: Model
    groups: ChannelGroups
    costs: RemovalCost
    chosen: tuple[ChannelGroup, ...]
    trunks: frozenset[str]
    fixed: Mapping[str, float]
    notes: tuple[str, ...]


class Kinds(Enum):
    """Which groups may lose channels."""

    ALL = "all"
    CHANNELS = "channels"
    HEADS = "heads"
    HIDDEN = "hidden"


def survey(model: Model, kinds: Kinds, ctx: Context) -> Ground:
    """Prepare and group a model; what a preview computed before comes from its memo.

    Raises UserError where nothing of these kinds in the scope can be cut.
    """
    prepared, changes = ctx.memo.once("prepared", lambda: prepare(model))
    groups = ctx.memo.once("groups", lambda: find_groups(prepared))
    costs = ctx.memo.once("costs", lambda: RemovalCost(prepared, groups))
    chosen, blocked = in_scope(prepared, groups, ctx.scope)
    if not chosen:
        raise UserError(why_nothing(groups, blocked), "Choose other layers, or a model with inner layers.")
    of_kind = tuple(g for g in chosen if kinds in (Kinds.ALL, Kinds(g.kind)))
    if not of_kind:
        there = sorted({g.kind for g in chosen})
        raise UserError(
            f"No group in the scope is of the kind '{kinds.value}'.", f"There are groups of: {', '.join(there)}."
        )
    nodes = {layer_name(node): node for node in prepared.nodes()}
    told = {g.key: overridden(ctx.overrides, (nodes[p] for p in g.producers), "ratio") for g in of_kind}
    fixed = {key: float(share) for key, share in told.items() if share is not None}
    trunks = ctx.memo.once("trunks", lambda: trunks_of(prepared, groups))
    return Ground(prepared, groups, costs, of_kind, trunks, fixed, (*changes, *groups.notes, *blocked))


def trunks_of(model: Model, groups: ChannelGroups) -> frozenset[str]:
    """Keys of the groups whose channels are sums of several computed values: the trunks that residual blocks add to."""
    owner = {root: g.key for g in groups for root in g.roots.tolist()}
    found: set[str] = set()
    for node in model.nodes():
        added = {v.name for v in node.inputs if v is not None and v.name in groups.lanes}
        lane = groups.lanes.get(node.outputs[0].name or "") if node.outputs else None
        if node.op_type in ("Add", "Sum") and len(added) > 1 and lane is not None:
            found |= {owner[root] for root in np.unique(groups.root_of[lane.labels]).tolist() if root in owner}
    return frozenset(found)


_NAMES = {Currency.CHANNELS: "channels", Currency.PARAMS: "parameters", Currency.MACS: "MACs",
          Currency.BYTES: "weight bytes"}  # fmt: skip


def figures(ground: Ground, after: Removal, lost: Mapping[str, int]) -> dict[str, Measure]:
    """Before and after: channels of the groups in scope, and parameters, MACs and bytes of the whole model."""
    found = {}
    before = Removal(ground.costs.before.params, ground.costs.before.macs, ground.costs.before.weight_bytes)
    for suffix, counted in (("_before", before), ("", after)):
        found[f"params{suffix}"] = _counted(counted.params, "")
        found[f"weight_bytes{suffix}"] = _counted(counted.weight_bytes, "B")
        if counted.macs is not None:
            found[f"macs{suffix}"] = _counted(counted.macs, "MAC")
    channels = sum(channels_of(g) for g in ground.chosen)
    gone = sum(lost.get(g.key, 0) for g in ground.chosen)
    found["channels_before"] = _counted(channels, "", "of the groups in scope")
    found["channels"] = _counted(channels - gone, "", "of the groups in scope")
    return found


def channels_of(group: ChannelGroup) -> int:
    """Channels of the group's first layer."""
    return int(group.widths.sum()) + group.fixed


def _counted(value: float, unit: str, note: str = "") -> Measure:
    return Measure(value, unit, "estimated", "the graph", note=note)


def outcome_words(
    candidates: Candidates, choice: Choice, currency: Currency, distribution: Distribution, any_went: bool
) -> list[str]:
    """Whether the goal was reached, and if not, what the nearest allowed step is. Full sentences."""
    name = _NAMES[currency]
    left, goal = _percent(choice.left, choice), _percent(choice.goal, choice)
    if distribution is Distribution.PER_LAYER:
        return [f"{left} of the {name} are left, as the ratios of the layers have it; no target was looked for."]
    notes = []
    if not choice.met:
        sentence = f"{left} of the {name} are left where {goal} were asked for"
        if choice.neighbour is not None:
            other = _percent(choice.neighbour, choice)
            notes.append(f"{sentence}: the nearest allowed step, for the next one leaves {other}.")
        elif choice.left > choice.goal:
            notes.append(f"{sentence}: no more may be removed, each group keeps at least {_floor(candidates)}.")
        else:
            notes.append(f"{sentence}: the ratios given for single layers remove that much already.")
    if choice.goal < choice.before and not any_went:
        notes.append(f"Nothing was removed: no group can spare channels and keep a multiple of {candidates.multiple}.")
    return notes


def _floor(candidates: Candidates) -> str:
    share = f"{100 * candidates.floor:.0f} % of its channels" if candidates.floor else "one channel"
    return share if candidates.multiple == 1 else f"{share} and a multiple of {candidates.multiple}"


def _percent(amount: float, choice: Choice) -> str:
    return f"{100 * amount / max(choice.before, 1):.1f} %"


def groups_table(ground: Ground, lost: Mapping[str, int], spared: bool) -> Table:
    """``lost``: group key -> channels that went, over all rounds. ``spared``: trunks were left alone."""
    chosen = {g.key for g in ground.chosen}
    rows = []
    for group in ground.groups:
        channels = channels_of(group)
        stays = group.reason or ("" if group.key in chosen else "not, or not wholly, in the scope, or of another kind")
        if not stays and spared and group.key in ground.trunks and group.key not in ground.fixed:
            stays = "a trunk that blocks add to; enough goes inside the blocks"
        kept = channels - lost.get(group.key, 0)
        rows.append((group.key, group.kind, len(group.producers), channels, kept, stays))
    columns = ("Group (first layer)", "Kind", "Layers", "Channels before", "Channels after", "What stays, and why")
    return Table("Channel groups", columns, tuple(rows))
