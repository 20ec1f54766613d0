"""What channel pruning does for the accuracy right around a cut, without labels.

Before the cut, what removed channels gave on average moves into the next biases; after it BatchNormalization statistics
are computed again, and the layers are refitted to what they computed before.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Annotated

from core.errors import UserError
from core.methods.method import Context
from core.methods.recover.batchnorm import settle
from core.methods.recover.constant import channel_axes, constants, fold_constants, mean_values, sources
from core.methods.recover.items import divided, for_recovery
from core.methods.recover.refit import RefitSettings, refit
from core.methods.scope import Scope
from core.model.channels import ChannelGroups, Removed
from core.model.model import Model
from core.params import Field
from core.report import Report

_GROUP = "Recovery"


@dataclass(frozen=True)
class Recovering:
    """What is done around each cut."""

    fold: Annotated[
        bool,
        Field(
            "Constants into biases",
            "Moves what removed channels give into the next biases: their mean on the data, without data what is "
            "constant once BatchNorm scales are zero.",
            group=_GROUP,
        ),
    ] = False
    batchnorm: Annotated[
        bool,
        Field(
            "BatchNorm statistics again",
            "After each cut, kept only where outputs come nearer to those before; needs data, no labels.",
            group=_GROUP,
        ),
    ] = False
    refit: Annotated[
        bool,
        Field(
            "Refit",
            "After each cut, fits the layers to what they computed before, by least squares; needs data, no labels.",
            group=_GROUP,
        ),
    ] = False
    refit_items: Annotated[
        int,
        Field("Items to recover with", "A quarter as many beside them check it.", 1, 4096, "items", None, True, _GROUP),
    ] = 256

    @property
    def recovers(self) -> bool:
        return self.fold or self.batchnorm or self.refit


def refuse_without_data(params: Recovering, ctx: Context) -> None:
    """Raise UserError before anything is done where the recovery that is wanted lacks its data."""
    if (params.refit or params.batchnorm) and ctx.data is None:
        name = "refit" if params.refit else "recovery"
        raise UserError(f"The {name} after pruning needs data; labels are not needed.", "Attach a data set (--data).")


def constants_folded(
    model: Model, groups: ChannelGroups, removed: Removed, params: Recovering, ctx: Context
) -> tuple[Model, tuple[str, ...]]:
    """The model with the constants of what will be cut in the biases behind it, and what to say of it."""
    if not params.fold or not removed:
        return model, ()
    if ctx.data is None:
        means = constants(model, groups, removed, ctx.threads)
    else:
        names = sources(model, groups, removed)
        items = divided(for_recovery(ctx)[0], params.refit_items, ctx.seed).fit
        means = mean_values(model, names, channel_axes(groups, names), items, ctx.job, ctx.threads)
    new, folded = fold_constants(model, groups, removed, means)
    return new, folded.notes()


def recovered(parent: Model, smaller: Model, params: Recovering, ctx: Context) -> tuple[Model, Report]:
    """The smaller model after its recovery, and what that brought; as it was where nothing is wanted.

    All layers are looked at, whatever the scope: a cut changes what those behind it read.
    """
    if not (params.refit or params.batchnorm):
        return smaller, Report()
    everywhere = dataclasses.replace(ctx, scope=Scope())
    pool, _, division = for_recovery(ctx)
    model, found = smaller, Report()
    if params.batchnorm and any(n.op_type == "BatchNormalization" for n in model.nodes()):
        with ctx.job.stage(0.0, 0.3):
            model, found = settle(parent, model, pool, params.refit_items, everywhere)
    elif params.batchnorm:
        found = Report(notes=("The model has no BatchNormalization whose statistics could be computed again.",))
    if params.refit:
        settings = RefitSettings(items=params.refit_items)
        with ctx.job.stage(0.3, 1.0):
            model, fitted = refit(parent, model, None, pool, settings, everywhere)
        first = found.measures.get("check_sqnr_before")  # of the cut itself: settling came between
        measures = {**found.measures, **fitted.measures, **({"check_sqnr_before": first} if first else {})}
        found = Report(measures, (*found.tables, *fitted.tables), (), (*found.notes, *fitted.notes))
    return model, dataclasses.replace(found, notes=(*found.notes, division))
