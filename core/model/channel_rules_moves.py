"""Channel rules of data movement: labels move exactly as the data does."""

from __future__ import annotations

import math

import numpy as np
import onnx_ir as ir

from core.model.channel_labels import Ints, Labelling, Lane
from core.model.channel_rules import no_rule, rule
from core.model.channel_rules_products import axis_of_heads
from core.model.model import layer_name


@rule("Reshape", "Flatten", "Squeeze", "Unsqueeze")
def reshaping(state: Labelling, node: ir.Node) -> None:
    """Row-major order stays; an axis that is split leaves one factor free and joins over the others."""
    lane = state.lane(node.inputs[0])
    if lane is None:
        return
    if node.op_type == "Squeeze" and len(node.inputs) < 2 and "axes" not in node.attributes:
        # a channel axis cut to length 1 would vanish
        no_rule(state, node, f"Squeeze drops every axis of length 1 (layer {layer_name(node)})")
        return
    table, first = regrouped(lane, state.shape(node.inputs[0]), state.shape(node.outputs[0]))
    axis, labels = _one_free_axis(state, node, table, first)
    state.put(node.outputs[0], first + axis, labels)


def regrouped(lane: Lane, before: tuple[int, ...], after: tuple[int, ...]) -> tuple[Ints, int]:
    """Labels after a reshape: an array over the run of new axes that the lane's axis is part of, and its first axis.

    Old and new axes are walked until their products agree; only the run that holds the lane is ever expanded.
    before=(1, 24, 8, 8), lane on axis 1, after=(1, 2, 12, 8, 8) gives ((2, 12), 1).
    """
    i = j = 0
    while True:
        start_i, start_j, p, q = i, j, before[i], after[j]
        i, j = i + 1, j + 1
        while p != q:
            if p < q:
                p, i = p * before[i], i + 1
            else:
                q, j = q * after[j], j + 1
        if start_i <= lane.axis < i:
            inner, outer = math.prod(before[lane.axis + 1 : i]), math.prod(before[start_i : lane.axis])
            return np.tile(np.repeat(lane.labels, inner), outer).reshape(after[start_j:j]), start_j


def _one_free_axis(state: Labelling, node: ir.Node, table: Ints, first: int) -> tuple[int, Ints]:
    """Survivors must lie on a grid: join along every axis that varies but one. Returns (axis, labels).

    The free one is that of attention's heads where there are any, else the longest. ``first``: of the table's axes
    among those of the node's output.
    """
    roots = state.classes.roots(table)
    varied = [k for k in range(table.ndim) if not (roots == np.take(roots, [0], k)).all()]
    if not varied:  # every position the same class: it can never be removed
        longest = max(range(table.ndim), key=lambda k: table.shape[k])
        return longest, np.moveaxis(table, longest, 0).reshape(table.shape[longest], -1)[:, 0]
    free = max(varied, key=lambda k: table.shape[k])
    if len(varied) > 1:
        heads = axis_of_heads(state, node.outputs[0], [first + k for k in varied])
        free = free if heads is None else heads - first
    columns = np.moveaxis(table, free, 0).reshape(table.shape[free], -1)
    labels: Ints = columns[:, 0]
    if len(varied) > 1:
        why = f"{node.op_type} mixes it with channels that have to stay (layer {layer_name(node)})"
        for k in range(1, columns.shape[1]):
            labels = state.join(labels, columns[:, k], why)
    return free, labels


@rule("Transpose")
def transposition(state: Labelling, node: ir.Node) -> None:
    """Axis k of the output is axis perm[k] of the input."""
    lane = state.lane(node.inputs[0])
    if lane is not None:
        rank = len(state.shape(node.inputs[0]))
        perm = list(node.attributes.get_ints("perm", tuple(range(rank))[::-1]))
        state.put(node.outputs[0], perm.index(lane.axis), lane.labels)


@rule("Concat")
def concatenation(state: Labelling, node: ir.Node) -> None:
    """Along the channels: label arrays one after another. Along another axis: the inputs' channels are joined."""
    lanes = [state.lane(v) for v in node.inputs]
    axes = {lane.axis for lane in lanes if lane is not None}
    if not axes:
        return
    along = node.attributes.get_int("axis", 0) % len(state.shape(node.outputs[0]))
    if len(axes) > 1:
        no_rule(state, node, f"Concat meets channels on another axis (layer {layer_name(node)})")
        return
    axis = axes.pop()
    if axis == along:
        parts = [
            lane.labels if lane is not None else np.zeros(state.shape(v)[along], np.int64)
            for v, lane in zip(node.inputs, lanes, strict=True)
        ]
        state.put(node.outputs[0], along, np.concatenate(parts))
        return
    why = f"Concat joins it with channels that have to stay (layer {layer_name(node)})"
    known = [lane.labels for lane in lanes if lane is not None]
    labels = known[0]
    for other in known[1:]:
        labels = state.join(labels, other, why)
    for slot, lane in enumerate(lanes):
        if lane is None and state.is_static(node.inputs[slot]):
            state.tie(node, slot, axis, labels, "carries")
        elif lane is None:
            state.lock(labels, why)
    state.put(node.outputs[0], axis, labels)


@rule("Split")
def splitting(state: Labelling, node: ir.Node) -> None:
    """Each output gets its run of labels."""
    lane = state.lane(node.inputs[0])
    if lane is None:
        return
    axis = node.attributes.get_int("axis", 0) % len(state.shape(node.inputs[0]))
    start = 0
    for out in node.outputs:
        if axis != lane.axis:
            state.put(out, lane.axis, lane.labels)
            continue
        size = state.facts.shape(out)
        if size is None:
            no_rule(state, node, f"the sizes of Split are not known before running (layer {layer_name(node)})")
            return
        state.put(out, axis, lane.labels[start : start + size[axis]])
        start += size[axis]


