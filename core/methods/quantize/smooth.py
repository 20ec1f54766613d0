"""SmoothQuant: channels of activations that are far larger than the others hand their size on to the weights.

X diag(s)^-1 times diag(s) W is X W. With s = max|X|^alpha / max|W|^(1 - alpha) for every channel, activations and
weights share what is hard to round (Xiao et al., "SmoothQuant: Accurate and Efficient Post-Training Quantization for
Large Language Models", 2023, arXiv:2211.10438, equation 4). The division goes into what makes the channels: scale and
bias of a LayerNormalization, or the layer with weights before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from core.data.dataset import DataSet
from core.data.splits import divide
from core.methods.method import Context, Outcome, method
from core.methods.quantize.equalizing import Problem, ranges_of, terms_of, within
from core.methods.quantize.factors import Rescaled, judged_outcome, study, with_factors
from core.methods.quantize.ready import ready
from core.model.model import Model
from core.model.rescaling import Array64
from core.params import Field


@dataclass(frozen=True, slots=True)
class Params:
    """What a person can choose."""

    alpha: Annotated[
        float,
        Field(
            "Migration", "How much of their size activations hand on: 0 nothing, 1 all", low=0.0, high=1.0, step=0.05
        ),
    ] = 0.5
    items: Annotated[int, Field("Items", "At most so many show the ranges", low=1, high=10_000, unit="items")] = 100


@method("quantize.smooth", title="Smooth activations…", menu="Quantize", params=Params, needs=("data",))
def apply(model: Model, params: Params, ctx: Context) -> Outcome:
    """Outliers of activations go into weights before a transformer is quantized; its function stays (SmoothQuant)."""
    assert ctx.data is not None, "Method.run refuses without data"
    with ctx.job.stage(0.0, 0.8):
        done = smooth(model, divide(ctx.data, ctx.seed).calibration, params, ctx)
    with ctx.job.stage(0.8, 1.0):
        return judged_outcome(model, done, ctx)


def smooth(model: Model, data: DataSet, params: Params, ctx: Context) -> Rescaled:
    """The model made ready for quantization, with the factors 1 / s; nothing is judged.

    ``data`` (at most ``params.items`` of it) shows the ranges of activations.
    """
    ctx.job.progress(0.0, "Looking for channels")
    new, notes = ready(model)
    known = study(new, data, items=params.items, headroom=1.2, activations=True, ctx=ctx)
    return with_factors(known, factors(known.problem, params.alpha), notes)


def factors(problem: Problem, alpha: float) -> Array64:
    """1 / s for every class: 1 where no layer with weights reads the channel, or nothing but zeros."""
    log = np.zeros(len(problem.low))
    for group, (weights, activations) in zip(problem.groups, terms_of(problem), strict=True):
        made, read = ranges_of(group, weights, activations, np.zeros_like(log))
        if not weights or not activations:
            continue
        size, column = (np.max(np.stack(r), axis=0) for r in (made[len(weights) :], read))
        known = np.isfinite(size) & np.isfinite(column)
        with np.errstate(invalid="ignore"):
            step = np.where(known, (1 - alpha) * column - alpha * size, 0.0)
        log[group] = within(problem, group, np.zeros(len(group)), step, known)
    result: Array64 = np.exp(log)
    return result
