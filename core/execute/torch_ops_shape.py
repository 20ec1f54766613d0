"""Operators that move, cut, join, resize or describe data."""

from __future__ import annotations

import math

import onnx_ir as ir
import torch
import torch.nn.functional as F  # noqa: N812  torch's own convention
from torch import Tensor

from core.execute.torch_ops import Layer, axis_of, ints, only, operator

# ONNX type number -> torch type, for Cast
TYPES = {
    1: torch.float32,
    2: torch.uint8,
    3: torch.int8,
    4: torch.uint16,
    5: torch.int16,
    6: torch.int32,
    7: torch.int64,
    9: torch.bool,
    10: torch.float16,
    11: torch.float64,
    12: torch.uint32,
    13: torch.uint64,
    16: torch.bfloat16,
}


@operator("Reshape")
def reshape(layer: Layer, x: Tensor, shape: Tensor) -> Tensor:
    """A 0 copies the input's size unless ``allowzero``."""
    copy = not layer.get("allowzero", 0)
    return x.reshape([x.shape[k] if d == 0 and copy else d for k, d in enumerate(ints(shape))])


@operator("Flatten")
def flatten(layer: Layer, x: Tensor) -> Tensor:
    axis = axis_of(layer.get("axis", 1), x.dim())
    return x.reshape(math.prod(x.shape[:axis]), math.prod(x.shape[axis:]))


@operator("Transpose")
def transpose(layer: Layer, x: Tensor) -> Tensor:
    return x.permute(layer.get("perm") or list(range(x.dim()))[::-1])


@operator("Squeeze")
def squeeze(layer: Layer, x: Tensor, axes: Tensor | None = None) -> Tensor:
    chosen = layer.get("axes") if axes is None else ints(axes)
    return x.squeeze() if chosen is None else x.squeeze(tuple(chosen))


@operator("Unsqueeze")
def unsqueeze(layer: Layer, x: Tensor, axes: Tensor | None = None) -> Tensor:
    chosen = layer.get("axes") if axes is None else ints(axes)
    rank = x.dim() + len(chosen)
    for axis in sorted(axis_of(a, rank) for a in chosen):
        x = x.unsqueeze(axis)
    return x


@operator("Concat")
def concat(layer: Layer, *xs: Tensor) -> Tensor:
    return torch.cat(xs, layer.get("axis", 1))


