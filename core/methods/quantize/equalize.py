"""Cross-layer equalization: channels of very unlike ranges get like ones, and the network computes what it did before.

What makes a channel is multiplied by a factor, what reads it is divided by it, through Relu, sums, pooling, and
depthwise and grouped convolutions; one scale for a whole tensor then fits all its channels. Where factors go is found
by :mod:`core.model.rescaling`, their size by :mod:`core.methods.quantize.equalizing`.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from core.data.dataset import DataSet
from core.data.splits import divide, part, take, without
from core.methods.method import Context, Outcome, method
from core.methods.quantize.channel_ranges import ChannelRanges, channel_ranges
from core.methods.quantize.equalizing import (
    Activation,
    Problem,
    Weighted,
    groups_of,
    limits,
    solve,
    weighted_layers,
)
from core.methods.quantize.ready import ready
from core.model.facts import infer
from core.model.model import Model
from core.model.qdq_operators import data_inputs, default_domain
from core.model.rescaling import Array64, Rescaling, find_rescaling, rescaled
from core.model.rescaling_rules import clip_bounds
from core.params import Field
from core.report import Measure, Report, Table


class Scales(enum.Enum):
    """What the weights will have one scale for."""

    TENSOR = "tensor"
    CHANNEL = "channel"


class Bounds(enum.Enum):
    """What becomes of the upper bound of a Clip (ReLU6), which does not scale."""

    KEEP = "keep"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class Params:
    """What a person can choose."""

    scales: Annotated[
        Scales, Field("Weight scales", "Equal ranges for one scale a tensor, or for one an output channel")
    ] = Scales.TENSOR
    activations: Annotated[
        bool, Field("Activations count", "Ranges of activations are equalized with those of weights; needs data")
    ] = True
    bounds: Annotated[
        Bounds,
        Field("Bounds of ReLU6", "keep: channels stay below them, exact; remove: ReLU instead, answers may change"),
    ] = Bounds.KEEP
    items: Annotated[int, Field("Items", "At most so many show the ranges", low=2, high=10_000, unit="items")] = 100
    headroom: Annotated[
        float,
        Field("Headroom", "How far below a bound a channel must stay at least", low=1.0, high=10.0, advanced=True),
    ] = 1.2


@dataclass(frozen=True)
class Equalized:
    """An equalized model and how it came about. ``before``, ``after``: layer -> its most unlike ranges.

    ``channels``: how many have a factor; ``free``: how many could have one; ``notes`` are sentences for the user.
    """

    model: Model
    before: Mapping[str, float]
    after: Mapping[str, float]
    channels: int
    free: int
    sweeps: int
    notes: tuple[str, ...]


@method("quantize.equalize", title="Equalize channels…", menu="Quantize", params=Params, uses=("data",))
def apply(model: Model, params: Params, ctx: Context) -> Outcome:
    """Like ranges for all channels before quantization, by factors that leave the network's function as it is."""
    parts = divide(ctx.data, ctx.seed) if ctx.data is not None else None
    with ctx.job.stage(0.0, 0.8):
        done = equalize(model, parts.calibration if parts else None, params, ctx)
    judged: DataSet | None = None
    if parts is not None:
        judged = parts.judge if ctx.test is None else without(part(ctx.test), parts.calibration)
    with ctx.job.stage(0.8, 1.0):
        return Outcome(done.model, _report(model, done, judged, ctx, parts.note if parts else ""))


def equalize(model: Model, data: DataSet | None, params: Params, ctx: Context) -> Equalized:
    """The model made ready for quantization, with factors on its channels; nothing is judged.

    ``data`` (at most ``params.items`` of it) shows the ranges of activations and how far Clips are from their bounds;
    without it channels in front of a Clip stay as they are.
    """
    ctx.job.progress(0.0, "Looking for channels")
    new, notes = ready(model)
    said = list(notes)
    if params.bounds is Bounds.REMOVE:
        said += without_bounds(new)
    facts = infer(new)
    rescaling = find_rescaling(new, facts)
    ranges: ChannelRanges | None = None
    axes = _observed(rescaling, params.activations)
    if data is not None and axes:
        with ctx.job.stage(0.0, 0.8):
            ranges = channel_ranges(new, facts, take(data, params.items, ctx.seed), axes, ctx.threads, ctx.job)
    elif rescaling.bounds:
        said.append("Without data channels in front of an upper bound (ReLU6) stay as they are.")
    problem = _problem(rescaling, ranges, params)
    with ctx.job.stage(0.8, 1.0):
        factors, sweeps = solve(problem, lambda k: ctx.job.progress(k / 100, "Equalizing"))
    classes = np.concatenate(problem.groups) if problem.groups else np.zeros(0, np.int64)
    result = rescaled(new, rescaling, factors)
    log = np.log(factors)
    changed = int((np.abs(log[classes]) > 1e-6).sum())
    before, after = (_unlike(problem.weights, at) for at in (np.zeros_like(log), log))
    if ranges is not None and rescaling.bounds:
        said.append(_said_of_bounds(rescaling, problem, ranges.items))
    return Equalized(result, before, after, changed, len(classes), sweeps, tuple(said))


