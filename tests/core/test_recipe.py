"""Recipes: through JSON and back, refused where malformed, and the same bytes when replayed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import onnx
import onnx_ir as ir
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Cancelled, UserError
from core.formats.onnx_file import save_onnx
from core.formats.open import open_model
from core.jobs import Job, Progress
from core.methods.method import METHODS, Context, Outcome, load_methods, method
from core.methods.scope import Scope
from core.model.model import ORIGIN, Model
from core.params import Field
from core.project.recipe import (
    RECIPE,
    Recipe,
    Step,
    load_recipe,
    origin,
    recipe_of,
    run_recipe,
    run_step,
    save_recipe,
)
from core.report import Measure, Report
from tests.conftest import network_path


@dataclass(frozen=True, slots=True)
class Params:
    size: Annotated[float, Field("Noise", low=0.0, high=1.0)] = 0.125


@pytest.fixture(autouse=True)
def noise_method() -> Iterator[None]:
    """An act that adds seeded noise to the weights in scope and puts an Identity behind the last layer."""
    load_methods()

    def apply(model: Model, params: Params, ctx: Context) -> Outcome:
        new, rng = model.clone(), np.random.default_rng(ctx.seed)
        for node in ctx.job.track(list(new.nodes()), 1):
            if not ctx.scope.contains(node):
                continue
            for value in node.inputs:
                if value is not None and value.const_value is not None and value.const_value.dtype.is_floating_point():
                    array = value.const_value.numpy()
                    noisy = (array + params.size * rng.standard_normal(array.shape)).astype(array.dtype)
                    value.const_value = ir.tensor(noisy, name=value.name)
        return Outcome(new, Report({"size": Measure(params.size, "", "estimated")}))

    def grow(model: Model, params: object, ctx: Context) -> Outcome:
        new = model.clone()
        new.graph.graph.append(ir.Node("", "Identity", [new.graph.graph.outputs[0]], num_outputs=1, name="extra"))
        return Outcome(new, Report())

    def look(model: Model, params: object, ctx: Context) -> Outcome:
        return Outcome(None, Report(notes=("Looked.",)))

    method("test.noise", title="Noise…", menu="Test", params=Params)(apply)
    method("test.grow", title="Grow", menu="Test")(grow)
    method("test.look", title="Look", menu="Test")(look)
    yield
    for key in ("test.noise", "test.grow", "test.look"):
        del METHODS._items[key]


def opened() -> Model:
    return open_model(network_path("resnet20"))


def data_of(model: Model, path: Path) -> bytes:
    save_onnx(model, path)
    return path.read_bytes()


names = st.text(min_size=1, max_size=8)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
scopes = st.builds(Scope, st.lists(names).map(tuple), st.text(max_size=5), st.lists(names).map(tuple))
params_strategy = st.dictionaries(names, scalars, max_size=3)
steps = st.builds(
    Step,
    method=names,
    params=params_strategy,
    scope=scopes,
    overrides=st.lists(st.tuples(scopes, params_strategy), max_size=2).map(tuple),
    data=st.text(max_size=8),
    teacher=st.text(max_size=8),
    preprocess=st.text(max_size=8),
    seed=st.integers(0, 2**32 - 1),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(steps, max_size=3))
def test_recipes_survive_json(given_steps: list[Step]) -> None:
    """60 examples."""
    recipe = Recipe(tuple(given_steps))
    assert Recipe.from_json(json.loads(json.dumps(recipe.to_json()))) == recipe


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["recipe", "steps", "method", "params", "scope", "overrides", "seed", "layers", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(json_values)
def test_any_json_is_a_recipe_or_one_sentence(value: object) -> None:
    """200 examples."""
    try:
        recipe = Recipe.from_json(value)
    except UserError:
        return
    assert Recipe.from_json(recipe.to_json()) == recipe


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("{", "not JSON.*line 1"),
        ("\xff", "one|not"),
        ("3", "must be a JSON object"),
        ("{}", "no list 'steps'"),
        ('{"recipe": 99, "steps": []}', "format 99"),
        ('[{"params": {}}]', "Step 1.*names no method"),
        ('[{"method": "a"}, {"method": "b", "sed": 1}]', "Step 2.*'sed'"),
        ('[{"method": "a", "seed": -1}]', "'seed' is -1"),
        ('[{"method": "a", "seed": 1.5}]', "'seed' is 1.5"),
        ('[{"method": "a", "params": {"p": [1]}}]', "'p' is"),
        ('[{"method": "a", "scope": {"layer": "x"}}]', "'layer'"),
        ('[{"method": "a", "scope": {"layers": "x"}}]', "list of names"),
        ('[{"method": 7}]', "'method' is 7"),
        (f'[{{"method": "a", "seed": {"9" * 5000}}}]', "a number that is too long"),
    ],
)
def test_malformed_recipes_are_refused_by_name(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "r.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(UserError, match=words):
        load_recipe(path)


def test_a_recipe_file_replays_to_the_same_bytes(tmp_path: Path) -> None:
    scope = Scope(operators=("Conv",))
    recipe = Recipe((Step("test.noise", {"size": 0.01}, scope, seed=3), Step("test.noise", {}, seed=4)))
    save_recipe(recipe, tmp_path / "r.json")
    first, _ = run_recipe(opened(), recipe, Context())
    again, _ = run_recipe(opened(), load_recipe(tmp_path / "r.json"), Context())
    from_metadata, _ = run_recipe(opened(), recipe_of(first), Context())
    data = data_of(first, tmp_path / "a.onnx")
    assert data == data_of(again, tmp_path / "b.onnx") == data_of(from_metadata, tmp_path / "c.onnx")
    other, _ = run_recipe(opened(), Recipe((recipe.steps[0],)), Context())
    assert data != data_of(other, tmp_path / "d.onnx")
    onnx.checker.check_model(data)


def test_a_saved_result_knows_its_recipe_with_every_parameter(tmp_path: Path) -> None:
    outcome = run_step(opened(), Step("test.noise", seed=5), Context(seed=99))
    assert outcome.model is not None
    save_onnx(outcome.model, tmp_path / "r.onnx")
    assert recipe_of(open_model(tmp_path / "r.onnx")).steps == (Step("test.noise", {"size": 0.125}, seed=5),)
    assert recipe_of(opened()) == Recipe(())


def test_nodes_know_where_they_come_from_through_several_acts() -> None:
    model = opened()
    names_before = [n.name for n in model.nodes()]
    result, outcomes = run_recipe(model, Recipe((Step("test.grow"), Step("test.look"), Step("test.noise"))), Context())
    origins = {n.name: origin(n) for n in result.nodes()}
    assert [origins[n] for n in names_before] == names_before
    assert origins["extra"] == ""
    assert [o.model is None for o in outcomes] == [False, True, False]
    assert [s.method for s in recipe_of(result).steps] == ["test.grow", "test.noise"]
    assert not any(ORIGIN in n.metadata_props for n in model.nodes())  # the input is untouched
    assert RECIPE not in model.graph.metadata_props


def test_a_bad_step_is_refused_before_the_first_runs() -> None:
    events: list[object] = []
    bad = Recipe((Step("test.noise"), Step("test.noise", {"size": 2.0})))
    with pytest.raises(UserError, match=r"Noise is 2\.0"):
        run_recipe(opened(), bad, Context(job=Job(events.append)))
    assert events == []
    with pytest.raises(UserError, match="no method called 'absent'"):
        run_step(opened(), Step("absent"), Context())
    with pytest.raises(UserError, match="no parameter 'x'"):
        run_step(opened(), Step("test.noise", {"x": 1}), Context())
    with pytest.raises(UserError, match=r"'test\.look' treats all layers alike"):
        run_step(opened(), Step("test.look", overrides=((Scope(), {"size": 0.5}),)), Context())


def test_progress_runs_over_the_whole_recipe_and_cancel_stops_it() -> None:
    shares: list[float] = []
    job = Job(lambda e: shares.append(e.done) if isinstance(e, Progress) else None, rate=1e9)
    run_recipe(opened(), Recipe((Step("test.noise"), Step("test.noise"))), Context(job=job))
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    job = Job()
    job.cancel()
    with pytest.raises(Cancelled):
        run_recipe(opened(), Recipe((Step("test.noise"),)), Context(job=job))


def test_someone_elses_metadata_under_our_key_is_no_recipe() -> None:
    model = opened()
    for text in ("not json", "3", '{"steps": 1}', '[{"method": 1}]'):
        model.graph.metadata_props[RECIPE] = text
        assert recipe_of(model) == Recipe(())
