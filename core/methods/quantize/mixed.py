"""Mixed precision: all is quantized but the few layers that cost most, within a budget, until a target is met."""

from __future__ import annotations

import dataclasses
import enum
import json
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Annotated

from core.data.dataset import DataSet
from core.data.splits import divide, part, take, without
from core.errors import UserError
from core.methods.analyse.reference import not_judging, read
from core.methods.chosen import chosen_names
from core.methods.method import Context, Outcome, method
from core.methods.quantize import static
from core.methods.quantize.choices import OVERRIDABLE
from core.methods.quantize.equalize import equalize, for_quantization
from core.methods.quantize.items import CalibrateFrom
from core.methods.quantize.mixed_judge import Closeness, Judge
from core.methods.quantize.mixed_report import mixed_tables, said
from core.methods.quantize.mixing import Move, path, pieces
from core.methods.quantize.range_memory import RangeMemory
from core.methods.quantize.ready import ready_like
from core.methods.quantize.result import Quantized
from core.methods.quantize.static_report import static_report
from core.methods.quantize.static_work import walking_items
from core.methods.quantize.value_choices import LayerParams
from core.methods.scope import Override, Scope
from core.model.model import Model, layer_name
from core.params import Field
from core.report import Report

if TYPE_CHECKING:
    from core.measure.quantized_parts import QuantizedParts

_GROUP = "Layers kept out"
_BATCH = 8
_CHECKED = 200  # items on which the target is checked
_JUDGED = 400  # items at most that judge the result


class Keep(enum.Enum):
    """What the chosen layers become."""

    FLOAT = "float"
    INT8 = "int8"


class Target(enum.Enum):
    """What says that enough layers are out."""

    AGREEMENT = "agreement"
    SQNR = "sqnr"


class ChooseBy(enum.Enum):
    """Which items tell what costs most, and whether the target is met."""

    OTHERS = "others"
    CALIBRATION = "calibration"


@dataclass(frozen=True, slots=True)
class Params(static.Params):
    """Those of quantize.static, and how layers are chosen."""

    equalize: Annotated[
        bool, Field("Equalize channels", "First give channels of very unlike ranges like ones; the function stays")
    ] = True
    keep: Annotated[
        Keep, Field("The layers that cost most become", "int8 is for networks in 4 bits.", leading=True)
    ] = Keep.FLOAT
    most_layers: Annotated[
        int, Field("Layers at most", "So many stay out of the quantization.", 0, 10_000, "layers", leading=True)
    ] = 5
    most_kilobytes: Annotated[
        float,
        Field("Growth at most", "By weights that stay large; 0: any.", 0.0, 1e9, "kB", 1.0, leading=True),
    ] = 0.0
    most_milliseconds: Annotated[
        float,
        Field("Slower at most", "By layers that stay slow, as timed here; 0: any.", 0.0, 1e6, "ms", 0.1, leading=True),
    ] = 0.0
    target: Annotated[
        Target, Field("Until", "Agreement of answers is for classifiers; SQNR is for any network.", leading=True)
    ] = Target.AGREEMENT
    agreement: Annotated[
        float,
        Field("Agreement with float", "On up to 200 items to choose by.", 0.0, 100.0, "%", leading=True),
    ] = 99.0
    sqnr: Annotated[float, Field("SQNR of the output", "Decibels above the noise.", 0.0, 140.0, "dB", leading=True)] = (
        30.0
    )
    choose_by: Annotated[
        ChooseBy,
        Field(
            "Chosen by", "Items that neither calibrate nor judge, or for small data those that calibrate.", group=_GROUP
        ),
    ] = ChooseBy.OTHERS
    items: Annotated[
        int, Field("Items to choose by", "More tell smaller losses apart.", 4, 10_000, "items", group=_GROUP)
    ] = 32
    chosen: Annotated[
        str, Field("Chosen already", "Names as a JSON list; empty: choose them.", advanced=True, group=_GROUP)
    ] = ""


@dataclass(frozen=True)
class Tried:
    """One quantization on the way: the layers kept out, and how close it came on the items to choose by."""

    layers: tuple[str, ...]
    close: Closeness


