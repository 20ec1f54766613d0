"""TRANSPOSE_CONV in LiteRT beside ConvTranspose in onnxruntime: every way to pad it, in float and in integers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UnsupportedOperator
from core.exporters.tflite.convert import convert
from core.model.model import Model
from tests.core.tflite_graphs import Quantized, float_gap, network, node, step_gap

Pair = tuple[int, int]
RNG = np.random.default_rng(0)
WAYS: dict[str, tuple[int, dict[str, Any]]] = {  # size of the kernel, attributes
    "doubled": (2, {"strides": [2, 2]}),
    "half of the rest on both sides": (4, {"strides": [2, 2], "pads": [1, 1, 1, 1]}),
    "as PyTorch doubles with 3": (3, {"strides": [2, 2], "pads": [1, 1, 1, 1], "output_padding": [1, 1]}),
    "nothing cut": (3, {"strides": [2, 2]}),
    "one side cut": (3, {"strides": [2, 2], "pads": [0, 1, 1, 0]}),
    "stride 1": (3, {"pads": [1, 1, 1, 1]}),
    "unlike strides": (3, {"strides": [1, 3], "pads": [1, 0, 1, 0]}),
    "gaps": (2, {"strides": [3, 3]}),
    "upper": (3, {"strides": [2, 2], "auto_pad": "SAME_UPPER"}),
    "lower": (3, {"strides": [2, 2], "auto_pad": "SAME_LOWER"}),
    "valid": (3, {"strides": [2, 2], "auto_pad": "VALID"}),
    "its output's shape": (4, {"strides": [2, 2], "output_shape": [11, 13]}),
}


def upsampled(kernel: int, attributes: dict[str, Any], bias: bool = True, activation: str = "") -> Model:
    weights = RNG.standard_normal((3, 4, kernel, kernel)).astype(np.float32)
    constants: dict[str, Any] = {"w": weights, **({"b": RNG.standard_normal(4).astype(np.float32)} if bias else {})}
    nodes = [node("ConvTranspose", ["x", "w", *(["b"] if bias else [])], ["up"], **attributes)]
    nodes.append(node(activation or "Sigmoid", ["up"], ["y"]))
    return network(nodes, {"x": [2, 3, 5, 6]}, ["y"], constants)


@pytest.mark.parametrize("way", WAYS)
def test_float(way: str) -> None:
    kernel, attributes = WAYS[way]
    for bias, activation in ((True, "Relu"), (False, "")):
        gap, _ = float_gap(upsampled(kernel, attributes, bias, activation))
        assert gap < 1e-5


def counts(model: Model) -> list[tuple[str, int]]:
    """(operator, version) of a written file."""
    from ai_edge_litert import schema_py_generated as schema

    names = {number: name for name, number in vars(schema.BuiltinOperator).items() if isinstance(number, int)}
    file = schema.ModelT.InitFromPackedBuf(convert(model).data, 0)
    return [(names[c.builtinCode], c.version) for c in file.operatorCodes]


def test_padding_as_tflite_has_it_needs_no_slice() -> None:
    for way, sliced in (("doubled", False), ("half of the rest on both sides", False), ("one side cut", True)):
        assert ("SLICE" in dict(counts(upsampled(*WAYS[way])))) == sliced


def test_the_lowest_version_that_has_a_bias_or_an_activation() -> None:
    assert dict(counts(upsampled(*WAYS["doubled"])))["TRANSPOSE_CONV"] == 3
    assert dict(counts(upsampled(*WAYS["doubled"], activation="Relu")))["TRANSPOSE_CONV"] == 4


@given(
    kernel=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    stride=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    size=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    cut=st.tuples(*[st.integers(0, 2)] * 4),
    extra=st.tuples(st.integers(0, 2), st.integers(0, 2)),
)
def test_any_padding_is_right_or_refused(
    kernel: tuple[int, int],
    stride: tuple[int, int],
    size: tuple[int, int],
    cut: tuple[int, ...],
    extra: tuple[int, int],
) -> None:
    """Against onnxruntime; one sentence where the output reaches beyond what the input makes."""
    extra = tuple(min(e, s - 1) for e, s in zip(extra, stride, strict=True))  # type: ignore[assignment]
    full = [(n - 1) * s + k for n, s, k in zip(size, stride, kernel, strict=True)]
    result = [f + e - cut[a] - cut[a + 2] for a, (f, e) in enumerate(zip(full, extra, strict=True))]
    if min(result) < 1:
        return
    weights = np.random.default_rng(1).standard_normal((2, 3, *kernel)).astype(np.float32)
    attributes = {"strides": list(stride), "pads": list(cut), "output_padding": list(extra)}
    model = network(
        [node("ConvTranspose", ["x", "w"], ["y"], **attributes)], {"x": [1, 2, *size]}, ["y"], {"w": weights}
    )
    if any(e > cut[a + 2] for a, e in enumerate(extra)):
        with pytest.raises(UnsupportedOperator, match="larger than what its input reaches"):
            convert(model)
        return
    gap, _ = float_gap(model)
    assert gap < 1e-5


@pytest.mark.parametrize("way", WAYS)
def test_integers(way: str) -> None:
    """As onnxruntime computes the QDQ graph, within a step, with XNNPACK and without."""
    kernel, attributes = WAYS[way]
    q = Quantized()
    x = q.pair("x", 0.03, -3)
    weights = np.random.default_rng(2).standard_normal((3, 4, kernel, kernel)).astype(np.float32)
    inputs = q.weights("w", weights, 1, 0.03, np.random.default_rng(3).standard_normal(4).astype(np.float32))
    q.layer("ConvTranspose", [x, *inputs], "up", **attributes)
    q.layer("Relu", ["up"], "on")
    y = q.pair("on", 0.05, -128, "y")
    model = q.model({"x": [2, 3, 5, 6]}, [y])
    for xnnpack in (True, False):
        gap, converted = step_gap(model, xnnpack=xnnpack)
        assert gap <= 1
    assert converted.notes == ()
    assert {name for name, _ in counts(model)} <= {"TRANSPOSE_CONV", "SLICE"}  # nothing of it in float


@pytest.mark.parametrize(
    ("attributes", "weights", "words"),
    [
        ({"group": 3}, (3, 1, 2, 2), "it has groups"),
        ({"dilations": [2, 2]}, (3, 4, 2, 2), "it is dilated"),
    ],
)
def test_what_tflite_has_not_is_refused(attributes: dict[str, Any], weights: tuple[int, ...], words: str) -> None:
    nodes = [node("ConvTranspose", ["x", "w"], ["y"], **attributes)]
    model = network(nodes, {"x": [1, 3, 4, 4]}, ["y"], {"w": RNG.standard_normal(weights).astype(np.float32)})
    with pytest.raises(UnsupportedOperator, match=words):
        convert(model)
