"""What each operator does to a factor on a channel: one rule per operator, in one table of its own.

A label stands for a factor: the channels that carry it may all be multiplied by one positive number. Labels move as in
pruning (:mod:`core.model.channel_labels`), but what is asked of an operator is f(t * x) = t * f(x) for every t > 0.
Where that is not so, the labels are locked: their factor is 1. Layers with weights read labels (their weights are
divided) and make fresh ones (their weights are multiplied), depthwise convolutions and normalizations too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import onnx_ir as ir

from core.model.channel_labels import Ints, Labelling, Lane, Role
from core.model.channel_rules import no_rule
from core.model.channel_rules_layers import labels_along
from core.model.channel_rules_moves import (
    concatenation,
    expansion,
    gathering,
    padding,
    reshaping,
    slicing,
    splitting,
    tiling,
    transposition,
)
from core.model.channel_rules_pointwise import pooling, reduction, resizing
from core.model.facts import Facts
from core.model.model import layer_name
from core.model.qdq_operators import default_domain, pad_value

_FLOAT_MIN = -3.4e38  # what files write for "no bound"


@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """A Clip from 0 (or nothing) up to ``high``: exact only while no channel with another factor than 1 reaches it.

    ``value`` is what it reads; ``axis`` and ``labels`` are that value's channels.
    """

    node: ir.Node
    value: str
    axis: int
    labels: Ints
    high: float


class Factors(Labelling):
    """A labelling whose labels are factors; ``bounds`` are the Clips on the way, in graph order."""

    def __init__(self, facts: Facts, opset: int) -> None:
        super().__init__(facts, opset)
        self.bounds: list[Bound] = []

    def stop(self, node: ir.Node) -> None:
        """Lock all labels that a node reads."""
        no_rule(self, node, f"{node.op_type} changes with the scale of its input (layer {layer_name(node)})")


Rule = Callable[[Factors, ir.Node], None]
RULES: dict[str, Rule] = {
    **dict.fromkeys(("Reshape", "Flatten", "Squeeze", "Unsqueeze"), reshaping),
    "Transpose": transposition,
    "Concat": concatenation,
    "Split": splitting,
    "Slice": slicing,
    "Gather": gathering,
    "Expand": expansion,
    "Tile": tiling,
    "Resize": resizing,
    **dict.fromkeys(("MaxPool", "AveragePool", "LpPool"), pooling),
    **dict.fromkeys(("GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool"), pooling),
    **dict.fromkeys(("ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceL1", "ReduceL2"), reduction),
}


def visit(state: Factors, node: ir.Node) -> None:
    """Apply the node's rule; lock what it reads where there is none."""
    found = RULES.get(node.op_type) if default_domain(node) else None
    known = all(v is None or not v.name or state.facts.shape(v) is not None for v in (*node.inputs, *node.outputs[:1]))
    (found if found is not None and known else Factors.stop)(state, node)


def _rule(*operators: str) -> Callable[[Rule], Rule]:
    def enter(function: Rule) -> Rule:
        RULES.update(dict.fromkeys(operators, function))
        return function

    return enter


@_rule("Conv")
def _convolution(state: Factors, node: ir.Node) -> None:
    """Weight (out, in / group, ...)."""
    weight = node.inputs[1]
    if not state.is_static(weight):
        state.stop(node)
        return
    groups = node.attributes.get_int("group", 1)
    outputs, per_group = state.shape(weight)[:2]
    given = labels_along(state, node.inputs[0], 1, node)
    rows = outputs // groups
    if groups == 1:
        state.tie(node, 1, 1, given, "reads")
    elif per_group == 1:
        state.tie(node, 1, 0, np.repeat(given, rows), "reads")
    else:
        for k, part in enumerate(given.reshape(groups, -1)):
            state.tie(node, 1, 1, part, "reads", rows=(k * rows, (k + 1) * rows))
    _make(state, node, 0, outputs)


@_rule("ConvTranspose")
def _transposed_convolution(state: Factors, node: ir.Node) -> None:
    """Weight (in, out / group, ...): plain or depthwise."""
    weight = node.inputs[1]
    groups = node.attributes.get_int("group", 1)
    inputs, outputs = state.shape(weight)[:2]
    if not state.is_static(weight) or not (groups == 1 or (groups == inputs and outputs == 1)):
        state.stop(node)
        return
    state.tie(node, 1, 0, labels_along(state, node.inputs[0], 1, node), "reads")
    _make(state, node, 1 if groups == 1 else 0, outputs if groups == 1 else inputs)


