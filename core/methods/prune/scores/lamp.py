"""LAMP: a channel's squared weights as a share of those that are at least as large in its layer."""

from __future__ import annotations

import numpy as np

from core.methods.prune.scores.filters import filters, per_unit, rows
from core.methods.prune.scores.score import Evidence, Floats, Votes, score


@score("lamp", title="LAMP")
def votes(evidence: Evidence) -> Votes:
    """Weights as a share of what would be left of the layer.

    Lee et al. (2021), "Layer-adaptive Sparsity for the Magnitude-based Pruning", defines it for single weights:
    s_u = W_u² / Σ_{v: W_v² ≥ W_u²} W_v². Here a structured unit takes the place of a weight: W_u² = ‖W_u‖₂², the
    squared length of unit u's slices in one filter. The score is made to be compared across layers: the largest unit
    of every layer has 1, so no layer is ever emptied first.
    """
    facts = evidence.groups.facts
    return {
        group.key: [
            shares(per_unit(member, np.square(rows(member, facts)).sum(1), group.size))
            for member in filters(group, facts)
        ]
        for group in evidence.chosen
    }


def shares(power: Floats) -> Floats:
    """Each number over the sum of all that are not smaller; (n,) -> (n,). Equal numbers count in order; NaN stays."""
    order = np.argsort(power, kind="stable")
    known = order[: np.count_nonzero(~np.isnan(power))]
    left = np.cumsum(power[known][::-1])[::-1]
    found = np.full(len(power), np.nan)
    found[known] = np.divide(power[known], left, out=np.zeros(len(known)), where=left > 0)
    return found
