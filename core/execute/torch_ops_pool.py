"""Pooling over the spatial axes."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F  # noqa: N812  torch's own convention
from torch import Tensor

from core.execute.torch_ops import Layer, operator
from core.execute.torch_ops_layers import pad_spatial, padding

_MAX = (F.max_pool1d, F.max_pool2d, F.max_pool3d)
_AVERAGE = (F.avg_pool1d, F.avg_pool2d, F.avg_pool3d)


def _fits(low: list[int], high: list[int], kernel: list[int]) -> bool:
    """Whether torch's own padding can be used: alike on both sides and at most half the kernel."""
    return low == high and all(2 * p <= k for p, k in zip(low, kernel, strict=True))


def _without_windows_in_padding(y: Tensor, x: Tensor, low: list[int], strides: list[int]) -> Tensor:
    """``ceil_mode`` adds no window that would start in the padding at the end."""
    for axis, (before, stride) in enumerate(zip(low, strides, strict=True), start=2):
        most = (x.shape[axis] + before - 1) // stride + 1
        if y.shape[axis] > most:
            y = y.narrow(axis, 0, most)
    return y


def _no_indices(layer: Layer) -> str:
    return "MaxPool with an index output is not supported" if layer.outputs > 1 else ""


@operator("MaxPool", check=_no_indices)
def max_pool(layer: Layer, x: Tensor) -> Tensor:
    kernel = list(layer.get("kernel_shape"))
    n = len(kernel)
    strides, dilations = layer.each("strides", n, 1), layer.each("dilations", n, 1)
    low, high = padding(layer, x.shape[2:], kernel, strides, dilations)
    pool, ceil = _MAX[n - 1], bool(layer.get("ceil_mode", 0))
    if _fits(low, high, kernel):
        return pool(x, kernel, strides, low, dilations, ceil)
    y = pool(pad_spatial(x, low, high, -math.inf), kernel, strides, 0, dilations, ceil)
    return _without_windows_in_padding(y, x, low, strides)


def _no_dilation(layer: Layer) -> str:
    dilated = any(d != 1 for d in layer.get("dilations") or ())
    return "AveragePool with dilations is not supported" if dilated else ""


@operator("AveragePool", check=_no_dilation)
def average_pool(layer: Layer, x: Tensor) -> Tensor:
    kernel = list(layer.get("kernel_shape"))
    n = len(kernel)
    strides = layer.each("strides", n, 1)
    low, high = padding(layer, x.shape[2:], kernel, strides, [1] * n)
    pool, ceil, all_count = _AVERAGE[n - 1], bool(layer.get("ceil_mode", 0)), bool(layer.get("count_include_pad", 0))
    if _fits(low, high, kernel):
        return pool(x, kernel, strides, low, ceil, all_count)
    y = pool(pad_spatial(x, low, high), kernel, strides, 0, ceil)
    if not all_count:
        y = y / pool(pad_spatial(torch.ones_like(x[:1, :1]), low, high), kernel, strides, 0, ceil)
    return _without_windows_in_padding(y, x, low, strides)


@operator("GlobalAveragePool")
def global_average_pool(layer: Layer, x: Tensor) -> Tensor:
    return x.mean(tuple(range(2, x.dim())), keepdim=True)


@operator("GlobalMaxPool")
def global_max_pool(layer: Layer, x: Tensor) -> Tensor:
    return x.amax(tuple(range(2, x.dim())), keepdim=True)
