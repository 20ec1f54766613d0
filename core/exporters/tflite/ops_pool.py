"""Pools and reductions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import onnx_ir as ir
from ai_edge_litert import schema_py_generated as schema

from core.exporters.tflite.builder import Affine, made
from core.exporters.tflite.conversion import Array, Conversion, Unsupported, ints
from core.exporters.tflite.layout import NHWC, Layout
from core.exporters.tflite.quantized import wanted_scale
from core.exporters.tflite.table import writes
from core.exporters.tflite.values import Tensor
from core.exporters.tflite.windows import SAME, VALID, Window, image, padded_image, window
from core.model.qdq_numbers import meets_halves


def _window(c: Conversion, node: ir.Node, x: Tensor) -> Window:
    kernel = ints(node, "kernel_shape")
    if kernel is None:
        raise Unsupported("it has no kernel_shape")
    place = window(node, x.shape[2:], kernel, c.shape(node.outputs[0])[2:])
    if place.dilation != (1, 1):
        raise Unsupported("TFLite has no dilated pooling")
    rows = zip(place.result, place.stride, place.size, place.before, strict=True)
    if any((out - 1) * step >= size + before for out, step, size, before in rows):
        raise Unsupported("a window of it lies wholly in the padding (ceil_mode), which runtimes count differently")
    return place


def _pool(c: Conversion, x: Tensor, operator: str, place: Window, scheme: int) -> Tensor:
    options = made(
        schema.Pool2DOptionsT,
        padding=scheme,
        strideH=place.stride[0],
        strideW=place.stride[1],
        filterHeight=place.kernel[0],
        filterWidth=place.kernel[1],
    )
    return c.move(x, operator, Layout((*x.shape[:2], *place.result), NHWC), [], options)


@writes("MaxPool")
def max_pool(c: Conversion, node: ir.Node) -> None:
    """MAX_POOL_2D; its int8 form cannot rescale, so the result keeps the input's scale."""
    if len(node.outputs) > 1 and node.outputs[1].uses():
        raise Unsupported("its indices are used")
    x = image(c, node.inputs[0])
    place = _window(c, node, x)
    scheme = place.scheme
    if scheme is None:
        x, scheme = padded_image(c, x, place.pads, lowest=True), VALID
    c.put(node.outputs[0], _pool(c, x, "MAX_POOL_2D", place, scheme))


@writes("AveragePool")
def average_pool(c: Conversion, node: ir.Node) -> None:
    """AVERAGE_POOL_2D, which never counts padding; where ONNX counts otherwise: PAD, and a MUL that corrects."""
    x = image(c, node.inputs[0])
    place = _window(c, node, x)
    if x.quantization is not None and x.dtype == "int8" and place.scheme == VALID and meets_halves(place.kernel):
        wanted = wanted_scale(c, node.outputs[0])
        same = wanted is not None and wanted.dtype == x.dtype
        c.put(node.outputs[0], _weighted(c, x, place, wanted if wanted is not None and same else x.quantization))
        return
    counted = bool(node.attributes.get_int("count_include_pad", 0)) and place.declared
    scheme = place.scheme
    if scheme == VALID or (scheme == SAME and not counted):
        c.put(node.outputs[0], _pool(c, x, "AVERAGE_POOL_2D", place, scheme))
        return
    correction = _count_correction(place, _declared_pads(node, place) if counted else None)
    if not np.all(correction == 1):
        x = c.floats(x)  # the correction needs more than 8 bits
    x = _pool(c, padded_image(c, x, place.pads), "AVERAGE_POOL_2D", place, VALID)
    if not np.all(correction == 1):
        x = c.emit("MUL", [x.index, c.float_constant(correction)], c.new(x.layout), schema.MulOptionsT())
    c.put(node.outputs[0], x)


def _weighted(c: Conversion, x: Tensor, place: Window, result: Affine) -> Tensor:
    """An int8 average as DEPTHWISE_CONV_2D of equal weights, which rounds halves as onnxruntime does, to even.

    AVERAGE_POOL_2D rounds them away from zero of the stored integers; of four of them every fourth sum is a half.
    """
    assert x.quantization is not None, "the caller asked"
    rows, columns = place.kernel
    channels, scale = x.shape[1], 1 / (64 * rows * columns)
    weights = c.builder.constant(np.full((1, rows, columns, channels), 64, np.int8), Affine.per_tensor(scale, 0))
    bias = Affine.per_tensor(x.quantization.scale[0] * scale, 0)
    options = made(
        schema.DepthwiseConv2DOptionsT,
        padding=VALID,
        strideH=place.stride[0],
        strideW=place.stride[1],
        depthMultiplier=1,
        dilationHFactor=1,
        dilationWFactor=1,
    )
    inputs = [x.index, weights, c.builder.constant(np.zeros(channels, np.int32), bias)]
    out = c.new(Layout((*x.shape[:2], *place.result), NHWC), result)
    return replace(c.emit("DEPTHWISE_CONV_2D", inputs, out, options), nonnegative=x.nonnegative)


