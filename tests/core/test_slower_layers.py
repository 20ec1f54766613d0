"""Layers that are slower in one form of a network than in another, told by timing both in turn."""

from __future__ import annotations

from core.measure.slower_layers import SideBySide, layers_to_time, slower_layers
from core.model.model import Model
from tests.core.qdq_graphs import network, node, weights


def branches(side: int) -> Model:
    """Two convolutions of one input; the first has kernels of ``side`` x ``side``."""
    nodes = [node("Conv", "x w1", "c1", pads=[side // 2] * 4), node("Conv", "x w2", "c2"), node("Add", "c1 c2", "y")]
    return network(nodes, {"w1": weights(16, 8, side, side), "w2": weights(16, 8, 1, 1)}, (8, 24, 24))


def test_the_layer_with_more_to_compute_is_named_and_only_there() -> None:
    small, large = branches(1), branches(9)
    found = slower_layers(small, large, ["/c1", "/c2", "not there"])
    assert found.slower[0] == "/c1"
    assert found.total_slower
    assert found.layers["/c1"][1] > 3 * found.layers["/c1"][0], "81 times the products"
    assert "not there" not in found.layers
    assert "/c1" not in slower_layers(large, small, ["/c1", "/c2"]).slower


def test_layers_that_run_as_one_count_once_and_those_with_weights_speak() -> None:
    nodes = [node("Relu", "x", "r"), node("Conv", "r w", "c"), node("Relu", "c", "y")]
    model = network(nodes, {"w": weights(8, 8, 1, 1)}, (8, 24, 24))
    names = layers_to_time(model)
    assert names[0] == "/c"
    assert set(slower_layers(model, model, names).layers) == {"/c", "/r"}, "onnxruntime runs the last Relu inside /c"


def test_what_is_said_of_times() -> None:
    same = SideBySide({"a": (1.0, 1.0)}, (), (2.0, 2.05), False, "a machine")
    assert same.sentences() == ["Quantized the network takes 2.05 ms, in float 2 ms (a machine)."]
    names = tuple("abcdefg")
    worse = SideBySide(dict.fromkeys(names, (1.0, 2.0)), names, (2.0, 4.0), True, "a machine")
    one = SideBySide({"a": (1.0, 2.0)}, ("a",), (2.0, 4.0), True, "a machine")
    assert one.of_layers() == ["1 of 1 layers is slower quantized than in float in onnxruntime: a (a machine)."]
    first, second = worse.sentences()
    assert "it is slower quantized (a machine)" in first
    assert second == "7 of 7 layers are slower quantized than in float in onnxruntime: a, b, c, d, e and 2 more."
