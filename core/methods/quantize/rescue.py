"""Rescue: from a float network to a quantized one that keeps its accuracy, by as little as it takes.

Ways to quantize better are tried in order of cost until a target is met (see ``rescue_search``). What was found is kept
as a parameter, so that a recipe replays it without searching.
"""

from __future__ import annotations

import dataclasses
import enum
import json
import math
import time
from dataclasses import dataclass
from typing import Annotated, Any

from core import params as parameters
from core.data.dataset import DataSet
from core.data.splits import Subset, divide, take, without
from core.errors import UserError
from core.methods.method import Context, Outcome, method
from core.methods.quantize import static
from core.methods.quantize.choices import OVERRIDABLE, AllLayerParams, Granularity
from core.methods.quantize.rescue_report import rescue_report
from core.methods.quantize.rescue_search import Beside, Choice, Remembered, Search, Verdict
from core.methods.recover.items import for_recovery
from core.model.model import Model
from core.params import Field

FLOAT_LAYERS = "float_layers"
_ENOUGH = 50  # items that calibrate: the network that was checked is then the result, to the byte


class Target(enum.Enum):
    """What has to be good enough."""

    DROP = "drop"
    AGREEMENT = "agreement"
    SQNR = "sqnr"


@dataclass(frozen=True, slots=True)
class Params:
    """What a person can choose."""

    target: Annotated[
        Target, Field("Target", "Top-1 lost (needs labels; else agreement counts), answers as in float, or distance")
    ] = Target.DROP
    drop: Annotated[
        float, Field("Top-1 lost at most", "Of the float network's", low=0.0, high=100.0, unit="points", step=0.1)
    ] = 1.0
    agreement: Annotated[
        float, Field("Agreement at least", "Answers that are the float network's", low=0.0, high=100.0, unit="%")
    ] = 98.0
    sqnr: Annotated[
        float, Field("SQNR at least", "Of the outputs, against the float network's", low=-50.0, high=140.0, unit="dB")
    ] = 30.0
    granularity: Annotated[
        Granularity, Field("One scale for each", "The whole tensor, each output channel, or each group of inputs")
    ] = Granularity.CHANNEL
    activations: Annotated[
        static.Activations,
        Field("Activations", "uint8 is the faster one in onnxruntime on x86; int16 is TFLite's 16x8 form"),
    ] = static.Activations.UINT8
    most_float: Annotated[
        int, Field("Layers in float at most", "The last resort; 0 leaves none", low=0, high=1000, unit="layers")
    ] = 5
    adaround: Annotated[
        bool, Field("Try AdaRound", "Learned rounding of weights: takes minutes, helps little at 8 bits")
    ] = False
    calibration_items: Annotated[
        int, Field("Calibration items", "At most so many set ranges, biases and roundings", low=1, high=10_000,
                   unit="items")
    ] = 100  # fmt: skip
    check_items: Annotated[
        int, Field("Items that check", "At most so many tell what helps; they calibrate nothing meanwhile", low=4,
                   high=10_000, unit="items")
    ] = 200  # fmt: skip
    found: Annotated[
        str, Field("Found before", "What a search found, as JSON: it is done again without searching", advanced=True)
    ] = ""


@method(
    "quantize.rescue",
    title="Rescue…",
    menu="Quantize",
    params=Params,
    needs=("data",),
    overridable=OVERRIDABLE,
    layer_params=AllLayerParams,
    for_inputs=True,
    learns=True,
)
def apply(model: Model, params: Params, ctx: Context) -> Outcome:
    """Quantizes as well as a target asks: better ways one by one, each kept if it helps, and what each brought."""
    start = time.perf_counter()
    pool, judge, note = for_recovery(ctx)
    items = items_of(pool, params, ctx)
    base = static.Params(
        granularity=params.granularity,
        activations=params.activations,
        search_ranges=False,
        calibration_items=params.calibration_items,
        bias_correction=False,
    )
    if params.found:
        with ctx.job.stage(0.0, 0.9):
            done = _again(model, params.found, items, ctx)
    else:
        with ctx.job.stage(0.0, 0.9):
            done = _search(model, params, base, items, ctx)
    seconds = time.perf_counter() - start
    with ctx.job.stage(0.9, 1.0):
        report = rescue_report(
            model, done.model, done.plain, done.search, without(judge, items.usable), ctx, seconds, (*done.notes, note)
        )
    return Outcome(done.model, report, dataclasses.replace(params, found=_to_json(done.choice)))


@dataclass(frozen=True)
class Items:
    """``fit`` calibrates while ``check`` tells what helps; ``final`` calibrates the result. All are of ``usable``."""

    fit: DataSet
    check: DataSet
    final: DataSet
    usable: DataSet


@dataclass(frozen=True)
class _Done:
    model: Model
    plain: Model | None
    choice: Choice
    search: Search | None
    notes: tuple[str, ...]


