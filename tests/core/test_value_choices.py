"""Types, symmetry and ranges of single layers' results: what is said of whom, what holds, what is refused."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx_ir as ir
import pytest

from core.cli import main
from core.errors import UserError
from core.execute.runtimes import onnx_session
from core.execute.torch_graph import TorchGraph
from core.formats.onnx_file import save_onnx
from core.measure.cost import cost
from core.methods.analyse.cures import Offer
from core.methods.method import Context
from core.methods.quantize.result import Quantized
from core.methods.quantize.static import Activations, Params, planned, quantize_static
from core.methods.quantize.static_report import weight_bytes
from core.methods.scope import Scope
from core.model.model import Model
from core.model.qdq import (
    RANGE_FROM,
    QuantParams,
    activation_pairs,
    activation_params,
    check_rules,
    fixed_params,
    stored_constant,
)
from core.model.qdq_tensors import stored_tensors
from core.model.stored_weights import decoded, decodes
from core.project.recipe import Step, checked, run_step
from core.project.replay import obstacle
from tests.core.qdq_graphs import Arrays, by_name, network, node, weights

SHAPE = (3, 6, 6)
DATA = Arrays(SHAPE, 6)
CONSTANTS = {
    "w": weights(4, 3, 3, 3), "w2": weights(4, 3, 1, 1, seed=3), "k": weights(1, 4, 1, 1, seed=9), "v": weights(4, 2),
    "u": weights(4, 4, 1, 1, seed=5),
}  # fmt: skip
CONV, OTHER = node("Conv", "x w", "c", pads=[1, 1, 1, 1]), node("Conv", "x w2", "d")
RELU = [CONV, node("Relu", "c", "r"), node("Conv", "r u", "y")]
JOINED = [CONV, OTHER, node("Concat", "c d", "j", axis=1), node("MaxPool", "j", "y", kernel_shape=[2, 2])]


def net(nodes: list[onnx.NodeProto]) -> Model:
    read = {name for n in nodes for name in n.input}
    copies = [onnx.NodeProto.FromString(n.SerializeToString()) for n in nodes]
    return network(copies, {k: v for k, v in CONSTANTS.items() if k in read}, SHAPE)


def made(nodes: list[onnx.NodeProto], *said: tuple[str, dict[str, Any]], **params: Any) -> Quantized:
    """Quantized with what is said of layers, by their names or patterns as the command line has them."""
    overrides = tuple((Scope(pattern=name), part) for name, part in said)
    settings = Params(**{"bias_correction": False, **params})
    done = quantize_static(net(nodes), DATA, settings, Context(overrides=overrides))
    assert check_rules(done.model) == []
    onnx.checker.check_model(ir.to_proto(done.model.graph), full_check=True)
    return done


def pairs(done: Quantized) -> dict[str, QuantParams]:
    return {name.removesuffix("_unquantized"): p.params for name, p in activation_pairs(done.model.graph.graph).items()}


def seen(value: str, nodes: list[onnx.NodeProto]) -> tuple[float, float]:
    found = onnx_session(net(nodes), taps=[value]).run({"x": DATA.values})[value]
    return float(found.min()), float(found.max())


@pytest.mark.parametrize("storage", ["uint8", "int8", "uint16"])
def test_symmetric_activations_have_the_middle_integer_for_zero(storage: Any) -> None:
    p = activation_params(-1.0, 3.0, storage, symmetric=True)
    half = 2 ** (p.bits - 1)
    assert (p.zero_point, p.scale) == (p.lowest + half, float(np.float32(3 / (half - 1))))
    assert p.signed_zero_point == 0
    assert activation_params(-1.0, 3.0, "int16", symmetric=True) == activation_params(-1.0, 3.0, "int16")


def test_a_layer_has_a_type_of_its_own_behind_the_relu_that_runs_inside_it() -> None:
    """Said of the convolution or of its Relu: both name the value behind the Relu."""
    usual = pairs(made(RELU))
    for name in ("/c", "/r", "/[cr]"):
        found = pairs(made(RELU, (name, {"activations": "int16"})))
        assert found == {**usual, "r": activation_params(*seen("r", RELU), "int16")}
    assert pairs(made(RELU, activations=Activations.INT16))["r"] == found["r"]


def test_an_input_of_the_graph_is_chosen_by_its_name() -> None:
    found = pairs(made(RELU, ("x", {"activations": "int8", "symmetric": True, "range_high": 2.0})))
    assert found["x"] == activation_params(float(DATA.values.min()), 2.0, "int8", symmetric=True)
    assert found["y"] == pairs(made(RELU))["y"]


def test_a_typed_range_is_the_range() -> None:
    both = pairs(made(RELU, ("/y", {"range_low": -0.5, "range_high": 0.25})))
    assert both["y"] == activation_params(-0.5, 0.25)
    one = pairs(made(RELU, ("/y", {"range_high": 0.25})))
    assert one["y"] == activation_params(seen("y", RELU)[0], 0.25)
    assert pairs(made(RELU, ("/y", {"range_low": 1.0, "range_high": 2.0})))["y"] == activation_params(0.0, 2.0)


def test_none_takes_back_a_range_that_a_pattern_gave() -> None:
    """For one layer, as quantize.static has it without overrides; of the other end what was said stays."""
    usual, cut = pairs(made(RELU)), {"range_low": -0.5, "range_high": 0.25}
    assert pairs(made(RELU, ("/*", cut)))["y"] == activation_params(-0.5, 0.25)
    for name in ("/c", "/r"):
        found = pairs(made(RELU, ("/*", cut), (name, {"range_low": None, "range_high": None})))
        assert found == {**usual, "y": activation_params(-0.5, 0.25)}
    done = made(RELU, ("/*", cut), ("/y", {"range_low": None}))
    assert pairs(done)["y"] == activation_params(seen("y", RELU)[0], 0.25)
    assert {row[0]: row[4] for row in done.chosen} == {"/c": "typed", "/y": "typed highest, minmax"}
    assert pairs(made(RELU, ("/y", {"range_low": None}), ("/y", cut)))["y"] == activation_params(-0.5, 0.25)
    step = Step("quantize.static", overrides=((Scope(pattern="/y"), {"range_high": "none"}),))
    assert checked(step)[2].overrides[0][1] == {"range_high": None}


def test_none_at_a_layer_keeps_the_range_of_a_pool_behind_it_away() -> None:
    """Its own word goes first, also where that is to have no range of its own."""
    pattern = ("/*", {"range_low": -1.0, "range_high": 1.0})
    cleared = {"range_low": None, "range_high": None}
    found = pairs(made(JOINED, pattern, ("/c", cleared), ("/d", cleared), ("/j", cleared)))
    assert found["c"] == pairs(made(JOINED))["c"]


def test_none_takes_back_types_and_calibrators_too() -> None:
    """As the forms have it in which a layer's parameter may be empty."""
    usual = pairs(made(RELU))
    part = {"symmetric": True, "calibrator": "percentile"}
    assert pairs(made(RELU, ("/*", part), percentile=90.0))["r"] != usual["r"]
    none = dict.fromkeys(part)
    assert pairs(made(RELU, ("/*", part), ("/r", none), percentile=90.0))["r"] == usual["r"]
    done = made([CONV, node("Exp", "c", "y")], ("/y", none))
    assert done.notes == made([CONV, node("Exp", "c", "y")]).notes, "nothing was asked for, nothing is lost"


