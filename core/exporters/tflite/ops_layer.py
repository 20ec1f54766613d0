"""Layers with weights: Conv, Gemm, MatMul."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx_ir as ir
from ai_edge_litert import schema_py_generated as schema

from core.exporters.tflite.builder import made
from core.exporters.tflite.conversion import Conversion, Unsupported
from core.exporters.tflite.fuse import NONNEGATIVE, fused_activation, fused_bias
from core.exporters.tflite.layout import NHWC, Layout, identity
from core.exporters.tflite.quantized import integer_layer, wanted_scale
from core.exporters.tflite.stored_weights import float_weight
from core.exporters.tflite.table import writes
from core.exporters.tflite.values import Constant, Tensor
from core.exporters.tflite.windows import VALID, image, padded_image, window

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Kernel:
    """How a layer's weights lie: output channels on ``out_axis`` in ONNX and on ``file_axis`` in the file.

    ``inputs``: the operator's, of the tensors of activations, weights and bias.
    """

    operator: str
    out_axis: int
    file_axis: int
    to_file: Callable[[Array], Array]
    inputs: Callable[[int, int, int], list[int]] = lambda x, weights, bias: [x, weights, bias]


_CONV = Kernel("CONV_2D", 0, 0, lambda w: np.transpose(w, (0, 2, 3, 1)))
_DEPTHWISE = Kernel("DEPTHWISE_CONV_2D", 0, 3, lambda w: np.transpose(w, (1, 2, 3, 0)))


def constant_weights(c: Conversion, value: ir.Value | None) -> Constant:
    """Raises Unsupported for weights that are no constant."""
    known = c.get(value)
    if not isinstance(known, Constant):
        raise Unsupported("its weights are computed while running")
    return known


def optional_weights(c: Conversion, value: ir.Value | None) -> Constant | None:
    return None if value is None else constant_weights(c, value)


def layer_result(
    c: Conversion,
    node: ir.Node,
    kernel: Kernel,
    x: Tensor,
    weights: Constant,
    bias: Constant | None,
    result: ir.Value,
    to: Layout,
    options: Any,
) -> Tensor:
    """What one layer with weights gives, in integers where the graph says so, else in float."""
    integer_form = integer_layer(
        c,
        node,
        x,
        weights,
        bias,
        result,
        out_axis=kernel.out_axis,
        file_axis=kernel.file_axis,
        to_file=kernel.to_file,
    )
    if integer_form is not None:
        out = c.new(to, integer_form.result)
        inputs = kernel.inputs(x.index, integer_form.weights, integer_form.bias)
    else:
        name = (node.inputs[1].name if node.inputs[1] is not None else "") or ""
        channels = weights.shape[kernel.out_axis]
        added = np.zeros(channels, np.float32) if bias is None else bias.array.reshape(-1)
        out = c.new(to)
        stored = float_weight(c, weights, name, kernel.to_file, kernel.out_axis, kernel.file_axis)
        added_at = c.float_constant(np.broadcast_to(added, (channels,)))
        inputs = kernel.inputs(c.floats(x).index, stored, added_at)
    c.emit(kernel.operator, inputs, out, options)
    return out.known_nonnegative(options.fusedActivationFunction in NONNEGATIVE)


@writes("Conv")
def conv(c: Conversion, node: ir.Node) -> None:
    """CONV_2D (grouped too) or DEPTHWISE_CONV_2D."""
    x = image(c, node.inputs[0])
    weights = constant_weights(c, node.inputs[1])
    if weights.rank != 4:
        raise Unsupported(f"its kernel has {weights.rank - 2} spatial axes, only 2 are supported")
    bias = optional_weights(c, c.input(node, 2))
    shape, groups, channels = c.shape(node.outputs[0]), node.attributes.get_int("group", 1), x.shape[1]
    place = window(node, x.shape[2:], weights.shape[2:], shape[2:])
    scheme = place.scheme
    if scheme is None:
        x, scheme = padded_image(c, x, place.pads), VALID
    activation, result = fused_activation(c, node.outputs[0])
    common = {
        "padding": scheme,
        "strideH": place.stride[0],
        "strideW": place.stride[1],
        "dilationHFactor": place.dilation[0],
        "dilationWFactor": place.dilation[1],
        "fusedActivationFunction": activation,
    }
    to = Layout(shape, NHWC)
    if groups == channels and groups > 1:
        options = made(schema.DepthwiseConv2DOptionsT, depthMultiplier=shape[1] // channels, **common)
        c.put(result, layer_result(c, node, _DEPTHWISE, x, weights, bias, result, to, options))
    else:
        options = made(schema.Conv2DOptionsT, **common)
        c.put(result, layer_result(c, node, _CONV, x, weights, bias, result, to, options))


@writes("Gemm")
def gemm(c: Conversion, node: ir.Node) -> None:
    """FULLY_CONNECTED; alpha and beta are multiplied into float weights."""
    if node.attributes.get_int("transA", 0):
        raise Unsupported("its first factor is transposed (transA)")
    weights, bias = constant_weights(c, node.inputs[1]), optional_weights(c, c.input(node, 2))
    alpha, beta = node.attributes.get_float("alpha", 1.0), node.attributes.get_float("beta", 1.0)
    if alpha != 1.0:
        weights = Constant((weights.array * np.float32(alpha)).astype(np.float32))
    if bias is not None and beta != 1.0:
        bias = Constant((bias.array * np.float32(beta)).astype(np.float32))
    out_axis = 0 if node.attributes.get_int("transB", 0) else 1
    if bias is not None and bias.shape[-1:] != (weights.shape[out_axis],):
        bias = _filled_bias(bias, weights.shape[out_axis])
    if bias is not None and bias.array.size != weights.shape[out_axis]:
        raise Unsupported(f"its bias has shape {list(bias.shape)} instead of one number per output")
    fully_connected(c, node, c.tensor(node.inputs[0]), weights, bias, out_axis)


def _filled_bias(bias: Constant, channels: int) -> Constant:
    """One number for all outputs, written out."""
    if bias.array.size != 1:
        return bias
    return Constant(np.full(channels, bias.array.reshape(()), np.float32))


@writes("MatMul")
def matmul(c: Conversion, node: ir.Node) -> None:
    """FULLY_CONNECTED where the second factor is a constant matrix, else BATCH_MATMUL."""
    right = c.get(node.inputs[1])
    if isinstance(right, Constant) and right.rank == 2:
        fully_connected(c, node, c.tensor(node.inputs[0]), right, None, 1)
        return
    out_shape = c.shape(node.outputs[0])
    a, b = c.tensor(node.inputs[0]), c.tensor(node.inputs[1])
    if min(a.rank, b.rank) < 2:
        raise Unsupported("one of its factors is a vector")
    wanted = wanted_scale(c, node.outputs[0])
    scale = wanted if a.quantized and b.quantized else None
    if scale is None:
        a, b = c.floats(a), c.floats(b)
    a, swap_a = _matrix_order(c, a)
    b, swap_b = _matrix_order(c, b)
    options = made(schema.BatchMatMulOptionsT, adjX=swap_a, adjY=swap_b)
    out = c.emit("BATCH_MATMUL", [a.index, b.index], c.new(Layout.plain(out_shape), scale), options)
    c.put(node.outputs[0], out)


def _matrix_order(c: Conversion, x: Tensor) -> tuple[Tensor, bool]:
    """A factor in ONNX order, or as it is with a flag where only its last two axes are swapped."""
    plain = identity(x.rank)
    if x.layout.perm == (*plain[:-2], plain[-1], plain[-2]):
        return x, True
    return c.ordered(x, plain), False


def fully_connected(
    c: Conversion, node: ir.Node, x: Tensor, weights: Constant, bias: Constant | None, out_axis: int
) -> None:
    """``x`` [..., K] times ``weights`` (outputs on ``out_axis``) plus bias, with an Add and an activation behind it."""
    channels = weights.shape[out_axis]
    value = node.outputs[0]
    if bias is None:
        bias, value = fused_bias(c, value, channels)
    activation, result = fused_activation(c, value)
    last = x.rank - 1
    if x.columns is None and x.layout.perm[-1] != last:
        x = c.ordered(x, [a for a in x.layout.perm if a != last] + [last])
    columns = x.columns

    def to_file(w: Array) -> Array:
        rows = w if out_axis == 0 else w.T
        return rows if columns is None else rows[:, columns]

    options = made(schema.FullyConnectedOptionsT, fusedActivationFunction=activation, keepNumDims=x.rank > 2)
    to = Layout((*x.shape[:-1], channels), x.layout.perm)
    kernel = Kernel("FULLY_CONNECTED", out_axis, 0, to_file)
    c.put(result, layer_result(c, node, kernel, x, weights, bias, result, to, options))
