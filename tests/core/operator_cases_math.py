"""Random elementwise operators, reductions and matrix products."""

from __future__ import annotations

import numpy as np

from tests.core.operator_cases import Case, Draw, case, pair


@case(
    "Relu", "Sigmoid", "Tanh", "Erf", "Exp", "Neg", "Abs", "Sign", "Floor", "Ceil", "Identity", "Softplus", "Softsign"
)
def _unary(d: Draw) -> Case:
    return Case([d.floats(*d.shape(0)) * 3], opset=d.one(13, 18, 21))


@case("Sin", "Cos", "Round")
def _unary_11(d: Draw) -> Case:
    return Case([np.round(d.floats(*d.shape()) * 6) / 2], opset=d.one(11, 18))


@case("Sqrt", "Log", "Reciprocal")
def _positive(d: Draw) -> Case:
    return Case([np.abs(d.floats(*d.shape())) + 0.1], opset=d.one(13, 18))


@case("HardSwish", "Mish")
def _late(d: Draw) -> Case:
    return Case([d.floats(*d.shape()) * 4], opset=18)


@case("Gelu")
def _gelu(d: Draw) -> Case:
    return Case([d.floats(*d.shape()) * 3], {"approximate": d.one("none", "tanh")}, 20)


@case("LeakyRelu", "Elu", "ThresholdedRelu")
def _alpha(d: Draw) -> Case:
    return Case([d.floats(*d.shape())], d.one({}, {"alpha": 0.3}), 16)


@case("Celu")
def _celu(d: Draw) -> Case:
    return Case([d.floats(*d.shape())], d.one({}, {"alpha": 0.5}), 12)


@case("Selu")
def _selu(d: Draw) -> Case:
    return Case([d.floats(*d.shape())], d.one({}, {"alpha": 1.2, "gamma": 0.8}), 13)


@case("HardSigmoid")
def _hard_sigmoid(d: Draw) -> Case:
    return Case([d.floats(*d.shape()) * 4], d.one({}, {"alpha": 1 / 6, "beta": 0.5}), 13)


@case("PRelu")
def _prelu(d: Draw) -> Case:
    c = d.int(1, 4)
    return Case([d.floats(2, c, 3, 3), d.one(d.floats(c, 1, 1), d.floats(1))], opset=16, fixed=d.one((), (1,)))


@case("Add", "Sub", "Mul")
def _arithmetic(d: Draw) -> Case:
    a, b = pair(d)
    return Case([d.floats(*a), d.floats(*b)], opset=d.one(7, 13, 18), fixed=d.one((), (1,)))


@case("Div")
def _div(d: Draw) -> Case:
    a, b = pair(d)
    if d.int(0, 1):
        return Case([d.rng.integers(-20, 20, a), d.rng.choice([-3, -2, 2, 7], b)], opset=14)
    return Case([d.floats(*a), np.abs(d.floats(*b)) + 0.5], opset=14)


@case("Pow")
def _pow(d: Draw) -> Case:
    a, b = pair(d)
    exponent = d.one(np.full(b, 2, np.float32), np.full(b, 3, np.int64), np.full(b, 0.5, np.float32))
    return Case([np.abs(d.floats(*a)) + 0.1, exponent], opset=15)


@case("Mod")
def _mod(d: Draw) -> Case:
    a, b = pair(d)
    if d.int(0, 1):
        return Case([d.floats(*a) * 5, np.abs(d.floats(*b)) + 0.5], {"fmod": 1}, 13)
    return Case([d.rng.integers(-20, 20, a), d.rng.choice([-3, 2, 7], b)], {}, 13)


@case("Max", "Min", "Sum", "Mean")
def _many(d: Draw) -> Case:
    a, b = pair(d)
    return Case([d.floats(*a), d.floats(*b), d.floats(*a)][: d.int(1, 3)], opset=13)


@case("Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual")
def _compare(d: Draw) -> Case:
    a, b = pair(d)
    return Case([d.rng.integers(0, 3, a).astype(np.float32), d.rng.integers(0, 3, b).astype(np.float32)], opset=16)