@method(
    "quantize.mixed",
    title="Mixed precision…",
    menu="Quantize",
    params=Params,
    needs=("data",),
    overridable=OVERRIDABLE,
    layer_params=LayerParams,
    for_inputs=True,
    learns=True,
)
def apply(model: Model, params: Params, ctx: Context) -> Outcome:
    """Quantizes all but the few layers that cost most, within a budget, until the network is close enough to float.

    Every single rounding is tried alone; layers are taken in the order of what they cost per share of the budget, a
    value together with the layer that makes it and those that read it. The result holds no more of them than the target
    needs, found by bisection with real quantizations. Items that choose neither calibrate nor judge. Raises UserError
    where the data is too small for that.
    """
    start = time.perf_counter()
    choose, judge, calibration, notes = _items(params, ctx)
    with ctx.job.stage(0.0, 0.1):
        base, settings, more = _equalized(model, params, calibration, ctx)
    mixing = _Mixing(base, settings, params, calibration, choose, ctx)
    tried: list[Tried] = []
    if params.chosen:
        layers = _known(chosen_names(params.chosen), base)
        done, moves = mixing.quantized(layers), []
    else:
        with ctx.job.stage(0.1, 0.4):
            moves = mixing.moves()
        with ctx.job.stage(0.4, 0.9):
            layers, done, tried = mixing.fewest(moves)
    seconds = time.perf_counter() - start
    with ctx.job.stage(0.9, 1.0):
        notes = (*more, *done.notes, *notes, *said(params, layers, moves, tried))
        report = static_report(model, done, ctx, judge, notes, seconds)
        judged = Judge(model, take(judge, _JUDGED, ctx.seed), ctx).close(done.model).measures() if judge.items else {}
    tables = mixed_tables(layers, moves, tried)
    report = Report({**report.measures, **judged}, (*tables, *report.tables), report.curves, report.notes)
    return Outcome(done.model, report, dataclasses.replace(params, chosen=json.dumps(layers)))


def _items(params: Params, ctx: Context) -> tuple[DataSet, DataSet, DataSet, tuple[str, ...]]:
    """(items that choose, items that judge, items that calibrate, sentences)."""
    assert ctx.data is not None, "Method.run refuses without data"
    if params.calibrate_from is not CalibrateFrom.DATA:
        raise UserError("Mixed precision calibrates with data.", "Set calibrate_from to data.")
    others = params.choose_by is ChooseBy.OTHERS
    parts = divide(ctx.data, ctx.seed, training=others)
    choose: DataSet = parts.calibration
    note = "The layers were chosen by the items that calibrate, on which figures are a little better than on others."
    if others:
        choose, note = not_judging(ctx.data, max(params.items, _CHECKED), ctx.seed, "to choose by", first="train")
    judge: DataSet = parts.judge if ctx.test is None else without(without(part(ctx.test), choose), parts.calibration)
    return choose, judge, parts.calibration, (parts.note, note)


def _known(layers: tuple[str, ...], model: Model) -> tuple[str, ...]:
    """The same names. Raises UserError for one that is no layer's: it would silently be quantized."""
    names = {layer_name(n) for n in model.nodes()}
    strange = next((name for name in layers if name not in names), None)
    if strange is not None:
        raise UserError(f"'Chosen already' names '{strange}', which is no layer of the network.", "Leave it empty.")
    return layers


def _equalized(
    model: Model, params: Params, calibration: DataSet, ctx: Context
) -> tuple[Model, static.Params, tuple[str, ...]]:
    """(the float model to quantize, how, sentences): equalization comes first, as its result is the parent."""
    own = {f.name: getattr(params, f.name) for f in fields(static.Params)}
    settings = static.Params(**own)
    if not params.equalize:
        return model, settings, ()
    data = take(calibration, params.calibration_items, ctx.seed)
    equal = equalize(model, data, for_quantization(params.calibration_items), ctx)
    return equal.model, dataclasses.replace(settings, equalize=False), tuple(equal.notes)


