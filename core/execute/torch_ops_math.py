"""Elementwise operators, comparisons, reductions and matrix products."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812  torch's own convention
from torch import Tensor

from core.execute.torch_ops import Layer, axis_of, ints, only, operator

_SAME_IN_TORCH: dict[str, Callable[..., Tensor]] = {
    "Relu": F.relu,
    "Sigmoid": torch.sigmoid,
    "Tanh": torch.tanh,
    "Softplus": F.softplus,
    "Softsign": F.softsign,
    "HardSwish": F.hardswish,
    "Mish": F.mish,
    "Erf": torch.erf,
    "Sqrt": torch.sqrt,
    "Exp": torch.exp,
    "Log": torch.log,
    "Sin": torch.sin,
    "Cos": torch.cos,
    "Tan": torch.tan,
    "Asin": torch.asin,
    "Acos": torch.acos,
    "Atan": torch.atan,
    "Sinh": torch.sinh,
    "Cosh": torch.cosh,
    "Asinh": torch.asinh,
    "Acosh": torch.acosh,
    "Atanh": torch.atanh,
    "Neg": torch.neg,
    "Abs": torch.abs,
    "Sign": torch.sign,
    "Floor": torch.floor,
    "Ceil": torch.ceil,
    "Round": torch.round,
    "Reciprocal": torch.reciprocal,
    "Not": torch.logical_not,
    "And": torch.logical_and,
    "Or": torch.logical_or,
    "Xor": torch.logical_xor,
    "IsNaN": torch.isnan,
    "Det": torch.linalg.det,
    "BitwiseAnd": torch.bitwise_and,
    "BitwiseOr": torch.bitwise_or,
    "BitwiseXor": torch.bitwise_xor,
    "BitwiseNot": torch.bitwise_not,
    "Add": torch.add,
    "Sub": torch.sub,
    "Mul": torch.mul,
    "MatMul": torch.matmul,
    "Equal": torch.eq,
    "Less": torch.lt,
    "LessOrEqual": torch.le,
    "Greater": torch.gt,
    "GreaterOrEqual": torch.ge,
}


def _register_plain(name: str, function: Callable[..., Tensor]) -> None:
    @operator(name)
    def run(layer: Layer, *xs: Tensor) -> Tensor:
        return function(*xs)


for _name, _function in _SAME_IN_TORCH.items():
    _register_plain(_name, _function)


@operator("Identity")
def identity(layer: Layer, x: Tensor) -> Tensor:
    return x


@operator("Div")
def div(layer: Layer, a: Tensor, b: Tensor) -> Tensor:
    """ONNX truncates integer quotients toward zero."""
    return a / b if a.is_floating_point() else torch.div(a, b, rounding_mode="trunc")


@operator("Pow")
def power(layer: Layer, a: Tensor, b: Tensor) -> Tensor:
    """The result has the base's type."""
    return torch.pow(a, b).to(a.dtype)


@operator("Mod")
def mod(layer: Layer, a: Tensor, b: Tensor) -> Tensor:
    return torch.fmod(a, b) if layer.get("fmod", 0) else torch.remainder(a, b)


@operator("BitShift", check=only(direction=("LEFT", "RIGHT")))
def bit_shift(layer: Layer, a: Tensor, b: Tensor) -> Tensor:
    """In int64 where torch does not shift the unsigned type."""
    wide, by = (a, b) if a.dtype == torch.uint8 else (a.to(torch.int64), b.to(torch.int64))
    shift = torch.bitwise_left_shift if layer.get("direction") == "LEFT" else torch.bitwise_right_shift
    return shift(wide, by).to(a.dtype)


@operator("IsInf")
def is_infinite(layer: Layer, x: Tensor) -> Tensor:
    found = torch.zeros_like(x, dtype=torch.bool)
    found = found | torch.isposinf(x) if layer.get("detect_positive", 1) else found
    return found | torch.isneginf(x) if layer.get("detect_negative", 1) else found


@operator("Where")
def where(layer: Layer, condition: Tensor, a: Tensor, b: Tensor) -> Tensor:
    return torch.where(condition.to(a.device), a, b)


@operator("Sum")
def add_all(layer: Layer, *xs: Tensor) -> Tensor:
    return reduce(torch.add, xs)


@operator("Mean")
def mean_all(layer: Layer, *xs: Tensor) -> Tensor:
    return reduce(torch.add, xs) / len(xs)


@operator("Max")
def max_all(layer: Layer, *xs: Tensor) -> Tensor:
    return reduce(torch.maximum, xs)


