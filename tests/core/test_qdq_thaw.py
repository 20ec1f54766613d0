"""Thawed graphs give what the quantized ones give, in onnxruntime, and freezing them gives the same bytes again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ml_dtypes
import numpy as np
import onnx
import onnx_ir as ir
import pytest
from onnx import TensorProto, helper, numpy_helper

from core.execute.runtimes import onnx_session
from core.methods.method import Context
from core.methods.quantize.choices import Granularity, Precision
from core.methods.quantize.ready import ready
from core.methods.quantize.static import Activations, Params, quantize_static
from core.model.masks import MASK
from core.model.model import Model
from core.model.qdq_thaw import float_weights, freeze, thaw, with_parent
from tests.core.qdq_graphs import Arrays, network, node, quantized, run, weights
from tests.core.training_sets import sample

INT4 = ml_dtypes.int4


def contents(model: Model) -> dict[str, tuple[str, tuple[int, ...], bytes]]:
    """Initializer name -> type, shape, bytes."""
    found = {n: v.const_value for n, v in model.graph.graph.initializers.items()}
    return {n: (t.dtype.name, tuple(t.shape.numpy()), t.numpy().tobytes()) for n, t in found.items() if t is not None}


def three_layers() -> tuple[Model, Arrays]:
    nodes = [
        node("Conv", "x w b", "c", pads=[1, 1, 1, 1]),
        node("Relu", "c", "r"),
        node("GlobalAveragePool", "r", "p"),
        node("Flatten", "p", "f"),
        node("Gemm", "f v d", "g", transB=1),
        node("MatMul", "g m", "y"),
    ]
    constants = {
        "w": weights(6, 3, 3, 3),
        "b": weights(6, seed=1),
        "v": weights(5, 6, seed=2),
        "d": weights(5, seed=3),
        "m": weights(5, 4, seed=4),
    }
    return network(nodes, constants, (3, 8, 8)), Arrays((3, 8, 8))


def weights_only(q: np.ndarray, scale: np.ndarray, **attributes: Any) -> Model:
    """x [batch, 6] times integers behind DequantizeLinear -> y."""
    zero = np.zeros(scale.shape, q.dtype)
    graph = helper.make_graph(
        [
            helper.make_node("DequantizeLinear", ["q", "s", "z"], ["w"], "dq", **attributes),
            helper.make_node("MatMul", ["x", "w"], ["y"], "fc"),
        ],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", q.shape[0]])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", q.shape[1]])],
        [numpy_helper.from_array(a, n) for n, a in (("q", q), ("s", scale), ("z", zero))],
    )
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    return Model.from_ir(ir.from_proto(proto))


@pytest.mark.parametrize(
    "params",
    [
        {"granularity": Granularity.CHANNEL},
        {"granularity": Granularity.TENSOR, "activations": Activations.INT8},
        {"precision": Precision.INT4},
        {"precision": Precision.INT4, "granularity": Granularity.GROUP, "group_size": 2},
        {"activations": Activations.INT16},
    ],
    ids=str,
)
def test_round_trip_to_the_bit_and_equal_results_in_onnxruntime(params: Mapping[str, Any]) -> None:
    model, data = three_layers()
    done = quantize_static(model, data, Params(**params), Context())
    before = done.model
    thawed = thaw(before)
    onnx.checker.check_model(ir.to_proto(thawed.graph), full_check=True)
    assert [w.layer.name for w in float_weights(thawed)] == ["/c", "/g", "/y"]
    initializers = thawed.graph.graph.initializers
    assert all(initializers[n].dtype == ir.DataType.FLOAT for n in ("w_float", "v_float", "b", "d"))
    wanted, given = (run(m, data.values, optimized=False)["y"] for m in (before, thawed))
    np.testing.assert_array_equal(given, wanted)
    after = freeze(thawed)
    assert contents(after) == contents(before)
    assert [str(n) for n in after.nodes()] == [str(n) for n in before.nodes()]


@pytest.mark.parametrize(
    ("scale", "attributes"),
    [((), {}), ((4,), {"axis": 1}), ((3, 4), {"axis": 0, "block_size": 2}), ((2, 4), {"axis": 0, "block_size": 4})],
    ids=["tensor", "channel", "blocks", "short block"],
)
@pytest.mark.parametrize("kind", [INT4, ml_dtypes.uint4, np.int8, np.int16])
def test_every_width_and_granularity_comes_back(
    kind: Any, scale: tuple[int, ...], attributes: Mapping[str, int]
) -> None:
    rng = np.random.default_rng(0)
    info = ml_dtypes.iinfo(kind)
    q = rng.integers(info.min, info.max + 1, (6, 4)).astype(kind)
    before = weights_only(q, np.asarray(rng.uniform(0.01, 0.5, scale), np.float32), **attributes)
    thawed = thaw(before)
    x = rng.normal(size=(3, 6)).astype(np.float32)
    wanted, given = (onnx_session(m, optimized=False).run({"x": x})["y"] for m in (before, thawed))
    np.testing.assert_array_equal(given, wanted)
    assert contents(freeze(thawed)) == contents(before)


def test_a_parents_weights_come_back_as_far_as_the_integers_allow() -> None:
    model, data = three_layers()
    before = quantized(model, data).model
    thawed, found = with_parent(thaw(before), ready(model)[0])
    assert found == ("/c", "/g", "/y")
    kept = thawed.graph.graph.initializers["w_float"].const_value
    assert kept is not None
    original = model.graph.graph.initializers["w"].const_value
    assert original is not None
    step = np.abs(original.numpy()).max(axis=(1, 2, 3), keepdims=True) / 127
    assert (np.abs(kept.numpy() - original.numpy()) <= 0.011 * step).all()  # in a cell of 0.98 steps
    assert contents(freeze(thawed)) == contents(before)


def test_weights_of_another_network_are_not_taken() -> None:
    model, data = three_layers()
    other = model.clone()
    for name in ("w", "v", "m"):
        value = other.graph.graph.initializers[name]
        assert value.const_value is not None
        value.const_value = ir.tensor(value.const_value.numpy()[::-1].copy(), name=name)
    thawed = thaw(quantized(model, data).model)
    again, found = with_parent(thawed, other)
    assert found == ()
    assert contents(again) == contents(thawed)


def test_a_bias_that_would_overflow_raises_its_rows_scale() -> None:
    model, data = three_layers()
    thawed = thaw(quantized(model, data).model)
    bias = thawed.graph.graph.initializers["d"]
    bias.const_value = ir.tensor(np.asarray([0.1, 1e7, 0.2, 0.3, -0.1], np.float32), name="d")
    frozen = freeze(thawed)
    y = run(frozen, data.values, optimized=False, taps=["d", "v"])
    np.testing.assert_allclose(y["d"], bias.const_value.numpy(), rtol=1e-6, atol=1e-3)
    scale = frozen.graph.graph.initializers["v_scale"].const_value
    assert scale is not None
    assert scale.numpy()[1] > 10 * scale.numpy()[0]


def test_masks_go_there_and_back() -> None:
    model, data = three_layers()
    model.graph.graph.initializers["w"].metadata_props[MASK] = "weight"
    thawed = thaw(quantized(model, data).model)
    assert thawed.graph.graph.initializers["w_float"].metadata_props[MASK] == "weight"
    assert freeze(thawed).graph.graph.initializers["w_quantized"].metadata_props[MASK] == "weight"


def test_a_float_model_is_left_as_it_is() -> None:
    assert contents(freeze(thaw(sample()))) == contents(sample())
