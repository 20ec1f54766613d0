"""Operators that pick, place, order or mark elements by index."""

from __future__ import annotations

import torch
from torch import Tensor

from core.execute.torch_ops import Layer, axis_of, ints, only, operator
from core.execute.torch_ops_shape import TYPES


def _places(index: Tensor, size: int, like: Tensor) -> Tensor:
    """Indices counted from the front; ONNX counts negative ones from the end."""
    index = index.to(like.device, torch.int64)
    return torch.where(index < 0, index + size, index)


@operator("Gather")
def gather(layer: Layer, x: Tensor, index: Tensor) -> Tensor:
    axis = axis_of(layer.get("axis", 0), x.dim())
    index = _places(index, x.shape[axis], x)
    return x.index_select(axis, index.reshape(-1)).reshape(x.shape[:axis] + index.shape + x.shape[axis + 1 :])


@operator("GatherElements")
def gather_elements(layer: Layer, x: Tensor, index: Tensor) -> Tensor:
    axis = axis_of(layer.get("axis", 0), x.dim())
    return x.gather(axis, _places(index, x.shape[axis], x))


def _columns(x: Tensor, index: Tensor, batch: int = 0) -> tuple[Tensor, ...]:
    """An index array (..., k) as k arrays for torch's indexing, after ``batch`` axes that are walked in step."""
    lead = []
    for axis in range(batch):
        shape = [-1 if k == axis else 1 for k in range(index.dim() - 1)]
        lead.append(torch.arange(x.shape[axis], device=x.device).reshape(shape))
    rest = (_places(index[..., k], x.shape[batch + k], x) for k in range(index.shape[-1]))
    return (*lead, *rest)


@operator("GatherND")
def gather_nd(layer: Layer, x: Tensor, index: Tensor) -> Tensor:
    return x[_columns(x, index, layer.get("batch_dims", 0))]


_REDUCTIONS = {"add": "sum", "mul": "prod", "max": "amax", "min": "amin"}


@operator("ScatterElements", "Scatter", check=only(reduction=("none", *_REDUCTIONS)))
def scatter_elements(layer: Layer, x: Tensor, index: Tensor, updates: Tensor) -> Tensor:
    """``Scatter`` is the name until opset 10."""
    axis = axis_of(layer.get("axis", 0), x.dim())
    index, how = _places(index, x.shape[axis], x), layer.get("reduction", "none")
    if how == "none":
        return x.scatter(axis, index, updates)
    return x.scatter_reduce(axis, index, updates, _REDUCTIONS[how])


@operator("ScatterND", check=only(reduction=("none", *_REDUCTIONS)))
def scatter_nd(layer: Layer, x: Tensor, index: Tensor, updates: Tensor) -> Tensor:
    how, where = layer.get("reduction", "none"), _columns(x, index)
    if how in ("none", "add"):
        return x.index_put(where, updates, accumulate=how == "add")
    place = torch.zeros(index.shape[:-1], dtype=torch.int64, device=x.device)  # the row of x flattened so far
    for k, column in enumerate(where):
        place = place * x.shape[k] + column
    inner = list(x.shape[index.shape[-1] :])
    rows, values = x.reshape(-1, *inner), updates.reshape(-1, *inner)
    spread = place.reshape(-1, *[1] * len(inner)).expand(values.shape)
    return rows.scatter_reduce(0, spread, values, _REDUCTIONS[how]).reshape(x.shape)


@operator("TopK", settings=(1,))
def top_k(layer: Layer, x: Tensor, k: Tensor | None = None) -> tuple[Tensor, ...]:
    """Equal values come in the order of their indices, as in onnxruntime. ``k`` is an attribute before opset 10."""
    count = int(layer.get("k") if k is None else k.item())
    axis = axis_of(layer.get("axis", -1), x.dim())
    if count > x.shape[axis]:
        raise ValueError(f"k = {count} exceeds the {x.shape[axis]} elements of axis {axis}")
    values, index = torch.sort(x, stable=True, dim=axis, descending=bool(layer.get("largest", 1)))
    return values.narrow(axis, 0, count), index.narrow(axis, 0, count)


@operator("Trilu", settings=(1,))
def trilu(layer: Layer, x: Tensor, k: Tensor | None = None) -> Tensor:
    diagonal = 0 if k is None else int(k.item())
    return torch.triu(x, diagonal) if layer.get("upper", 1) else torch.tril(x, diagonal)


@operator("OneHot")
def one_hot(layer: Layer, index: Tensor, depth: Tensor, values: Tensor) -> Tensor:
    """An index outside ``-depth..depth-1`` gives a row of the off value."""
    count = int(depth.reshape(-1)[0].item())
    axis = axis_of(layer.get("axis", -1), index.dim() + 1)
    index = _places(index, count, values)
    classes = torch.arange(count, device=values.device).reshape([-1] + [1] * (index.dim() - axis))
    return torch.where(index.unsqueeze(axis) == classes, values[1], values[0])


@operator("NonZero")
def non_zero(layer: Layer, x: Tensor) -> Tensor:
    """(rank, found), in row-major order; a scalar counts as one element of a vector."""
    return torch.nonzero(x if x.dim() else x.reshape(1)).t()


