"""Steps and recipes: acts as data, saved beside the result, replayed with the same bytes as outcome."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import onnx_ir as ir

from core import __version__
from core import params as parameters
from core.errors import UserError
from core.formats.onnx_file import write_atomically
from core.formats.open import check_file
from core.methods.method import Context, Method, Outcome, load_methods
from core.methods.scope import Override, Scope
from core.model.model import ORIGIN, RECIPE, Model

FORMAT = 1
_CREATED_BY = "by:"
_TEXTS = ("method", "data", "test", "preprocess", "teacher")
_LISTS_LAYERS = "'thimble info' lists the layers, and so does the window's tab Layers."


@dataclass(frozen=True, slots=True)
class Step:
    """One act: which method, with what, on which layers.

    ``data``, ``test`` and ``teacher`` are paths and ``preprocess`` a preset or a path: where things were, not the
    things. ``overrides`` are (scope, part of the parameters) for layers that are to be treated differently.
    """

    method: str
    params: Mapping[str, parameters.Scalar] = field(default_factory=dict)
    scope: Scope = field(default_factory=Scope)
    overrides: tuple[Override, ...] = ()
    data: str = ""
    test: str = ""
    preprocess: str = ""
    teacher: str = ""
    seed: int = 0

    def to_json(self) -> dict[str, Any]:
        """Only what differs from the defaults, so that recipes are short to read and write."""
        out: dict[str, Any] = {"method": self.method, "params": dict(self.params)}
        if not self.scope.everything:
            out["scope"] = self.scope.to_json()
        if self.overrides:
            out["overrides"] = [{"scope": s.to_json(), "params": dict(p)} for s, p in self.overrides]
        out.update({k: getattr(self, k) for k in _TEXTS[1:] if getattr(self, k)})
        out["seed"] = self.seed
        return out

    @classmethod
    def from_json(cls, data: Any, where: str = "The step") -> Step:
        """Raises UserError naming the step (``where``) and the key that is wrong."""
        values = dict(_mapping(data, where))
        known = {f.name for f in dataclasses.fields(cls)}
        unknown = [k for k in values if k not in known]
        if unknown:
            raise UserError(f"{where} has the unknown key '{unknown[0]}'.", f"Known: {', '.join(sorted(known))}.")
        if not values.get("method"):
            raise UserError(f"{where} names no method.", 'Example: {"method": "prune.magnitude", "params": {}}.')
        for key in _TEXTS:
            if not isinstance(values.get(key, ""), str):
                raise UserError(f"{where}: '{key}' is {values[key]!r}; it must be text.")
        seed = values.get("seed", 0)
        if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**32:
            raise UserError(f"{where}: 'seed' is {seed!r}; it must be a whole number from 0 to 2^32 - 1.")
        if "params" in values:
            values["params"] = _params(values["params"], f"{where}: 'params'")
        if "scope" in values:
            values["scope"] = _scope(values["scope"], where)
        if "overrides" in values:
            values["overrides"] = _overrides(values["overrides"], where)
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Recipe:
    """Steps in order."""

    steps: tuple[Step, ...]

    def to_json(self) -> dict[str, Any]:
        return {"recipe": FORMAT, "thimble": __version__, "steps": [s.to_json() for s in self.steps]}

    @classmethod
    def from_json(cls, data: Any) -> Recipe:
        """From :meth:`to_json`'s form or a bare list of steps; raises UserError naming the step that is wrong."""
        if isinstance(data, list):
            data = {"recipe": FORMAT, "steps": data}
        values = _mapping(data, "The recipe")
        version = values.get("recipe", FORMAT)
        if not isinstance(version, int) or isinstance(version, bool) or not 1 <= version <= FORMAT:
            raise UserError(
                f"The recipe has format {version!r}; this Thimble reads up to {FORMAT}.",
                f"It was written by Thimble {values.get('thimble', '?')}; use that version or a later one.",
            )
        steps = values.get("steps")
        if not isinstance(steps, list):
            raise UserError("The recipe has no list 'steps'.", 'Example: {"recipe": 1, "steps": [{"method": "…"}]}.')
        return cls(tuple(Step.from_json(s, f"Step {k + 1} of the recipe") for k, s in enumerate(steps)))


