"""Which factors make the ranges of a network's channels equal: cross-layer equalization over whole groups of layers.

For a channel that one layer makes with range r1 and one layer reads with range r2 (the largest absolute weight of the
row, of the column) the factor is sqrt(r2 / r1): both ranges become sqrt(r1 r2) (Nagel et al., "Data-Free Quantization
through Weight Equalization and Bias Correction", 2019, arXiv:1906.04721, equation 11). Where several layers make or
read it, log t = (sum of log of the ranges that read - sum of log of those that make) / their number, which is the same
for one and one, and the least-squares answer otherwise. The rule is applied group by group until nothing moves.

What limits a factor: a Clip (the factor may not lift the channel up to its bound) and channels that stay as they are;
the others of their group are then equalized relative to them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import onnx_ir as ir

from core.model.channel_labels import Ints, Occurrence
from core.model.facts import Array
from core.model.qdq_operators import weight_axis
from core.model.rescaling import Array64, Rescaling

SWEEPS, STILL = 100, 1e-3  # at most; largest change of log t at which nothing moves any more
_KERNELS = frozenset({"Conv", "ConvTranspose", "Gemm", "MatMul"})
_DIAGONAL = frozenset({"BatchNormalization", "LayerNormalization", "Mul"})  # a number for each channel


@dataclass(frozen=True, eq=False)
class Weighted:
    """A layer's weight as channels see it: ``size`` [groups, rows, columns] is the logarithm of the largest absolute
    value of each kernel (-inf for zeros), ``made`` [groups, rows] and ``read`` [groups, columns] the classes of its
    output and input channels (0: none that is free).
    """

    layer: str
    size: Array64
    made: Ints
    read: Ints

    def scaled(self, log: Array64) -> Array64:
        """``size`` with the factors on it; ``log``: log t of every class."""
        return self.size + log[self.made][:, :, None] - log[self.read][:, None, :]


@dataclass(frozen=True, eq=False)
class Activation:
    """Logarithm of the largest absolute value of every channel of a value that quantization rounds; classes beside."""

    value: str
    size: Array64
    classes: Ints


@dataclass(frozen=True, eq=False)
class Problem:
    """What :func:`solve` works on. ``groups``: classes that are solved together, in graph order.

    ``low``, ``high``: what log t of each class must be between.
    """

    weights: tuple[Weighted, ...]
    activations: tuple[Activation, ...]
    groups: tuple[Ints, ...]
    low: Array64
    high: Array64

    @property
    def classes(self) -> Ints:
        """All that can have a factor."""
        return np.concatenate(self.groups) if self.groups else np.zeros(0, np.int64)


def weighted_layers(rescaling: Rescaling) -> tuple[Weighted, ...]:
    """The layers with weights that have a free channel, in graph order; a number a channel is a depthwise layer."""
    nodes = {id(n): n for n in rescaling.facts.graph}
    uses: dict[int, list[Occurrence]] = {}
    for o in rescaling.occurrences:
        operator = nodes[o.use[0]].op_type
        if (o.use[1] == 1 and operator in _KERNELS | _DIAGONAL) or operator == "Mul":
            uses.setdefault(o.use[0], []).append(o)
    found = (_weighted(nodes[key], occurrences, rescaling) for key, occurrences in uses.items())
    return tuple(w for w in found if w is not None and (w.made.any() or w.read.any()))


def _weighted(node: ir.Node, occurrences: Sequence[Occurrence], rescaling: Rescaling) -> Weighted | None:
    weight = rescaling.facts.array(node.inputs[occurrences[0].use[1]])
    if weight is None:
        return None
    table = _gains(node, weight, rescaling) if node.op_type in _DIAGONAL else kernels(node, weight)
    made, read = np.zeros(table.shape[:2], np.int64), np.zeros((table.shape[0], table.shape[2]), np.int64)
    for o in occurrences:
        roots = rescaling.roots(o.labels)
        if o.role == "produces":
            made = roots.reshape(made.shape)
        elif o.rows is not None:
            read[o.rows[0] // table.shape[1]] = roots
        else:
            read = roots.reshape(made.shape)[:, :1] if len(roots) != read.size else roots.reshape(read.shape)
    with np.errstate(divide="ignore"):
        return Weighted(occurrences[0].layer, np.log(table), made, read)


def _gains(node: ir.Node, weight: Array, rescaling: Rescaling) -> Array64:
    """Absolute factor on each channel, [channels, 1, 1]; of a BatchNormalization that with its deviation in it."""
    gain = np.abs(weight).astype(np.float64).reshape(-1, 1, 1)
    variance = rescaling.facts.array(node.inputs[4]) if node.op_type == "BatchNormalization" else None
    if variance is not None:
        epsilon = node.attributes.get_float("epsilon", 1e-5)
        gain = gain / np.sqrt(variance.astype(np.float64).reshape(-1, 1, 1) + epsilon)
    return gain


def kernels(node: ir.Node, weight: Array) -> Array64:
    """Largest absolute value of each kernel, [groups, output channels of a group, input channels of a group]."""
    size = np.abs(weight).astype(np.float64)
    if node.op_type in ("Conv", "ConvTranspose"):
        size = size.reshape(*size.shape[:2], -1).max(axis=2)
    groups = node.attributes.get_int("group", 1) if node.op_type in ("Conv", "ConvTranspose") else 1
    if node.op_type == "ConvTranspose":
        return size.reshape(groups, -1, size.shape[1]).transpose(0, 2, 1)
    if node.op_type != "Conv" and weight_axis(node) == 1:
        size = size.T
    return size.reshape(groups, -1, size.shape[1])


def groups_of(rescaling: Rescaling) -> tuple[Ints, ...]:
    """Free classes, together with those that the same layer was the first to make."""
    seen: set[int] = {0}
    groups = []
    for o in rescaling.occurrences:
        if o.role == "reads":
            continue
        new = [r for r in np.unique(rescaling.roots(o.labels)).tolist() if r not in seen]
        seen.update(new)
        if new:
            groups.append(np.asarray(new, np.int64))
    return tuple(groups)


def solve(problem: Problem, watch: Callable[[int], None] = lambda sweep: None) -> tuple[Array64, int]:
    """(t of every class, sweeps it took). ``watch`` is called with the number of each sweep."""
    log = np.zeros(len(problem.low))
    terms = terms_of(problem)
    for sweep in range(1, SWEEPS + 1):
        watch(sweep)
        moved = 0.0
        for group, (weights, activations) in zip(problem.groups, terms, strict=True):
            before = log[group]
            log[group] = _moved(problem, group, ranges_of(group, weights, activations, log), log)
            change = log[group] - before
            moved = max(moved, float(np.abs(change - change.mean()).max()))  # a common factor is of no account
        if moved < STILL:
            break
    return np.exp(log), sweep


def terms_of(problem: Problem) -> list[tuple[list[Weighted], list[Activation]]]:
    """For every group the layers and values that have one of its classes."""
    group_of = np.full(len(problem.low), -1, np.int64)
    for k, group in enumerate(problem.groups):
        group_of[group] = k
    found: list[tuple[list[Weighted], list[Activation]]] = [([], []) for _ in problem.groups]
    for w in problem.weights:
        for k in np.unique(group_of[np.concatenate([w.made.reshape(-1), w.read.reshape(-1)])]).tolist():
            if k >= 0:
                found[k][0].append(w)
    for a in problem.activations:
        for k in np.unique(group_of[a.classes]).tolist():
            if k >= 0:
                found[k][1].append(a)
    return found


def _moved(problem: Problem, group: Ints, sides: tuple[Sequence[Array64], Sequence[Array64]], log: Array64) -> Array64:
    """log t of a group's classes, each nearer to where its ranges are equal; [classes]."""
    total, parts, known = np.zeros(len(group)), np.zeros(len(group)), np.zeros((2, len(group)), bool)
    for side, ranges in ((s, r) for s in (0, 1) for r in sides[s]):
        there = np.isfinite(ranges)
        total[there] += ranges[there] if side else -ranges[there]
        parts += there
        known[side] |= there
    both = np.asarray(known.all(axis=0))
    return within(problem, group, log[group], np.where(both, total / np.maximum(parts, 1), 0.0), both)