def without_bounds(model: Model) -> list[str]:
    """Clip from 0 up to a bound becomes Relu, in place."""
    facts = infer(model)
    changed = 0
    for node in model.nodes():
        bounds = clip_bounds(node, facts) if node.op_type == "Clip" and default_domain(node) else None
        if bounds is not None and bounds[0] == 0 and np.isfinite(bounds[1]):
            node.op_type = "Relu"
            node.attributes.clear()
            node.resize_inputs(1)
            changed += 1
    return [f"{changed} Clips lost their upper bound and became Relu."] if changed else []


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
    readers = (n for n in rescaling.facts.graph if n.op_type in ("Conv", "ConvTranspose", "Gemm", "MatMul", "Add"))
    names = (v.name or "" for n in readers for v in data_inputs(n))
    return [v for v in dict.fromkeys(names) if v in rescaling.lanes]


def _problem(rescaling: Rescaling, ranges: ChannelRanges | None, params: Params) -> Problem:
    top: dict[str, Array64] = {}
    margin: dict[str, float] = {}
    activations: list[Activation] = []
    if ranges is not None:
        for bound in rescaling.bounds:
            if bound.value in ranges.top:
                top[bound.value] = ranges.top[bound.value].max(axis=0)
                margin[bound.value] = ranges.growth(bound.value, params.headroom)
        for value in _rounded(rescaling) if params.activations else ():
            if value in ranges.size:
                with np.errstate(divide="ignore"):
                    size = np.log(ranges.size[value].max(axis=0))
                activations.append(Activation(value, size, rescaling.roots(rescaling.lanes[value].labels)))
    low, high = limits(rescaling, top, margin)
    per_channel = params.scales is Scales.CHANNEL
    return Problem(
        weighted_layers(rescaling), tuple(activations), groups_of(rescaling), low, high, per_channel
    )  # fmt: skip


def _unlike(weights: Sequence[Weighted], log: Array64) -> dict[str, float]:
    """Layer -> largest over smallest range of those channels that can have a factor; of inputs or outputs the worse."""
    found = {}
    for w in weights:
        size = w.scaled(log)
        spread = 0.0
        for ranges, classes in ((size.max(axis=2), w.made), (size.max(axis=1), w.read)):
            known = ranges[np.isfinite(ranges) & (classes > 0)]
            spread = max(spread, float(known.max() - known.min()) if known.size else 0.0)
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


def _report(model: Model, done: Equalized, judged: DataSet | None, ctx: Context, division: str) -> Report:
    from core.measure.fidelity import fidelity

    near = fidelity(model, done.model, judged, limit=64, threads=ctx.threads, seed=ctx.seed, job=ctx.job)
    measures = {
        "channels": Measure(done.channels, "channels", "estimated", "the graph"),
        "unlike_before": _median(done.before),
        "unlike_after": _median(done.after),
        **near.measures(),
    }
    rows = tuple((layer, was, done.after[layer]) for layer, was in done.before.items())
    table = Table("Largest over smallest range of a layer's channels", ("layer", "before", "after"), rows)
    said = f"{done.channels} of {done.free} channels that can have a factor got one, in {done.sweeps} sweeps."
    return Report(measures, (table,) if rows else (), notes=(*done.notes, said, *((division,) if division else ())))


def _median(spreads: Mapping[str, float]) -> Measure:
    value = float(np.median(list(spreads.values()))) if spreads else 1.0
    return Measure(
        value, "", "estimated", "the graph", note="median over layers of largest over smallest channel range"
    )
