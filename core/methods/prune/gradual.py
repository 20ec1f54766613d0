"""Gradual pruning: masks that grow while the network is tuned, by the size of weights or by their movement."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Annotated

from core.errors import UserError
from core.methods.method import Context, Outcome, training_method
from core.methods.prune.mask_report import counts, figures, honest, layers_table, sizes
from core.methods.prune.moving_masks import GROUP, Criterion, EndField, EveryField, GradualMask
from core.methods.prune.weights import EverywhereField, PatternField, Reach, SparsityField, reach, wanted
from core.methods.training_act import ready, train
from core.methods.training_params import Epochs, settings_of
from core.methods.training_settings import default_rate
from core.methods.tune.finetune import Params as TuneParams
from core.methods.tune.finetune import loss_of
from core.model.masks import Pattern, set_pattern
from core.model.model import Model
from core.params import Field
from core.report import Curve


@dataclass(frozen=True, slots=True)
class Params(TuneParams):
    """Parameters of gradual pruning, besides those of fine-tuning."""

    epochs: Epochs = 10
    pattern: PatternField = Pattern.WEIGHT
    criterion: Annotated[
        Criterion, Field("Criterion", "The smallest weights go, or those that training moves towards zero.")
    ] = Criterion.MAGNITUDE
    sparsity: SparsityField = 0.8
    everywhere: EverywhereField = False
    begin: Annotated[
        float, Field("Begin", "Share of the training before the first weight goes.", 0.0, 0.9, "share", group=GROUP)
    ] = 0.0
    end: EndField = 0.75
    every: EveryField = None


@training_method(
    "prune.gradual",
    title="Gradual pruning…",
    menu="Prune",
    params=Params,
)
def apply(model: Model, params: Params, ctx: Context) -> Outcome:
    """Masks more and more weights while it trains; a weight masked too early can come back while the mask moves.

    Magnitude pruning on a cubic schedule (Zhu and Gupta 2017) or movement pruning (Sanh et al. 2020), of any pattern.
    Only weights from after the last update are kept by a validation. A training that the user ends before is left at
    the sparsity it had reached. Raises as tune.finetune and prune.weights do.
    """
    if params.begin >= params.end:
        raise UserError(f"Begin is {params.begin:g}, End {params.end:g}: the mask would never grow.", "Begin earlier.")
    within = reach(model, params.pattern, ctx)
    start = ready(model, params, ctx)
    zeros, total = counts(within.model, within.parts)
    goal = max(wanted(params.pattern, params.sparsity), zeros / total)
    hook = GradualMask(
        within.parts,
        params.criterion,
        zeros / total,
        goal,
        (params.begin, params.end),
        params.every,
        params.everywhere,
    )
    settings = settings_of(params, start.model, default_rate(start.model, params.optimizer), ctx)
    loss, notes = loss_of(start, params, ctx)
    with ctx.job.stage(0.0, 0.95):
        outcome = train(start, loss, settings, params, ctx, hooks=[hook], notes=notes)
    return _reported(model, outcome, within, hook, params, ctx)


def _reported(
    model: Model, outcome: Outcome, within: Reach, hook: GradualMask, params: Params, ctx: Context
) -> Outcome:
    """The outcome with the pattern written into the masked tensors, and with what is to be said of them."""
    schedule = hook.schedule
    new, report = outcome.model, outcome.report
    assert new is not None, "a training gives a model"
    set_pattern(new, [n for n in within.parts if counts(new, [n])[0]], params.pattern)
    with ctx.job.stage(0.95, 1.0) as job:
        measures = {
            **report.measures,
            **figures(within.model, within.parts, "_before"),
            **figures(new, within.parts),
            **sizes(model, new, job),
        }
    notes = [n for n in within.notes if n not in report.notes]
    zeros, total = counts(new, within.parts)
    if hook.reached < schedule.end:
        notes.append(f"The training ended before the mask was complete: at {100 * zeros / total:.1f} % zeros.")
    elif params.pattern.ratio is None and zeros > total * params.sparsity + 1:
        notes.append("More weights are zero than asked for: they were before, or became zero.")
    moved = [k for k in range(min(hook.reached, schedule.end) + 1) if schedule.moves_at(k)]
    aims = tuple(100 * schedule.at(k) for k in moved)
    curve = Curve("Sparsity aimed at", "step", "%", tuple(map(float, moved)), aims)
    told = dataclasses.replace(
        report,
        measures=measures,
        tables=(*report.tables, layers_table(new, within.items)),
        curves=(*report.curves, curve),
        notes=(*report.notes, *notes, honest(params.pattern)),
    )
    return dataclasses.replace(outcome, report=told)
