"""Cross-layer equalization: channels of very unlike ranges get like ones, and the network computes what it did before.

What makes a channel is multiplied by a factor, what reads it is divided by it, through Relu, sums, pooling, and
depthwise and grouped convolutions; one scale for a whole tensor then fits all its channels. Where factors go is found
by :mod:`core.model.rescaling`, their size by :mod:`core.methods.quantize.equalizing`.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from core.data.dataset import DataSet
from core.data.splits import divide
from core.methods.method import Context, Outcome, method
from core.methods.quantize.equalizing import SWEEPS, solve
from core.methods.quantize.factors import Rescaled, judged_outcome, study, with_factors
from core.methods.quantize.ready import ready, refuse_broken_weights
from core.model.facts import infer
from core.model.model import Model
from core.model.qdq_operators import default_domain
from core.model.rescaling_rules import clip_bounds
from core.params import Field

_ENOUGH = 64  # items to see how far channels are from their bounds


class Bounds(enum.Enum):
    """What becomes of the upper bound of a Clip (ReLU6), which does not scale."""

    KEEP = "keep"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class Params:
    """What a person can choose."""

    activations: Annotated[
        bool, Field("Activations count", "Ranges of activations are equalized with those of weights; needs data")
    ] = True
    bounds: Annotated[
        Bounds,
        Field("Bounds of ReLU6", "keep: channels stay below them, exact; remove: ReLU instead, answers may change"),
    ] = Bounds.KEEP
    items: Annotated[int, Field("Items", "At most so many show the ranges", low=1, high=10_000, unit="items")] = 100
    headroom: Annotated[
        float,
        Field("Headroom", "How far below a bound a channel must stay at least", low=1.0, high=10.0, advanced=True),
    ] = 1.2


def for_quantization(calibration_items: int) -> Params:
    """How channels are equalized in front of a quantization that so many items calibrate."""
    return Params(items=min(calibration_items, _ENOUGH))


@method("quantize.equalize", title="Equalize channels…", menu="Quantize", params=Params, uses=("data",))
def apply(model: Model, params: Params, ctx: Context) -> Outcome:
    """Like ranges for all channels before quantization, by factors that leave the network's function as it is."""
    with ctx.job.stage(0.0, 0.8):
        done = equalize(model, divide(ctx.data, ctx.seed).calibration if ctx.data is not None else None, params, ctx)
    with ctx.job.stage(0.8, 1.0):
        return judged_outcome(model, done, ctx)


def equalize(model: Model, data: DataSet | None, params: Params, ctx: Context) -> Rescaled:
    """The model made ready for quantization, with factors on its channels; nothing is judged.

    ``data`` (at most ``params.items`` of it) shows the ranges of activations and how far Clips are from their bounds;
    without it channels in front of a Clip stay as they are.
    """
    ctx.job.progress(0.0, "Looking for channels")
    new, notes = ready(model)
    refuse_broken_weights(new.nodes(), infer(new))
    if params.bounds is Bounds.REMOVE:
        notes = (*notes, *without_bounds(new))
    with ctx.job.stage(0.0, 0.8):
        known = study(
            new, data, items=params.items, headroom=params.headroom, activations=params.activations, ctx=ctx
        )  # fmt: skip
    with ctx.job.stage(0.8, 1.0):
        factors, _ = solve(known.problem, lambda sweep: ctx.job.progress(sweep / SWEEPS, "Equalizing"))
    return with_factors(known, factors, notes)


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