@operator("Min")
def min_all(layer: Layer, *xs: Tensor) -> Tensor:
    return reduce(torch.minimum, xs)


@operator("Clip", settings=(1, 2))
def clip(layer: Layer, x: Tensor, low: Tensor | None = None, high: Tensor | None = None) -> Tensor:
    """Bounds are attributes before opset 11, inputs since. With both, hardtanh: its gradient is ten times as fast."""
    least: Any = layer.get("min") if low is None else low.item()
    most: Any = layer.get("max") if high is None else high.item()
    if least is not None and most is not None and least <= most and x.is_floating_point():
        return F.hardtanh(x, least, most)
    return x if least is None and most is None else torch.clamp(x, least, most)


@operator("LeakyRelu")
def leaky_relu(layer: Layer, x: Tensor) -> Tensor:
    return F.leaky_relu(x, layer.get("alpha", 0.01))


@operator("Elu")
def elu(layer: Layer, x: Tensor) -> Tensor:
    return F.elu(x, layer.get("alpha", 1.0))


@operator("Celu")
def celu(layer: Layer, x: Tensor) -> Tensor:
    return F.celu(x, layer.get("alpha", 1.0))


@operator("Selu")
def selu(layer: Layer, x: Tensor) -> Tensor:
    alpha, gamma = layer.get("alpha", 1.67326319217681884765625), layer.get("gamma", 1.05070102214813232421875)
    return torch.where(x > 0, x, alpha * torch.expm1(torch.clamp(x, max=0))) * float(gamma)


@operator("ThresholdedRelu")
def thresholded_relu(layer: Layer, x: Tensor) -> Tensor:
    return torch.where(x > layer.get("alpha", 1.0), x, torch.zeros_like(x))


@operator("PRelu")
def prelu(layer: Layer, x: Tensor, slope: Tensor) -> Tensor:
    return torch.where(x >= 0, x, x * slope)


@operator("Swish")
def swish(layer: Layer, x: Tensor) -> Tensor:
    """Ramachandran et al. 2017."""
    return x * torch.sigmoid(layer.get("alpha", 1.0) * x)


@operator("Shrink")
def shrink(layer: Layer, x: Tensor) -> Tensor:
    limit, bias = layer.get("lambd", 0.5), layer.get("bias", 0.0)
    return torch.where(x < -limit, x + bias, torch.where(x > limit, x - bias, 0)).to(x.dtype)


@operator("HardSigmoid")
def hard_sigmoid(layer: Layer, x: Tensor) -> Tensor:
    return torch.clamp(x * layer.get("alpha", 0.2) + layer.get("beta", 0.5), 0, 1)


@operator("Gelu", check=only(approximate=("none", "tanh")))
def gelu(layer: Layer, x: Tensor) -> Tensor:
    return F.gelu(x, approximate=layer.get("approximate", "none"))


def _softmax_axis(layer: Layer, x: Tensor, function: Callable[..., Tensor]) -> Tensor:
    """Before opset 13 everything from ``axis`` on is one axis."""
    if layer.opset >= 13:
        return function(x, layer.get("axis", -1))
    start = axis_of(layer.get("axis", 1), x.dim())
    return function(x.flatten(start), start).reshape(x.shape)


@operator("Softmax")
def softmax(layer: Layer, x: Tensor) -> Tensor:
    return _softmax_axis(layer, x, torch.softmax)


@operator("LogSoftmax")
def log_softmax(layer: Layer, x: Tensor) -> Tensor:
    return _softmax_axis(layer, x, torch.log_softmax)


@operator("Hardmax")
def hardmax(layer: Layer, x: Tensor) -> Tensor:
    return _softmax_axis(layer, x, _first_largest)


def _first_largest(x: Tensor, axis: int) -> Tensor:
    return torch.zeros_like(x).scatter(axis, torch.argmax(x, axis, keepdim=True), 1)


@operator("Gemm")
def gemm(layer: Layer, a: Tensor, b: Tensor, c: Tensor | None = None) -> Tensor:
    a = a.t() if layer.get("transA", 0) else a
    weight = b if layer.get("transB", 0) else b.t()
    alpha, beta = float(layer.get("alpha", 1.0)), float(layer.get("beta", 1.0))
    if c is None:
        return F.linear(a, weight) * alpha if alpha != 1 else F.linear(a, weight)
    if alpha == 1 and beta == 1 and c.dim() == 1 and c.numel() == weight.shape[0]:
        return F.linear(a, weight, c)
    return F.linear(a, weight) * alpha + c * beta


