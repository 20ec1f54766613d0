"""Hessian trace: how sharply the loss bends when a unit's weights go, estimated by random probes."""

from __future__ import annotations

import numpy as np

from core.methods.prune.scores.filters import filters, per_unit, rows
from core.methods.prune.scores.loss import CrossEntropy, by_position, parameters, swapped
from core.methods.prune.scores.running import running
from core.methods.prune.scores.score import Evidence, Floats, Votes, score
from core.model.channels import Member


@score("hessian_trace", title="Hessian trace", needs=("data",))
def votes(evidence: Evidence) -> Votes:
    """Weights whose removal bends the loss least, to second order.

    Yu et al. (2022), "Hessian-Aware Pruning and Optimal Neural Implant": s_u = Tr(H_u) / (2 p_u) · ‖W_u‖₂², where H_u
    is the block of the Hessian of the mean cross-entropy for the p_u weights of unit u in one filter. The trace is a
    Hutchinson estimate by random vectors, as in HAWQ (Dong et al., 2020), but they are drawn at the class scores z:
    for a class y drawn from the network's own answer p, the covariance of ∂L_y/∂z = p - e_y is the Hessian of the loss
    in z, so Tr(H_u) = E Σ_w (Σ_i ∂L_yi/∂w)² / n. Where activations are piecewise linear (ReLU) a layer's block of the
    Hessian is exactly that; elsewhere it is its Gauss-Newton part. The papers' vᵀ H v with v over all weights has the
    same mean there, but the curvature of all other layers as noise. ``probes`` draws a batch. In units of the loss, so
    groups are compared as they are. Labels play no part: the Hessian in the scores does not depend on them.
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
            found[group.key].append(per_unit(member, traces[id(member)], group.size) / (2 * count) * power)
    return found


def block_traces(evidence: Evidence, members: list[Member]) -> dict[int, Floats]:
    """id(member) -> the trace of the Hessian's block of every position, (positions,)."""
    import torch
    from torch.nn import functional

    probes = evidence.settings.probes
    traces = {id(m): np.zeros(len(m.units)) for m in members}
    generator = torch.Generator().manual_seed(evidence.ctx.seed)
    with running(evidence) as run:
        loss = CrossEntropy(evidence, run)
        tensors = parameters(run, members, evidence)
        names, given, swap = list(tensors), list(tensors.values()), swapped(run, tensors)
        for piece in run.pieces("Hessian traces"):
            answers = loss.answers(piece, swap)
            likely = answers.detach().softmax(1).cpu()
            for _ in range(probes):
                evidence.ctx.job.check()
                drawn = torch.multinomial(likely, 1, generator=generator)[:, 0].to(run.device)
                total = functional.cross_entropy(answers, drawn, reduction="sum")
                slopes = torch.autograd.grad(total, given, retain_graph=True, materialize_grads=True)
                squares = {n: s.square() for n, s in zip(names, slopes, strict=True)}
                for member in members:
                    traces[id(member)] += by_position(squares[member.tensor], member) / (run.items * probes)
    return traces
