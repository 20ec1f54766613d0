"""Refit: the layers of a smaller network are fitted, one after the other, to what its parent computes.

Channel pruning by least squares (He, Zhang and Sun 2017, "Channel Pruning for Accelerating Very Deep Neural
Networks", arXiv:1707.06168, its reconstruction step): every layer's weights are solved for so that, on what the
already fitted layers before it give, its outputs come as near as can be to the parent's at the channels that are
left. A ridge holds them near the weights they have. Labels are not needed. Afterwards normalizations get the statistics
of the network itself, without changing what it computes (:mod:`core.methods.recover.own_statistics`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from core.data.dataset import DataSet
from core.methods.method import Context, Outcome, method
from core.methods.recover.batchnorm import with_weights
from core.methods.recover.items import Items, divided, fed, for_recovery, refuse_other_inputs
from core.methods.recover.judge import judged_by, keep_if_nearer
from core.methods.recover.own_statistics import with_own_statistics
from core.methods.recover.refitting import EQUAL, Fit, Refitting
from core.methods.recover.targets import Kept, Skipped, targets
from core.model.facts import infer
from core.model.model import Model
from core.model.prepare import prepare
from core.params import Field
from core.report import Measure, Report, Table


@dataclass(frozen=True, slots=True)
class RefitSettings:
    """What a person can choose."""

    items: Annotated[
        int, Field("Items to fit", "A quarter as many beside them check every layer.", low=1, high=4096, unit="items")
    ] = 256
    places: Annotated[
        int,
        Field("Places of a layer", "So many of its outputs are looked at, over all items.", 256, 65_536, advanced=True),
    ] = 16_384
    ridge: Annotated[
        float,
        Field("Ridge", "Holds weights near what they are; share of the mean input power.", 0.0, 1.0, advanced=True),
    ] = 1e-3


@method(
    "recover.refit",
    title="Refit without labels…",
    menu="Train",
    params=RefitSettings,
    needs=("data", "teacher"),
    learns=True,
)
def apply(model: Model, params: RefitSettings, ctx: Context) -> Outcome:
    """Fits every layer to what its parent (the teacher) computes, by least squares on unlabelled items.

    For a model that was cut, masked or otherwise changed. What is kept is checked on items that did not fit; what is
    reported is measured on items that did neither. Raises UserError where parent and model do not fit together.
    """
    assert ctx.teacher is not None, "Method.run refuses without a teacher"
    pool, judge, division = for_recovery(ctx)
    with ctx.job.stage(0.0, 0.8):
        new, found = refit(ctx.teacher, model, None, pool, params, ctx)
    with ctx.job.stage(0.8, 1.0):
        judged = judged_by(ctx.teacher, model, new, judge, ctx)
    return Outcome(new, Report({**found.measures, **judged}, found.tables, notes=(*found.notes, division)))


def refit(
    parent: Model, smaller: Model, kept: Kept | None, data: DataSet, settings: RefitSettings, ctx: Context
) -> tuple[Model, Report]:
    """The smaller model with refitted weights, and what each layer gained. Scope, seed, threads and job are of ``ctx``.

    ``kept``: value name -> the parent's channels that are left (:func:`core.model.kept.kept_of`); None believes the
    notes that cuts leave on layers. Of ``data`` some items fit and others check; none judges.
    A layer keeps its new weights only where they lower its error on the items that check, and the whole is handed
    back as it was unless its outputs come nearer to the parent's there. Weights that are zero stay zero. Raises
    UserError where the two models do not fit together or the data is too small.
    """
    parent, model = prepare(parent)[0], prepare(smaller)[0]
    refuse_other_inputs(parent, model)
    facts = infer(model)
    chosen, skipped = targets(infer(parent), model, facts, kept, ctx.scope)
    items = divided(data, settings.items, ctx.seed)
    with ctx.job.stage(0.0, 0.1) as job:
        batches = fed(parent, model, items, facts, job)
        run = Refitting(parent, model, chosen, batches, settings.ridge, settings.places, ctx)
    with ctx.job.stage(0.1, 0.8):
        weights, fits = run.run()
    new = with_weights(model, weights)
    with ctx.job.stage(0.8, 0.9) as job:
        new = with_own_statistics(new, [b for b in batches if b.fits], ctx, job)
    with ctx.job.stage(0.9, 1.0):
        better, measures, note = keep_if_nearer(parent, model, new, items, ctx)
    report = _report(fits, skipped, items, measures, note)
    return (new if better else smaller), report


def _report(
    fits: Sequence[Fit], skipped: Sequence[Skipped], items: Items, measures: Mapping[str, Measure], note: str
) -> Report:
    count = Measure(sum(f.taken for f in fits), "layers", "measured", items.fit.name, len(items.fit.items))
    rows: list[tuple[str, str, float | None, float | None, str]] = [
        (f.layer, f.operator, _decibels(f.before), _decibels(f.after), "refitted" if f.taken else _why(f)) for f in fits
    ]
    rows += [(s.layer, s.operator, None, None, s.reason) for s in skipped]
    columns = ("layer", "operator", "before", "after", "what happened")
    title = f"Closeness of each layer's output to the parent's, on {len(items.check.items)} items that did not fit"
    said = f"{len(items.fit.items)} items fitted, {len(items.check.items)} others checked; labels were not used."
    notes = [said, note] if note else [said]
    return Report(
        {"refitted_layers": count, **measures},
        (Table(title, columns, tuple(rows), ("", "", "dB", "dB", "")),),
        notes=tuple(notes),
    )


def _why(fit: Fit) -> str:
    return "equal to the parent's" if fit.before <= EQUAL else "kept: new weights were no better on other items"


def _decibels(share: float) -> float:
    """Signal over error in dB, at most 100: finer is beyond what the sums can tell."""
    return round(min(-10 * math.log10(share), 100.0), 2) if share > 0 else 100.0
