"""Where pairs go, rule by rule, on small graphs; every result passes the rules, the checker and onnxruntime."""

from __future__ import annotations

import numpy as np
import onnx_ir as ir
import pytest

from core.errors import UserError
from core.methods.method import Context
from core.methods.quantize.choices import Granularity
from core.methods.quantize.static import Activations, Params, quantize_static
from core.methods.scope import Scope
from core.model.facts import infer
from core.model.qdq import (
    activation_pairs,
    check_rules,
    mean_ratio,
    plan_int8,
    scale_groups,
    source_pair,
    stored_constant,
)
from tests.core.qdq_graphs import Arrays, by_name, kinds, network, node, quantized, run, sqnr, weights

DATA = Arrays([3, 8, 8])
CONV = {"w": weights(4, 3, 3, 3), "b": weights(4)}


def test_conv_relu_gets_one_pair_and_the_relu_stays() -> None:
    model = network([node("Conv", "x w b", "c"), node("Relu", "c", "y")], CONV, [3, 8, 8])
    done = quantized(model, DATA)
    assert set(activation_pairs(done.model.graph.graph)) == {"x", "y_unquantized"}
    assert kinds(done.model).count("Relu") == 1
    assert [v.name for v in done.model.graph.graph.outputs] == ["y"]
    assert [v.name for v in done.model.graph.graph.inputs] == ["x"]
    x = DATA.values
    assert sqnr(run(model, x)["y"], run(done.model, x)["y"]) > 30


def test_a_conv_that_others_read_too_keeps_its_own_pair() -> None:
    nodes = [node("Conv", "x w b", "c"), node("Relu", "c", "r"), node("Add", "c r", "y")]
    done = quantized(network(nodes, CONV, [3, 8, 8]), DATA)
    pairs = activation_pairs(done.model.graph.graph)
    assert {"c", "r"} <= set(pairs)
    assert pairs["c"].params == pairs["r"].params  # a Relu of its own cannot rescale


def test_weights_are_stored_as_integers_under_the_old_names() -> None:
    nodes = [
        node("Conv", "x w b", "c"),
        node("Flatten", "c", "f"),
        node("Gemm", "f g", "h"),
        node("MatMul", "h m", "y"),
    ]
    constants = {**CONV, "g": weights(144, 5), "m": weights(5, 7)}
    model = quantized(network(nodes, constants, [3, 8, 8]), DATA).model
    graph = model.graph.graph
    assert not {"w", "b", "g", "m"} & set(graph.initializers)
    for layer, name, axis in (("/c", "w", 0), ("/h", "g", 1), ("/y", "m", 1)):
        stored = stored_constant(by_name(model, layer).inputs[1])
        assert stored is not None
        assert (stored.q.dtype, stored.axis) == (np.int8, axis)
        assert by_name(model, layer).inputs[1].name == name  # type: ignore[union-attr]
        assert f"{name}_quantized" in graph.initializers
    bias = stored_constant(by_name(model, "/c").inputs[2])
    assert bias is not None
    assert bias.q.dtype == np.int32


def test_per_tensor_has_one_scale_a_weight() -> None:
    model = quantized(
        network([node("Conv", "x w b", "y")], CONV, [3, 8, 8]), DATA, granularity=Granularity.TENSOR
    ).model
    stored = stored_constant(by_name(model, "/y").inputs[1])
    assert stored is not None
    assert stored.scale.shape == ()