def load_recipe(path: str | Path) -> Recipe:
    """A recipe from a JSON file; raises UserError where it is missing or malformed."""
    path = Path(path)
    check_file(path)
    try:
        return Recipe.from_json(json.loads(path.read_text("utf-8")))
    except (UnicodeDecodeError, RecursionError) as error:
        raise UserError(f"'{path.name}' is not a recipe: it is not JSON text.") from error
    except json.JSONDecodeError as error:
        raise UserError(f"'{path.name}' is not JSON: {error.msg} in line {error.lineno}.") from error
    except ValueError as error:  # an integer of thousands of digits
        raise UserError(f"'{path.name}' is not a recipe: it holds a number that is too long.") from error


def save_recipe(recipe: Recipe, path: str | Path) -> None:
    """Write a recipe as JSON, atomically."""
    text = json.dumps(recipe.to_json(), indent=2, ensure_ascii=False) + "\n"
    try:
        write_atomically(Path(path), text.encode())
    except OSError as error:
        raise UserError(f"'{path}' cannot be written: {error.strerror or error}.") from error


def recipe_of(model: Model) -> Recipe:
    """The steps a model has been through, as its own metadata has them (empty where there are none)."""
    return recipe_from_text(model.graph.metadata_props.get(RECIPE, ""))


def recipe_from_text(text: str) -> Recipe:
    """A recipe out of a file's metadata; empty where there is none, or someone else's under our key."""
    try:
        return Recipe.from_json(json.loads(text or "[]"))
    except (ValueError, RecursionError, UserError):
        return Recipe(())


def origin(node: ir.Node) -> str:
    """Name of the layer of the opened model that a node comes from; '' where an act created the node."""
    found = node.metadata_props.get(ORIGIN, node.name or "")
    return "" if found.startswith(_CREATED_BY) else found


def checked(step: Step) -> tuple[Method, Any, Step]:
    """The step's method, its parameters, and the step with every parameter written out.

    Raises UserError for an unknown method, a bad parameter, or overrides of what the method has for all layers alike.
    """
    method = load_methods().get(step.method)
    values: Any = parameters.from_json(method.params, step.params)
    overrides = tuple((scope, _checked_part(method, scope, part)) for scope, part in step.overrides)
    return method, values, dataclasses.replace(step, params=parameters.to_json(values), overrides=overrides)


def _checked_part(method: Method, scope: Scope, part: Mapping[str, Any]) -> dict[str, parameters.Scalar]:
    """The parameters of an override, parsed. Raises UserError naming the layers and what is wrong."""
    if not method.overridable:
        raise UserError(
            f"'{method.key}' treats all layers alike, so that no layer can have parameters of its own.",
            "Leave the overrides out, or choose the layers it is applied to.",
        )
    about = scope.words() or "all layers"
    if not part:
        raise UserError(f"The override for '{about}' sets no parameter.", f"Known: {', '.join(method.overridable)}.")
    specs = {s.name: s for s in method.layer_specs()}
    done: dict[str, parameters.Scalar] = {}
    for name, value in part.items():
        if name not in specs:
            raise UserError(
                f"'{method.key}' has no parameter '{name}' that can differ for '{about}'.",
                f"Those that can: {', '.join(method.overridable)}.",
            )
        try:
            done[name] = parameters.check(specs[name], value)
        except UserError as error:
            raise UserError(f"The override for '{about}': {error.message}", error.hint) from error
    return done


def check_overrides(model: Model, step: Step) -> None:
    """Raises UserError naming a scope or an override that is about layers the model does not have."""
    if step.scope.everything and not step.overrides:
        return
    named = load_methods().get(step.method).named(model)
    if not step.scope.everything and not any(step.scope.contains(one) for one in named):
        raise UserError(f"No layer's {_told_by(step.scope)} matches '{step.scope.words()}'.", _LISTS_LAYERS)
    names = {one.name or "" for one in named}
    for scope, _ in step.overrides:
        gone = scope.missing(names)
        if gone:
            raise UserError(f"The override for '{gone[0]}' has no layer: the model has none of this name.")
        if not any(scope.contains(one) for one in named):
            raise UserError(
                f"The override for '{scope.words()}' has no layer: no layer's {_told_by(scope)} matches.",
                _LISTS_LAYERS,
            )


