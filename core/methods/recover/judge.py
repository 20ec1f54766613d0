"""Whether a recovery brought a network nearer to its parent: what keeps a result, and what is reported of it."""

from __future__ import annotations

from core.data.dataset import DataSet
from core.data.splits import labelled
from core.errors import UserError
from core.methods.method import Context
from core.methods.recover.items import Items
from core.model.model import Model
from core.report import Measure

_COMPARED, _JUDGED = 200, 2000  # items at most: outputs beside the parent's, answers beside the labels


def keep_if_nearer(
    parent: Model, before: Model, after: Model, items: Items, ctx: Context
) -> tuple[bool, dict[str, Measure], str]:
    """(whether the outputs came nearer to the parent's on the items that check, both figures, a sentence)."""
    from core.measure.fidelity import fidelity

    note = "against the parent, on items that did not fit"
    found = []
    for low, model in ((0.0, before), (0.5, after)):
        with ctx.job.stage(low, low + 0.5) as job:
            found.append(fidelity(parent, model, items.check, limit=None, threads=ctx.threads, job=job).sqnr)
    old, new = (Measure(m.value, m.unit, m.how, m.on, m.n, m.interval, note) for m in found)
    better = new.value > old.value
    said = (
        ""
        if better
        else f"Nothing was changed: on the {new.n} items that check, the outputs would not have come nearer to the "
        f"parent's ({new.value:.1f} dB instead of {old.value:.1f})."
    )
    return better, {"check_sqnr_before": old, "check_sqnr": new if better else old}, said


def judged_by(parent: Model, before: Model, after: Model, judge: DataSet, ctx: Context) -> dict[str, Measure]:
    """Closeness to the parent and, where there are labels and classes, accuracy, before and after.

    ``judge``: items that neither fitted nor checked.
    """
    from core.measure.fidelity import fidelity

    found: dict[str, Measure] = {}
    for k, (suffix, model) in enumerate((("_before", before), ("", after))):
        with ctx.job.stage(k / 2, k / 2 + 0.25) as job:
            near = fidelity(parent, model, judge, limit=_COMPARED, threads=ctx.threads, seed=ctx.seed, job=job)
        found |= {f"{name}{suffix}": measure for name, measure in near.measures().items()}
        with ctx.job.stage(k / 2 + 0.25, k / 2 + 0.5):
            found |= _top1(model, judge, suffix, ctx)
    return found


def _top1(model: Model, judge: DataSet, suffix: str, ctx: Context) -> dict[str, Measure]:
    from core.measure.accuracy import accuracy

    known = labelled(judge)
    if not known.items:
        return {}
    try:
        right = accuracy(model, known, limit=_JUDGED, threads=ctx.threads, seed=ctx.seed, job=ctx.job)
    except UserError:  # no classifier, or of other classes: there is no accuracy to speak of
        return {}
    return {f"top1{suffix}": right.top1}
