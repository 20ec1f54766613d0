"""What quantize.static would have to be told to quantize as another act did, from the act's step in a recipe."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from core import params as parameters
from core.errors import UserError
from core.methods.method import load_methods
from core.methods.quantize import int8
from core.methods.quantize.rescue import FLOAT_LAYERS
from core.params import Scalar, specs

_STATIC = "quantize.static"
_MADE = (_STATIC, "quantize.int8", "quantize.rescue", "quantize.mixed")
Overrides = list[dict[str, Any]]


def quantizing_step(steps: Sequence[Any]) -> Mapping[str, Any] | None:
    """The last step (JSON) of a recipe that put the integers in; None where it has none that is known."""
    known = [s for s in steps if isinstance(s, dict) and s.get("method") in _MADE and isinstance(s.get("params"), dict)]
    return known[-1] if known else None


def as_static(step: Mapping[str, Any]) -> tuple[dict[str, Any], Overrides]:
    """(parameters, overrides) of quantize.static that do what a step of one of the quantizing acts did.

    What Rescue found and which layers the mixed form left out stand in their steps as text. What a step leaves to its
    method's default is said where quantize.static has another. Parameters that quantize.static does not have are left
    for the caller to drop.
    """
    usual, static = _defaults(step["method"]), _defaults(_STATIC)
    unlike = {name: value for name, value in usual.items() if name in static and value != static[name]}
    params, overrides = {**unlike, **step["params"]}, list(step.get("overrides") or ())
    if step["method"] == "quantize.int8":
        params = {**params, **_of_int8(step["params"])}
    elif step["method"] == "quantize.rescue":
        found = _read(params.get("found"), dict)
        layers = found.pop(FLOAT_LAYERS, [])
        params, overrides = {**params, **found}, [*overrides, *_keeping(layers, "float")]
    elif step["method"] == "quantize.mixed":
        layers, kept = _read(params.get("chosen"), list), params.get("keep", usual["keep"])
        overrides += _keeping(layers, str(kept))
    return params, overrides


def _of_int8(asked: Mapping[str, Any]) -> dict[str, Scalar]:
    """What quantize.int8 asks of quantize.static beside its defaults; its own defaults where it would refuse a step."""
    try:
        chosen = parameters.from_json(int8.Params, dict(asked))
    except UserError:
        chosen = int8.Params()
    usual = _defaults(_STATIC)
    return {name: value for name, value in parameters.to_json(int8.as_static(chosen)).items() if value != usual[name]}


def _defaults(method: str) -> dict[str, Scalar]:
    """Of every parameter of a registered method."""
    return {spec.name: spec.default for spec in specs(load_methods().get(method).params)}


def _keeping(layers: Any, precision: str) -> Overrides:
    names = [name for name in layers if isinstance(name, str)] if isinstance(layers, list) else []
    return [{"scope": {"layers": names}, "params": {"precision": precision}}] if names else []


def _read(text: Any, kind: type) -> Any:
    """A value from JSON, or an empty one where there is none of this kind."""
    try:
        value = json.loads(text or "null")
    except (TypeError, ValueError):
        value = None
    return value if isinstance(value, kind) else kind()
