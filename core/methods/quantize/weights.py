"""Weights alone in another format: the file becomes smaller, the arithmetic stays float.

Data is needed only where weights are rounded on it, or biases corrected. What each format is stands in
:mod:`core.methods.quantize.formats`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

import numpy as np

from core.errors import UserError
from core.jobs import Job
from core.methods.method import Context, Outcome, Plan, method
from core.methods.quantize.choices import STAYS_FLOAT as BY_CHOICE
from core.methods.quantize.formats import (
    FORMATS,
    STAYS_FLOAT,
    FormatSettings,
    Stored,
    Weight,
    WeightGranularity,
    format_names,
    load_formats,
)
from core.methods.quantize.formats.format import BitsField, GranularityField, GroupField, ShrinkField, why_not
from core.methods.quantize.ready import OPSET, ready
from core.methods.quantize.rounding.rounder import RoundingSettings, load_rounders, rounder_names
from core.methods.quantize.rounding.weights_only import Item, WeightsOnly, round_weights
from core.methods.quantize.static_report import beside_float, loses_answers
from core.methods.quantize.weight_places import Left, put, weights
from core.methods.quantize.weight_targets import WEIGHT_TARGETS
from core.methods.scope import overridden
from core.model.masks import numbers
from core.model.model import Model
from core.params import Field
from core.report import Measure, Report, Table

OVERRIDABLE = ("format", "bits", "granularity", "group_size", "shrink")
_COUNTED = "the graph"
_ERROR = "root of the summed squared errors over that of the squared weights, of all stored weights"


@dataclass(frozen=True, slots=True)
class Params(RoundingSettings):
    """Parameters of storing weights alone in another format."""

    format: Annotated[
        str,
        Field("Format", "How weights are stored; activations and arithmetic stay float", choices=format_names),
    ] = "int8"
    bits: BitsField = 4
    granularity: GranularityField = WeightGranularity.CHANNEL
    group_size: GroupField = 32
    shrink: ShrinkField = True
    rounding: Annotated[
        str, Field("Rounding of weights", "gptq and adaround look at data, and take longer", choices=rounder_names)
    ] = "nearest"
    bias_correction: Annotated[
        bool, Field("Correct biases", "Refit each bias behind the layers that are stored already; needs data")
    ] = False


@dataclass(frozen=True)
class Chosen:
    """One weight with its format, and what that costs: sums of squared weights (``power``) and of squared errors."""

    weight: Weight
    format: str
    settings: FormatSettings
    stored: Stored
    power: float
    error: float

    @property
    def bytes(self) -> int:
        """What the file holds instead of the weight."""
        return sum(t.nbytes for t in self.stored.tensors.values())


@dataclass(frozen=True)
class Encoded:
    """A model ready to be written: every weight in scope in its format, and the layers that stay float."""

    model: Model
    chosen: tuple[Chosen, ...]
    left: tuple[Left, ...]
    notes: tuple[str, ...]


def plan(model: Model, params: Params, ctx: Context) -> Plan:
    """Bytes and error of every layer, found on the weights; the network is not run."""
    encoded = encode(model, params, ctx, ctx.job)
    return Plan(Report(_measures(encoded), _tables(encoded), notes=_notes(encoded)), _layers(encoded))


@method(
    "quantize.weights",
    title="Weights only…",
    menu="Quantize",
    params=Params,
    uses=("data",),
    plan=plan,
    overridable=OVERRIDABLE,
    presets=WEIGHT_TARGETS,
)
def apply(model: Model, params: Params, ctx: Context) -> Outcome:
    """Stores weights in fewer bits: integers, float16, powers of two or codebooks; activations stay float.

    Raises UserError where no layer in scope has a weight that can take the format.
    """
    with ctx.job.stage(0.0, 0.9) as job:
        encoded = _refined(encode(model, params, ctx, job), params, ctx)
    new = written(encoded)
    measures = {**_measures(encoded), **fidelity_of(model, new, ctx)}
    ctx.job.progress(1.0, "Done")
    return Outcome(new, Report(measures, _tables(encoded), notes=(*_cost(measures, params), *_notes(encoded))))


def encode(model: Model, params: Params, ctx: Context, job: Job) -> Encoded:
    """Find the weights in scope and encode each in its format.

    Uses scope, overrides and memo of ``ctx``. Raises UserError where there is none.
    """
    load_formats()
    FORMATS.get(params.format) if params.format != STAYS_FLOAT else None
    job.progress(0.0, "Encoding weights")
    prepared, notes = _prepared(model, params, ctx)
    inside = {n.name for n in model.nodes() if ctx.scope.contains(n)}
    items, without = weights(prepared, lambda node: ctx.scope.everything or node.name in inside)
    nodes = {n.name: n for n in model.nodes()}  # as they were given: a MatMul may have become a Gemm
    left, chosen = list(without), []
    for item in job.track(items, len(items), "Encoding weights"):
        node = nodes.get(item.layer)
        said = {k: None if node is None else overridden(ctx.overrides, (node,), k) for k in OVERRIDABLE}
        name, settings = _settings(params, said)
        found = BY_CHOICE if name == STAYS_FLOAT else _encoded(prepared, item, name, settings, ctx)
        if isinstance(found, Chosen):
            chosen.append(found)
        else:
            left.append(Left(item.layer, item.operator, found))
    if not chosen:
        raise UserError(_nothing(left), "Choose layers with constant float32 weights, or another format.")
    return Encoded(prepared, tuple(chosen), tuple(left), notes)


def _refined(encoded: Encoded, params: Params, ctx: Context) -> Encoded:
    """Weights rounded on data, and biases corrected, where the parameters ask for it."""
    from core.data.splits import divide

    rounder = load_rounders().get(params.rounding)
    if not (rounder.looks or params.bias_correction):
        return encoded
    if ctx.data is None:
        what = f"Rounding by {rounder.key}" if rounder.looks else "Correcting biases"
        raise UserError(f"{what} looks at data, and there is none.", "Attach a data set, or do without.")
    items = [Item(c.weight, c.stored, _again(c)) for c in encoded.chosen]
    how = WeightsOnly(rounder if rounder.looks else None, params, params.bias_correction, ctx.seed, ctx.threads)
    done = round_weights(encoded.model, items, divide(ctx.data, ctx.seed).calibration, how, ctx.job)
    said = [f"Weights were rounded in sequence: {rounder.said}."] if rounder.looks else []
    if done.biases:
        said.append(f"The biases of {_count(done.biases, 'layer was', 'layers were')} corrected in sequence.")
    chosen = tuple(_changed(encoded.model, c, done.stored[c.weight.tensor]) for c in encoded.chosen)
    return replace(encoded, model=done.model, chosen=chosen, notes=(*encoded.notes, *said))


def _again(chosen: Chosen) -> Callable[[np.ndarray[Any, Any]], Stored]:
    """How other numbers are stored in the same format."""
    form = FORMATS.get(chosen.format)
    return lambda array: form.encode(array, chosen.weight, chosen.settings)


def _changed(model: Model, chosen: Chosen, stored: Stored) -> Chosen:
    array = numbers(model, chosen.weight.tensor)
    return replace(chosen, stored=stored, error=float(np.square(stored.values().astype(np.float64) - array).sum()))


def written(encoded: Encoded) -> Model:
    """The model with its weights in their formats."""
    new = encoded.model.clone()
    put(new, {c.weight.tensor: c.stored for c in encoded.chosen})
    return new.with_graph(new.graph)


def _prepared(model: Model, params: Params, ctx: Context) -> tuple[Model, tuple[str, ...]]:
    wanted = [(params.format, _plain(params)), *(_settings(params, dict(part)) for _, part in ctx.overrides)]
    opset = max((FORMATS.get(n).opset(s) for n, s in wanted if n != STAYS_FLOAT), default=OPSET)
    return ctx.memo.once(("ready", opset), lambda: ready(model, opset))


def _plain(params: Params) -> FormatSettings:
    return FormatSettings(params.bits, params.granularity, params.group_size, params.shrink)


def _settings(params: Params, said: Mapping[str, Any]) -> tuple[str, FormatSettings]:
    """(format, settings) where ``said`` holds what is different for a layer; enumerations come as their values."""
    known = {k: v for k, v in said.items() if v is not None}
    return known.get("format", params.format), FormatSettings(
        int(known.get("bits", params.bits)),
        WeightGranularity(known.get("granularity", params.granularity)),
        int(known.get("group_size", params.group_size)),
        bool(known.get("shrink", params.shrink)),
    )


def _encoded(model: Model, item: Weight, name: str, settings: FormatSettings, ctx: Context) -> Chosen | str:
    """The weight in its format, or why it stays float."""
    array, form = numbers(model, item.tensor), FORMATS.get(name)
    if why := why_not(form, array, item, settings):
        return why

    def make() -> Chosen:
        stored = form.encode(array, item, settings)
        error = np.square(stored.values().astype(np.float64) - array).sum()
        return Chosen(item, name, settings, stored, float(np.square(array, dtype=np.float64).sum()), float(error))

    return ctx.memo.once(("stored", item.tensor, name, settings), make)


def fidelity_of(before: Model, after: Model, ctx: Context) -> dict[str, Measure]:
    """Closeness to the float network on at most 64 items of the data for judging; nothing without data."""
    from core.data.splits import divide, part
    from core.measure.fidelity import fidelity

    if ctx.data is None and ctx.test is None:
        return {}
    data = part(ctx.test) if ctx.test is not None else divide(ctx.data, ctx.seed).judge if ctx.data else None
    if data is None or not data.items:
        return {}
    with ctx.job.stage(0.9, 1.0) as job:
        return fidelity(before, after, data, limit=64, threads=ctx.threads, seed=ctx.seed, job=job).measures()


def _cost(measures: Mapping[str, Measure], params: Params) -> list[str]:
    """What it costs in answers, and what costs less."""
    if "sqnr" not in measures:
        return ["What this costs in accuracy was not measured, for there was no data."]
    said = beside_float(measures, causes=False)
    better = {"rounding by gptq": params.rounding == "nearest", "corrected biases": not params.bias_correction}
    left = [name for name, better_so in better.items() if better_so]
    if loses_answers(measures) and left:
        said.append(f"On data, {' and '.join(left)} usually lose{'s' if left == ['rounding by gptq'] else ''} less.")
    return said


def _measures(encoded: Encoded) -> dict[str, Measure]:
    before = sum(4 * c.weight.size for c in encoded.chosen)
    after = sum(c.bytes for c in encoded.chosen)
    tensors = (v.const_value for v in encoded.model.graph.graph.initializers.values())
    total = sum(t.nbytes for t in tensors if t is not None)
    relative = _relative(sum(c.power for c in encoded.chosen), sum(c.error for c in encoded.chosen))
    return {
        "weight_bytes_before": Measure(total, "bytes", "estimated", _COUNTED),
        "weight_bytes_after": Measure(total - before + after, "bytes", "estimated", _COUNTED),
        "stored_layers": Measure(len(encoded.chosen), "layers", "estimated", _COUNTED),
        "float_layers": Measure(len(encoded.left), "layers", "estimated", _COUNTED),
        "bits_per_weight": Measure(32 * after / before, "bits", "estimated", _COUNTED, note="with scales and tables"),
        "weight_error": Measure(relative, "%", "estimated", "the weights", note=_ERROR),
    }


def _relative(power: float, error: float) -> float:
    return 100 * math.sqrt(error / power) if power else 0.0


def _tables(encoded: Encoded) -> tuple[Table, ...]:
    rows = []
    for c in encoded.chosen:
        words = f"{c.format}, {c.settings.bits} bits" if _asks_bits(c.format) else c.format
        size = c.weight.size
        rows.append((c.weight.layer, c.weight.operator, words, size, 4 * size, c.bytes, _relative(c.power, c.error)))
    columns = ("Layer", "Operator", "Format", "Weights", "Before", "After", "Error")
    tables = [Table("Stored weights", columns, tuple(rows), ("", "", "", "", "bytes", "bytes", "%"))]
    if encoded.left:
        why = tuple((k.layer, k.operator, k.reason) for k in encoded.left)
        tables.append(Table("Layers that stay float", ("layer", "operator", "because"), why))
    return tuple(tables)


def _notes(encoded: Encoded) -> tuple[str, ...]:
    used = dict.fromkeys(c.format for c in encoded.chosen)
    said = [FORMATS.get(name).honest for name in used]
    if encoded.left:
        said.append(f"{_count(len(encoded.left), 'layer stays', 'layers stay')} float; the table says why.")
    return (*encoded.notes, *said)


def _nothing(left: list[Left]) -> str:
    if not left:
        return "No layer with weights is there, or in the scope."
    return f"No weight takes another format: '{left[0].layer}' ({left[0].operator}) stays float, {left[0].reason}."


def _layers(encoded: Encoded) -> tuple[str, ...]:
    return tuple(c.weight.layer for c in encoded.chosen)


def _asks_bits(name: str) -> bool:
    """Whether a format has the width that the parameters say, not one of its own."""
    return not name[-1].isdigit()


def _count(n: int, one: str, many: str) -> str:
    return f"{n} {one if n == 1 else many}"
