"""Quantization-aware training with learned step sizes: the quantized network is trained as it will compute.

Weights stay float while they are trained and are rounded in every pass; scales are parameters (LSQ, Esser et al. 2020,
arXiv:1902.08153). The graph is the quantized one all the time, so what is stored in the end is what was trained.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Annotated

from core.data.splits import divide
from core.errors import UserError
from core.jobs import Job
from core.methods.method import Context, Outcome, training_method
from core.methods.quantize.aware_report import agreement_of_runtimes, judged_beside
from core.methods.quantize.choices import OVERRIDABLE, AllLayerParams, Granularity, Precision
from core.methods.quantize.learned_steps import LearnedSteps
from core.methods.quantize.ready import ready as folded
from core.methods.quantize.rounding.rounder import rounder_names
from core.methods.quantize.static import Activations, quantize_static
from core.methods.quantize.static import Params as StaticParams
from core.methods.quantize.static_report import estimate, weight_bytes
from core.methods.training_act import Ready, ready, train
from core.methods.training_net import out_of_scope
from core.methods.training_params import Epochs, settings_of
from core.methods.training_settings import Optimizer, default_rate
from core.methods.tune.finetune import Params as TuneParams
from core.methods.tune.finetune import loss_of
from core.model.model import Model, quantized
from core.model.qdq import check_rules
from core.model.qdq_groups import mark_learned, settle
from core.model.qdq_thaw import float_weights, freeze, thaw, with_parent
from core.params import Field
from core.report import Measure

# Rows of folded weights differ in size by orders of magnitude: AdamW's steps do not. A MobileNetV2 of 4 bits, 70 steps
# from GPTQ's weights: 64.0 -> 67.5 % at this rate, 57.7 % with SGD at 0.001 (float 67.7 %); at ten times it 43 % of 55.
_ADAMW_RATE = 5e-5
FIRST = "If the model is not quantized yet"  # group of the form


@dataclass(frozen=True, slots=True)
class Params(TuneParams):
    """Parameters of quantization-aware training, besides those of fine-tuning."""

    epochs: Epochs = 3
    optimizer: Annotated[Optimizer, Field("Optimizer", "SGD with momentum, or AdamW.")] = Optimizer.ADAMW
    ranges: Annotated[
        bool, Field("Learn ranges", "Trains the scales of activations too, where no runtime dictates them.")
    ] = False
    precision: Annotated[
        Precision, Field("Weights", "How many bits each weight has; a layer can also stay float", group=FIRST)
    ] = Precision.INT8
    granularity: Annotated[
        Granularity,
        Field(
            "One scale for each", "The whole tensor, each output channel, or each group of input channels", group=FIRST
        ),
    ] = Granularity.CHANNEL
    group_size: Annotated[
        int,
        Field(
            "Input channels of a group",
            "Layers that have no more get a scale for each output channel",
            low=2,
            high=65_536,
            unit="channels",
            group=FIRST,
        ),
    ] = 32
    activations: Annotated[
        Activations,
        Field("Activations", "uint8 is the faster one in onnxruntime on x86; int16 is TFLite's 16x8 form", group=FIRST),
    ] = Activations.UINT8
    rounding: Annotated[
        str,
        Field(
            "Rounding of weights",
            "gptq and adaround look at data, and take longer",
            choices=rounder_names,
            group=FIRST,
        ),
    ] = "nearest"
    calibration_items: Annotated[
        int, Field("Calibration items", "At most so many items set the ranges", 1, 10_000, "items", group=FIRST)
    ] = 100


@dataclass(frozen=True, slots=True)
class _Start:
    """The quantized model before training and thawed, and the float one it came from where that is known."""

    quantized: Model
    thawed: Model
    parent: Model | None
    notes: tuple[str, ...]


@training_method(
    "quantize.train",
    title="Quantization-aware training…",
    menu="Quantize",
    params=Params,
    accepts=("float", "qdq"),
    overridable=OVERRIDABLE,
    layer_params=AllLayerParams,
    for_inputs=True,
)
def apply(model: Model, params: Params, ctx: Context) -> Outcome:
    """Trains a quantized network with its rounding in every pass, and the scales with the weights.

    A float model is quantized first and teaches the quantized one unless another teacher is given. A quantized model
    goes on from the float weights of its teacher where that is what it was quantized from, else from its own integers.
    Weight scales are learned (LSQ), each scale group as one; biases are rounded anew in the end. Raises as
    tune.finetune and quantize.static do.
    """
    if quantized(model) and ctx.overrides:
        raise UserError(
            "The model is quantized already, so nothing can be chosen for its layers here.",
            "Choose it where the float model is quantized.",
        )
    with ctx.job.stage(0.0, 0.1):
        begun = _quantized(model, params, ctx) if not quantized(model) else _thawed(model, ctx)
    if ctx.teacher is None and begun.parent is not None:
        ctx = dataclasses.replace(ctx, teacher=begun.parent)
    start = ready(begun.thawed, params, ctx)
    hook = LearnedSteps(start.model, ranges=params.ranges, frozen=out_of_scope(start.model, ctx.scope))
    settings = settings_of(params, start.model, _rate(start.model, params), ctx)
    loss, notes = loss_of(start, params, ctx)

    def finish(trained: Model, job: Job) -> tuple[Model, dict[str, Measure]]:
        return _finished(begun, start, hook, trained, ctx, job)

    with ctx.job.stage(0.1, 1.0):
        outcome = train(
            start, loss, settings, params, ctx, before=False, hooks=[hook], notes=(*begun.notes, *notes), finish=finish
        )
    return _told(outcome, hook)


def _rate(model: Model, params: Params) -> float:
    return _ADAMW_RATE if params.optimizer is Optimizer.ADAMW else default_rate(model, params.optimizer)


def _quantized(model: Model, params: Params, ctx: Context) -> _Start:
    """A float model, quantized on the calibration part of the data."""
    assert ctx.data is not None, "Method.run refuses without data"
    static = StaticParams(
        precision=params.precision,
        granularity=params.granularity,
        group_size=params.group_size,
        activations=params.activations,
        rounding=params.rounding,
        search_ranges=False,  # training finds them
        calibration_items=params.calibration_items,
    )
    alone = dataclasses.replace(ctx, checkpoint=None)  # which is the training's
    done = quantize_static(model, divide(ctx.data, ctx.seed).calibration, static, alone)
    thawed, _ = with_parent(thaw(done.model), folded(model)[0])
    items = done.observed.items
    return _Start(done.model, thawed, model, (*done.notes, f"It was quantized first, on {items} calibration items."))


def _thawed(model: Model, ctx: Context) -> _Start:
    """A quantized model as it is, with the teacher's float weights where they fit."""
    thawed = thaw(model)
    total = len(list(float_weights(thawed)))
    if not total:
        raise UserError(
            "No layer has integer weights that could be trained.", "Quantize the float model instead, then train."
        )
    if ctx.teacher is None or quantized(ctx.teacher):
        return _Start(model, thawed, None, ("Its float weights are unknown: training began from the integers.",))
    thawed, found = with_parent(thawed, folded(ctx.teacher)[0])
    if not found:
        return _Start(model, thawed, None, ("The teacher is another network: training began from the integers.",))
    note = f"{len(found)} of {total} layers began from the teacher's float weights."
    return _Start(model, thawed, ctx.teacher, (note,))


