"""The same share of every group: how many units it keeps, and which of them go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from core.methods.prune.scores.score import Floats
from core.model.channels import ChannelGroup, ChannelGroups

Removed = dict[str, list[int]]


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
