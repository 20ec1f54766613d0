"""Channel rules of layers that hold weights: convolutions, matrix products, normalizations."""

from __future__ import annotations

import numpy as np
import onnx_ir as ir

from core.model.channel_labels import Balance, Ints, Labelling
from core.model.channel_rules import no_rule, rule
from core.model.channel_rules_products import product
from core.model.model import layer_name


def labels_along(state: Labelling, value: ir.Value | None, axis: int, node: ir.Node) -> Ints:
    """The labels of a value along the axis that a layer reads as channels; a lane elsewhere is locked.

    shape of the result: (size of the axis,)
    """
    shape = state.shape(value)
    axis %= len(shape)
    lane = state.lane(value)
    if lane is not None and lane.axis == axis:
        return lane.labels
    state.lock_value(value, f"{node.op_type} reads it along another axis (layer {layer_name(node)})")
    return np.zeros(shape[axis], np.int64)


@rule("Conv")
def convolution(state: Labelling, node: ir.Node) -> None:
    """Weight (out, in / group, ...): plain reads axis 1 and produces axis 0; depthwise carries; grouped ties groups."""
    x, weight = node.inputs[0], node.inputs[1]
    groups = node.attributes.get_int("group", 1)
    outputs, per_group = state.shape(weight)[:2]
    if not state.is_static(weight):
        no_rule(state, node)
        return
    given = labels_along(state, x, 1, node)
    if groups == 1:
        state.tie(node, 1, 1, given, "reads")
        made = state.fresh(outputs)
    elif per_group == 1:
        made = np.repeat(given, outputs // groups)
    else:
        made = _grouped(state, node, given, groups)
    _produce(state, node, 1, 0, made, "carries" if groups > 1 and per_group == 1 else "produces")


def _grouped(state: Labelling, node: ir.Node, given: Ints, groups: int) -> Ints:
    """Grouped convolution: every group keeps as many inputs, and as many outputs, as the others. (in,) -> (out,)

    Which ones may differ from group to group, so each group's rows of the weight are an occurrence of their own.
    """
    outputs = state.shape(node.inputs[1])[0]
    rows = outputs // groups
    made = state.fresh(outputs)
    for k, part in enumerate(given.reshape(groups, -1)):
        state.tie(node, 1, 1, part, "reads", rows=(k * rows, (k + 1) * rows))
    why = f"a grouped convolution needs as many channels in every group (layer {layer_name(node)})"
    state.balances += [Balance(given, groups, why), Balance(made, groups, why)]
    return made


def _produce(state: Labelling, node: ir.Node, out_axis: int, weight_axis: int, made: Ints, role: str) -> None:
    """Tie weight (input 1) and bias (input 2) to the layer's output labels, and label the output."""
    state.tie(node, 1, weight_axis, made, "carries" if role == "carries" else "produces")
    if len(node.inputs) > 2 and node.inputs[2] is not None:
        state.tie(node, 2, 0, made, "carries")
    state.put(node.outputs[0], out_axis, made)


@rule("ConvTranspose")
def transposed_convolution(state: Labelling, node: ir.Node) -> None:
    """Weight (in, out / group, ...)."""
    weight = node.inputs[1]
    groups = node.attributes.get_int("group", 1)
    inputs, outputs = state.shape(weight)[:2]
    if not state.is_static(weight) or not (groups == 1 or (groups == inputs and outputs == 1)):
        no_rule(state, node)
        return
    given = labels_along(state, node.inputs[0], 1, node)
    if groups == 1:
        state.tie(node, 1, 0, given, "reads")
        _produce(state, node, 1, 1, state.fresh(outputs), "produces")
    else:
        _produce(state, node, 1, 0, given, "carries")


@rule("Gemm")
def gemm(state: Labelling, node: ir.Node) -> None:
    """y = alpha A' B' + beta C; A is the data (rows, in), B the stored weight."""
    data, weight = node.inputs[0], node.inputs[1]
    if not state.is_static(weight) or node.attributes.get_int("transA", 0) != 0:
        no_rule(state, node)
        return
    out_axis = 1 - node.attributes.get_int("transB", 0)
    in_axis = 1 - out_axis
    state.tie(node, 1, in_axis, labels_along(state, data, 1, node), "reads")
    made = state.fresh(state.shape(weight)[out_axis])
    state.tie(node, 1, out_axis, made, "produces")
    if len(node.inputs) > 2 and node.inputs[2] is not None:
        made = _added_bias(state, node, made)
    state.put(node.outputs[0], 1, made)


def _added_bias(state: Labelling, node: ir.Node, made: Ints) -> Ints:
    """Gemm's C broadcasts onto (rows, out): a scalar, (out,), (1, out), (rows, 1) or (rows, out)."""
    bias = node.inputs[2]
    shape = state.shape(bias)
    if not shape or shape[-1] == 1:
        return made
    if state.is_static(bias):
        state.tie(node, 2, len(shape) - 1, made, "carries")
        return made
    added = labels_along(state, bias, len(shape) - 1, node)
    return state.join(made, added, f"{layer_name(node)} adds channels that have to stay")


@rule("MatMul")
def matrix_product(state: Labelling, node: ir.Node) -> None:
    """Data (..., in) times a stored weight (in, out); all other products are those of channel_rules_products."""
    data, weight = node.inputs[0], node.inputs[1]
    if not state.is_static(weight) or state.is_static(data) or len(state.shape(weight)) != 2:
        product(state, node)
        return
    rank = len(state.shape(data))
    state.tie(node, 1, 0, labels_along(state, data, rank - 1, node), "reads")
    made = state.fresh(state.shape(weight)[1])
    state.tie(node, 1, 1, made, "produces")
    state.put(node.outputs[0], len(state.shape(node.outputs[0])) - 1, made)


@rule("BatchNormalization", "InstanceNormalization")
def per_channel_normalization(state: Labelling, node: ir.Node) -> None:
    """Scale, bias and statistics follow the channels on axis 1; a masked variance is 1, never a divisor of 0."""
    given = labels_along(state, node.inputs[0], 1, node)
    for slot in range(1, len(node.inputs)):
        state.tie(node, slot, 0, given, "carries", blank=1.0 if slot == 4 else 0.0)
    state.put(node.outputs[0], 1, given)


@rule("LayerNormalization")
def layer_normalization(state: Labelling, node: ir.Node) -> None:
    """Mean and variance over the axes from ``axis`` on: channels there are mixed and stay."""
    lane = state.lane(node.inputs[0])
    if lane is None:
        return
    first = node.attributes.get_int("axis", -1) % len(state.shape(node.inputs[0]))
    if lane.axis >= first:
        state.lock(lane.labels, f"LayerNormalization mixes channels (layer {layer_name(node)})")
    state.put(node.outputs[0], lane.axis, lane.labels)


@rule("QuantizeLinear", "DequantizeLinear")
def quantization(state: Labelling, node: ir.Node) -> None:
    """An activation keeps its labels; scale and zero point per channel follow them."""
    lane = state.lane(node.inputs[0])
    if lane is None:
        return
    scale = state.shape(node.inputs[1])
    if node.attributes.get_int("block_size", 0):
        no_rule(state, node)
        return
    if scale and scale[0] > 1:
        if node.attributes.get_int("axis", 1) % len(state.shape(node.inputs[0])) != lane.axis:
            no_rule(state, node)
            return
        for slot in range(1, len(node.inputs)):
            state.tie(node, slot, 0, lane.labels, "carries", blank=1.0 if slot == 1 else 0.0)
    state.put(node.outputs[0], lane.axis, lane.labels)
