"""One-operator int8 files in LiteRT against optimised onnxruntime: at most one step apart, and truly in int8."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.execute.litert_session import LiteRTSession
from core.execute.runtimes import onnx_session
from core.exporters.tflite.candidate import litert_candidate
from core.exporters.tflite.convert import Options, convert
from core.model.qdq_add import agreeing_add_scale
from core.model.qdq_numbers import QuantParams
from tests.core.tflite_graphs import Quantized, random_feed, step_gap

RNG = np.random.default_rng(11)
IMAGE = (1, 6, 9, 8)
IN, OUT = (0.05, 3), (0.09, -7)
PROBABILITY, TANH = (1 / 256, -128), (1 / 128, 0)
INT = np.int64


def noise(*shape: int) -> Any:
    return RNG.standard_normal(shape).astype(np.float32)


Build = Callable[[Quantized], str]


def layer(op: str, weights: Any, axis: int | None, bias: Any = None, **attributes: Any) -> Build:
    """A layer with weights between two pairs."""

    def build(q: Quantized) -> str:
        x = q.pair("x", *IN)
        q.layer(op, [x, *q.weights("w", weights, axis, IN[0], bias)], "r", **attributes)
        return q.pair("r", *OUT)

    return build


def unary(op: str, scale: tuple[float, int] = OUT, constants: tuple[Any, ...] = (), **attributes: Any) -> Build:
    """An operator between a pair of IN and a pair of ``scale``; of IN itself where data is only moved."""

    def build(q: Quantized) -> str:
        names = []
        for k, constant in enumerate(constants):
            names.append("" if constant is None else f"c{k}")
            if constant is not None:
                q.constants[f"c{k}"] = constant
        q.layer(op, [q.pair("x", *IN), *names], "r", **attributes)
        return q.pair("r", *scale)

    return build


def two(op: str, **attributes: Any) -> Build:
    """An operator on two values of different scales (a convolution's result, so that both are really quantized)."""

    def build(q: Quantized) -> str:
        x = q.pair("x", *IN)
        q.layer("Conv", [x, *q.weights("w", noise(6, 6, 1, 1), 0, IN[0], None)], "c")
        q.layer(op, [x, q.pair("c", 0.11, 20)], "r", **attributes)
        return q.pair("r", *OUT)

    return build


def fused(activation: str, *constants: Any) -> Build:
    def build(q: Quantized) -> str:
        names = [f"c{k}" for k in range(len(constants))]
        q.constants |= dict(zip(names, constants, strict=True))
        x = q.pair("x", *IN)
        q.layer("Conv", [x, *q.weights("w", noise(4, 6, 3, 3), 0, IN[0], noise(4))], "c", pads=[1, 1, 1, 1])
        q.layer(activation, ["c", *names], "r")
        return q.pair("r", 6 / 255, -128)

    return build


CONV = {"pads": [1, 1, 1, 1], "strides": [2, 2]}
INT8: dict[str, tuple[Build, str]] = {
    "conv": (layer("Conv", noise(4, 6, 3, 3), 0, noise(4), **CONV), "CONV_2D"),
    "conv of one scale": (layer("Conv", noise(4, 6, 3, 3), None, noise(4), **CONV), "CONV_2D"),
    "conv without bias": (layer("Conv", noise(4, 6, 3, 3), 0, **CONV), "CONV_2D"),
    "conv grouped": (layer("Conv", noise(4, 3, 3, 3), 0, noise(4), group=2), "CONV_2D"),
    "depthwise": (layer("Conv", noise(6, 1, 3, 3), 0, noise(6), group=6, **CONV), "DEPTHWISE_CONV_2D"),
    "conv and relu": (fused("Relu"), "CONV_2D"),
    "conv and clip": (fused("Clip", np.float32(0), np.float32(6)), "CONV_2D"),
    "conv and wide clip": (fused("Clip", np.float32(-1), np.float32(7)), "CONV_2D"),
    "gemm": (layer("Gemm", noise(5, 8), 0, noise(5), transB=1), "FULLY_CONNECTED"),
    "gemm untransposed": (layer("Gemm", noise(8, 5), 1, noise(5)), "FULLY_CONNECTED"),
    "gemm of one scale": (layer("Gemm", noise(5, 8), None, noise(5), transB=1), "FULLY_CONNECTED"),
    "matmul": (layer("MatMul", noise(8, 5), 1), "FULLY_CONNECTED"),
    "add": (two("Add"), "ADD"),
    "multiply": (two("Mul"), "MUL"),
    "subtract": (two("Sub"), "SUB"),
    "relu": (unary("Relu", (0.04, -128)), "RELU"),
    "leaky relu": (unary("LeakyRelu", alpha=0.1), "LEAKY_RELU"),
    "hard swish": (unary("HardSwish"), "HARD_SWISH"),
    "sigmoid": (unary("Sigmoid", PROBABILITY), "LOGISTIC"),
    "tanh": (unary("Tanh", TANH), "TANH"),
    "softmax": (unary("Softmax", PROBABILITY, axis=1), "SOFTMAX"),
    "max pool": (unary("MaxPool", IN, kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[2, 2]), "MAX_POOL_2D"),
    "average pool": (unary("AveragePool", IN, kernel_shape=[3, 3]), "AVERAGE_POOL_2D"),
    "global average pool": (unary("GlobalAveragePool", (0.02, 4)), "MEAN"),
    "reduce mean": (unary("ReduceMean", (0.02, 4), (np.array([2, 3], INT),), keepdims=0), "MEAN"),
    "reduce max": (unary("ReduceMax", IN, (np.array([2, 3], INT),)), "REDUCE_MAX"),
    "transpose": (unary("Transpose", IN, perm=[0, 2, 1, 3]), "TRANSPOSE"),
    "flatten": (unary("Flatten", IN), "TRANSPOSE"),
    "reshape": (unary("Reshape", IN, (np.array([1, 3, 2, 72], INT),)), "RESHAPE"),
    "slice": (unary("Slice", IN, (np.array([1], INT), np.array([4], INT), np.array([1], INT))), "SLICE"),
    "slice with steps": (
        unary("Slice", IN, tuple(np.array([k], INT) for k in (0, 99, 2, 2))),
        "STRIDED_SLICE",
    ),
    "gather": (unary("Gather", IN, (np.array([3, 0, 5], INT),), axis=1), "GATHER"),
    "pad": (unary("Pad", IN, (np.array([0, 1, 2, 0, 0, 2, 0, 1], INT),)), "PAD"),
    "resize": (
        unary("Resize", IN, (None, np.array([1, 1, 2, 2], np.float32)), mode="nearest"),
        "RESIZE_NEAREST_NEIGHBOR",
    ),
}
SHAPES = {"gemm": (1, 8), "gemm untransposed": (1, 8), "gemm of one scale": (1, 8), "matmul": (1, 8)}


@pytest.mark.parametrize("storage", ["uint8", "int8"])
@pytest.mark.parametrize("case", INT8)
def test_one_operator_in_int8(case: str, storage: str) -> None:
    build, expected = INT8[case]
    q = Quantized(storage)
    model = q.model({"x": SHAPES.get(case, IMAGE)}, [build(q)])
    gap, converted = step_gap(model, scale=2.5)
    assert gap <= 1
    assert expected in converted.ops
    assert not {"DEQUANTIZE", "QUANTIZE"} & set(converted.ops), converted.ops
    session = LiteRTSession(converted.data)
    assert {p.dtype for p in (*session.inputs, *session.outputs)} == {"int8"}


FLOAT_BETWEEN: dict[str, Build] = {
    "divide": unary("Div", OUT, (np.float32(0.7),)),
    "exponent": unary("Exp", (0.2, -128)),
    "square root": unary("Sqrt", (0.02, -128)),
    "hard sigmoid": unary("HardSigmoid", PROBABILITY),
    "clip": unary("Clip", OUT, (np.float32(-0.5), np.float32(1.5))),
    "uneven average pool": unary("AveragePool", OUT, kernel_shape=[3, 3], pads=[1, 0, 0, 1], strides=[2, 2]),
    "linear resize": unary("Resize", OUT, (None, np.array([1, 1, 2, 2], np.float32)), mode="linear"),
    "add a float": unary("Add", OUT, (noise(6, 1, 1),)),
}


@pytest.mark.parametrize("case", FLOAT_BETWEEN)
def test_what_has_no_integer_form_runs_in_float_between(case: str) -> None:
    q = Quantized()
    if case == "square root":
        q.layer("Abs", ["x"], "a")
        x = q.pair("a", 0.05, -128)
        q.layer("Sqrt", [x], "r")
        out = q.pair("r", 0.02, -128)
    else:
        out = FLOAT_BETWEEN[case](q)
    gap, converted = step_gap(q.model({"x": IMAGE}, [out]), scale=2.5)
    assert gap <= 1
    assert converted.ops["DEQUANTIZE"] >= 1
    assert converted.ops["QUANTIZE"] >= 1


class TestWeightsThatDoNotFit:
    """Such layers run in float, with a note, instead of silently computing something else."""

    def check(self, q: Quantized, out: str, reason: str, shape: tuple[int, ...] = IMAGE) -> None:
        gap, converted = step_gap(q.model({"x": shape}, [out]), scale=2)
        assert gap <= 1
        assert any(reason in note for note in converted.notes), converted.notes

    def test_zero_point_of_weights(self) -> None:
        q = Quantized()
        x = q.pair("x", *IN)
        names = q.weights("w", noise(4, 6, 3, 3), None, IN[0], None)
        q.constants["w_z"] = np.int8(3)
        self.check(q, q.pair(q.layer("Conv", [x, *names], "r"), *OUT), "zero point")

    def test_scales_on_the_wrong_axis(self) -> None:
        """onnxruntime's own optimisation breaks on such a graph, so the plain one judges."""
        q = Quantized()
        x = q.pair("x", *IN)
        names = q.weights("w", noise(4, 6, 3, 3), 1, IN[0], None)
        model = q.model({"x": IMAGE}, [q.pair(q.layer("Conv", [x, *names], "r"), *OUT)])
        converted = convert(model)
        assert any("axis 1" in note for note in converted.notes)
        feed = random_feed(model)
        wanted = onnx_session(model, optimized=False).run(feed)["r_dq"]
        given_ = litert_candidate(converted.data, converted).run(feed)["r_dq"]
        assert np.abs(wanted - given_).max() <= OUT[0] * 1.001

    def test_bias_that_overflows(self) -> None:
        q = Quantized()
        x = q.pair("x", *IN)
        weights = noise(4, 6, 1, 1)
        weights[2] *= 1e-9
        names = q.weights("w", weights, 0, IN[0], None)
        q.constants["big"] = np.full(4, 9.0, np.float32)
        self.check(q, q.pair(q.layer("Conv", [x, *names, "big"], "r"), *OUT), "32 bits")

    def test_result_that_is_not_quantized(self) -> None:
        q = Quantized()
        x = q.pair("x", *IN)
        names = q.weights("w", noise(4, 6, 1, 1), 0, IN[0], None)
        converted = convert(q.model({"x": IMAGE}, [q.layer("Conv", [x, *names], "r")]))
        assert any("not quantized" in note for note in converted.notes)
        assert LiteRTSession(converted.data).outputs[0].dtype == "float32"


class TestMeetingScales:
    def test_concat_of_unlike_scales_takes_them_along(self) -> None:
        gap, converted = step_gap_of(two("Concat", axis=1))
        assert gap <= 1
        assert converted.ops["QUANTIZE"] >= 1

    def test_softmax_of_another_scale_is_rescaled_behind(self) -> None:
        gap, converted = step_gap_of(unary("Softmax", (1 / 255, -128), axis=1))
        assert gap <= 1
        assert converted.ops["QUANTIZE"] == 1

    def test_a_wrong_bias_scale_is_rounded_again(self) -> None:
        q = Quantized()
        x = q.pair("x", *IN)
        names = q.weights("w", noise(4, 6, 3, 3), 0, IN[0] * 3, noise(4))
        gap, converted = step_gap(q.model({"x": IMAGE}, [q.pair(q.layer("Conv", [x, *names], "r"), *OUT)]), 2)
        assert gap <= 1
        assert converted.ops == {"CONV_2D": 1}

    def test_flattened_image_into_a_layer(self) -> None:
        q = Quantized()
        x = q.pair("x", *IN)
        q.layer("MaxPool", [x], "p", kernel_shape=[2, 2], strides=[2, 2])
        q.layer("Flatten", [q.pair("p", *IN)], "f")
        names = q.weights("w", noise(6 * 4 * 4, 5), 1, IN[0], noise(5))
        q.layer("Gemm", [q.pair("f", *IN), *names], "r")
        gap, converted = step_gap(q.model({"x": IMAGE}, [q.pair("r", 0.3, 0)]))
        assert gap <= 1
        assert converted.ops == {"MAX_POOL_2D": 1, "RESHAPE": 1, "FULLY_CONNECTED": 1}

    def test_float_ports_on_demand(self) -> None:
        q = Quantized()
        build, _ = INT8["conv"]
        model = q.model({"x": IMAGE}, [build(q)])
        session = LiteRTSession(convert(model, Options(integer_ports=False)).data)
        assert {p.dtype for p in (*session.inputs, *session.outputs)} == {"float32"}


def step_gap_of(build: Build) -> tuple[int, Any]:
    q = Quantized()
    return step_gap(q.model({"x": IMAGE}, [build(q)]), scale=2.5)


# 30 examples in CI
@settings(max_examples=30, deadline=None)
@given(
    scales=st.tuples(*[st.floats(0.01, 0.08)] * 3),
    zeros=st.tuples(*[st.integers(-60, 60)] * 3),
)
def test_chosen_scales_of_additions_agree_for_every_pair_of_steps(
    scales: tuple[float, ...], zeros: tuple[int, ...]
) -> None:
    """All 65,536 pairs through both runtimes: not one may differ."""
    a, b, out = (QuantParams(float(np.float32(s)), z, "int8") for s, z in zip(scales, zeros, strict=True))
    scale = agreeing_add_scale(a, b, out)
    assert 0.99 * out.scale <= scale <= out.scale
    q = Quantized("int8")
    left, right = q.pair("x", a.scale, a.zero_point), q.pair("y", b.scale, b.zero_point)
    q.layer("Add", [left, right], "s")
    model = q.model({"x": (1, 65536), "y": (1, 65536)}, [q.pair("s", scale, out.zero_point)])
    rows, columns = np.meshgrid(np.arange(-128, 128), np.arange(-128, 128))
    feed = {
        "x": a.dequantize(rows.reshape(1, -1)),
        "y": b.dequantize(columns.reshape(1, -1)),
    }
    converted = convert(model)
    given_ = litert_candidate(converted.data, converted).run(feed)["s_dq"]
    np.testing.assert_array_equal(given_, onnx_session(model).run(feed)["s_dq"])