def test_a_range_is_found_by_the_layers_own_calibrator() -> None:
    usual, cut = pairs(made(RELU)), pairs(made(RELU, calibrator="percentile", percentile=90.0))
    found = pairs(made(RELU, ("/r", {"calibrator": "percentile"}), percentile=90.0))
    assert found == {**usual, "r": cut["r"]}
    assert found["r"].scale < usual["r"].scale


def test_tied_values_take_the_type_that_one_of_them_has_and_say_so() -> None:
    done = made(JOINED, ("/c", {"activations": "int16"}))
    assert {name: p.storage for name, p in pairs(done).items()} == {"x": "uint8", **dict.fromkeys("cdjy", "int16")}
    said = "int16, chosen for '/c', holds for '/d', '/j', '/y' as well: they share a scale."
    assert said in done.notes
    assert not any("as well" in note for note in made(JOINED, ("/[cdjy]", {"activations": "int16"})).notes)


def test_a_named_layer_goes_before_patterns_and_the_last_pattern_holds() -> None:
    said = [("*", {"activations": "int16"}), ("/[cd]", {"activations": "int8"})]
    assert pairs(made(JOINED, *said))["j"].storage == "int8"
    assert pairs(made(JOINED, *reversed(said)))["j"].storage == "int16"
    assert pairs(made(JOINED, ("/j", {"activations": "uint8"}), *said))["c"].storage == "uint8"


