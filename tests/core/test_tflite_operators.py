"""One-operator float files in LiteRT against onnxruntime: the canary on every upgrade of either."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import UnsupportedOperator
from core.exporters.tflite.convert import convert
from core.model.model import Model
from tests.core.tflite_graphs import float_gap, network, node

TOLERANCE = 1e-5
RNG = np.random.default_rng(7)
IMAGE = (1, 6, 9, 8)


def noise(*shape: int) -> Any:
    return RNG.standard_normal(shape).astype(np.float32)


def one(
    op: str, shape: Sequence[int] = IMAGE, constants: Sequence[Any] = (), opset: int = 18, **attributes: Any
) -> Model:
    """input -> op(input, *constants) -> output."""
    named = {f"c{k}": c for k, c in enumerate(constants) if c is not None}
    inputs = ["x", *(f"c{k}" if c is not None else "" for k, c in enumerate(constants))]
    return network([node(op, inputs, ["y"], **attributes)], {"x": shape}, ["y"], named, opset)


INT = np.int64
CASES: dict[str, tuple[Model, set[str]]] = {
    "cast to integers and back": (
        network([node("Cast", ["x"], ["i"], to=6), node("Cast", ["i"], ["y"], to=1)], {"x": (1, 7)}, ["y"]),
        {"CAST"},
    ),
    "layer normalization": (
        one("LayerNormalization", (1, 7, 12), [noise(12), noise(12)]),
        {"MEAN", "SUB", "MUL", "ADD", "SQRT", "DIV"},
    ),
    "layer normalization, no bias, old opset": (
        one("LayerNormalization", (1, 7, 12), [noise(12)], opset=17, epsilon=0.1),
        {"MEAN", "SUB", "MUL", "ADD", "SQRT", "DIV"},
    ),
    "layer normalization of images": (
        one("LayerNormalization", constants=[noise(6, 9, 8), noise(6, 9, 8)], axis=1),
        {"MEAN", "SUB", "MUL", "ADD", "SQRT", "DIV"},
    ),
    "conv": (one("Conv", constants=[noise(4, 6, 3, 3), noise(4)], pads=[1, 1, 1, 1]), {"CONV_2D"}),
    "conv without bias": (one("Conv", constants=[noise(4, 6, 1, 1)]), {"CONV_2D"}),
    "conv grouped": (one("Conv", constants=[noise(4, 3, 3, 3), noise(4)], group=2), {"CONV_2D"}),
    "conv depthwise": (
        one("Conv", constants=[noise(6, 1, 3, 3), noise(6)], group=6, pads=[1, 1, 1, 1]),
        {"DEPTHWISE_CONV_2D"},
    ),
    "conv depthwise times two": (
        one("Conv", constants=[noise(12, 1, 3, 3), noise(12)], group=6),
        {"DEPTHWISE_CONV_2D"},
    ),
    "conv of one channel": (one("Conv", (1, 1, 9, 8), [noise(4, 1, 3, 3)]), {"CONV_2D"}),
    "conv same lower": (
        one("Conv", constants=[noise(4, 6, 2, 2)], auto_pad="SAME_LOWER"),
        {"PAD", "CONV_2D"},
    ),
    "gemm": (one("Gemm", (1, 12), [noise(5, 12), noise(5)], transB=1), {"FULLY_CONNECTED"}),
    "gemm scaled": (
        one("Gemm", (1, 12), [noise(12, 5), noise(1, 5)], alpha=0.5, beta=2.0),
        {"FULLY_CONNECTED"},
    ),
    "gemm of one bias": (one("Gemm", (1, 12), [noise(12, 5), noise(1)]), {"FULLY_CONNECTED"}),
    "matmul": (one("MatMul", (1, 7, 12), [noise(12, 5)]), {"FULLY_CONNECTED"}),
    "matmul of stacks": (one("MatMul", (2, 7, 12), [noise(2, 12, 5)]), {"BATCH_MATMUL"}),
    "max pool": (one("MaxPool", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]), {"PADV2", "MAX_POOL_2D"}),
    "max pool ceil": (one("MaxPool", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1), {"PADV2", "MAX_POOL_2D"}),
    "average pool": (one("AveragePool", kernel_shape=[3, 3], strides=[2, 2]), {"AVERAGE_POOL_2D"}),
    "average pool same": (
        one("AveragePool", kernel_shape=[3, 3], auto_pad="SAME_UPPER"),
        {"AVERAGE_POOL_2D"},
    ),
    "average pool counting": (
        one("AveragePool", kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1),
        {"PAD", "AVERAGE_POOL_2D"},
    ),
    "average pool uneven": (
        one("AveragePool", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 0, 0, 1]),
        {"PAD", "AVERAGE_POOL_2D", "MUL"},
    ),
    "global average pool": (one("GlobalAveragePool"), {"MEAN"}),
    "global max pool": (one("GlobalMaxPool"), {"REDUCE_MAX"}),
    "reduce mean": (one("ReduceMean", constants=[np.array([2, 3], INT)], keepdims=0), {"MEAN"}),
    "reduce mean of old": (one("ReduceMean", opset=13, axes=[-1], keepdims=1), {"MEAN"}),
    "reduce sum": (one("ReduceSum", constants=[np.array([1], INT)]), {"SUM"}),
    "reduce max": (one("ReduceMax", constants=[np.array([1, 2], INT)], keepdims=0), {"REDUCE_MAX"}),
    "batch norm": (one("BatchNormalization", constants=[noise(6), noise(6), noise(6), noise(6) ** 2]), {"MUL", "ADD"}),
    "softmax of channels": (one("Softmax", axis=1), {"SOFTMAX"}),
    "softmax of rows": (one("Softmax", axis=2), {"SOFTMAX"}),
    "softmax of old": (one("Softmax", (1, 10), opset=11), {"SOFTMAX"}),
    "clip": (one("Clip", constants=[np.float32(-0.3), np.float32(0.7)]), {"MAXIMUM", "MINIMUM"}),
    "clip to six": (one("Clip", constants=[np.float32(0), np.float32(6)]), {"RELU6"}),
    "clip of old": (one("Clip", opset=10, min=0.0, max=6.0), {"RELU6"}),
    "clip from below": (one("Clip", constants=[np.float32(0.5)]), {"MAXIMUM"}),
    "leaky relu": (one("LeakyRelu", alpha=0.2), {"LEAKY_RELU"}),
    "prelu": (one("PRelu", constants=[noise(6, 1, 1)]), {"PRELU"}),
    "hard sigmoid": (one("HardSigmoid", alpha=0.2, beta=0.4), {"MUL", "ADD"}),
    "gelu": (one("Gelu", opset=20), {"GELU"}),
    "gelu by tanh": (one("Gelu", opset=20, approximate="tanh"), {"GELU"}),
    "add a vector": (one("Add", constants=[noise(6, 1, 1)]), {"ADD"}),
    "sum": (one("Sum", constants=[noise(6, 1, 1)]), {"ADD"}),
    "subtract": (one("Sub", constants=[noise(1)]), {"SUB"}),
    "multiply by an image": (one("Mul", constants=[noise(9, 8)]), {"MUL"}),
    "divide": (one("Div", constants=[np.float32(3)]), {"DIV"}),
    "maximum": (one("Max", constants=[np.float32(0.1)]), {"MAXIMUM"}),
    "minimum": (one("Min", constants=[np.float32(0.1)]), {"MINIMUM"}),
    "transpose": (one("Transpose", perm=[0, 2, 1, 3]), {"TRANSPOSE"}),
    "flatten": (one("Flatten"), {"TRANSPOSE"}),
    "reshape": (one("Reshape", constants=[np.array([1, 3, 2, 72], INT)]), {"RESHAPE"}),
    "squeeze": (one("Squeeze", (1, 6, 1, 8), [np.array([2], INT)]), {"TRANSPOSE"}),
    "squeeze of old": (one("Squeeze", (1, 5, 1), opset=11, axes=[2]), {"RESHAPE"}),
    "unsqueeze": (one("Unsqueeze", (1, 6), [np.array([2, 3], INT)]), {"RESHAPE"}),
    "slice": (
        one("Slice", constants=[np.array([1, -4], INT), np.array([5, 99], INT), np.array([1, -1], INT)]),
        {"SLICE"},
    ),
    "slice with steps": (
        one("Slice", constants=[np.array([0], INT), np.array([99], INT), np.array([2], INT), np.array([2], INT)]),
        {"STRIDED_SLICE"},
    ),
    "slice of old": (one("Slice", opset=9, starts=[1], ends=[4], axes=[1]), {"SLICE"}),
    "gather": (one("Gather", constants=[np.array([3, 0, -1], INT)], axis=1), {"GATHER"}),
    "gather one": (one("Gather", constants=[np.array(2, INT)], axis=1), {"SLICE"}),
    "pad": (one("Pad", constants=[np.array([0, 1, 2, 0, 0, 2, 0, 1], INT)]), {"PAD"}),
    "pad with a number": (one("Pad", constants=[np.array([0, 0, 1, 1] * 2, INT), np.float32(0.5)]), {"PADV2"}),
    "pad axes": (
        one("Pad", constants=[np.array([1, 2], INT), None, np.array([1], INT)]),
        {"PAD"},
    ),
    "pad with a number, as before opset 11": (one("Pad", opset=10, pads=[0, 0, 1, 1] * 2, value=0.5), {"PADV2"}),
    "pad and cut": (one("Pad", constants=[np.array([0, 2, -1, 0, 0, 0, -2, 0], INT)]), {"SLICE", "PAD"}),
    "pad by mirror": (one("Pad", constants=[np.array([0, 0, 1, 2] * 2, INT)], mode="reflect"), {"MIRROR_PAD"}),
    "expand": (one("Expand", (1, 6, 1, 1), [np.array([1, 6, 4, 5], INT)]), {"BROADCAST_TO"}),
    "resize to the double": (
        one("Resize", constants=[None, np.array([1, 1, 2, 2], np.float32)], mode="nearest"),
        {"RESIZE_NEAREST_NEIGHBOR"},
    ),
    "resize of old pytorch": (
        one(
            "Resize",
            constants=[None, np.array([1, 1, 3, 3], np.float32)],
            coordinate_transformation_mode="asymmetric",
            nearest_mode="floor",
        ),
        {"RESIZE_NEAREST_NEIGHBOR"},
    ),
    **{
        f"resize {mode}": (
            one(
                "Resize",
                constants=[None, None, np.array([1, 6, 13, 20], INT)],
                mode="linear",
                coordinate_transformation_mode=mode,
            ),
            {"RESIZE_BILINEAR"},
        )
        for mode in ("half_pixel", "align_corners", "asymmetric")
    },
    **{
        op: (one(op), {tflite})
        for op, tflite in {
            "Relu": "RELU",
            "Sigmoid": "LOGISTIC",
            "Tanh": "TANH",
            "HardSwish": "HARD_SWISH",
            "Elu": "ELU",
            "Exp": "EXP",
            "Abs": "ABS",
            "Neg": "NEG",
        }.items()
    },
}


@pytest.mark.parametrize("case", CASES)
def test_one_operator(case: str) -> None:
    model, expected = CASES[case]
    gap, converted = float_gap(model, scale=3.0)
    assert gap <= TOLERANCE
    assert expected <= set(converted.ops), converted.ops


# 40 examples in CI
@settings(max_examples=40, deadline=None)
@given(
    size=st.tuples(st.integers(5, 11), st.integers(5, 11)),
    kernel=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    stride=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    pads=st.tuples(*[st.integers(0, 2)] * 4),
    dilation=st.integers(1, 2),
    depthwise=st.booleans(),
)
def test_any_padding_of_a_convolution(
    size: tuple[int, int],
    kernel: tuple[int, int],
    stride: tuple[int, int],
    pads: tuple[int, ...],
    dilation: int,
    depthwise: bool,
) -> None:
    reach = [(k - 1) * dilation + 1 for k in kernel]
    if any(n + pads[a] + pads[a + 2] < r for a, (n, r) in enumerate(zip(size, reach, strict=True))):
        return
    weights = noise(3, 1 if depthwise else 3, *kernel)
    attributes = {"strides": stride, "pads": pads, "dilations": [dilation] * 2, "group": 3 if depthwise else 1}
    gap, _ = float_gap(one("Conv", (1, 3, *size), [weights, noise(3)], **attributes))
    assert gap <= TOLERANCE


# 40 examples in CI
@settings(max_examples=40, deadline=None)
@given(
    op=st.sampled_from(["MaxPool", "AveragePool"]),
    size=st.tuples(st.integers(5, 11), st.integers(5, 11)),
    kernel=st.tuples(st.integers(2, 4), st.integers(2, 4)),
    stride=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    pads=st.tuples(*[st.integers(0, 1)] * 4),
    ceil=st.booleans(),
    counting=st.booleans(),
)
def test_any_padding_of_a_pool(
    op: str,
    size: tuple[int, int],
    kernel: tuple[int, int],
    stride: tuple[int, int],
    pads: tuple[int, ...],
    ceil: bool,
    counting: bool,
) -> None:
    attributes: dict[str, Any] = {"kernel_shape": kernel, "strides": stride, "pads": pads, "ceil_mode": int(ceil)}
    if op == "AveragePool":
        attributes["count_include_pad"] = int(counting)
    model = one(op, (1, 3, *size), opset=19, **attributes)
    result = model.graph.graph.outputs[0].shape
    assert result is not None
    if any((int(result[2 + a]) - 1) * stride[a] >= size[a] + pads[a] for a in (0, 1)):
        with pytest.raises(UnsupportedOperator, match="wholly in the padding"):
            convert(model)
        return
    assert float_gap(model)[0] <= TOLERANCE


REFUSED: dict[str, tuple[Model, str]] = {
    "dilated pool": (one("MaxPool", kernel_shape=[2, 2], dilations=[2, 2]), "dilated pooling"),
    "conv of one axis": (one("Conv", (1, 6, 9), [noise(4, 6, 3)]), "axes"),
    "softmax over several axes": (one("Softmax", opset=11), "several axes"),
    "backward slice": (
        one("Slice", constants=[np.array([8], INT), np.array([0], INT), np.array([2], INT), np.array([-1], INT)]),
        "negative step",
    ),
    "cubic": (one("Resize", constants=[None, np.array([1, 1, 2, 2], np.float32)], mode="cubic"), "cubic"),
    "no such operator": (one("Sin"), "no TFLite form of operator Sin"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_written_is_refused_by_name(case: str) -> None:
    model, reason = REFUSED[case]
    layer = next(iter(model.nodes())).name
    with pytest.raises(UnsupportedOperator, match=reason) as caught:
        convert(model)
    assert caught.value.layer == layer
    assert caught.value.message.endswith(".")
    assert "\n" not in str(caught.value)


def test_every_operator_of_the_table_is_tested() -> None:
    """The table must not grow without a test."""
    from core.exporters.tflite.table import OPERATORS

    models: list[Model] = [m for m, _ in itertools.chain(CASES.values(), REFUSED.values())]
    seen = {n.op_type for m in models for n in m.nodes()}
    elsewhere = {"Split", "Concat", "QuantizeLinear", "DequantizeLinear", "Sqrt", "ConvTranspose"}
    assert set(OPERATORS.keys()) - seen <= elsewhere
