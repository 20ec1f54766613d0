"""Operators on elements: arithmetic with broadcasting, activations, Softmax."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import onnx_ir as ir
from ai_edge_litert import schema_py_generated as schema

from core.exporters.tflite.builder import Affine, made
from core.exporters.tflite.conversion import Conversion, Unsupported
from core.exporters.tflite.fuse import NONNEGATIVE, Kind, activation_kind, fused_activation, limits
from core.exporters.tflite.layout import NHWC, Layout, identity
from core.exporters.tflite.quantized import fixed_scale, wanted_scale
from core.exporters.tflite.table import writes
from core.exporters.tflite.values import Constant, Known, Tensor


def common_order(operands: Sequence[Known], rank: int) -> tuple[int, ...]:
    """The order in which operands of one operator meet: NHWC where any is, else that of the largest."""
    full = [x for x in operands if isinstance(x, Tensor) and x.rank == rank]
    if not full:
        return identity(rank)
    if rank == 4 and any(x.layout.perm == NHWC for x in full):
        return NHWC
    return max(full, key=lambda x: math.prod(x.shape)).layout.perm


def aligned(c: Conversion, operands: Sequence[Known], rank: int) -> list[Known]:
    """All operands with ``rank`` axes; tensors in one order (constants stay in ONNX order until written)."""
    if any(isinstance(x, Tensor) and x.columns is not None for x in operands):
        raise Unsupported("it combines a flattened image with something else")
    lifted = [c.lifted(x, rank) for x in operands]
    perm = common_order(lifted, rank)
    return [c.ordered(x, perm) if isinstance(x, Tensor) else x for x in lifted]


def float_operand(c: Conversion, x: Known, perm: tuple[int, ...]) -> int:
    if isinstance(x, Tensor):
        return c.floats(x).index
    return c.builder.constant(np.transpose(_narrow(x), perm))


def _narrow(x: Constant) -> Any:
    """The kinds of number that kernels know: float32 and int32."""
    kind = {"f": np.float32, "i": np.int32, "u": np.int32}.get(x.array.dtype.kind)
    return x.array if kind is None else x.array.astype(kind)


def integer_operand(c: Conversion, x: Known, perm: tuple[int, ...]) -> int:
    if isinstance(x, Tensor):
        return x.index
    assert x.integers is not None, "can_be_integer asked"
    assert x.scale is not None
    assert x.zero_point is not None
    scale = Affine.per_tensor(float(x.scale[0]), int(x.zero_point[0]), x.integers.dtype.name)
    return c.builder.constant(np.transpose(x.integers, perm), scale)


def can_be_integer(x: Known) -> bool:
    if isinstance(x, Tensor):
        return x.quantized
    if x.integers is None or x.scale is None:
        return False
    return x.integers.dtype in (np.int8, np.int16) and x.scale.size == 1


def _binary(c: Conversion, node: ir.Node, operator: str, options: Any, *, integer: bool = True) -> None:
    shape = c.shape(node.outputs[0])
    operands = aligned(c, [c.get(v) for v in node.inputs], len(shape))
    perm = common_order(operands, len(shape))
    fuses = hasattr(options, "fusedActivationFunction")
    activation, result = fused_activation(c, node.outputs[0]) if fuses else (int(Kind.NONE), node.outputs[0])
    if fuses:
        options.fusedActivationFunction = activation
    wanted = wanted_scale(c, result) if integer and all(can_be_integer(x) for x in operands) else None
    if wanted is not None:
        sources = [integer_operand(c, x, perm) for x in operands]
        out = c.new(Layout(shape, perm), wanted)
    else:
        sources = [float_operand(c, x, perm) for x in operands]
        out = c.new(Layout(shape, perm), dtype=c.builder.dtype(sources[0]))
    both = all(isinstance(x, Tensor) and x.nonnegative for x in operands)
    keeps_sign = both and operator in ("ADD", "MUL", "DIV")
    c.emit(operator, sources, out, options)
    c.put(result, out.known_nonnegative(keeps_sign or activation in NONNEGATIVE))


@writes("Add")
def add(c: Conversion, node: ir.Node) -> None:
    """ADD, an activation behind it fused."""
    _binary(c, node, "ADD", made(schema.AddOptionsT, potScaleInt16=False))


@writes("Sum")
def sum_(c: Conversion, node: ir.Node) -> None:
    """ADD, as older networks write it."""
    _two(node)
    _binary(c, node, "ADD", made(schema.AddOptionsT, potScaleInt16=False))


@writes("Sub")
def sub(c: Conversion, node: ir.Node) -> None:
    """SUB."""
    _binary(c, node, "SUB", made(schema.SubOptionsT, potScaleInt16=False))


@writes("Mul")
def mul(c: Conversion, node: ir.Node) -> None:
    """MUL."""
    _binary(c, node, "MUL", schema.MulOptionsT())


@writes("Div")
def div(c: Conversion, node: ir.Node) -> None:
    """DIV, in float."""
    _binary(c, node, "DIV", schema.DivOptionsT(), integer=False)


@writes("Max")
def maximum(c: Conversion, node: ir.Node) -> None:
    """MAXIMUM of two."""
    _two(node)
    _binary(c, node, "MAXIMUM", schema.MaximumMinimumOptionsT(), integer=False)


@writes("Min")
def minimum(c: Conversion, node: ir.Node) -> None:
    """MINIMUM of two."""
    _two(node)
    _binary(c, node, "MINIMUM", schema.MaximumMinimumOptionsT(), integer=False)


def _two(node: ir.Node) -> None:
    if len(node.inputs) != 2:
        raise Unsupported(f"it has {len(node.inputs)} operands, TFLite takes 2")


# ---- one operand

Scale = Callable[[Tensor, Affine], Affine]
_NO_INT16 = ("HARD_SWISH",)  # LiteRT 2.3.0: "Only float32, uint8 and int8 are supported currently"


def _free(_: Tensor, wanted: Affine) -> Affine:
    """The kernel rescales to whatever the graph asks for."""
    return wanted


def _unary(
    c: Conversion,
    node: ir.Node,
    operator: str,
    options: Any = None,
    scale: Scale | None = None,
    nonnegative: bool = False,
) -> None:
    """``scale`` says which scale the integer kernel writes; None where there is none."""
    x = c.tensor(node.inputs[0])
    wanted = wanted_scale(c, node.outputs[0]) if x.quantized and scale is not None else None
    if wanted is not None and "int16" in (x.dtype, wanted.dtype) and operator in _NO_INT16:
        wanted = None
    if wanted is not None and scale is not None:
        out = c.new(x.layout, scale(x, wanted))
    else:
        x = c.floats(x)
        out = c.new(x.layout)
    c.emit(operator, [x.index], out, options)
    c.put(node.outputs[0], replace(out, nonnegative=nonnegative, columns=x.columns))


@writes("Relu")
def relu(c: Conversion, node: ir.Node) -> None:
    """RELU that no layer before it could take over."""
    _unary(c, node, "RELU", None, _free, True)


@writes("Clip")
def clip(c: Conversion, node: ir.Node) -> None:
    """RELU, RELU6, RELU_N1_TO_1, else MAXIMUM and MINIMUM in float."""
    kind = activation_kind(c, node)
    names = {Kind.RELU: "RELU", Kind.RELU6: "RELU6", Kind.RELU_N1_TO_1: "RELU_N1_TO_1"}
    if kind is not None:
        _unary(c, node, names[kind], None, _free if kind in NONNEGATIVE else None, kind in NONNEGATIVE)
        return
    low, high = limits(c, node)
    x = c.floats(c.tensor(node.inputs[0]))
    for operator, limit in (("MAXIMUM", low), ("MINIMUM", high)):
        if math.isfinite(limit):
            options = schema.MaximumMinimumOptionsT()
            out = c.emit(operator, [x.index, c.float_constant(np.float32(limit))], c.new(x.layout), options)
            x = replace(out, columns=x.columns)
    c.put(node.outputs[0], x.known_nonnegative(low >= 0))


@writes("Sigmoid")
def sigmoid(c: Conversion, node: ir.Node) -> None:
    """LOGISTIC; its integer kernels dictate the scale."""
    _unary(c, node, "LOGISTIC", None, lambda x, wanted: fixed_scale("LOGISTIC", wanted.dtype), True)


@writes("Tanh")
def tanh(c: Conversion, node: ir.Node) -> None:
    """TANH; its integer kernels dictate the scale."""
    _unary(c, node, "TANH", None, lambda x, wanted: fixed_scale("TANH", wanted.dtype))


@writes("HardSwish")
def hard_swish(c: Conversion, node: ir.Node) -> None:
    """HARD_SWISH."""
    _unary(c, node, "HARD_SWISH", schema.HardSwishOptionsT(), _free)


@writes("LeakyRelu")
def leaky_relu(c: Conversion, node: ir.Node) -> None:
    """LEAKY_RELU."""
    options = made(schema.LeakyReluOptionsT, alpha=node.attributes.get_float("alpha", 0.01))
    _unary(c, node, "LEAKY_RELU", options, _free)


@writes("Elu")
def elu(c: Conversion, node: ir.Node) -> None:
    """ELU of alpha 1."""
    if node.attributes.get_float("alpha", 1.0) != 1.0:
        raise Unsupported("TFLite's ELU has alpha 1 only")
    _unary(c, node, "ELU")


@writes("Gelu")
def gelu(c: Conversion, node: ir.Node) -> None:
    """GELU, exact or by tanh."""
    by_tanh = node.attributes.get_string("approximate", "none") == "tanh"
    _unary(c, node, "GELU", made(schema.GeluOptionsT, approximate=by_tanh))


@writes("Exp")
def exp(c: Conversion, node: ir.Node) -> None:
    """EXP."""
    _unary(c, node, "EXP", schema.ExpOptionsT(), None, True)


@writes("Sqrt")
def sqrt(c: Conversion, node: ir.Node) -> None:
    """SQRT."""
    _unary(c, node, "SQRT", None, None, True)


@writes("Abs")
def absolute(c: Conversion, node: ir.Node) -> None:
    """ABS."""
    _unary(c, node, "ABS", schema.AbsOptionsT(), None, True)


@writes("Neg")
def negate(c: Conversion, node: ir.Node) -> None:
    """NEG."""
    _unary(c, node, "NEG", schema.NegOptionsT())


@writes("HardSigmoid")
def hard_sigmoid(c: Conversion, node: ir.Node) -> None:
    """max(0, min(1, alpha x + beta)) as relu6(6 alpha x + 6 beta) / 6: TFLite has no operator for it."""
    x = c.floats(c.tensor(node.inputs[0]))
    alpha, beta = node.attributes.get_float("alpha", 0.2), node.attributes.get_float("beta", 0.5)
    scaled = c.emit("MUL", [x.index, c.float_constant(np.float32(6 * alpha))], c.new(x.layout), schema.MulOptionsT())
    options = made(schema.AddOptionsT, potScaleInt16=False, fusedActivationFunction=int(Kind.RELU6))
    limited = c.emit("ADD", [scaled.index, c.float_constant(np.float32(6 * beta))], c.new(x.layout), options)
    out = c.emit("MUL", [limited.index, c.float_constant(np.float32(1 / 6))], c.new(x.layout), schema.MulOptionsT())
    c.put(node.outputs[0], replace(out, nonnegative=True, columns=x.columns))


@writes("PRelu")
def prelu(c: Conversion, node: ir.Node) -> None:
    """PRELU; the slope is broadcast without its batch axis."""
    x = c.floats(c.tensor(node.inputs[0]))
    slope = c.get(node.inputs[1])
    if not isinstance(slope, Constant) or x.columns is not None:
        raise Unsupported("its slope is computed while running")
    spread = np.asarray(slope.array, np.float32).reshape((1,) * (x.rank - slope.rank) + slope.shape)
    stored = np.transpose(spread, x.layout.perm)
    if x.rank > 1 and stored.shape[0] == 1:
        stored = stored[0]
    out = c.emit("PRELU", [x.index, c.float_constant(stored)], c.new(x.layout))
    c.put(node.outputs[0], out)


@writes("Softmax")
def softmax(c: Conversion, node: ir.Node) -> None:
    """SOFTMAX over the last stored axis; its integer kernels dictate the scale."""
    x = c.tensor(node.inputs[0])
    old = c.opset < 13
    axis = node.attributes.get_int("axis", 1 if old else -1) % x.rank
    if old and math.prod(x.shape[axis + 1 :]) != 1:
        raise Unsupported(f"a Softmax of opset {c.opset} runs over several axes at once")
    if x.layout.perm[-1] != axis:
        x = c.ordered(x, [a for a in x.layout.perm if a != axis] + [axis])
    if x.columns is not None:
        raise Unsupported("it reads a flattened image")
    wanted = wanted_scale(c, node.outputs[0]) if x.quantized else None
    if wanted is None:
        x = c.floats(x)
    options = made(schema.SoftmaxOptionsT, beta=1.0)
    out = c.new(x.layout, None if wanted is None else fixed_scale("SOFTMAX", wanted.dtype))
    c.put(node.outputs[0], c.emit("SOFTMAX", [x.index], out, options).known_nonnegative())


@writes("BatchNormalization")
def batch_normalization(c: Conversion, node: ir.Node) -> None:
    """MUL and ADD, where no layer before it could take it over (an activation behind it is fused)."""
    x = c.floats(c.tensor(node.inputs[0]))
    arrays = [c.constant(v) for v in node.inputs[1:5]]
    if any(a is None for a in arrays) or node.attributes.get_int("training_mode", 0) != 0:
        raise Unsupported("it is in training mode or its statistics are computed while running")
    scale, bias, mean, variance = (np.asarray(a, np.float64) for a in arrays)
    factor = scale / np.sqrt(variance + node.attributes.get_float("epsilon", 1e-5))
    if x.rank == 4:
        x = c.ordered(x, NHWC)
    spread = (1, -1) + (1,) * (x.rank - 2)

    def vector(values: Any) -> int:
        return c.float_constant(np.transpose(values.reshape(spread), x.layout.perm))

    activation, result = fused_activation(c, node.outputs[0])
    product = c.emit("MUL", [x.index, vector(factor)], c.new(x.layout), schema.MulOptionsT())
    options = made(schema.AddOptionsT, potScaleInt16=False, fusedActivationFunction=activation)
    out = c.emit("ADD", [product.index, vector(bias - mean * factor)], c.new(x.layout), options)
    c.put(result, out.known_nonnegative(activation in NONNEGATIVE))
