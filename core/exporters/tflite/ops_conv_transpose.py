"""ConvTranspose: TRANSPOSE_CONV, with a SLICE behind it where TFLite's padding cuts other elements off."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnx_ir as ir
from ai_edge_litert import schema_py_generated as schema

from core.exporters.tflite.builder import made
from core.exporters.tflite.conversion import Conversion, Unsupported, ints
from core.exporters.tflite.fuse import fused_activation
from core.exporters.tflite.layout import NHWC, Layout
from core.exporters.tflite.ops_layer import Kernel, constant_weights, layer_result, optional_weights
from core.exporters.tflite.table import writes
from core.exporters.tflite.windows import SAME, VALID, Pair, image, pair
from core.model.windows import crops

_AXES = 2


@dataclass(frozen=True, slots=True)
class Crop:
    """What is cut off the whole result of ``full`` rows and columns: ``before`` at the top and left, to ``result``."""

    size: Pair
    stride: Pair
    full: Pair
    before: Pair
    result: Pair

    @property
    def scheme(self) -> int | None:
        """SAME or VALID where one of them cuts off the same, None where a SLICE has to."""
        if self.full == self.result:
            return VALID
        rows = zip(self.size, self.stride, self.result, strict=True)
        fits = all(out == size * step for size, step, out in rows)
        halves = tuple(max(whole - out, 0) // 2 for whole, out in zip(self.full, self.result, strict=True))
        return SAME if fits and self.before == halves else None


@writes("ConvTranspose")
def conv_transpose(c: Conversion, node: ir.Node) -> None:
    """TRANSPOSE_CONV without groups and dilation, in float or in integers."""
    x, weights = image(c, node.inputs[0]), constant_weights(c, node.inputs[1])
    bias, shape = optional_weights(c, c.input(node, 2)), c.shape(node.outputs[0])
    if weights.rank != _AXES + 2:
        raise Unsupported(f"its kernel has {weights.rank - 2} spatial axes, only {_AXES} are supported")
    if node.attributes.get_int("group", 1) != 1:
        raise Unsupported("it has groups, and TRANSPOSE_CONV has none")
    if set(ints(node, "dilations") or [1]) != {1}:
        raise Unsupported("it is dilated, and TRANSPOSE_CONV cannot be")
    crop = crop_of(node, pair(x.shape[2:]), pair(weights.shape[2:]), pair(shape[2:]))
    scheme, size = (VALID, crop.full) if crop.scheme is None else (crop.scheme, crop.result)
    activation, result = fused_activation(c, node.outputs[0])
    options = made(
        schema.TransposeConvOptionsT,
        padding=scheme,
        strideH=crop.stride[0],
        strideW=crop.stride[1],
        fusedActivationFunction=activation,
    )
    whole = Layout((shape[0], weights.shape[1], *size), NHWC)
    output = c.builder.integers(*whole.stored)
    kernel = Kernel("TRANSPOSE_CONV", 1, 0, lambda w: np.transpose(w, (1, 2, 3, 0)), lambda x, w, b: [output, w, x, b])
    out = layer_result(c, node, kernel, x, weights, bias, result, whole, options)
    if crop.scheme is None:
        begin = c.builder.integers(0, *crop.before, 0)
        to = whole.with_shape(shape)
        out = c.move(out, "SLICE", to, [begin, c.builder.integers(*to.stored)], schema.SliceOptionsT())
    c.put(result, out)


def crop_of(node: ir.Node, size: Pair, kernel: Pair, result: Pair) -> Crop:
    """Read strides and padding. Raises Unsupported where the result reaches beyond what the input makes."""
    stride = pair(ints(node, "strides") or [1, 1])
    full = pair([(n - 1) * step + k for n, step, k in zip(size, stride, kernel, strict=True)])
    cut = crops(node, size, kernel)
    if any(min(ends) < 0 for ends in cut):
        raise Unsupported("its output is larger than what its input reaches")
    return Crop(size, stride, full, pair([before for before, _ in cut]), result)
