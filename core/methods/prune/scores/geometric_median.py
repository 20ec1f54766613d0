"""Geometric median: a filter near all others says what they say already."""

from __future__ import annotations

import numpy as np

from core.methods.prune.scores.filters import filters, relative, unit_filters
from core.methods.prune.scores.score import Evidence, Floats, Votes, score


@score("geometric_median", title="Geometric median (FPGM)")
def votes(evidence: Evidence) -> Votes:
    """Filters near the middle of their layer first: the others can stand in for them.

    He et al. (2019), "Filter Pruning via Geometric Median for Deep Neural Networks Acceleration":
    s_u = Σ_v ‖W_u - W_v‖₂ over the filters of the same layer, smallest at the geometric median. A unit's filter is all
    of its slices in one layer's weights. Divided by the layer's mean, so that 1 is an average filter of any layer.
    """
    facts = evidence.groups.facts
    found: Votes = {}
    for group in evidence.chosen:
        found[group.key] = []
        for member in filters(group, facts):
            evidence.ctx.job.check()
            found[group.key].append(relative(distances(unit_filters(member, facts, group.size))))
    return found


def distances(table: Floats) -> Floats:
    """Sum of the distances of each row to all rows: (n, k) -> (n,); rows of NaN give NaN and count for nobody."""
    there = ~np.isnan(table[:, 0])
    known = table[there]
    known = known - known.mean(0)  # the differences stay; smaller numbers lose fewer digits
    squares = np.square(known).sum(1)
    apart = squares[:, None] + squares[None, :] - 2 * (known @ known.T)
    np.fill_diagonal(apart, 0.0)
    found = np.full(len(table), np.nan)
    found[there] = np.sqrt(np.maximum(apart, 0.0)).sum(1)
    return found
