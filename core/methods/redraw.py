"""First weights for a network that is to be trained: what suits each operator, drawn by seed.

torch is imported inside functions.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import onnx_ir as ir

from core.model.model import Model

if TYPE_CHECKING:
    from torch import Generator, Tensor

    from core.execute.torch_graph import TorchGraph

EMBEDDING = 0.02  # standard deviation, as BERT (Devlin et al. 2019) and ViT draw theirs
SLOPE = 0.25  # of PReLU, He et al. 2015
_NORMS = ("BatchNormalization", "LayerNormalization", "InstanceNormalization", "GroupNormalization", "RMSNormalization")
_RECURRENT = ("LSTM", "GRU", "RNN")
_MOVES = ("Identity", "Transpose", "Reshape", "Unsqueeze", "Squeeze", "Flatten", "Cast")


def redraw(net: TorchGraph, model: Model, seed: int) -> tuple[str, ...]:
    """Overwrite every trainable weight of ``net``, the graph of ``model``; gives the names of those left as they were.

    Convolutions and matrices: normal with variance 2 / fan-in (He et al. 2015, arXiv:1502.01852). Normalizations:
    scale 1, bias 0, statistics 0 and 1. Biases 0. Embeddings and learned tables: normal, 0.02. Recurrent layers:
    uniform within 1 / sqrt(hidden size), as torch does. Numbers that only scale or shift the graph's input stay:
    they are its preprocessing. Statistics of frozen normalizations stay too.
    """
    import torch

    generator = torch.Generator().manual_seed(seed)
    initializers = model.graph.graph.initializers
    inputs = {v.name for v in model.graph.graph.inputs if v.name not in initializers}
    left = []
    frozen: set[str] = set()
    with torch.no_grad():
        for name, weight in net.named_initializers():
            if not weight.requires_grad:
                frozen.update(_readers(initializers[name]))
                continue
            seen = _as_used(weight, initializers[name])
            if not any(_draw(values, node, index, inputs, generator) for values, node, index in seen):
                left.append(name)
        for name, statistic in net.named_statistics():
            uses = list(_uses(initializers[name]))
            if not {node.name for node, _ in uses} & frozen:
                statistic.fill_(1.0 if any(index == 4 for _, index in uses) else 0.0)
    return tuple(left)


def _readers(value: ir.Value) -> Iterator[str]:
    for node, _ in _uses(value):
        yield node.name or ""


def _uses(value: ir.Value) -> Iterator[tuple[ir.Node, int]]:
    """(layer, index of its input) of everything that reads the value, seen through layers that only move it."""
    for use in value.uses():
        if use.node.op_type in _MOVES and use.idx == 0:
            for output in use.node.outputs:
                yield from _uses(output)
        else:
            yield use.node, use.idx


def _as_used(weight: Tensor, value: ir.Value) -> Iterator[tuple[Tensor, ir.Node, int]]:
    """The weight as each of its readers sees it: behind a Transpose its axes stand in the reader's order."""
    for use in value.uses():
        if use.node.op_type not in _MOVES or use.idx != 0:
            yield weight, use.node, use.idx
            continue
        turned = weight
        if use.node.op_type == "Transpose":
            turned = weight.permute(*use.node.attributes.get_ints("perm", list(range(weight.dim()))[::-1]))
        for output in use.node.outputs:
            yield from _as_used(turned, output)


def _draw(weight: Tensor, node: ir.Node, index: int, inputs: set[str | None], generator: Generator) -> bool:
    """Overwrite a weight as the input ``index`` of ``node``; False where nothing is known to suit it."""
    kind = node.op_type
    if kind in _NORMS:
        weight.fill_(1.0 if index == 1 else 0.0)
    elif kind in _RECURRENT:
        _uniform(weight, 1 / math.sqrt(node.attributes.get_int("hidden_size", weight.shape[-1])), generator)
    elif kind in ("Conv", "ConvTranspose", "Gemm", "MatMul", "Einsum"):
        if index == 2 or weight.dim() == 1:
            weight.zero_()
        else:
            weight.normal_(0.0, math.sqrt(2 / _fan_in(weight, node, index)), generator=generator)
    elif kind == "PRelu":
        weight.fill_(SLOPE)
    elif kind in ("Gather", "Concat", "Expand"):
        weight.normal_(0.0, EMBEDDING, generator=generator)
    else:
        return _draw_elementwise(weight, node, index, inputs, generator)
    return True


def _draw_elementwise(weight: Tensor, node: ir.Node, index: int, inputs: set[str | None], generator: Generator) -> bool:
    """Biases and scales that stand in layers of their own, and tables that are added (positions)."""
    other = node.inputs[1 - index] if len(node.inputs) == 2 else None
    if node.op_type not in ("Add", "Mul") or other is None or other.name in inputs:
        return False
    if node.op_type == "Mul":
        weight.fill_(1.0)
    elif sum(d > 1 for d in weight.shape) > 1:
        weight.normal_(0.0, EMBEDDING, generator=generator)
    else:
        weight.zero_()
    return True


def _uniform(weight: Tensor, bound: float, generator: Generator) -> None:
    weight.uniform_(-bound, bound, generator=generator)


def _fan_in(weight: Tensor, node: ir.Node, index: int) -> int:
    """How many products one output value sums."""
    shape = weight.shape
    if node.op_type == "Conv":
        return math.prod(shape[1:])
    if node.op_type == "ConvTranspose":  # (in, out / group, kernel): the strides share the kernel out
        strides = math.prod(node.attributes.get_ints("strides", [1]))
        return max(shape[0] * math.prod(shape[2:]) // (node.attributes.get_int("group", 1) * strides), 1)
    if node.op_type == "Gemm":
        turned = node.attributes.get_int("transB" if index == 1 else "transA", 0)
        return shape[-1] if bool(turned) == (index == 1) else shape[0]
    return shape[-2] if index == 1 else shape[-1]
