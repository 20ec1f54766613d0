"""Hessian trace: how sharply the loss bends when a unit's weights go, estimated by random probes."""

from __future__ import annotations

import numpy as np

from core.methods.prune.scores.filters import filters, per_unit, rows
from core.methods.prune.scores.loss import CrossEntropy, by_position, parameters, swapped
from core.methods.prune.scores.running import running
from core.methods.prune.scores.score import Evidence, Floats, Votes, score
from core.model.channels import Member

_BATCH = 16  # the graph of second derivatives is some four times as large as that of the first


@score("hessian_trace", title="Hessian trace", needs=("data",))
def votes(evidence: Evidence) -> Votes:
    """Weights whose removal bends the loss least, to second order.

    Yu et al. (2022), "Hessian-Aware Pruning and Optimal Neural Implant": s_u = Tr(H_u) / (2 p_u) · ‖W_u‖₂², where H_u
    is the block of the Hessian of the mean cross-entropy for the p_u weights of unit u in one filter. The trace is
    Hutchinson's estimate, E[vᵀ H v] with v of ±1, from ``probes`` vectors a batch and one product H v each, as in HAWQ
    (Dong et al., 2020). Where the estimate is below zero, which noise alone brings about near a minimum, it counts as
    zero. In units of the loss, so groups are compared as they are. Items without a label count by the network's own
    answer.
    """
    facts = evidence.groups.facts
    members = {g.key: filters(g, facts) for g in evidence.chosen}
    traces = block_traces(evidence, [m for g in evidence.chosen for m in members[g.key]])
    found: Votes = {}
    for group in evidence.chosen:
        found[group.key] = []
        for member in members[group.key]:
            flat = rows(member, facts)
            power = per_unit(member, np.square(flat).sum(1), group.size)
            count = per_unit(member, np.full(len(flat), float(flat.shape[1])), group.size)
            trace = np.maximum(per_unit(member, traces[id(member)], group.size), 0.0)
            found[group.key].append(trace / (2 * count) * power)
    return found


def block_traces(evidence: Evidence, members: list[Member]) -> dict[int, Floats]:
    """id(member) -> the trace of the Hessian's block of every position, (positions,)."""
    import torch

    probes = evidence.settings.probes
    traces = {id(m): np.zeros(len(m.units)) for m in members}
    generator = torch.Generator().manual_seed(evidence.ctx.seed)
    with running(evidence) as run:
        loss = CrossEntropy(evidence, run)
        tensors = parameters(run, members, evidence)
        names, given, swap = list(tensors), list(tensors.values()), swapped(run, tensors)
        for piece in run.pieces("Hessian traces", _BATCH):
            value = loss.of(piece, loss.targets(piece), swap)
            slopes = torch.autograd.grad(value, given, create_graph=True, materialize_grads=True)
            for _ in range(probes):
                evidence.ctx.job.check()
                signs = [torch.randint(0, 2, t.shape, generator=generator).to(t) * 2 - 1 for t in given]
                total = sum((s * v).sum() for s, v in zip(slopes, signs, strict=True))
                assert isinstance(total, torch.Tensor)
                bent = torch.autograd.grad(total, given, retain_graph=True, materialize_grads=True)
                products = {n: v * b for n, v, b in zip(names, signs, bent, strict=True)}
                for member in members:
                    part = by_position(products[member.tensor], member)
                    traces[id(member)] += part * (piece.count / run.items / probes)
    return traces
