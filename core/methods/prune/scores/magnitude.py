"""Magnitude: channels with small weights matter least."""

from __future__ import annotations

import numpy as np

from core.methods.prune.scores.filters import filters, per_unit, relative, row_sums
from core.methods.prune.scores.score import Evidence, Floats, Norm, Votes, score
from core.model.channels import ChannelGroup
from core.model.facts import Facts


@score("magnitude", title="Magnitude")
def votes(evidence: Evidence) -> Votes:
    """Small weights first, compared within each layer.

    s_u = ‖W_u‖ of every filter that produces or carries unit u, with L1 as in Li et al. (2017), "Pruning Filters for
    Efficient ConvNets", or L2. Layers differ in scale, so each filter's norms are divided by their mean in that
    filter: 1 is an average channel of any group.
    """
    norm, facts = evidence.settings.norm, evidence.groups.facts
    return {group.key: group_votes(group, facts, norm) for group in evidence.chosen}


def group_votes(group: ChannelGroup, facts: Facts, norm: Norm) -> list[Floats]:
    """The relative norms of one group's units, (size,) for each of its filters."""
    found = []
    for member in filters(group, facts):
        power = row_sums(member, facts, np.abs if norm is Norm.L1 else np.square)
        total = per_unit(member, power, group.size)
        found.append(relative(total if norm is Norm.L1 else np.sqrt(total)))
    return found