@pytest.mark.parametrize(
    ("name", "one", "two", "words"),
    [("activations", "int16", "uint8", "int16 and uint8"), ("symmetric", True, False, "symmetric and not symmetric")],
)
def test_named_layers_that_contradict_each_other_are_refused(name: str, one: Any, two: Any, words: str) -> None:
    with pytest.raises(UserError, match=f"'/c' and '/y' share one scale, so they cannot be {words}"):
        made(JOINED, ("/c", {name: one}), ("/y", {name: two}))


def test_of_ranges_that_are_tied_the_widest_holds_and_it_is_said() -> None:
    """A range belongs to who makes the numbers: a pool's is that of the layers before it."""
    high = seen("d", JOINED)[1]
    done = made(JOINED, ("/c", {"range_low": -9.0, "range_high": 0.01}))
    assert pairs(done)["y"] == activation_params(-9.0, high)
    assert (
        f"The range of '/c' became [-9, {high:g}]: its result shares a scale with 'd', and one range holds both."
        in (done.notes)
    )
    assert pairs(made(JOINED, ("/y", {"range_low": -1, "range_high": 1})))["c"] == activation_params(-1, 1)
    own = made(JOINED, ("/y", {"range_low": -1, "range_high": 1}), ("/c", {"range_low": -2, "range_high": 0.5}))
    assert pairs(own)["d"] == activation_params(-2, 1)


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (
            {"range_low": 1.0, "range_high": -1.0},
            r"'/y' cannot be \[1, -1\]: its lowest value is not below its highest",
        ),
        ({"range_low": 2.0, "range_high": 2.0}, r"'/y' cannot be \[2, 2\]"),
        ({"range_low": 2.0}, "'/y' cannot begin at 2 while its highest value is not chosen"),
        ({"range_high": 1e31}, "'/y' cannot reach beyond 1e\\+30"),
        ({"range_high": -2.0}, "'/y' cannot end at -2 while its lowest value is not chosen"),
    ],
)
def test_a_range_that_is_none_is_refused(part: dict[str, float], words: str) -> None:
    with pytest.raises(UserError, match=words):
        made(RELU, ("/y", part))


@pytest.mark.parametrize("value", ["inf", "nan", "-inf", "much"])
def test_an_end_that_is_no_number_is_refused_before_anything_runs(value: Any) -> None:
    with pytest.raises(UserError, match="The override for '/y': Highest value is") as refused:
        checked(Step("quantize.static", overrides=((Scope(pattern="/y"), {"range_high": value}),)))
    assert "\n" not in refused.value.message


@pytest.mark.parametrize("key", ["quantize.static", "quantize.mixed", "quantize.rescue", "quantize.train"])
def test_every_method_that_quantizes_takes_the_same_choices_for_single_layers(key: str) -> None:
    said = {"precision": "int4", "group_size": "16", "activations": "int8", "symmetric": "yes", "calibrator": "mse"}
    step = checked(Step(key, overrides=((Scope(pattern="/y"), {**said, "range_high": "2"}),)))[2]
    wanted = {"precision": "int4", "group_size": 16, "activations": "int8", "symmetric": True, "calibrator": "mse"}
    assert step.overrides[0][1] == {**wanted, "range_high": 2.0}


