"""The arithmetic of quantization against onnxruntime's own nodes, and its bounds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.model.qdq import (
    QuantParams,
    activation_params,
    bias_scale,
    dequantize_weight,
    fixed_params,
    mean_ratio,
    mean_scale,
    quantize_bias,
    quantize_weight,
    raised_weight_scale,
    weight_scale,
)
from tests.core.qdq_graphs import network, node, run

SPANS = st.floats(1e-3, 1e3)


@pytest.mark.parametrize("storage", ["uint8", "int8"])
@pytest.mark.parametrize(("low", "high"), [(-1.0, 2.0), (0.0, 6.0), (-3.0, 0.0), (0.5, 0.7), (0.0, 0.0)])
def test_stored_and_read_back_as_onnxruntime_does(storage: str, low: float, high: float) -> None:
    p = activation_params(low, high, storage)  # type: ignore[arg-type]
    constants = {"s": np.float32(p.scale), "z": np.asarray(p.zero_point, storage)}
    model = network([node("QuantizeLinear", "x s z", "q"), node("DequantizeLinear", "q s z", "y")], constants, [64])
    x = np.linspace(low - 1, high + 1, 640, dtype=np.float32).reshape(10, 64)
    np.testing.assert_array_equal(run(model, x)["y"], p.dequantize(p.quantize(x)))


@settings(max_examples=200, deadline=None)
@given(st.floats(-1e3, 0), st.floats(0, 1e3))
def test_a_range_is_covered_and_zero_is_exact(low: float, high: float) -> None:
    p = activation_params(low, high)
    assert float(p.dequantize(p.quantize(np.zeros(1)))[0]) == 0.0
    bottom, top = p.range
    assert bottom <= low + 0.51 * p.scale
    assert top >= high - 0.51 * p.scale
    if low == 0 and high > 1e-20:
        assert np.float32(255) * np.float32(p.scale) <= np.float32(high)  # a Clip at `high` has nothing to cut


def test_a_range_that_is_not_finite_is_refused() -> None:
    with pytest.raises(ValueError, match="not finite"):
        activation_params(0.0, float("inf"))


def test_dictated_scales_are_those_of_tflite() -> None:
    assert fixed_params("Softmax", "int8") == QuantParams(1 / 256, -128, "int8")
    assert fixed_params("Sigmoid", "uint8") == QuantParams(1 / 256, 0, "uint8")
    assert fixed_params("Tanh", "int8") == QuantParams(1 / 128, 0, "int8")
    assert fixed_params("Tanh", "uint8").signed_zero_point == 0


@settings(max_examples=200, deadline=None)
@given(SPANS, SPANS, st.floats(0, 1))
def test_mean_ratio_becomes_whole_and_the_scale_hardly_grows(a: float, b: float, negative: float) -> None:
    source, target = activation_params(-a * negative, a), activation_params(0, min(a, b))
    new = mean_scale(source, target)
    ratio = abs(mean_ratio(source, target))
    if ratio < 1:
        assert new == target.scale
        return
    changed = QuantParams(new, target.zero_point)
    assert abs(mean_ratio(source, changed) - round(mean_ratio(source, changed))) < 1e-6 * max(ratio, 1)
    assert target.scale * (1 - 1e-6) <= new <= target.scale * (1 + 1 / np.floor(ratio + 1e-6)) * (1 + 1e-6)


@pytest.mark.parametrize("bits", [8, 4])
@pytest.mark.parametrize("axis", [0, 1, None])
def test_weights_come_back_to_half_a_step(bits: int, axis: int | None) -> None:
    w = np.random.default_rng(0).normal(0, [[1.0], [1e-3], [30.0]], (3, 50)).astype(np.float32)
    q, scale = quantize_weight(w, axis, bits)
    back = dequantize_weight(q, scale, axis)
    step = scale if axis is None else scale[:, None] if axis == 0 else scale[None]
    assert np.all(np.abs(back - w) <= step * 0.5001)
    assert np.abs(q.astype(int)).max() == 2 ** (bits - 1) - 1
    assert scale.shape == (() if axis is None else (w.shape[axis],))


def test_dead_rows_keep_scales_that_runtimes_accept() -> None:
    w = np.zeros((3, 4), np.float32)
    w[0] = 1.0
    q, scale = quantize_weight(w, 0)
    assert scale.min() > scale.max() * 2.0**-21
    assert not q[1:].any()
    assert np.all(weight_scale(np.zeros((2, 2), np.float32), 0) > 0)


def test_a_nearly_dead_row_with_a_bias_does_not_overflow() -> None:
    w = np.full((2, 4), 1e-7, np.float32)
    w[0] = 1.0
    bias = np.array([0.5, 3000.0])
    plain = weight_scale(w, 0)
    assert abs(3000.0 / float(bias_scale(1e-3, plain)[1])) > 2**31  # what it would be
    raised = raised_weight_scale(plain, bias, 1e-3)
    q, step = quantize_bias(bias, 1e-3, raised)
    assert np.abs(q.astype(np.int64)).max() <= 2**30 + 1000
    np.testing.assert_allclose(q * step.astype(np.float64), bias, rtol=1e-6, atol=step[0])
    assert raised[0] == plain[0]
