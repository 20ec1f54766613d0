"""Static int8 quantization: per-channel weights, MinMax activations, sequential bias correction, as QDQ nodes.

One set of nodes is valid for onnxruntime and for TFLite; the rules are in ``core.model.qdq``.
"""

from __future__ import annotations

import enum
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import onnx
import onnx_ir as ir

from core.data.splits import Parts, divide, take
from core.errors import UserError
from core.methods.method import Context, Outcome, Plan, method
from core.methods.quantize.bias_correction import Shift, correct_biases
from core.methods.quantize.calibrate import Observed, elements, observe
from core.model.facts import Facts, infer
from core.model.fold_batchnorm import fold_batchnorm
from core.model.fuse_gemm import fuse_gemm
from core.model.model import Model
from core.model.prepare import prepare
from core.model.qdq import (
    Int8Plan,
    Scales,
    Storage,
    check_rules,
    insert_qdq,
    plan_int8,
    solve_scales,
    unlike_final_concats,
    value_ranges,
)
from core.params import Field
from core.report import Measure, Report, Table

if TYPE_CHECKING:
    from core.data.dataset import DataSet

_OPSET = 13  # the first with per-channel DequantizeLinear
_WALK_BYTES = 512 << 20  # int8 values of all correction items that are alive at once
_JUDGED = 64


class Activations(enum.Enum):
    """How activations are stored: uint8 is the fast one in onnxruntime on x86, TFLite gets int8 either way."""

    UINT8 = "uint8"
    INT8 = "int8"


@dataclass(frozen=True, slots=True)
class Params:
    """What a person can choose."""

    per_channel: Annotated[bool, Field("Per channel", "One weight scale for each output channel, not one a layer")] = (
        True
    )
    activations: Annotated[
        Activations, Field("Activations", "uint8 is faster in onnxruntime on x86; TFLite files are the same")
    ] = Activations.UINT8
    bias_correction: Annotated[
        bool, Field("Correct biases", "Refit each bias behind the already quantized layers: takes seconds, helps most")
    ] = True
    calibration_items: Annotated[
        int, Field("Calibration items", "At most so many items set the ranges", low=1, high=10_000, unit="items")
    ] = 100
    correction_items: Annotated[
        int,
        Field(
            "Items for bias correction",
            "The first of the calibration items",
            low=1,
            high=10_000,
            unit="items",
            advanced=True,
        ),
    ] = 100