def test_a_cures_command_repeats_what_was_said_of_patterns() -> None:
    said = [{"scope": {"pattern": "/c*"}, "params": {"symmetric": True}}]
    said += [{"scope": {"layers": ["/y"]}, "params": {"activations": "int16", "range_low": None}}]
    offer = Offer("cause", ("/y",), "words", 50.0, {"method": "quantize.static", "params": {}, "overrides": said})
    assert offer.command.endswith("--override '/c*' symmetric=true --override /y activations=int16 range_low=none")


def test_what_runtimes_dictate_stays_and_a_lost_choice_is_said() -> None:
    nodes = [CONV, node("Sigmoid", "c", "s"), node("Conv", "s u", "z"), node("Exp", "z", "y")]
    done = made(nodes, ("/s", {"activations": "int16", "range_high": 9.0}), ("/y", {"activations": "int8"}))
    assert pairs(done)["s"] == fixed_params("Sigmoid", "int16")
    assert "The range of '/s' is not the one chosen: runtimes dictate it." in done.notes
    assert "Nothing was chosen for the result of '/y': it is not stored in integers." in done.notes


def test_where_a_range_comes_from_stays_with_its_pair_and_in_the_report() -> None:
    said = [("/r", {"range_low": 0, "range_high": 1.5}), ("/y", {"range_high": 0.5, "calibrator": "mse"})]
    done = made(RELU, *said)
    found = {
        p.value: p.quantize.metadata_props.get(RANGE_FROM) for p in activation_pairs(done.model.graph.graph).values()
    }
    assert found == {"x": None, "r": "typed", "y_unquantized": "typed highest, mse"}
    rows = {row[0]: (row[1], row[4]) for row in done.chosen}
    assert rows == {"/r": ("uint8", "typed"), "/y": ("uint8", "typed highest, mse")}
    assert all(RANGE_FROM not in n.metadata_props for n in made(RELU).model.nodes())