@operator("Split")
def split(layer: Layer, x: Tensor, sizes: Tensor | None = None) -> tuple[Tensor, ...]:
    """Without sizes: as many equal parts as the node has outputs, the last one smaller (``num_outputs``, opset 18)."""
    axis = layer.get("axis", 0)
    chosen = layer.get("split") if sizes is None else ints(sizes)
    if chosen is None:
        return torch.split(x, -(-x.shape[axis] // layer.outputs), axis)
    return torch.split(x, list(chosen), axis)


@operator("Slice")
def slice_axes(
    layer: Layer,
    x: Tensor,
    starts: Tensor | None = None,
    ends: Tensor | None = None,
    axes: Tensor | None = None,
    steps: Tensor | None = None,
) -> Tensor:
    """Arguments are attributes before opset 10."""
    begin = list(layer.get("starts") or ()) if starts is None else ints(starts)
    end = list(layer.get("ends") or ()) if ends is None else ints(ends)
    along = (layer.get("axes") or range(len(begin))) if axes is None else ints(axes)
    stride = [1] * len(begin) if steps is None else ints(steps)
    for first, last, axis, step in zip(begin, end, along, stride, strict=True):
        x = _slice(x, axis_of(axis, x.dim()), first, last, step)
    return x


def _slice(x: Tensor, axis: int, start: int, stop: int, step: int) -> Tensor:
    """Python's rules but for one: walking backwards, a start before the axis means its first element."""
    size = x.shape[axis]
    if step > 0:
        first, last, _ = slice(start, stop).indices(size)  # torch warns of bounds far outside
        step = min(step, max(size, 1))  # torch multiplies it with strides
        where: list[slice] = [slice(None)] * axis + [slice(first, max(first, last), step)]
        return x[tuple(where)]
    taken = range(*slice(max(start, -size), stop, step).indices(size))
    return x.index_select(axis, torch.tensor(list(taken), dtype=torch.int64, device=x.device))


@operator("Expand")
def expand(layer: Layer, x: Tensor, shape: Tensor) -> Tensor:
    target = ints(shape)
    rank = max(len(target), x.dim())
    old, new = [1] * (rank - x.dim()) + list(x.shape), [1] * (rank - len(target)) + target
    return x.expand([b if a == 1 else a for a, b in zip(old, new, strict=True)])


@operator("Tile")
def tile(layer: Layer, x: Tensor, repeats: Tensor) -> Tensor:
    return x.repeat(ints(repeats))


@operator("Shape")
def shape_of(layer: Layer, x: Tensor) -> Tensor:
    return torch.tensor(x.shape[layer.get("start", 0) : layer.get("end")], dtype=torch.int64)


@operator("Size")
def size_of(layer: Layer, x: Tensor) -> Tensor:
    return torch.tensor(x.numel(), dtype=torch.int64)


@operator("Range")
def arange(layer: Layer, start: Tensor, limit: Tensor, step: Tensor) -> Tensor:
    first, last, by = start.item(), limit.item(), step.item()
    nothing = (last - first) * by <= 0 and by != 0  # torch refuses a step away from the limit
    return torch.arange(first, first if nothing else last, by, dtype=start.dtype)


@operator("ConstantOfShape")
def constant_of_shape(layer: Layer, shape: Tensor) -> Tensor:
    value: Tensor | None = layer.get("value")
    fill = torch.zeros(1) if value is None else value
    return torch.full(ints(shape), fill.item(), dtype=fill.dtype)


def _dense(layer: Layer) -> str:
    known = ("value", "value_float", "value_int", "value_floats", "value_ints")
    numbers = any(layer.get(key) is not None for key in known)
    return "" if numbers else "only constants of numbers are supported"


@operator("Constant", check=_dense)
def constant(layer: Layer) -> Tensor:
    if (value := layer.get("value")) is not None:
        return torch.as_tensor(value)
    (key, number), *_ = layer.attributes.items()
    return torch.tensor(number, dtype=torch.float32 if "float" in key else torch.int64)


def _known_type(layer: Layer) -> str:
    return "" if layer.get("to") in TYPES else f"casting to ONNX type {layer.get('to')} is not supported"


@operator("Cast", check=_known_type)
def cast(layer: Layer, x: Tensor) -> Tensor:
    return x.to(TYPES[layer.get("to")])


def _known_like(layer: Layer) -> str:
    kind = layer.input_type(1)
    known = not kind or ir.DataType[kind].value in TYPES
    return "" if known else f"casting to {kind} is not supported"


@operator("CastLike", check=_known_like)
def cast_like(layer: Layer, x: Tensor, like: Tensor) -> Tensor:
    return x.to(like.dtype)


@operator("DepthToSpace", check=only(mode=("DCR", "CRD")))
def depth_to_space(layer: Layer, x: Tensor) -> Tensor:
    n, c, h, w = x.shape
    b = int(layer.get("blocksize"))
    if layer.get("mode", "DCR") == "CRD":
        return F.pixel_shuffle(x, b)
    return x.reshape(n, b, b, c // (b * b), h, w).permute(0, 3, 4, 1, 5, 2).reshape(n, c // (b * b), h * b, w * b)


@operator("SpaceToDepth")
def space_to_depth(layer: Layer, x: Tensor) -> Tensor:
    n, c, h, w = x.shape
    b = int(layer.get("blocksize"))
    return x.reshape(n, c, h // b, b, w // b, b).permute(0, 3, 5, 1, 2, 4).reshape(n, c * b * b, h // b, w // b)


@operator("Pad", check=only(mode=("constant", "reflect", "edge", "wrap")), settings=(2,))
def pad(
    layer: Layer, x: Tensor, pads: Tensor | None = None, value: Tensor | None = None, axes: Tensor | None = None
) -> Tensor:
    """Amounts and value are attributes before opset 11; negative amounts cut."""
    amounts = list(layer.get("pads") or layer.get("paddings") or ()) if pads is None else ints(pads)
    fill = layer.get("value", 0.0) if value is None else value.item()
    along = list(range(x.dim())) if axes is None else [axis_of(a, x.dim()) for a in ints(axes)]
    low, high = [0] * x.dim(), [0] * x.dim()
    for k, axis in enumerate(along):
        low[axis], high[axis] = amounts[k], amounts[k + len(along)]
    mode = layer.get("mode", "constant")
    if mode == "constant":
        return F.pad(x, [p for axis in reversed(range(x.dim())) for p in (low[axis], high[axis])], value=fill)
    for axis in along:
        if low[axis] or high[axis]:
            x = x.index_select(axis, _border(mode, x.shape[axis], low[axis], high[axis]).to(x.device))
    return x


def _border(mode: str, size: int, low: int, high: int) -> Tensor:
    """Which element stands at each place of a padded axis."""
    places = torch.arange(-low, size + high)
    if mode == "edge":
        return places.clamp(0, size - 1)
    if mode == "wrap":
        return places.remainder(size)
    period = max(2 * (size - 1), 1)
    places = places.remainder(period)
    return torch.where(places < size, places, period - places)


@operator("CenterCropPad", settings=(1,))
def center_crop_pad(layer: Layer, x: Tensor, shape: Tensor) -> Tensor:
    """Each listed axis cut or filled with zeros about its middle."""
    along = [axis_of(a, x.dim()) for a in layer.get("axes") or range(x.dim())]
    for axis, size in zip(along, ints(shape), strict=True):
        old = x.shape[axis]
        if size <= old:
            x = x.narrow(axis, (old - size) // 2, size)
        else:
            low = (size - old) // 2
            x = F.pad(x, [0, 0] * (x.dim() - 1 - axis) + [low, size - old - low])
    return x


def _planar(layer: Layer) -> str:
    n = len(layer.get("dilations") or layer.get("strides") or layer.get("pads") or (1, 1))
    return "" if n in (2, 4) else "Col2Im with other than two spatial axes is not supported"


@operator("Col2Im", check=_planar, settings=(1, 2))
def col2im(layer: Layer, x: Tensor, image: Tensor, block: Tensor) -> Tensor:
    pads = layer.each("pads", 4, 0)
    size = ints(image)
    if len(size) != 2:
        raise ValueError("only two spatial axes are supported")
    full = [size[0] + pads[0] + pads[2], size[1] + pads[1] + pads[3]]
    dilations, strides = tuple(layer.each("dilations", 2, 1)), tuple(layer.each("strides", 2, 1))
    y = F.fold(x, tuple(full), tuple(ints(block)), dilations, 0, strides)
    return y[:, :, pads[0] : pads[0] + size[0], pads[1] : pads[1] + size[1]]
