"""Channel rules of operators that keep positions: activations, arithmetic, pooling, and statistics over axes."""

from __future__ import annotations

import onnx_ir as ir

from core.model.channel_labels import Ints, Labelling, Lane
from core.model.channel_rules import no_rule, rule
from core.model.model import layer_name

_SINGULAR = {"Reciprocal", "Log"}  # a removed channel, masked to 0, would become infinite


@rule(
    "Identity", "Dropout", "Cast", "Relu", "LeakyRelu", "ThresholdedRelu", "Elu", "Selu", "Celu", "Gelu", "Mish",
    "Clip", "Sigmoid", "HardSigmoid", "HardSwish", "Tanh", "Erf", "Softplus", "Softsign", "Shrink",
    "Sqrt", "Exp", "Log", "Reciprocal", "Neg", "Abs", "Sign", "Floor", "Ceil", "Round", "Sin", "Cos", "Atan", "Not",
)  # fmt: skip
def one_by_one(state: Labelling, node: ir.Node) -> None:
    """Every value on its own: labels stay where they are. Other inputs (bounds, ratios) are scalars."""
    for value in node.inputs[1:]:
        state.lock_value(value, f"it is a parameter of {node.op_type} (layer {layer_name(node)})")
    lane = state.lane(node.inputs[0])
    if lane is None:
        return
    if node.op_type in _SINGULAR:
        state.lock(lane.labels, f"{node.op_type} of a removed channel is not finite (layer {layer_name(node)})")
    for out in node.outputs:
        state.put(out, lane.axis, lane.labels)


@rule(
    "Add", "Sub", "Mul", "Div", "Pow", "Mod", "Sum", "Mean", "Max", "Min", "Where", "PRelu",
    "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "And", "Or", "Xor",
)  # fmt: skip
def position_by_position(state: Labelling, node: ir.Node) -> None:
    """Several inputs, broadcast: their channels are joined; a real axis without identity locks what it meets."""
    rank = len(state.shape(node.outputs[0]))
    lanes = [_aligned(state, value, rank) for value in node.inputs]
    axes = {lane.axis for lane in lanes if lane is not None}
    if not axes:
        return
    if len(axes) > 1:
        for value in node.inputs:
            state.lock_value(value, f"{node.op_type} meets it with channels on another axis (layer {layer_name(node)})")
        return
    axis = axes.pop()
    if node.op_type in ("Div", "Pow", "Mod") and lanes[1] is not None:
        state.lock(lanes[1].labels, f"a removed channel would be a divisor of 0 (layer {layer_name(node)})")
    labels = _joined(state, node, lanes, axis)
    state.put(node.outputs[0], axis, labels)


def _aligned(state: Labelling, value: ir.Value | None, rank: int) -> Lane | None:
    """The lane of an input, its axis counted in the output's axes."""
    lane = state.lane(value)
    return None if lane is None else Lane(lane.axis + rank - len(state.shape(value)), lane.labels)


def _joined(state: Labelling, node: ir.Node, lanes: list[Lane | None], axis: int) -> Ints:
    """Labels of the output along ``axis``: all inputs joined, constants tied. shape: (size of the axis,)"""
    size = state.shape(node.outputs[0])[axis]
    rank = len(state.shape(node.outputs[0]))
    where = f"{node.op_type} (layer {layer_name(node)}) meets it with channels that have to stay"
    labels: Ints | None = None
    for lane in lanes:
        if lane is not None:
            labels = lane.labels if labels is None else state.join(labels, lane.labels, where)
    assert labels is not None
    for slot, value in enumerate(node.inputs):
        if value is None or lanes[slot] is not None:
            continue
        own = axis - rank + len(state.shape(value))
        if own < 0 or state.shape(value)[own] != size:
            continue  # broadcast along the channels
        if state.is_static(value):
            state.tie(node, slot, own, labels, "carries", blank=1.0 if node.op_type in ("Div", "Pow", "Mod") else 0.0)
        else:
            state.lock(labels, where)
    return labels


