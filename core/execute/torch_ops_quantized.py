"""Quantization nodes: what onnxruntime computes forward, the straight-through estimator backward.

An integer tensor carries no gradient. TorchGraph therefore runs a DequantizeLinear behind a QuantizeLinear of the same
scale and zero point as one step, :func:`fake_quantize`; see ``join_quantization``.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from core.execute.torch_ops import Layer, axis_of, operator
from core.execute.torch_ops_layers import convolve

_RANGES = {
    "INT2": (-2, 1),
    "UINT2": (0, 3),
    "INT4": (-8, 7),
    "UINT4": (0, 15),
    "INT8": (-128, 127),
    "UINT8": (0, 255),
    "INT16": (-32768, 32767),
    "UINT16": (0, 65535),
}
# 2- and 4-bit integers are held in 8 bits, as torch has none
_HELD = {
    "INT8": torch.int8,
    "UINT8": torch.uint8,
    "INT16": torch.int16,
    "UINT16": torch.uint16,
    "INT4": torch.int8,
    "UINT4": torch.uint8,
    "INT2": torch.int8,
    "UINT2": torch.uint8,
}
_BY_NUMBER = {2: "UINT8", 3: "INT8", 4: "UINT16", 5: "INT16", 21: "UINT4", 22: "INT4", 25: "UINT2", 26: "INT2"}
_BY_TORCH = {torch.int8: "INT8", torch.uint8: "UINT8", torch.int16: "INT16", torch.uint16: "UINT16"}
_FLOATS = {1: torch.float32, 10: torch.float16, 11: torch.float64, 16: torch.bfloat16}


def _integer_target(layer: Layer) -> str:
    zero = layer.input_type(2)
    if zero and zero not in _RANGES:
        return f"quantizing to {zero} is not supported"
    wanted = layer.get("output_dtype", 0)
    return f"quantizing to ONNX type {wanted} is not supported" if wanted and wanted not in _BY_NUMBER else ""


def _no_small_floats(layer: Layer) -> str:
    kind = layer.input_type(0)
    if kind.startswith("FLOAT"):
        return f"dequantizing {kind} is not supported"
    wanted = layer.get("output_dtype", 0)
    return f"dequantizing to ONNX type {wanted} is not supported" if wanted and wanted not in _FLOATS else ""


@operator("QuantizeLinear", check=_integer_target, settings=(1, 2))
def quantize_linear(layer: Layer, x: Tensor, scale: Tensor, zero: Tensor | None = None) -> Tensor:
    """Round half to even, add the zero point, saturate."""
    low, high = _RANGES[_target(layer, zero)]
    return _steps(layer, x, scale, zero).clamp_(low, high).to(_HELD[_target(layer, zero)])


@operator("DequantizeLinear", check=_no_small_floats, settings=(1, 2))
def dequantize_linear(layer: Layer, x: Tensor, scale: Tensor, zero: Tensor | None = None) -> Tensor:
    """(x - zero) * scale; the difference is taken in integers, as int32 biases exceed float32's exact range."""
    spread = _spread(layer, scale, x)
    if zero is not None:
        wide = torch.int64 if x.dtype == torch.int32 else torch.int32
        x = x.to(wide) - _spread(layer, zero.to(wide), x)
    return _typed(layer, x.to(scale.dtype) * spread)


def fake_quantize(quantizer: Layer, dequantizer: Layer, x: Tensor, scale: Tensor, zero: Tensor | None = None) -> Tensor:
    """DequantizeLinear(QuantizeLinear(x)) with the straight-through estimator (Bengio et al. 2013).

    The gradient passes where the value is inside the range and is zero where it saturates, as in torch's
    ``fake_quantize_per_tensor_affine``. A scale that wants a gradient gets that of learned step sizes (Esser et al.
    2020, arXiv:1902.08153, equation 3): q - x/s inside the range, the saturated integer outside (less the zero point).
    """
    low, high = _RANGES[_target(quantizer, zero)]
    spread = _spread(quantizer, scale, x)
    shift = None if zero is None else _spread(quantizer, zero.to(x.device, torch.float32), x)
    y: Tensor = _FakeQuantize.apply(x, spread, shift, low, high, _precision(quantizer, x))  # type: ignore[no-untyped-call]
    return _typed(dequantizer, y.to(scale.dtype))


class _FakeQuantize(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, scale: Tensor, zero: Tensor | None, low: int, high: int, kind: torch.dtype
    ) -> Tensor:
        real = x.to(kind) / scale.to(kind)
        learns = ctx.needs_input_grad[1]
        steps = real.round() if learns else real.round_()
        if zero is not None:
            steps = steps.add_(zero)
        inside = (steps >= low) & (steps <= high) if learns or ctx.needs_input_grad[0] else None
        steps = steps.clamp_(low, high)
        if zero is not None:
            steps = steps.sub_(zero)
        if learns:
            assert inside is not None
            ctx.save_for_backward(inside, steps - real * inside, scale)
        elif inside is not None:
            ctx.save_for_backward(inside)
        return steps * scale if learns else steps.mul_(scale)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        inside, *learned = ctx.saved_tensors
        by_scale = None
        if learned:
            slope, scale = learned
            by_scale = (gradients[0] * slope).sum_to_size(scale.shape).to(scale.dtype)
        return gradients[0] * inside, by_scale, None, None, None, None


