"""What channels give on real inputs: how often they are zero, and how large they are. No labels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from core.methods.prune.scores.fallback import filled_in
from core.methods.prune.scores.filters import relative
from core.methods.prune.scores.running import running
from core.methods.prune.scores.score import Evidence, Floats, Votes, score
from core.methods.prune.scores.values import producers, rectified, settled, units_on
from core.model.channels import ChannelGroup

if TYPE_CHECKING:
    from torch import Tensor

Seen = Mapping[str, Floats]  # value name -> mean over everything but its channel axis


@score("mean_activation", title="Mean activation", needs=("data",))
def mean_activation(evidence: Evidence) -> Votes:
    """Channels that give little first.

    s_u = mean |a_u| over items and positions, a the layer's output behind its own bias, normalization and activation
    (the mean activation of Molchanov et al., 2017, "Pruning Convolutional Neural Networks for Resource Efficient
    Inference"; absolute, for layers without a rectifier). Divided by the layer's mean: 1 is an average channel of any
    layer. No labels.
    """
    places = {
        g.key: [settled(evidence.groups, n).name or "" for n in producers(evidence.model, g)] for g in evidence.chosen
    }
    seen = means(evidence, places, lambda a: a.abs())
    return {
        g.key: [relative(found) for v in places[g.key] if (found := by_unit(evidence, g, v, seen)) is not None]
        for g in evidence.chosen
    }


@score("apoz", title="Zeros of the activation (APoZ)", needs=("data",))
def apoz(evidence: Evidence) -> Votes:
    """Channels that their rectifier sets to zero most often first.

    Hu et al. (2016), "Network Trimming": APoZ_u is the share of zeros among the outputs of channel u's rectifier over
    items and positions; s_u = 1 - APoZ_u, in 0..1, compared across groups as it is. Layers of a residual trunk are
    looked at behind their addition. Groups without a rectifier (linear bottlenecks, GELU) are scored by mean
    activation, scaled to the same mean, and a note says which. No labels.
    """
    places = {
        g.key: [v.name or "" for n in producers(evidence.model, g) if (v := rectified(evidence.groups, n)) is not None]
        for g in evidence.chosen
    }
    seen = means(evidence, places, lambda a: (a != 0).to(a.dtype)) if any(places.values()) else {}
    found = {
        g.key: [s for v in places[g.key] if (s := by_unit(evidence, g, v, seen)) is not None] for g in evidence.chosen
    }
    return filled_in(evidence, found, "a rectifier behind it", mean_activation, "mean activation")


def means(evidence: Evidence, places: Mapping[str, list[str]], of: Callable[[Tensor], Tensor]) -> Seen:
    """Value name -> the mean of ``of(value)`` by channel over all items, float64."""
    import torch

    lanes = evidence.groups.lanes
    names = [v for v in dict.fromkeys(v for g in places.values() for v in g) if v in lanes]
    sums: dict[str, Floats] = {}
    counts = dict.fromkeys(names, 0)
    with running(evidence) as run, torch.no_grad():
        for piece in run.pieces("Looking at activations"):
            values = run.net(piece.feed, keep=names)
            for name in names:
                flat = piece.real(values[name]).movedim(lanes[name].axis, -1).flatten(0, -2)
                sums[name] = sums.get(name, 0.0) + of(flat).double().sum(0).cpu().numpy()
                counts[name] += len(flat)
    return {name: total / max(counts[name], 1) for name, total in sums.items()}


def by_unit(evidence: Evidence, group: ChannelGroup, value: str, seen: Seen) -> Floats | None:
    """The mean over each unit's channels of a value, (size,), NaN where it has none; None where it carries none."""
    place = units_on(evidence.groups, group, value)
    if place is None or value not in seen:
        return None
    units = place[1]
    held = units >= 0
    total = np.bincount(units[held], seen[value][held], minlength=group.size)
    count = np.bincount(units[held], minlength=group.size)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
