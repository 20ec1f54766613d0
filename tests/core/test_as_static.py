"""What another act quantized, done by quantize.static: the same bytes, so that a cure changes nothing else."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import onnx_ir as ir
import pytest

from core.methods.analyse.causes import load_causes
from core.methods.analyse.causes.cause import Finding
from core.methods.analyse.cures import Offer, curable, cures_from, offers, quantized_with, table_of, together
from core.methods.method import Context, load_methods
from core.methods.quantize import static
from core.methods.quantize.as_static import as_static, quantizing_step
from core.model.qdq import activation_pairs
from core.params import to_json
from core.project.recipe import Step, run_step
from core.report import Report
from tests.core.qdq_graphs import Arrays, network, node, weights

DATA = Arrays((3, 8, 8), 60)
FOUND = json.dumps({"equalize": True, "calibrator": "mse", "rounding": "gptq", "float_layers": ["/c"]})
STEPS = {
    "rescue": Step("quantize.rescue", {"calibration_items": 8, "check_items": 8, "found": FOUND}),
    "mixed": Step("quantize.mixed", {"calibration_items": 8, "chosen": '["/c"]', "bias_correction": False}),
    "int8": Step("quantize.int8", {"per_channel": False, "calibration_items": 8}),
}


def model() -> Any:
    nodes = [
        node("Conv", "x w0", "a"), node("Relu", "a", "b"), node("Conv", "b w1", "c"), node("Relu", "c", "d"),
        node("Conv", "d w2", "y"),
    ]  # fmt: skip
    shapes = {"w0": (8, 3, 3, 3), "w1": (8, 8, 3, 3), "w2": (4, 8, 1, 1)}
    return network(nodes, {name: weights(*shape, seed=k) for k, (name, shape) in enumerate(shapes.items())}, (3, 8, 8))


@pytest.mark.parametrize("name", STEPS)
def test_nothing_of_what_was_done_is_lost(name: str) -> None:
    made = run_step(model(), STEPS[name], Context(data=DATA)).model
    assert made is not None
    params, overrides, _, known = quantized_with(made)
    assert known
    layers = [o["scope"]["layers"] for o in overrides]
    if name == "rescue":
        assert (params["equalize"], params["calibrator"], params["rounding"]) == (True, "mse", "gptq")
    if name == "int8":
        assert params["granularity"] == "tensor"
    assert layers == ([] if name == "int8" else [["/c"]])
    again = run_step(model(), Step.from_json({"method": "quantize.static", "params": params, "overrides": overrides}),
                     Context(data=DATA)).model  # fmt: skip
    assert again is not None
    kept = [[n.name for n in m.nodes() if n.op_type == "Conv" and _float(n)] for m in (made, again)]
    assert kept[0] == kept[1] == ([] if name == "int8" else ["/c"])


def _float(node: ir.Node) -> bool:
    value = node.inputs[1]
    return value is not None and value.const_value is not None


@pytest.mark.parametrize("method", ["quantize.static", "quantize.int8", "quantize.rescue", "quantize.mixed"])
def test_what_a_step_leaves_to_its_methods_defaults_is_said(method: str) -> None:
    """Whatever these are: a step that says nothing is the step that says every default."""
    method_params = load_methods().get(method).params
    silent, _ = as_static({"method": method, "params": {}})
    spoken, _ = as_static({"method": method, "params": to_json(method_params())})
    usual = to_json(static.Params())
    assert {**usual, **silent} == {**usual, **{k: v for k, v in spoken.items() if k in usual}}
    own = {name: value for name, value in to_json(method_params()).items() if name in usual and value != usual[name]}
    if method == "quantize.int8":
        own["search_ranges"] = False  # that it has no such parameter says as much
    assert silent == own
    if method == "quantize.mixed":
        assert own == {"equalize": True}
        assert as_static({"method": method, "params": {"search_ranges": False}})[0]["search_ranges"] is False


def test_the_mixed_form_is_done_again_with_the_ranges_it_searched() -> None:
    shapes = {"w0": (8, 3, 1, 1), "w1": (8, 8, 1, 1), "w2": (4, 8, 1, 1)}
    own = {name: weights(*shape, seed=k) for k, (name, shape) in enumerate(shapes.items())}
    own["w0"][0], own["w1"][:, 0] = 20.0, 0.0  # outliers that nothing reads
    nodes = [node("Conv", "x w0", "a"), node("Relu", "a", "b"), node("Conv", "b w1", "c"), node("Conv", "c w2", "y")]
    float_model = network(nodes, own, (3, 8, 8))
    params = {"calibration_items": 8, "chosen": '["/y"]', "choose_by": "calibration", "bias_correction": False}
    written = Step("quantize.mixed", params)  # as a person writes it: what is as by default is left out
    made = run_step(float_model, written, Context(data=DATA)).model
    assert made is not None
    said, overrides = as_static(written.to_json())
    own_params = {k: v for k, v in said.items() if k in to_json(static.Params())}
    step = Step.from_json({"method": "quantize.static", "params": own_params, "overrides": overrides})
    again = run_step(float_model, step, Context(data=DATA)).model
    assert again is not None
    first, second = ([p.params for p in activation_pairs(m.graph.graph).values()] for m in (made, again))
    assert first == second
    wide = dataclasses.replace(step, params={**step.params, "search_ranges": False})
    plain = run_step(float_model, wide, Context(data=DATA)).model
    assert plain is not None
    assert first != [p.params for p in activation_pairs(plain.graph.graph).values()], "a range was narrowed"


def test_the_step_that_quantized_is_found_behind_others() -> None:
    steps = [
        {"method": "prune.channels", "params": {}},
        STEPS["int8"].to_json(),
        {"method": "quantize.train", "params": {}},
    ]
    assert quantizing_step(steps) == steps[1]
    assert quantizing_step(steps[:1]) is None
    assert as_static({"method": "quantize.rescue", "params": {"found": "no JSON"}})[1] == []


def test_cures_together_do_not_undo_each_other() -> None:
    made = run_step(model(), Step("quantize.static", {"calibration_items": 8, "precision": "int4"}), Context(data=DATA))
    assert made.model is not None
    step = {"scope": {"layers": ["/a"]}, "params": {"precision": "int4"}}
    own = [step]
    first, second = ({"method": "quantize.static", "params": {}, "seed": 0, "overrides": [*own, more]} for more in (
        {"scope": {"layers": ["/a"]}, "params": {"precision": "int8"}},
        {"scope": {"layers": ["/c"]}, "params": {"precision": "float"}},
    ))  # fmt: skip
    both = together([Offer("a", ("/a",), "", 9.0, first), Offer("b", ("/c",), "", 1.0, second)])
    assert [o["params"]["precision"] for o in both["overrides"]] == ["int4", "int8", "float"]
    finding = Finding("few_bits", "few", 0.5, "", load_causes().get("few_bits").cures[:1])
    offer = offers(made.model, [("/a", 60.0, finding)])[0]
    assert offer.step["overrides"] == [{"scope": {"layers": ["/a"]}, "params": {"precision": "int8"}}]
    assert offer.step["params"] == {"calibration_items": 8, "precision": "int4"}


def found(key: str) -> Finding:
    cause = load_causes().get(key)
    return Finding(key, cause.title, 0.5, "", cause.cures)


def test_cures_together_may_set_what_is_the_default() -> None:
    """A step says nothing of what is as by default: the others must not take back what a cure sets to it."""
    done = {"calibration_items": 8, "granularity": "tensor", "bias_correction": False}
    made = run_step(model(), Step("quantize.static", done), Context(data=DATA)).model
    assert made is not None
    findings = curable(made, [found("unequal_channels"), found("constant_shift")])
    several = offers(made, [("/a", 60.0, findings[0]), ("/c", 20.0, findings[1])])
    several = cures_from(Report({}, (table_of(several),)))  # as the window has them
    assert [o.words for o in several] == [
        "give each output channel a scale of its own",
        "equalize the channels across layers before quantizing",
        "correct the biases behind the quantized layers",
    ]
    assert [o.step["params"].get("granularity", "channel") for o in several] == ["channel", "tensor", "tensor"]
    assert [o.step["params"].get("bias_correction", True) for o in several] == [False, False, True]
    both = together(several)["params"]
    assert both == {"calibration_items": 8, "granularity": "channel", "equalize": True, "bias_correction": True}


def test_a_cure_that_is_there_already_leaves_the_other_one() -> None:
    for done, left in (({"granularity": "tensor", "equalize": True}, "channel a scale"), ({}, "equalize")):
        made = run_step(model(), Step("quantize.static", {"calibration_items": 8, **done}), Context(data=DATA)).model
        assert made is not None
        (one,) = curable(made, [found("unequal_channels")])
        assert [left in cure.words for cure in one.cures] == [True]
