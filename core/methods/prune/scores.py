"""Which channels matter least: scores of units, and how many of them a group keeps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum

import numpy as np
import numpy.typing as npt

from core.errors import UserError
from core.model.channels import ChannelGroup, ChannelGroups, Member
from core.model.facts import Facts

Floats = npt.NDArray[np.float64]
Removed = dict[str, list[int]]


class Norm(Enum):
    """How the weights of a channel are summed up."""

    L1 = "L1"
    L2 = "L2"


def magnitude(group: ChannelGroup, facts: Facts, norm: Norm) -> Floats:
    """Score of every unit of a group, (size,); small means that little is lost.

    The norm of a unit's slice of every filter that produces or carries it (Li et al. 2017, "Pruning Filters for
    Efficient ConvNets", with L1), divided by the group's mean in that filter, averaged over the filters: a trunk that
    ten layers write to is judged by all ten, each with one voice.
    """
    votes = [_norms(member, facts, group.size, norm) for member in group.members if _is_filter(member, facts)]
    if not votes:
        return np.ones(group.size)
    return np.mean([v / (v.mean() or 1.0) for v in votes], axis=0)  # type: ignore[no-any-return]


def _is_filter(member: Member, facts: Facts) -> bool:
    return member.role != "reads" and len(facts.shapes[member.tensor]) > 1 and bool((member.units >= 0).any())


def _norms(member: Member, facts: Facts, size: int, norm: Norm) -> Floats:
    """Norm of the slices of each unit along the member's axis; (size,). Raises UserError where one is no number."""
    stored = facts.graph.initializers.get(member.tensor)
    tensor = stored.const_value.numpy() if stored is not None and stored.const_value is not None else None
    weights = np.asarray(facts.constants[member.tensor] if tensor is None else tensor, np.float64)
    rows = np.moveaxis(weights, member.axis, 0).reshape(len(member.units), -1)
    power = np.abs(rows).sum(1) if norm is Norm.L1 else np.square(rows).sum(1)
    held = member.units >= 0
    if not np.isfinite(power).all():
        raise UserError(
            f"The weights '{member.tensor}' hold NaN or infinite values, so their channels cannot be compared.",
            "Take a revision from before they appeared, or leave their layer out of the scope.",
        )
    total: Floats = np.bincount(member.units[held], power[held], minlength=size).astype(np.float64)
    return total if norm is Norm.L1 else np.sqrt(total)


def kept_units(group: ChannelGroup, ratio: float, multiple: int) -> int:
    """How many units a group keeps: the count nearest to (1 - ratio) of them that leaves a multiple of channels.

    At least one; keeping all is always allowed, so a group smaller than the multiple stays whole.
    """
    target = group.size * (1.0 - ratio)
    allowed = [k for k in range(1, group.size) if (k * group.width + group.fixed) % multiple == 0]
    return min([*allowed, group.size], key=lambda k: (abs(k - target), -k))


def weakest(
    groups: ChannelGroups, chosen: Iterable[ChannelGroup], scores: Mapping[str, Floats], ratio: float, multiple: int
) -> Removed:
    """Group key -> the units to remove: the same share of every chosen group, lowest scores first.

    No value of the graph loses its last channel: where one would (half of a Split whose channels all scored low),
    its best units are taken back.
    """
    removed: Removed = {}
    for group in chosen:
        order = np.argsort(scores[group.key], kind="stable")
        dead = order[: group.size - kept_units(group, ratio, multiple)]
        if dead.size:
            removed[group.key] = sorted(dead.tolist())
    while lost := groups.emptied(removed):
        key, _ = max(lost[0], key=lambda unit: scores[unit[0]][unit[1]])
        there = [unit for other, unit in lost[0] if other == key]
        best = sorted(there, key=lambda unit: -scores[key][unit])[:multiple]
        removed[key] = [unit for unit in removed[key] if unit not in best]
    return {key: units for key, units in removed.items() if units}
