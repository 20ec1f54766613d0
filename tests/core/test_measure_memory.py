"""Peak activation memory against published figures, a run that counts references, and graphs counted by hand."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import onnx_ir as ir
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from core.formats.open import open_model
from core.measure.memory import PeakMemory, live_bytes, peak_memory
from core.model.facts import infer
from core.model.model import Model
from core.references.create import create
from core.references.reference import load_references
from tests.conftest import network_path

Nodes = list[onnx.NodeProto]


def model_of(nodes: Nodes, x: list[int | str], outputs: list[str], tensors: dict[str, object] | None = None) -> Model:
    info = helper.make_tensor_value_info
    stored = [numpy_helper.from_array(np.asarray(v), k) for k, v in (tensors or {}).items()]
    built = helper.make_graph(
        nodes, "g", [info("x", TensorProto.FLOAT, x)], [info(o, TensorProto.UNDEFINED, None) for o in outputs], stored
    )
    return Model.from_ir(ir.from_proto(helper.make_model(built, opset_imports=[helper.make_opsetid("", 18)])))


def peak(model: Model) -> PeakMemory:
    return peak_memory(model, infer(model))


# Bytes of int8 activations as github.com/petewarden/ml_memory_analyser lists them, from the published .tflite files:
# our float graphs need four times as much. MCUNetV2 (arXiv:2110.15352) names 1372 kB for MobileNetV2: the step before
# the fullest, because TinyEngine runs depthwise convolutions in place.
@pytest.mark.parametrize(
    ("key", "published"),
    [
        ("mobilenet_v1", 1_204_224),
        ("mobilenet_v3_large", 1_003_520),
        ("efficientnet_lite0", 1_505_280),
        ("efficientnet_lite4", 4_050_000),
    ],
)
def test_published_figures(key: str, published: int) -> None:
    found = peak(create(load_references().get(key)))
    assert (found.bytes, found.batch) == (4 * published, 1)


def test_published_figures_of_mobilenet_v2() -> None:
    model = open_model(network_path("mobilenetv2"))
    found = peak(model)
    assert found.bytes == 4 * 1_505_280
    assert found.layers == ("/features/features.2/conv/conv.1/conv.1.0/Conv",)
    step = dict(live_bytes(model, infer(model)))["/features/features.2/conv/conv.0/conv.0.0/Conv"]
    assert step == 4 * 1372 * 1024


def test_the_int8_graph_of_a_network_needs_what_its_tflite_file_needs(tmp_path: Path) -> None:
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, quantize_static

    class Ones(CalibrationDataReader):  # type: ignore[misc]
        left = 1

        def get_next(self) -> dict[str, np.ndarray] | None:  # type: ignore[type-arg]
            self.left -= 1
            return {"input": np.ones((1, 3, 224, 224), np.float32)} if self.left >= 0 else None

    quantize_static(network_path("mobilenetv2"), tmp_path / "int8.onnx", Ones(), QuantFormat.QDQ)
    assert peak(open_model(tmp_path / "int8.onnx")).bytes == 1_505_280


# a run that counts references: an independent account with real arrays ----------------------------------------------

_OPERATORS = ["Sigmoid", "Relu", "Add", "Concat", "Flatten", "Identity", "Unsqueeze", "Cast", "Split"]


@st.composite
def graphs(draw: st.DrawFn) -> tuple[Nodes, list[str]]:
    """Random graphs of single-row values, among them views, several outputs and results that nobody reads."""
    rank, width, half = {"x": 2}, {"x": 4}, {"x": False}
    nodes: Nodes = []
    for k in range(draw(st.integers(1, 9))):
        kind, a = draw(st.sampled_from(_OPERATORS)), draw(st.sampled_from(sorted(width)))
        y, inputs, more = f"v{k}", [a], {}
        rank[y], width[y], half[y] = rank[a], width[a], half[a]
        outputs = [y]
        if kind in ("Add", "Concat"):
            same = [v for v in sorted(width) if v != y and rank[v] == rank[a] and half[v] == half[a]]
            b = draw(st.sampled_from([v for v in same if kind == "Concat" or width[v] == width[a]]))
            inputs = [a, b]
            if kind == "Concat":
                width[y], more = width[a] + width[b], {"axis": -1}
        elif kind == "Flatten":
            rank[y], more = 2, {"axis": rank[a] - 1}
        elif kind == "Unsqueeze":
            rank[y], inputs = rank[a] + 1, [a, "zero"]
        elif kind == "Cast":
            half[y], more = not half[a], {"to": TensorProto.FLOAT if half[a] else TensorProto.FLOAT16}
        elif kind == "Split":
            if width[a] % 2:
                continue
            rank[f"{y}b"], width[f"{y}b"], half[f"{y}b"] = rank[a], width[a] // 2, half[a]
            width[y], outputs, more = width[a] // 2, [y, f"{y}b"], {"axis": -1, "num_outputs": 2}
        nodes.append(helper.make_node(kind, inputs, outputs, f"n{k}", **more))
    made = [o for n in nodes for o in n.output]
    outputs = draw(st.lists(st.sampled_from(made), min_size=1, max_size=2, unique=True)) if made else []
    return nodes, outputs


def run(node: onnx.NodeProto, values: list[np.ndarray], last: bool) -> list[np.ndarray]:  # type: ignore[type-arg]
    """New arrays, except that views share their input's memory and Relu writes over what only it reads."""
    a = values[0]
    if node.op_type == "Relu":
        return [np.maximum(a, 0, out=a) if last else np.maximum(a, 0)]
    if node.op_type in ("Flatten", "Identity", "Unsqueeze"):
        axis = node.attribute[0].i if node.attribute else 0
        shape = {"Flatten": (int(np.prod(a.shape[:axis])), -1), "Unsqueeze": (1, *a.shape)}.get(node.op_type, a.shape)
        return [a.reshape(shape)]
    if node.op_type == "Split":
        return [part.copy() for part in np.split(a, 2, -1)]
    if node.op_type == "Cast":
        return [a.astype(np.float32 if a.dtype == np.float16 else np.float16)]
    if node.op_type == "Add":
        return [a + values[1]]
    return [np.concatenate(values, -1) if node.op_type == "Concat" else 1 / (1 + np.exp(-a))]


