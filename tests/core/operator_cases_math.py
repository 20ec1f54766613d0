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


@case("Tan", "Asin", "Acos", "Atan", "Sinh", "Cosh", "Asinh", "Atanh")
def _angles(d: Draw) -> Case:
    return Case([np.tanh(d.floats(*d.shape()))], opset=d.one(9, 22))


@case("Acosh")
def _acosh(d: Draw) -> Case:
    return Case([np.abs(d.floats(*d.shape())) + 1.05], opset=d.one(9, 22))


@case("IsInf")
def _is_inf(d: Draw) -> Case:
    x = d.rng.choice(np.array([1, np.inf, -np.inf, np.nan], np.float32), d.shape())
    return Case([x], {"detect_positive": d.int(0, 1), "detect_negative": d.int(0, 1)}, d.one(10, 20))


@case("Det")
def _det(d: Draw) -> Case:
    n = d.int(1, 3)
    return Case([d.floats(*d.one((), (2,)), n, n)], opset=11)


@case("BitwiseAnd", "BitwiseOr", "BitwiseXor")
def _bitwise(d: Draw) -> Case:
    a, b = pair(d)
    kind = d.one(np.int32, np.uint8, np.int64)
    return Case([d.rng.integers(0, 99, a).astype(kind), d.rng.integers(0, 99, b).astype(kind)], opset=18)


@case("BitwiseNot")
def _bitwise_not(d: Draw) -> Case:
    return Case([d.rng.integers(-9, 9, d.shape()).astype(d.one(np.int32, np.int64))], opset=18)


@case("BitShift")
def _bit_shift(d: Draw) -> Case:
    a, b = pair(d)
    kind = d.one(np.uint8, np.uint32, np.uint64)
    inputs = [d.rng.integers(0, 200, a).astype(kind), d.rng.integers(0, 7, b).astype(kind)]
    return Case([*inputs], {"direction": d.one("LEFT", "RIGHT")}, 11)


@case("Swish")
def _swish(d: Draw) -> Case:
    return Case([d.floats(*d.shape()) * 3], d.one({}, {"alpha": 0.7}), 24)


@case("Shrink")
def _shrink(d: Draw) -> Case:
    return Case([d.floats(*d.shape())], d.one({}, {"lambd": 0.3, "bias": 0.2}), 9)


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


@case("Softmax", "LogSoftmax", "Hardmax")
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


_EQUATIONS = (
    ("bij,bjk->bik", (2, 3, 4), (2, 4, 5)),
    ("bij,bjk->bk", (2, 3, 4), (2, 4, 5)),
    ("...ij, ...jk -> ...ik", (2, 3, 3, 4), (2, 3, 4, 5)),
    ("bhid,bhjd->bhij", (2, 2, 3, 4), (2, 2, 5, 4)),
    ("i,j->ij", (3,), (4,)),
    ("ij,kj", (2, 3), (4, 3)),
    ("ii->i", (3, 3)),
    ("ii", (3, 3)),
    ("b...->...", (2, 3, 4)),
    ("ijk->kji", (2, 3, 4)),
    ("nhqd,nkhd,nk->nhqk", (2, 2, 3, 4), (2, 5, 2, 4), (2, 5)),
)


@case("Einsum")
def _einsum(d: Draw) -> Case:
    equation, *shapes = d.one(*_EQUATIONS)
    return Case([d.floats(*s) for s in shapes], {"equation": equation}, 12, d.one((), (1,)) if len(shapes) > 1 else ())


@case(
    "ReduceMean",
    "ReduceMax",
    "ReduceMin",
    "ReduceProd",
    "ReduceL1",
    "ReduceL2",
    "ReduceSumSquare",
    "ReduceLogSumExp",
)
def _reduce(d: Draw) -> Case:
    return _reduction(d, 18)


@case("ReduceLogSum")
def _reduce_log(d: Draw) -> Case:
    found = _reduction(d, 18)
    found.inputs[0] = np.abs(np.asarray(found.inputs[0])) + np.float32(0.1)
    return found


@case("ReduceSum")
def _reduce_sum(d: Draw) -> Case:
    return _reduction(d, 13)


def _reduction(d: Draw, axes_as_input_since: int) -> Case:
    x = d.floats(*d.shape())
    axes = sorted({d.int(0, x.ndim - 1) for _ in range(d.int(1, x.ndim))})
    keep = d.one({}, {"keepdims": 0}, {"keepdims": 1})
    opset = d.one(7, 11, 13, 18)
    if opset >= axes_as_input_since:
        if d.int(0, 3) == 0:
            return Case([x], {**keep, **d.one({}, {"noop_with_empty_axes": 1})}, opset)
        return Case([x, np.array(axes)], keep, opset, (1,))
    return Case([x], keep if d.int(0, 2) == 0 else {**keep, "axes": axes}, opset)


@case("ArgMax", "ArgMin")
def _arg(d: Draw) -> Case:
    x = np.round(d.floats(*d.shape()))  # equal values
    last = d.one({}, {"select_last_index": 1})
    return Case([x], {"axis": d.int(-x.ndim, x.ndim - 1), "keepdims": d.int(0, 1), **last}, 13)
