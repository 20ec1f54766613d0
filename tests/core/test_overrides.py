"""Layers that are treated differently: checked before the act, handed to it, kept in recipes, typed as options."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import onnx
import onnx_ir as ir
import pytest

from core.cli.main import main
from core.errors import UserError
from core.formats.open import open_model
from core.methods.method import METHODS, Context, Outcome, load_methods, method
from core.methods.scope import Scope, overridden
from core.model.model import Model
from core.model.qdq import stored_constant
from core.params import Field
from core.project.checkpoints import digest_of
from core.project.context import context_for
from core.project.recipe import Recipe, Step, checked, load_recipe, recipe_of, run_recipe, run_step, save_recipe
from core.report import Report
from tests.conftest import SAMPLE


class Sign(Enum):
    PLUS = "plus"
    MINUS = "minus"


@dataclass(frozen=True, slots=True)
class Params:
    factor: Annotated[float, Field("Factor", low=0.0, high=2.0)] = 1.0
    sign: Annotated[Sign, Field("Sign")] = Sign.PLUS
    bias: Annotated[float, Field("Bias", low=0.0)] = 0.0


@pytest.fixture(autouse=True)
def scaling() -> Iterator[None]:
    """An act that multiplies the kernels of convolutions by a factor, which may differ from layer to layer."""
    load_methods()

    def apply(model: Model, params: Params, ctx: Context) -> Outcome:
        new = model.clone()
        for node in (n for n in new.nodes() if n.op_type == "Conv"):
            factor = overridden(ctx.overrides, (node,), "factor")
            factor = params.factor if factor is None else factor
            factor *= -1 if overridden(ctx.overrides, (node,), "sign") == "minus" else 1
            weight = node.inputs[1]
            assert weight is not None
            assert weight.const_value is not None
            weight.const_value = ir.tensor(weight.const_value.numpy() * np.float32(factor), name=weight.name)
        return Outcome(new, Report())

    method("test.scale", title="Scale…", menu="Test", params=Params, overridable=("factor", "sign"))(apply)
    yield
    del METHODS._items["test.scale"]


def factors(before: Path, after: Path | Model) -> dict[str, float]:
    """Layer -> what its kernel was multiplied by."""

    def kernels(model: Model) -> dict[str, Any]:
        return {n.name or "": n.inputs[1].const_value.numpy() for n in model.nodes() if n.op_type == "Conv"}  # type: ignore[union-attr]

    old = kernels(open_model(before))
    new = kernels(after if isinstance(after, Model) else open_model(after))
    return {name: float(np.median(new[name] / old[name])) for name in old}


def step(*overrides: tuple[Scope, dict[str, Any]]) -> Step:
    return Step("test.scale", {"factor": 0.5}, overrides=overrides)


ONE, OTHER = Scope(pattern="features.0*"), Scope(pattern="features.*")


def test_the_last_override_that_has_the_layer_holds() -> None:
    def made(*overrides: tuple[Scope, dict[str, Any]]) -> dict[str, float]:
        outcome = run_step(open_model(SAMPLE), step(*overrides), Context())
        assert outcome.model is not None
        return factors(SAMPLE, outcome.model)

    plain = made()
    assert set(plain.values()) == {0.5}
    first = [name for name in plain if name.startswith("features.0")]
    assert 0 < len(first) < len(plain)
    found = made((OTHER, {"factor": 0.25}), (ONE, {"factor": "1.5", "sign": "minus"}))
    assert {n: found[n] for n in first} == dict.fromkeys(first, -1.5)
    assert {found[n] for n in plain if n not in first} == {0.25}
    assert set(made((ONE, {"factor": 1.5}), (OTHER, {"factor": 0.25})).values()) == {0.25}
    # what one override leaves open, an earlier one may say
    found = made((OTHER, {"factor": 0.25}), (ONE, {"sign": "minus"}))
    assert {found[n] for n in first} == {-0.25}


def test_layers_that_share_a_value_follow_the_last_override_that_has_one_of_them() -> None:
    nodes = [n for n in open_model(SAMPLE).nodes() if n.op_type == "Conv"]
    assert overridden(((ONE, {"factor": 0.1}),), nodes, "factor") == 0.1
    assert overridden(((ONE, {"factor": 0.1}), (OTHER, {"factor": 0.0})), nodes, "factor") == 0.0
    assert overridden(((ONE, {"factor": 0.1}),), nodes, "sign") is None
    assert overridden(((ONE, {"factor": 0.1}),), nodes[-1:], "factor") is None


def test_a_list_of_exactly_these_layers_gives_way_to_later_patterns_only() -> None:
    """A trunk and a part of it that is a group of its own share layers: each keeps what was meant for it."""
    nodes = [n for n in open_model(SAMPLE).nodes() if n.op_type == "Conv"][:3]
    names = tuple(n.name or "" for n in nodes)
    trunk, part = (Scope(layers=names), {"factor": 0.1}), (Scope(layers=names[1:]), {"factor": 0.7})
    for both in ((trunk, part), (part, trunk)):
        assert overridden(both, nodes, "factor") == 0.1
        assert overridden(both, nodes[1:], "factor") == 0.7
        assert overridden((*both, (OTHER, {"factor": 0.3})), nodes, "factor") == 0.3
        assert overridden((*both, (OTHER, {"sign": "minus"})), nodes, "factor") == 0.1
    assert overridden((part,), nodes, "factor") == 0.7  # nobody meant the whole group


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ((ONE, {"factor": 3}), r"override for 'features\.0\*': Factor is 3\.0; it must be between"),
        ((ONE, {"sign": "sideways"}), "Sign is 'sideways'"),
        ((ONE, {"bias": 1.0}), "no parameter 'bias' that can differ"),
        ((ONE, {"facto": 1.0}), "no parameter 'facto' that can differ"),
        ((ONE, {}), r"override for 'features\.0\*' sets no parameter"),
        ((Scope(pattern="head*"), {"factor": 0.1}), r"override for 'head\*' has no layer"),
        ((Scope(operators=("Erf",)), {"factor": 0.1}), "override for 'Erf' has no layer"),
        ((Scope(layers=("gone",)), {"factor": 0.1}), "override for 'gone' has no layer: the model has none"),
    ],
)
def test_what_is_wrong_with_an_override_is_named(override: Any, words: str) -> None:
    for act in (lambda: run_step(open_model(SAMPLE), step(override), Context()),
                lambda: context_for(open_model(SAMPLE), step(override))):  # fmt: skip
        with pytest.raises(UserError, match=words):
            act()


def test_a_context_for_previews_and_a_checkpoint_know_them() -> None:
    asked = step((ONE, {"factor": "0.25"}))
    model, ctx = context_for(open_model(SAMPLE), asked)
    assert ctx.overrides == ((ONE, {"factor": 0.25}),)
    assert digest_of(model, checked(asked)[2], ctx) != digest_of(model, checked(step())[2], ctx)


def test_recipes_keep_them_and_replay_gives_the_same_weights(tmp_path: Path) -> None:
    recipe = Recipe((step((ONE, {"factor": 0.25})), step()))
    first, _ = run_recipe(open_model(SAMPLE), recipe, Context())
    assert recipe_of(first).steps[0].overrides == ((ONE, {"factor": 0.25}),)
    save_recipe(recipe_of(first), tmp_path / "r.json")
    again, _ = run_recipe(open_model(SAMPLE), load_recipe(tmp_path / "r.json"), Context())
    assert factors(SAMPLE, again) == factors(SAMPLE, first)
    assert set(factors(SAMPLE, first).values()) == {0.125, 0.25}


def test_the_command_line_gives_several_and_replays_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, again = tmp_path / "o.onnx", tmp_path / "again.onnx"
    command = ["apply", "test.scale", str(SAMPLE), "-o", str(out), "--override", "features.*", "factor=0.25"]
    assert main([*command, "--override", "features.0*", "factor=2", "sign=minus", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)["reports"][0]["step"]
    assert [o["params"] for o in made["overrides"]] == [{"factor": 0.25}, {"factor": 2.0, "sign": "minus"}]
    assert set(factors(SAMPLE, out).values()) == {-2.0, 0.25}
    (tmp_path / "r.json").write_text(json.dumps([made]))
    assert main(["run", str(tmp_path / "r.json"), str(SAMPLE), "-o", str(again)]) == 0
    before, after = onnx.load(out), onnx.load(again)
    assert before.graph == after.graph
    assert main([*command, "--override", "head*", "factor=1"]) == 2
    assert "'head*' has no layer" in capsys.readouterr().err


def test_what_is_set_holds_before_what_a_preset_says_of_some_layers(tmp_path: Path) -> None:
    out = tmp_path / "q.onnx"
    words = ["apply", "quantize.static", str(SAMPLE), "-o", str(out), "--data", "sample", "--preset", "qnn", "--set"]
    fast = ["calibration_items=4", "search_ranges=false", "bias_correction=false"]
    for said, scales in ((fast, 1), ([*fast, "granularity=channel"], 10)):
        assert main([*words, *said]) == 0
        gemm = next(n for n in open_model(out).nodes() if n.op_type == "Gemm")
        stored = stored_constant(gemm.inputs[1])
        assert stored is not None
        assert stored.scale.size == scales
