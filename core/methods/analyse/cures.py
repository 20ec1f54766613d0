"""From causes to steps that cure them: what a report holds, what the window offers, what the command line is told.

A cure is a step on the float parent: the quantization that was done, with some parameters changed. In a report it
stands in the table CURES, one row a step, as JSON of the form that :class:`core.project.recipe.Step` reads.
"""

from __future__ import annotations

import dataclasses
import json
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.methods.analyse.causes import Cure, Finding
from core.methods.method import load_methods
from core.methods.quantize.as_static import as_static, quantizing_step
from core.model.model import RECIPE, Model
from core.params import Scalar, to_json
from core.report import Report, Table

CURES = "Cures"
_COLUMNS = ("Cause", "Layers", "Cure", "Share of the loss", "Step", "Command", "Changes")
_BEFORE = _COLUMNS[:-1]  # of reports made before they told what a cure changes
_QUANTIZE = "quantize.static"


@dataclass(frozen=True, slots=True)
class Offer:
    """One cure for the layers that have the same cause. ``step``: JSON of a Step on the float parent; {}: words only.

    ``share``: the part of the loss, in %, that these layers make. ``changes``: the parameters that the cure sets.
    """

    cause: str
    layers: tuple[str, ...]
    words: str
    share: float
    step: Mapping[str, Any]
    changes: Mapping[str, Scalar] = field(default_factory=dict)

    @property
    def command(self) -> str:
        """For a shell; PARENT, DATA and OUT stand for what a person fills in."""
        if not self.step:
            return ""
        parts = ["thimble", "apply", str(self.step["method"]), "PARENT.onnx", "-o", "OUT.onnx", "--data", "DATA"]
        usual = to_json(load_methods().get(str(self.step["method"])).params())
        params = [f"{k}={_text(v)}" for k, v in self.step["params"].items() if usual.get(k) != v]
        parts += ["--set", *params] if params else []
        for override in self.step.get("overrides", ()):
            changes = [f"{k}={_text(v)}" for k, v in override["params"].items()]
            scope = override["scope"]
            for layer in scope.get("layers") or filter(None, [scope.get("pattern")]):
                parts += ["--override", layer, *changes]
        parts += [f"--{k}={self.step[k]}" for k in ("preprocess", "seed") if self.step.get(k)]
        return " ".join(shlex.quote(p) for p in parts)


def offers(model: Model, named: Iterable[tuple[str, float, Finding]]) -> tuple[Offer, ...]:
    """Cures of (layer, its share in %, its cause), layers with one cause together; the largest first.

    ``model`` is the quantized one: what it was quantized with stays, as far as its own recipe tells. The causes are
    :func:`curable` ones.
    """
    groups: dict[str, list[tuple[str, float, Finding]]] = {}
    for layer, share, finding in named:
        groups.setdefault(finding.cause, []).append((layer, share, finding))
    found = []
    for several in groups.values():
        layers = tuple(layer for layer, _, _ in several)
        title, share = several[0][2].title, sum(s for _, s, _ in several)
        for cure in several[0][2].cures:
            step = _step(model, cure, layers) if cure.applies else {}
            found.append(Offer(title, layers, cure.words, share, step, dict(cure.params) if step else {}))
    return tuple(sorted(found, key=lambda o: -o.share))


def together(chosen: Sequence[Offer]) -> dict[str, Any]:
    """One step with the changes of several cures of the same model; {} where none changes anything."""
    steps = [o.step for o in chosen if o.step]
    if not steps:
        return {}
    base = dict(steps[0])
    params: dict[str, Any] = {}
    for step in steps:
        params |= step["params"]
    for offer in reversed(chosen):  # what cures most decides; what a cure sets may be what the others' steps leave out
        params |= offer.changes
    overrides: list[Any] = []
    for override in (o for step in steps for o in step.get("overrides", ())):
        if override not in overrides:  # what was chosen before stands in every step, and must not undo a cure
            overrides.append(override)
    return {**base, "params": params, **({"overrides": overrides} if overrides else {})}


def table_of(found: Sequence[Offer]) -> Table:
    """The table CURES."""
    rows = [
        (
            o.cause, ", ".join(o.layers), o.words, round(o.share, 2), json.dumps(o.step, ensure_ascii=False), o.command,
            json.dumps(dict(o.changes)),
        )
        for o in found
    ]  # fmt: skip
    return Table(CURES, _COLUMNS, tuple(rows), ("", "", "", "%", "", "", ""))


def cures_from(report: Report) -> tuple[Offer, ...]:
    """The cures that a stored report holds; () where it holds none."""
    table = next((t for t in report.tables if t.title == CURES and t.columns in (_COLUMNS, _BEFORE)), None)
    found = []
    for cause, layers, words, share, step, _, *more in table.rows if table is not None else ():
        try:
            changes = json.loads(more[0]) if more else {}
            named = tuple(str(layers).split(", "))
            found.append(Offer(str(cause), named, str(words), float(share), json.loads(step), changes))
        except (TypeError, ValueError):
            continue
    return tuple(found)


def quantized_with(model: Model) -> tuple[dict[str, Scalar], list[dict[str, Any]], int, bool]:
    """What a quantized model was made with: (parameters of quantize.static, overrides, seed, whether that is known).

    Its own recipe tells, also of what Rescue or the mixed form found; else everything is as by default.
    """
    step = _quantized_by(model)
    if step is None:
        return {}, [], 0, False
    params, overrides = as_static(step)
    return {k: v for k, v in params.items() if k in _settings()}, overrides, int(step.get("seed") or 0), True


def _quantized_by(model: Model) -> Mapping[str, Any] | None:
    """The step that put the integers in, as JSON; None where the model does not tell."""
    try:
        steps = json.loads(model.graph.metadata_props.get(RECIPE) or "{}").get("steps", [])
    except (ValueError, AttributeError):
        return None
    return quantizing_step(steps) if isinstance(steps, list) else None


def curable(model: Model, findings: Sequence[Finding]) -> list[Finding]:
    """Those with a cure that would change something, and such cures alone: not what it was quantized with already."""
    params, _, _, known = quantized_with(model)
    before = {name: params.get(name, value) for name, value in _settings().items()}
    found = []
    for finding in findings:
        left = tuple(
            cure for cure in finding.cures
            if not known or not cure.applies or cure.override or any(before.get(k) != v for k, v in cure.params.items())
        )  # fmt: skip
        if left:
            found.append(dataclasses.replace(finding, cures=left))
    return found


def _settings() -> dict[str, Scalar]:
    """Parameters of quantize.static with their defaults, as a step has them."""
    return to_json(load_methods().get(_QUANTIZE).params())


def _step(model: Model, cure: Cure, layers: tuple[str, ...]) -> dict[str, Any]:
    params, overrides, seed, _ = quantized_with(model)
    params = {k: v for k, v in {**params, **cure.params}.items() if _settings().get(k) != v}
    step: dict[str, Any] = {"method": _QUANTIZE, "params": params, "seed": seed}
    if cure.override:
        overrides = [*overrides, {"scope": {"layers": list(layers)}, "params": dict(cure.override)}]
    preset = str((_quantized_by(model) or {}).get("preprocess") or "")
    if preset and not set(preset) & set("/\\#."):  # a file of another machine is no help
        step["preprocess"] = preset
    return {**step, "overrides": overrides} if overrides else step


def _text(value: Any) -> str:
    """As the command line reads it."""
    return str(value).lower() if value is None or isinstance(value, bool) else str(value)
