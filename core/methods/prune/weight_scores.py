"""What masking loses: scores of the parts of weights, and which of them go. Arrays only, no graph.

Small means that little is lost. A part whose weights are all zero scores below everything: it is gone already.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

import numpy as np
import numpy.typing as npt

from core.model.masks import Flags, Units

Floats = npt.NDArray[np.floating]
GONE = -np.inf


class WeightScore(Enum):
    """How parts of weights are ranked.

    MAGNITUDE: mean absolute weight of the part (Han et al. 2015, arXiv:1506.02626; of a grain, Mao et al. 2017).
    LAMP: the part's squared length over that of all parts of its layer that are at least as long (Lee et al. 2021,
    "Layer-adaptive sparsity for the magnitude-based pruning", arXiv:2010.07611): orders a layer as magnitude does and
    makes layers comparable. TAYLOR: |sum of gradient times weight| over the part, the first-order change of the loss
    without it, as the mean over batches (Molchanov et al. 2017, arXiv:1611.06440). RANDOM: uniform.
    """

    MAGNITUDE = "magnitude"
    LAMP = "lamp"
    TAYLOR = "taylor"
    RANDOM = "random"


def magnitude(parts: Floats) -> Floats:
    """Mean |w| of each part, (count,), of weights (count, size)."""
    return _marked(np.abs(parts).mean(1), parts)


def lamp(parts: Floats) -> Floats:
    """Lee et al. 2021, equation 2, with a part's squared length in the place of a squared weight; (count,) in [0, 1].

    Parts of equal length share no denominator: they stand in the tensor's order, as in the paper. The longest part
    scores 1, so a global threshold never empties a layer.
    """
    power = np.square(parts.astype(np.float64)).sum(1)
    order = np.argsort(power, kind="stable")
    rest = np.cumsum(power[order][::-1])[::-1]
    scores = np.zeros(len(power))
    scores[order] = np.divide(power[order], rest, out=np.zeros(len(power)), where=rest > 0)
    return _marked(scores, parts)


def random(parts: Floats, generator: np.random.Generator) -> Floats:
    """Uniform in [0, 1), (count,)."""
    return _marked(generator.random(len(parts)), parts)


def marked_gone(scores: Floats, parts: Floats) -> Floats:
    """Scores with those of parts that are all zero put below all others."""
    return _marked(scores, parts)


def _marked(scores: Floats, parts: Floats) -> Floats:
    return np.where((parts != 0).any(1), scores, GONE)


def choose(
    scores: Mapping[str, Floats], parts: Mapping[str, Units], sparsity: float, everywhere: bool
) -> dict[str, Flags]:
    """Name -> which parts are kept, (count,): the lowest scores go until the share ``sparsity`` of the weights is gone.

    ``everywhere``: one threshold for all tensors, else each loses the same share. The share is met to half a part.
    Every tensor keeps its best part, or nothing would come through it. N:M patterns lose the weakest of every group,
    as many as the share allows without a remainder (2:4 at 0.5: two of four).
    """
    grouped = {n: u for n, u in parts.items() if u.group}
    found = {n: _weakest_of_groups(scores[n], u.group, sparsity) for n, u in grouped.items()}
    free = {n: u for n, u in parts.items() if not u.group}
    if everywhere and free:
        found |= _weakest_everywhere({n: scores[n] for n in free}, {n: u.size for n, u in free.items()}, sparsity)
    else:
        found |= {n: weakest_share(scores[n], sparsity) for n in free}
    return {name: found[name] for name in parts}


def _weakest_of_groups(scores: Floats, group: int, sparsity: float) -> Flags:
    gone = int(sparsity * group + 1e-6)
    rows = scores.reshape(-1, group)
    kept = np.ones(rows.shape, bool)
    np.put_along_axis(kept, np.argsort(rows, axis=1, kind="stable")[:, :gone], False, axis=1)
    return kept.reshape(-1)


def weakest_share(scores: Floats, share: float) -> Flags:
    """Which are kept when the lowest share of the scores goes, rounded to whole parts; the best always is."""
    kept = np.ones(len(scores), bool)
    kept[np.argsort(scores, kind="stable")[: min(round(share * len(scores)), len(scores) - 1)]] = False
    return kept


def _weakest_everywhere(scores: Mapping[str, Floats], sizes: Mapping[str, int], sparsity: float) -> dict[str, Flags]:
    """The prefix of all parts, weakest first, whose weights are nearest to the share; the best of each tensor last."""
    every = [np.array(s, np.float64) for s in scores.values()]
    for own in every:
        own[own.argmax()] = np.inf
    flat = np.concatenate(every)
    each = np.repeat([sizes[n] for n in scores], [len(s) for s in every])
    total = int(each.sum())
    order = np.argsort(flat, kind="stable")
    after = np.cumsum(each[order])
    wanted = sparsity * total
    gone = int(np.searchsorted(after, wanted))  # the first prefix that reaches it
    if gone < len(after) and after[gone] - wanted <= wanted - (after[gone - 1] if gone else 0):
        gone += 1
    gone = min(gone, len(flat) - len(every))
    kept = np.ones(len(flat), bool)
    kept[order[:gone]] = False
    ends = np.cumsum([len(s) for s in every])
    return dict(zip(scores, np.split(kept, ends[:-1]), strict=True))
