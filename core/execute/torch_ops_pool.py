"""Pooling over the spatial axes."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F  # noqa: N812  torch's own convention
from torch import Tensor

from core.execute.torch_ops import Layer, ints, operator
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


def _row_major(layer: Layer) -> str:
    if layer.outputs > 1 and layer.get("storage_order", 0):
        return "MaxPool with indices in column-major order is not supported"
    return ""


@operator("MaxPool", check=_row_major)
def max_pool(layer: Layer, x: Tensor) -> Tensor | tuple[Tensor, ...]:
    """-> y and, where used, the place of each maximum in the whole flattened input."""
    kernel = list(layer.get("kernel_shape"))
    n = len(kernel)
    strides, dilations = layer.each("strides", n, 1), layer.each("dilations", n, 1)
    low, high = padding(layer, x.shape[2:], kernel, strides, dilations)
    pool, ceil = _MAX[n - 1], bool(layer.get("ceil_mode", 0))
    if layer.outputs > 1:
        padded = pad_spatial(x, low, high, _lowest(x))
        y, places = pool(padded, kernel, strides, 0, dilations, ceil, True)
        y = _without_windows_in_padding(y, x, low, strides)
        places = _without_windows_in_padding(places, x, low, strides)
        return y, _in_input(places, x, padded.shape[2:], low)
    if _fits(low, high, kernel):
        return pool(x, kernel, strides, low, dilations, ceil)
    y = pool(pad_spatial(x, low, high, _lowest(x)), kernel, strides, 0, dilations, ceil)
    return _without_windows_in_padding(y, x, low, strides)


def _lowest(x: Tensor) -> float:
    """What no element is smaller than."""
    return -math.inf if x.is_floating_point() else torch.iinfo(x.dtype).min


def _in_input(places: Tensor, x: Tensor, padded: Sequence[int], low: Sequence[int]) -> Tensor:
    """Places counted in one padded channel, counted in the whole of ``x`` instead."""
    out, step, rest = torch.zeros_like(places), 1, places
    for axis in reversed(range(len(padded))):
        out = out + (rest % padded[axis] - low[axis]) * step
        rest, step = rest // padded[axis], step * x.shape[axis + 2]
    planes = torch.arange(x.shape[0] * x.shape[1], device=x.device) * step
    return out + planes.reshape(*x.shape[:2], *[1] * len(padded))


@operator("AveragePool")
def average_pool(layer: Layer, x: Tensor) -> Tensor:
    kernel = list(layer.get("kernel_shape"))
    n = len(kernel)
    strides, dilations = layer.each("strides", n, 1), layer.each("dilations", n, 1)
    low, high = padding(layer, x.shape[2:], kernel, strides, dilations)
    pool, ceil, all_count = _AVERAGE[n - 1], bool(layer.get("ceil_mode", 0)), bool(layer.get("count_include_pad", 0))
    if any(d != 1 for d in dilations):
        return _dilated_average(layer, x, low, high)
    if _fits(low, high, kernel):
        return pool(x, kernel, strides, low, ceil, all_count)
    y = pool(pad_spatial(x, low, high), kernel, strides, 0, ceil)
    if not all_count:
        y = y / pool(pad_spatial(torch.ones_like(x[:1, :1]), low, high), kernel, strides, 0, ceil)
    return _without_windows_in_padding(y, x, low, strides)


def _dilated_average(layer: Layer, x: Tensor, low: Sequence[int], high: Sequence[int]) -> Tensor:
    """Sums by a convolution with ones, divided by how many elements each window holds."""
    kernel = list(layer.get("kernel_shape"))
    n = len(kernel)
    strides, dilations = layer.each("strides", n, 1), layer.each("dilations", n, 1)
    after = list(high)
    if layer.get("ceil_mode", 0):  # room for the last, partly filled window
        for k in range(n):
            reach = x.shape[k + 2] + low[k] + high[k] - (dilations[k] * (kernel[k] - 1) + 1)
            after[k] += -reach % strides[k]
    convolution = (F.conv1d, F.conv2d, F.conv3d)[n - 1]
    planes, inside = x.flatten(0, 1).unsqueeze(1), torch.ones_like(x[:1, :1])
    ones = torch.ones(1, 1, *kernel, dtype=x.dtype, device=x.device)
    total = convolution(pad_spatial(planes, low, after), ones, None, strides, 0, dilations)
    if layer.get("count_include_pad", 0):
        inside = pad_spatial(inside, low, high, 1.0)
        counted = pad_spatial(inside, [0] * n, [a - h for a, h in zip(after, high, strict=True)])
    else:
        counted = pad_spatial(inside, low, after)
    y = total / convolution(counted, ones, None, strides, 0, dilations)
    return _without_windows_in_padding(y.reshape(*x.shape[:2], *y.shape[2:]), x, list(low), strides)


@operator("LpPool")
def lp_pool(layer: Layer, x: Tensor) -> Tensor:
    """The p-norm of each window."""
    kernel, p = list(layer.get("kernel_shape")), layer.get("p", 2)
    n = len(kernel)
    strides, dilations = layer.each("strides", n, 1), layer.each("dilations", n, 1)
    low, high = padding(layer, x.shape[2:], kernel, strides, dilations)
    powers = pad_spatial(x.abs() ** p, low, high)
    ones = torch.ones(1, 1, *kernel, dtype=x.dtype, device=x.device)
    convolution = (F.conv1d, F.conv2d, F.conv3d)[n - 1]
    y = convolution(powers.flatten(0, 1).unsqueeze(1), ones, None, strides, 0, dilations)
    root: Tensor = torch.pow(y, 1 / p)
    return root.reshape(*x.shape[:2], *y.shape[2:])


@operator("GlobalLpPool")
def global_lp_pool(layer: Layer, x: Tensor) -> Tensor:
    norm: Tensor = torch.linalg.vector_norm(x, layer.get("p", 2), tuple(range(2, x.dim())), True)
    return norm


@operator("MaxUnpool")
def max_unpool(layer: Layer, x: Tensor, places: Tensor, shape: Tensor | None = None) -> Tensor:
    """Zeros but for each maximum at its place in the whole flattened output, as MaxPool gives it."""
    kernel = list(layer.get("kernel_shape"))
    n = len(kernel)
    strides, pads = layer.each("strides", n, 1), layer.each("pads", 2 * n, 0)
    sizes = [(x.shape[k + 2] - 1) * strides[k] + kernel[k] - pads[k] - pads[n + k] for k in range(n)]
    full = [*x.shape[:2], *sizes] if shape is None else ints(shape)
    y = x.new_zeros(math.prod(full))
    return y.index_put((places.reshape(-1),), x.reshape(-1)).reshape(full)


@operator("GlobalAveragePool")
def global_average_pool(layer: Layer, x: Tensor) -> Tensor:
    return x.mean(tuple(range(2, x.dim())), keepdim=True)


@operator("GlobalMaxPool")
def global_max_pool(layer: Layer, x: Tensor) -> Tensor:
    return x.amax(tuple(range(2, x.dim())), keepdim=True)
