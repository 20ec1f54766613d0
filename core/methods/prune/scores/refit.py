"""Refit residual: what of a channel the others cannot make up for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import onnx_ir as ir

from core.methods.prune.scores.filters import Ints, per_unit, positions_of, readers, rows
from core.methods.prune.scores.running import running
from core.methods.prune.scores.score import Evidence, Floats, Votes, score
from core.methods.prune.scores.values import by_item, units_on
from core.model.channels import ChannelGroup, Member, layer_name

if TYPE_CHECKING:
    from torch import Generator, Tensor

RIDGE = 1e-3  # of the mean variance of a value's channels
_POSITIONS = 64  # of an item; neighbours say much the same
_MOST = 4096  # channels of a value whose covariance is kept
_SAME_CHANNELS = {"Flatten", "Reshape", "Identity", "Dropout", "Squeeze", "Unsqueeze"}


@dataclass(frozen=True, slots=True)
class _Read:
    """A weight that reads the group, and the value it reads: its name and the unit of each of its channels."""

    member: Member
    value: str
    units: Ints


@score("refit_residual", title="Refit residual", needs=("data",))
def votes(evidence: Evidence) -> Votes:
    """Channels that least squares makes best from the others first.

    For every weight that reads unit u: s_u = r_u · ‖W_u‖₂² / Σ_c var_c · ‖W_c‖₂². r_u is the variance of the unit's
    channels that least squares (with a constant and a ridge of 1e-3 of the mean variance) leaves when they are
    predicted from all other channels of the value that is read, mean over the unit's channels; W_u are the weights that
    read it. So s_u is the share of what arrives at the reader that is lost even after the best refit: the error of He
    et al. (2017), "Channel Pruning for Accelerating Very Deep Neural Networks", and ThiNet (Luo et al., 2017), with
    the kernel's positions taken as independent. Shares are compared across groups as they are. Readers are the layers
    that vote. No labels.
    """
    reads = {g.key: _reads(evidence, g) for g in evidence.chosen}
    values = dict.fromkeys(r.value for g in reads.values() for r in g)
    found = covariances(evidence, values)
    return {
        g.key: [_share(evidence, g, r, found[r.value]) for r in reads[g.key] if r.value in found]
        for g in evidence.chosen
    }


def _share(evidence: Evidence, group: ChannelGroup, read: _Read, covariance: Floats) -> Floats:
    power = np.square(rows(read.member, evidence.groups.facts)).sum(1)
    variance = np.diagonal(covariance)
    arriving = variance
    if len(power) != len(variance):  # grouped, or flattened behind the value: by unit
        by_unit = _mean_by_unit(variance, read.units, group.size)
        arriving = np.where(read.member.units >= 0, by_unit[read.member.units], variance.mean())
    left = _mean_by_unit(residuals(covariance, read.units), read.units, group.size)
    total = float((power * np.nan_to_num(arriving)).sum())
    shares: Floats = left * per_unit(read.member, power, group.size) / (total or 1.0)
    return shares


def residuals(covariance: Floats, units: Ints) -> Floats:
    """The variance of every channel that the channels outside its unit do not explain; (channels,), 0 outside units.

    With S the covariance and P = (S + λ)⁻¹, the block of a unit's channels u given all others is (P_uu)⁻¹ - λ.
    """
    ridge = RIDGE * float(np.diagonal(covariance).mean()) or 1.0
    precision = np.linalg.inv(covariance + ridge * np.eye(len(covariance)))
    order, owners, place = positions_of(units)
    found = np.zeros(len(units))
    if not place.any():  # one channel a unit
        found[order] = 1.0 / precision[order, order] - ridge
    else:
        for unit in np.unique(owners):
            own = order[owners == unit]
            found[own] = np.diagonal(np.linalg.inv(precision[np.ix_(own, own)])) - ridge
    return np.maximum(found, 0.0)


def _mean_by_unit(values: Floats, units: Ints, size: int) -> Floats:
    held = units >= 0
    total = np.bincount(units[held], values[held], minlength=size)
    count = np.bincount(units[held], minlength=size)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def covariances(evidence: Evidence, names: Iterable[str]) -> dict[str, Floats]:
    """Value name -> covariance of its channels over items and positions, (channels, channels)."""
    import torch

    lanes = evidence.groups.lanes
    kept = [n for n in names if len(lanes[n].labels) <= _MOST]
    moments: dict[str, tuple[torch.Tensor, torch.Tensor, int]] = {}
    generator = torch.Generator().manual_seed(evidence.ctx.seed)
    with running(evidence) as run, torch.no_grad():
        for piece in run.pieces("Looking at what channels share"):
            values = run.net(piece.feed, keep=kept)
            for name in kept:
                evidence.ctx.job.check()
                flat = _some_positions(piece.real(values[name]), lanes[name].axis, piece.count, generator).double()
                total, outer, count = moments.get(name, (flat.new_zeros(()), flat.new_zeros(()), 0))
                moments[name] = total + flat.sum(0), outer + flat.T @ flat, count + len(flat)
    found = {}
    for name, (total, outer, count) in moments.items():
        mean = total / count
        found[name] = (outer / count - torch.outer(mean, mean)).cpu().numpy()
        if count < 2 * len(total):
            evidence.note(f"The refit residual saw only {count} samples of the {len(total)} channels of '{name}'.")
    return found


def _some_positions(values: Tensor, axis: int, items: int, generator: Generator) -> Tensor:
    """(samples, channels): at most 64 positions of every item, the same for all items of a batch."""
    import torch

    table = by_item(values, axis, items)
    if table.shape[1] > _POSITIONS:
        chosen = torch.randperm(table.shape[1], generator=generator)[:_POSITIONS]
        table = table[:, chosen.to(table.device)]
    return table.flatten(0, 1)


def _reads(evidence: Evidence, group: ChannelGroup) -> list[_Read]:
    """The readers of a group with the values they read."""
    nodes = {layer_name(n): n for n in evidence.model.nodes()}
    found = []
    for member in readers(group, evidence.groups.facts):
        value = _value_read(evidence, group, nodes[member.layer])
        place = None if value is None else units_on(evidence.groups, group, value)
        if value is not None and place is not None:
            found.append(_Read(member, value, place[1]))
    return found


def _value_read(evidence: Evidence, group: ChannelGroup, node: ir.Node) -> str | None:
    """What a layer reads of a group; where positions were flattened into channels, the value before that."""
    value = next((v for v in node.inputs if v is not None and units_on(evidence.groups, group, v.name or "")), None)
    while value is not None and (maker := value.producer()) is not None and maker.op_type in _SAME_CHANNELS:
        before = maker.inputs[0]
        if before is None or units_on(evidence.groups, group, before.name or "") is None:
            break
        value = before
    return None if value is None else value.name
