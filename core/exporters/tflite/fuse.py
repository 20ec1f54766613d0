"""Activations and additions that a TFLite kernel does in the same stroke as the layer before."""

from __future__ import annotations

import math

import onnx_ir as ir
from ai_edge_litert import schema_py_generated as schema

from core.exporters.tflite.conversion import Conversion, Unsupported
from core.exporters.tflite.quantized import wanted_scale
from core.exporters.tflite.values import Constant

Kind = schema.ActivationFunctionType
NONNEGATIVE = (Kind.RELU, Kind.RELU6)
_KINDS = {(0.0, math.inf): Kind.RELU, (0.0, 6.0): Kind.RELU6, (-1.0, 1.0): Kind.RELU_N1_TO_1}


def limits(c: Conversion, node: ir.Node) -> tuple[float, float]:
    """Lower and upper limit of a Relu or Clip, infinite where left out."""
    if node.op_type == "Relu":
        return 0.0, math.inf
    if len(node.inputs) == 1:
        low, high = node.attributes.get_float("min", -math.inf), node.attributes.get_float("max", math.inf)
    else:
        low, high = _limit(c, node, 1, -math.inf), _limit(c, node, 2, math.inf)
    # exporters write "no limit" as the largest float
    return (-math.inf if low < -1e30 else low), (math.inf if high > 1e30 else high)


def _limit(c: Conversion, node: ir.Node, index: int, default: float) -> float:
    value = c.input(node, index)
    if value is None:
        return default
    array = c.constant(value)
    if array is None:
        raise Unsupported("its limits are computed while running")
    return float(array.reshape(()))


def activation_kind(c: Conversion, node: ir.Node) -> int | None:
    """TFLite's name for a Relu or Clip, None where it has none."""
    if node.op_type not in ("Relu", "Clip"):
        return None
    kind = _KINDS.get(limits(c, node))
    return None if kind is None else int(kind)


def fused_activation(c: Conversion, value: ir.Value) -> tuple[int, ir.Value]:
    """(activation, value behind it) when the only reader of ``value`` is an activation the layer can do itself.

    A Clip to other limits disappears too, where the scale behind it cannot hold anything outside them; one from 0
    becomes a RELU where that scale (int16, around 0) ends at its upper limit alone.
    """
    node = c.only_reader(value)
    if node is None or node.op_type not in ("Relu", "Clip"):
        return int(Kind.NONE), value
    kind = activation_kind(c, node)
    out = node.outputs[0]
    if kind is None:
        low, high = limits(c, node)
        scale = wanted_scale(c, out)
        # half a step of slack: scales are rounded to float32
        if scale is None or scale.limits[1] > high + scale.scale[0] / 2:
            return int(Kind.NONE), value
        held = scale.limits[0] >= low - scale.scale[0] / 2
        if not held and low != 0.0:
            return int(Kind.NONE), value
        kind = int(Kind.NONE if held else Kind.RELU)
    c.skipped.add(node)
    return kind, out


def fused_bias(c: Conversion, value: ir.Value, channels: int) -> tuple[Constant | None, ir.Value]:
    """(bias, value behind it) when the only reader of a product adds one constant per output channel."""
    node = c.only_reader(value)
    if node is None or node.op_type != "Add":
        return None, value
    other = node.inputs[1] if node.inputs[0] is value else node.inputs[0]
    if not c.is_constant(other):
        return None, value
    added = c.get(other)
    if not isinstance(added, Constant) or added.array.size != channels or added.shape[-1:] != (channels,):
        return None, value
    if added.rank > len(c.shape(value)):
        return None, value
    c.skipped.add(node)
    return added.reshaped((channels,)) if added.rank != 1 else added, node.outputs[0]