class _Mixing:
    """Quantizes with layers kept out, and finds which."""

    def __init__(
        self, model: Model, settings: static.Params, params: Params, calibration: DataSet, choose: DataSet, ctx: Context
    ) -> None:
        self._model, self._settings, self._params = model, settings, params
        self._calibration, self._choose, self._ctx = calibration, choose, ctx
        self._memory = RangeMemory(walking_items(settings))

    def quantized(self, layers: Sequence[str], plain: bool = False) -> Quantized:
        """With these layers kept out. ``plain``: quickly, for finding out what costs most."""
        settings = self._settings
        if plain:
            settings = dataclasses.replace(settings, bias_correction=False, rounding="nearest")
        kept: tuple[Override, ...] = tuple(
            (Scope(layers=(name,)), {"precision": self._params.keep.value}) for name in layers
        )
        ctx = dataclasses.replace(self._ctx, overrides=(*self._ctx.overrides, *kept), checkpoint=None)
        return static.quantize_static(self._model, self._calibration, settings, ctx, remembered=self._memory)

    def moves(self) -> list[Move]:
        """Layers in the order in which they are best kept out, as far as the budget allows."""
        from core.measure.quantized_parts import QuantizedParts

        with self._ctx.job.stage(0.0, 0.3):
            whole = self.quantized((), plain=True).model
            parts = QuantizedParts(whole, ready_like(self._model, whole))
        with self._ctx.job.stage(0.3, 0.9):
            items = read(take(self._choose, self._params.items, self._ctx.seed), parts.parent, _BATCH, self._ctx.job)
            only = self._params.keep is Keep.INT8
            found = pieces(parts, items, self._settings.bias_correction, only, self._ctx)
        with self._ctx.job.stage(0.9, 1.0):
            costs, limits = self._costs(parts)
        return some_left(path(found, costs, limits), {layer_name(parts.nodes[k]) for k in parts.stored})

    def fewest(self, moves: Sequence[Move]) -> tuple[tuple[str, ...], Quantized, list[Tried]]:
        """(the layers kept out, the result, what was tried): as few moves as the target needs, else all of them."""
        judge = Judge(self._model, self._choose, self._ctx)
        tried: list[Tried] = []

        def attempt(count: int) -> tuple[Quantized, bool]:
            layers = layers_of(moves[:count])
            with self._ctx.job.stage(min(0.25 * len(tried), 0.9), min(0.25 * (len(tried) + 1), 1.0)):
                done = self.quantized(layers)
                close = judge.close(done.model)
            tried.append(Tried(layers, close))
            return done, self._enough(close)

        best, enough = attempt(len(moves))
        low, high = 0, len(moves)
        while enough and low < high:
            middle = (low + high) // 2
            done, good = attempt(middle)
            best, high, low = (done, middle, low) if good else (best, high, middle + 1)
        return layers_of(moves[:high]), best, tried

    def _enough(self, close: Closeness) -> bool:
        if self._params.target is Target.SQNR or close.agreement is None:
            return close.sqnr.value >= self._params.sqnr
        return close.agreement.value >= self._params.agreement

    def _costs(self, parts: QuantizedParts) -> tuple[dict[str, tuple[float, ...]], tuple[float, ...]]:
        """(by layer its costs, the limits): layers, and bytes and milliseconds where they are limited."""
        names = {n.name or "" for n in self._model.nodes()} - {""}
        params, bits = self._params, 8 if self._params.keep is Keep.INT8 else 32
        usual = 4 if params.precision.value == "int4" else 8
        rows: list[Mapping[str, float]] = [dict.fromkeys(names, 1.0)]
        limits = [float(params.most_layers)]
        if params.most_kilobytes > 0:
            facts = parts.parent_facts
            sizes = {k: facts.array(t.inputs[1]) for k, t in parts.twins.items() if len(t.inputs) > 1}
            weights = {parts.nodes[k].name or "": 0 if a is None else a.size for k, a in sizes.items()}
            rows.append({n: weights.get(n, 0) * (bits - usual) / 8 for n in names})
            limits.append(1000 * params.most_kilobytes)
        if params.most_milliseconds > 0:
            rows.append(self._milliseconds(parts, names))
            limits.append(params.most_milliseconds)
        return {n: tuple(row[n] for row in rows) for n in names}, tuple(limits)

    def _milliseconds(self, parts: QuantizedParts, names: set[str]) -> dict[str, float]:
        """How much slower each layer is in float, as timed on this machine."""
        from core.measure.slower_layers import slower_layers

        job = self._ctx.job
        times = slower_layers(parts.parent, parts.model, names, threads=self._ctx.threads, job=job).layers
        return {n: max(times[n][0] - times[n][1], 0.0) if n in times else 0.0 for n in names}


def some_left(moves: Sequence[Move], weighted: Collection[str]) -> list[Move]:
    """The moves up to the one that would leave no layer with weights quantized."""
    kept = [k for k in range(len(moves)) if not set(weighted) <= set(layers_of(moves[: k + 1]))]
    return list(moves[: len(kept)])


def layers_of(moves: Sequence[Move]) -> tuple[str, ...]:
    """The layers of several moves, in their order."""
    return tuple(name for move in moves for name in move.layers)
