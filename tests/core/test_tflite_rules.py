"""The rules of FACTS.md, broken on purpose in hand-made files: what LiteRT does, and that our own check sees it.

These are the canary for an upgrade of the runtime: where one fails, the rule (and perhaps the writer) has changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from ai_edge_litert import schema_py_generated as schema

from core.errors import UserError
from core.execute.litert_session import LiteRTSession
from core.exporters.tflite.builder import Affine, Builder, made
from core.exporters.tflite.rules import broken_rules

Array = npt.NDArray[Any]
A, B = Affine.per_tensor(0.05, 3), Affine.per_tensor(0.07, 3)
RNG = np.random.default_rng(3)
STEPS = np.arange(-128, 128, dtype=np.int8)
VALID = made(schema.Pool2DOptionsT, padding=1, strideH=1, strideW=1, filterHeight=2, filterWidth=2)


def one(
    operator: str,
    shape: Sequence[int],
    out_shape: Sequence[int],
    scale: Affine | None,
    out_scale: Affine | None,
    extra: Sequence[tuple[Array, Affine | None]] = (),
    options: Any = None,
    first: bool = True,
) -> bytes:
    """input -> operator(input, *extra) -> output."""
    b = Builder()
    x = b.tensor(shape, "float32" if scale is None else "int8", "x", scale)
    y = b.tensor(out_shape, "float32" if out_scale is None else "int8", "y", out_scale)
    constants = [b.constant(array, s) for array, s in extra]
    b.operator(operator, [x, *constants] if first else [*constants, x], [y], options)
    return b.finish({"x": x}, {"y": y}, "one operator")


def runs(data: bytes, x: Array, xnnpack: bool) -> Array:
    return LiteRTSession(data, xnnpack=xnnpack).run({"x": x})["y"]


def image(*shape: int) -> Array:
    return RNG.integers(-128, 128, shape).astype(np.int8)


I32 = np.int32
POOL = ((1, 4, 4, 2), (1, 3, 3, 2))
RESHAPE = made(schema.ReshapeOptionsT, newShape=np.asarray([1, 32], I32))


class TestScalesThatCannotChange:
    """Concat, pools, Pad, Reshape: one scale in and out."""

    def test_concat_is_refused_by_plain_kernels(self) -> None:
        b = Builder()
        x, y = b.tensor((1, 2), "int8", "x", A), b.tensor((1, 4), "int8", "y", B)
        options = made(schema.ConcatenationOptionsT, axis=1)
        b.operator("CONCATENATION", [x, b.constant(image(1, 2), A)], [y], options)
        data = b.finish({"x": x}, {"y": y}, "")
        with pytest.raises(UserError, match="scale"):
            runs(data, image(1, 2), False)
        assert "cannot rescale" in broken_rules(data)[0]

    @pytest.mark.parametrize("operator", ["MAX_POOL_2D", "AVERAGE_POOL_2D"])
    def test_pools_are_not_rescaled_by_plain_kernels(self, operator: str) -> None:
        data, same = one(operator, *POOL, A, B, options=VALID), one(operator, *POOL, A, A, options=VALID)
        x = image(*POOL[0])
        assert_unscaled(data, same, x)
        assert "cannot rescale" in broken_rules(data)[0]
        assert broken_rules(same) == []

    def test_pad_is_not_rescaled(self) -> None:
        table = [(np.asarray([[0, 0], [1, 1], [1, 1], [0, 0]], I32), None)]
        shapes = ((1, 2, 2, 1), (1, 4, 4, 1))
        data = one("PAD", *shapes, A, B, table, schema.PadOptionsT())
        assert_unscaled(data, one("PAD", *shapes, A, A, table, schema.PadOptionsT()), image(*shapes[0]))
        assert "cannot rescale" in broken_rules(data)[0]

    def test_reshape_is_not_rescaled(self) -> None:
        target = [(np.asarray([1, 32], I32), None)]
        data = one("RESHAPE", (1, 4, 8), (1, 32), A, B, target, RESHAPE)
        x = image(1, 4, 8)
        for xnnpack in (True, False):
            np.testing.assert_array_equal(runs(data, x, xnnpack).reshape(-1), x.reshape(-1))
        assert "cannot rescale" in broken_rules(data)[0]


def assert_unscaled(data: bytes, same: bytes, x: Array) -> None:
    """Plain kernels compute as if the scales were the same, without a word."""
    np.testing.assert_array_equal(runs(data, x, False), runs(same, x, False))


class TestScalesThatAreGiven:
    @pytest.mark.parametrize(("operator", "fixed"), [("SOFTMAX", (1 / 256, -128)), ("LOGISTIC", (1 / 256, -128))])
    def test_another_scale_is_refused_by_plain_kernels(self, operator: str, fixed: tuple[float, int]) -> None:
        options = made(schema.SoftmaxOptionsT, beta=1.0) if operator == "SOFTMAX" else None
        wrong = one(operator, (1, 8), (1, 8), A, Affine.per_tensor(1 / 255, -128), options=options)
        right = one(operator, (1, 8), (1, 8), A, Affine.per_tensor(*fixed), options=options)
        with pytest.raises(UserError):
            runs(wrong, image(1, 8), False)
        runs(right, image(1, 8), False)
        assert "int8 scale" in broken_rules(wrong)[0]
        assert broken_rules(right) == []


W = RNG.integers(-127, 128, (2, 1, 1, 3)).astype(np.int8)
CONV = made(schema.Conv2DOptionsT, padding=1, strideH=1, strideW=1, dilationHFactor=1, dilationWFactor=1)


def conv(
    weight_scale: Affine, bias_scale: Affine | None, weights: Array = W, out: Affine = B, axis_of_x: Affine | None = A
) -> bytes:
    extra = [(weights, weight_scale)]
    if bias_scale is not None:
        extra.append((np.asarray([100, -50], I32), bias_scale))
    return one("CONV_2D", (1, 4, 4, 3), (1, 4, 4, 2), axis_of_x, out, extra, CONV)


def scales(*values: float) -> Affine:
    return Affine(tuple(float(np.float32(v)) for v in values))


BIAS = scales(0.05 * 0.01, 0.05 * 0.02)


class TestLayers:
    x = image(1, 4, 4, 3)

    def test_a_right_layer_runs(self) -> None:
        data = conv(scales(0.01, 0.02), BIAS)
        assert broken_rules(data) == []
        gap = runs(data, self.x, True).astype(int) - runs(data, self.x, False)
        assert np.abs(gap).max() <= 1, "plain kernels round otherwise"

    def test_weights_with_a_zero_point_are_refused(self) -> None:
        data = conv(Affine((0.01, 0.02), 5), BIAS)
        with pytest.raises(UserError):
            runs(data, self.x, False)
        assert any("zero point" in rule for rule in broken_rules(data))

    def test_scales_on_the_wrong_axis_are_refused(self) -> None:
        data = conv(Affine((0.01, 0.02), 0, axis=3), BIAS)
        with pytest.raises(UserError):
            runs(data, self.x, False)
        assert any("wrong axis" in rule for rule in broken_rules(data))

    def test_uint8_with_scales_per_channel_is_refused(self) -> None:
        b = Builder()
        x = b.tensor((1, 4, 4, 3), "uint8", "x", Affine.per_tensor(0.05, 131))
        y = b.tensor((1, 4, 4, 2), "uint8", "y", Affine.per_tensor(0.07, 131))
        weights = b.constant((W.astype(np.int16) + 128).astype(np.uint8), Affine((0.01, 0.02), 128))
        b.operator("CONV_2D", [x, weights, b.constant(np.zeros(2, I32), BIAS)], [y], CONV)
        with pytest.raises(UserError):
            runs(b.finish({"x": x}, {"y": y}, ""), self.x.view(np.uint8), False)

    def test_a_missing_bias_is_found(self) -> None:
        assert any("no bias" in rule for rule in broken_rules(conv(scales(0.01, 0.02), None)))

    def test_a_wrong_bias_scale_is_accepted_silently(self) -> None:
        right, wrong = conv(scales(0.01, 0.02), BIAS), conv(scales(0.01, 0.02), scales(0.01, 0.02))
        np.testing.assert_array_equal(runs(right, self.x, True), runs(wrong, self.x, True))
        assert any("bias scale" in rule for rule in broken_rules(wrong))

    def test_int8_beside_float_is_refused(self) -> None:
        data = conv(scales(0.01, 0.02), BIAS, axis_of_x=None)
        with pytest.raises(UserError):
            runs(data, self.x.astype(np.float32), False)
        assert any("mixes" in rule for rule in broken_rules(data))


class TestRounding:
    def test_rescaling_is_off_by_one_at_most(self) -> None:
        """QUANTIZE from int8 to int8 rounds some steps otherwise: scales are shared where they can be."""
        data = one("QUANTIZE", (256,), (256,), A, B, options=schema.QuantizeOptionsT())
        exact = np.clip(np.rint((STEPS.astype(float) - 3) * A.scale[0] / B.scale[0]) + 3, -128, 127)
        for xnnpack in (True, False):
            assert np.abs(runs(data, STEPS, xnnpack) - exact).max() <= 1

    def test_the_mean_of_plain_kernels_wants_a_whole_ratio(self) -> None:
        """zero_point * s_in / s_out is cut to an integer: a bias of up to a step unless it is one."""
        axes = [(np.asarray([1, 2], I32), None)]
        options = made(schema.ReducerOptionsT, keepDims=True)

        def bias(ratio: float) -> float:
            source, target = Affine.per_tensor(0.05, -100), Affine.per_tensor(100 * 0.05 / ratio, 0)
            data = one("MEAN", (1, 8, 8, 512), (1, 1, 1, 512), source, target, axes, options)
            x = RNG.integers(-128, -60, (1, 8, 8, 512)).astype(np.int8)
            exact = (x.astype(float).mean((1, 2)) + 100) * source.scale[0] / target.scale[0]
            return float((runs(data, x, False).reshape(-1) - exact.reshape(-1)).mean())

        assert abs(bias(50.0)) < 0.1
        assert abs(bias(50.5)) > 0.3


def test_buffers_lie_on_16_bytes() -> None:
    b = Builder()
    x = b.tensor((3,), "float32", "x")
    y = b.tensor((3,), "float32", "y")
    b.operator("ADD", [x, b.constant(np.ones(3, np.float32))], [y], schema.AddOptionsT())
    b.metadata("odd", b"12345")
    data = b.finish({"x": x}, {"y": y}, "")
    assert broken_rules(data) == []
    shifted = data.replace(b"12345", b"54321")
    assert len(shifted) == len(data), "same place"
    np.testing.assert_array_equal(runs(data, np.zeros(3, np.float32), True), np.ones(3))