def memory(value: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    while value.base is not None:
        value = value.base
    return value


@settings(max_examples=150)
@given(graphs())
def test_peak_is_what_a_run_that_counts_references_needs(case: tuple[Nodes, list[str]]) -> None:
    nodes, outputs = case
    if not nodes:
        return
    total = Counter(i for n in nodes for i in n.input) + Counter(outputs)
    reads = Counter(total)
    maker = {o: n.op_type for n in nodes for o in n.output}
    alive = {"x": np.ones((1, 4), np.float32)}
    most = 0
    for node in nodes:
        values = [alive[i] for i in node.input if i in alive]
        first = node.input[0]
        alone = total[first] == 1 and first not in outputs and first in maker
        last = alone and maker[first] not in ("Flatten", "Identity", "Unsqueeze")
        alive |= zip(node.output, run(node, values, last), strict=True)
        most = max(most, sum(m.nbytes for m in {id(memory(v)): memory(v) for v in alive.values()}.values()))
        reads.subtract(node.input)
        alive = {k: v for k, v in alive.items() if reads[k] > 0}
    model = model_of(nodes, ["n", 4], outputs, {"zero": np.asarray([0])})
    found = peak(model)
    assert found.bytes == most
    assert all(dict(live_bytes(model, infer(model)))[layer] == most for layer in found.layers)
    assert PeakMemory.from_json(found.to_json()) == found


# by hand ------------------------------------------------------------------------------------------------------------

_SCALE = {"s": np.float32(0.1), "z": np.int8(0)}


def quantize(a: str, b: str) -> onnx.NodeProto:
    return helper.make_node("QuantizeLinear", [a, "s", "z"], [b])


def dequantize(a: str, b: str) -> onnx.NodeProto:
    return helper.make_node("DequantizeLinear", [a, "s", "z"], [b])


def test_a_quantized_graph_counts_as_the_integer_graph_it_stands_for() -> None:
    """Conv, Relu and a Reshape between pairs hold bytes; the Softmax has no quantized result and runs in float."""
    nodes = [
        quantize("x", "xq"), dequantize("xq", "xf"),
        helper.make_node("Conv", ["xf", "w"], ["c"], "conv"), helper.make_node("Relu", ["c"], ["r"], "relu"),
        quantize("r", "rq"), dequantize("rq", "rf"),
        helper.make_node("Flatten", ["rf"], ["f"], "flatten"),
        helper.make_node("Softmax", ["f"], ["y"], "softmax"),
    ]  # fmt: skip
    model = model_of(nodes, [1, 2, 4, 4], ["y"], {"w": np.ones((3, 2, 1, 1), np.float32), **_SCALE})
    alive = live_bytes(model, infer(model))
    x, r = 2 * 16, 3 * 16
    assert [n for _, n in alive] == [5 * x, x, x + r, r, r, 5 * r, 4 * r, 8 * r]


def test_a_value_that_is_quantized_again_is_never_float() -> None:
    nodes = [
        quantize("x", "a"), dequantize("a", "b"), quantize("b", "c"), dequantize("c", "d"),
        helper.make_node("MaxPool", ["d"], ["e"], "pool", kernel_shape=[2, 2], strides=[2, 2]),
        quantize("e", "f"), dequantize("f", "y"),
    ]  # fmt: skip
    model = model_of(nodes, [1, 1, 4, 4], ["y"], _SCALE)
    assert [n for _, n in live_bytes(model, infer(model))] == [80, 16, 32, 16, 20, 4, 20]


def test_long_chains_are_counted_too() -> None:
    """Ten thousand activations between a pair: nothing may depend on the depth of Python's stack."""
    chain = [helper.make_node("Relu", [f"r{k}"], [f"r{k + 1}"]) for k in range(10_000)]
    nodes = [quantize("x", "a"), dequantize("a", "r0"), *chain, quantize("r10000", "b"), dequantize("b", "y")]
    assert peak(model_of(nodes, [1, 8], ["y"], _SCALE)).bytes == 5 * 8


def test_inputs_live_from_the_start_and_outputs_to_the_end() -> None:
    nodes = [
        helper.make_node("Sigmoid", ["x"], ["early"], "first"),
        helper.make_node("ReduceSum", ["x"], ["s"], "sum"),
        helper.make_node("Sigmoid", ["s"], ["t"], "small"),
        helper.make_node("Sigmoid", ["t"], ["y"], "last"),
    ]
    model = model_of(nodes, [1, 100], ["early", "y"])
    assert live_bytes(model, infer(model)) == [("first", 800), ("sum", 804), ("small", 408), ("last", 408)]


def test_fusing_stops_at_a_second_reader_at_an_output_and_at_other_operators() -> None:
    def steps(nodes: Nodes, outputs: list[str]) -> list[int]:
        tensors = {"w": np.ones((2, 2, 1, 1), np.float32), "b": np.ones(2, np.float32)}
        model = model_of(nodes, [1, 2, 5, 5], outputs, dict(tensors))
        return [n for _, n in live_bytes(model, infer(model))]

    conv = helper.make_node("Conv", ["x", "w"], ["c"])
    norm = helper.make_node("BatchNormalization", ["c", "b", "b", "b", "b"], ["n"])
    relu = helper.make_node("Relu", ["n"], ["y"])
    assert steps([conv, norm, relu], ["y"]) == [400, 200, 200]
    assert steps([conv, norm, relu], ["y", "c"]) == [400, 400, 400]
    assert steps([conv, norm, relu, helper.make_node("Add", ["c", "y"], ["z"])], ["z"]) == [400, 400, 400, 600]
    pool = helper.make_node("GlobalAveragePool", ["x"], ["c"])
    assert steps([pool, norm], ["n"]) == [208, 16]
    assert steps([helper.make_node("Relu", ["x"], ["c"])], ["c"]) == [400]


def test_weights_and_what_is_made_of_constants_do_not_count() -> None:
    nodes = [
        helper.make_node("ConstantOfShape", ["size"], ["w"], "fill"),
        helper.make_node("Transpose", ["v"], ["vt"], "turn"),
        helper.make_node("MatMul", ["x", "w"], ["a"], "one"),
        helper.make_node("MatMul", ["a", "vt"], ["y"], "two"),
    ]
    tensors = {"size": np.asarray([4, 6000]), "v": np.ones((3, 6000), np.float32)}
    found = peak(model_of(nodes, ["n", 4], ["y"], dict(tensors)))
    assert (found.bytes, found.layers) == (24_000 + 16, ("one",))


@pytest.mark.parametrize("fixed", [1, 5])
def test_the_batch_is_said(fixed: int) -> None:
    found = peak(model_of([helper.make_node("Sigmoid", ["x"], ["y"], "s")], [fixed, 8], ["y"]))
    assert (found.bytes, found.batch) == (fixed * 64, fixed)


def test_what_is_unknown_is_said_with_its_layer() -> None:
    nodes = [helper.make_node("Sigmoid", ["x"], ["a"]), helper.make_node("NonZero", ["a"], ["y"], "where")]
    found = peak(model_of(nodes, [1, 8], ["y"]))
    assert found.bytes is None
    assert found.note == "Layer 'where' (NonZero): the shape of 'y' is unknown."
