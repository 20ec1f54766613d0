"""Random resampling."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.core.operator_cases import Case, Draw, case

_NONE = np.zeros(0, np.float32)
_COORDINATES = ("half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel")


@case("Resize")
def _resize(d: Draw) -> Case:
    x = d.floats(1, 2, d.int(2, 5), d.int(2, 5))
    which = d.int(0, 5)
    if which == 0:
        return Case([x, np.array([1, 1, 2, 2], np.float32)], {"mode": d.one("nearest", "linear")}, 10, (1,))
    if which == 1:
        return _crop_and_resize(d, x)
    if which == 2:
        return _opset_18(d, x)
    mode = d.one("nearest", "linear", "cubic")
    attributes: dict[str, Any] = {"mode": mode, "coordinate_transformation_mode": d.one(*_COORDINATES)}
    if mode == "nearest":
        attributes["nearest_mode"] = d.one("round_prefer_floor", "round_prefer_ceil", "floor", "ceil")
    if mode == "cubic":
        attributes |= d.one({}, {"cubic_coeff_a": -0.5}, {"exclude_outside": 1})
    opset = d.one(11, 13, 18)
    if mode != "cubic" and opset == 11 and d.int(0, 2) == 0:
        attributes["coordinate_transformation_mode"] = "tf_half_pixel_for_nn" if mode == "nearest" else "half_pixel"
    if d.int(0, 1):
        sizes = np.array([1, 2, d.int(1, 9), d.int(1, 9)])
        return Case([x, _NONE, _NONE, sizes], attributes, opset, (1, 2, 3))
    scales = np.array([1, 1, d.one(0.5, 1.5, 2.0, 3.0), d.one(0.5, 2.0)], np.float32)
    return Case([x, _NONE, scales], attributes, opset, (1, 2))


def _crop_and_resize(d: Draw, x: np.ndarray) -> Case:
    """Regions that reach beyond the picture too."""
    attributes = {"mode": d.one("nearest", "linear"), "coordinate_transformation_mode": "tf_crop_and_resize"}
    start, end = d.one(-0.2, 0.0, 0.25), d.one(0.6, 1.0, 1.3)
    roi = np.array([0, 0, start, 0.1, 1, 1, end, 0.9], np.float32)
    # onnxruntime does not crop along an axis that keeps its size
    sizes = np.array([1, 2, *(d.one(*(n for n in range(1, 8) if n != old)) for old in x.shape[2:])])
    return Case([x, roi, _NONE, sizes], {**attributes, "extrapolation_value": 0.5}, d.one(11, 13), (1, 2, 3))


def _opset_18(d: Draw, x: np.ndarray) -> Case:
    """Antialiasing, axes, and sizes that keep the proportions."""
    if d.int(0, 1):
        attributes = {"mode": d.one("linear", "cubic"), "antialias": 1}
        scales = np.array([1, 1, d.one(0.4, 0.5, 2.0), d.one(0.3, 0.7)], np.float32)
        return Case([d.floats(1, 2, 9, 8), None, scales], attributes, 18, (2,))
    attributes = {"mode": d.one("nearest", "linear"), "axes": d.one([2, 3], [3, 2])}
    attributes["keep_aspect_ratio_policy"] = d.one("stretch", "not_larger", "not_smaller")
    if d.int(0, 3) == 0:  # onnxruntime keeps proportions along counted axes only
        attributes |= {"axes": [-2, -1], "keep_aspect_ratio_policy": "stretch"}
    return Case([x, None, None, np.array([d.int(2, 9), d.int(2, 9)])], attributes, 18, (3,))


@case("Upsample")
def _upsample(d: Draw) -> Case:
    mode = d.one("nearest", "linear")
    x = d.floats(1, 2, d.int(1, 4), d.int(1, 4))
    scales = [1.0, 1.0, d.one(1.0, 2.0, 3.0), d.one(2.0, 1.5)]
    if d.int(0, 1):
        return Case([x], {"mode": mode, "scales": scales}, 7)
    return Case([x, np.array(scales, np.float32)], {"mode": mode}, 9, d.one((), (1,)))


@case("GridSample")
def _grid_sample(d: Draw) -> Case:
    n, c, opset = d.int(1, 2), d.int(1, 2), d.one(16, 20)
    mode = d.one("nearest", "bilinear", "bicubic") if opset == 16 else d.one("nearest", "linear", "cubic")
    attributes = {"mode": mode, "padding_mode": d.one("zeros", "border", "reflection"), "align_corners": d.int(0, 1)}
    if opset == 20 and mode != "cubic" and d.int(0, 1):
        grid = d.floats(n, 2, 3, 2, 3) * 0.8
        return Case([d.floats(n, c, 3, 4, 3), grid], attributes, 20)
    return Case([d.floats(n, c, d.int(2, 5), d.int(2, 5)), d.floats(n, 3, 4, 2) * 0.8], attributes, opset)


@case("AffineGrid")
def _affine_grid(d: Draw) -> Case:
    n, dims = d.int(1, 2), d.int(2, 3)
    size = np.array([n, 2, *(d.int(2, 4) for _ in range(dims))])
    return Case([d.floats(n, dims, dims + 1), size], {"align_corners": d.int(0, 1)}, 20, d.one((), (1,)))
