"""What runs in integers: read from the QuantizeLinear and DequantizeLinear nodes of the graph, never invented.

An operator runs in integers when its activations arrive behind DequantizeLinear, its weights are int8 or int4 behind
DequantizeLinear, and all that read its result are QuantizeLinear of one scale. Anything else runs in float, with
DEQUANTIZE and QUANTIZE where the two meet, and a note says so. uint8 becomes int8 by shifting the zero point by 128:
TFLite has no uint8 with a scale per channel. int16 activations (the 16x8 form) have zero point 0 and biases of 64 bits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import ml_dtypes
import numpy as np
import numpy.typing as npt
import onnx_ir as ir

from core.exporters.tflite.builder import Affine
from core.exporters.tflite.conversion import Conversion, Unsupported
from core.exporters.tflite.values import Constant, Tensor
from core.model.qdq_form import spread_blocks

Array = npt.NDArray[Any]
UINT8_SHIFT = 128
_BITS_OF_16X8 = 46  # the kernels multiply sums of less than 2**47 and add the products to the bias
# These do not round, so a scale demanded behind them holds before them as well.
_ONLY_MOVE = ("Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose")


def fixed_scale(operator: str, dtype: str) -> Affine:
    """What the integer kernels of SOFTMAX, LOGISTIC and TANH write, whatever the graph asks for."""
    if dtype == "int16":
        return Affine.per_tensor(1 / 32768, 0, dtype)
    return Affine.per_tensor(1 / 128, 0) if operator == "TANH" else Affine.per_tensor(1 / 256, -128)


def activation_scale(c: Conversion, node: ir.Node) -> Affine:
    """Scale and zero point (of the signed type) of a QuantizeLinear or DequantizeLinear of an activation."""
    scale = c.constant(node.inputs[1])
    if scale is None:
        raise Unsupported("its scale is computed while running")
    if scale.size != 1:
        raise Unsupported("an activation has a scale per channel, TFLite allows one per tensor")
    zero_value = c.input(node, 2)
    zero = np.zeros((), np.uint8) if zero_value is None else c.constant(zero_value)
    if zero is None:
        raise Unsupported("its zero point is computed while running")
    if zero.dtype == np.int16:
        if int(zero.reshape(())) != 0:
            raise Unsupported("its activations are int16 with a zero point, TFLite allows none")
        return Affine.per_tensor(float(scale.reshape(())), 0, "int16")
    if zero.dtype not in (np.uint8, np.int8):
        raise Unsupported(
            f"activations of type {zero.dtype.name} have no TFLite form; "
            "quantize with int16 (preset TFLite 16x8) or 8 bits"
        )
    shift = UINT8_SHIFT if zero.dtype == np.uint8 else 0
    return Affine.per_tensor(float(scale.reshape(())), int(zero.reshape(())) - shift)


def wanted_scale(c: Conversion, value: ir.Value) -> Affine | None:
    """The scale all readers of a value quantize it to, None where one of them reads it as float."""
    readers = [use.node for use in value.uses()]
    if not readers or value.is_graph_output():
        return None
    if len(readers) == 1 and readers[0].op_type in _ONLY_MOVE:
        return wanted_scale(c, readers[0].outputs[0])
    if any(node.op_type != "QuantizeLinear" for node in readers):
        return None
    scales = {activation_scale(c, node) for node in readers}
    return scales.pop() if len(scales) == 1 else None


def dequantized_constant(c: Conversion, node: ir.Node, stored: Array) -> Constant:
    """A constant behind DequantizeLinear: weights, biases, quantized additions.

    Of weights in blocks only the real numbers are kept: TFLite has no integer kernels for them.
    """
    scale = c.constant(node.inputs[1])
    zero_value = c.input(node, 2)
    zero = np.zeros((), stored.dtype) if zero_value is None else c.constant(zero_value)
    if scale is None or zero is None:
        raise Unsupported("its scale is computed while running")
    block = node.attributes.get_int("block_size", 0)
    if block:
        axis = node.attributes.get_int("axis", 1) % stored.ndim
        steps = np.subtract(stored, spread_blocks(zero, axis, block, stored.shape), dtype=np.float32)
        return Constant((steps * spread_blocks(scale, axis, block, stored.shape)).astype(np.float32), blocks=True)
    axis = node.attributes.get_int("axis", 1) % max(stored.ndim, 1) if scale.size > 1 else 0
    integers, shift = _as_signed(stored)
    offset = zero.astype(np.int32) - shift
    along = [1] * stored.ndim
    if scale.size > 1:
        along[axis] = -1
    scale = scale.astype(np.float32)
    wide = scale.reshape(along) if stored.ndim else scale.reshape(())
    offsets = np.broadcast_to(offset, scale.shape).reshape(wide.shape)
    real = ((integers.astype(np.float32) - offsets.astype(np.float32)) * wide).astype(np.float32)
    return Constant(real, integers, scale.reshape(-1), np.atleast_1d(offset), axis)


def _as_signed(stored: Array) -> tuple[Array, int]:
    """Integers as TFLite stores them, and by how much they were shifted: it has no unsigned ones with many scales."""
    if stored.dtype == np.uint8:
        return (stored.astype(np.int16) - UINT8_SHIFT).astype(np.int8), UINT8_SHIFT
    if stored.dtype.name == "uint4":
        return (stored.astype(np.int8) - 8).astype(ml_dtypes.int4), 8
    return stored, 0


def quantized_constant(array: Array, scale: Affine) -> Constant:
    """A float constant behind QuantizeLinear."""
    steps = np.rint(array / np.float32(scale.scale[0])) + scale.zero_point
    integers = np.clip(steps, *scale.steps).astype(scale.dtype)
    real = ((integers.astype(np.float32) - scale.zero_point) * np.float32(scale.scale[0])).astype(np.float32)
    return Constant(real, integers, np.asarray([scale.scale[0]], np.float32), np.asarray([scale.zero_point]))


@dataclass(frozen=True, slots=True)
class IntegerLayer:
    """A convolution or fully connected layer in integers: weight tensor, bias tensor, scale of the result."""

    weights: int
    bias: int
    result: Affine


def integer_layer(
    c: Conversion,
    node: ir.Node,
    x: Tensor,
    weights: Constant,
    bias: Constant | None,
    result: ir.Value,
    *,
    out_axis: int,
    file_axis: int,
    to_file: Callable[[Array], Array],
) -> IntegerLayer | None:
    """The integer form of a layer, or None where it has to run in float (a note says why).

    ``weights`` are in ONNX order with output channels on ``out_axis``; ``to_file`` brings them into TFLite's order
    with output channels on ``file_axis``.
    """
    wanted = wanted_scale(c, result)
    if x.quantization is not None and weights.blocks:
        why = "TFLite has no integer kernel for weights in groups of input channels, which are stored as float32"
        c.runs_in_float(node, why)
    if x.quantization is None or weights.integers is None or weights.scale is None:
        return None
    if wanted is None:
        c.runs_in_float(node, "its result is not quantized")
        return None
    why = _unfit_weights(weights, out_axis)
    scales = _bias_scales(x.quantization, weights.scale)
    channels = weights.shape[out_axis]
    wide = x.quantization.dtype == "int16"
    steps = _bias_steps(bias, scales, channels, _BITS_OF_16X8 if wide else 31)
    if steps is None:
        why = f"its bias does not fit into {64 if wide else 32} bits at the scale of input times weights"
    if why or steps is None:
        c.runs_in_float(node, why)
        return None
    name = node.inputs[1].name if len(node.inputs) > 1 and node.inputs[1] is not None else ""
    per_channel = weights.scale.size > 1
    weight_scale = Affine(tuple(float(s) for s in weights.scale), 0, file_axis if per_channel else 0)
    stored = c.builder.constant(
        to_file(_as_stored(c, node, weights.integers, x.quantization)), weight_scale, name or ""
    )
    steps = steps.astype(np.int64 if wide else np.int32)
    bias_scale = Affine(tuple(float(s) for s in scales), 0, 0)
    return IntegerLayer(stored, c.builder.constant(steps, bias_scale), wanted)


def _as_stored(c: Conversion, node: ir.Node, integers: Array, x: Affine) -> Array:
    """Integers of 4 bits where the kernels read them, else the same ones in twice the space."""
    if integers.dtype != ml_dtypes.int4:
        return integers
    why = "beside int16 activations TFLite reads no others" if x.dtype != "int8" else ""
    if node.op_type == "ConvTranspose":
        why = "TFLite's transposed convolution reads no others"
    if why:
        c.notes.append(f"Layer '{node.name}' stores its 4-bit weights in 8 bits: {why}.")
        return integers.astype(np.int8)
    return integers.astype(np.int8) if node.op_type == "Conv" and not c.four_bit_convolutions else integers


def _unfit_weights(weights: Constant, out_axis: int) -> str:
    assert weights.integers is not None, "the caller asked"
    assert weights.scale is not None
    if weights.integers.dtype.name not in ("int8", "int4"):
        return f"its weights are {weights.integers.dtype.name}, TFLite wants int8"
    if np.any(weights.zero_point != 0):
        return "its weights have a zero point other than 0"
    if weights.scale.size > 1 and weights.axis != out_axis:
        return f"its weights have their scales on axis {weights.axis} instead of the output channels'"
    return ""


def _bias_scales(x: Affine, weight_scales: Array) -> Array:
    """s_x * s_w, multiplied in double precision and rounded once, as TFLite's kernels check it."""
    product: Array = (np.float64(x.scale[0]) * weight_scales.astype(np.float64)).astype(np.float32)
    return product


def _bias_steps(bias: Constant | None, scales: Array, channels: int, bits: int) -> Array | None:
    """The bias as integers at these scales (zero where there is none: kernels want the tensor), None where they are
    2**``bits`` or more.

    Integers of the graph are taken as they are where their scale is the right one; after a change of the input's
    scale they are rounded again, because TFLite accepts a wrong bias scale silently.
    """
    if bias is None:
        return np.zeros(channels, np.int32)
    if bias.integers is not None and bias.integers.dtype == np.int32 and bias.scale is not None:
        same = np.allclose(np.broadcast_to(bias.scale, scales.shape), scales, rtol=1e-5, atol=0.0)
        if same and bias.scale.size in (1, scales.size):
            return np.broadcast_to(bias.integers.reshape(-1), (channels,)).astype(np.int32)
    real = np.broadcast_to(bias.array.astype(np.float64).reshape(-1), (channels,))
    steps = np.rint(real / scales.astype(np.float64))
    return None if np.any(np.abs(steps) >= 2.0**bits) else steps.astype(np.int64)
