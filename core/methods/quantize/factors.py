"""What is known of a network before factors for its channels are chosen, and what is reported when they are in.

Shared by equalization and by the smoothing of activations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.data.dataset import DataSet
from core.data.splits import divide, part, take, without
from core.methods.method import Context, Outcome
from core.methods.quantize.channel_ranges import ChannelRanges, channel_ranges
from core.methods.quantize.equalizing import Activation, Problem, Weighted, groups_of, limits, weighted_layers
from core.methods.quantize.value_choices import typed_results
from core.model.facts import infer
from core.model.model import Model
from core.model.qdq_operators import data_inputs
from core.model.rescaling import Array64, Rescaling, find_rescaling, rescaled
from core.report import Curve, Measure, Report, Table

_ROUNDED = frozenset({"Conv", "ConvTranspose", "Gemm", "MatMul", "Add"})
_JUDGED = 64
_DRAWN = 4  # layers with curves
UNLIKE = "How unlike the ranges of channels are"


@dataclass(frozen=True)
class Known:
    """A model that is ready to be quantized, where factors can go in it, and what is asked of them.

    ``notes`` are sentences for the user.
    """

    model: Model
    rescaling: Rescaling
    problem: Problem
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Rescaled:
    """A model with factors in it. ``before``, ``after``: layer -> its most unlike ranges. ``curves``: ranges of the
    weights by channel, before and after in turn, of the layers that were most unlike.

    ``channels``: how many have a factor; ``free``: how many could have one; ``notes`` are sentences for the user.
    """

    model: Model
    before: Mapping[str, float]
    after: Mapping[str, float]
    channels: int
    free: int
    notes: tuple[str, ...]
    curves: tuple[Curve, ...] = ()

    def tables(self) -> tuple[Table, ...]:
        """How unlike the channels of each layer were and are; nothing where no layer has a free channel."""
        rows = tuple((layer, round(was, 2), round(self.after[layer], 2)) for layer, was in self.before.items())
        units = ("", "largest / median", "largest / median")
        return (Table(UNLIKE, ("Layer", "Before", "After"), rows, units),) if rows else ()


def study(
    model: Model, data: DataSet | None, *, items: int, headroom: float, activations: bool, ctx: Context
) -> Known:  # fmt: skip
    """Find where factors can go in a ready model, and run it over at most ``items`` of ``data`` for ranges.

    Without data there are none of activations, and channels in front of a Clip stay as they are. ``headroom``: by how
    much a channel must stay below a bound at least.
    """
    facts = infer(model)
    typed = typed_results(model, ctx)
    rescaling = find_rescaling(model, facts, ((value, "its range was typed") for value in typed.values()))
    ranges: ChannelRanges | None = None
    notes = [f"Channels of {', '.join(typed)} got no factor: their range was typed."] if typed else []
    axes = _observed(rescaling, activations)
    if data is not None and axes:
        ranges = channel_ranges(model, facts, take(data, items, ctx.seed), axes, ctx.threads, ctx.job)
    elif rescaling.bounds:
        notes.append("Without data channels in front of an upper bound (ReLU6) stay as they are.")
    problem = _problem(rescaling, ranges, headroom, activations)
    if ranges is not None and rescaling.bounds:
        notes.append(_said_of_bounds(rescaling, problem, ranges.items))
    return Known(model, rescaling, problem, tuple(notes))


def with_factors(known: Known, factors: Array64, notes: Sequence[str] = ()) -> Rescaled:
    """The model with these factors (one for each class) in its weights."""
    log, classes = np.log(factors), known.problem.classes
    before, after = (_unlike(known.problem.weights, at) for at in (np.zeros_like(log), log))
    changed = int((np.abs(log[classes]) > 1e-6).sum())
    model = rescaled(known.model, known.rescaling, factors)
    worst = sorted(known.problem.weights, key=lambda w: -before[w.layer])[:_DRAWN]
    curves = tuple(
        _curve(w, at, f"{w.layer}: weights {when}") for w in worst for at, when in ((0 * log, "before"), (log, "after"))
    )
    return Rescaled(model, before, after, changed, len(classes), (*notes, *known.notes), curves)


def _curve(weighted: Weighted, log: Array64, title: str) -> Curve:
    """Largest absolute weight of every output channel."""
    ranges = np.exp(weighted.scaled(log).max(axis=2)).reshape(-1)
    return Curve(title, "channel", "range", tuple(map(float, range(len(ranges)))), tuple(map(float, ranges)))


def judged_outcome(model: Model, done: Rescaled, ctx: Context) -> Outcome:
    """The result with its report: how unlike ranges were and are, and that the outputs are the same.

    Items that did not show ranges are compared, noise where there is no data.
    """
    from core.measure.fidelity import fidelity

    judged: DataSet | None = None
    division: tuple[str, ...] = ()
    if ctx.data is not None:
        parts = divide(ctx.data, ctx.seed)
        judged = parts.judge if ctx.test is None else without(part(ctx.test), parts.calibration)
        division = (parts.note,)
    near = fidelity(model, done.model, judged, limit=_JUDGED, threads=ctx.threads, seed=ctx.seed, job=ctx.job)
    measures = {
        "channels": Measure(done.channels, "channels", "estimated", "the graph"),
        "unlike_before": _median(done.before),
        "unlike_after": _median(done.after),
        **near.measures(),
    }
    said = f"{done.channels} of {done.free} channels that can have a factor got one."
    return Outcome(done.model, Report(measures, done.tables(), done.curves, (*done.notes, said, *division)))


def _observed(rescaling: Rescaling, activations: bool) -> dict[str, int]:
    """Value -> axis of its channels, of all values whose ranges are asked for."""
    axes = {b.value: b.axis for b in rescaling.bounds if rescaling.roots(b.labels).any()}
    if activations:
        for value in _rounded(rescaling):
            lane = rescaling.lanes[value]
            if rescaling.roots(lane.labels).any():
                axes.setdefault(value, lane.axis)
    return axes


def _rounded(rescaling: Rescaling) -> Sequence[str]:
    """Values with channels that layers with weights and sums read: quantization will round them."""
    readers = (n for n in rescaling.facts.graph if n.op_type in _ROUNDED)
    names = (v.name or "" for n in readers for v in data_inputs(n))
    return [v for v in dict.fromkeys(names) if v in rescaling.lanes]


def _problem(rescaling: Rescaling, ranges: ChannelRanges | None, headroom: float, counted: bool) -> Problem:
    top: dict[str, Array64] = {}
    margin: dict[str, float] = {}
    activations: list[Activation] = []
    if ranges is not None:
        for bound in rescaling.bounds:
            if bound.value in ranges.top:
                top[bound.value] = ranges.top[bound.value].max(axis=0)
                margin[bound.value] = ranges.growth(bound.value, headroom)
        for value in _rounded(rescaling) if counted else ():
            if value in ranges.size:
                with np.errstate(divide="ignore"):
                    size = np.log(ranges.size[value].max(axis=0))
                activations.append(Activation(value, size, rescaling.roots(rescaling.lanes[value].labels)))
    low, high = limits(rescaling, top, margin)
    return Problem(weighted_layers(rescaling), tuple(activations), groups_of(rescaling), low, high)


def _unlike(weights: Sequence[Weighted], log: Array64) -> dict[str, float]:
    """Layer -> largest over median range of those channels that can have a factor; of inputs or outputs the worse.

    The median is that of logarithms. Not the smallest: a dead channel says nothing of the others.
    """
    found = {}
    for w in weights:
        size = w.scaled(log)
        spread = 0.0
        for ranges, classes in ((size.max(axis=2), w.made), (size.max(axis=1), w.read)):
            known = ranges[np.isfinite(ranges) & (classes > 0)]
            spread = max(spread, float(known.max() - np.median(known)) if known.size else 0.0)
        found[w.layer] = float(np.exp(min(spread, 700.0)))
    return found


def _said_of_bounds(rescaling: Rescaling, problem: Problem, items: int) -> str:
    roots = np.unique(np.concatenate([rescaling.roots(b.labels) for b in rescaling.bounds]))
    roots = roots[roots > 0]
    stay = int((problem.low[roots] == problem.high[roots]).sum())
    return (
        f"Of {len(roots)} channels in front of an upper bound (ReLU6) {stay} stay as they are, because they reach it "
        f"on {items} items or nearly do; the others stay below it."
    )


def _median(spreads: Mapping[str, float]) -> Measure:
    value = float(np.median(list(spreads.values()))) if spreads else 1.0
    return Measure(value, "", "estimated", "the graph", note="Median over layers of largest over median channel range.")
