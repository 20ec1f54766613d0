"""QuantizeLinear and DequantizeLinear, forward: what onnxruntime computes, so that quantized graphs can be run."""

from __future__ import annotations

import torch
from torch import Tensor

from core.execute.torch_ops import Layer, axis_of, operator

_RANGES = {
    torch.int8: (-128, 127),
    torch.uint8: (0, 255),
    torch.int16: (-32768, 32767),
    torch.uint16: (0, 65535),
    torch.int32: (-(2**31), 2**31 - 1),
}
_OUTPUT_TYPES = {2: torch.uint8, 3: torch.int8, 4: torch.uint16, 5: torch.int16}


def _integer_target(layer: Layer) -> str:
    zero = layer.input_type(2)
    if zero and zero not in ("INT8", "UINT8", "INT16", "UINT16"):
        return f"quantizing to {zero} is not supported"
    wanted = layer.get("output_dtype", 0)
    return f"quantizing to ONNX type {wanted} is not supported" if wanted and wanted not in _OUTPUT_TYPES else ""


def _no_small_floats(layer: Layer) -> str:
    kind = layer.input_type(0)
    return f"dequantizing {kind} is not supported" if kind.startswith("FLOAT") else ""


@operator("QuantizeLinear", check=_integer_target, settings=(1, 2))
def quantize_linear(layer: Layer, x: Tensor, scale: Tensor, zero: Tensor | None = None) -> Tensor:
    """Round half to even, add the zero point, saturate."""
    dtype = zero.dtype if zero is not None else _OUTPUT_TYPES[layer.get("output_dtype", 0) or 2]
    low, high = _RANGES[dtype]
    steps = torch.round(x / _spread(layer, scale, x))
    if zero is not None:
        steps = steps + _spread(layer, zero.to(x.dtype), x)
    return torch.clamp(steps, low, high).to(dtype)


@operator("DequantizeLinear", check=_no_small_floats, settings=(1, 2))
def dequantize_linear(layer: Layer, x: Tensor, scale: Tensor, zero: Tensor | None = None) -> Tensor:
    """(x - zero) * scale; the difference is taken in integers, as int32 biases exceed float32's exact range."""
    steps = x.to(torch.int64)
    if zero is not None:
        steps = steps - _spread(layer, zero.to(torch.int64), x)
    return steps.to(scale.dtype) * _spread(layer, scale, x)


def _spread(layer: Layer, t: Tensor, x: Tensor) -> Tensor:
    """A scale or zero point made to broadcast against ``x``: per tensor, per axis, or per block (opset 21)."""
    if t.numel() == 1 and t.dim() <= 1:
        return t.reshape(())
    axis = axis_of(layer.get("axis", 1), x.dim())
    block = layer.get("block_size", 0)
    if block:
        return t.repeat_interleave(block, axis).narrow(axis, 0, x.shape[axis])
    return t.reshape([-1 if k == axis else 1 for k in range(x.dim())])