@case("And", "Or", "Xor")
def _logic(d: Draw) -> Case:
    a, b = pair(d)
    return Case([d.rng.integers(0, 2, a) > 0, d.rng.integers(0, 2, b) > 0], opset=13)


@case("Not")
def _not(d: Draw) -> Case:
    return Case([d.rng.integers(0, 2, d.shape()) > 0])


@case("IsNaN")
def _nan(d: Draw) -> Case:
    x = d.floats(*d.shape())
    x[np.abs(x) > 1] = np.nan
    return Case([x])


@case("Where")
def _where(d: Draw) -> Case:
    a, b = pair(d)
    return Case([d.rng.integers(0, 2, a) > 0, d.floats(*b), d.floats(*a)], opset=16)


@case("Clip")
def _clip(d: Draw) -> Case:
    x = d.floats(*d.shape()) * 3
    low, high = np.float32(-0.5), np.float32(1.5)
    if d.int(0, 2) == 0:
        return Case([x], d.one({"min": -0.5, "max": 1.5}, {"min": 0.0}), d.one(7, 10))
    bounds: list[np.ndarray | None] = d.one([np.array(low), np.array(high)], [None, np.array(high)], [np.array(low)])
    return Case(
        [x, *bounds], opset=d.one(11, 13), fixed=d.one((), tuple(k + 1 for k, b in enumerate(bounds) if b is not None))
    )


@case("Softmax", "LogSoftmax")
def _softmax(d: Draw) -> Case:
    x = d.floats(*d.shape(1, 4)) * 3
    opset = d.one(9, 11, 13, 18)
    axis = d.int(0 if opset < 11 else -x.ndim, x.ndim - 1)
    return Case([x], {"axis": axis} if opset < 13 or d.int(0, 1) else {}, opset)


@case("MatMul")
def _matmul(d: Draw) -> Case:
    m, k, n = d.int(1, 4), d.int(1, 5), d.int(1, 4)
    lead = d.one((), (2,), (3, 2))
    return Case([d.floats(*lead, m, k), d.floats(*d.one((), lead), k, n)], opset=13, fixed=d.one((), (1,)))


@case("Gemm")
def _gemm(d: Draw) -> Case:
    m, k, n = d.int(1, 4), d.int(1, 5), d.int(1, 4)
    ta, tb = d.int(0, 1), d.int(0, 1)
    a, b = d.floats(*((k, m) if ta else (m, k))), d.floats(*((n, k) if tb else (k, n)))
    c = d.one(None, (n,), (1,), (m, n), (m, 1))
    attributes = {"transA": ta, "transB": tb, **d.one({}, {"alpha": 0.5, "beta": 2.0})}
    return Case([a, b] if c is None else [a, b, d.floats(*c)], attributes, d.one(11, 13), d.one((), (1,)))


@case("Einsum")
def _einsum(d: Draw) -> Case:
    return Case([d.floats(2, 3, 4), d.floats(2, 4, 5)], {"equation": d.one("bij,bjk->bik", "bij,bjk->bk")}, 13)


@case(
    "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceLogSumExp"
)
def _reduce(d: Draw) -> Case:
    return _reduction(d, 18)


@case("ReduceSum")
def _reduce_sum(d: Draw) -> Case:
    return _reduction(d, 13)


def _reduction(d: Draw, axes_as_input_since: int) -> Case:
    x = d.floats(*d.shape())
    axes = sorted({d.int(0, x.ndim - 1) for _ in range(d.int(1, x.ndim))})
    keep = d.one({}, {"keepdims": 0}, {"keepdims": 1})
    opset = d.one(11, 13, 18)
    if opset >= axes_as_input_since:
        if d.int(0, 3) == 0:
            return Case([x], {**keep, **d.one({}, {"noop_with_empty_axes": 1})}, opset)
        return Case([x, np.array(axes)], keep, opset, (1,))
    return Case([x], keep if d.int(0, 2) == 0 else {**keep, "axes": axes}, opset)


@case("ArgMax", "ArgMin")
def _arg(d: Draw) -> Case:
    x = d.floats(*d.shape())
    return Case([x], {"axis": d.int(-x.ndim, x.ndim - 1), "keepdims": d.int(0, 1)}, 13)
