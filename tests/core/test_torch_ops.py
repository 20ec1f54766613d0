"""Every operator of the torch executor against onnxruntime, over random shapes, attributes and opsets.

Sizes: 12 examples an operator, tensors of at most some hundred elements.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
import onnx_ir as ir
import onnxruntime as ort
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import helper

from core.errors import UnsupportedOperator, UserError
from core.execute.torch_graph import TorchGraph
from core.execute.torch_ops import operators
from core.model.model import Model

EXAMPLES = 12


@dataclass
class Case:
    """One node: arrays in order (None: not given), attributes, opset; ``fixed`` inputs become initializers."""

    inputs: list[np.ndarray | None]
    attributes: dict[str, Any] = field(default_factory=dict)
    opset: int = 18
    fixed: tuple[int, ...] = ()
    outputs: int = 1
    steps: int = 0  # integer outputs may differ by this much


class Draw:
    """Hypothesis' draws under short names."""

    def __init__(self, data: st.DataObject) -> None:
        self._data = data
        self.rng = np.random.default_rng(self.int(0, 2**31))

    def int(self, low: int, high: int) -> int:
        return self._data.draw(st.integers(low, high))

    def one(self, *choices: Any) -> Any:
        return self._data.draw(st.sampled_from(choices))

    def shape(self, low: int = 1, high: int = 4, size: int = 4) -> tuple[int, ...]:
        return tuple(self.int(1, size) for _ in range(self.int(low, high)))

    def floats(self, *shape: int) -> np.ndarray:
        return np.asarray(self.rng.standard_normal(shape), np.float32)

    def image(self, channels: int, dims: int, size: int = 9) -> np.ndarray:
        return self.floats(self.int(1, 2), channels, *(self.int(5, size) for _ in range(dims)))


def model_of(operator: str, case: Case) -> Model:
    names = [f"x{k}" if a is not None else "" for k, a in enumerate(case.inputs)]
    given_ = [(n, a) for k, (n, a) in enumerate(zip(names, case.inputs, strict=True)) if a is not None]
    node = helper.make_node(operator, names, [f"y{k}" for k in range(case.outputs)], name="it", **case.attributes)
    fixed = {f"x{k}" for k in case.fixed}
    graph = helper.make_graph(
        [node],
        "one",
        [
            helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(a.dtype), a.shape)
            for n, a in given_
            if n not in fixed
        ],
        [onnx.ValueInfoProto(name=f"y{k}") for k in range(case.outputs)],
        [onnx.numpy_helper.from_array(a, n) for n, a in given_ if n in fixed],
    )
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", case.opset)], ir_version=8)
    del proto.graph.output[:]
    inferred = onnx.shape_inference.infer_shapes(proto)
    kinds = {v.name: v for v in inferred.graph.value_info}
    for k in range(case.outputs):
        info = kinds.get(f"y{k}") or helper.make_tensor_value_info(f"y{k}", 1, None)
        info.type.tensor_type.ClearField("shape")
        proto.graph.output.append(info)
    return Model.from_ir(ir.from_proto(proto))


