"""What removed channels gave on average, or always, moves into the next layer's bias or running mean before the cut.

A channel whose BatchNormalization has lost its scale still gives a constant, ReLU(beta); cutting it takes that away
from every layer that reads it. Moved into their biases it costs nothing: Ye et al. 2018, "Rethinking the
Smaller-Norm-Less-Informative Assumption in Channel Pruning of Convolution Layers", arXiv:1802.00124. For channels that
do vary, their mean does the same on average. A layer with padding saw zeros at its border where the bias now adds the
constant everywhere: there, and only there, a constant channel is not moved exactly.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import onnx_ir as ir

from core.data.dataset import DataSet
from core.data.feed import fixed_batch
from core.data.noise import noise
from core.jobs import Job
from core.methods.recover.linear import KINDS, Linear, linear_of
from core.model.channels import ChannelGroups, Removed, surviving
from core.model.facts import Array
from core.model.model import Model

Array64 = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Means = Mapping[str, Array64]  # value name -> what each channel gives, (channels,); NaN where that is not known
_SAME = 1e-5  # of the largest value: a constant up to rounding


@dataclass(frozen=True, slots=True)
class Folded:
    """``layers`` took constants into their bias or running mean; ``padded`` of these are not exact at their borders.

    ``left``: layers that read removed channels and have nowhere to put a constant, or whose constant is not known.
    """

    layers: tuple[str, ...]
    padded: tuple[str, ...]
    left: tuple[str, ...]

    def notes(self) -> tuple[str, ...]:
        """Full sentences for a report."""
        said = []
        if self.layers:
            exact = "exactly" if not self.padded else f"exactly but for the padded borders of {len(self.padded)}"
            said.append(
                f"What removed channels gave on average moved into the biases or running means of {len(self.layers)} "
                f"layers; where they were constant, {exact}."
            )
        if self.left:
            said.append(
                f"{len(self.left)} layers, '{self.left[0]}' first, read removed channels whose constant is not known "
                "or for which they have no bias."
            )
        return tuple(said)


def fold_constants(model: Model, groups: ChannelGroups, removed: Removed, means: Means) -> tuple[Model, Folded]:
    """A clone in which every layer that reads removed channels has their constants in its bias or running mean.

    To be done before the cut: ``groups`` are those of ``model`` and hold for the clone. ``means`` come from
    :func:`constants` or :func:`mean_values`; a channel that is NaN there is left alone.
    """
    new = model.clone()
    stored = new.graph.graph.initializers
    layers, padded, left = [], [], []
    for linear, dead in _readers(model, groups, removed):
        known = means.get(linear.source)
        lost = dead if known is None else dead & ~np.isfinite(known)
        if known is None or linear.shift is None or lost.all() or lost[dead].all():
            left.append(linear.name)
            continue
        value = stored[linear.shift.name]
        assert value.const_value is not None, "linear_of looked"
        before = value.const_value.numpy()
        moved = before + linear.shift.sign * _output(linear, model, np.where(dead & ~lost, known, 0.0))
        value.const_value = ir.tensor(moved.astype(before.dtype), name=value.name)
        layers.append(linear.name)
        if linear.pads():
            padded.append(linear.name)
    return new, Folded(tuple(layers), tuple(padded), tuple(left))


def sources(model: Model, groups: ChannelGroups, removed: Removed) -> tuple[str, ...]:
    """Names of the values out of which some layer with weights reads removed channels, in graph order."""
    return tuple(dict.fromkeys(linear.source for linear, _ in _readers(model, groups, removed)))


def constants(model: Model, groups: ChannelGroups, removed: Removed, threads: int = 1) -> dict[str, Array64]:
    """What removed channels give once their BatchNormalization has no scale; no data is needed.

    Value name -> (channels,), NaN for what stays and for channels that still depend on the input (those without
    BatchNormalization). Of a map with borders the middle counts.
    """
    from core.execute.runtimes import onnx_session

    names = sources(model, groups, removed)
    if not names:
        return {}
    inputs = {s.name for s in model.inputs}
    session = onnx_session(_without_scales(model, groups, removed), threads, taps=[n for n in names if n not in inputs])
    size = fixed_batch(model.inputs) or 1
    first, second = (session.run(noise(model.inputs, size, seed)) for seed in range(2))
    alive = surviving(groups, removed)
    return {n: _constant(first[n], second[n], *alive[n]) for n in names if n in first}


def mean_values(
    model: Model, names: Collection[str], axes: Mapping[str, int], data: DataSet, job: Job, threads: int = 1
) -> dict[str, Array64]:
    """The mean of every channel of some values over items and places; ``axes``: value name -> its channels' axis."""
    from core.data.feed import batches
    from core.execute.runtimes import onnx_session

    inputs = {s.name for s in model.inputs}
    session = onnx_session(model, threads, taps=[n for n in names if n not in inputs])
    sums: dict[str, Array64] = {}
    counts = dict.fromkeys(names, 0)
    done = 0
    for batch in batches(data, model):
        found = {**batch.feed, **session.run(batch.feed)}
        for name in names:
            value = found[name]
            real = value[: value.shape[0] * batch.count // len(batch.labels)]
            other = tuple(k for k in range(real.ndim) if k != axes[name])
            sums[name] = sums.get(name, np.zeros(())) + real.sum(other, dtype=np.float64)
            counts[name] += real.size // real.shape[axes[name]]
        done += batch.count
        job.progress(done / max(len(data.items), 1), "Averaging channels")
    return {n: sums[n] / max(counts[n], 1) for n in sums}


def channel_axes(groups: ChannelGroups, names: Sequence[str]) -> dict[str, int]:
    """Value name -> the axis its channels lie on."""
    return {n: groups.lanes[n].axis for n in names}


def _readers(model: Model, groups: ChannelGroups, removed: Removed) -> list[tuple[Linear, Flags]]:
    """The layers that read removed channels, with which of their input's channels these are."""
    alive = surviving(groups, removed)
    found = []
    for node in model.nodes():
        source = node.inputs[0].name or "" if node.inputs and node.inputs[0] is not None else ""
        if node.op_type not in KINDS or source not in alive:
            continue
        axis, flags = alive[source]
        linear = linear_of(model, node, groups.facts)
        if isinstance(linear, str) or axis != (1 if node.op_type == "Conv" else len(groups.facts.shapes[source]) - 1):
            continue
        carried = node.op_type == "Conv" and linear.groups == len(flags) > 1
        if not carried:  # a depthwise layer's own channels go with them
            found.append((linear, ~flags))
    return found


def _output(linear: Linear, model: Model, given: Array64) -> Array64:
    """What the layer adds to its outputs where its input is constant, ``given`` (channels,); without its bias."""
    value = model.graph.graph.initializers[linear.weight].const_value
    assert value is not None, "linear_of looked"
    matrix = linear.matrix(value.numpy())
    taps = linear.groups * linear.features // len(given)
    row = np.repeat(given.reshape(linear.groups, -1), taps, axis=1)
    made: Array64 = (row[:, None, :] @ matrix).reshape(-1)
    return made


def _without_scales(model: Model, groups: ChannelGroups, removed: Removed) -> Model:
    """A clone whose removed channels have no scale in their BatchNormalization."""
    new, alive = model.clone(), surviving(groups, removed)
    for node in new.nodes():
        name = node.inputs[0].name or "" if node.inputs and node.inputs[0] is not None else ""
        if node.op_type != "BatchNormalization" or name not in alive or alive[name][0] != 1:
            continue
        scale = node.inputs[1]
        stored = None if scale is None else new.graph.graph.initializers.get(scale.name or "")
        if stored is not None and stored.const_value is not None:
            numbers = stored.const_value.numpy() * alive[name][1]
            stored.const_value = ir.tensor(numbers.astype(stored.const_value.numpy().dtype), name=stored.name)
    return new


def _constant(first: Array, second: Array, axis: int, flags: Flags) -> Array64:
    """The middle of each removed channel where two inputs give the same everywhere, else NaN."""
    a, b = (np.moveaxis(np.asarray(v, np.float64), axis, 0).reshape(len(flags), -1) for v in (first, second))
    varies = np.abs(a - b).max(1) > _SAME * max(float(np.abs(a).max()), 1e-30)
    places = [n for k, n in enumerate(first.shape) if k != axis]
    middle = int(np.ravel_multi_index([n // 2 for n in places], places)) if places else 0
    return np.where(flags | varies, np.nan, a[:, middle])
