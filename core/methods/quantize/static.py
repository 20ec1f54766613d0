"""Static quantization, the one form: every layer's weights, all activations, as QDQ nodes in the graph.

One set of nodes is valid for onnxruntime and for TFLite; the rules are in ``core.model.qdq``. The order of work:
prepare (opset, folded BatchNormalization), plan (which layers, which values, which weight forms), observe ranges and
search them, solve scales, insert nodes, round weights and correct biases layer by layer (``static_work``).
"""

from __future__ import annotations

import enum
import time
from dataclasses import dataclass, replace
from typing import Annotated

from core.data.dataset import DataSet
from core.data.splits import shuffled, take
from core.methods.checkpoint import CheckpointPlace
from core.methods.method import Context, Outcome, Plan, method
from core.methods.quantize.calibrators import CalibrationSettings, calibrator_names
from core.methods.quantize.choices import OVERRIDABLE, Granularity, Precision
from core.methods.quantize.equalize import equalize, for_quantization
from core.methods.quantize.items import CalibrateFrom, items_for, refuse_without_data
from core.methods.quantize.prepared import prepared
from core.methods.quantize.range_memory import RangeMemory
from core.methods.quantize.range_search import SearchRanges
from core.methods.quantize.result import Quantized
from core.methods.quantize.rounding.rounder import RoundingSettings, rounder_names
from core.methods.quantize.static_report import estimate, growth, kept_table, static_report, weight_bytes
from core.methods.quantize.static_work import StaticWork, rounder_of
from core.methods.quantize.targets import TARGETS
from core.methods.quantize.value_choices import LayerParams
from core.model.model import Model
from core.params import Field
from core.report import Report


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
    if remembered is not None or params.search_ranges or rounder_of(params) is not None:
        data = shuffled(data, ctx.seed)  # the first items speak for all
    if params.equalize:
        return _equalized_first(model, data, params, ctx, checkpoint)
    return StaticWork(model, params, ctx, remembered or RangeMemory()).run(data, checkpoint)


def _equalized_first(
    model: Model, data: DataSet, params: Params, ctx: Context, checkpoint: CheckpointPlace | None
) -> Quantized:
    with ctx.job.stage(0.0, 0.2):
        equal = equalize(model, data, for_quantization(params.calibration_items), ctx)
    with ctx.job.stage(0.2, 1.0):
        done = quantize_static(equal.model, data, replace(params, equalize=False), ctx, checkpoint)
    return replace(done, notes=(*equal.notes, *done.notes), tables=equal.tables(), curves=equal.curves)