def test_every_tensor_is_listed_as_it_is_stored(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nodes = [CONV, node("Sigmoid", "c", "s"), node("MaxPool", "s", "p", kernel_shape=[2, 2]), node("Conv", "p u", "y")]
    step = Step("quantize.static", {"bias_correction": False, "granularity": "group", "group_size": 2},
                overrides=((Scope(layers=("/y",)), {"activations": "int16", "range_high": 1.0, "calibrator": "mse"}),
                           (Scope(layers=("/c",)), {"precision": "int4", "symmetric": True})))  # fmt: skip
    model = run_step(net(nodes), step, Context(data=DATA)).model
    assert model is not None
    rows = {(t.layer, t.role): t for t in stored_tensors(model)}
    assert list(rows) == [
        ("x", "input"), ("/c", "weight"), ("/c", "result"), ("/s", "result"), ("/p", "result"), ("/y", "weight"),
        ("/y", "result"),
    ]  # fmt: skip
    kinds = {
        (t.type, t.symmetric, t.scales, t.block, t.came_from) for t in (rows["/c", "weight"], rows["/y", "weight"])
    }
    assert kinds == {("int4", True, 4 * 2 * 9, 2, ""), ("int8", True, 4 * 2, 2, "")}
    assert [rows[n, "result"].came_from for n in ("/c", "/s", "/p", "/y")] == [
        "minmax", "dictated", "shared", "typed highest, mse",
    ]  # fmt: skip
    stored = activation_pairs(model.graph.graph)["c"].params
    assert (rows["/c", "result"].scale[0], rows["/c", "result"].symmetric) == (stored.scale, True)
    assert rows["/c", "result"].range == stored.range
    save_onnx(model, tmp_path / "m.onnx")
    assert main(["info", str(tmp_path / "m.onnx"), "--tensors", "--json"]) == 0
    assert [t["layer"] for t in json.loads(capsys.readouterr().out)["tensors"]] == [layer for layer, _ in rows]
    assert main(["info", str(tmp_path / "m.onnx"), "--tensors"]) == 0
    assert "typed highest, mse" in capsys.readouterr().out
    save_onnx(net(nodes), tmp_path / "f.onnx")
    assert main(["info", str(tmp_path / "f.onnx"), "--tensors"]) == 0
    assert "Every tensor is stored in float32" in capsys.readouterr().out


@pytest.mark.parametrize("form", ["codebook", "powers_of_two", "float16", "int4"])
def test_weights_that_are_stored_alone_are_listed_too(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    many = {"w": weights(8, 3, 3, 3), "w2": weights(8, 8, 3, 3, seed=3)}
    before = network([node("Conv", "x w", "c"), node("Conv", "c w2", "y")], many, SHAPE)
    model = run_step(before, Step("quantize.weights", {"format": form, "bits": 4}), Context()).model
    assert model is not None
    rows = {t.layer: t for t in stored_tensors(model)}
    last = rows["/y"]
    ends = {"codebook": (0, None), "powers_of_two": (8, None), "float16": (0, None), "int4": (8, True)}[form]
    assert (last.role, last.scales, last.symmetric) == ("weight", *ends)
    real = next(decoded(n) for n in model.nodes() if decodes(n) and n.outputs[0].consumers()[0].name == "/y")
    if form == "int4":
        assert last.range is not None
        assert last.range[0] <= real.min() <= real.max() <= last.range[1]
    else:
        assert last.range == (float(real.min()), float(real.max()))
    save_onnx(model, tmp_path / "m.onnx")
    assert main(["info", str(tmp_path / "m.onnx"), "--tensors"]) == 0
    assert form.split("_")[0] in capsys.readouterr().out


def test_bytes_and_memory_count_each_value_in_its_own_type() -> None:
    """Weights: 2 bytes of zero point instead of 1. Memory: y is [1, 4, 6, 6], 144 values of 1 more byte at the end."""
    usual, wide = made(RELU), made(RELU, ("/y", {"activations": "int16"}))
    assert weight_bytes(wide.model) - weight_bytes(usual.model) == 1
    for done, kind in ((usual, "uint8"), (wide, "int16")):
        overrides = ((Scope(pattern="/y"), {"activations": kind}),)
        plan = planned(net(RELU), Params(bias_correction=False), Context(overrides=overrides))
        assert plan.report.measures["weight_bytes_after"].value == weight_bytes(done.model)
    peak = [cost(m).peak_memory.bytes for m in (usual.model, wide.model)]
    assert None not in peak
    assert peak[1] - peak[0] == 144  # type: ignore[operator]


def test_a_step_about_an_input_can_be_done_again_where_there_is_one() -> None:
    step = Step("quantize.static", overrides=((Scope(layers=("x",)), {"activations": "int8"}),))
    assert obstacle(step, net(RELU)) == ""
    gone = Step("quantize.static", overrides=((Scope(layers=("z",)), {"activations": "int8"}),))
    assert "is about layer 'z', which this revision does not have" in obstacle(gone, net(RELU))
    other = Step("prune.channels", overrides=((Scope(layers=("x",)), {"ratio": 0.5}),))
    assert "is about layer 'x'" in obstacle(other, net(RELU)), "only what quantizes knows inputs"


def test_equalization_leaves_values_alone_whose_range_is_typed() -> None:
    """Their numbers are what the range is about; elsewhere channels get factors, which change the weights."""

    def stored(done: Quantized) -> Any:
        found = stored_constant(by_name(done.model, "/c").inputs[1])
        assert found is not None
        return found.real

    plain, equal = made(RELU), made(RELU, equalize=True)
    typed = made(RELU, ("/r", {"range_low": 0.0, "range_high": 2.0}), equalize=True)
    assert not np.allclose(stored(equal), stored(plain), rtol=0.05)
    np.testing.assert_array_equal(stored(typed), stored(plain))
    assert pairs(typed)["r"] == activation_params(0.0, 2.0)
    assert "Channels of /r got no factor: their range was typed." in typed.notes
    pattern, none = ("/[cr]", {"range_high": 2.0}), {"range_low": None, "range_high": None}
    for name in ("/c", "/r"):  # one value, whichever of the two it is said of
        np.testing.assert_array_equal(stored(made(RELU, pattern, (name, none), equalize=True)), stored(equal))


def test_what_calibration_cut_off_counts_typed_ranges() -> None:
    plain, cut = made(RELU), made(RELU, ("/y", {"range_low": -0.01, "range_high": 0.01}))
    assert plain.observed.ranges["y"] == plain.observed.extremes["y"] == cut.observed.extremes["y"]
    assert cut.observed.ranges["y"] == (-0.01, 0.01)


def test_only_16_bits_raise_the_opset() -> None:
    assert made(RELU, ("/r", {"activations": "int8"})).model.opset == 18
    assert made(RELU, ("/r", {"activations": "int16"})).model.opset == 21


BEHIND: dict[str, list[onnx.NodeProto]] = {
    "conv": [node("Conv", "c u", "y")],
    "depthwise_pool": [node("MaxPool", "c", "p", kernel_shape=[2, 2]), node("Conv", "p u", "y")],
    "add": [OTHER, node("Add", "c d", "y")],
    "mul_constant": [node("Mul", "c k", "y")],
    "gate": [node("GlobalAveragePool", "c", "g"), node("Sigmoid", "g", "s"), node("Mul", "c s", "y")],
    "concat": [OTHER, node("Concat", "c d", "j", axis=1), node("LeakyRelu", "j", "y", alpha=0.1)],
    "gemm": [node("GlobalAveragePool", "c", "g"), node("Flatten", "g", "f"), node("Gemm", "f v", "y")],
}


@pytest.mark.parametrize("case", BEHIND)
@pytest.mark.parametrize("types", list(itertools.permutations(["uint8", "int8", "int16", "uint16"], 3))[::3])
def test_mixed_types_mean_the_same_to_every_executor(case: str, types: tuple[str, str, str]) -> None:
    """Optimised onnxruntime and our torch executor give the float arithmetic of the nodes, which onnxruntime computes
    without optimisation: but for a value of 8 bits on the way, which may round another way (here seen once)."""
    said = [(name, {"activations": kind}) for name, kind in zip(("x", "/c", "/y"), types, strict=True)]
    done = made([CONV, *BEHIND[case]], *said)
    assert [pairs(done)[v].storage for v in "xcy"] == list(types)
    feed = {"x": DATA.values}
    wanted = onnx_session(done.model, optimized=False).run(feed)["y"]
    import torch

    ours = TorchGraph(done.model)(torch.from_numpy(DATA.values))["y"].detach().numpy()
    result = pairs(done)["y"]
    for found in (onnx_session(done.model).run(feed)["y"], ours):
        away = np.abs(found - wanted)
        assert np.median(away) <= 1.01 * result.scale
        assert away.max() <= 2 * (result.range[1] - result.range[0]) / 255


def test_a_recipe_keeps_the_choices_and_gives_the_same_bytes_again() -> None:
    from tests.core.test_quantize_static import graph_bytes

    said = ((Scope(layers=("/r",)), {"activations": "int16", "range_high": "1.5"}),)
    step = Step("quantize.static", {"bias_correction": False}, overrides=said)
    context = Context(data=DATA)
    first = run_step(net(RELU), step, context)
    again = run_step(net(RELU), Step.from_json(checked(step)[2].to_json()), context)
    assert first.model is not None
    assert again.model is not None
    assert graph_bytes(first.model) == graph_bytes(again.model)
    assert activation_pairs(first.model.graph.graph)["r"].params == activation_params(0.0, 1.5, "int16")