def _make(state: Factors, node: ir.Node, axis: int, count: int) -> None:
    """Fresh labels for what a convolution gives, tied to its weight along ``axis`` and to its bias."""
    made = state.fresh(count)
    state.tie(node, 1, axis, made, "produces")
    if len(node.inputs) > 2 and node.inputs[2] is not None:
        state.tie(node, 2, 0, made, "carries")
    state.put(node.outputs[0], 1, made)


@_rule("Gemm")
def _gemm(state: Factors, node: ir.Node) -> None:
    """y = alpha A B' + beta C with a stored B."""
    if not state.is_static(node.inputs[1]) or node.attributes.get_int("transA", 0) != 0:
        state.stop(node)
        return
    out_axis = 1 - node.attributes.get_int("transB", 0)
    state.tie(node, 1, 1 - out_axis, labels_along(state, node.inputs[0], 1, node), "reads")
    made = state.fresh(state.shape(node.inputs[1])[out_axis])
    state.tie(node, 1, out_axis, made, "produces")
    added = node.inputs[2] if len(node.inputs) > 2 else None
    if added is not None:
        state.lock_value(added, f"{layer_name(node)} adds it")
        made = _add(state, node, [Lane(1, made), None], [None, added], 2, 1)
    state.put(node.outputs[0], 1, made)


@_rule("MatMul")
def _matrix_product(state: Factors, node: ir.Node) -> None:
    """Data (..., in) times a stored (in, out)."""
    data, weight = node.inputs[0], node.inputs[1]
    if not state.is_static(weight) or state.is_static(data) or len(state.shape(weight)) != 2:
        state.stop(node)
        return
    state.tie(node, 1, 0, labels_along(state, data, len(state.shape(data)) - 1, node), "reads")
    made = state.fresh(state.shape(weight)[1])
    state.tie(node, 1, 1, made, "produces")
    state.put(node.outputs[0], len(state.shape(node.outputs[0])) - 1, made)


@_rule("BatchNormalization")
def _batch_normalization(state: Factors, node: ir.Node) -> None:
    """(t x - t mean) * (u / t) gamma / deviation + u beta: the variance and its epsilon stay as they are."""
    if node.attributes.get_int("training_mode", 0) != 0:
        state.stop(node)
        return
    given = labels_along(state, node.inputs[0], 1, node)
    made = state.fresh(len(given))
    state.tie(node, 3, 0, given, "carries")
    state.tie(node, 1, 0, given, "reads")
    state.tie(node, 1, 0, made, "produces")
    state.tie(node, 2, 0, made, "carries")
    state.put(node.outputs[0], 1, made)


@_rule("LayerNormalization")
def _layer_normalization(state: Factors, node: ir.Node) -> None:
    """What it reads keeps its scale; its own scale and bias are where factors of the result can go."""
    state.stop(node)
    rank = len(state.shape(node.inputs[0]))
    scale = node.inputs[1] if len(node.inputs) > 1 else None
    if scale is None or not state.is_static(scale) or len(state.shape(scale)) != 1:
        return
    made = state.fresh(state.shape(scale)[0])
    state.tie(node, 1, 0, made, "produces")
    if len(node.inputs) > 2 and node.inputs[2] is not None:
        state.tie(node, 2, 0, made, "carries")
    state.put(node.outputs[0], rank - 1, made)


@_rule("Identity", "Dropout", "Relu", "LeakyRelu", "Abs", "Neg", "PRelu")
def _one_by_one(state: Factors, node: ir.Node) -> None:
    """Factors pass; a slope has none."""
    if len(node.inputs) > 1:
        state.lock_value(node.inputs[1], f"it is a parameter of {node.op_type} (layer {layer_name(node)})")
    lane = state.lane(node.inputs[0])
    if lane is not None:
        state.put(node.outputs[0], lane.axis, lane.labels)


@_rule("Clip")
def _clip(state: Factors, node: ir.Node) -> None:
    """A lower bound of 0 passes every factor; an upper one is kept in mind."""
    lane = state.lane(node.inputs[0])
    if lane is None:
        return
    low, high = clip_bounds(node, state.facts) or (1.0, 1.0)
    if low not in (0.0, -np.inf) or high <= 0:
        state.stop(node)
        return
    if np.isfinite(high):
        state.bounds.append(Bound(node, node.inputs[0].name or "", lane.axis, lane.labels, high))  # type: ignore[union-attr]
    state.put(node.outputs[0], lane.axis, lane.labels)


