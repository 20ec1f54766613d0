"""Moving, cutting and joining tensors as ONNX nodes."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import onnx_ir as ir
import torch
import torch.nn.functional as F  # noqa: N812  torch's own convention

from core.execute.from_torch_table import Batch, Emitter, Traced, function_rule


def _listed(args: Sequence[Any]) -> list[Any]:
    """``f(1, 2)`` and ``f((1, 2))`` alike."""
    return list(args[0]) if len(args) == 1 and isinstance(args[0], (tuple, list)) else list(args)


@function_rule(torch.cat)
def concat(e: Emitter, xs: Sequence[Traced], dim: int = 0) -> ir.Value:
    return e.add("Concat", list(xs), {"axis": dim})


@function_rule(torch.stack)
def stack(e: Emitter, xs: Sequence[Traced], dim: int = 0) -> ir.Value:
    axis = e.constant([dim], "axes")
    return e.add("Concat", [e.add("Unsqueeze", [x, axis]) for x in xs], {"axis": dim})


@function_rule(torch.reshape, methods=["reshape", "view"])
def reshape(e: Emitter, x: Traced, *sizes: Any) -> ir.Value:
    """The batch is written as -1, or as 0 ("as it was") where another axis is -1."""
    wanted = _listed(sizes)
    batch = 0 if -1 in wanted else -1
    return e.add("Reshape", [x, e.constant([batch if isinstance(s, Batch) else s for s in wanted], "shape")])


@function_rule(torch.flatten, methods=["flatten"])
def flatten(e: Emitter, x: Traced, start_dim: int = 0, end_dim: int = -1) -> ir.Value:
    first, last = start_dim % x.rank, end_dim % x.rank
    if (first, last) == (1, x.rank - 1):
        return e.add("Flatten", [x], {"axis": 1})
    if first < 1:
        raise NotImplementedError("the batch axis is not flattened away")
    return e.add("Reshape", [x, e.constant([0, *x.shape[1:first], -1, *x.shape[last + 1 :]], "shape")])


@function_rule(torch.transpose, methods=["transpose"])
def transpose(e: Emitter, x: Traced, first: int, second: int) -> ir.Value:
    order = list(range(x.rank))
    order[first], order[second] = order[second], order[first]
    return e.add("Transpose", [x], {"perm": order})


@function_rule(torch.permute, methods=["permute"])
def permute(e: Emitter, x: Traced, *axes: Any) -> ir.Value:
    return e.add("Transpose", [x], {"perm": [a % x.rank for a in _listed(axes)]})


@function_rule(torch.unsqueeze, methods=["unsqueeze"])
def unsqueeze(e: Emitter, x: Traced, dim: int) -> ir.Value:
    return e.add("Unsqueeze", [x, e.constant([dim], "axes")])


@function_rule(torch.squeeze, methods=["squeeze"])
def squeeze(e: Emitter, x: Traced, dim: int) -> ir.Value:
    return e.add("Squeeze", [x, e.constant([dim], "axes")])


@function_rule(methods=["contiguous"])
def contiguous(e: Emitter, x: Traced) -> ir.Value:
    return x.value


@function_rule(torch.chunk, methods=["chunk"])
def chunk(e: Emitter, x: Traced, chunks: int, dim: int = 0) -> tuple[ir.Value, ...]:
    step = -(-x.shape[dim] // chunks)
    return split(e, x, step, dim)


@function_rule(torch.split, methods=["split"])
def split(e: Emitter, x: Traced, size: int | Sequence[int], dim: int = 0) -> tuple[ir.Value, ...]:
    total = x.shape[dim]
    sizes = [min(size, total - at) for at in range(0, total, size)] if isinstance(size, int) else list(size)
    return e.several("Split", [x, e.constant(sizes, "sizes")], len(sizes), {"axis": dim})


@function_rule(torch.unbind, methods=["unbind"])
def unbind(e: Emitter, x: Traced, dim: int = 0) -> tuple[ir.Value, ...]:
    axis = e.constant([dim], "axes")
    return tuple(e.add("Squeeze", [part, axis]) for part in split(e, x, 1, dim))


@function_rule(operator.getitem)
def getitem(e: Emitter, x: Any, index: Any) -> Any:
    """One of several tensors, or a slice: numbers drop their axis, slices keep it."""
    if not isinstance(x, Traced):
        return x[index].value
    starts, ends, axes, steps = [], [], [], []
    dropped: list[int] = []
    for axis, part in enumerate(_axes_of(index, x.rank)):
        if part == slice(None):
            continue
        if isinstance(part, int):
            part, dropped = slice(part, part + 1 or None), [*dropped, axis]
        first, last, step = part.indices(x.shape[axis])
        starts.append(first)
        ends.append(last)
        axes.append(axis)
        steps.append(step)
    if not axes:
        return x.value
    arguments = [e.constant(v, k) for v, k in ((starts, "starts"), (ends, "ends"), (axes, "axes"), (steps, "steps"))]
    y = e.add("Slice", [x, *arguments])
    return e.add("Squeeze", [y, e.constant(dropped, "axes")]) if dropped else y


def _axes_of(index: Any, rank: int) -> list[Any]:
    parts = list(index) if isinstance(index, tuple) else [index]
    if Ellipsis in parts:
        k = parts.index(Ellipsis)
        parts[k : k + 1] = [slice(None)] * (rank - len(parts) + 1)
    return parts


@function_rule(F.pad)
def pad(e: Emitter, x: Traced, amounts: Sequence[int], mode: str = "constant", value: float | None = None) -> ir.Value:
    """torch counts from the last axis backwards, ONNX from the first."""
    if mode != "constant":
        raise NotImplementedError(f"padding by '{mode}'")
    low, high = [0] * x.rank, [0] * x.rank
    for k in range(len(amounts) // 2):
        low[-1 - k], high[-1 - k] = amounts[2 * k], amounts[2 * k + 1]
    fill = [] if value is None else [e.scalar(value)]
    return e.add("Pad", [x, e.constant([*low, *high], "pads"), *fill])


@function_rule(torch.roll, methods=["roll"])
def roll(e: Emitter, x: Traced, shifts: Any, dims: Any) -> ir.Value:
    """What leaves at the end of an axis comes in at its start: a Split and a Concat an axis."""
    value: Traced | ir.Value = x
    amounts = shifts if isinstance(shifts, (tuple, list)) else [shifts]
    for shift, axis in zip(amounts, dims if isinstance(dims, (tuple, list)) else [dims], strict=True):
        size = x.shape[axis]
        tail = shift % size
        parts = e.several("Split", [value, e.constant([size - tail, tail], "sizes")], 2, {"axis": axis})
        value = e.add("Concat", parts[::-1], {"axis": axis})
    return value if isinstance(value, ir.Value) else value.value


@function_rule(methods=["expand"])
def expand(e: Emitter, x: Traced, *sizes: Any) -> ir.Value:
    """Along the batch the size is read from the running tensor; other axes keep theirs."""
    wanted = _listed(sizes)
    if not isinstance(wanted[0], Batch) or any(s != -1 for s in wanted[1:]):
        raise NotImplementedError("only the batch axis is expanded")
    batch = e.add("Shape", [wanted[0].of], {"start": 0, "end": 1})
    rest = e.constant(x.shape[1:], "shape")
    return e.add("Expand", [x, e.add("Concat", [batch, rest], {"axis": 0})])


@function_rule(torch.index_select, methods=["index_select"])
def index_select(e: Emitter, x: Traced, dim: int, index: Traced) -> ir.Value:
    return e.add("Gather", [x, index], {"axis": dim % x.rank})
