"""Static int8 quantization: per-channel weights, MinMax activations, sequential bias correction, as QDQ nodes.

One set of nodes is valid for onnxruntime and for TFLite; the rules are in ``core.model.qdq``.
"""

from __future__ import annotations

import enum
import time
from dataclasses import dataclass
from typing import Annotated

import onnx_ir as ir

from core.data.dataset import DataSet
from core.data.splits import divide, part, take, without
from core.errors import UserError
from core.methods.method import Context, Outcome, Plan, method
from core.methods.quantize.bias_correction import Shift, correct_biases
from core.methods.quantize.calibrate import Observed, elements, observe
from core.methods.quantize.int8_report import estimate, int8_report, kept_table, weight_bytes
from core.methods.quantize.ready import ready
from core.model.facts import Facts, infer
from core.model.model import Model
from core.model.qdq import (
    Int8Plan,
    Scales,
    insert_qdq,
    plan_int8,
    solve_scales,
    unlike_final_concats,
    value_ranges,
    weight_axis,
)
from core.model.qdq_plan import OUTSIDE, Wanted
from core.params import Field
from core.report import Report

_WALK_BYTES = 512 << 20  # int8 values of all correction items that are alive at once


class Activations(enum.Enum):
    """How activations are stored in the graph; a TFLite file holds int8 either way."""

    UINT8 = "uint8"
    INT8 = "int8"


@dataclass(frozen=True, slots=True)
class Params:
    """What a person can choose."""

    per_channel: Annotated[bool, Field("Per channel", "A weight scale for each output channel, not one a layer")] = True
    activations: Annotated[
        Activations, Field("Activations", "uint8 is the faster one in onnxruntime on x86; TFLite files are the same")
    ] = Activations.UINT8
    bias_correction: Annotated[
        bool, Field("Correct biases", "Refit each bias behind the already quantized layers; takes seconds, helps most")
    ] = True
    calibration_items: Annotated[
        int, Field("Calibration items", "At most so many items set the ranges", low=1, high=10_000, unit="items")
    ] = 100
    correction_items: Annotated[
        int,
        Field("Items for biases", "How many of them correct biases", low=1, high=10_000, unit="items", advanced=True),
    ] = 100


@dataclass(frozen=True)
class Quantized:
    """A quantized model and how it came about. ``notes`` are sentences for the user."""

    model: Model
    plan: Int8Plan
    observed: Observed
    shifts: tuple[Shift, ...]
    notes: tuple[str, ...]


def preview(model: Model, params: Params, ctx: Context) -> Plan:
    """Which layers would run in int8, and the size of the weights then. Runs nothing."""
    prepared, notes = ready(model)
    plan = plan_int8(prepared, infer(prepared), _wanted(model, ctx))
    measures = {
        "int8_layers": estimate(len(plan.weighted()), "layers"),
        "weight_bytes_after": estimate(weight_bytes(prepared) + _growth(plan, params), "bytes"),
    }
    return Plan(Report(measures, kept_table(plan), notes=notes), tuple(n.name or "" for n in plan.weighted()))


@method("quantize.int8", title="Quantize to int8…", menu="Quantize", params=Params, needs=("data",), plan=preview)
def apply(model: Model, params: Params, ctx: Context) -> Outcome:
    """Weights and activations in 8 bits, calibrated, with corrected biases; one graph for onnxruntime and TFLite."""
    assert ctx.data is not None, "Method.run refuses without data"
    start = time.perf_counter()
    parts = divide(ctx.data, ctx.seed)
    with ctx.job.stage(0.0, 0.9):
        done = quantize_static(model, parts.calibration, params, ctx)
    seconds = time.perf_counter() - start
    judged: DataSet = parts.judge if ctx.test is None else without(part(ctx.test), parts.calibration)
    notes = (*done.notes, parts.note)
    with ctx.job.stage(0.9, 1.0):
        report = int8_report(
            model, done.model, ctx, judged, done.plan, done.observed, done.shifts, notes, seconds
        )  # fmt: skip
    return Outcome(done.model, report)