def _eye_type(layer: Layer) -> str:
    wanted = layer.get("dtype")
    return "" if wanted is None or wanted in TYPES else f"the ONNX type {wanted} is not supported"


@operator("EyeLike", check=_eye_type)
def eye_like(layer: Layer, x: Tensor) -> Tensor:
    rows, columns = x.shape
    dtype = TYPES[layer.get("dtype")] if layer.get("dtype") else x.dtype
    diagonal = torch.arange(columns, device=x.device) - torch.arange(rows, device=x.device)[:, None]
    return torch.eq(diagonal, layer.get("k", 0)).to(dtype)


@operator("CumSum", settings=(1,))
def cumulative_sum(layer: Layer, x: Tensor, axis: Tensor) -> Tensor:
    along = axis_of(int(axis.item()), x.dim())
    x = x.flip(along) if layer.get("reverse", 0) else x
    y = torch.cumsum(x, along, dtype=x.dtype)
    y = y - x if layer.get("exclusive", 0) else y
    return y.flip(along) if layer.get("reverse", 0) else y


@operator("Compress")
def compress(layer: Layer, x: Tensor, condition: Tensor) -> Tensor:
    """Keeps the places where the condition is true; of the flattened input where no axis is given."""
    axis = layer.get("axis")
    if axis is None:
        x, axis = x.reshape(-1), 0
    return x.index_select(axis, torch.nonzero(condition.reshape(-1)).reshape(-1).to(x.device))


@operator("ReverseSequence")
def reverse_sequence(layer: Layer, x: Tensor, lengths: Tensor) -> Tensor:
    time, batch = layer.get("time_axis", 0), layer.get("batch_axis", 1)
    y = x.movedim((time, batch), (0, 1))
    steps = torch.arange(y.shape[0], device=x.device)[:, None]
    lengths = lengths.to(x.device, torch.int64)
    places = torch.where(steps < lengths, lengths - 1 - steps, steps)
    y = y.gather(0, places.reshape(*places.shape, *[1] * (y.dim() - 2)).expand(y.shape))
    return y.movedim((0, 1), (time, batch))


@operator("Unique")
def unique(layer: Layer, x: Tensor) -> tuple[Tensor, ...]:
    """-> unique values, first places, inverse, counts; sorted, or in the order of their first places."""
    axis = layer.get("axis")
    if axis is None:
        x, axis = x.reshape(-1), 0
    values, inverse, counts = torch.unique(x, sorted=True, return_inverse=True, return_counts=True, dim=axis)
    places = torch.arange(x.shape[axis], device=x.device)
    first = torch.full_like(counts, x.shape[axis]).scatter_reduce(0, inverse, places, "amin")
    if not layer.get("sorted", 1):
        order = torch.argsort(first)
        rank = torch.empty_like(order).scatter(0, order, torch.arange(len(order), device=x.device))
        values, first, inverse, counts = values.index_select(axis, order), first[order], rank[inverse], counts[order]
    return values, first, inverse, counts


@operator("NonMaxSuppression", settings=(2, 3, 4))
def non_max_suppression(layer: Layer, boxes: Tensor, scores: Tensor, *limits: Tensor | None) -> Tensor:
    """boxes (batch, n, 4), scores (batch, classes, n) -> (kept, 3) of batch, class, box; best first in each class."""
    most, overlap, least = (None if t is None else t.reshape(-1)[0].item() for t in (*limits, None, None, None)[:3])
    rows: list[tuple[int, int, int]] = []
    for b in range(scores.shape[0]):
        corners = _corners(boxes[b], layer.get("center_point_box", 0))
        for c in range(scores.shape[1]):
            kept = _kept(corners, scores[b, c], int(most or 0), float(overlap or 0.0), least)
            rows += [(b, c, k) for k in kept]
    return torch.tensor(rows, dtype=torch.int64).reshape(-1, 3)


def _corners(boxes: Tensor, centred: int) -> Tensor:
    """(n, 4) as smaller and larger corner."""
    first, second = boxes[:, :2], boxes[:, 2:]
    if centred:
        return torch.cat((first - second / 2, first + second / 2), 1)
    return torch.cat((torch.minimum(first, second), torch.maximum(first, second)), 1)


def _kept(corners: Tensor, scores: Tensor, most: int, overlap: float, least: float | None) -> list[int]:
    order = torch.argsort(scores, descending=True, stable=True)
    left = [k for k in ints(order) if least is None or scores[k] > least]
    areas = (corners[:, 2:] - corners[:, :2]).prod(1)
    kept: list[int] = []
    while left and len(kept) < most:
        best = left.pop(0)
        kept.append(best)
        if left:
            low = torch.maximum(corners[best, :2], corners[left, :2])
            high = torch.minimum(corners[best, 2:], corners[left, 2:])
            shared = (high - low).clamp(min=0).prod(1)
            share = shared / (areas[best] + areas[left] - shared)
            left = [k for k, s in zip(left, share.tolist(), strict=True) if not s > overlap]
    return kept
