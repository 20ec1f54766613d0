"""Kernels and channels that are masked together while a network is trained, and come back where it needs them.

A mask has a band around its threshold: it goes off below 0.9 of it and on again above 1.1 (the numbers of Guo, Yao and
Chen 2016, "Dynamic Network Surgery", arXiv:1608.04493, which also trains masked weights on, with the gradient of what
is in their place). The thresholds rise along the cubic schedule of Zhu and Gupta 2017. torch is imported inside
functions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.methods.prune.moving_masks import Cubic
from core.methods.prune.scores import Floats as Doubles
from core.methods.prune.scores import weakest
from core.methods.prune.weight_scores import Floats, magnitude, weakest_share
from core.methods.training_hooks import Hook
from core.model.channels import ChannelGroup, ChannelGroups, Member
from core.model.masks import Array, Flags, Units

if TYPE_CHECKING:
    from torch import Tensor

    from core.execute.torch_graph import TorchGraph


def threshold(scores: Floats, share: float, band: float) -> float:
    """The threshold whose lower edge, 1 - band of it, is the lowest score that stays when ``share`` of the parts goes.

    Rounded to whole parts, and 0 where that is none. So the share is met, and exceeded by what has not yet come back.
    """
    below = min(round(share * len(scores)), len(scores) - 1)
    return float(np.partition(scores, below)[below]) / (1 - band) if below else 0.0


def moved(kept: Flags, scores: Floats, limit: float, band: float) -> Flags:
    """Off below (1 - band) · limit, on above (1 + band) · limit, between the two as it was."""
    return np.where(scores < (1 - band) * limit, False, np.where(scores > (1 + band) * limit, True, kept))


@dataclass(frozen=True)
class Targets:
    """Shares that are off in the end: ``kernels`` of those of every layer that the cut leaves, ``channels`` of every
    group, whose channels kept are a multiple of ``multiple``."""

    kernels: float
    channels: float
    multiple: int = 1


class JointMask(Hook):
    """Two kinds of masks on the same weights.

    A kernel's score is its mean absolute weight; its threshold is its layer's, over the kernels of living channels.
    A channel's score is the mean absolute weight with which it is read, kernel masks applied, over the mean of the
    reading layer, averaged over the layers that read it; its threshold is its group's. A channel that is off is read
    with zeros: the network computes what it does without the channel, while the layers before go on giving it, so that
    what it would be good for reaches the weights that read it (straight-through: masked weights get the gradient of
    the zeros in their place). The best channel of a group stays on. The last update leaves the band aside and meets
    the targets exactly; where a training ends before, what it has reached is rounded so.
    """

    name = "joint"

    def __init__(
        self,
        kernels: Mapping[str, Units],
        groups: ChannelGroups,
        chosen: tuple[ChannelGroup, ...],
        targets: Targets,
        span: tuple[float, float],
        every: int | None,
        band: float,
    ) -> None:
        self._parts, self._groups, self._chosen = dict(kernels), groups, chosen
        self._targets, self._span, self._every, self._band = targets, span, every, band
        self._readers = {g.key: readers_of(g) for g in chosen}
        self._tensors = tuple(dict.fromkeys([*kernels, *(m.tensor for ms in self._readers.values() for m in ms)]))
        self.expect(1)
        self._kernels: dict[str, Flags] = {}
        self._channels: dict[str, Flags] = {}
        self._masks: dict[str, Tensor] = {}
        self.reached = 0  # steps after which the net was as it is

    def expect(self, steps: int) -> None:
        self.schedule = Cubic.over(0.0, 1.0, *self._span, self._every, steps)

    def settled(self, step: int) -> bool:
        return step >= self.schedule.end

    @property
    def removed(self) -> dict[str, list[int]]:
        """Group key -> the units that are off."""
        off = {key: np.flatnonzero(~kept).tolist() for key, kept in self._channels.items()}
        return {key: units for key, units in off.items() if units}

    def start(self, net: TorchGraph) -> None:
        self._kernels = {n: np.ones(parts.count, bool) for n, parts in self._parts.items()}
        self._channels = {g.key: np.ones(g.size, bool) for g in self._chosen}
        self._devices = {n: net.initializer(n).device for n in self._tensors}
        self._shapes = {n: tuple(net.initializer(n).shape) for n in self._tensors}
        self._put()
        self.after_step(net, 0)

    def weights(self, current: Mapping[str, Tensor], step: int) -> Mapping[str, Tensor]:
        return {n: current[n] + (current[n] * mask - current[n]).detach() for n, mask in self._masks.items()}

    def after_step(self, net: TorchGraph, step: int) -> None:
        self.reached = step
        if self.schedule.moves_at(step):
            self._update(net, self.schedule.at(step), exactly=step == self.schedule.end)

    def finish(self, net: TorchGraph) -> None:
        import torch

        if self.reached < self.schedule.end:
            self._update(net, self.schedule.at(self.reached), exactly=True)
        for name, mask in self._masks.items():
            net.initializer(name).masked_fill_(mask == torch.zeros((), device=mask.device), 0.0)

    def _update(self, net: TorchGraph, progress: float, exactly: bool) -> None:
        """Channels first: kernels are counted among those of living channels."""
        numbers = {n: net.initializer(n).detach().cpu().numpy() for n in self._tensors}
        self._update_channels(numbers, progress * self._targets.channels, exactly)
        self._update_kernels(numbers, progress * self._targets.kernels, exactly)
        self._put()

    def _update_channels(self, numbers: Mapping[str, Array], share: float, exactly: bool) -> None:
        scores = {g.key: self._channel_scores(g, numbers) for g in self._chosen}
        if exactly:
            removed = weakest(self._groups, self._chosen, scores, share, self._targets.multiple)
            for key, kept in self._channels.items():
                kept[:] = True
                kept[removed.get(key, [])] = False
            return
        for key, own in scores.items():
            kept = moved(self._channels[key], own, threshold(own, share, self._band), self._band)
            kept[own.argmax()] = True
            self._channels[key] = kept

    def _channel_scores(self, group: ChannelGroup, numbers: Mapping[str, Array]) -> Doubles:
        votes = []
        for member in self._readers[group.key]:
            weights = np.abs(numbers[member.tensor])
            if member.tensor in self._parts:
                weights = weights * self._parts[member.tensor].join(self._kernels[member.tensor][:, None])
            rows = np.moveaxis(_own_rows(weights, member), member.axis, 0).reshape(len(member.units), -1)
            held = member.units >= 0
            sums = np.bincount(member.units[held], rows[held].mean(1, dtype=np.float64), group.size)
            counts = np.bincount(member.units[held], minlength=group.size)
            each = np.divide(sums, counts, out=np.full(group.size, np.nan), where=counts > 0)
            votes.append(each / (np.nanmean(each) or 1.0))
        found: Doubles = np.nanmean(votes, axis=0)
        return found

    def _update_kernels(self, numbers: Mapping[str, Array], share: float, exactly: bool) -> None:
        living = self._living()
        for name, parts in self._parts.items():
            alive = parts.split(living[name]).all(1)
            scores = magnitude(parts.split(numbers[name]))
            if not alive.any():
                continue
            if exactly:
                kept = np.ones(parts.count, bool)
                kept[alive] = weakest_share(scores[alive], share)
                self._kernels[name] = kept
            else:
                limit = threshold(scores[alive], share, self._band)
                self._kernels[name] = moved(self._kernels[name], scores, limit, self._band)

    def _living(self) -> dict[str, Flags]:
        """Tensor -> which of its numbers a cut of the channels that are off would leave."""
        found = {n: np.ones(shape, bool) for n, shape in self._shapes.items()}
        for group in self._chosen:
            for member in group.members:
                if member.tensor in found:
                    _clear(found[member.tensor], member, self._channels[group.key])
        return found

    def _put(self) -> None:
        """Both masks of every tensor as one, where it is needed."""
        import torch

        flags = {n: np.ones(shape, bool) for n, shape in self._shapes.items()}
        for name, parts in self._parts.items():
            flags[name] &= parts.join(self._kernels[name][:, None])
        for group in self._chosen:
            for member in self._readers[group.key]:
                _clear(flags[member.tensor], member, self._channels[group.key])
        self._masks = {n: torch.from_numpy(f.astype(np.float32)).to(self._devices[n]) for n, f in flags.items()}

    def state(self) -> Mapping[str, Tensor]:
        import torch

        kernels = {f"kernel/{n}": torch.from_numpy(k.astype(np.uint8)) for n, k in self._kernels.items()}
        channels = {f"channel/{n}": torch.from_numpy(k.astype(np.uint8)) for n, k in self._channels.items()}
        return {**kernels, **channels, "reached": torch.tensor(self.reached)}

    def load(self, state: Mapping[str, Tensor]) -> None:
        self.reached = int(state["reached"])
        for kind, flags in (("kernel", self._kernels), ("channel", self._channels)):
            for name in flags:
                flags[name] = state[f"{kind}/{name}"].cpu().numpy().astype(bool)
        self._put()


def readers_of(group: ChannelGroup) -> tuple[Member, ...]:
    """The weights with which layers read channels of a group."""
    return tuple(m for m in group.members if m.role == "reads" and (m.units >= 0).any())


def _own_rows(array: Array, member: Member) -> Array:
    """A grouped convolution may read other units with other rows."""
    return array if member.rows is None else array[member.rows[0] : member.rows[1]]


def _clear(flags: Flags, member: Member, kept: Flags) -> None:
    """Set to False, in place, what a member's units that are off have of its tensor."""
    held = member.units >= 0
    off = np.zeros(len(member.units), bool)
    off[held] = ~kept[member.units[held]]
    _own_rows(flags, member)[(slice(None),) * member.axis + (off,)] = False