def preview(model: Model, params: Params, ctx: Context) -> Plan:
    """Which layers would run in int8, and the size of the weights then. Runs nothing."""
    ready, notes = _ready(model)
    plan = plan_int8(ready, infer(ready), _wanted(model, ctx))
    floats = {id(n.inputs[1]): n.inputs[1] for n in plan.weighted()}.values()
    saved = sum(v.const_value.nbytes * 3 // 4 for v in floats if v is not None and v.const_value is not None)
    measures = {
        "int8_layers": _estimate(len(plan.weighted()), "layers"),
        "weight_bytes_after": _estimate(weight_bytes(ready) - saved, "bytes"),
    }
    return Plan(Report(measures, _kept_table(plan), notes=notes), tuple(n.name or "" for n in plan.weighted()))


@method(
    "quantize.int8", title="Quantize to int8…", menu="Quantize", params=Params, needs=("data",), plan=preview,
)  # fmt: skip
def apply(model: Model, params: Params, ctx: Context) -> Outcome:
    """Static int8 for phones: 4 times smaller, 2 to 4 times faster, calibrated on a few of your own items."""
    start = time.perf_counter()
    assert ctx.data is not None, "Method.run refuses without data"
    parts = divide(ctx.data, ctx.seed)
    data = take(parts.calibration, params.calibration_items, ctx.seed)
    with ctx.job.stage(0.0, 0.05):
        ready, notes = _ready(model)
        facts = infer(ready)
        plan = plan_int8(ready, facts, _wanted(model, ctx))
        if not plan.weighted():
            raise UserError(_nothing_to_do(plan), "Choose layers with constant float32 weights.")
    with ctx.job.stage(0.05, 0.5):
        keep = _correction_items(params, ready, facts, plan)
        sources = [n.inputs[0].name or "" for n in plan.weighted() if n.inputs[0] is not None]
        observed = observe(
            ready, facts, data,
            ranges_of=plan.rescaled(), means_of=sources, keep=keep, threads=ctx.threads, job=ctx.job,
        )  # fmt: skip
    plan, scales = _scales(ready, facts, plan, observed, params, ctx)
    layers = insert_qdq(
        ready.graph.graph, facts, plan, scales, per_channel=params.per_channel, add_bias=params.bias_correction
    )
    shifts: tuple[Shift, ...] = ()
    if params.bias_correction and observed.kept:
        with ctx.job.stage(0.5, 0.9):
            shifts = correct_biases(ready, layers, observed.means, observed.kept, ctx.threads, ctx.job)
    quantized = ready.with_graph(ready.graph)
    seconds = time.perf_counter() - start
    with ctx.job.stage(0.9, 1.0):
        report = _report(model, quantized, ctx, parts, plan, observed, shifts, notes, seconds)
    return Outcome(quantized, report)


# ---------------------------------------------------------------------- steps


def _ready(model: Model) -> tuple[Model, tuple[str, ...]]:
    """A clone in the form that quantization needs, and what was changed, in sentences."""
    model, opset_note = _with_opset(model)
    model, notes = prepare(model)
    model, folded = fold_batchnorm(model)
    model, fused = fuse_gemm(model)
    said = [*opset_note, *notes]
    if folded:
        said.append(f"{len(folded)} BatchNormalization layers were folded into the layers before them.")
    if fused:
        said.append(f"{len(fused)} MatMul layers became Gemm, with the bias added behind them where there was one.")
    return (model if folded or fused else model.clone()), tuple(said)


def _with_opset(model: Model) -> tuple[Model, tuple[str, ...]]:
    if model.opset >= _OPSET:
        return model, ()
    try:
        proto = onnx.version_converter.convert_version(ir.to_proto(model.graph), _OPSET)
    except (RuntimeError, ValueError, TypeError) as error:  # the converter's ways to say "no adapter"
        raise UserError(
            f"int8 needs opset {_OPSET}; the model's {model.opset} cannot be raised: {str(error).strip()[:120]}.",
            "Export the model again with a later opset.",
        ) from error
    graph = ir.from_proto(proto)
    graph.metadata_props.update(model.graph.metadata_props)
    return model.with_graph(graph), (f"The opset was raised from {model.opset} to {_OPSET}.",)


def _wanted(model: Model, ctx: Context):  # type: ignore[no-untyped-def]
    """By name: a layer in scope may have another operator by now (MatMul became Gemm)."""
    if ctx.scope.everything:
        return lambda node: True
    chosen = {n.name for n in model.nodes() if ctx.scope.contains(n)}
    return lambda node: node.name in chosen


def _correction_items(params: Params, model: Model, facts: Facts, plan: Int8Plan) -> int:
    """How many items bias correction may walk through the network at once; 0 where it is off."""
    if not params.bias_correction:
        return 0
    feeds = sum(4 * elements(facts, s.name) for s in model.inputs)
    each = feeds + 3 * max(elements(facts, v) for v in plan.values)  # a layer's input, its output, a shortcut
    return max(min(params.correction_items, _WALK_BYTES // max(each, 1)), 1)


def _scales(
    model: Model, facts: Facts, plan: Int8Plan, observed: Observed, params: Params, ctx: Context
) -> tuple[Int8Plan, Scales]:
    """Scales of every pair; a final Concat of unlike heads is taken out of the plan first."""
    storage: Storage = "uint8" if params.activations is Activations.UINT8 else "int8"
    refused: dict[ir.Node, str] = {}
    while True:
        ranges = value_ranges(plan, facts, observed.ranges)
        unlike: Mapping[ir.Node, str] = unlike_final_concats(plan, ranges)
        if not unlike:
            return plan, solve_scales(plan, ranges, storage)
        refused.update(unlike)
        plan = plan_int8(model, facts, _wanted(model, ctx), refused)


def _nothing_to_do(plan: Int8Plan) -> str:
    if not plan.kept:
        return "The model has no layer that can run in int8."
    first = plan.kept[0]
    return f"No layer with weights can run in int8: '{first.layer}' ({first.operator}) stays float, {first.reason}."


# ---------------------------------------------------------------------- report


def weight_bytes(model: Model) -> int:
    """Bytes of all initializers."""
    return sum(v.const_value.nbytes for v in model.graph.graph.initializers.values() if v.const_value is not None)


def _estimate(value: float, unit: str) -> Measure:
    return Measure(value, unit, "estimated", "the graph")


def _kept_table(plan: Int8Plan) -> tuple[Table, ...]:
    rows = tuple((k.layer, k.operator, k.reason) for k in plan.kept)
    return (Table("Layers that stay float", ("layer", "operator", "because"), rows),) if rows else ()


def _shift_table(shifts: tuple[Shift, ...]) -> tuple[Table, ...]:
    rows = tuple((s.layer, float(abs(s.shift).mean()), float(abs(s.shift).max())) for s in shifts)
    title = "Mean output moved by quantization, taken out of the bias"
    return (Table(title, ("layer", "mean of channels", "largest channel"), rows),) if rows else ()


def _report(
    model: Model,
    quantized: Model,
    ctx: Context,
    parts: Parts,
    plan: Int8Plan,
    observed: Observed,
    shifts: tuple[Shift, ...],
    notes: tuple[str, ...],
    seconds: float,
) -> Report:
    from core.measure.host import cpu_name, int8_arithmetic

    judged: DataSet = ctx.test if ctx.test is not None else parts.judge
    measures = {
        "weight_bytes_before": _estimate(weight_bytes(model), "bytes"),
        "weight_bytes_after": _estimate(weight_bytes(quantized), "bytes"),
        "int8_layers": _estimate(len(plan.weighted()), "layers"),
        "float_layers": _estimate(len(plan.kept), "layers"),
        "seconds": Measure(seconds, "s", "measured", cpu_name(), note=f"{ctx.threads} threads"),
        **_fidelity(model, quantized, judged, ctx.threads),
    }
    said = [*notes, parts.note, f"Ranges are the lowest and highest values on {observed.items} calibration items."]
    if shifts:
        items = sum(c.count for c in observed.kept)
        said.append(f"The biases of {len(shifts)} layers were corrected in sequence on {items} of them.")
    said.append(int8_arithmetic())
    said += [f"Rule {v.rule} of quantization is not held: {v.sentence}" for v in check_rules(quantized)]
    return Report(measures, (*_kept_table(plan), *_shift_table(shifts)), notes=tuple(said))


def _fidelity(model: Model, quantized: Model, judged: DataSet, threads: int) -> dict[str, Measure]:
    from core.measure.fidelity import fidelity

    if not judged.items:
        return {}
    found = fidelity(model, quantized, judged, limit=_JUDGED, threads=threads)
    return found.measures()