def within(problem: Problem, group: Ints, log: Array64, step: Array64, wanted: npt.NDArray[np.bool_]) -> Array64:
    """log t of a group's ``wanted`` classes after a step, within their limits; the others keep theirs. [classes]"""
    low, high = problem.low[group], problem.high[group]
    fixed = wanted & (low == high)
    aim = log + step
    if fixed.any():  # what stays is what the others are measured by
        aim -= step[fixed].mean()
    elif wanted.any():  # a factor common to all of them is of no account, so all keep below their bounds
        aim -= max(float((aim - high)[wanted].max()), 0.0)
    moved: Array64 = np.where(wanted, np.clip(aim, low, high), log)
    return moved


def ranges_of(
    group: Ints, weights: Sequence[Weighted], activations: Sequence[Activation], log: Array64
) -> tuple[list[Array64], list[Array64]]:
    """(logarithms of the ranges that make the group's channels, of those that read them), each [classes].

    -inf where a class has no place in a layer or only zeros. Activations are the last of those that make.
    """
    made, read = [], []
    for w in weights:
        size = w.scaled(log)
        made.append(_largest(size.max(axis=2), w.made, group))
        read.append(_largest(size.max(axis=1), w.read, group))
    made += [_largest(a.size + log[a.classes], a.classes, group) for a in activations]
    return made, read


def _largest(ranges: Array64, classes: Ints, group: Ints) -> Array64:
    """The largest range of each class of a (sorted) group: a class may have several places."""
    out = np.full(len(group), -np.inf)
    flat, values = classes.reshape(-1), ranges.reshape(-1)
    at = np.minimum(np.searchsorted(group, flat), len(group) - 1)
    held = group[at] == flat
    np.maximum.at(out, at[held], values[held])
    return out


def limits(
    rescaling: Rescaling, highest: Mapping[str, Array64], margin: Mapping[str, float]
) -> tuple[Array64, Array64]:
    """(low, high) of log t for every class, by the Clips on the way.

    ``highest``: what a Clip reads -> the largest value of each channel; where it is missing the channels stay as they
    are. ``margin``: how much larger than that they may become on other items. A channel that reaches the bound as it
    is must stay as it is: below the bound by less than the margin counts as reaching it.
    """
    size = len(rescaling.root_of)
    low, high = np.full(size, -np.inf), np.full(size, np.inf)
    for bound in rescaling.bounds:
        roots = rescaling.roots(bound.labels)
        top = highest.get(bound.value)
        if top is None:
            room = np.zeros(len(roots))
        else:
            with np.errstate(divide="ignore"):
                room = np.log(bound.high) - np.log(np.maximum(top, 0.0) * margin[bound.value])
        stays = room <= 0
        low[roots[stays]], high[roots[stays]] = 0.0, 0.0
        np.minimum.at(high, roots[~stays], room[~stays])
    fixed = low == 0
    high[fixed] = 0.0
    return low, high
