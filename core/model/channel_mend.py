"""Mending after a cut: the few numbers of a graph that count channels are computed again from the survivors."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from types import SimpleNamespace
from typing import cast
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
import onnx_ir as ir

from core.errors import UnsupportedOperator
from core.model.channel_groups import ChannelGroups
from core.model.channel_labels import Labelling
from core.model.channel_rules_moves import pad_widths, slice_ranges
from core.model.facts import Facts, infer
from core.model.model import Model, layer_name

Flags = npt.NDArray[np.bool_]
_with_two: WeakKeyDictionary[ChannelGroups, Facts] = WeakKeyDictionary()


@dataclass(frozen=True)
class Survey:
    """Which positions of which values survive. Values are named, so nodes of the old and the new graph may be asked.

    ``rehearsed``: where it is a list, nothing is written; what would be is noted as (constant in its place, bytes).
    """

    model: Model
    groups: ChannelGroups
    gone: Flags
    rehearsed: list[tuple[ir.Value | None, int]] | None = field(default=None, repr=False)

    def alive(self, value: ir.Value | None, axis: int) -> Flags:
        """Which positions along an axis survive; (size of the axis,) bool."""
        lane = self.groups.lanes.get(value.name or "") if value is not None else None
        if lane is not None and lane.axis == axis:
            return ~self.gone[lane.labels]
        return np.ones(self.shape(value)[axis], bool)

    def lane_axis(self, value: ir.Value | None) -> int | None:
        """The axis along which a value loses channels, None where it loses none."""
        lane = self.groups.lanes.get(value.name or "") if value is not None else None
        return lane.axis if lane is not None and self.gone[lane.labels].any() else None

    def touches(self, node: ir.Node) -> bool:
        """Whether the node's data or one of its results gets smaller."""
        return any(v is not None and (v.name or "") in self.sizes for v in (*node.inputs[:1], *node.outputs))

    def shape(self, value: ir.Value | None) -> list[int]:
        """The shape before the cut."""
        return list(self.groups.facts.shape(value) or ())

    def shape_after(self, value: ir.Value | None) -> list[int]:
        smaller = self.sizes.get(value.name or "", {}) if value is not None else {}
        return [smaller.get(axis, size) for axis, size in enumerate(self.shape(value))]

    @cached_property
    def sizes(self) -> dict[str, dict[int, int]]:
        return sizes_after(self.groups, self.gone)

    @cached_property
    def rules(self) -> Labelling:
        """For reading the arguments of Slice and Pad as the rules do."""
        return Labelling(self.groups.facts, self.model.opset)

    @property
    def with_batch_of_two(self) -> Facts:
        """Facts with another batch: what differs follows the batch. Inferred once for a model's groups."""
        if self.groups not in _with_two:
            _with_two[self.groups] = infer(self.model, batch=2)
        return _with_two[self.groups]


def sizes_after(groups: ChannelGroups, gone: Flags) -> dict[str, dict[int, int]]:
    """Value name -> axis -> its new size, for every value that gets smaller; weights and what is made of them too."""
    found: dict[str, dict[int, int]] = defaultdict(dict)
    lanes = [(name, lane.axis, lane.labels) for name, lane in groups.lanes.items()]
    stored = [(o.tensor, o.axis, o.labels) for o in groups.occurrences]
    for name, axis, labels in (*lanes, *((d.value, d.axis, d.labels) for d in groups.derived), *stored):
        dead = int(gone[labels].sum())
        if dead:
            found[name][axis] = len(labels) - dead
    return found