def items_of(pool: DataSet, params: Params, ctx: Context) -> Items:
    """A third of the items checks, at most as many as asked for; where few are left to calibrate, all do in the end."""
    assert ctx.data is not None, "Method.run refuses without data"
    names = {i.name for i in (*divide(ctx.data, ctx.seed).calibration.items, *pool.items)}
    usable = Subset(ctx.data, [k for k, i in enumerate(ctx.data.items) if i.name in names])
    check = take(usable, max(min(params.check_items, len(usable.items) // 3), 1), ctx.seed + 1)
    checks = {i.name for i in check.items}
    rest = Subset(usable, [k for k, i in enumerate(usable.items) if i.name not in checks])
    if not rest.items:
        raise UserError(f"'{ctx.data.name}' has too few items to calibrate and to check.", "Attach a larger data set.")
    fit = take(rest, params.calibration_items, ctx.seed)
    enough = len(fit.items) >= min(params.calibration_items, _ENOUGH)
    return Items(fit, check, fit if enough else usable, usable)


def _search(model: Model, params: Params, base: static.Params, items: Items, ctx: Context) -> _Done:
    fit = Remembered(items.fit)
    with ctx.job.stage(0.0, 0.1):
        beside = Beside(model, items.check, ctx)
    search = Search(model, fit, beside, lambda verdict: met(params, verdict), ctx)
    with ctx.job.stage(0.1, 0.9):
        search.run(base, params.most_float, params.adaround)
    search.forget()
    assert search.best is not None, "the plain way is always kept"
    assert search.model is not None, "and its model"
    said = [_said(params, search.best.verdict, search.done, len(items.check.items))]
    choice, result, plain = search.best.choice, search.model, search.plain
    if items.final is not items.fit:
        with ctx.job.stage(0.9, 1.0):
            result = search.final(choice, items.final)
            plain = search.final(search.trials[0].choice, items.final)
        said.append(
            f"Choices were made with {len(items.fit.items)} items that calibrate; the result is calibrated on all "
            f"{len(items.final.items)}."
        )
    return _Done(result, plain, choice, search, tuple(said))


def _again(model: Model, found: str, items: Items, ctx: Context) -> _Done:
    """What an earlier search found, without searching."""
    choice = _from_json(found)
    search = Search(model, items.fit, None, lambda verdict: True, ctx)
    result = search.final(choice, items.final)
    return _Done(result, None, choice, None, ("What an earlier search found was done again, without searching.",))


def met(params: Params, verdict: Verdict) -> bool:
    """Whether the target is reached, a standard error to the worse included: not by luck alone.

    Few items without a change prove little: the error of a difference has half an item added to each side (Agresti and
    Min, 2005), that of a share is Wilson's (1927). More right answers than in float are luck, and make up for no error.
    """
    if params.target is Target.DROP and verdict.change is not None:
        change = verdict.change
        n = (change.difference.n or 0) + 2
        spread = change.gained + change.lost + 1 - (change.gained - change.lost) ** 2 / n
        return max(-change.difference.value, 0.0) + 100 * math.sqrt(spread) / n <= params.drop
    if params.target is not Target.SQNR and verdict.agrees is not None:
        share, n = float(verdict.agrees.mean()), len(verdict.agrees)
        error = math.sqrt(share * (1 - share) / n + 1 / (4 * n * n))
        return 100 * (share + 1 / (2 * n) - error) / (1 + 1 / n) >= params.agreement
    return verdict.sqnr >= params.sqnr


def _said(params: Params, verdict: Verdict, reached: bool, count: int) -> str:
    if params.target is Target.DROP and verdict.change is not None:
        what = f"top-1 at most {params.drop:g} point{'' if params.drop == 1 else 's'} below float"
    elif params.target is not Target.SQNR and verdict.agrees is not None:
        what = f"agreement with float of at least {params.agreement:g} %"
        what += ", for without labels top-1 is not known" if params.target is Target.DROP else ""
    else:
        what = f"an SQNR of at least {params.sqnr:g} dB"
    state = "was met" if reached else "was not shown to be met by any way"
    return f"The target, {what}, {state} on {count} items that calibrated nothing, a standard error included."


def _to_json(choice: Choice) -> str:
    """Only what differs from the defaults of quantize.static."""
    usual = parameters.to_json(static.Params())
    values: dict[str, Any] = {k: v for k, v in parameters.to_json(choice.params).items() if v != usual[k]}
    if choice.floats:
        values[FLOAT_LAYERS] = list(choice.floats)
    return json.dumps(values, sort_keys=True)


def _from_json(text: str) -> Choice:
    hint = "Leave it empty to search anew."
    try:
        values = json.loads(text)
    except ValueError as error:
        raise UserError(f"Found before is '{text[:60]}'; it must be JSON.", hint) from error
    floats = values.pop(FLOAT_LAYERS, []) if isinstance(values, dict) else None
    if not isinstance(floats, list) or not all(isinstance(name, str) for name in floats):
        raise UserError(f"Found before is '{text[:60]}'; it must be an object with a list of layers in float.", hint)
    return Choice(parameters.from_json(static.Params, values), tuple(floats))
