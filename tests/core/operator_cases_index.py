"""Random operators that pick, place, order or mark elements by index."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.core.operator_cases import Case, Draw, case


@case("Gather")
def _gather(d: Draw) -> Case:
    x = d.floats(*d.shape(1, 3, 5))
    axis = d.int(-x.ndim, x.ndim - 1)
    n = x.shape[axis]
    return Case([x, d.rng.integers(-n, n, d.shape(0, 2))], {"axis": axis}, 13, d.one((), (1,)))


def _along_axis(d: Draw) -> tuple[np.ndarray, np.ndarray, int]:
    """Data, indices without repeats along a random axis, the axis."""
    x = d.floats(*d.shape(1, 3, 5))
    axis = d.int(0, x.ndim - 1)
    count = d.int(1, x.shape[axis])
    order = np.argsort(d.rng.random(x.shape), axis).take(range(count), axis)
    order = np.where(d.rng.random(order.shape) < 0.3, order - x.shape[axis], order)
    return x, order.astype(np.int64), d.one(axis, axis - x.ndim)


@case("GatherElements")
def _gather_elements(d: Draw) -> Case:
    x, index, axis = _along_axis(d)
    return Case([x, index], {"axis": axis}, d.one(11, 13))


@case("Scatter")
def _scatter(d: Draw) -> Case:
    x, index, axis = _along_axis(d)
    return Case([x, index, d.floats(*index.shape)], {"axis": axis % x.ndim}, 9)


@case("ScatterElements")
def _scatter_elements(d: Draw) -> Case:
    x, index, axis = _along_axis(d)
    if d.int(0, 1):
        return Case([x, index, d.floats(*index.shape)], {"axis": axis}, d.one(11, 13, 18))
    index = d.rng.integers(0, x.shape[axis], index.shape)  # repeats are what reductions are for
    return Case([x, index, d.floats(*index.shape)], {"axis": axis, "reduction": d.one("add", "mul", "max", "min")}, 18)


def _deep_index(d: Draw, shape: tuple[int, ...], lead: tuple[int, ...], deep: int) -> np.ndarray:
    return np.stack([d.rng.integers(-n, n, lead) for n in shape[:deep]], -1)


@case("GatherND")
def _gather_nd(d: Draw) -> Case:
    x = d.floats(*d.shape(2, 4))
    batch = d.int(0, 1)
    deep = d.int(1, x.ndim - batch)
    lead = (*x.shape[:batch], d.int(1, 3))
    return Case([x, _deep_index(d, x.shape[batch:], lead, deep)], {"batch_dims": batch} if batch else {}, d.one(12, 13))


@case("ScatterND")
def _scatter_nd(d: Draw) -> Case:
    x = d.floats(*d.shape(1, 3))
    deep = d.int(1, x.ndim)
    how = d.one(None, "add", "mul", "max", "min")
    if how is None:  # repeated places would make the answer depend on the order
        flat = d.rng.permutation(int(np.prod(x.shape[:deep])))[: d.int(1, 3)]
        index = np.stack(np.unravel_index(flat, x.shape[:deep]), -1)
        return Case([x, index, d.floats(len(flat), *x.shape[deep:])], {}, d.one(11, 13, 16, 18))
    index = _deep_index(d, x.shape, (3,), deep)
    return Case([x, index, d.floats(3, *x.shape[deep:])], {"reduction": how}, 18)


@case("TopK")
def _top_k(d: Draw) -> Case:
    x = d.floats(*d.shape(1, 3, 5))
    if d.int(0, 1):
        x = np.round(x)  # equal values
    axis = d.int(-x.ndim, x.ndim - 1)
    count, opset = d.int(1, x.shape[axis]), d.one(9, 10, 11, 13)
    if opset == 9:
        return Case([x], {"axis": axis % x.ndim, "k": count}, 9, outputs=2)
    attributes: dict[str, Any] = {"axis": axis % x.ndim} if opset == 10 else {"axis": axis, "largest": d.int(0, 1)}
    return Case([x, np.array([count])], attributes, opset, d.one((), (1,)), outputs=2)


@case("Trilu")
def _trilu(d: Draw) -> Case:
    x = d.floats(*d.shape(0, 1), d.int(1, 4), d.int(1, 4))
    k: list[np.ndarray | None] = [np.array(d.int(-4, 4))] if d.int(0, 1) else []
    return Case([x, *k], {"upper": d.int(0, 1)}, 14)


@case("OneHot")
def _one_hot(d: Draw) -> Case:
    depth = d.int(1, 4)
    index = d.rng.integers(-depth - 1, depth + 2, d.shape(1, 2))  # some outside: rows of the off value
    axis = d.int(-index.ndim - 1, index.ndim)
    return Case([index, d.one(np.array([depth]), np.array(depth)), d.floats(2)], {"axis": axis}, 11)


@case("NonZero")
def _non_zero(d: Draw) -> Case:
    x = d.rng.integers(0, 2, d.shape())
    return Case([x.astype(d.one(np.float32, np.int64, np.bool_))], opset=13)


@case("EyeLike")
def _eye_like(d: Draw) -> Case:
    attributes = d.one({}, {"dtype": 7}, {"dtype": 1, "k": 1}, {"k": -2})
    return Case([d.floats(d.int(1, 4), d.int(1, 4))], attributes, 9)


@case("CumSum")
def _cum_sum(d: Draw) -> Case:
    x = d.one(d.floats(*d.shape()), d.rng.integers(-9, 9, d.shape()))
    axis = np.array(d.int(-x.ndim, x.ndim - 1))
    return Case([x, axis], {"exclusive": d.int(0, 1), "reverse": d.int(0, 1)}, d.one(11, 14), d.one((), (1,)))


@case("Compress")
def _compress(d: Draw) -> Case:
    x = d.floats(*d.shape(1, 3))
    axis = d.one(None, d.int(-x.ndim, x.ndim - 1))
    most = x.size if axis is None else x.shape[axis]
    return Case([x, d.rng.integers(0, 2, d.int(1, most)) > 0], {} if axis is None else {"axis": axis}, 11)


@case("ReverseSequence")
def _reverse_sequence(d: Draw) -> Case:
    x, batch = d.floats(4, 3, *d.shape(0, 2)), d.int(0, 1)
    lengths = d.rng.integers(1, x.shape[1 - batch] + 1, x.shape[batch])
    return Case([x, lengths], {"time_axis": 1 - batch, "batch_axis": batch}, 10)


@case("Unique")
def _unique(d: Draw) -> Case:
    x = d.rng.integers(0, 3, (d.int(1, 5), d.int(1, 2))).astype(d.one(np.int64, np.float32))
    attributes: dict[str, Any] = {"axis": d.int(0, 1)} if d.int(0, 1) else {}
    return Case([x], {**attributes, "sorted": d.int(0, 1)}, 11, outputs=4)


@case("NonMaxSuppression")
def _non_max_suppression(d: Draw) -> Case:
    n, batch, classes = d.int(1, 6), d.int(1, 2), d.int(1, 2)
    low = d.rng.random((batch, n, 2)).astype(np.float32)
    boxes = np.concatenate([low, low + d.rng.random((batch, n, 2)).astype(np.float32)], -1)
    limits: list[np.ndarray | None] = [
        np.array([d.int(1, 4)]),
        np.array([0.3], np.float32),
        np.array([0.2], np.float32),
    ]
    scores = d.rng.random((batch, classes, n)).astype(np.float32)
    return Case([boxes, scores, *limits[: d.int(1, 3)]], {"center_point_box": d.int(0, 1)}, 11)