class Argument:
    """A list of integers that a node takes as an attribute (older opsets) or as a constant input (newer ones)."""

    def __init__(self, survey: Survey, old: ir.Node, new: ir.Node, attribute: str, slot: int) -> None:
        self._survey, self._old, self._new, self._attribute, self._slot = survey, old, new, attribute, slot
        self._value = old.inputs[slot] if len(old.inputs) > slot else None

    @property
    def _is_attribute(self) -> bool:
        return self._attribute in self._old.attributes

    @property
    def is_computed(self) -> bool:
        """Whether the numbers come out of other nodes, so that they may follow the batch."""
        maker = self._value.producer() if self._value is not None else None
        return maker is not None and maker.op_type != "Constant"

    def array(self) -> npt.NDArray[np.int64]:
        """The numbers as they were before the cut; empty where the argument is left out.

        Raises UnsupportedOperator where they follow the batch: they could not be written down.
        """
        numbers = self._numbers(self._survey.groups.facts)
        if self.is_computed and not np.array_equal(numbers, self._numbers(self._survey.with_batch_of_two)):
            raise UnsupportedOperator(
                self._old.op_type, layer_name(self._old), f"its {self._attribute} follow the batch"
            )
        return numbers

    def _numbers(self, facts: Facts) -> npt.NDArray[np.int64]:
        if self._is_attribute:
            return np.asarray(self._old.attributes.get_ints(self._attribute), np.int64)
        found = facts.array(self._value)
        return np.zeros(0, np.int64) if found is None else found.astype(np.int64)

    def write(self, numbers: npt.ArrayLike) -> None:
        """Give the new node these numbers; other readers of the same constant keep theirs."""
        mended = np.asarray(numbers, np.int64)
        if np.array_equal(mended, self._numbers(self._survey.groups.facts)):
            return
        if self._survey.rehearsed is not None:
            if not self._is_attribute:
                width = self._value.dtype.itemsize if self._value is not None and self._value.dtype is not None else 8
                self._survey.rehearsed.append((self._value, int(mended.size * width)))
            return
        if self._is_attribute:
            self._new.attributes[self._attribute] = ir.AttrInt64s(self._attribute, mended.tolist())
            return
        graph = self._new.graph
        assert isinstance(graph, ir.Graph)
        while len(self._new.inputs) <= self._slot:
            self._new.resize_inputs(len(self._new.inputs) + 1)
        present = self._new.inputs[self._slot]
        dtype = present.dtype.numpy() if present is not None and present.dtype is not None else np.dtype(np.int64)
        tensor = ir.tensor(mended.astype(dtype))
        if present is not None and present.is_initializer() and len(present.uses()) == 1:
            present.const_value, present.shape = tensor, ir.Shape(mended.shape)
            return
        value = ir.Value(name=self._free_name(graph), shape=ir.Shape(mended.shape), const_value=tensor)
        value.dtype = tensor.dtype
        graph.register_initializer(value)
        self._new.replace_input_with(self._slot, value)

    def _free_name(self, graph: ir.Graph) -> str:
        base = name = f"{layer_name(self._new)}_{self._attribute}"
        taken = {o.name for n in graph for o in n.outputs} | set(graph.initializers) | {v.name for v in graph.inputs}
        k = 1
        while name in taken:
            k += 1
            name = f"{base}_{k}"
        return name


def mend_convolution(survey: Survey, old: ir.Node, new: ir.Node) -> None:
    """Depthwise: as many groups as channels are left. Other groups lose the same channels each, and stay."""
    groups = old.attributes.get_int("group", 1)
    channels = survey.alive(old.inputs[0], 1)
    if groups > 1 and groups == len(channels):
        new.attributes["group"] = ir.AttrInt64("group", int(channels.sum()))


def mend_reshape(survey: Survey, old: ir.Node, new: ir.Node) -> None:
    """Explicit sizes are written anew; -1, and 0 where it still copies the right size, stay.

    A target computed while running becomes constant, with -1 for the one axis that follows the batch.
    """
    out = old.outputs[0]
    after, given = survey.shape_after(out), survey.shape_after(old.inputs[0])
    target = Argument(survey, old, new, "shape", 1)
    if survey.shape(out) == after:
        return
    if target.is_computed:
        free = _follows_batch(survey, out)
        if len(free) > 1:
            raise UnsupportedOperator(old.op_type, layer_name(old), "two axes of its shape follow the batch")
        target.write([-1 if k in free else size for k, size in enumerate(after)])
        return
    copies = not old.attributes.get_int("allowzero", 0)
    entries = target.array().tolist()
    keeps = [e == -1 or (e == 0 and copies and given[k] == after[k]) for k, e in enumerate(entries)]
    target.write([e if keep else size for e, keep, size in zip(entries, keeps, after, strict=True)])


def mend_expand(survey: Survey, old: ir.Node, new: ir.Node) -> None:
    """1 wherever the input already has the size, the new size elsewhere."""
    out = old.outputs[0]
    after, given = survey.shape_after(out), survey.shape_after(old.inputs[0])
    given = [1] * (len(after) - len(given)) + given
    target = Argument(survey, old, new, "shape", 1)
    grown = [k for k in range(len(after)) if given[k] != after[k]]
    if target.is_computed and _follows_batch(survey, out) & set(grown):
        raise UnsupportedOperator(old.op_type, layer_name(old), "it repeats along the batch")
    target.write([size if k in grown else 1 for k, size in enumerate(after)])


def _follows_batch(survey: Survey, value: ir.Value) -> set[int]:
    other = survey.with_batch_of_two.shape(value) or ()
    return {k for k, (a, b) in enumerate(zip(survey.shape(value), other, strict=True)) if a != b}


