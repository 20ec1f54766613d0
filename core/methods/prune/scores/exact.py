"""The rise of cross-entropy, measured: the best candidates are masked one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.methods.prune.scores.filters import filters, readers
from core.methods.prune.scores.loss import CrossEntropy, parameters, swapped
from core.methods.prune.scores.rise import expansion
from core.methods.prune.scores.running import running
from core.methods.prune.scores.score import Evidence, Floats, Votes, score
from core.model.channels import ChannelGroup, Member

if TYPE_CHECKING:
    from torch import Tensor

Candidate = tuple[str, int]  # group key, unit


@score("cross_entropy_exact", title="Rise of cross-entropy, measured", needs=("data",))
def votes(evidence: Evidence) -> Votes:
    """The rise of cross-entropy, measured for the channels that look best.

    ΔL_u = L(without u) - L over all items. It is measured for the ``shortlist`` units that lose least by Taylor (see
    "cross_entropy"), taken from every group in proportion to its size, each alone masked. The others keep their
    estimate plus the median by which it fell short where it was measured: all are rises of the loss and are compared
    as they are. A shortlist below the number of channels to remove measures only some of them; a note says how many
    were measured.
    """
    with evidence.ctx.job.stage(0.0, 0.3):
        estimated = {key: first + second for key, (first, second) in expansion(evidence).items()}
    candidates = _shortlist(estimated, evidence.settings.shortlist)
    with evidence.ctx.job.stage(0.3, 1.0):
        measured = measured_rises(evidence, candidates)
    short = np.asarray([rise - estimated[key][unit] for (key, unit), rise in measured.items()])
    usual = float(np.median(short)) if short.size else 0.0
    found = {key: values + usual for key, values in estimated.items()}
    for (key, unit), value in measured.items():
        found[key][unit] = value
    total = sum(len(v) for v in estimated.values())
    evidence.note(f"The rise of cross-entropy was measured for {len(measured)} of {total} channels, else estimated.")
    return {key: [values] for key, values in found.items()}


def measured_rises(evidence: Evidence, candidates: Sequence[Candidate]) -> dict[Candidate, float]:
    """The rise of the mean cross-entropy over all items with each candidate alone masked."""
    members = {key: _reading(evidence.groups[key], evidence) for key, _ in candidates}
    rises = dict.fromkeys(candidates, 0.0)
    with running(evidence) as run:
        import torch

        loss = CrossEntropy(evidence, run)
        tensors = parameters(run, (m for g in members.values() for m in g), evidence)
        constants = swapped(run, tensors)
        with torch.no_grad():
            for piece in run.pieces("Masking candidates"):
                targets = loss.targets(piece)
                before = float(loss.of(piece, targets, constants))
                share = piece.count / run.items
                for key, unit in candidates:
                    swap = {**constants, **_masked(members[key], unit, tensors)}
                    rises[key, unit] += share * (float(loss.of(piece, targets, swap)) - before)
    return rises


def _reading(group: ChannelGroup, evidence: Evidence) -> list[Member]:
    """The weights that read the group's channels; where none does, those that produce and carry them.

    To set them to zero is to remove the channel: nothing else reads it.
    """
    return readers(group, evidence.groups.facts) or filters(group, evidence.groups.facts)


def _masked(members: Sequence[Member], unit: int, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The members' tensors with one unit's slices set to zero."""
    import torch

    found: dict[str, Tensor] = {}
    for member in members:
        tensor = found.get(member.tensor, tensors[member.tensor].detach())
        gone = torch.from_numpy(np.flatnonzero(member.units == unit)).to(tensor.device)
        found[member.tensor] = tensor.index_fill(member.axis, gone, 0.0)
    return found


def _shortlist(estimated: Mapping[str, Floats], count: int) -> list[Candidate]:
    """The units with the smallest estimates, from every group in proportion to its size."""
    ranked = []
    for key, values in estimated.items():
        order = np.argsort(values, kind="stable").tolist()
        ranked += [((rank + 0.5) / len(order), float(values[unit]), key, unit) for rank, unit in enumerate(order)]
    return [(key, unit) for _, _, key, unit in sorted(ranked)[:count]]
