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
    dims, group = d.int(1, 2), d.int(1, 2)
    cin, cout = group * d.int(1, 2), d.int(1, 2)
    kernel = [d.int(2, 3) for _ in range(dims)]
    strides = [d.int(1, 2) for _ in kernel]
    attributes = {"group": group, "strides": strides, "pads": [d.int(0, 1) for _ in range(2 * dims)]}
    attributes["output_padding"] = [d.int(0, s - 1) for s in strides]
    inputs: list[np.ndarray | None] = [d.image(cin, dims), d.floats(cin, cout, *kernel), d.floats(cout * group)]
    return Case(inputs[: d.int(2, 3)], attributes, 11)


@case("MaxPool")
def _max_pool(d: Draw) -> Case:
    dims = d.int(1, 3)
    kernel = [d.int(2, 3) for _ in range(dims)]
    attributes = {"kernel_shape": kernel, "strides": [d.int(1, k) for k in kernel], **_auto_pad(d, dims, 1)}
    if "pads" in attributes:
        attributes |= {"ceil_mode": d.int(0, 1), "dilations": [d.int(1, 2) for _ in kernel]}
    return Case([d.image(2, dims)], attributes, 12)


@case("AveragePool")
def _average_pool(d: Draw) -> Case:
    dims = d.int(1, 3)
    kernel = [d.int(2, 3) for _ in range(dims)]
    attributes = {"kernel_shape": kernel, "strides": [d.int(1, k) for k in kernel], **_auto_pad(d, dims, 1)}
    attributes["count_include_pad"] = d.int(0, 1)
    if "pads" in attributes:
        attributes["ceil_mode"] = d.int(0, 1)
    return Case([d.image(2, dims)], attributes, 19)


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
    rows = groups * each
    return Case([d.image(groups * each, 2), d.floats(rows), d.floats(rows)], {"num_groups": groups}, 21)


@case("LayerNormalization")
def _layer_norm(d: Draw) -> Case:
    x = d.floats(*d.shape(2, 4, 5))
    axis = d.int(-x.ndim + 1, -1)
    shape = x.shape[axis:]
    inputs: list[np.ndarray | None] = [x, d.floats(*shape), d.floats(*shape)]
    return Case(inputs[: d.int(2, 3)], {"axis": axis}, 17)


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


@case("QuantizeLinear")
def _quantize(d: Draw) -> Case:
    x = d.floats(2, 3, 4) * 20
    kind = d.one(np.uint8, np.int8)
    if d.int(0, 1):
        rows = np.abs(d.floats(3)) + 0.05
        return Case([x, rows, d.rng.integers(0, 100, 3).astype(kind)], {"axis": 1}, 13, (1, 2), steps=0)
    zero: list[np.ndarray | None] = [np.array(d.int(0, 100), kind)] if d.int(0, 1) else []
    return Case([x, np.array(0.13, np.float32), *zero], {}, d.one(10, 13, 19), (1,))


@case("DequantizeLinear")
def _dequantize(d: Draw) -> Case:
    kind = d.one(np.uint8, np.int8)
    x = d.rng.integers(0, 127, (2, 3, 4)).astype(kind)
    which = d.int(0, 3)
    if which == 0:
        return Case([x, np.abs(d.floats(3)) + 0.01, d.rng.integers(0, 100, 3).astype(kind)], {"axis": -2}, 13, (1, 2))
    if which == 1:
        big = d.rng.integers(-(2**30), 2**30, (3,)).astype(np.int32)
        return Case([big, np.array(1e-6, np.float32)], {}, 13, (1,))
    if which == 2:
        return Case([x, np.abs(d.floats(2, 3, 2)) + 0.01], {"axis": 2, "block_size": 2}, 21, (0, 1))
    return Case([x, np.array(0.1, np.float32), np.array(5, kind)], {}, d.one(10, 19), (1, 2))