@pytest.mark.parametrize("storage", ["uint8", "int8"])
def test_moving_layers_share_one_scale(storage: str) -> None:
    nodes = [
        node("Conv", "x w b", "c"),
        node("Relu", "c", "r"),
        node("MaxPool", "r", "p", kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        node("Conv", "x w2", "d"),
        node("Concat", "p d", "j", axis=1),
        node("Pad", "j pads", "z"),
        node("Transpose", "z", "t", perm=[0, 2, 3, 1]),
        node("Slice", "t s e a", "y"),
    ]
    constants = {
        **CONV, "w2": weights(4, 3, 3, 3, seed=1), "pads": np.array([0, 0, 1, 1, 0, 0, 1, 1]),
        "s": np.array([1]), "e": np.array([5]), "a": np.array([1]),
    }  # fmt: skip
    done = quantized(network(nodes, constants, [3, 8, 8]), DATA, activations=Activations(storage))
    pairs = activation_pairs(done.model.graph.graph)
    names = ["r", "p", "d", "j", "z", "t", "y_unquantized"]
    assert len({pairs[n].params for n in names}) == 1
    assert pairs["r"].params.storage == storage
    assert pairs["x"].params != pairs["r"].params


def test_a_dictated_scale_meets_a_group_through_a_second_pair() -> None:
    nodes = [
        node("Conv", "x w b", "c"),
        node("Sigmoid", "c", "s"),
        node("Conv", "x w2", "d"),
        node("Concat", "s d", "j", axis=1),
        node("Conv", "j w3", "y"),
    ]
    constants = {**CONV, "w2": weights(4, 3, 3, 3, scale=2.0), "w3": weights(2, 8, 1, 1)}
    done = quantized(network(nodes, constants, [3, 8, 8]), DATA)
    pairs = activation_pairs(done.model.graph.graph)
    assert (pairs["s"].params.scale, pairs["s"].params.zero_point) == (1 / 256, 0)
    assert pairs["s_dequantized"].params == pairs["d"].params == pairs["j"].params
    second = source_pair(by_name(done.model, "/j").inputs[0])
    assert second in pairs["s_dequantized"].dequantize


def test_dictated_scales_that_only_move_need_no_second_pair() -> None:
    nodes = [node("Conv", "x w b", "c"), node("Softmax", "c", "s", axis=1), node("Flatten", "s", "y")]
    done = quantized(network(nodes, CONV, [3, 8, 8]), DATA)
    pairs = activation_pairs(done.model.graph.graph)
    assert pairs["s"].params == pairs["y_unquantized"].params
    assert pairs["s"].params.scale == 1 / 256


@pytest.mark.parametrize("mean", ["GlobalAveragePool", "ReduceMean"])
def test_a_mean_has_a_whole_ratio(mean: str) -> None:
    nodes = [
        node("Conv", "x w b", "c"),
        node("Relu", "c", "r"),
        node(mean, "r" if mean == "GlobalAveragePool" else "r axes", "g"),
        node("Flatten", "g", "f"),
        node("Gemm", "f v", "y"),
    ]
    constants = {**CONV, "v": weights(4, 6)}
    if mean == "ReduceMean":
        constants["axes"] = np.array([2, 3])
    done = quantized(network(nodes, constants, [3, 8, 8]), DATA)
    pairs = activation_pairs(done.model.graph.graph)
    ratio = abs(mean_ratio(pairs["r"].params, pairs["g"].params))
    assert ratio > 1
    assert ratio == pytest.approx(round(ratio), abs=1e-3)
    assert pairs["g"].params == pairs["f"].params


def test_matmul_and_add_become_one_gemm() -> None:
    nodes = [node("MatMul", "x w", "m"), node("Add", "m b", "s"), node("Relu", "s", "y")]
    model = network(nodes, {"w": weights(6, 5), "b": weights(5)}, [6])
    data = Arrays([6])
    done = quantized(model, data)
    assert "MatMul" not in kinds(done.model)
    assert "Add" not in kinds(done.model)
    assert by_name(done.model, "/m").op_type == "Gemm"
    assert sqnr(run(model, data.values)["y"], run(done.model, data.values)["y"]) > 30


def test_all_readers_see_one_pair() -> None:
    nodes = [
        node("Conv", "x w b", "c"),
        node("Conv", "c w2", "d", group=4),
        node("Erf", "c", "e"),  # float
        node("Add", "d e", "y"),
    ]
    done = quantized(network(nodes, {**CONV, "w2": weights(4, 1, 1, 1)}, [3, 8, 8]), DATA)
    pair = activation_pairs(done.model.graph.graph)["c"]
    readers = {u.node.name for v in pair.outputs for u in v.uses()}
    assert readers == {"/d", "/e"}
    assert [(k.layer, k.operator) for k in done.plan.kept] == [("/e", "Erf")]


def test_a_final_concat_of_unlike_heads_stays_float() -> None:
    nodes = [
        node("Conv", "x w b", "boxes"),
        node("Conv", "x w2", "c"),
        node("Sigmoid", "c", "scores"),
        node("Concat", "boxes scores", "j", axis=1),
        node("Flatten", "j", "y"),
    ]
    constants = {"w": weights(4, 3, 3, 3, scale=9.0), "b": weights(4), "w2": weights(2, 3, 3, 3)}
    done = quantized(network(nodes, constants, [3, 8, 8]), DATA)
    pairs = activation_pairs(done.model.graph.graph)
    assert "j" not in pairs
    assert pairs["boxes"].params != pairs["scores"].params
    assert any(k.layer == "/j" and "unlike ranges" in k.reason for k in done.plan.kept)
    assert done.model.graph.graph.outputs[0].producer() is by_name(done.model, "/y")


def test_scope_leaves_other_layers_float_with_pairs_at_the_border() -> None:
    nodes = [
        node("Conv", "x w b", "c"),
        node("Relu", "c", "r"),
        node("Conv", "r w2", "d"),
        node("Relu", "d", "e"),
        node("Conv", "e w3", "y"),
    ]
    constants = {**CONV, "w2": weights(4, 4, 3, 3), "w3": weights(4, 4, 3, 3)}
    model = network(nodes, constants, [3, 8, 8])
    done = quantized(model, DATA, scope=Scope(layers=("/d",)))
    assert set(activation_pairs(done.model.graph.graph)) == {"r", "e"}  # the Relu runs inside /d
    assert {"w", "b", "w3"} <= set(done.model.graph.graph.initializers)
    assert [k.layer for k in done.plan.kept] == ["/c", "/y"]
    assert all(k.reason == "it is outside the chosen layers" for k in done.plan.kept)


def test_constants_of_additions_are_quantized_too() -> None:
    nodes = [node("Conv", "x w b", "c"), node("Mul", "c k", "m"), node("Add", "m o", "y")]
    model = network(nodes, {**CONV, "k": weights(1, 4, 1, 1), "o": np.float32(0.7)}, [3, 8, 8])
    done = quantized(model, DATA)
    stored = stored_constant(by_name(done.model, "/y").inputs[1])
    assert stored is not None
    assert stored.q.dtype == np.uint8
    assert sqnr(run(model, DATA.values)["y"], run(done.model, DATA.values)["y"]) > 28


def test_reasons_name_what_cannot_be_quantized() -> None:
    nodes = [node("Conv", "x w", "c"), node("Gemm", "f v", "y", alpha=0.5)]
    nodes.insert(1, node("Flatten", "c", "f"))
    done = quantized(network(nodes, {"w": weights(4, 3, 3, 3), "v": weights(144, 2)}, [3, 8, 8]), DATA)
    assert [(k.layer, k.reason) for k in done.plan.kept] == [("/y", "alpha, beta or transA are set")]
    with pytest.raises(UserError, match=r"'/y' \(Erf\) stays float, Erf has no int8 form"):
        quantized(network([node("Erf", "x", "y")], {}, [3, 8, 8]), DATA)


def test_scale_groups_cover_every_value_once() -> None:
    nodes = [node("Conv", "x w", "c"), node("MaxPool", "c", "p", kernel_shape=[2, 2]), node("Relu", "p", "y")]
    model = network(nodes, {"w": weights(4, 3, 3, 3)}, [3, 8, 8])
    plan = plan_int8(model, infer(model))
    assert scale_groups(plan) == (("x",), ("c", "p", "y"))


def test_an_old_opset_is_raised() -> None:
    model = network([node("Conv", "x w b", "c"), node("Clip", "c lo hi", "y")], CONV | {
        "lo": np.float32(0), "hi": np.float32(6),
    }, [3, 8, 8], opset=11)  # fmt: skip
    done = quantized(model, DATA)
    assert done.model.opset == 13
    assert "The opset was raised from 11 to 13." in done.notes
    assert isinstance(by_name(done.model, "/c"), ir.Node)  # names survive the conversion


def test_an_infinite_range_is_refused_by_name() -> None:
    nodes = [node("Conv", "x w b", "c"), node("Div", "c zero", "d"), node("Conv", "d w2", "y")]
    model = network(nodes, {**CONV, "zero": np.float32(0), "w2": weights(1, 4, 1, 1)}, [3, 8, 8])
    with pytest.raises(UserError, match="The value 'd' is not finite"):
        quantized(model, DATA)


def test_what_moves_a_float_layers_value_goes_with_the_pair_it_has_for_others() -> None:
    """The shortcut of a ResNet-20 behind a layer in float: its Slice and Pad share the pair that the Conv reads."""
    nodes = [
        node("Conv", "x w", "c", pads=[1, 1, 1, 1]),
        node("Relu", "c", "r"),
        node("Conv", "r u", "d", strides=[2, 2], pads=[1, 1, 1, 1]),
        node("Slice", "r starts ends axes steps", "s"),
        node("Pad", "s around", "p"),
        node("Add", "d p", "y"),
    ]
    constants = {
        "w": weights(4, 3, 3, 3), "u": weights(8, 4, 3, 3, seed=2),
        "starts": np.array([0, 0]), "ends": np.array([8, 8]),
        "axes": np.array([2, 3]), "steps": np.array([2, 2]), "around": np.array([0, 2, 0, 0, 0, 2, 0, 0]),
    }  # fmt: skip
    model = network(nodes, constants, [3, 8, 8])
    stays = ((Scope(layers=("/c", "/r")), {"precision": "float"}),)
    done = quantize_static(model, DATA, Params(bias_correction=False), Context(overrides=stays))
    assert check_rules(done.model) == []
    pairs = {k.removesuffix("_unquantized"): v.params for k, v in activation_pairs(done.model.graph.graph).items()}
    assert set(pairs) == {"r", "d", "s", "p", "y"}
    assert pairs["r"] == pairs["s"] == pairs["p"]
    alone = plan_int8(model, infer(model), lambda n: n.name not in ("/c", "/r", "/d", "/y"))
    assert not alone.layers, "nobody multiplies its value: nothing to go with"