def _declared_pads(node: ir.Node, place: Window) -> tuple[int, int]:
    """Bottom and right padding as declared: what ceil_mode reads beyond it is never counted."""
    pads = ints(node, "pads")
    bottom, right = pads[2:] if pads else place.after
    return max(bottom, 0), max(right, 0)


def _count_correction(place: Window, counted_after: tuple[int, int] | None) -> Array:
    """Kernel size over the number of elements ONNX divides by, shape [1, H, W, 1]."""
    top_bottom, left_right = place.pads
    counts = np.ones(place.size)
    if counted_after is None:
        counts = np.pad(counts, (top_bottom, left_right))
    else:
        (top, bottom), (left, right) = top_bottom, left_right
        inner = (min(counted_after[0], bottom), min(counted_after[1], right))
        counts = np.pad(counts, ((top, inner[0]), (left, inner[1])), constant_values=1)
        counts = np.pad(counts, ((0, bottom - inner[0]), (0, right - inner[1])))
    (kernel_h, kernel_w), (step_h, step_w) = place.kernel, place.stride
    views = np.lib.stride_tricks.sliding_window_view(counts, place.kernel)[::step_h, ::step_w]
    divided = views.sum(axis=(2, 3))[: place.result[0], : place.result[1]]
    correction: Array = (kernel_h * kernel_w / divided).astype(np.float32)
    return correction.reshape(1, *place.result, 1)


def _reduce(c: Conversion, node: ir.Node, operator: str, axes: Sequence[int] | None, keep: bool) -> None:
    x = c.tensor(node.inputs[0])
    if x.columns is not None:
        raise Unsupported("it reduces a flattened image")
    axes = range(x.rank) if axes is None else sorted(a % x.rank for a in axes)
    stored_axes = [i for i, axis in enumerate(x.layout.perm) if axis in axes]
    left = [a for a in range(x.rank) if a not in axes]
    if keep:
        to = x.layout.with_shape([1 if a in axes else n for a, n in enumerate(x.shape)])
    else:
        perm = tuple(left.index(a) for a in x.layout.perm if a in left)
        to = Layout(tuple(x.shape[a] for a in left), perm)
    scale = wanted_scale(c, node.outputs[0]) if x.quantized and operator in ("MEAN", "REDUCE_MAX") else None
    if operator == "REDUCE_MAX" and x.quantized:
        scale = x.quantization  # the integer kernel cannot rescale
    if scale is None:
        x = c.floats(x)
    options = made(schema.ReducerOptionsT, keepDims=keep)
    out = c.emit(operator, [x.index, c.builder.integers(*stored_axes)], c.new(to, scale), options)
    c.put(node.outputs[0], replace(out, nonnegative=x.nonnegative))


@writes("GlobalAveragePool")
def global_average_pool(c: Conversion, node: ir.Node) -> None:
    """MEAN over the spatial axes."""
    _reduce(c, node, "MEAN", range(2, c.tensor(node.inputs[0]).rank), True)


@writes("GlobalMaxPool")
def global_max_pool(c: Conversion, node: ir.Node) -> None:
    """REDUCE_MAX over the spatial axes."""
    _reduce(c, node, "REDUCE_MAX", range(2, c.tensor(node.inputs[0]).rank), True)


def _written_reduction(c: Conversion, node: ir.Node, operator: str) -> None:
    axes = c.integers(node, 1, "axes")
    if not axes and node.attributes.get_int("noop_with_empty_axes", 0) != 0:
        c.put(node.outputs[0], c.tensor(node.inputs[0]))
        return
    _reduce(c, node, operator, axes or None, bool(node.attributes.get_int("keepdims", 1)))


@writes("ReduceMean")
def reduce_mean(c: Conversion, node: ir.Node) -> None:
    """MEAN."""
    _written_reduction(c, node, "MEAN")


@writes("ReduceSum")
def reduce_sum(c: Conversion, node: ir.Node) -> None:
    """SUM, in float."""
    _written_reduction(c, node, "SUM")


@writes("ReduceMax")
def reduce_max(c: Conversion, node: ir.Node) -> None:
    """REDUCE_MAX."""
    _written_reduction(c, node, "REDUCE_MAX")