def clip_bounds(node: ir.Node, facts: Facts) -> tuple[float, float] | None:
    """(low, high) of a Clip, infinite where there is none; None where they are not one stored number each."""
    found = [node.attributes.get_float("min", -np.inf), node.attributes.get_float("max", np.inf)]
    for slot, value in enumerate(node.inputs[1:3]):
        if value is None:
            continue
        array = facts.array(value)
        if array is None or array.size != 1:
            return None
        found[slot] = float(array.reshape(-1)[0])
    low, high = found
    return low if low > _FLOAT_MIN else -np.inf, high if high < -_FLOAT_MIN else np.inf


@_rule("Add", "Sub", "Sum", "Mean", "Max", "Min")
def _summing(state: Factors, node: ir.Node) -> None:
    """All that is added has one factor: labels are joined, stored constants follow."""
    rank = len(state.shape(node.outputs[0]))
    lanes = [_aligned(state, value, rank) for value in node.inputs]
    axes = {lane.axis for lane in lanes if lane is not None}
    if not axes:
        return
    if len(axes) > 1:
        state.stop(node)
        return
    axis = axes.pop()
    state.put(node.outputs[0], axis, _add(state, node, lanes, node.inputs, rank, axis))


def _aligned(state: Factors, value: ir.Value | None, rank: int) -> Lane | None:
    """The lane of an input, its axis counted in the output's axes."""
    lane = state.lane(value)
    return None if lane is None else Lane(lane.axis + rank - len(state.shape(value)), lane.labels)


def _add(
    state: Factors,
    node: ir.Node,
    lanes: list[Lane | None],
    values: Sequence[ir.Value | None],
    rank: int,
    axis: int,
) -> Ints:
    """One label for every channel along ``axis``; slot k of ``values`` is input k of the node where it has no lane."""
    where = f"what {node.op_type} adds has a fixed scale (layer {layer_name(node)})"
    labels: Ints | None = None
    for lane in lanes:
        if lane is not None:
            labels = lane.labels if labels is None else state.join(labels, lane.labels, where)
    assert labels is not None, "the caller found a lane"
    for value, lane in zip(values, lanes, strict=True):
        if lane is not None or value is None:
            continue
        own = axis - rank + len(state.shape(value))
        if state.is_static(value) and own >= 0 and state.shape(value)[own] == len(labels):
            slot = next(k for k, v in enumerate(node.inputs) if v is value)
            state.tie(node, slot, own, labels, "carries")
        elif not _zero(state, value):
            state.lock(labels, where)
    return labels


def _zero(state: Factors, value: ir.Value) -> bool:
    array = state.facts.array(value)
    return array is not None and not np.any(array)


@_rule("Mul", "Div")
def _scaling(state: Factors, node: ir.Node) -> None:
    """A stored number per channel is a layer of its own; anything else without a label lets factors pass."""
    rank = len(state.shape(node.outputs[0]))
    lanes = [_aligned(state, value, rank) for value in node.inputs]
    if all(lane is not None for lane in lanes) or (node.op_type == "Div" and lanes[1] is not None):
        state.stop(node)
        return
    slot = 0 if lanes[1] is not None else 1
    lane, constant = lanes[1 - slot], node.inputs[slot]
    shape = state.shape(constant)
    own = [k for k, size in enumerate(shape) if size > 1]
    axis = own[0] + rank - len(shape) if len(own) == 1 else -1
    stored = state.is_static(constant) and axis >= 0 and state.shape(node.outputs[0])[axis] == shape[own[0]]
    if stored and (lane is None or lane.axis == axis) and not (node.op_type == "Div" and slot == 0):
        made = state.fresh(shape[own[0]])
        ways: tuple[Role, Role] = ("reads", "produces") if node.op_type == "Mul" else ("carries", "reads")
        if lane is not None:
            state.tie(node, slot, own[0], lane.labels, ways[0])
        state.tie(node, slot, own[0], made, ways[1])
        state.put(node.outputs[0], axis, made)
    elif lane is not None:
        state.put(node.outputs[0], lane.axis, lane.labels)


@_rule("Shape", "Size")
def _size(state: Factors, node: ir.Node) -> None:
    """Sizes do not change."""


@_rule("Pad")
def _padding(state: Factors, node: ir.Node) -> None:
    """Zeros have any factor; another number has not."""
    constant = node.attributes.get_string("mode", "constant") == "constant"
    if constant and pad_value(node, state.facts) != 0:
        state.stop(node)
    else:
        padding(state, node)