def mend_split(survey: Survey, old: ir.Node, new: ir.Node) -> None:
    """Sizes of the parts; a node that only counted its parts gets explicit sizes."""
    axis = old.attributes.get_int("axis", 0) % len(survey.shape(old.inputs[0]))
    if survey.lane_axis(old.inputs[0]) != axis:
        return
    alive = survey.alive(old.inputs[0], axis)
    bounds = np.cumsum([survey.shape(out)[axis] for out in old.outputs])[:-1]
    sizes = [int(part.sum()) for part in np.split(alive, bounds)]
    if survey.model.opset < 13:
        new.attributes["split"] = ir.AttrInt64s("split", sizes)
        return
    new.attributes.pop("num_outputs", None)
    Argument(survey, old, new, "split", 1).write(sizes)


def mend_slice(survey: Survey, old: ir.Node, new: ir.Node) -> None:
    """Bounds count the survivors before them."""
    axis = survey.lane_axis(old.inputs[0])
    ranges = slice_ranges(survey.rules, old)
    if axis is None or ranges is None or axis not in ranges:
        return
    alive = survey.alive(old.inputs[0], axis)
    low, high, _ = ranges[axis].indices(len(alive))
    place = list(ranges).index(axis)
    for attribute, slot, bound in (("starts", 1, low), ("ends", 2, high)):
        argument = Argument(survey, old, new, attribute, slot)
        numbers = argument.array()
        numbers[place] = int(alive[:bound].sum())
        argument.write(numbers)


def mend_pad(survey: Survey, old: ir.Node, new: ir.Node) -> None:
    """Widths along the channels count the padded channels that are left."""
    axis = survey.lane_axis(old.outputs[0])
    widths = pad_widths(survey.rules, old)
    if axis is None or widths is None or widths.get(axis, (0, 0)) == (0, 0):
        return
    alive = survey.alive(old.outputs[0], axis)
    low, high = widths[axis]
    argument = Argument(survey, old, new, "pads", 1)
    numbers, place = argument.array(), list(widths).index(axis)
    numbers[place] = int(alive[:low].sum())
    numbers[place + len(widths)] = int(alive[len(alive) - high :].sum())
    argument.write(numbers)


def mend_gather(survey: Survey, old: ir.Node, new: ir.Node) -> None:
    """Indices into the survivors."""
    axis = old.attributes.get_int("axis", 0) % len(survey.shape(old.inputs[0]))
    if survey.lane_axis(old.inputs[0]) != axis:
        return
    alive = survey.alive(old.inputs[0], axis)
    argument = Argument(survey, old, new, "indices", 1)
    indices = argument.array()
    indices = np.where(indices < 0, indices + len(alive), indices)
    place = np.cumsum(alive) - 1
    argument.write(place[indices] if indices.ndim == 0 else place[indices[alive[indices]]])


def mend_resize(survey: Survey, old: ir.Node, new: ir.Node) -> None:
    """Where sizes are given rather than scales, the channels' size is one of them."""
    axis = survey.lane_axis(old.outputs[0])
    argument = Argument(survey, old, new, "sizes", 3)
    sizes = argument.array()
    rank = len(survey.shape(old.inputs[0]))
    axes = [a % rank for a in old.attributes.get_ints("axes", tuple(range(rank)))]
    if axis is None or not sizes.size or axis not in axes:
        return
    sizes[axes.index(axis)] = survey.shape_after(old.outputs[0])[axis]
    argument.write(sizes)


MENDS: dict[str, Callable[[Survey, ir.Node, ir.Node], None]] = {
    "Conv": mend_convolution,
    "ConvTranspose": mend_convolution,
    "Reshape": mend_reshape,
    "Expand": mend_expand,
    "Split": mend_split,
    "Slice": mend_slice,
    "Pad": mend_pad,
    "Gather": mend_gather,
    "Resize": mend_resize,
}


def mended_bytes(model: Model, groups: ChannelGroups, gone: Flags) -> int:
    """How many more bytes of shape constants a cut model stores (fewer, below 0); nothing is changed.

    Numbers of a constant that others read too, or that were computed, are written into a constant of their own.
    """
    written: list[tuple[ir.Value | None, int]] = []
    survey = Survey(model, groups, gone, written)
    for node in model.nodes():
        if node.op_type in MENDS and survey.touches(node):
            MENDS[node.op_type](survey, node, cast(ir.Node, SimpleNamespace(attributes={})))
    total = sum(size for _, size in written)
    times: dict[ir.Value, int] = {}
    for value, _ in written:
        if value is None or not value.is_initializer() or value.const_value is None:
            continue
        times[value] = times.get(value, 0) + 1
        if times[value] == len(value.uses()):  # every other reader has its own by now: the last one's is written over
            total -= value.const_value.nbytes
    return total
