"""Applying cures to the float parent and measuring again: each alone, and all together."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core import params as parameters
from core.data.dataset import DataSet
from core.data.splits import divide, part, take, without
from core.errors import UserError
from core.execute.runtimes import onnx_session
from core.methods.analyse.cures import Offer, together
from core.methods.analyse.reference import Outputs, Reference, read
from core.methods.method import Context, load_methods
from core.methods.scope import Scope
from core.model.model import Model
from core.report import Measure

_JUDGED = 400  # items at most
_BATCH = 16
ALL, AS_IT_IS = "all of them", "as it is"


@dataclass(frozen=True, slots=True)
class Cured:
    """Figures after a cure, on items that neither calibrated nor were looked at. ``figures``: name -> Measure."""

    words: str
    figures: Mapping[str, Measure]
    seconds: float


def verified(offers: Sequence[Offer], model: Model, parent: Model, ctx: Context) -> tuple[tuple[Cured, ...], list[str]]:
    """What the quantized ``model`` gives, and what each cure and all of them give; and sentences for the report."""
    assert ctx.data is not None, "Method.run refuses without data"
    tried: list[tuple[str, Mapping[str, Any]]] = []
    for offer in offers:  # several causes may have one cure
        if offer.step and all(offer.step != step for _, step in tried):
            tried.append((offer.words, offer.step))
    if len(tried) > 1:
        tried.append((ALL, together(offers)))
    seed = int(tried[0][1].get("seed", ctx.seed)) if tried else ctx.seed
    calibration = divide(ctx.data, seed).calibration
    with ctx.job.stage(0.0, 0.1):
        judge = Judge(parent, calibration, ctx)
    rows = [Cured(AS_IT_IS, judge.figures(model), 0.0)]
    notes = [judge.note]
    for k, (words, step) in enumerate(tried):
        with ctx.job.stage(0.1 + 0.9 * k / len(tried), 0.1 + 0.9 * (k + 1) / len(tried)):
            start = time.perf_counter()
            try:
                new = quantized(parent, step, calibration, ctx)
            except UserError as error:
                notes.append(f"'{words}' cannot be applied: {error.message}")
                continue
            seconds = time.perf_counter() - start
            rows.append(Cured(words, judge.figures(new), seconds))
    return tuple(rows), [*notes, *(_brought(rows[0], row) for row in rows[1:])]


def _brought(before: Cured, after: Cured) -> str:
    """What a cure did, in a sentence."""
    moved = [
        f"{name} {before.figures[key].value:.1f} → {after.figures[key].value:.1f} {after.figures[key].unit}"
        for key, name in (("sqnr", "SQNR"), ("agreement", "agreement"), ("top1_change", "top-1 beside float"))
        if key in before.figures and key in after.figures
    ]
    change = after.figures.get("top1_change")
    low, high = (change.interval if change is not None else None) or (0.0, 0.0)
    sure = f" ({low:+.1f} to {high:+.1f})" if change is not None else ""
    return f"Applied, '{after.words}': {', '.join(moved)}{sure}."


def quantized(parent: Model, step: Mapping[str, Any], calibration: DataSet, ctx: Context) -> Model:
    """The parent quantized by a step of quantize.static, calibrated on these items."""
    from core.methods.quantize.static import Params, quantize_static

    values: Params = parameters.from_json(load_methods().get(str(step["method"])).params, step["params"])
    overrides = tuple((Scope.from_json(o["scope"]), o["params"]) for o in step.get("overrides", ()))
    own = dataclasses.replace(ctx, overrides=overrides, scope=Scope(), seed=int(step.get("seed", ctx.seed)))
    return quantize_static(parent, calibration, values, own).model


class Judge:
    """The float parent's answers on items that neither calibrate nor train, and others against them."""

    def __init__(self, parent: Model, calibration: DataSet, ctx: Context) -> None:
        assert ctx.data is not None, "Method.run refuses without data"
        whole = divide(ctx.data, ctx.seed, training=True).judge if ctx.test is None else part(ctx.test)
        left = without(whole, calibration)
        data = take(left if left.items else whole, _JUDGED, ctx.seed)
        self._ctx = ctx
        self._items = read(data, parent, _BATCH, ctx.job)
        self._reference = Reference(parent, self._items, self._answers(parent))
        self.note = f"Cures are judged on {len(data.items)} items of {data.name}, none of which was looked at before."

    def figures(self, model: Model) -> dict[str, Measure]:
        """SQNR, agreement and, with labels, the change of top-1 in points (paired), each against the parent."""
        outputs = self._answers(model)
        found = self._reference.closeness(outputs)
        return {
            "sqnr": found.sqnr,
            **({} if found.agreement is None else {"agreement": found.agreement}),
            **self._reference.top1_change(outputs),
        }

    def _answers(self, model: Model) -> list[Outputs]:
        session = onnx_session(model, self._ctx.threads)
        names = model.output_names
        found = []
        for feed, count in zip(self._items.feeds, self._items.counts, strict=True):
            self._ctx.job.check()
            made = session.run(feed)
            found.append({name: made[name][:count] for name in names})
        return found
