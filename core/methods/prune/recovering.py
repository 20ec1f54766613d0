"""What channel pruning does for the accuracy right after a cut, without labels: the layers are refitted."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Annotated

from core.errors import UserError
from core.methods.method import Context
from core.methods.recover.items import for_recovery
from core.methods.recover.refit import RefitSettings, refit
from core.methods.scope import Scope
from core.model.model import Model
from core.params import Field
from core.report import Report

_GROUP = "Recovery"


@dataclass(frozen=True)
class Recovering:
    """What is done after each cut."""

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
        Field("Items to refit with", "A quarter as many beside them check it.", 1, 4096, "items", None, True, _GROUP),
    ] = 256


def refuse_without_data(params: Recovering, ctx: Context) -> None:
    """Raise UserError before anything is done where the recovery that is wanted lacks its data."""
    if params.refit and ctx.data is None:
        raise UserError("The refit after pruning needs data; labels are not needed.", "Attach a data set (--data).")


def recovered(parent: Model, smaller: Model, params: Recovering, ctx: Context) -> tuple[Model, Report]:
    """The smaller model after its recovery, and what that brought; as it was where nothing is wanted.

    All layers are refitted, whatever the scope: a cut changes what those behind it read.
    """
    if not params.refit:
        return smaller, Report()
    pool, _, division = for_recovery(ctx)
    settings = RefitSettings(items=params.refit_items)
    model, found = refit(parent, smaller, None, pool, settings, dataclasses.replace(ctx, scope=Scope()))
    return model, dataclasses.replace(found, notes=(*found.notes, division))
