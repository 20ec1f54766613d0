"""Incremental quantization: weights become powers of two group by group, and the rest is trained to make up for it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Annotated

from core.errors import UserError
from core.methods.method import Context, Outcome, training_method
from core.methods.quantize.fixed_powers import FixPowers
from core.methods.quantize.formats import FORMATS, Blocks, Weight, WeightGranularity, load_formats
from core.methods.quantize.formats.format import FormatSettings, GranularityField, GroupField, why_not
from core.methods.quantize.ready import OPSET, with_opset
from core.methods.quantize.weight_places import Left, put, weights
from core.methods.training_act import ready, train
from core.methods.training_params import Epochs, settings_of
from core.methods.training_settings import default_rate
from core.methods.tune.finetune import Params as TuneParams
from core.methods.tune.finetune import loss_of
from core.model.masks import numbers
from core.model.model import Model
from core.params import Field
from core.report import Measure, Table

_COUNTED = "the graph"


@dataclass(frozen=True, slots=True)
class Params(TuneParams):
    """Parameters of incremental quantization, besides those of fine-tuning."""

    epochs: Epochs = 8
    bits: Annotated[int, Field("Bits", "Of each weight; the sign is one of them", 2, 8, "bits")] = 5
    granularity: GranularityField = WeightGranularity.TENSOR
    group_size: GroupField = 32
    shares: Annotated[
        str, Field("Shares", "Of the weights that are fixed, the largest first, at equal distances; the last is 1")
    ] = "0.5 0.75 0.875 1"


@training_method(
    "quantize.incremental",
    title="Incremental powers of two…",
    menu="Quantize",
    params=Params,
)
def apply(model: Model, params: Params, ctx: Context) -> Outcome:
    """Fixes the largest weights at powers of two and trains the others, until all are fixed; stored in few bits.

    Zhou et al. 2017 (arXiv:1702.03044). The largest power follows from the weights at the start; what is left when a
    user ends the training before is rounded at once. BatchNormalizations stay layers of their own: folded into the
    weights they would undo them. Raises UserError where the shares do not rise to 1 or no weight in scope can take the
    format, and as tune.finetune does.
    """
    shares = shares_of(params.shares)
    raised, said = with_opset(model, OPSET)
    start = ready(raised, params, ctx)
    form = FormatSettings(params.bits, params.granularity, params.group_size)
    items, left = _takes(start.model, form, ctx)
    blocks = {w.tensor: Blocks.of(w, params.granularity, params.group_size, even=True) for w in items}
    hook = FixPowers(blocks, params.bits, shares)
    settings = settings_of(params, start.model, default_rate(start.model, params.optimizer), ctx)
    loss, notes = loss_of(start, params, ctx)
    with ctx.job.stage(0.0, 0.97):
        outcome = train(start, loss, settings, params, ctx, hooks=[hook], notes=(*said, *notes))
    return _stored(outcome, hook, items, left)


def shares_of(text: str) -> tuple[float, ...]:
    """The shares in a line of numbers. Raises UserError where they are none, or do not rise to 1."""
    try:
        found = tuple(float(word) for word in text.replace(",", " ").split())
    except ValueError:
        found = ()
    rising = all(a < b for a, b in zip((0.0, *found), found, strict=False))
    if not found or not rising or found[-1] != 1.0:
        raise UserError(f"Shares are '{text}', which do not rise from above 0 to 1.", "For example: 0.5 0.75 0.875 1.")
    return found


def _takes(model: Model, form: FormatSettings, ctx: Context) -> tuple[list[Weight], list[Left]]:
    """The weights that become powers of two, and the layers that keep theirs."""
    powers = load_formats().get("powers_of_two")
    items, without = weights(model, ctx.scope.contains)
    found, left = [], list(without)
    for item in items:
        why = why_not(powers, numbers(model, item.tensor), item, form)
        if why:
            left.append(Left(item.layer, item.operator, why))
        else:
            found.append(item)
    if not found:
        raise UserError("The scope holds no weight that can become powers of two.", "Choose layers with weights.")
    return found, left


def _stored(outcome: Outcome, hook: FixPowers, items: list[Weight], left: list[Left]) -> Outcome:
    """The trained model with its weights as codes, and what is to be said of them."""
    trained = outcome.model
    assert trained is not None, "a training gives a model"
    stored = {w.tensor: hook.grids[w.tensor].stored(numbers(trained, w.tensor)) for w in items}
    new = trained.clone()
    put(new, stored)
    before = sum(4 * w.size for w in items)
    after = sum(t.nbytes for s in stored.values() for t in s.tensors.values())
    measures = {
        **outcome.report.measures,
        "stored_layers": Measure(len(items), "layers", "estimated", _COUNTED),
        "bits_per_weight": Measure(32 * after / before, "bits", "estimated", _COUNTED, note="with scales"),
    }
    notes = [*outcome.report.notes, FORMATS.get("powers_of_two").honest]
    if hook.reached < 1:
        notes.append(f"The training ended at {100 * hook.reached:g} % fixed weights; the others were rounded at once.")
    tables = outcome.report.tables
    if left:
        rows = tuple((k.layer, k.operator, k.reason) for k in left)
        tables = (*tables, Table("Layers that stay float", ("layer", "operator", "because"), rows))
    report = dataclasses.replace(outcome.report, measures=measures, tables=tables, notes=tuple(notes))
    return dataclasses.replace(outcome, model=new.with_graph(new.graph), report=report)