def runs_alike(operator: str, case: Case) -> None:
    model = model_of(operator, case)
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    session = ort.InferenceSession(
        ir.to_proto(model.graph).SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    feed = {s.name: np.asarray(case.inputs[int(s.name[1:])]) for s in model.inputs}
    wanted = session.run(None, feed)
    net = TorchGraph(model).eval()
    with torch.no_grad():
        given_ = net({n: torch.from_numpy(a.copy()) for n, a in feed.items()})
    for name, expected in zip(model.output_names, wanted, strict=True):
        found = given_[name].numpy()
        assert found.shape == expected.shape
        assert found.dtype == expected.dtype
        if expected.dtype.kind == "f":
            np.testing.assert_allclose(found, expected, rtol=2e-4, atol=2e-5)
        else:
            assert np.abs(found.astype(np.int64) - expected.astype(np.int64)).max(initial=0) <= case.steps


CASES: dict[str, Callable[[Draw], Case]] = {}


def case(*names: str) -> Callable[[Callable[..., Case]], Callable[..., Case]]:
    def register(make: Callable[..., Case]) -> Callable[..., Case]:
        for name in names:
            CASES[name] = make
        return make

    return register


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


def _pair(d: Draw) -> tuple[tuple[int, ...], tuple[int, ...]]:
    full = d.shape()
    part = tuple(n if d.int(0, 1) else 1 for n in full)[d.int(0, len(full) - 1) :]
    return (full, part) if d.int(0, 1) else (part, full)


@case("Add", "Sub", "Mul")
def _arithmetic(d: Draw) -> Case:
    a, b = _pair(d)
    return Case([d.floats(*a), d.floats(*b)], opset=d.one(7, 13, 18), fixed=d.one((), (1,)))


@case("Div")
def _div(d: Draw) -> Case:
    a, b = _pair(d)
    if d.int(0, 1):
        return Case([d.rng.integers(-20, 20, a), d.rng.choice([-3, -2, 2, 7], b)], opset=14)
    return Case([d.floats(*a), np.abs(d.floats(*b)) + 0.5], opset=14)


@case("Pow")
def _pow(d: Draw) -> Case:
    a, b = _pair(d)
    exponent = d.one(np.full(b, 2, np.float32), np.full(b, 3, np.int64), np.full(b, 0.5, np.float32))
    return Case([np.abs(d.floats(*a)) + 0.1, exponent], opset=15)


@case("Mod")
def _mod(d: Draw) -> Case:
    a, b = _pair(d)
    if d.int(0, 1):
        return Case([d.floats(*a) * 5, np.abs(d.floats(*b)) + 0.5], {"fmod": 1}, 13)
    return Case([d.rng.integers(-20, 20, a), d.rng.choice([-3, 2, 7], b)], {}, 13)


@case("Max", "Min", "Sum", "Mean")
def _many(d: Draw) -> Case:
    a, b = _pair(d)
    return Case([d.floats(*a), d.floats(*b), d.floats(*a)][: d.int(1, 3)], opset=13)


@case("Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual")
def _compare(d: Draw) -> Case:
    a, b = _pair(d)
    return Case([d.rng.integers(0, 3, a).astype(np.float32), d.rng.integers(0, 3, b).astype(np.float32)], opset=16)


@case("And", "Or", "Xor")
def _logic(d: Draw) -> Case:
    a, b = _pair(d)
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
    a, b = _pair(d)
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


@case("Reshape")
def _reshape(d: Draw) -> Case:
    x = d.floats(2, 3, 4)
    target = d.one([6, 4], [0, -1], [0, 0, 4], [-1], [4, 3, 2], [0, 12])
    return Case([x, np.array(target)], {}, d.one(7, 14), (1,))


@case("Flatten")
def _flatten(d: Draw) -> Case:
    x = d.floats(*d.shape())
    return Case([x], d.one({}, {"axis": d.int(-x.ndim, x.ndim)}), 13)


@case("Transpose")
def _transpose(d: Draw) -> Case:
    x = d.floats(*d.shape())
    return Case([x], d.one({}, {"perm": [int(k) for k in d.rng.permutation(x.ndim)]}), 13)


@case("Squeeze")
def _squeeze(d: Draw) -> Case:
    x, opset = d.floats(1, 3, 1, 2, 1), d.one(11, 13)
    axes = d.one([0], [2, 4], [-1, 0], None)
    if axes is None:
        return Case([x], {}, opset)
    return Case([x], {"axes": axes}, opset) if opset < 13 else Case([x, np.array(axes)], {}, opset, (1,))


@case("Unsqueeze")
def _unsqueeze(d: Draw) -> Case:
    x, opset = d.floats(3, 2), d.one(11, 13)
    axes = d.one([0], [1, 3], [3, 0], [-1], [-1, 0])
    return Case([x], {"axes": axes}, opset) if opset < 13 else Case([x, np.array(axes)], {}, opset, (1,))


@case("Concat")
def _concat(d: Draw) -> Case:
    shape = list(d.shape(2, 4))
    axis = d.int(-len(shape), len(shape) - 1)
    xs: list[np.ndarray | None] = []
    for _ in range(d.int(1, 3)):
        shape[axis] = d.int(1, 3)
        xs.append(d.floats(*shape))
    return Case(xs, {"axis": axis}, 13)


@case("Split")
def _split(d: Draw) -> Case:
    axis, kind = d.one(0, 1, -1), d.int(0, 3)
    shape = [2, 3, 4]
    if kind == 0:
        shape[axis] = d.int(4, 7)
        parts = d.int(2, 3)
        if -(-shape[axis] // parts) * (parts - 1) >= shape[axis]:
            shape[axis] = 6
        return Case([d.floats(*shape)], {"axis": axis, "num_outputs": parts}, 18, outputs=parts)
    sizes = [d.int(1, 3) for _ in range(d.int(2, 3))]
    if kind == 1:
        shape[axis] = 2 * len(sizes)
        return Case([d.floats(*shape)], {"axis": axis}, 13, outputs=len(sizes))
    shape[axis] = sum(sizes)
    if kind == 2:
        return Case([d.floats(*shape)], {"axis": axis, "split": sizes}, 11, outputs=len(sizes))
    return Case([d.floats(*shape), np.array(sizes)], {"axis": axis}, d.one(13, 18), (1,), len(sizes))


@case("Slice")
def _slice(d: Draw) -> Case:
    x = d.floats(5, 4, 6)
    big = 2**63 - 1
    if d.int(0, 2) == 0:
        return Case([x], {"axes": [0, 2], "starts": [d.int(-3, 3), 1], "ends": [d.one(4, big), -1]}, 9)
    axes = d.one([0, 1, 2], [2], [-1, 0])
    steps = [d.one(1, 2, -1, -2) for _ in axes]
    starts = [d.int(-7, 7) for _ in axes]
    ends = [d.one(-7, -3, -1, 0, 2, 4, 7, big if s > 0 else -big) for s in steps]  # the spec's "to the very end"
    return Case([x, *(np.array(v) for v in (starts, ends, axes, steps))], {}, d.one(10, 13), d.one((), (1, 2, 3, 4)))


@case("Gather")
def _gather(d: Draw) -> Case:
    x = d.floats(*d.shape(1, 3, 5))
    axis = d.int(-x.ndim, x.ndim - 1)
    n = x.shape[axis]
    return Case([x, d.rng.integers(-n, n, d.shape(0, 2))], {"axis": axis}, 13, d.one((), (1,)))


@case("Expand")
def _expand(d: Draw) -> Case:
    a, b = _pair(d)
    return Case([d.floats(*a), np.array(b)], {}, 13, (1,))


@case("Tile")
def _tile(d: Draw) -> Case:
    x = d.floats(*d.shape(1, 3))
    return Case([x, np.array([d.int(1, 3) for _ in x.shape])], {}, 13, (1,))


@case("Shape")
def _shape(d: Draw) -> Case:
    x = d.floats(*d.shape(2, 4))
    return Case([x], d.one({}, {"start": 1}, {"start": -1}, {"start": 0, "end": -1}), 15)


@case("Size")
def _size(d: Draw) -> Case:
    return Case([d.floats(*d.shape())], {}, 13)


@case("Range")
def _range(d: Draw) -> Case:
    kind = d.one(np.int64, np.float32)
    return Case([np.array(v, kind) for v in (d.int(-3, 3), d.int(4, 9), d.int(1, 3))], {}, 11)


@case("ConstantOfShape")
def _fill(d: Draw) -> Case:
    value = d.one({}, {"value": onnx.numpy_helper.from_array(np.array([7], d.one(np.int64, np.float32)))})
    return Case([np.array(d.shape())], value, d.one(9, 20), (0,))


@case("Constant")
def _constant(d: Draw) -> Case:
    value = onnx.numpy_helper.from_array(d.one(d.floats(2, 3), np.array(3, np.int64)))
    kinds = ({"value": value}, {"value_float": 0.5}, {"value_int": 3}, {"value_ints": [1, 2]}, {"value_floats": [0.5]})
    return Case([], d.one(*kinds), 13)


@case("Cast")
def _cast(d: Draw) -> Case:
    return Case([d.floats(*d.shape()) * 5], {"to": d.one(1, 6, 7, 9, 10, 11)}, 13)


@case("CastLike")
def _cast_like(d: Draw) -> Case:
    return Case([d.floats(*d.shape()) * 5, np.zeros(1, d.one(np.int64, np.float32, np.float64))], {}, 15)


@case("DepthToSpace")
def _depth_to_space(d: Draw) -> Case:
    b = d.int(1, 3)
    return Case([d.floats(2, b * b * d.int(1, 2), 2, 3)], {"blocksize": b, **d.one({}, {"mode": "CRD"})}, 13)


@case("SpaceToDepth")
def _space_to_depth(d: Draw) -> Case:
    b = d.int(1, 3)
    return Case([d.floats(2, d.int(1, 3), 2 * b, 3 * b)], {"blocksize": b}, 13)


@case("Pad")
def _pad(d: Draw) -> Case:
    x = d.floats(2, 3, 4, 5)
    mode = d.one("constant", "reflect", "edge", "wrap")
    pads = [d.int(0, 1) if mode == "reflect" else d.int(0, 3) for _ in range(8)]
    if mode == "constant" and d.int(0, 1):
        pads[3], pads[7] = -1, -d.int(0, 1)
    if mode != "wrap" and d.int(0, 2) == 0:
        return Case([x], {"mode": mode, "pads": pads, "value": 0.5}, 10)
    value = [np.array(1.5, np.float32)] if mode == "constant" else [None]
    if d.int(0, 1):
        return Case([x, np.array(pads[:4]), *value, np.array([1, -1])], {"mode": mode}, 19, (1, 3))
    return Case([x, np.array(pads), *value], {"mode": mode}, 19 if mode == "wrap" else 13, (1,))


@case("Resize")
def _resize(d: Draw) -> Case:
    x = d.floats(1, 2, d.int(2, 5), d.int(2, 5))
    mode = d.one("nearest", "linear")
    attributes: dict[str, Any] = {"mode": mode}
    if d.int(0, 3) == 0:
        return Case([x, np.array([1, 1, 2, 2], np.float32)], attributes, 10, (1,))
    attributes["coordinate_transformation_mode"] = d.one(
        "half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"
    )
    if mode == "nearest":
        attributes["nearest_mode"] = d.one("round_prefer_floor", "round_prefer_ceil", "floor", "ceil")
    roi, opset = np.zeros(0, np.float32), d.one(11, 13, 18)
    if d.int(0, 1):
        sizes = np.array([1, 2, d.int(1, 9), d.int(1, 9)])
        return Case([x, roi, np.zeros(0, np.float32), sizes], attributes, opset, (1, 2, 3))
    scales = np.array([1, 1, d.one(0.5, 1.5, 2.0, 3.0), d.one(0.5, 2.0)], np.float32)
    return Case([x, roi, scales], attributes, opset, (1, 2))


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


def test_every_operator_is_compared() -> None:
    assert set(CASES) == set(operators())


@pytest.mark.parametrize("name", list(CASES))
@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None)
@given(data=st.data())
def test_operator_equals_onnxruntime(name: str, data: st.DataObject) -> None:
    runs_alike(name, CASES[name](Draw(data)))


@pytest.mark.parametrize(
    ("name", "unsupported"),
    [
        ("MaxPool", Case([np.zeros((1, 1, 4, 4), np.float32)], {"kernel_shape": [2, 2]}, 12, outputs=2)),
        ("AveragePool", Case([np.zeros((1, 1, 9), np.float32)], {"kernel_shape": [2], "dilations": [2]}, 19)),
        ("Resize", Case([np.zeros((1, 1, 4, 4), np.float32), None, np.ones(4, np.float32)], {"mode": "cubic"}, 13)),
        ("TopK", Case([np.zeros((1, 4), np.float32), np.array([2])], {}, 11, (1,), outputs=2)),
        ("Relu", Case([np.zeros(3, np.float32)], {}, 6)),
    ],
)
def test_what_cannot_be_run_is_refused_by_layer_before_running(name: str, unsupported: Case) -> None:
    with pytest.raises(UnsupportedOperator) as caught:
        TorchGraph(model_of(name, unsupported))
    assert "'it'" in caught.value.message
    assert f"({name})" in caught.value.message


def test_shapes_that_do_not_fit_are_reported_by_layer() -> None:
    model = model_of("MatMul", Case([np.zeros((2, 3), np.float32), np.zeros((3, 4), np.float32)], {}, 13, (1,)))
    with pytest.raises(UserError, match=r"Layer 'it' \(MatMul\) cannot be run on inputs of size 2x5, 3x4"):
        TorchGraph(model)(torch.zeros(2, 5))
