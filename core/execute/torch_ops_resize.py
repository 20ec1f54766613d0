"""Resampling: Resize and Upsample axis by axis, GridSample, AffineGrid.

Every form of Resize is the same act along one axis: each new place reads some old places with some weights. Forms that
torch has as one kernel are given to it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812  torch's own convention
from torch import Tensor

from core.execute.torch_ops import Layer, axis_of, ints, only, operator

_COORDINATES = (
    "half_pixel",
    "half_pixel_symmetric",
    "pytorch_half_pixel",
    "asymmetric",
    "align_corners",
    "tf_half_pixel_for_nn",
    "tf_crop_and_resize",
)
_ROUNDING = ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil")
_EDGE = 1e-6  # regions are float32: what lies on the edge but for rounding is inside
_LINEAR = {3: "linear", 4: "bilinear", 5: "trilinear"}


@operator(
    "Resize",
    check=only(
        mode=("nearest", "linear", "cubic"),
        coordinate_transformation_mode=_COORDINATES,
        nearest_mode=_ROUNDING,
        keep_aspect_ratio_policy=("stretch", "not_larger", "not_smaller"),
    ),
    settings=(1, 2, 3),
)
def resize(layer: Layer, x: Tensor, *rest: Tensor | None) -> Tensor:
    """Inputs after ``x``: scales (opset 10), or roi, scales, sizes (since 11)."""
    given = [t if t is not None and t.numel() else None for t in rest]
    roi, scales, sizes = (None, given[0], None) if layer.opset < 11 else (*given, None, None, None)[:3]
    along = [axis_of(a, x.dim()) for a in layer.get("axes") or range(x.dim())]
    new, factor = _target(layer, x.shape, along, scales, sizes)
    if roi is None:
        region = {}
    else:
        bounds = [float(v) for v in roi.tolist()]
        region = {axis: (bounds[k], bounds[k + len(along)]) for k, axis in enumerate(along)}
    return _resampled(layer, x, new, factor, region)


@operator("Upsample", check=only(mode=("nearest", "linear", "bilinear")), settings=(1,))
def upsample(layer: Layer, x: Tensor, scales: Tensor | None = None) -> Tensor:
    """Withdrawn in opset 10; scales are an attribute in opset 7. Places are asymmetric, nearest rounds down."""
    factor = list(layer.get("scales") or ()) if scales is None else [float(v) for v in scales.tolist()]
    new = [math.floor(n * f) for n, f in zip(x.shape, factor, strict=True)]
    return _resampled(layer, x, new, factor, {})


Region = dict[int, tuple[float, float]]


def _resampled(layer: Layer, x: Tensor, sizes: Sequence[int], scales: Sequence[float], region: Region) -> Tensor:
    cropping = _rule(layer) == "tf_crop_and_resize"
    changed = [k for k in range(x.dim()) if cropping or sizes[k] != x.shape[k] or scales[k] != 1]
    if _torch_has_it(layer, x, changed, sizes, scales):
        return _by_torch(layer, x, sizes)
    kind, x = x.dtype, x if x.is_floating_point() or layer.get("mode", "nearest") == "nearest" else x.float()
    outside = None
    for axis in changed:
        at = _source(layer, x.shape[axis], sizes[axis], scales[axis], region.get(axis, (0.0, 1.0)))
        if cropping:
            beyond = ((at < -_EDGE) | (at > x.shape[axis] - 1 + _EDGE)).reshape(_along(axis, x))
            outside = beyond if outside is None else outside | beyond
        x = _resample_axis(layer, x, axis, at, scales[axis])
    if outside is not None and bool(outside.any()):
        x = torch.where(outside.to(x.device), layer.get("extrapolation_value", 0.0), x)
    return _as_steps(layer, x, kind)


def _as_steps(layer: Layer, x: Tensor, kind: torch.dtype) -> Tensor:
    """Integers as onnxruntime makes them: cut off after plain linear interpolation, rounded otherwise."""
    if x.dtype == kind or kind.is_floating_point:
        return x
    plain = layer.get("mode", "nearest") == "linear" and not layer.get("antialias", 0)
    limits = torch.iinfo(kind)
    return (torch.trunc(x) if plain else torch.round(x)).clamp(limits.min, limits.max).to(kind)


def _target(
    layer: Layer, shape: Sequence[int], along: Sequence[int], scales: Tensor | None, sizes: Tensor | None
) -> tuple[list[int], list[float]]:
    """(new size, scale) of every axis; ``axes`` (opset 18) limits what the inputs list."""
    new, factor = list(shape), [1.0] * len(shape)
    if sizes is not None:
        wanted = dict(zip(along, ints(sizes), strict=True))
        policy = layer.get("keep_aspect_ratio_policy", "stretch")
        ratios = [size / shape[axis] for axis, size in wanted.items()]
        common = min(ratios) if policy == "not_larger" else max(ratios)
        for axis, size in wanted.items():
            new[axis] = size if policy == "stretch" else math.floor(shape[axis] * common + 0.5)
            factor[axis] = size / shape[axis] if policy == "stretch" else common
    elif scales is not None:
        for axis, scale in zip(along, scales.tolist(), strict=True):
            factor[axis] = float(scale)
            new[axis] = math.floor(shape[axis] * factor[axis])
    return new, factor


def _rule(layer: Layer) -> str:
    return str(layer.get("coordinate_transformation_mode", "asymmetric" if layer.opset < 11 else "half_pixel"))


def _rounding(layer: Layer) -> str:
    return str(layer.get("nearest_mode", "floor" if layer.opset < 11 else "round_prefer_floor"))


def _torch_has_it(
    layer: Layer, x: Tensor, changed: Sequence[int], sizes: Sequence[int], scales: Sequence[float]
) -> bool:
    """Whether F.interpolate computes the same: spatial axes only, and sizes that follow from the scales exactly."""
    if not changed or x.dim() not in _LINEAR or min(changed) < 2 or not x.is_floating_point():
        return False
    if any(sizes[k] != x.shape[k] * scales[k] for k in changed) or layer.get("antialias", 0):
        return False
    mode, rule = layer.get("mode", "nearest"), _rule(layer)
    if mode == "nearest":
        upwards = all(float(scales[k]).is_integer() for k in changed)  # then all rules mean the same but ties
        exact = rule == "asymmetric" and _rounding(layer) == "floor"
        return upwards and (exact or (rule == "half_pixel" and _rounding(layer) == "round_prefer_floor"))
    if rule == "align_corners":
        known = min(sizes[2:]) > 1
    else:
        known = rule == "half_pixel" or (rule == "pytorch_half_pixel" and min(sizes[2:]) > 1)
    if mode == "cubic":
        plain = layer.get("cubic_coeff_a", -0.75) == -0.75 and not layer.get("exclude_outside", 0)
        return known and plain and x.dim() == 4
    return known


def _by_torch(layer: Layer, x: Tensor, sizes: Sequence[int]) -> Tensor:
    mode = layer.get("mode", "nearest")
    if mode == "nearest":
        return F.interpolate(x, list(sizes[2:]), mode="nearest")
    name = "bicubic" if mode == "cubic" else _LINEAR[x.dim()]
    return F.interpolate(x, list(sizes[2:]), mode=name, align_corners=_rule(layer) == "align_corners")


def _resample_axis(layer: Layer, x: Tensor, axis: int, at: Tensor, scale: float) -> Tensor:
    """``x`` read at the places ``at`` of one axis."""
    last = x.shape[axis] - 1
    mode = layer.get("mode", "nearest")
    if mode == "nearest":
        return x.index_select(axis, _round(at, _rounding(layer)).clamp(0, last).to(x.device))
    taps, weights = _taps(layer, mode, at, last, scale)
    y = None
    for k in range(taps.shape[1]):
        part = x.index_select(axis, taps[:, k].clamp(0, last).to(x.device))
        part = part * weights[:, k].to(x.device, x.dtype).reshape(_along(axis, x))
        y = part if y is None else y + part
    assert y is not None  # there is one tap at least
    return y


def _taps(layer: Layer, mode: str, at: Tensor, last: int, scale: float) -> tuple[Tensor, Tensor]:
    """(new places, reach): which old places each new one reads, and with which weights (they sum to one)."""
    widen = 1.0 / scale if layer.get("antialias", 0) and scale < 1 else 1.0
    reach = (2.0 if mode == "cubic" else 1.0) * widen
    first = torch.floor(at - reach).long() + 1
    taps = first[:, None] + torch.arange(math.ceil(2 * reach) + (widen > 1))
    distance = (taps - at[:, None]).abs() / widen
    a = layer.get("cubic_coeff_a", -0.75)
    weights = _keys(distance, a) if mode == "cubic" else (1 - distance).clamp(min=0)
    if layer.get("exclude_outside", 0):
        weights = weights * ((taps >= 0) & (taps <= last))
    return taps, weights / weights.sum(1, keepdim=True)


def _keys(d: Tensor, a: float) -> Tensor:
    """The cubic convolution kernel of Keys 1981."""
    near = ((a + 2) * d - (a + 3)) * d * d + 1
    far = ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
    return torch.where(d <= 1, near, torch.where(d < 2, far, torch.zeros_like(d)))


def _source(layer: Layer, old: int, new: int, scale: float, region: tuple[float, float]) -> Tensor:
    """Where each new place lies on the old axis."""
    places, rule = torch.arange(new, dtype=torch.float64), _rule(layer)
    start, end = region
    if rule == "asymmetric":
        return places / scale
    if rule == "align_corners":
        return places * ((old - 1) / (new - 1)) if new > 1 else places * 0
    if rule == "tf_crop_and_resize":
        if new > 1:
            return start * (old - 1) + places * (end - start) * (old - 1) / (new - 1)
        return places * 0 + 0.5 * (start + end) * (old - 1)
    if rule == "tf_half_pixel_for_nn":
        return (places + 0.5) / scale
    if rule == "pytorch_half_pixel" and new == 1:
        return places * 0
    if rule == "half_pixel_symmetric":
        return old / 2 * (1 - new / (scale * old)) + (places + 0.5) / scale - 0.5
    return (places + 0.5) / scale - 0.5


def _along(axis: int, x: Tensor) -> list[int]:
    return [-1 if k == axis else 1 for k in range(x.dim())]


def _round(at: Tensor, rule: str) -> Tensor:
    if rule == "floor":
        return torch.floor(at).long()
    if rule == "ceil":
        return torch.ceil(at).long()
    return (torch.ceil(at - 0.5) if rule == "round_prefer_floor" else torch.floor(at + 0.5)).long()


_MODES: dict[Any, str] = {"linear": "bilinear", "cubic": "bicubic", "bilinear": "bilinear", "bicubic": "bicubic"}


@operator(
    "GridSample",
    check=only(
        mode=("linear", "cubic", "bilinear", "bicubic", "nearest"), padding_mode=("zeros", "border", "reflection")
    ),
)
def grid_sample(layer: Layer, x: Tensor, grid: Tensor) -> Tensor:
    """x (N, C, spatial...), grid (N, spatial..., 2 or 3); Jaderberg et al. 2015."""
    mode = layer.get("mode", "linear")
    return F.grid_sample(
        x,
        grid,
        mode=_MODES.get(mode, mode),
        padding_mode=layer.get("padding_mode", "zeros"),
        align_corners=bool(layer.get("align_corners", 0)),
    )


@operator("AffineGrid", settings=(1,))
def affine_grid(layer: Layer, theta: Tensor, size: Tensor) -> Tensor:
    return F.affine_grid(theta, ints(size), align_corners=bool(layer.get("align_corners", 0)))
