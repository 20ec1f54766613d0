"""Random quantization nodes and operators on integers."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.core.operator_cases import Case, Draw, case


@case("QuantizeLinear")
def _quantize(d: Draw) -> Case:
    x = d.floats(2, 3, 4) * 20
    which = d.int(0, 4)
    kind = d.one(np.uint8, np.int8)
    if which == 0:
        rows = np.abs(d.floats(3)) + 0.05
        return Case([x, rows, d.rng.integers(0, 100, 3).astype(kind)], {"axis": 1}, d.one(13, 19), (1, 2))
    if which == 1:  # 16 bits
        wide = d.one(np.uint16, np.int16)
        return Case([x, np.array(0.002, np.float32), np.array(d.int(0, 999), wide)], {}, 21, (1, 2))
    if which == 2:
        blocks, zero = np.abs(d.floats(2, 3, 2)) + 0.1, d.rng.integers(0, 50, (2, 3, 2)).astype(kind)
        return Case([x, blocks, zero], {"axis": 2, "block_size": 2}, 21, (1, 2))
    if which == 3:
        return Case([x, np.array(0.3, np.float32)], {"output_dtype": d.one(2, 3, 4, 5)}, 21, (1,))
    zero_point: list[np.ndarray | None] = [np.array(d.int(0, 100), kind)] if d.int(0, 1) else []
    return Case([x, np.array(0.13, np.float32), *zero_point], {}, d.one(10, 13, 19), (1,))


@case("DequantizeLinear")
def _dequantize(d: Draw) -> Case:
    kind = d.one(np.uint8, np.int8)
    x = d.rng.integers(0, 127, (2, 3, 4)).astype(kind)
    which = d.int(0, 4)
    if which == 0:
        return Case([x, np.abs(d.floats(3)) + 0.01, d.rng.integers(0, 100, 3).astype(kind)], {"axis": -2}, 13, (1, 2))
    if which == 1:
        big = d.rng.integers(-(2**30), 2**30, (3,)).astype(np.int32)
        return Case([big, np.array(1e-6, np.float32)], {}, 13, (1,))
    if which == 2:
        return Case([x, np.abs(d.floats(2, 3, 2)) + 0.01], {"axis": 2, "block_size": 2}, 21, (0, 1))
    if which == 3:
        wide = d.one(np.uint16, np.int16)
        return Case([x.astype(wide), np.array(0.1, np.float32), np.array(500, wide)], {}, 21, (1, 2))
    return Case([x, np.array(0.1, np.float32), np.array(5, kind)], {}, d.one(10, 19), (1, 2))


@case("DynamicQuantizeLinear")
def _dynamic(d: Draw) -> Case:
    return Case([d.floats(*d.shape()) * 5 + d.one(0, 3)], {}, 11, outputs=3)


def _zero_points(d: Draw, kind: Any, shape: tuple[int, ...]) -> np.ndarray:
    return d.rng.integers(0, 9, shape).astype(kind)


@case("MatMulInteger")
def _matmul_integer(d: Draw) -> Case:
    m, k, n = d.int(1, 4), d.int(1, 5), d.int(1, 4)
    a = d.rng.integers(0, 255, (*d.one((), (2,)), m, k)).astype(np.uint8)
    kind = d.one(np.uint8, np.int8)
    b = d.rng.integers(0, 127, (k, n)).astype(kind)
    points: list[np.ndarray | None] = [_zero_points(d, np.uint8, ()), _zero_points(d, kind, d.one((), (n,)))]
    return Case([a, b, *points[: d.int(0, 2)]], {}, 10, (1,))


@case("QLinearMatMul")
def _qlinear_matmul(d: Draw) -> Case:
    m, k, n = d.int(1, 4), d.int(1, 5), d.int(1, 4)
    a, b = d.rng.integers(0, 255, (m, k)).astype(np.uint8), d.rng.integers(0, 255, (k, n)).astype(np.uint8)
    scales = [np.array(v, np.float32) for v in (0.02, 0.03, 0.11)]
    points = [np.array(d.int(0, 200), np.uint8) for _ in range(3)]
    inputs: list[np.ndarray | None] = [a, scales[0], points[0], b, scales[1], points[1], scales[2], points[2]]
    return Case(inputs, {}, 10, (1, 2, 4, 5, 6, 7), steps=1)


@case("ConvInteger")
def _conv_integer(d: Draw) -> Case:
    x, w = d.rng.integers(0, 255, (1, 2, 6, 6)).astype(np.uint8), d.rng.integers(0, 255, (3, 2, 3, 3)).astype(np.uint8)
    points: list[np.ndarray | None] = [_zero_points(d, np.uint8, ()), _zero_points(d, np.uint8, ())]
    attributes = {"pads": [d.int(0, 1)] * 4, "strides": [d.int(1, 2)] * 2}
    return Case([x, w, *points[: d.int(0, 2)]], attributes, 10, (1,))


@case("QLinearConv")
def _qlinear_conv(d: Draw) -> Case:
    x = d.rng.integers(0, 255, (1, 2, 6, 6)).astype(np.uint8)
    w = d.rng.integers(-127, 127, (3, 2, 3, 3)).astype(np.int8)
    per_row = d.int(0, 1)
    sw = np.abs(d.floats(3)) * 0.01 + np.float32(0.01) if per_row else np.array(0.02, np.float32)
    zw = np.zeros(3 if per_row else (), np.int8)
    inputs: list[np.ndarray | None] = [x, np.array(0.02, np.float32), np.array(d.int(0, 200), np.uint8), w, sw, zw]
    inputs += [np.array(0.2, np.float32), np.array(d.int(50, 200), np.uint8)]
    if d.int(0, 1):
        inputs.append(d.rng.integers(-900, 900, 3).astype(np.int32))
    return Case(inputs, {"pads": [d.int(0, 1)] * 4}, 10, tuple(range(1, len(inputs))), steps=1)
