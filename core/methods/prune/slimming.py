"""Network slimming: train with an L1 penalty on BatchNormalization's scales, so that channels tell they can go."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import numpy as np
import onnx_ir as ir

from core.errors import UserError
from core.methods.method import Context, Outcome, training_method
from core.methods.training_act import ready, train
from core.methods.training_data import Sample
from core.methods.training_hooks import Hook
from core.methods.training_params import Epochs, settings_of
from core.methods.training_settings import default_rate
from core.methods.tune.finetune import Params as TuneParams
from core.methods.tune.finetune import loss_of
from core.model.masks import Array, numbers
from core.model.model import Model, layer_name
from core.params import Field
from core.report import Measure, Table

if TYPE_CHECKING:
    from torch import Tensor

_SMALL = 0.01  # of a layer's largest scale: below it a channel gives next to nothing
_UNMOVED = 0.95  # of the mean scale before
_COUNTED = "counted on the weights"


@dataclass(frozen=True, slots=True)
class Params(TuneParams):
    """Parameters of sparsity training, besides those of fine-tuning."""

    epochs: Epochs = 10
    penalty: Annotated[
        float,
        Field("Penalty", "Weight of the sum of all scales in the loss; the shorter the training, the more.", 0.0, 10.0),
    ] = 1e-3


class ScalePenalty(Hook):
    """Adds ``weight`` times the sum of the absolute scales to the loss.

    Liu et al. 2017, "Learning Efficient Convolutional Networks through Network Slimming" (arXiv:1708.06519),
    equation 1 with g(s) = |s|; the subgradient is the sign, 0 at 0.
    """

    name = "slimming"

    def __init__(self, scales: Mapping[str, str], weight: float) -> None:
        self.keep, self._weight = tuple(scales), weight

    def penalty(self, values: Mapping[str, Tensor], sample: Sample) -> Tensor:
        import torch

        return self._weight * torch.stack([values[n].abs().sum() for n in self.keep]).sum()


@training_method(
    "prune.slimming",
    title="Sparsity training (slimming)…",
    menu="Prune",
    params=Params,
)
def apply(model: Model, params: Params, ctx: Context) -> Outcome:
    """Trains while pushing BatchNormalization's scales towards zero; Channels with the score bn_scale cuts after it.

    Network slimming (Liu et al. 2017) without its last step: nothing is removed here, so that any target can be tried
    on what was trained once. Raises UserError where no layer in scope is a BatchNormalization that can be trained, and
    as tune.finetune does.
    """
    start = ready(model, params, ctx)
    scales = scales_of(start.model, ctx)
    if not scales:
        raise UserError(
            "There are no scales to train: the scope holds no BatchNormalization.",
            "Take a revision from before they were folded into the layers before them, or another score.",
        )
    settings = settings_of(params, start.model, default_rate(start.model, params.optimizer), ctx)
    loss, notes = loss_of(start, params, ctx)
    hook = ScalePenalty(scales, params.penalty)
    outcome = train(start, loss, settings, params, ctx, hooks=[hook], notes=notes)
    assert outcome.model is not None, "a training gives a model"
    measures, table = _told(start.model, outcome.model, scales)
    said = ["No channel was removed: cut with Channels…, score bn_scale."]
    if params.penalty and measures["mean_scale"].value > _UNMOVED * measures["mean_scale_before"].value:
        said.append("The scales have hardly fallen: raise the penalty, or train longer.")
    report = dataclasses.replace(
        outcome.report,
        measures={**outcome.report.measures, **measures},
        tables=(*outcome.report.tables, table),
        notes=(*outcome.report.notes, *said),
    )
    return dataclasses.replace(outcome, report=report)


def scales_of(model: Model, ctx: Context) -> dict[str, str]:
    """Initializer -> layer, of the scales of all BatchNormalization layers in scope, in graph order."""
    found = {}
    for node in model.nodes():
        value = node.inputs[1] if node.op_type == "BatchNormalization" else None
        if value is not None and _stored(value) and ctx.scope.contains(node):
            found[value.name or ""] = layer_name(node)
    return found


def _stored(value: ir.Value) -> bool:
    return value.is_initializer() and value.const_value is not None


def _told(before: Model, after: Model, scales: Mapping[str, str]) -> tuple[dict[str, Measure], Table]:
    """Mean scale and share of small scales, before and after, together and by layer."""
    rows, measures = [], {}
    for name, layer in scales.items():
        was, now = np.abs(numbers(before, name)), np.abs(numbers(after, name))
        rows.append((layer, now.size, float(was.mean()), float(now.mean()), 100 * _small(was), 100 * _small(now)))
    sizes = np.array([r[1] for r in rows])
    for suffix, mean, small in (("_before", 2, 4), ("", 3, 5)):
        average = float(np.average([r[mean] for r in rows], weights=sizes))
        share = float(np.average([r[small] for r in rows], weights=sizes))
        measures[f"mean_scale{suffix}"] = Measure(average, "", "estimated", _COUNTED)
        note = f"scales below {100 * _SMALL:g} % of the largest of their layer"
        measures[f"small_scales{suffix}"] = Measure(share, "%", "estimated", _COUNTED, note=note)
    columns = ("Layer", "Channels", "Mean scale before", "Mean scale", "Small scales before", "Small scales")
    return measures, Table("BatchNormalization scales", columns, tuple(rows), ("", "", "", "", "%", "%"))


def _small(scales: Array) -> float:
    """Share of the scales that are next to nothing."""
    return float((scales <= _SMALL * scales.max()).mean())
