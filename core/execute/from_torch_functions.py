"""Arithmetic on tensors as ONNX nodes."""

from __future__ import annotations

import operator
from typing import Any

import onnx_ir as ir
import torch
import torch.nn.functional as F  # noqa: N812  torch's own convention

from core.execute.from_torch_layers import each, resized
from core.execute.from_torch_table import Emitter, Traced, function_rule


def _binary(op: str) -> Any:
    """A rule for an operator whose operands may be plain numbers."""

    def rule(e: Emitter, a: Any, b: Any) -> ir.Value:
        return e.add(op, [v if isinstance(v, Traced) else e.scalar(float(v)) for v in (a, b)])

    return rule


function_rule(operator.add, operator.iadd, torch.add, methods=["add"])(_binary("Add"))
function_rule(operator.sub, torch.sub, methods=["sub"])(_binary("Sub"))
function_rule(operator.mul, operator.imul, torch.mul, methods=["mul"])(_binary("Mul"))
function_rule(operator.truediv, torch.div, methods=["div"])(_binary("Div"))
function_rule(operator.matmul, torch.matmul, torch.bmm, methods=["matmul", "bmm"])(_binary("MatMul"))


def _unary(op: str) -> Any:
    def rule(e: Emitter, x: Traced) -> ir.Value:
        return e.add(op, [x])

    return rule


function_rule(torch.sigmoid, F.sigmoid, methods=["sigmoid"])(_unary("Sigmoid"))
function_rule(torch.tanh, F.tanh, methods=["tanh"])(_unary("Tanh"))
function_rule(torch.exp, methods=["exp"])(_unary("Exp"))
function_rule(torch.sqrt, methods=["sqrt"])(_unary("Sqrt"))
function_rule(operator.neg, torch.neg, methods=["neg"])(_unary("Neg"))


@function_rule(torch.relu, F.relu, methods=["relu"])
def relu(e: Emitter, x: Traced, inplace: bool = False) -> ir.Value:
    return e.add("Relu", [x])


@function_rule(F.gelu)
def gelu(e: Emitter, x: Traced, approximate: str = "none") -> ir.Value:
    return e.add("Gelu", [x], {"approximate": approximate})


@function_rule(torch.softmax, F.softmax, methods=["softmax"])
def softmax(e: Emitter, x: Traced, dim: int) -> ir.Value:
    return e.add("Softmax", [x], {"axis": dim})


@function_rule(F.layer_norm)
def layer_norm(e: Emitter, x: Traced, shape: list[int], weight: Traced, bias: Traced, eps: float = 1e-5) -> ir.Value:
    return e.add("LayerNormalization", [x, weight, bias], {"axis": -len(shape), "epsilon": eps})


@function_rule(torch.mean, methods=["mean"])
def mean(e: Emitter, x: Traced, dim: int | list[int], keepdim: bool = False) -> ir.Value:
    axes = e.constant(each(dim, 1), "axes")
    return e.add("ReduceMean", [x, axes], {"keepdims": int(keepdim)})


@function_rule(torch.einsum)
def einsum(e: Emitter, equation: str, *xs: Traced) -> ir.Value:
    return e.add("Einsum", list(xs), {"equation": equation})


@function_rule(F.interpolate)
def interpolate(
    e: Emitter, x: Traced, size: Any = None, scale_factor: Any = None, mode: str = "nearest", **how: Any
) -> ir.Value:
    """Only by whole factors: sizes that do not divide would tie the graph to one resolution anyway."""
    sizes = x.shape[2:]
    factors = each(scale_factor, 2) if size is None else [w / s for w, s in zip(each(size, 2), sizes, strict=True)]
    if any(f != int(f) for f in factors) or how.get("antialias"):
        raise NotImplementedError(f"resizing {sizes} by {factors} is not by whole factors")
    return resized(e, x, [int(f) for f in factors], mode, bool(how.get("align_corners")))


@function_rule(methods=["float"])
def to_float(e: Emitter, x: Traced) -> ir.Value:
    return e.add("Cast", [x], {"to": ir.DataType.FLOAT})
