"""Convolutions, normalizations and dropout."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F  # noqa: N812  torch's own convention
from torch import Tensor

from core.execute.torch_ops import Layer, axis_of, only, operator

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


@operator("Conv")
def conv(layer: Layer, x: Tensor, w: Tensor, b: Tensor | None = None) -> Tensor:
    """x (N, C, spatial...), w (out, C / group, kernel...), 1 to 3 spatial axes."""
    n = w.dim() - 2
    strides, dilations = layer.each("strides", n, 1), layer.each("dilations", n, 1)
    low, high = padding(layer, x.shape[2:], w.shape[2:], strides, dilations)
    if low != high:  # torch pads both sides alike
        x, low = pad_spatial(x, low, high), [0] * n
    return _CONV[n - 1](x, w, b, strides, low, dilations, layer.get("group", 1))


def _no_fixed_shape(layer: Layer) -> str:
    if layer.get("output_shape") is not None or layer.get("auto_pad", "NOTSET") not in ("NOTSET", "VALID"):
        return "ConvTranspose with output_shape or automatic padding is not supported"
    return ""


@operator("ConvTranspose", check=_no_fixed_shape)
def conv_transpose(layer: Layer, x: Tensor, w: Tensor, b: Tensor | None = None) -> Tensor:
    n = w.dim() - 2
    strides, dilations = layer.each("strides", n, 1), layer.each("dilations", n, 1)
    pads, extra = layer.each("pads", 2 * n, 0), layer.each("output_padding", n, 0)
    low, high = pads[:n], pads[n:]
    same = low == high
    y = _CONV_TRANSPOSE[n - 1](x, w, b, strides, low if same else 0, extra, layer.get("group", 1), dilations)
    if not same:  # padding of a transposed convolution is a crop of its output
        for axis in range(n):
            y = y.narrow(axis + 2, low[axis], y.shape[axis + 2] - low[axis] - high[axis])
    return y


def _inference_form(layer: Layer) -> str:
    if layer.get("training_mode", 0):
        return "BatchNormalization written in training mode is not supported"
    if layer.outputs > 1:
        return "BatchNormalization with more than one output is not supported"
    return "BatchNormalization with spatial=0 is not supported" if layer.get("spatial", 1) == 0 else ""


@operator("BatchNormalization", check=_inference_form, trains=True)
def batch_normalization(
    layer: Layer, x: Tensor, scale: Tensor, bias: Tensor, mean: Tensor, var: Tensor, *, training: bool
) -> Tensor:
    """In training: normalizes by the batch and moves ``mean`` and ``var`` in place.

    ONNX's momentum is the weight of the OLD statistics, torch's the weight of the new ones.
    """
    new = 1.0 - float(layer.get("momentum", 0.9))
    return F.batch_norm(x, mean, var, scale, bias, training, new, layer.get("epsilon", 1e-5))


@operator("InstanceNormalization")
def instance_normalization(layer: Layer, x: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
    return F.instance_norm(x, weight=scale, bias=bias, eps=layer.get("epsilon", 1e-5))


@operator("GroupNormalization")
def group_normalization(layer: Layer, x: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
    """As of opset 21: scale and bias per channel (the earlier form, per group, was withdrawn from ONNX)."""
    return F.group_norm(x, int(layer.get("num_groups")), scale, bias, layer.get("epsilon", 1e-5))


def _one_output(layer: Layer) -> str:
    return f"{layer.operator} with {layer.outputs} outputs is not supported" if layer.outputs > 1 else ""


@operator("LayerNormalization", check=_one_output)
def layer_normalization(layer: Layer, x: Tensor, scale: Tensor, bias: Tensor | None = None) -> Tensor:
    axis = axis_of(layer.get("axis", -1), x.dim())
    return F.layer_norm(x, x.shape[axis:], scale, bias, layer.get("epsilon", 1e-5))


@operator("LpNormalization", check=only(p=(1, 2)))
def lp_normalization(layer: Layer, x: Tensor) -> Tensor:
    norm = torch.linalg.vector_norm(x, layer.get("p", 2), layer.get("axis", -1), keepdim=True)
    return torch.where(norm == 0, torch.zeros_like(x), x / norm)


@operator("LRN")
def local_response_normalization(layer: Layer, x: Tensor) -> Tensor:
    """Krizhevsky et al. 2012; windows of even size reach further to the right, which torch does not do."""
    size = int(layer.get("size"))
    squares = F.pad((x * x).movedim(1, -1), ((size - 1) // 2, size // 2)).unfold(-1, size, 1).sum(-1).movedim(-1, 1)
    scale = squares * (layer.get("alpha", 1e-4) / size) + layer.get("bias", 1.0)
    return x / torch.pow(scale, layer.get("beta", 0.75))


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
