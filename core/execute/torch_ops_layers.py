"""Convolutions and dropout."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F  # noqa: N812  torch's own convention
from torch import Tensor

from core.execute.torch_ops import Layer, operator

_CONV = (F.conv1d, F.conv2d, F.conv3d)
_CONV_TRANSPOSE = (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)


def padding(
    layer: Layer, sizes: Sequence[int], kernel: Sequence[int], strides: Sequence[int], dilations: Sequence[int]
) -> tuple[list[int], list[int]]:
    """Padding before and after each spatial axis, ``auto_pad`` resolved for input ``sizes``."""
    n = len(kernel)
    mode = layer.get("auto_pad", "NOTSET")
    if mode == "VALID":
        return [0] * n, [0] * n
    if mode not in ("SAME_UPPER", "SAME_LOWER"):
        pads = layer.each("pads", 2 * n, 0)
        return pads[:n], pads[n:]
    low, high = [], []
    for size, k, stride, dilation in zip(sizes, kernel, strides, dilations, strict=True):
        total = max((-(-size // stride) - 1) * stride + (k - 1) * dilation + 1 - size, 0)
        less, more = total // 2, total - total // 2
        low.append(less if mode == "SAME_UPPER" else more)
        high.append(total - low[-1])
    return low, high


def pad_spatial(x: Tensor, low: Sequence[int], high: Sequence[int], value: float = 0.0) -> Tensor:
    """``x`` (N, C, spatial...) padded on its spatial axes."""
    if not any(low) and not any(high):
        return x
    pairs = [p for pair in zip(reversed(low), reversed(high), strict=True) for p in pair]
    return F.pad(x, pairs, value=value)


def convolve(layer: Layer, x: Tensor, w: Tensor, b: Tensor | None) -> Tensor:
    """x (N, C, spatial...), w (out, C / group, kernel...), 1 to 3 spatial axes."""
    n = w.dim() - 2
    strides, dilations = layer.each("strides", n, 1), layer.each("dilations", n, 1)
    low, high = padding(layer, x.shape[2:], w.shape[2:], strides, dilations)
    if low != high:  # torch pads both sides alike
        x, low = pad_spatial(x, low, high), [0] * n
    return _CONV[n - 1](x, w, b, strides, low, dilations, layer.get("group", 1))


@operator("Conv")
def conv(layer: Layer, x: Tensor, w: Tensor, b: Tensor | None = None) -> Tensor:
    return convolve(layer, x, w, b)


@operator("ConvTranspose")
def conv_transpose(layer: Layer, x: Tensor, w: Tensor, b: Tensor | None = None) -> Tensor:
    """x (N, C, spatial...), w (C, out / group, kernel...); ``output_shape`` and ``auto_pad`` decide the padding."""
    n = w.dim() - 2
    strides, dilations = layer.each("strides", n, 1), layer.each("dilations", n, 1)
    extra = layer.each("output_padding", n, 0)
    low, high = _transposed_padding(layer, x.shape[2:], w.shape[2:])
    run, group = _CONV_TRANSPOSE[n - 1], layer.get("group", 1)
    fits = all(e < max(s, d) for e, s, d in zip(extra, strides, dilations, strict=True))
    if low == high and min(low) >= 0 and fits:
        return run(x, w, b, strides, low, extra, group, dilations)
    # padding of a transposed convolution is a crop of its output, output_padding takes from that crop
    y = run(x, w, None, strides, 0, 0, group, dilations)
    y = pad_spatial(y, [-p for p in low], [e - p for p, e in zip(high, extra, strict=True)])
    return y if b is None else y + b.reshape(-1, *[1] * n)


def _transposed_padding(layer: Layer, sizes: Sequence[int], kernel: Sequence[int]) -> tuple[list[int], list[int]]:
    """What is cut before and after each spatial axis of the full result."""
    n = len(kernel)
    strides, dilations = layer.each("strides", n, 1), layer.each("dilations", n, 1)
    extra, wanted = layer.each("output_padding", n, 0), layer.get("output_shape")
    mode = layer.get("auto_pad", "NOTSET")
    if wanted is None and mode not in ("SAME_UPPER", "SAME_LOWER"):
        pads = [0] * (2 * n) if mode == "VALID" else layer.each("pads", 2 * n, 0)
        return pads[:n], pads[n:]
    targets = [s * t for s, t in zip(sizes, strides, strict=True)] if wanted is None else list(wanted)[-n:]
    low, high = [], []
    for k, size in enumerate(sizes):
        full = strides[k] * (size - 1) + extra[k] + (kernel[k] - 1) * dilations[k] + 1
        total = max(full - targets[k], 0)
        less, more = total // 2, total - total // 2
        low.append(less if mode == "SAME_UPPER" else more)
        missing = max(targets[k] - full, 0) if wanted is not None else 0  # zeros behind what the input reaches
        high.append(total - low[-1] - missing)
    return low, high


@operator("Dropout", trains=True, settings=(1, 2))
def dropout(
    layer: Layer, x: Tensor, ratio: Tensor | None = None, mode: Tensor | None = None, *, training: bool
) -> Tensor | tuple[Tensor, ...]:
    """Follows the module's own training flag; the graph's ``training_mode`` input is about onnxruntime."""
    share = layer.get("ratio", 0.5) if ratio is None else float(ratio.item())
    if not training:
        return x if layer.outputs == 1 else (x, torch.ones_like(x, dtype=torch.bool))
    mask = torch.rand_like(x) >= share
    y = x * mask / (1.0 - share)
    return y if layer.outputs == 1 else (y, mask)