@operator("Einsum")
def einsum(layer: Layer, *xs: Tensor) -> Tensor:
    return torch.einsum(str(layer.get("equation")), *xs)


Reduction = Callable[[Tensor, list[int], bool], Tensor]


def _average(x: Tensor, axes: list[int], keep: bool) -> Tensor:
    if x.is_floating_point():
        return torch.mean(x, axes, keepdim=keep)
    count = math.prod(x.shape[a] for a in axes)
    return torch.div(torch.sum(x, axes, keepdim=keep, dtype=x.dtype), count, rounding_mode="trunc")


def _product(x: Tensor, axes: list[int], keep: bool) -> Tensor:
    for axis in sorted((axis_of(a, x.dim()) for a in axes), reverse=True):
        x = torch.prod(x, axis, keepdim=keep, dtype=x.dtype)
    return x


def _extreme(x: Tensor, axes: list[int], keep: bool, function: Callable[..., Tensor]) -> Tensor:
    """The largest or smallest; of nothing, what every number of the type beats (opset 20)."""
    if any(x.shape[a] == 0 for a in axes):
        sizes = [1 if a in axes or a - x.dim() in axes else n for a, n in enumerate(x.shape)]
        empty = x.new_full(sizes, _beaten(x.dtype, function is torch.amin))
        return empty if keep else empty.squeeze(tuple(axes))
    return function(x, axes, keepdim=keep)


def _beaten(kind: torch.dtype, by_smaller: bool) -> float:
    if kind == torch.bool:
        return by_smaller
    if kind.is_floating_point:
        return math.inf if by_smaller else -math.inf
    return torch.iinfo(kind).max if by_smaller else torch.iinfo(kind).min


def _in_float(x: Tensor, function: Callable[[Tensor], Tensor]) -> Tensor:
    """Of integers the integer part, as in onnxruntime."""
    return function(x) if x.is_floating_point() else function(x.to(torch.float64)).to(x.dtype)


_REDUCTIONS: dict[str, Reduction] = {
    "ReduceMean": _average,
    "ReduceSum": lambda x, axes, keep: torch.sum(x, axes, keepdim=keep, dtype=x.dtype),
    "ReduceMax": lambda x, axes, keep: _extreme(x, axes, keep, torch.amax),
    "ReduceMin": lambda x, axes, keep: _extreme(x, axes, keep, torch.amin),
    "ReduceProd": _product,
    "ReduceL1": lambda x, axes, keep: torch.sum(x.abs(), axes, keepdim=keep, dtype=x.dtype),
    "ReduceL2": lambda x, axes, keep: _in_float(x, lambda t: torch.linalg.vector_norm(t, 2, axes, keep)),
    "ReduceSumSquare": lambda x, axes, keep: torch.sum(x * x, axes, keepdim=keep, dtype=x.dtype),
    "ReduceLogSum": lambda x, axes, keep: _in_float(x, lambda t: torch.log(torch.sum(t, axes, keepdim=keep))),
    "ReduceLogSumExp": lambda x, axes, keep: _in_float(x, lambda t: torch.logsumexp(t, axes, keepdim=keep)),
}


def _register_reduction(name: str, function: Reduction) -> None:
    @operator(name)
    def run(layer: Layer, x: Tensor, axes: Tensor | None = None) -> Tensor:
        """``axes`` is an attribute at first (ReduceSum until 12, others until 17), an input later."""
        chosen: Sequence[int] = layer.get("axes") or () if axes is None else ints(axes)
        if not chosen and layer.get("noop_with_empty_axes", 0):
            return function(x.unsqueeze(-1), [-1], False)  # no reduction, but an L1 norm still takes |x|
        return function(x, list(chosen) or list(range(x.dim())), bool(layer.get("keepdims", 1)))


for _name, _reduction in _REDUCTIONS.items():
    _register_reduction(_name, _reduction)


@operator("ArgMax", "ArgMin")
def arg_extreme(layer: Layer, x: Tensor) -> Tensor:
    """The first of equal values, the last with ``select_last_index``."""
    function = torch.argmax if layer.operator == "ArgMax" else torch.argmin
    axis, keep = axis_of(layer.get("axis", 0), x.dim()), bool(layer.get("keepdims", 1))
    if layer.get("select_last_index", 0):
        return x.shape[axis] - 1 - function(x.flip(axis), axis, keepdim=keep)
    return function(x, axis, keepdim=keep)
