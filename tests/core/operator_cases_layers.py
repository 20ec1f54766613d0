"""Random convolutions, pools, normalizations and quantization nodes."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.core.operator_cases import Case, Draw, case


def _auto_pad(d: Draw, dims: int, most: int) -> dict[str, Any]:
    if d.int(0, 2) == 0:
        return {"auto_pad": d.one("SAME_UPPER", "SAME_LOWER", "VALID")}
    return {"pads": [d.int(0, most) for _ in range(2 * dims)]}


@case("Conv")
def _conv(d: Draw) -> Case:
    dims, group = d.int(1, 3), d.int(1, 3)
    cin, cout = group * d.int(1, 2), group * d.int(1, 2)
    kernel = [d.int(1, 3) for _ in range(dims)]
    w = d.floats(cout, cin // group, *kernel)
    attributes = {"group": group, "kernel_shape": kernel, "strides": [d.int(1, 2) for _ in kernel]}
    attributes |= _auto_pad(d, dims, 2)
    if "auto_pad" not in attributes:
        attributes["dilations"] = [d.int(1, 2) for _ in kernel]
    inputs: list[np.ndarray | None] = [d.image(cin, dims), w, d.floats(cout)]
    return Case(inputs[: d.int(2, 3)], attributes, d.one(11, 18), d.one((), (1,)))


@case("ConvTranspose")
def _conv_transpose(d: Draw) -> Case:
    dims, group = d.int(1, 3), d.int(1, 2)
    cin, cout = group * d.int(1, 2), d.int(1, 2)
    kernel = [d.int(2, 3) for _ in range(dims)]
    strides = [d.int(1, 3) for _ in kernel]
    x = d.image(cin, dims, 6)
    attributes: dict[str, Any] = {"group": group, "strides": strides}
    which = d.int(0, 3)
    if which == 0:
        attributes["auto_pad"] = d.one("SAME_UPPER", "SAME_LOWER", "VALID")
    elif which == 1:  # sizes of which the stride leaves the choice
        full = [(n - 1) * s + k for n, s, k in zip(x.shape[2:], strides, kernel, strict=True)]
        attributes["output_shape"] = [n - d.int(-1 if s > 1 else 0, 2) for n, s in zip(full, strides, strict=True)]
        attributes |= d.one({}, {"auto_pad": "SAME_UPPER"}, {"auto_pad": "SAME_LOWER"})
    else:
        attributes["pads"] = [d.int(0, 1) for _ in range(2 * dims)]
        attributes["output_padding"] = [d.int(0, s - 1) for s in strides]
        attributes["dilations"] = [d.int(1, 2) for _ in kernel]
    inputs: list[np.ndarray | None] = [x, d.floats(cin, cout, *kernel), d.floats(cout * group)]
    return Case(inputs[: d.int(2, 3)], attributes, d.one(7, 11, 22))


@case("MaxPool")
def _max_pool(d: Draw) -> Case:
    dims = d.int(1, 3)
    kernel = [d.int(2, 3) for _ in range(dims)]
    attributes = {"kernel_shape": kernel, "strides": [d.int(1, k) for k in kernel], **_auto_pad(d, dims, 1)}
    if "pads" in attributes:
        attributes |= {"ceil_mode": d.int(0, 1), "dilations": [d.int(1, 2) for _ in kernel]}
    return Case([d.image(2, dims)], attributes, 12, outputs=d.one(1, 1, 2))


@case("AveragePool")
def _average_pool(d: Draw) -> Case:
    dims = d.int(1, 3)
    kernel = [d.int(2, 3) for _ in range(dims)]
    attributes = {"kernel_shape": kernel, "strides": [d.int(1, k) for k in kernel], **_auto_pad(d, dims, 1)}
    attributes["count_include_pad"] = d.int(0, 1)
    if "pads" in attributes:
        attributes["ceil_mode"] = d.int(0, 1)
        if dims == 2:
            attributes["dilations"] = [d.int(1, 2) for _ in kernel]
    return Case([d.image(2, dims)], attributes, 19)


@case("LpPool")
def _lp_pool(d: Draw) -> Case:
    kernel = [d.int(2, 3) for _ in range(2)]
    attributes = {"kernel_shape": kernel, "strides": [d.int(1, 2) for _ in kernel], **_auto_pad(d, 2, 1)}
    return Case([d.image(2, 2)], {**attributes, "p": d.int(1, 3)}, d.one(11, 18))


@case("GlobalLpPool")
def _global_lp(d: Draw) -> Case:
    return Case([d.image(3, d.int(1, 3))], d.one({}, {"p": 3}), 7)


@case("MaxUnpool")
def _max_unpool(d: Draw) -> Case:
    n, c, h, w = 1, d.int(1, 2), d.int(1, 3), d.int(1, 3)
    places = d.rng.permutation(n * c * 2 * h * 2 * w)[: n * c * h * w].reshape(n, c, h, w)
    shape: list[np.ndarray | None] = [np.array([n, c, 2 * h, 2 * w])] if d.int(0, 1) else []
    return Case([d.floats(n, c, h, w), places, *shape], {"kernel_shape": [2, 2], "strides": [2, 2]}, 11)


@case("GlobalAveragePool", "GlobalMaxPool")
def _global(d: Draw) -> Case:
    return Case([d.image(3, d.int(1, 3))])


@case("BatchNormalization")
def _batch_norm(d: Draw) -> Case:
    c = d.int(1, 4)
    rows: list[np.ndarray | None] = [d.floats(c), d.floats(c), d.floats(c), np.abs(d.floats(c)) + 0.1]
    return Case([d.image(c, d.int(1, 2)), *rows], d.one({}, {"epsilon": 1e-3}), d.one(9, 14, 15), (1, 2, 3, 4))


@case("InstanceNormalization")
def _instance_norm(d: Draw) -> Case:
    c = d.int(1, 4)
    return Case([d.image(c, 2), d.floats(c), d.floats(c)], d.one({}, {"epsilon": 1e-3}), 13)


@case("GroupNormalization")
def _group_norm(d: Draw) -> Case:
    groups, each = d.int(1, 3), d.int(1, 3)
    opset = d.one(18, 21)
    rows = groups if opset == 18 else groups * each
    x = d.image(groups * each, d.int(1, 2))
    return Case([x, d.floats(rows), d.floats(rows)], {"num_groups": groups, **d.one({}, {"epsilon": 1e-3})}, opset)


@case("LayerNormalization")
def _layer_norm(d: Draw) -> Case:
    x = d.floats(*d.shape(2, 4, 5))
    axis = d.int(-x.ndim + 1, -1)
    shape = x.shape[axis:]
    inputs: list[np.ndarray | None] = [x, d.floats(*shape), d.floats(*shape)]
    attributes = {"axis": axis, **d.one({}, {"epsilon": 1e-2})}
    return Case(inputs[: d.int(2, 3)], attributes, 17, outputs=d.one(1, 1, 3))


@case("RMSNormalization")
def _rms_norm(d: Draw) -> Case:
    x = d.floats(*d.shape(2, 4, 5))
    axis = d.int(-x.ndim + 1, -1)
    return Case([x, d.floats(*x.shape[axis:])], {"axis": axis, **d.one({}, {"epsilon": 1e-2})}, 23)


@case("MeanVarianceNormalization")
def _mean_variance(d: Draw) -> Case:
    return Case([d.floats(2, 3, 4, 5)], d.one({}, {"axes": [2, 3]}, {"axes": [0, 1, 2, 3]}), d.one(9, 13))


@case("LpNormalization")
def _lp_norm(d: Draw) -> Case:
    x = d.floats(*d.shape(2, 3))
    return Case([x], {"p": d.one(1, 2), "axis": d.int(0, x.ndim - 1)}, 13)


@case("LRN")
def _lrn(d: Draw) -> Case:
    return Case([d.image(d.int(2, 6), 2)], {"size": d.one(1, 3, 5), "alpha": 0.5, "beta": 0.6, "bias": 1.5}, 13)


@case("Dropout")
def _dropout(d: Draw) -> Case:
    if d.int(0, 1):
        return Case([d.floats(3, 4)], {"ratio": 0.3}, d.one(7, 10))
    return Case([d.floats(3, 4), np.array(0.3, np.float32)], {}, 13, (1,), outputs=d.int(1, 2))
