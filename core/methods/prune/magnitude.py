"""Magnitude pruning: remove the channels whose weights are smallest, everywhere they reach.

In no menu any more, for prune.channels does it too; recipes and the demo use it as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from core.errors import UserError
from core.measure.cost import Cost, cost
from core.methods.method import Context, Outcome, Plan, method
from core.methods.prune.in_scope import in_scope, why_nothing
from core.methods.prune.proof import cut_equals_mask
from core.methods.prune.scores import Evidence, Norm, Removed, ScoreSettings, unit_scores, weakest
from core.model.channel_widths import widths
from core.model.channels import ChannelGroup, ChannelGroups, cut, facts_after, find_groups
from core.model.model import Model
from core.model.prepare import prepare
from core.params import Field
from core.report import Measure, Report, Table


@dataclass(frozen=True, slots=True)
class Params:
    """Parameters of magnitude pruning."""

    ratio: Annotated[
        float,
        Field("Channels removed", "Of every channel group; 0.3 about halves the MACs.", 0.0, 0.95, "share", 0.05),
    ] = 0.3
    norm: Annotated[Norm, Field("Norm", "L1 adds absolute weights, L2 is their Euclidean length.")] = Norm.L1
    multiple: Annotated[
        int, Field("Multiple of", "Channels kept are a multiple of this; kernels work in blocks.", 1, 64, "channels")
    ] = 4


@dataclass(frozen=True, slots=True)
class _Decision:
    """What is going to be cut: the prepared model, its groups, those in scope, the units, and what to tell."""

    model: Model
    groups: ChannelGroups
    chosen: tuple[ChannelGroup, ...]
    removed: Removed
    notes: tuple[str, ...]


def plan(model: Model, params: Params, ctx: Context) -> Plan:
    """The figures after the cut; pure, and no layer is run."""
    decision = _decide(model, params, ctx)
    smaller = cut(decision.model, decision.groups, decision.removed)
    layers = [layer for key in decision.removed for layer in decision.groups[key].producers]
    sizes = widths(decision.groups, decision.removed)
    return Plan(_report(decision, smaller, {}), tuple(dict.fromkeys(layers)), sizes)


@method("prune.magnitude", title="Magnitude pruning…", menu="", params=Params, plan=plan)
def apply(model: Model, params: Params, ctx: Context) -> Outcome:
    """Removes the channels with the smallest weights, the same share of every channel group.

    Filter norms as in Li et al. (2017), "Pruning Filters for Efficient ConvNets", averaged over all layers of a
    group. The cut is proven equal to the masked model before it is returned. Raises UserError where nothing in scope
    can be cut, or where the proof fails.
    """
    ctx.job.progress(0.0, "Finding channel groups")
    decision = _decide(model, params, ctx)
    ctx.job.progress(0.4, "Cutting")
    smaller = cut(decision.model, decision.groups, decision.removed)
    ctx.job.progress(0.6, "Proving that cut equals masked")
    proof = cut_equals_mask(decision.model, decision.groups, decision.removed, smaller, ctx.threads)
    report = _report(decision, smaller, {"cut_difference": proof})
    ctx.job.progress(1.0, "Done")
    return Outcome(smaller, report)


def _decide(model: Model, params: Params, ctx: Context) -> _Decision:
    prepared, changes = ctx.memo.once("prepared", lambda: prepare(model))
    groups = ctx.memo.once("groups", lambda: find_groups(prepared))
    chosen, blocked = in_scope(prepared, groups, ctx.scope)
    if not chosen:
        raise UserError(why_nothing(groups, blocked), "Choose other layers, or a model with inner layers.")
    evidence = Evidence(prepared, groups, chosen, ctx, ScoreSettings(norm=params.norm))
    wish = ("scores", "magnitude", params.norm, ctx.scope)
    scores, said = ctx.memo.once(wish, lambda: (unit_scores(evidence, "magnitude"), evidence.notes))
    removed = weakest(groups, chosen, scores, params.ratio, params.multiple)
    notes = [*changes, *groups.notes, *blocked, *said]
    if params.ratio > 0 and not removed:
        notes.append(f"Nothing was removed: no group can spare channels and keep a multiple of {params.multiple}.")
    return _Decision(prepared, groups, chosen, removed, tuple(notes))


def _report(decision: _Decision, smaller: Model, measures: dict[str, Measure]) -> Report:
    before = cost(decision.model, decision.groups.facts)
    after = cost(smaller, facts_after(smaller, decision.groups, decision.removed))
    figures = {**_figures(before, "_before"), **_figures(after, "")}
    return Report({**figures, **measures}, (_table(decision),), notes=decision.notes)


def _figures(found: Cost, suffix: str) -> dict[str, Measure]:
    how = "the graph"
    figures = {
        f"params{suffix}": Measure(found.params, "", "estimated", how),
        f"weight_bytes{suffix}": Measure(found.weight_bytes, "B", "estimated", how),
    }
    if found.macs is not None:
        figures[f"macs{suffix}"] = Measure(found.macs, "MAC", "estimated", how)
    return figures


def _table(decision: _Decision) -> Table:
    chosen = {g.key for g in decision.chosen}
    rows = []
    for group in decision.groups:
        channels = group.size * group.width + group.fixed
        kept = channels - len(decision.removed.get(group.key, ())) * group.width
        stays = group.reason or ("" if group.key in chosen else "not, or not wholly, in the scope")
        rows.append((group.key, len(group.producers), channels, kept, stays))
    columns = ("Group (first layer)", "Layers", "Channels before", "Channels after", "What stays, and why")
    return Table("Channel groups", columns, tuple(rows))
