"""QuantizeLinear, DequantizeLinear, and nodes that do nothing at run time."""

from __future__ import annotations

import onnx_ir as ir

from core.exporters.tflite.conversion import Conversion, Unsupported
from core.exporters.tflite.quantized import activation_scale, dequantized_constant, quantized_constant
from core.exporters.tflite.table import writes
from core.exporters.tflite.values import Constant


@writes("QuantizeLinear")
def quantize_linear(c: Conversion, node: ir.Node) -> None:
    """QUANTIZE, unless the value already is int8 of that scale: then nothing is written."""
    x, scale = c.get(node.inputs[0]), activation_scale(c, node)
    if isinstance(x, Constant):
        c.put(node.outputs[0], quantized_constant(x.array, scale))
        return
    c.put(node.outputs[0], c.requantized(x, scale))


@writes("DequantizeLinear")
def dequantize_linear(c: Conversion, node: ir.Node) -> None:
    """Nothing: who needs floats asks for them, who can work in int8 takes the tensor as it is."""
    x = c.get(node.inputs[0])
    if isinstance(x, Constant):
        c.put(node.outputs[0], x if x.integers is not None else dequantized_constant(c, node, x.array))
        return
    if x.quantization != activation_scale(c, node):
        raise Unsupported("its scale differs from that of the QuantizeLinear before it")
    c.put(node.outputs[0], x)
