"""Training from scratch: first weights drawn by seed, then the whole recipe on the user's data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from core.methods.losses import cross_entropy
from core.methods.method import Context, Outcome, training_method
from core.methods.redraw import redraw
from core.methods.training_act import ready, train
from core.methods.training_params import Epochs, Smoothing, TrainingParams, WarmUp, settings_of
from core.methods.training_settings import RATE, Optimizer, default_rate, has_norm
from core.model.model import Model
from core.params import Field

FRESH_RATE = 0.1  # SGD with BatchNormalization: He et al. 2016, "Deep Residual Learning"


@dataclass(frozen=True, slots=True)
class Params(TrainingParams):
    """Parameters of training from scratch: longer, faster and smoother by default than fine-tuning."""

    epochs: Epochs = 30
    warmup: WarmUp = 1.0
    label_smoothing: Smoothing = 0.1
    fresh: Annotated[bool, Field("New weights", "Draws all weights anew; off: trains on from those given.")] = True


@training_method(
    "train.scratch",
    title="Train from scratch…",
    menu="Train",
    params=Params,
    teacher=False,
)
def apply(model: Model, params: Params, ctx: Context) -> Outcome:
    """Trains the network on labelled data from new weights.

    By default SGD at 0.1 (0.01 without BatchNormalization, AdamW 0.001) with one epoch of warm-up, a cosine, weight
    decay 0.0005 and label smoothing 0.1. Layers out of scope keep their weights. Raises UserError where data and model
    do not fit, UnsupportedOperator where torch cannot run the graph.
    """
    start = ready(model, params, ctx)
    settings = settings_of(params, start.model, _rate(start.model, params), ctx)
    notes = []
    if params.fresh:
        left = redraw(start.net, start.model, ctx.seed)
        which = "All weights" if ctx.scope.everything else "The weights in scope"
        notes.append(f"{which} were drawn anew with seed {ctx.seed}.")
        if left:
            names = ", ".join(left[:3]) + (f" and {len(left) - 3} more" if len(left) > 3 else "")
            notes.append(f"Kept as they were, and trained: {names}.")
    loss = cross_entropy(start.scores, start.offset, params.label_smoothing)
    return train(start, loss, settings, params, ctx, before=not params.fresh, notes=notes)


def _rate(model: Model, params: Params) -> float:
    if params.optimizer is Optimizer.ADAMW or not params.fresh:
        return default_rate(model, params.optimizer)
    return FRESH_RATE if has_norm(model) else RATE