@rule("MaxPool", "AveragePool", "LpPool", "GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool")
def pooling(state: Labelling, node: ir.Node) -> None:
    """Windows over the axes from 2 on."""
    lane = state.lane(node.inputs[0])
    if lane is None:
        return
    if lane.axis >= 2 or any(out.uses() or out.is_graph_output() for out in node.outputs[1:]):
        no_rule(state, node)  # the indices of MaxPool count channels
        return
    state.put(node.outputs[0], lane.axis, lane.labels)


@rule("Resize", "Upsample")
def resizing(state: Labelling, node: ir.Node) -> None:
    """Interpolation along other axes only; a region of interest has no rule."""
    lane = state.lane(node.inputs[0])
    if lane is None:
        return
    cropped = node.attributes.get_string("coordinate_transformation_mode", "") == "tf_crop_and_resize"
    before, after = state.shape(node.inputs[0]), state.shape(node.outputs[0])
    if cropped or before[lane.axis] != after[lane.axis]:
        no_rule(state, node)
        return
    sizes = node.inputs[3].producer() if len(node.inputs) > 3 and node.inputs[3] is not None else None
    if sizes is not None and sizes.op_type != "Constant":
        no_rule(state, node, f"Resize computes its sizes while running (layer {layer_name(node)})")
        return
    state.put(node.outputs[0], lane.axis, lane.labels)


@rule(
    "ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceSumSquare",
    "ReduceLogSum", "ReduceLogSumExp", "ArgMax", "ArgMin",
)  # fmt: skip
def reduction(state: Labelling, node: ir.Node) -> None:
    """A statistic over other axes keeps the labels; over the channels themselves it mixes them."""
    lane = state.lane(node.inputs[0])
    if lane is None:
        return
    axes = _reduced_axes(state, node)
    if axes is None:
        no_rule(state, node)
        return
    if lane.axis in axes:
        state.lock(lane.labels, f"{node.op_type} mixes channels (layer {layer_name(node)})")
        return
    keep = node.attributes.get_int("keepdims", 1)
    axis = lane.axis if keep else lane.axis - sum(a < lane.axis for a in axes)
    state.put(node.outputs[0], axis, lane.labels)


def _reduced_axes(state: Labelling, node: ir.Node) -> set[int] | None:
    """The axes a reduction runs over, counted from 0; None where they are not known before running."""
    rank = len(state.shape(node.inputs[0]))
    if node.op_type.startswith("Arg"):
        return {node.attributes.get_int("axis", 0) % rank}
    axes: list[int] | None = list(node.attributes.get_ints("axes", ()))
    if len(node.inputs) > 1 and node.inputs[1] is not None:
        axes = state.constants(node.inputs[1])
        if axes is None:
            return None
    if not axes:
        return set() if node.attributes.get_int("noop_with_empty_axes", 0) else set(range(rank))
    return {a % rank for a in axes}


@rule("Softmax", "LogSoftmax", "Hardmax", "LRN", "LpNormalization", "CumSum", "MeanVarianceNormalization")
def normalization_over_axes(state: Labelling, node: ir.Node) -> None:
    """Each value depends on its neighbours along some axes: channels there are mixed and stay."""
    lane = state.lane(node.inputs[0])
    if lane is None:
        return
    axes = _normalized_axes(state, node)
    if axes is None:
        no_rule(state, node)
        return
    if lane.axis in axes:
        state.lock(lane.labels, f"{node.op_type} mixes channels (layer {layer_name(node)})")
    state.put(node.outputs[0], lane.axis, lane.labels)


def _normalized_axes(state: Labelling, node: ir.Node) -> set[int] | None:
    rank = len(state.shape(node.inputs[0]))
    if node.op_type == "LRN":
        return {1}
    if node.op_type == "MeanVarianceNormalization":
        return {a % rank for a in node.attributes.get_ints("axes", (0, 2, 3))}
    if node.op_type == "CumSum":
        given = state.constants(node.inputs[1])
        return None if given is None else {a % rank for a in given}
    flattening = node.op_type != "LpNormalization" and state.opset < 13
    axis = node.attributes.get_int("axis", 1 if flattening else -1) % rank
    return set(range(axis, rank)) if flattening else {axis}


@rule("Shape", "Size")
def size_of(state: Labelling, node: ir.Node) -> None:
    """A size carries no channels; where it is used as a number, core.model.channel_checks locks them."""
