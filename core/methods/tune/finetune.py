"""Fine-tuning: train all weights on labelled data, with a teacher also toward the teacher's answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from core.errors import UserError
from core.methods.device import device_of
from core.methods.losses import Loss, Scores, cross_entropy, distillation, mixed
from core.methods.method import Context, Outcome, training_method
from core.methods.training_act import Ready, ready, train
from core.methods.training_data import Sample
from core.methods.training_net import logits_name
from core.methods.training_params import TrainingParams, settings_of
from core.methods.training_settings import default_rate
from core.model.model import Model
from core.params import Field

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class Params(TrainingParams):
    """Parameters of fine-tuning; these two count only where a teacher is given."""

    distill_weight: Annotated[
        float,
        Field(
            "Weight of the teacher", "0 ignores the teacher, 1 ignores the labels.", low=0.0, high=1.0, group="Teacher"
        ),
    ] = 0.9
    temperature: Annotated[
        float, Field("Temperature", "Higher shows more of how the teacher doubts.", low=0.5, high=50.0, group="Teacher")
    ] = 4.0


@training_method(
    "tune.finetune",
    title="Fine-tune…",
    menu="Train",
    params=Params,
)
def apply(model: Model, params: Params, ctx: Context) -> Outcome:
    """Trains the weights on labelled data; with a teacher also toward the teacher's answers.

    Cross-entropy on the scores before a final Softmax; with a teacher the logit distillation of Hinton, Vinyals and
    Dean (2015). What is kept is chosen on a part of the training items: choosing on the judging items would make
    their figure too good. Raises UserError where data, teacher and model do not fit, UnsupportedOperator where torch
    cannot run the graph.
    """
    start = ready(model, params, ctx)
    settings = settings_of(params, start.model, default_rate(start.model, params.optimizer), ctx)
    loss, notes = loss_of(start, params, ctx)
    return train(start, loss, settings, params, ctx, notes=notes)


def loss_of(start: Ready, params: Params, ctx: Context) -> tuple[Loss, tuple[str, ...]]:
    """What is minimised, labels and teacher together, and what is to be said of it."""
    by_label = cross_entropy(start.scores, start.offset, params.label_smoothing)
    if ctx.teacher is None:
        return by_label, ()
    teacher = _teacher(ctx.teacher, start.model, start.classes, ctx.device)
    note = f"The teacher's answers count {params.distill_weight:g}, at temperature {params.temperature:g}."
    by_teacher = distillation(start.scores, teacher, params.temperature)
    return mixed(by_label, by_teacher, params.distill_weight), (note,)


def _teacher(teacher: Model, model: Model, classes: int, device: str) -> Scores:
    """The teacher's scores for what the student sees; refuses a teacher that needs other inputs or other classes."""
    import torch

    from core.execute.torch_graph import TorchGraph

    for mine, its in zip(model.inputs, teacher.inputs, strict=False):
        same = mine.shape[1:] == its.shape[1:] and mine.dtype == its.dtype
        if not same or (its.preprocessing is not None and its.preprocessing != mine.preprocessing):
            raise UserError(
                f"The teacher's input '{its.name}' has another size, type or preprocessing than '{mine.name}'.",
                "Choose a teacher that takes the same inputs.",
            )
    net = TorchGraph(teacher).eval().requires_grad_(False)
    if len(net.input_names) != len(model.inputs):
        raise UserError(f"The teacher has {len(net.input_names)} inputs, the model {len(model.inputs)}.")
    name, count = logits_name(teacher, net)
    if count != classes:
        raise UserError(f"The teacher knows {count} classes, the model {classes}.", "Choose another teacher.")
    net.to(device_of(device))
    names = [s.name for s in model.inputs]

    def scores(sample: Sample) -> Tensor:
        feed = {its: sample.feed[mine] for its, mine in zip(net.input_names, names, strict=True)}
        with torch.no_grad():
            values: dict[str, Tensor] = net(feed, keep=(name,))
        return values[name].flatten(1)

    return scores