@operator("DynamicQuantizeLinear")
def dynamic_quantize_linear(layer: Layer, x: Tensor) -> tuple[Tensor, ...]:
    """uint8 over the range of ``x`` and zero; -> steps, scale, zero point."""
    low, high = x.min().clamp(max=0), x.max().clamp(min=0)
    scale = (high - low) / 255
    scale = torch.where(scale == 0, torch.ones_like(scale), scale)
    zero = torch.round((0 - low) / scale).clamp(0, 255)
    steps = (torch.round(x / scale) + zero).clamp(0, 255)
    return steps.to(torch.uint8), scale, zero.to(torch.uint8)


@operator("MatMulInteger")
def matmul_integer(layer: Layer, a: Tensor, b: Tensor, za: Tensor | None = None, zb: Tensor | None = None) -> Tensor:
    """Zero points per tensor, per row of ``a`` and per column of ``b``."""
    rows = za[:, None] if za is not None and za.dim() == 1 and za.numel() > 1 else za
    return torch.matmul(_shifted(a, rows), _shifted(b, zb)).to(torch.int32)


@operator("ConvInteger")
def conv_integer(layer: Layer, x: Tensor, w: Tensor, zx: Tensor | None = None, zw: Tensor | None = None) -> Tensor:
    rows = zw.reshape(-1, *[1] * (w.dim() - 1)) if zw is not None and zw.numel() > 1 else zw
    return convolve(layer, _shifted(x, zx), _shifted(w, rows), None).to(torch.int32)


def _shifted(x: Tensor, zero: Tensor | None) -> Tensor:
    """``x`` less its zero point, in float64: exact up to 2^53, and torch has fast kernels for it."""
    wide = x.to(torch.float64)
    if zero is None:
        return wide
    return wide - (zero.reshape(()) if zero.numel() == 1 else zero).to(torch.float64)


def _scaled(x: Tensor, scale: Tensor, zero: Tensor) -> Tensor:
    kind = _BY_TORCH[zero.dtype]
    steps = torch.round(x.to(torch.float32) * scale) + zero.to(torch.float32)
    return steps.clamp(*_RANGES[kind]).to(_HELD[kind])


@operator("QLinearMatMul", settings=(1, 2, 4, 5, 6, 7))
def qlinear_matmul(layer: Layer, a: Tensor, sa: Tensor, za: Tensor, b: Tensor, *rest: Tensor) -> Tensor:
    sb, zb, sy, zy = rest
    rows = [t[:, None] if t.dim() == 1 and t.numel() > 1 else t for t in (sa, za)]
    return _scaled(torch.matmul(_shifted(a, rows[1]), _shifted(b, zb)), rows[0] * sb / sy, zy)


@operator("QLinearConv", settings=(1, 2, 4, 5, 6, 7, 8))
def qlinear_conv(layer: Layer, x: Tensor, sx: Tensor, zx: Tensor, w: Tensor, *rest: Tensor | None) -> Tensor:
    """Weights per tensor or per output channel; the bias is int32 in steps of sx * sw."""
    sw, zw, sy, zy, b = (*rest, None)[:5]
    if sw is None or zw is None or sy is None or zy is None:
        raise ValueError("a scale or zero point is missing")
    rows = zw.reshape(-1, *[1] * (w.dim() - 1)) if zw.numel() > 1 else zw
    bias = None if b is None else b.to(torch.float64)
    y = convolve(layer, _shifted(x, zx), _shifted(w, rows), bias)
    scale = sx * sw / sy
    return _scaled(y, scale.reshape(-1, *[1] * (y.dim() - 2)) if scale.numel() > 1 else scale.reshape(()), zy)


def _target(layer: Layer, zero: Tensor | None) -> str:
    """The ONNX type that a QuantizeLinear gives."""
    if kind := layer.input_type(2):
        return kind
    if zero is not None:
        return _BY_TORCH[zero.dtype]
    return _BY_NUMBER[layer.get("output_dtype", 0) or 2]


def _precision(layer: Layer, x: Tensor) -> torch.dtype:
    """The type the division is done in (an attribute since opset 23)."""
    return _FLOATS.get(layer.get("precision", 0), x.dtype)


def _steps(layer: Layer, x: Tensor, scale: Tensor, zero: Tensor | None) -> Tensor:
    kind = _precision(layer, x)
    steps = torch.round(x.to(kind) / _spread(layer, scale.to(kind), x))
    return steps if zero is None else steps + _spread(layer, zero.to(kind), x)


def _typed(layer: Layer, y: Tensor) -> Tensor:
    wanted = layer.get("output_dtype", 0)
    return y.to(_FLOATS[wanted]) if wanted else y


def _spread(layer: Layer, t: Tensor, x: Tensor) -> Tensor:
    """A scale or zero point made to broadcast against ``x``: per tensor, per axis, or per block (opset 21)."""
    if t.numel() == 1 and t.dim() <= 1:
        return t.reshape(())
    axis = axis_of(layer.get("axis", 1), x.dim())
    block = layer.get("block_size", 0)
    if block:
        return t.repeat_interleave(block, axis).narrow(axis, 0, x.shape[axis])
    return t.reshape([-1 if k == axis else 1 for k in range(x.dim())])
