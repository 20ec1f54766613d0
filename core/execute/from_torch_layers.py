"""Modules of ``torch.nn`` as ONNX nodes."""

from __future__ import annotations

from typing import Any

import onnx_ir as ir
from torch import nn

from core.execute.from_torch_table import Emitter, Traced, module_rule


def each(value: Any, axes: int) -> list[int]:
    """torch's "one number or one per axis" as a list."""
    return list(value) if isinstance(value, (tuple, list)) else [int(value)] * axes


@module_rule(nn.Conv1d, nn.Conv2d)
def conv(e: Emitter, m: Any, x: Traced) -> ir.Value:
    if m.padding_mode != "zeros" or isinstance(m.padding, str):
        raise NotImplementedError("pad with numbers and zeros")
    n = len(m.kernel_size)
    attributes = {
        "kernel_shape": list(m.kernel_size),
        "strides": each(m.stride, n),
        "pads": each(m.padding, n) * 2,
        "dilations": each(m.dilation, n),
        "group": m.groups,
    }
    bias = [e.own("bias")] if m.bias is not None else []
    return e.add("Conv", [x, e.own("weight"), *bias], attributes)


@module_rule(nn.ConvTranspose2d)
def conv_transpose(e: Emitter, m: nn.ConvTranspose2d, x: Traced) -> ir.Value:
    attributes = {
        "kernel_shape": list(m.kernel_size),
        "strides": each(m.stride, 2),
        "pads": each(m.padding, 2) * 2,
        "output_padding": each(m.output_padding, 2),
        "dilations": each(m.dilation, 2),
        "group": m.groups,
    }
    bias = [e.own("bias")] if m.bias is not None else []
    return e.add("ConvTranspose", [x, e.own("weight"), *bias], attributes)


@module_rule(nn.BatchNorm1d, nn.BatchNorm2d)
def batch_norm(e: Emitter, m: nn.BatchNorm2d, x: Traced) -> ir.Value:
    """torch's momentum weighs the new statistics, ONNX's the old ones."""
    names = ("weight", "bias", "running_mean", "running_var")
    attributes = {"epsilon": m.eps, "momentum": 1.0 - (m.momentum or 0.0)}
    return e.add("BatchNormalization", [x, *(e.own(n) for n in names)], attributes)


@module_rule(nn.LayerNorm)
def layer_norm(e: Emitter, m: nn.LayerNorm, x: Traced) -> ir.Value:
    attributes = {"axis": -len(m.normalized_shape), "epsilon": m.eps}
    return e.add("LayerNormalization", [x, e.own("weight"), e.own("bias")], attributes)


@module_rule(nn.Linear)
def linear(e: Emitter, m: nn.Linear, x: Traced) -> ir.Value:
    """Gemm for rows of features, MatMul and Add for tensors of more axes."""
    if x.rank == 2:
        bias = [e.own("bias")] if m.bias is not None else []
        return e.add("Gemm", [x, e.own("weight"), *bias], {"transB": 1})
    product = e.add("MatMul", [x, e.own("weight", transposed=True)])
    return e.add("Add", [product, e.own("bias")]) if m.bias is not None else product


@module_rule(nn.Embedding)
def embedding(e: Emitter, m: nn.Embedding, index: Traced) -> ir.Value:
    return e.add("Gather", [e.own("weight"), index], {"axis": 0})


@module_rule(nn.MaxPool2d)
def max_pool(e: Emitter, m: nn.MaxPool2d, x: Traced) -> ir.Value:
    attributes = {
        "kernel_shape": each(m.kernel_size, 2),
        "strides": each(m.stride, 2),
        "pads": each(m.padding, 2) * 2,
        "ceil_mode": int(m.ceil_mode),
    }
    return e.add("MaxPool", [x], attributes)


@module_rule(nn.AvgPool2d)
def average_pool(e: Emitter, m: nn.AvgPool2d, x: Traced) -> ir.Value:
    attributes = {
        "kernel_shape": each(m.kernel_size, 2),
        "strides": each(m.stride, 2),
        "pads": each(m.padding, 2) * 2,
        "ceil_mode": int(m.ceil_mode),
        "count_include_pad": int(m.count_include_pad),
    }
    return e.add("AveragePool", [x], attributes)


