"""Static quantization, the one form: every layer's weights, all activations, as QDQ nodes in the graph.

One set of nodes is valid for onnxruntime and for TFLite; the rules are in ``core.model.qdq``. The order of work:
prepare (opset, folded BatchNormalization), plan (which layers, which values, which weight forms), observe ranges and
search them, solve scales, insert nodes, round weights and correct biases layer by layer. Ranges that were searched are
checked against those that were seen before they are taken.
"""

from __future__ import annotations

import enum
import time
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Annotated

import onnx_ir as ir

from core.data.dataset import DataSet
from core.data.splits import shuffled, take
from core.errors import UserError
from core.methods.checkpoint import CheckpointPlace
from core.methods.method import Context, Outcome, Plan, method
from core.methods.quantize.bias_correction import Shift
from core.methods.quantize.calibrate import Array64, Observed, Ranging, elements, first_chunks, keeps_memory, observe
from core.methods.quantize.calibrators import CalibrationSettings, Range, calibrator_names, maker
from core.methods.quantize.choices import OVERRIDABLE, Granularity, Precision
from core.methods.quantize.clipping import clipped, means_of
from core.methods.quantize.equalize import equalize, for_quantization
from core.methods.quantize.items import CalibrateFrom, items_for, refuse_without_data
from core.methods.quantize.prepared import Prepared, prepared, scales_of
from core.methods.quantize.range_check import CHECKED_ITEMS, RangeCheck
from core.methods.quantize.range_memory import Needs, RangeMemory
from core.methods.quantize.range_search import NOT_SEARCHED, SEARCHED_ITEMS, Costs, Narrowed, SearchRanges, narrowed
from core.methods.quantize.ready import refuse_broken_weights
from core.methods.quantize.result import Quantized
from core.methods.quantize.rounding.in_sequence import Refinement, refine
from core.methods.quantize.rounding.rounder import Rounder, RoundingSettings, load_rounders, rounder_names
from core.methods.quantize.static_report import (
    estimate,
    growth,
    kept_table,
    nothing_to_do,
    static_report,
    weight_bytes,
)
from core.methods.quantize.targets import TARGETS
from core.methods.quantize.value_choices import LayerParams
from core.model.model import Model
from core.model.qdq import Int8Plan, insert_qdq
from core.params import Field
from core.report import Report

_WALK_BYTES = 512 << 20  # quantized values of all correction items that are alive at once


class Activations(enum.Enum):
    """How activations are stored in the graph; an int8 TFLite file holds int8 for uint8 as well."""

    UINT8 = "uint8"
    INT8 = "int8"
    INT16 = "int16"
    UINT16 = "uint16"


@dataclass(frozen=True, slots=True)
class Params(RoundingSettings, CalibrationSettings):
    """What a person can choose."""

    precision: Annotated[Precision, Field("Weights", "How many bits each weight has; a layer can also stay float")] = (
        Precision.INT8
    )
    granularity: Annotated[
        Granularity,
        Field("One scale for each", "The whole tensor, each output channel, or each group of input channels"),
    ] = Granularity.CHANNEL
    group_size: Annotated[
        int,
        Field("Input channels of a group", "Layers that have no more get a scale for each output channel",
              low=2, high=65_536, unit="channels", advanced=True),
    ] = 32  # fmt: skip
    activations: Annotated[
        Activations,
        Field(
            "Activations",
            "int16 is TFLite's 16x8 form, uint16 what QNN takes; uint8 is the faster one in onnxruntime on x86",
        ),
    ] = Activations.UINT8
    symmetric: Annotated[
        bool,
        Field("Symmetric activations", "Zero is the middle integer, as some accelerators want it; int16 always is so",
              advanced=True),
    ] = False  # fmt: skip
    calibrator: Annotated[
        str,
        Field("Ranges", "How activations' ranges are found; all but minmax cut off extremes", choices=calibrator_names),
    ] = "minmax"
    search_ranges: SearchRanges = True
    calibrate_from: Annotated[
        CalibrateFrom,
        Field("Calibrate with", "The data, without labels; or inputs made to match BatchNormalizations, in minutes"),
    ] = CalibrateFrom.DATA
    calibration_items: Annotated[
        int, Field("Calibration items", "At most so many items set the ranges", low=1, high=10_000, unit="items")
    ] = 100
    equalize: Annotated[
        bool, Field("Equalize channels", "First give channels of very unlike ranges like ones; the function stays")
    ] = False
    rounding: Annotated[
        str, Field("Rounding of weights", "gptq and adaround look at data, and take longer", choices=rounder_names)
    ] = "nearest"
    bias_correction: Annotated[
        bool, Field("Correct biases", "Refit each bias behind the already quantized layers; takes seconds, helps most")
    ] = True
    correction_items: Annotated[
        int,
        Field("Items for biases", "How many of them correct biases", low=1, high=10_000, unit="items", advanced=True),
    ] = 100