def _finished(
    begun: _Start, start: Ready, hook: LearnedSteps, trained: Model, ctx: Context, job: Job
) -> tuple[Model, dict[str, Measure]]:
    """The integers of what was trained, proven and judged."""
    if hook.learns_ranges:
        settle(trained)
    frozen = freeze(trained)
    if hook.learns_ranges:
        mark_learned(frozen)
    measures = judged_beside(begun.quantized, frozen, begun.parent, start.judge, ctx, job)
    measures |= agreement_of_runtimes(trained, frozen, start.judge, ctx.threads)
    if begun.parent is not None:
        measures["weight_bytes_before"] = estimate(weight_bytes(begun.parent), "bytes")
    return frozen, {**measures, "weight_bytes_after": estimate(weight_bytes(frozen), "bytes")}


def _told(outcome: Outcome, hook: LearnedSteps) -> Outcome:
    """The outcome with what is to be said of scales and rules."""
    assert outcome.model is not None, "a training gives a model"
    which = "of weights and activations" if hook.learns_ranges else "of weights"
    notes = [f"Scales {which} were learned; half of them moved by more than {100 * (hook.moved() - 1):.2g} %."]
    notes += [f"Rule {v.rule} of quantization is not held. {v.sentence}" for v in check_rules(outcome.model)]
    report = outcome.report
    told = dataclasses.replace(report, tables=(*report.tables, hook.table()), notes=(*report.notes, *notes))
    return dataclasses.replace(outcome, report=told)
