"""What a refit is made of: rows of inputs, least squares, the walk. Proven against onnxruntime and numpy."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import onnx_ir as ir
import pytest
from onnx import helper, numpy_helper

from core.execute.runtimes import onnx_session
from core.execute.walk import Walk
from core.formats.open import open_model
from core.methods.recover.linear import Linear, Shift, channel_rows, linear_of, sample
from core.methods.recover.normal import _Kept, _Summed
from core.model.facts import infer
from core.model.model import Model
from tests.conftest import SAMPLE, network_path

RNG = np.random.default_rng(5)


def one_layer(operator: str, x: tuple[int, ...], weights: list[np.ndarray], **attributes: Any) -> Model:
    names = [f"w{k}" for k in range(len(weights))]
    node = helper.make_node(operator, ["x", *names], ["y"], name="layer", **attributes)
    stored = [numpy_helper.from_array(w.astype(np.float32), n) for n, w in zip(names, weights, strict=True)]
    given = helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, x)
    made = helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, None)
    graph = helper.make_graph([node], "g", [given], [made], stored)
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return Model.from_ir(ir.from_proto(onnx.shape_inference.infer_shapes(proto)))


def normal(*shape: int) -> np.ndarray:
    return RNG.standard_normal(shape)


LAYERS = {
    "plain": ("Conv", (2, 3, 7, 6), [normal(4, 3, 3, 3), normal(4)], {"pads": [1, 1, 1, 1]}),
    "strides and odd pads": ("Conv", (2, 3, 9, 8), [normal(4, 3, 3, 2)], {"pads": [0, 1, 2, 0], "strides": [2, 3]}),
    "dilated": ("Conv", (2, 3, 9, 9), [normal(4, 3, 3, 3)], {"dilations": [2, 3], "pads": [2, 3, 2, 3]}),
    "same, upper": ("Conv", (2, 3, 8, 7), [normal(4, 3, 3, 3)], {"auto_pad": "SAME_UPPER", "strides": [2, 2]}),
    "same, lower": ("Conv", (2, 3, 8, 7), [normal(4, 3, 4, 4)], {"auto_pad": "SAME_LOWER", "strides": [2, 2]}),
    "grouped": ("Conv", (2, 6, 5, 5), [normal(4, 3, 3, 3), normal(4)], {"group": 2}),
    "depthwise": ("Conv", (2, 5, 6, 6), [normal(5, 1, 3, 3), normal(5)], {"group": 5, "pads": [1, 1, 1, 1]}),
    "twice as many": ("Conv", (2, 3, 6, 6), [normal(6, 1, 3, 3)], {"group": 3}),
    "one axis": ("Conv", (2, 3, 11), [normal(4, 3, 5), normal(4)], {"strides": [2], "pads": [2, 1]}),
    "three axes": ("Conv", (2, 2, 4, 5, 3), [normal(3, 2, 2, 3, 1)], {}),
    "Gemm": ("Gemm", (5, 4), [normal(4, 3), normal(3)], {}),
    "Gemm, turned": ("Gemm", (5, 4), [normal(3, 4)], {"transB": 1}),
    "MatMul": ("MatMul", (2, 5, 4), [normal(4, 3)], {}),
}


@pytest.mark.parametrize("key", LAYERS)
def test_rows_times_matrix_are_the_outputs(key: str) -> None:
    operator, shape, weights, attributes = LAYERS[key]
    model = one_layer(operator, shape, weights, **attributes)
    linear = linear_of(model, next(model.nodes()), infer(model))
    assert isinstance(linear, Linear), linear
    x = RNG.standard_normal(shape).astype(np.float32)
    y = onnx_session(model).run({"x": x})["y"]
    rows = linear.rows(shape)
    assert rows * linear.outputs == y.size
    for places in (np.arange(rows), sample(np.random.default_rng(1), rows, shape[0], shape[0], 3)):
        weight = weights[0].astype(np.float32)
        made = (linear.inputs(x, places) @ linear.matrix(weight)).transpose(1, 0, 2).reshape(len(places), -1)
        np.testing.assert_allclose(made + linear.bias, channel_rows(y, linear.axis, places), atol=1e-5)
        np.testing.assert_array_equal(linear.tensor(linear.matrix(weight), weight), weight)


def test_a_layer_that_is_no_plain_product_says_why() -> None:
    scaled = one_layer("Gemm", (5, 4), [normal(4, 3), normal(3)], alpha=2.0)
    assert linear_of(scaled, next(scaled.nodes()), infer(scaled)) == "its product is scaled or its input transposed"
    odd = one_layer("Gemm", (5, 4), [normal(4, 3), normal(5, 3)])
    assert linear_of(odd, next(odd.nodes()), infer(odd)) == "its bias is computed, or not one number a channel"


def test_a_shift_goes_to_the_bias_or_the_running_mean() -> None:
    model = open_model(network_path("resnet20"))
    facts = infer(model)
    found = [linear_of(model, node, facts) for node in model.nodes() if node.op_type in ("Conv", "Gemm")]
    shifts = [linear.shift for linear in found if isinstance(linear, Linear)]
    assert shifts[0] == Shift("bn1.running_mean", -1)
    assert shifts[-1] == Shift("linear.bias", 1)
    assert len(set(shifts)) == len(found) == 20


@pytest.mark.parametrize(
    ("form", "features", "ridge"),
    [(_Summed, 6, 0.0), (_Summed, 6, 0.1), (_Kept, 6, 0.1), (_Kept, 60, 1e-3), (_Summed, 60, 1e-3)],
)
def test_the_solution_is_that_of_lstsq(form: Any, features: int, ridge: float) -> None:
    """With a ridge: of the rows with sqrt(ridge * mean diagonal) times the unit matrix below."""
    x, r = normal(2, 40, features), normal(2, 40, 3)
    equations = form(intercept=True)
    for part in (slice(0, 15), slice(15, 40)):
        equations.add(x[:, part].astype(np.float32).astype(np.float64), r[:, part])
    d = equations.solve(ridge, None, lambda: None)
    squares = 0.0
    for g in range(2):
        a = np.concatenate([x[g].astype(np.float32), np.ones((40, 1))], 1).astype(np.float64)
        weight = np.sqrt(ridge * np.square(a[:, :features]).sum(0).mean())
        below = np.concatenate([np.eye(features) * weight, np.zeros((features, 1))], 1)
        wanted = np.concatenate([r[g], np.zeros((features, 3))])
        expected = np.linalg.lstsq(np.concatenate([a, below]), wanted, rcond=None)[0]
        np.testing.assert_allclose(d[g], expected, atol=1e-8)
        squares += float(np.square(r[g] - a @ expected).sum())
    assert equations.error(d) == pytest.approx(squares, rel=1e-6)
    assert equations.square == pytest.approx(float(np.square(r).sum()))


@pytest.mark.parametrize("form", [_Summed, _Kept])
@pytest.mark.parametrize("lines", [False, True])
def test_what_is_not_free_stays_zero_and_the_rest_is_best(form: Any, lines: bool) -> None:
    """Single entries, and whole inputs and outputs."""
    x, r = normal(1, 60, 8).astype(np.float32).astype(np.float64), normal(1, 60, 4)
    free = np.random.default_rng(0).random((1, 9, 4)) < 0.6
    if lines:
        free = np.ones((1, 9, 4), bool)
        free[0, [2, 5]] = False
    free[0, :, 3] = False  # a whole output that is masked
    equations = form(intercept=True)
    equations.add(x, r)
    d = equations.solve(1e-9 if form is _Kept else 0.0, free, lambda: None)  # X X' of more rows than unknowns
    assert not d[~free].any()
    a = np.concatenate([x[0], np.ones((60, 1))], 1)
    for k in range(3):
        expected = np.linalg.lstsq(a[:, free[0, :, k]], r[0, :, k], rcond=None)[0]
        np.testing.assert_allclose(d[0, free[0, :, k], k], expected, atol=1e-6)


def test_inputs_that_never_vary_do_no_harm() -> None:
    x, r = normal(1, 30, 4), normal(1, 30, 2)
    x[:, :, 1] = 0.0
    equations = _Summed(intercept=True)
    equations.add(x, r)
    d = equations.solve(0.0, None, lambda: None)
    assert np.isfinite(d).all()
    assert abs(d[0, 1]).max() < 1e-6


@pytest.mark.parametrize("memory", [1 << 30, 3000, 0])
def test_a_walk_gives_what_the_whole_network_gives(memory: int) -> None:
    """Whatever it may keep; and weights that are changed on the way count from there on."""
    model = open_model(SAMPLE)
    feeds = [{model.inputs[0].name: RNG.standard_normal((2, 1, 32, 32)).astype(np.float32)} for _ in range(2)]
    convs = [n for n in model.nodes() if n.op_type == "Conv"]
    walk = Walk(model, feeds, memory=memory)
    changed = model.clone()
    for node in convs[:6]:
        source, weight = node.inputs[0].name or "", node.inputs[1].name or ""
        taps = [] if source in feeds[0] else [source]
        session = onnx_session(changed, taps=taps)
        for feed, x in zip(feeds, walk.visit(source, walk.index_of(node.outputs[0].name or "")), strict=True):
            np.testing.assert_allclose(x, {**feed, **session.run(feed)}[source], rtol=1e-4, atol=1e-5)
        value = changed.graph.graph.initializers[weight]
        assert value.const_value is not None
        numbers = value.const_value.numpy() * np.float32(1.25)
        value.const_value = ir.tensor(numbers, name=weight)
        walk.set_weight(weight, numbers)
