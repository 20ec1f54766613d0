"""The checker finds every broken rule, names the layer, and is silent on a good graph."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx_ir as ir
import pytest

from core.model.model import Model
from core.model.qdq import Violation, activation_pairs, check_rules
from tests.core.qdq_graphs import Arrays, by_name, network, node, quantized, weights


def good() -> Model:
    """Conv, Relu, MaxPool, Concat, Conv, Sigmoid, GlobalAveragePool, Gemm: quantized by our own method."""
    nodes = [
        node("Conv", "x w1 b1", "c1", pads=[1, 1, 1, 1]),
        node("Relu", "c1", "r1"),
        node("MaxPool", "r1", "p1", kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        node("Concat", "r1 p1", "j", axis=1),
        node("Conv", "j w2 b2", "c2"),
        node("Sigmoid", "c2", "s"),
        node("GlobalAveragePool", "s", "g"),
        node("Flatten", "g", "f"),
        node("Gemm", "f w3 b3", "y", transB=1),
    ]
    constants = {
        "w1": weights(4, 3, 3, 3), "b1": weights(4), "w2": weights(5, 8, 1, 1), "b2": weights(5),
        "w3": weights(6, 5), "b3": weights(6),
    }  # fmt: skip
    return quantized(network(nodes, constants, [3, 8, 8]), Arrays([3, 8, 8])).model


def found(model: Model, change: Callable[[Model], None]) -> list[Violation]:
    change(model)
    return check_rules(model)


def store(model: Model, name: str, change: Callable[[np.ndarray], np.ndarray]) -> None:
    """Write another array into an initializer."""
    value = model.graph.graph.initializers[name]
    assert value.const_value is not None
    value.const_value = ir.tensor(change(value.const_value.numpy().copy()), name=name)


CHANGES: dict[str, tuple[int, str, Callable[[Model], None]]] = {
    "weight not int8": (1, "/c1", lambda m: store(m, "w1_quantized", lambda a: a.astype(np.uint8))),
    "weight zero point": (1, "/c1", lambda m: store(m, "w1_zero_point", lambda a: a + 1)),
    "weight axis": (1, "/c1", lambda m: by_name(m, "w1_DequantizeLinear").attributes.add(ir.AttrInt64("axis", 1))),
    "bias scale": (2, "/c2", lambda m: store(m, "b2_scale", lambda a: a * np.float32(1.001))),
    "bias zero point": (2, "/c2", lambda m: store(m, "b2_zero_point", lambda a: a + 1)),
    "bias overflows": (2, "/y", lambda m: store(m, "b3_quantized", lambda a: np.full_like(a, 2**31 - 1))),
    "group": (4, "/p1", lambda m: store(m, "p1_scale", lambda a: a * np.float32(2))),
    "dictated": (5, "/s", lambda m: store(m, "s_scale", lambda a: np.float32(1 / 255) + a * 0)),
}


def test_a_good_graph_has_no_violation() -> None:
    assert check_rules(good()) == []


@pytest.mark.parametrize("what", CHANGES)
def test_a_broken_rule_is_found_and_named(what: str) -> None:
    rule, layer, change = CHANGES[what]
    violations = found(good(), change)
    assert (rule, layer) in [(v.rule, v.layer) for v in violations]
    assert all(v.layer in v.sentence for v in violations)


def test_a_mean_that_tflite_would_bias() -> None:
    model = good()
    for name in ("g_scale", "f_scale"):
        store(model, name, lambda a: a * np.float32(1.03))
    for name in ("b3_scale",):
        store(model, name, lambda a: a * np.float32(1.03))
    rules = {v.rule for v in check_rules(model)}
    pair = activation_pairs(model.graph.graph)["s"].params
    assert pair.signed_zero_point == -128
    assert 6 in rules


def test_a_pair_between_a_layer_and_its_relu() -> None:
    model = good()
    graph = model.graph.graph
    relu, pair = by_name(model, "/r1"), activation_pairs(graph)["r1"]
    conv = by_name(model, "/c1")
    graph.remove([pair.quantize, *pair.dequantize])
    pair.quantize.replace_input_with(0, conv.outputs[0])
    relu.replace_input_with(0, pair.outputs[0])
    for use in [u for u in pair.outputs[0].uses() if u.node is not relu]:
        use.node.replace_input_with(use.idx, relu.outputs[0])
    graph.insert_after(conv, [pair.quantize, *pair.dequantize])
    rules = {(v.rule, v.layer) for v in check_rules(model)}
    assert (3, "/r1") in rules


def test_a_reader_that_goes_past_the_pair() -> None:
    model = good()
    by_name(model, "/p1").replace_input_with(0, by_name(model, "/r1").outputs[0])
    assert any(v.rule == 8 and v.layer == "/r1" and "'/p1' reads" in v.sentence for v in check_rules(model))


def test_an_output_without_a_pair() -> None:
    model = good()
    gemm = by_name(model, "/y")
    model.graph.graph.outputs[0] = gemm.outputs[0]
    assert {3, 8} & {v.rule for v in check_rules(model)}


def test_an_unquantized_graph_breaks_nothing() -> None:
    model = network([node("Conv", "x w", "c"), node("Relu", "c", "y")], {"w": weights(2, 3, 1, 1)}, [3, 4, 4])
    assert check_rules(model) == []
