"""Taylor: gradient times weight, summed over what belongs together."""

from __future__ import annotations

import numpy as np

from core.methods.prune.scores.filters import filters, per_unit
from core.methods.prune.scores.loss import CrossEntropy, by_position, gradients, parameters, swapped
from core.methods.prune.scores.running import running
from core.methods.prune.scores.score import Evidence, Votes, score


@score("taylor", title="Taylor", needs=("data",))
def votes(evidence: Evidence) -> Votes:
    """Weights whose removal changes the loss least, to first order.

    Molchanov et al. (2019), "Importance Estimation for Neural Network Pruning", with absolute values:
    s_u = mean over batches of Σ_w |∂L/∂w · w|, w the weights of unit u in one filter, L the mean cross-entropy of a
    batch of 32. In units of the loss, so groups are compared as they are; the paper adds up what goes together, which
    is the combination "sum". Items without a label count by the network's own answer.
    """
    members = {g.key: filters(g, evidence.groups.facts) for g in evidence.chosen}
    sums = {key: [np.zeros(len(m.units)) for m in group] for key, group in members.items()}
    with running(evidence) as run:
        loss = CrossEntropy(evidence, run)
        tensors = parameters(run, (m for g in members.values() for m in g), evidence)
        names, swap = list(tensors), swapped(run, tensors)
        for piece in run.pieces("Taylor scores"):
            value = loss.of(piece, loss.targets(piece), swap)
            found = dict(zip(names, gradients(value, [tensors[n] for n in names]), strict=True))
            products = {n: (found[n] * tensors[n].detach()).abs() for n in names}
            for key, group in members.items():
                for k, member in enumerate(group):
                    sums[key][k] += by_position(products[member.tensor], member) * (piece.count / run.items)
    return {
        g.key: [per_unit(m, s, g.size) for m, s in zip(members[g.key], sums[g.key], strict=True)]
        for g in evidence.chosen
    }
