"""Fine-tuning: train all weights on labelled data, with a teacher also toward the teacher's answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from core.data.dataset import DataSet
from core.data.splits import Subset, divide, labelled, part
from core.data.tasks import background_offset, check_labels
from core.errors import UserError
from core.methods.losses import Loss, Scores, cross_entropy, distillation, mixed
from core.methods.method import Context, Outcome, method
from core.methods.scope import Scope
from core.methods.training import (
    NORM_LIMIT,
    RATE_WITHOUT_NORM,
    Settings,
    Trainer,
    default_rate,
    has_norm,
    logits_name,
    training_inputs,
)
from core.methods.training_data import Sample, Samples
from core.model.model import Model
from core.model.prepare import prepare
from core.params import Field
from core.report import Measure, Report

if TYPE_CHECKING:
    from torch import Tensor

    from core.execute.torch_graph import TorchGraph

_TOLERANCE = 1e-3  # of the largest output: torch against onnxruntime after training
_CHECKED = 16  # items
_LARGE = 128  # pixels


@dataclass(frozen=True, slots=True)
class Params:
    """Parameters of fine-tuning; the last two count only where a teacher is given."""

    epochs: Annotated[int, Field("Epochs", "Passes over the training items.", low=1, high=1000)] = 5
    learning_rate: Annotated[
        float | None,
        Field("Learning rate", "Empty: 0.01, or 0.001 without BatchNormalization.", low=1e-7, high=1.0),
    ] = None
    batch_size: Annotated[
        int | None,
        Field("Batch size", "Empty: 64, or 16 for images above 128 pixels.", low=1, high=4096, unit="items"),
    ] = None
    weight_decay: Annotated[float, Field("Weight decay", low=0.0, high=0.1, advanced=True)] = 5e-4
    shift: Annotated[bool, Field("Shift images", "Moves every image at random by up to an eighth of its size.")] = True
    flip: Annotated[
        bool, Field("Mirror images", "Mirrors half of the images; wrong for digits, letters and traffic signs.")
    ] = False
    distill_weight: Annotated[
        float, Field("Weight of the teacher", "0 ignores the teacher, 1 ignores the labels.", low=0.0, high=1.0)
    ] = 0.9
    temperature: Annotated[
        float, Field("Temperature", "Higher shows more of how the teacher doubts.", low=0.5, high=50.0, advanced=True)
    ] = 4.0


@method(
    "tune.finetune",
    title="Fine-tune…",
    menu="Distil",
    params=Params,
    accepts=("float",),
    needs=("labels",),
    uses=("teacher",),
)
def apply(model: Model, params: Params, ctx: Context) -> Outcome:
    """Trains the weights on labelled data; with a teacher also toward the teacher's answers.

    Cross-entropy on the scores before a final Softmax; with a teacher the logit distillation of Hinton, Vinyals and
    Dean (2015). The last epoch is kept: choosing the best one on the judging items would make their figure too good.
    Raises UserError where data, teacher and model do not fit, UnsupportedOperator where torch cannot run the graph.
    """
    from core.execute.torch_graph import TorchGraph
    from core.measure.accuracy import accuracy

    train_on, judge, division = parts(ctx)
    prepared, changes = prepare(model)
    net = TorchGraph(prepared, out_of_scope(prepared, ctx.scope))
    scores, classes = logits_name(prepared, net)
    offset = background_offset(classes, model.labels, train_on)
    check_labels(train_on, classes, offset)
    loss = _loss(scores, offset, params, prepared, classes, ctx)
    settings = _settings(params, prepared, ctx)
    with ctx.job.stage(0.0, 0.05) as job:
        before = accuracy(prepared, judge, threads=ctx.threads, job=job)
    with ctx.job.stage(0.05, 0.1) as job:
        samples = Samples(train_on, training_inputs(net, prepared), _batch_size(params, model), job)
    with ctx.job.stage(0.1, 0.95) as job:
        history = Trainer(net, samples, loss, scores, settings, offset=offset).run(job)
    tuned = net.write_back(prepared)
    difference = _difference(net, tuned, judge, ctx.threads)
    with ctx.job.stage(0.95, 1.0) as job:
        after = accuracy(tuned, judge, threads=ctx.threads, job=job)
    measures = {"top1_before": before.top1, "top1": after.top1, "torch_difference": difference}
    notes = (*changes, division, *_notes(settings, samples, params, model, ctx))
    return Outcome(tuned, Report(measures, curves=history.curves(), notes=notes))


def parts(ctx: Context) -> tuple[DataSet, DataSet, str]:
    """(items to train on, items to judge by, a sentence on how they were told apart). No item is in both.

    Where a test set is given, all of ``ctx.data`` but its calibration part trains. Without a teacher
    unlabelled items are left out. Raises UserError where the two overlap or one is empty.
    """
    if ctx.data is None:
        raise UserError("Fine-tuning needs data.", "Attach a data set (--data) first.")
    train_on: DataSet
    judge: DataSet
    if ctx.test is None:
        divided = divide(ctx.data, ctx.seed, training=True)
        train_on, judge, note = divided.train, divided.judge, divided.note
    else:
        train_on, judge = _for_training(ctx.data, ctx.seed), part(ctx.test)
        note = f"Trained on '{train_on.name}', judged on '{judge.name}'."
    if ctx.teacher is None:
        train_on = labelled(train_on)
    _refuse_overlap(train_on, judge)
    for data, use in ((train_on, "train on"), (labelled(judge), "judge by")):
        if not data.items:
            raise UserError(f"'{ctx.data.name}' leaves no labelled items to {use}.", "Attach a larger data set.")
    return train_on, judge, note


def _for_training(data: DataSet, seed: int) -> DataSet:
    """The part for training, else all but the items that a later quantization with this seed calibrates on."""
    divided = divide(data, seed)
    chosen = divided.train if divided.train.items else divided.judge
    return Subset(data, chosen.indices, f"{data.name} (train)")


def _refuse_overlap(train_on: DataSet, judge: DataSet) -> None:
    if train_on.location != judge.location:
        return
    both = {i.name for i in train_on.items} & {i.name for i in judge.items}
    if both:
        raise UserError(
            f"{len(both)} items, '{min(both)}' among them, would both train and judge.",
            "Give --test other items, or leave it out: the data is then divided.",
        )


def out_of_scope(model: Model, scope: Scope) -> frozenset[str]:
    """Initializers that only layers outside the scope read: they keep their numbers."""
    if scope.everything:
        return frozenset()
    values = model.graph.graph.initializers.items()
    return frozenset(name for name, v in values if not any(scope.contains(u.node) for u in v.uses()))


def _loss(scores: str, offset: int, params: Params, model: Model, classes: int, ctx: Context) -> Loss:
    by_label = cross_entropy(scores, offset)
    if ctx.teacher is None:
        return by_label
    teacher = _teacher(ctx.teacher, model, classes)
    return mixed(by_label, distillation(scores, teacher, params.temperature), params.distill_weight)


def _teacher(teacher: Model, model: Model, classes: int) -> Scores:
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
    names = [s.name for s in model.inputs]

    def scores(sample: Sample) -> Tensor:
        feed = {its: sample.feed[mine] for its, mine in zip(net.input_names, names, strict=True)}
        with torch.no_grad():
            values: dict[str, Tensor] = net(feed, keep=(name,))
        return values[name].flatten(1)

    return scores


def _batch_size(params: Params, model: Model) -> int:
    """Large images need much memory for their activations."""
    if params.batch_size is not None:
        return params.batch_size
    large = any(s.image_size is not None and max(s.image_size) > _LARGE for s in model.inputs)
    return 16 if large else 64


def _settings(params: Params, model: Model, ctx: Context) -> Settings:
    return Settings(
        epochs=params.epochs,
        learning_rate=default_rate(model) if params.learning_rate is None else params.learning_rate,
        weight_decay=params.weight_decay,
        clip_norm=None if has_norm(model) else NORM_LIMIT,
        shift=params.shift,
        flip=params.flip,
        seed=ctx.seed,
        threads=ctx.threads,
    )


def _difference(net: TorchGraph, tuned: Model, judge: DataSet, threads: int) -> Measure:
    """Largest difference of outputs between the trained module and onnxruntime on what was written back.

    Raises UserError above the tolerance: such a result must not be kept.
    """
    import torch

    from core.data.feed import batches
    from core.execute.runtimes import onnx_session

    batch = next(batches(judge, tuned, _CHECKED))
    expected = onnx_session(tuned, threads).run(batch.feed)
    with torch.no_grad():
        given = net({n: torch.from_numpy(a) for n, a in batch.feed.items()})
    worst = 0.0
    for name, values in expected.items():
        gap = float(abs(given[name].numpy() - values).max())
        worst = max(worst, gap / max(1.0, float(abs(values).max())))
    if not worst <= _TOLERANCE:  # also refuses NaN
        raise UserError(f"After training, torch and onnxruntime differ by {worst:.2g} of the largest output.")
    note = "share of the largest output by which torch and onnxruntime differ after training"
    return Measure(worst, "", "measured", judge.name, batch.count, note=note)


def _notes(settings: Settings, samples: Samples, params: Params, model: Model, ctx: Context) -> list[str]:
    moved = [w for w, on in (("shifted", settings.shift), ("mirrored", settings.flip)) if on]
    images = any(s.layout for s in model.inputs)
    notes = [
        f"Epochs: {settings.epochs}, of {samples.steps} steps with {samples.size} items each; learning rate "
        f"{settings.learning_rate:g} falling along a cosine, seed {settings.seed}; the last epoch was kept."
    ]
    if moved and images:
        notes.append(f"Training images were {' and '.join(moved)} at random.")
    if ctx.teacher is not None:
        notes.append(f"The teacher's answers count {params.distill_weight:g}, at temperature {params.temperature:g}.")
    if settings.clip_norm is not None:
        notes.append(f"Without BatchNormalization the gradient was clipped at norm {settings.clip_norm:g}.")
        if settings.learning_rate > RATE_WITHOUT_NORM:
            notes.append(f"Without BatchNormalization learning rates above {RATE_WITHOUT_NORM:g} often diverge.")
    return notes