def preview(model: Model, params: Params, ctx: Context) -> Plan:
    """Which layers would be quantized, and the size of the weights then. Runs nothing."""
    refuse_without_data(params.calibrate_from, ctx)
    return planned(model, params, ctx)


def planned(model: Model, params: Params, ctx: Context) -> Plan:
    """The preview itself, which needs no data."""
    done = prepared(model, params, ctx)
    added = growth(done.plan, done.forms, done.values.forms, params.bias_correction)
    measures = {
        "int8_layers": estimate(len(done.plan.weighted()), "layers"),
        "weight_bytes_before": estimate(weight_bytes(model), "bytes"),
        "weight_bytes_after": estimate(weight_bytes(done.model) + added, "bytes"),
    }
    report = Report(measures, kept_table(done.plan), notes=done.notes)
    return Plan(report, tuple(n.name or "" for n in done.plan.weighted()))


@method(
    "quantize.static",
    title="Quantize…",
    menu="Quantize",
    params=Params,
    uses=("data",),
    plan=preview,
    overridable=OVERRIDABLE,
    resumable=True,
    presets=TARGETS,
    layer_params=LayerParams,
    for_inputs=True,
)
def apply(model: Model, params: Params, ctx: Context) -> Outcome:
    """Weights and activations as integers, calibrated, with corrected biases; one graph for onnxruntime and TFLite."""
    refuse_without_data(params.calibrate_from, ctx)
    start = time.perf_counter()
    made = 0.5 if params.calibrate_from is CalibrateFrom.SYNTHETIC else 0.0
    with ctx.job.stage(0.0, made):
        items = items_for(model, params.calibrate_from, params, ctx)
    with ctx.job.stage(made, 0.9):
        done = quantize_static(model, items.calibration, params, ctx, ctx.checkpoint)
    seconds = time.perf_counter() - start
    notes = (*done.notes, *items.notes)
    with ctx.job.stage(0.9, 1.0):
        report = static_report(model, done, ctx, items.judge, notes, seconds)
    return Outcome(done.model, report)


def quantize_static(
    model: Model,
    calibration: DataSet,
    params: Params,
    ctx: Context,
    checkpoint: CheckpointPlace | None = None,
    remembered: RangeMemory | None = None,
) -> Quantized:
    """Quantize with all (at most ``params.calibration_items``) items of ``calibration``; nothing is judged.

    Uses scope, overrides, seed, threads and job of ``ctx``. ``checkpoint`` is where a long calibration keeps what it
    has seen: only for who quantizes once with it; ``remembered`` what earlier calls have seen, for who quantizes often.
    Raises UserError where no layer can be quantized or a range is not finite.
    """
    data = take(calibration, params.calibration_items, ctx.seed)
    if remembered is not None or params.search_ranges or _rounder(params) is not None:
        data = shuffled(data, ctx.seed)  # the first items speak for all
    if params.equalize:
        return _equalized_first(model, data, params, ctx, checkpoint)
    start = prepared(model, params, ctx)
    if not start.plan.weighted():
        raise UserError(nothing_to_do(start.plan), "Choose layers with constant float32 weights.")
    refuse_broken_weights(start.model.nodes(), start.facts)
    remembered = remembered or RangeMemory()
    seen = 0.5 if _rounder(params) is None else 0.2
    with ctx.job.stage(0.0, seen):
        observed, found = _seen(start, data, params, ctx, checkpoint, remembered)
    with ctx.job.stage(seen, 1.0):
        return _checked(model, start, observed, found, params, ctx, remembered)


