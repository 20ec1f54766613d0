"""BatchNorm scales: what a normalization multiplies a channel by; alone, and with how alike filters are."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import onnx_ir as ir

from core.methods.prune.scores.fallback import filled_in
from core.methods.prune.scores.filters import filters, per_unit, unit_filters, weight
from core.methods.prune.scores.magnitude import votes as by_magnitude
from core.methods.prune.scores.score import Evidence, Floats, Votes, score
from core.model.channels import ChannelGroup, Member, layer_name

_MISSING = "a BatchNormalization"


@score("bn_scale", title="BatchNorm scale")
def votes(evidence: Evidence) -> Votes:
    """Channels that their BatchNorm scales down first.

    Liu et al. (2017), "Learning Efficient Convolutional Networks through Network Slimming": s_u = |γ_u|, the scale of
    the BatchNormalization behind the layer. A normalized channel has variance 1, so γ is the size of what it gives and
    is compared across layers as it is, by one threshold. Groups without BatchNormalization (it may be folded) are
    scored by magnitude, scaled to the same mean, and a note says which.
    """
    found = {g.key: [scales(m, evidence, g.size) for m, _ in normalizations(evidence, g)] for g in evidence.chosen}
    return filled_in(evidence, found, _MISSING, by_magnitude, "magnitude")


@score("bn_correlation", title="BatchNorm scale and correlation")
def correlated(evidence: Evidence) -> Votes:
    """Channels that their BatchNorm scales down and that another filter resembles first.

    s_u = a · |γ_u| / max|γ| + b · (1 - max_{v≠u} cos(W_u, W_v)) / 2, with the weights a and b of the settings: the
    larger the scale the higher, the larger the strongest cosine to another filter of the layer the lower. The cosine is
    taken with its sign: a filter's negative is not its copy. Both terms are in 0..1 in every layer, so groups can be
    compared. The filter is that of the layer before the BatchNormalization; behind an addition, all of the group's
    filters side by side. Groups without BatchNormalization are scored by magnitude, scaled to the same mean.
    """
    scale, likeness = evidence.settings.scale_weight, evidence.settings.correlation_weight
    found: Votes = {}
    for group in evidence.chosen:
        found[group.key] = []
        for member, node in normalizations(evidence, group):
            evidence.ctx.job.check()
            gamma = scales(member, evidence, group.size)
            top = np.nanmax(gamma) or 1.0
            alike = strongest_cosine(_filters_before(node, evidence, group))
            found[group.key].append(scale * gamma / top + likeness * (1 - alike) / 2)
    return filled_in(evidence, found, _MISSING, by_magnitude, "magnitude")


def normalizations(evidence: Evidence, group: ChannelGroup) -> Iterator[tuple[Member, ir.Node]]:
    """The scales of the group's BatchNormalizations, each with its node, in graph order."""
    nodes = {_name(n.inputs[1]): n for n in evidence.model.nodes() if n.op_type == "BatchNormalization"}
    for member in group.members:
        if member.tensor in nodes and member.role == "carries" and (member.units >= 0).any():
            yield member, nodes[member.tensor]


def scales(member: Member, evidence: Evidence, size: int) -> Floats:
    """|γ| of each unit, the mean over its channels; (size,), NaN for units that are not normalized here."""
    gamma = np.abs(np.asarray(weight(member.tensor, evidence.groups.facts), np.float64))
    total: Floats = per_unit(member, gamma, size) / per_unit(member, np.ones(len(gamma)), size)
    return total


def strongest_cosine(table: Floats) -> Floats:
    """The largest cosine of each row to another row, (n, k) -> (n,) in -1..1; 0 for rows of zeros or without others."""
    length = np.sqrt(np.square(table).sum(1))
    unit = np.divide(table, length[:, None], out=np.zeros_like(table), where=length[:, None] > 0)
    cosine = unit @ unit.T
    known = np.isfinite(length) & (length > 0)
    cosine[:, ~known] = -np.inf
    np.fill_diagonal(cosine, -np.inf)
    best = cosine.max(1) if len(cosine) else np.zeros(0)
    found: Floats = np.where(known & np.isfinite(best), np.clip(best, -1.0, 1.0), 0.0)
    return found


def _filters_before(node: ir.Node, evidence: Evidence, group: ChannelGroup) -> Floats:
    facts = evidence.groups.facts
    maker = node.inputs[0].producer() if node.inputs[0] is not None else None
    members = filters(group, facts)
    own = [m for m in members if maker is not None and m.layer == layer_name(maker)]
    tables = [unit_filters(m, facts, group.size) for m in own or members]
    return np.nan_to_num(np.concatenate(tables, axis=1)) if tables else np.zeros((group.size, 1))


def _name(value: ir.Value | None) -> str:
    return "" if value is None else value.name or ""