def _told_by(scope: Scope) -> str:
    """By what a scope knows its layers."""
    if scope.operators:
        return "operator" if not (scope.pattern or scope.layers) else "name and operator"
    return "name"


def as_done(step: Step, outcome: Outcome) -> Step:
    """The step that gives the outcome again: a training that the user ended holds the number of steps it did."""
    if outcome.params is None:
        return step
    return dataclasses.replace(step, params=parameters.to_json(outcome.params))


def run_step(model: Model, step: Step, ctx: Context) -> Outcome:
    """Apply one step. ``ctx`` carries job, data and teacher; scope and seed are the step's.

    The new model's nodes know which layer they come from (see :func:`origin`), its metadata holds the recipe so far.
    Raises UserError where the step does not fit the model.
    """
    method, values, full = checked(step)
    check_overrides(model, full)
    known = model.clone()
    for node in known.nodes():
        node.metadata_props.setdefault(ORIGIN, node.name or "")
    ctx = dataclasses.replace(ctx, scope=step.scope, overrides=full.overrides, seed=step.seed)
    outcome = method.run(known, values, ctx)
    if outcome.model is None:
        return outcome
    result = outcome.model.clone()
    for node in result.nodes():
        node.metadata_props.setdefault(ORIGIN, _CREATED_BY + step.method)
    done = Recipe((*recipe_of(model).steps, as_done(full, outcome)))
    result.graph.metadata_props[RECIPE] = json.dumps(done.to_json(), ensure_ascii=False)
    return dataclasses.replace(outcome, model=result)


def run_recipe(model: Model, recipe: Recipe, ctx: Context) -> tuple[Model, tuple[Outcome, ...]]:
    """Apply every step in order; gives the last model and each step's outcome.

    Every method and parameter is checked before the first step runs.
    """
    for step in recipe.steps:
        checked(step)
    outcomes = []
    for k, step in enumerate(recipe.steps):
        with ctx.job.stage(k / len(recipe.steps), (k + 1) / len(recipe.steps)):
            outcome = run_step(model, step, ctx)
        outcomes.append(outcome)
        model = outcome.model or model
    return model, tuple(outcomes)


def _mapping(data: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        raise UserError(f"{where} is {_short(data)}; it must be a JSON object.")
    return data


def _params(data: Any, where: str) -> dict[str, parameters.Scalar]:
    values = dict(_mapping(data, where))
    for key, value in values.items():
        if not (value is None or isinstance(value, (bool, int, float, str))):
            raise UserError(f"{where}: '{key}' is {_short(value)}; it must be a number, text, true, false or null.")
    return values


def _scope(data: Any, where: str) -> Scope:
    values = _mapping(data, f"{where}: 'scope'")
    unknown = [k for k in values if k not in ("layers", "pattern", "operators")]
    if unknown:
        raise UserError(f"{where}: 'scope' has the unknown key '{unknown[0]}'.", "Known: layers, pattern, operators.")
    for key in ("layers", "operators"):
        names = values.get(key, [])
        if not isinstance(names, list) or not all(isinstance(n, str) for n in names):
            raise UserError(f"{where}: '{key}' of 'scope' must be a list of names.")
    if not isinstance(values.get("pattern", ""), str):
        raise UserError(f"{where}: 'pattern' of 'scope' must be text.")
    return Scope.from_json(values)


def _overrides(data: Any, where: str) -> tuple[Override, ...]:
    if not isinstance(data, list):
        raise UserError(f"{where}: 'overrides' must be a list.")
    found = []
    for item in data:
        values = _mapping(item, f"{where}: 'overrides'")
        part = _params(values.get("params", {}), f"{where}: 'overrides'")
        found.append((_scope(values.get("scope", {}), where), part))
    return tuple(found)


def _short(data: Any) -> str:
    text = repr(data)
    return text if len(text) <= 40 else text[:37] + "…"
