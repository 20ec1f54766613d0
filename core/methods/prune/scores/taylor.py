"""Taylor scores: what the loss does to first order when weights or channels go."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.methods.prune.scores.filters import filters, per_unit, readers
from core.methods.prune.scores.loss import CrossEntropy, by_position, gradients, parameters, swapped
from core.methods.prune.scores.running import running
from core.methods.prune.scores.score import Evidence, Floats, Votes, score
from core.model.channels import ChannelGroup, Member

Sums = list[Floats]  # one (positions,) array per member


@score("taylor", title="Taylor", needs=("data",))
def votes(evidence: Evidence) -> Votes:
    """Weights whose removal changes the loss least, to first order.

    Molchanov et al. (2019), "Importance Estimation for Neural Network Pruning", with absolute values:
    s_u = mean over batches of Σ_w |∂L/∂w · w|, w the weights of unit u in one filter, L the mean cross-entropy of a
    batch of 32. In units of the loss, so groups are compared as they are; the paper adds up what goes together, which
    is the combination "sum". Items without a label count by the network's own answer.
    """
    members = {g.key: filters(g, evidence.groups.facts) for g in evidence.chosen}
    sums = _over_batches(evidence, members, absolute=True)
    return {
        g.key: [per_unit(m, s, g.size) for m, s in zip(members[g.key], sums[g.key], strict=True)]
        for g in evidence.chosen
    }


@score("cross_entropy", title="Rise of cross-entropy", needs=("data",))
def rise(evidence: Evidence) -> Votes:
    """Channels without which the cross-entropy rises least, to first order; it may even fall.

    ΔL_u ≈ -Σ_w ∂L/∂w · w over the weights that read unit u, everywhere it is read: to set them to zero is to remove the
    channel, and Σ_w ∂L/∂w · w equals Σ_a ∂L/∂a · a over its activations (Molchanov et al., 2017, "Pruning Convolutional
    Neural Networks for Resource Efficient Inference", there with absolute values). L is the mean cross-entropy of all
    items, so groups are compared as they are. It is a figure of the whole group, hence one vote: how votes of layers
    are combined makes no difference. Items without a label count by the network's own answer.
    """
    sums = first_order(evidence)
    return {key: [found] for key, found in sums.items()}


def first_order(evidence: Evidence) -> dict[str, Floats]:
    """The rise of the mean cross-entropy to first order when each unit goes; group key -> (size,), signed."""
    members = {g.key: reading(g, evidence) for g in evidence.chosen}
    sums = _over_batches(evidence, members, absolute=False)
    found = {}
    for group in evidence.chosen:
        each = [per_unit(m, s, group.size) for m, s in zip(members[group.key], sums[group.key], strict=True)]
        found[group.key] = -np.nansum(each, axis=0) if each else np.zeros(group.size)
    return found


def reading(group: ChannelGroup, evidence: Evidence) -> list[Member]:
    """The weights that read the group's channels; where none does, those that produce and carry them."""
    return readers(group, evidence.groups.facts) or filters(group, evidence.groups.facts)


def _over_batches(evidence: Evidence, members: Mapping[str, list[Member]], absolute: bool) -> dict[str, Sums]:
    """Σ g·w (or Σ |g·w|) of every member by position, averaged over the items batch by batch."""
    with running(evidence) as run:
        loss = CrossEntropy(evidence, run)
        tensors = parameters(run, (m for g in members.values() for m in g), evidence)
        names, swap = list(tensors), swapped(run, tensors)
        sums = {key: [np.zeros(len(m.units)) for m in g] for key, g in members.items()}
        for piece in run.pieces("Taylor scores"):
            value = loss.of(piece, loss.targets(piece), swap)
            found = dict(zip(names, gradients(value, [tensors[n] for n in names]), strict=True))
            share = piece.count / run.items
            products = {n: found[n] * tensors[n].detach() for n in names}
            for key, group in members.items():
                for k, member in enumerate(group):
                    product = products[member.tensor]
                    sums[key][k] += share * by_position(product.abs() if absolute else product, member)
    return sums