def slice_ranges(state: Labelling, node: ir.Node) -> dict[int, slice] | None:
    """Axis -> python slice of a Slice node; None where a bound is not known before running."""
    rank = len(state.shape(node.inputs[0]))
    if state.opset < 10:
        starts, ends = list(node.attributes.get_ints("starts", ())), list(node.attributes.get_ints("ends", ()))
        axes = list(node.attributes.get_ints("axes", tuple(range(len(starts)))))
        steps = [1] * len(starts)
    else:
        given = [state.constants(v) for v in node.inputs[1:]]
        if any(g is None and v is not None for g, v in zip(given, node.inputs[1:], strict=True)):
            return None
        starts, ends = given[0] or [], given[1] or []
        axes = (given[2] if len(given) > 2 else None) or list(range(len(starts)))
        steps = (given[3] if len(given) > 3 else None) or [1] * len(starts)
    return {a % rank: slice(s, e, p) for a, s, e, p in zip(axes, starts, ends, steps, strict=True)}


@rule("Slice")
def slicing(state: Labelling, node: ir.Node) -> None:
    """A run of channels keeps its labels; every n-th channel cannot be mended, so a stride along channels locks."""
    lane = state.lane(node.inputs[0])
    if lane is None:
        return
    ranges = slice_ranges(state, node)
    if ranges is None:
        no_rule(state, node, f"the bounds of Slice are not known before running (layer {layer_name(node)})")
        return
    run = ranges.get(lane.axis, slice(None))
    if run.step not in (None, 1):
        no_rule(state, node, f"Slice skips channels (layer {layer_name(node)})")
        return
    state.put(node.outputs[0], lane.axis, lane.labels[run])


@rule("Gather")
def gathering(state: Labelling, node: ir.Node) -> None:
    """Chosen channels keep their labels; a single chosen channel has to stay."""
    data, indices = node.inputs[0], node.inputs[1]
    state.lock_value(indices, f"it is an index of Gather (layer {layer_name(node)})")
    lane = state.lane(data)
    if lane is None:
        return
    rank = len(state.shape(indices))
    axis = node.attributes.get_int("axis", 0) % len(state.shape(data))
    if axis != lane.axis:
        state.put(node.outputs[0], lane.axis if lane.axis < axis else lane.axis + rank - 1, lane.labels)
        return
    chosen = state.constants(indices)
    if chosen is None or rank > 1:
        no_rule(state, node, f"Gather picks channels at run time or as a table (layer {layer_name(node)})")
        return
    picked = lane.labels[np.asarray(chosen, np.int64)]
    if rank == 0:
        state.lock(picked, f"Gather picks this channel (layer {layer_name(node)})")
    else:
        state.put(node.outputs[0], axis, picked)


def pad_widths(state: Labelling, node: ir.Node) -> dict[int, tuple[int, int]] | None:
    """Axis -> (before, after) of a Pad node; None where not known before running."""
    rank = len(state.shape(node.inputs[0]))
    axes: list[int] | None = None
    if state.opset < 11:
        pads: list[int] | None = list(node.attributes.get_ints("pads", node.attributes.get_ints("paddings", ())))
    else:
        pads = state.constants(node.inputs[1])
        if len(node.inputs) > 3 and node.inputs[3] is not None:
            axes = state.constants(node.inputs[3])
            if axes is None:
                return None
    if pads is None:
        return None
    axes = list(range(rank)) if axes is None else axes
    return {a % rank: (pads[k], pads[k + len(axes)]) for k, a in enumerate(axes)}


@rule("Pad")
def padding(state: Labelling, node: ir.Node) -> None:
    """Padded channels get fresh labels, which whatever is added later joins (shortcut "option A" of CIFAR ResNets)."""
    lane = state.lane(node.inputs[0])
    if lane is None:
        return
    widths = pad_widths(state, node)
    if widths is None:
        no_rule(state, node, f"the widths of Pad are not known before running (layer {layer_name(node)})")
        return
    low, high = widths.get(lane.axis, (0, 0))
    if low == high == 0:
        state.put(node.outputs[0], lane.axis, lane.labels)
        return
    constant = node.attributes.get_string("mode", "constant") == "constant"
    if not constant or min(low, high) < 0:
        no_rule(state, node, f"Pad mirrors or crops channels (layer {layer_name(node)})")
        return
    new = state.classes.add(low + high)
    state.put(node.outputs[0], lane.axis, np.concatenate([new[:low], lane.labels, new[low:]]))


@rule("Expand")
def expansion(state: Labelling, node: ir.Node) -> None:
    """Broadcast along other axes."""
    lane = state.lane(node.inputs[0])
    if lane is not None:
        rank, grown = len(state.shape(node.inputs[0])), len(state.shape(node.outputs[0]))
        state.put(node.outputs[0], lane.axis + grown - rank, lane.labels)


@rule("Tile")
def tiling(state: Labelling, node: ir.Node) -> None:
    """Channels repeated as a whole."""
    lane = state.lane(node.inputs[0])
    if lane is not None:
        times = state.shape(node.outputs[0])[lane.axis] // len(lane.labels)
        state.put(node.outputs[0], lane.axis, np.tile(lane.labels, times))
