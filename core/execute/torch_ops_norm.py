"""Normalizations."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F  # noqa: N812  torch's own convention
from torch import Tensor

from core.execute.torch_ops import Layer, axis_of, only, operator


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
    """Ulyanov et al. 2016. By hand where a channel has one element, which torch refuses."""
    epsilon = layer.get("epsilon", 1e-5)
    if math.prod(x.shape[2:]) > 1:
        return F.instance_norm(x, weight=scale, bias=bias, eps=epsilon)
    return torch.zeros_like(x) * scale.reshape(-1, *[1] * (x.dim() - 2)) + bias.reshape(-1, *[1] * (x.dim() - 2))


@operator("GroupNormalization")
def group_normalization(layer: Layer, x: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
    """Wu and He 2018. Scale and bias are per group in opset 18, which ONNX withdrew, and per channel since 21."""
    groups = int(layer.get("num_groups"))
    if layer.opset < 21:
        each = x.shape[1] // groups
        scale, bias = scale.repeat_interleave(each), bias.repeat_interleave(each)
    return F.group_norm(x, groups, scale, bias, layer.get("epsilon", 1e-5))


@operator("LayerNormalization")
def layer_normalization(
    layer: Layer, x: Tensor, scale: Tensor, bias: Tensor | None = None
) -> Tensor | tuple[Tensor, ...]:
    """Ba et al. 2016; -> y and, where used, the mean and the inverse standard deviation (kept axes)."""
    shape = x.shape[axis_of(layer.get("axis", -1), x.dim()) :]
    scale = scale if scale.shape == shape else scale.expand(shape)
    if bias is not None and bias.shape != shape:
        bias = bias.expand(shape)
    if layer.outputs == 1:
        return F.layer_norm(x, shape, scale, bias, layer.get("epsilon", 1e-5))
    return torch.native_layer_norm(x, shape, scale, bias, layer.get("epsilon", 1e-5))


@operator("RMSNormalization")
def rms_normalization(layer: Layer, x: Tensor, scale: Tensor) -> Tensor:
    """Zhang and Sennrich 2019."""
    shape = x.shape[axis_of(layer.get("axis", -1), x.dim()) :]
    return F.rms_norm(x, shape, None, layer.get("epsilon", 1e-5)) * scale


@operator("MeanVarianceNormalization")
def mean_variance_normalization(layer: Layer, x: Tensor) -> Tensor:
    axes = list(layer.get("axes") or (0, 2, 3))
    centred = x - x.mean(axes, keepdim=True)
    return centred / (centred.square().mean(axes, keepdim=True).sqrt() + 1e-9)


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