def _checked(
    model: Model,
    start: Prepared,
    observed: Observed,
    found: Narrowed | None,
    params: Params,
    ctx: Context,
    memory: RangeMemory,
) -> Quantized:
    """With the ranges that were searched, unless those that were seen do better on items that have not chosen."""
    others = () if found is None else observed.kept[len(first_chunks(observed.kept, found.items)) :]
    if found is None or not found.changed or not others or memory.trusted:
        said = () if not params.search_ranges else (NOT_SEARCHED if found is None else found.said(),)
        return _made(start, observed, found, params, ctx, memory, said)
    key, rounds = _key(params), _rounder(params) is not None
    drafts: dict[bool, Quantized] = {}
    if key not in memory.checked:
        check = RangeCheck(start.model, others, ctx.threads, ctx.job)
        with ctx.job.stage(0.0, 0.2 if rounds else 0.8):
            drafts = _drafts(model, start, observed, found, params, ctx, memory)
        memory.checked[key] = check.of(drafts[False].model, drafts[True].model)
    checked = memory.checked[key]
    said = (*((found.said(),) if checked.taken else ()), checked.said())
    if drafts and not rounds:
        return replace(drafts[checked.taken], notes=(*drafts[checked.taken].notes, *said))
    if drafts:
        start = prepared(model, params, ctx)  # its model has become a draft
    with ctx.job.stage(0.2, 1.0):
        return _made(start, observed, found if checked.taken else None, params, ctx, memory, said)


def _drafts(
    model: Model,
    start: Prepared,
    observed: Observed,
    found: Narrowed,
    params: Params,
    ctx: Context,
    memory: RangeMemory,
) -> dict[bool, Quantized]:
    """With the ranges that were searched (True) and those that were seen (False), weights rounded to the nearest."""
    nearest = replace(params, rounding=Params().rounding)
    with ctx.job.stage(0.0, 0.5):
        searched = _made(start, observed, found, nearest, ctx, memory)
    with ctx.job.stage(0.5, 1.0):
        seen = _made(prepared(model, params, ctx), observed, None, nearest, ctx, memory)
    return {True: searched, False: seen}


def _made(
    start: Prepared,
    observed: Observed,
    found: Narrowed | None,
    params: Params,
    ctx: Context,
    memory: RangeMemory,
    said: tuple[str, ...] = (),
) -> Quantized:
    """The quantized network; the model of ``start`` becomes it."""
    rounder = _rounder(params)
    searched = () if found is None else found.moved(observed)
    observed = observed if found is None else replace(observed, ranges=found.ranges)
    plan, scales, observed, widened = scales_of(start, observed, params)
    with ctx.job.stage(0.0, 0.1):
        cut = {} if found is None else {v: scales.values[v].range for v in found.cut if v in scales.values}
        parent, means = _wanted(start, observed, cut, params, ctx, memory)
    new = start.model
    origins = start.values.origins(plan, params.calibrator, searched)
    layers = insert_qdq(
        new.graph.graph, start.facts, plan, scales,
        forms=start.forms, add_bias=params.bias_correction, origins=origins,
    )  # fmt: skip
    shifts: tuple[Shift, ...] = ()
    if observed.kept and (rounder is not None or means is not None):
        with ctx.job.stage(0.1, 1.0):
            how = Refinement(rounder, params, means, ctx.seed, ctx.threads)
            shifts = refine(new, parent, layers, observed.kept, how, ctx.job)
    rounding = () if rounder is None else (_rounded(len(layers), rounder),)
    notes = (*start.notes, *widened, *rounding, *said)
    forms = {layer.name: layer.form for layer in layers}
    chosen = start.values.chosen(scales, origins)
    return Quantized(new.with_graph(new.graph), plan, observed, shifts, notes, forms, chosen)


def _equalized_first(
    model: Model, data: DataSet, params: Params, ctx: Context, checkpoint: CheckpointPlace | None
) -> Quantized:
    with ctx.job.stage(0.0, 0.2):
        equal = equalize(model, data, for_quantization(params.calibration_items), ctx)
    with ctx.job.stage(0.2, 1.0):
        done = quantize_static(equal.model, data, replace(params, equalize=False), ctx, checkpoint)
    return replace(done, notes=(*equal.notes, *done.notes), tables=equal.tables(), curves=equal.curves)