@module_rule(nn.AdaptiveAvgPool2d)
def adaptive_average_pool(e: Emitter, m: nn.AdaptiveAvgPool2d, x: Traced) -> ir.Value:
    """To one pixel, or by a whole factor; nothing where the size already is the wanted one."""
    target = each(m.output_size, 2)
    if target == [1, 1]:
        return e.add("GlobalAveragePool", [x])
    sizes = x.shape[2:]
    if target == list(sizes):
        return x.value
    if any(size % want for size, want in zip(sizes, target, strict=True)):
        raise NotImplementedError(f"pooling {sizes} to {target} is not by a whole factor")
    factor = [size // want for size, want in zip(sizes, target, strict=True)]
    return e.add("AveragePool", [x], {"kernel_shape": factor, "strides": factor})


@module_rule(nn.Dropout)
def dropout(e: Emitter, m: nn.Dropout, x: Traced) -> ir.Value | Traced:
    return e.add("Dropout", [x, e.scalar(m.p)]) if m.p else x.value


@module_rule(nn.Identity)
def identity(e: Emitter, m: nn.Identity, x: Traced) -> ir.Value:
    return x.value


@module_rule(nn.LocalResponseNorm)
def local_response_norm(e: Emitter, m: nn.LocalResponseNorm, x: Traced) -> ir.Value:
    return e.add("LRN", [x], {"size": m.size, "alpha": m.alpha, "beta": m.beta, "bias": m.k})


@module_rule(nn.Flatten)
def flatten(e: Emitter, m: nn.Flatten, x: Traced) -> ir.Value:
    if (m.start_dim, m.end_dim) != (1, -1):
        raise NotImplementedError("only all axes behind the batch are flattened")
    return e.add("Flatten", [x], {"axis": 1})


@module_rule(nn.Upsample)
def upsample(e: Emitter, m: nn.Upsample, x: Traced) -> ir.Value:
    return resized(e, x, each(m.scale_factor, 2), m.mode, bool(m.align_corners))


def resized(e: Emitter, x: Traced, factors: list[int], mode: str, align_corners: bool) -> ir.Value:
    """Resize of [N, C, H, W] by factors, as torch's ``interpolate`` computes it."""
    scales = e.constant([1.0, 1.0, *map(float, factors)], "scales", ir.DataType.FLOAT.numpy().type)
    if mode == "nearest":
        how = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    else:
        place = "align_corners" if align_corners else "half_pixel"
        how = {"mode": "linear", "coordinate_transformation_mode": place}
    return e.add("Resize", [x, None, scales], how)


def _register_activations() -> None:
    plain = {nn.ReLU: "Relu", nn.Sigmoid: "Sigmoid", nn.Tanh: "Tanh", nn.Hardswish: "HardSwish", nn.Mish: "Mish"}
    for kind, op in plain.items():
        module_rule(kind)(lambda e, m, x, op=op: e.add(op, [x]))


_register_activations()


@module_rule(nn.ReLU6)
def relu6(e: Emitter, m: nn.ReLU6, x: Traced) -> ir.Value:
    return e.add(
        "Clip",
        [
            x,
            e.constant(0.0, "min", ir.DataType.FLOAT.numpy().type),
            e.constant(6.0, "max", ir.DataType.FLOAT.numpy().type),
        ],
    )


@module_rule(nn.Hardsigmoid)
def hard_sigmoid(e: Emitter, m: nn.Hardsigmoid, x: Traced) -> ir.Value:
    return e.add("HardSigmoid", [x], {"alpha": 1 / 6, "beta": 0.5})


@module_rule(nn.SiLU)
def silu(e: Emitter, m: nn.SiLU, x: Traced) -> ir.Value:
    return e.add("Mul", [x, e.add("Sigmoid", [x])])


@module_rule(nn.GELU)
def gelu(e: Emitter, m: nn.GELU, x: Traced) -> ir.Value:
    return e.add("Gelu", [x], {"approximate": m.approximate})


@module_rule(nn.LeakyReLU)
def leaky_relu(e: Emitter, m: nn.LeakyReLU, x: Traced) -> ir.Value:
    return e.add("LeakyRelu", [x], {"alpha": m.negative_slope})


@module_rule(nn.Softmax)
def softmax(e: Emitter, m: nn.Softmax, x: Traced) -> ir.Value:
    return e.add("Softmax", [x], {"axis": m.dim})
