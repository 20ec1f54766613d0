"""Sequential bias correction: each int8 layer's bias is refitted on inputs that the already quantized prefix makes.

Quantization shifts the mean of a layer's output; the shift of every layer is measured behind the corrected layers
before it and taken out of its bias (Nagel et al., "Data-Free Quantization through Weight Equalization
and Bias Correction", 2019, arXiv:1906.04721; the empirical variant, in sequence).

A convolution is linear, so the mean of its output over items and positions follows from the mean of its input:
no layer is run to be measured.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import onnx_ir as ir

from core.model.facts import Array
from core.model.model import layer_name
from core.model.qdq_insert import Int8Layer
from core.model.windows import crops, pads

Array64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Shift:
    """How far quantization had moved one layer's mean outputs, per channel, before its bias took it out again."""

    layer: str
    shift: Array64


def correct_bias(layer: Int8Layer, float_mean: Array64, mean: Array64) -> Shift:
    """Take the shift of one layer's mean output out of its bias.

    ``float_mean``: its mean input over items in the float network; ``mean``: the same in the quantized one.
    """
    assert layer.bias is not None, "only layers with a bias are corrected"
    shift = mean_output(layer.node, layer.dequantized_weight(), mean) - mean_output(
        layer.node, layer.weight, float_mean
    )
    layer.write(layer.bias - shift)
    return Shift(layer_name(layer.node), shift)


def mean_output(node: ir.Node, weight: Array, mean: Array64) -> Array64:
    """Mean output (channels,) of a Conv, ConvTranspose or Gemm without its bias, over items and positions.

    ``mean``: the mean of its input over items, (C, spatial…) for convolutions, (features,) for Gemm.
    """
    kernel = np.asarray(weight, np.float64)
    if node.op_type == "Gemm":
        return np.asarray((kernel if node.attributes.get_int("transB", 0) else kernel.T) @ mean)
    if node.op_type == "ConvTranspose":
        shares = _mean_shares(node, mean, kernel.shape[2:])
        return np.asarray(np.einsum("cok,ck->o", kernel.reshape(*kernel.shape[:2], -1), shares.reshape(len(mean), -1)))
    group = node.attributes.get_int("group", 1)
    windows = _mean_windows(node, mean, kernel.shape[2:]).reshape(group, -1, 1)
    return (kernel.reshape(group, kernel.shape[0] // group, -1) @ windows).reshape(-1)


def _mean_shares(node: ir.Node, mean: Array64, kernel: tuple[int, ...]) -> Array64:
    """(C, kernel…): what every tap of a transposed kernel adds to an output position, over all of them."""
    rank, size = len(kernel), mean.shape[1:]
    strides = list(node.attributes.get_ints("strides", [1] * rank))
    dilations = list(node.attributes.get_ints("dilations", [1] * rank))
    cut = crops(node, size, kernel)
    whole = [(n - 1) * s + (k - 1) * d + 1 for n, s, k, d in zip(size, strides, kernel, dilations, strict=True)]
    results = [w - before - after for w, (before, after) in zip(whole, cut, strict=True)]
    out = np.empty((mean.shape[0], *kernel))
    for tap in np.ndindex(*kernel):
        kept = []
        for n, s, d, t, (before, _), result in zip(size, strides, dilations, tap, cut, results, strict=True):
            places = np.arange(n) * s + t * d - before
            kept.append((places >= 0) & (places < result))
        read = mean[np.ix_(np.ones(mean.shape[0], bool), *kept)]
        out[(slice(None), *tap)] = read.sum(axis=tuple(range(1, rank + 1))) / math.prod(results)
    return out


def _mean_windows(node: ir.Node, mean: Array64, kernel: tuple[int, ...]) -> Array64:
    """(C, kernel…): for every tap of the kernel the mean of what it meets over all output positions."""
    rank = len(kernel)
    strides = list(node.attributes.get_ints("strides", [1] * rank))
    dilations = list(node.attributes.get_ints("dilations", [1] * rank))
    reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilations, strict=True)]
    padding = pads(node, mean.shape[1:], reach, strides)
    padded = np.pad(mean, [(0, 0), *padding])
    counts = [(n - r) // s + 1 for n, r, s in zip(padded.shape[1:], reach, strides, strict=True)]
    out = np.empty((mean.shape[0], *kernel))
    for tap in np.ndindex(*kernel):
        starts = [t * d for t, d in zip(tap, dilations, strict=True)]
        window = tuple(slice(a, a + (c - 1) * s + 1, s) for a, c, s in zip(starts, counts, strides, strict=True))
        out[(slice(None), *tap)] = padded[(slice(None), *window)].mean(axis=tuple(range(1, rank + 1)))
    return out