def quantize_static(model: Model, calibration: DataSet, params: Params, ctx: Context) -> Quantized:
    """Quantize with all (at most ``params.calibration_items``) items of ``calibration``; nothing is judged.

    Uses scope, seed, threads and job of ``ctx``. Raises UserError where no layer can run in int8 or a range is not
    finite.
    """
    data = take(calibration, params.calibration_items, ctx.seed)
    prepared, notes = ready(model)
    facts = infer(prepared)
    wanted = _wanted(model, ctx)
    plan = plan_int8(prepared, facts, wanted)
    if not plan.weighted():
        raise UserError(_nothing_to_do(plan), "Choose layers with constant float32 weights.")
    with ctx.job.stage(0.0, 0.5):
        observed = observe(
            prepared,
            facts,
            data,
            ranges_of=plan.rescaled(),
            means_of=[n.inputs[0].name or "" for n in _with_bias(plan) if n.inputs[0] is not None],
            keep=_correction_items(prepared, facts, plan, params) if params.bias_correction else 0,
            threads=ctx.threads,
            job=ctx.job,
        )
    plan, scales = _scales(prepared, facts, plan, observed, wanted, params)
    layers = insert_qdq(
        prepared.graph.graph, facts, plan, scales, per_channel=params.per_channel, add_bias=params.bias_correction
    )
    shifts: tuple[Shift, ...] = ()
    if observed.kept:  # none where no layer has a bias to correct
        with ctx.job.stage(0.5, 1.0):
            shifts = correct_biases(prepared, layers, observed.means, observed.kept, ctx.threads, ctx.job)
    return Quantized(prepared.with_graph(prepared.graph), plan, observed, shifts, notes)


def _wanted(model: Model, ctx: Context) -> Wanted:
    """By name: a layer in scope may have another operator by now (MatMul became Gemm)."""
    if ctx.scope.everything:
        return lambda node: True
    chosen = {n.name for n in model.nodes() if ctx.scope.contains(n)}
    return lambda node: node.name in chosen


def _with_bias(plan: Int8Plan) -> list[ir.Node]:
    """The int8 layers whose bias can be corrected: a MatMul has none, and its items may lie along any axis."""
    return [n for n in plan.weighted() if n.op_type != "MatMul"]


def _correction_items(model: Model, facts: Facts, plan: Int8Plan, params: Params) -> int:
    """How many items bias correction may walk through the network at once."""
    feeds = sum(4 * elements(facts, s.name) for s in model.inputs)
    each = feeds + 3 * max(elements(facts, v) for v in plan.values)  # a layer's input, its output, a shortcut
    return max(min(params.correction_items, _WALK_BYTES // max(each, 1)), 1)


def _scales(
    model: Model, facts: Facts, plan: Int8Plan, observed: Observed, wanted: Wanted, params: Params
) -> tuple[Int8Plan, Scales]:
    """Scales of every pair; a final Concat of unlike heads is taken out of the plan first."""
    refused: dict[ir.Node, str] = {}
    ranges = value_ranges(plan, facts, observed.ranges)
    while unlike := unlike_final_concats(plan, ranges):
        refused.update(unlike)
        plan = plan_int8(model, facts, wanted, refused)
        ranges = value_ranges(plan, facts, observed.ranges)
    return plan, solve_scales(plan, ranges, "int8" if params.activations is Activations.INT8 else "uint8")


def _growth(plan: Int8Plan, params: Params) -> int:
    """Bytes that quantization adds to the weights (far below zero): a quarter of each, and scales beside."""
    added = 5 * len(plan.values)  # a scale and a zero point for each pair
    for node in plan.weighted():
        weight = node.inputs[1].const_value if node.inputs[1] is not None else None
        if weight is None:
            continue
        channels = weight.shape.numpy()[weight_axis(node)]
        scales = channels if params.per_channel else 1
        has_bias = len(node.inputs) > 2 and node.inputs[2] is not None
        added += 5 * scales - weight.nbytes * 3 // 4
        if has_bias or (params.bias_correction and node.op_type != "MatMul"):
            added += 8 * scales + (0 if has_bias else 4 * channels)
    return added


def _nothing_to_do(plan: Int8Plan) -> str:
    if not plan.kept:
        return "The model has no layer with weights that could run in int8."
    first = min(plan.kept, key=lambda k: k.reason == OUTSIDE)
    return f"No layer with weights can run in int8: '{first.layer}' ({first.operator}) stays float, {first.reason}."