def _seen(
    start: Prepared,
    data: DataSet,
    params: Params,
    ctx: Context,
    checkpoint: CheckpointPlace | None,
    memory: RangeMemory,
) -> tuple[Observed, Narrowed | None]:
    """What is to be known of activations, and the ranges that were searched."""
    means = [n.inputs[0].name or "" for n in _with_bias(start.plan) if n.inputs[0] is not None]
    corrected = params.bias_correction and bool(means)
    walking = walking_items(replace(params, bias_correction=corrected))
    kept = min(max(walking, memory.items), _room(start))
    key, needs = _key(params), Needs(start.plan.rescaled(), means, kept, corrected)

    def see() -> Observed:
        return observe(
            start.model, start.facts, data, ranges_of=needs.ranges, means_of=means, keep=kept, threads=ctx.threads,
            job=ctx.job, ranging=_ranging(start, params), checkpoint=checkpoint,
        )  # fmt: skip

    with ctx.job.stage(0.0, 0.5 if params.search_ranges else 1.0):
        observed = memory.observed(key, needs, see)
    if not params.search_ranges:
        return observed, None
    with ctx.job.stage(0.5, 1.0):
        return observed, _searched(start, observed, ctx, memory.costs[key])


def _key(params: Params) -> str:
    """What is seen depends on it; how weights are rounded is not part of it."""
    usual = Params()
    rounding = {f.name: getattr(usual, f.name) for f in fields(RoundingSettings)}
    return str(replace(params, rounding=usual.rounding, bias_correction=True, **rounding))


def _ranging(start: Prepared, params: Params) -> Ranging:
    """Who finds the range of each value, and for how many steps."""
    usual = maker(params.calibrator, params)
    single = {v: maker(key, params) for v, key in start.values.calibrators.items()}
    return Ranging(usual, 255, single, {v: form.levels for v, form in start.values.forms.items()})


def _with_bias(plan: Int8Plan) -> list[ir.Node]:
    """The layers whose bias can be corrected: a MatMul has none, and its items may lie along any axis."""
    return [n for n in plan.weighted() if n.op_type != "MatMul"]


def _rounder(params: Params) -> Rounder | None:
    """Who rounds the weights once they are in the graph; None where they stay rounded to the nearest."""
    found = load_rounders().get(params.rounding)
    return found if found.looks else None


def _rounded(count: int, rounder: Rounder) -> str:
    return f"The weights of {count} layers were rounded in sequence: {rounder.said}."


def _searched(start: Prepared, observed: Observed, ctx: Context, costs: Costs) -> Narrowed | None:
    values = start.values
    settled = {*values.ends, *values.calibrators}
    return narrowed(start.model, start.plan, observed, values.forms, settled, ctx.threads, ctx.job, start.facts, costs)


def _wanted(
    start: Prepared, observed: Observed, cut: Mapping[str, Range], params: Params, ctx: Context, memory: RangeMemory
) -> tuple[Model, Mapping[str, Array64] | None]:
    """What quantization is to come close to: a float network without the numbers that are ``cut``, and means in front
    of its layers; None where no bias is corrected.
    """
    model = start.model
    corrected, rounded = params.bias_correction and bool(observed.kept), _rounder(params) is not None
    if not cut or not (corrected or rounded):
        return model.clone() if rounded else model, observed.means if corrected else None
    parent = clipped(model, cut)
    if not corrected:
        return parent, None
    arena = keeps_memory(start.facts, observed.means, len(next(iter(observed.kept[0].feed.values()))))
    return parent, memory.averaged(
        f"{_key(params)} {sorted(cut.items())}",
        observed.means,
        lambda: means_of(parent, observed.kept, observed.means, cut, ctx.threads, ctx.job, arena),
    )


def walking_items(params: Params) -> int:
    """How many items walk through the network once more: to search ranges, round weights and correct biases."""
    corrected = params.correction_items if params.bias_correction else 0
    rounded = params.rounding_items if _rounder(params) is not None else 0
    return max(corrected, rounded, SEARCHED_ITEMS + CHECKED_ITEMS if params.search_ranges else 0)


def _room(start: Prepared) -> int:
    """How many items can walk through the network at once."""
    facts = start.facts
    feeds = sum(4 * elements(facts, s.name) for s in start.model.inputs)
    width = 1 if start.values.widest == "uint8" else 2
    # a layer's input, its output, a shortcut
    each = feeds + 3 * width * max(elements(facts, v) for v in start.plan.values)
    return max(_WALK_BYTES // max(each, 1), 1)
