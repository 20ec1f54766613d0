"""What methods that train have in common around the loop: who trains and who judges, the loss, the proof, the report.

torch is imported inside functions.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.data.dataset import DataSet
from core.data.splits import Subset, divide, labelled, part
from core.data.tasks import background_offset, check_labels
from core.errors import UserError
from core.jobs import Job
from core.methods.augment import Augmentation, augmentation
from core.methods.losses import Loss
from core.methods.method import Context, Outcome
from core.methods.training import Trainer
from core.methods.training_data import Samples
from core.methods.training_hooks import Hook
from core.methods.training_masks import KeepMasks
from core.methods.training_net import logits_name, never_decayed, out_of_scope, training_inputs
from core.methods.training_params import TrainingParams, augment_of, batch_size_of, with_last_step
from core.methods.training_settings import RATE_WITHOUT_NORM, History, Keep, Optimizer, Settings, has_norm
from core.methods.training_validate import LEAST, split_validation
from core.model.model import InputSpec, Model
from core.model.prepare import prepare
from core.report import Measure, Report

if TYPE_CHECKING:
    from core.execute.torch_graph import TorchGraph
    from core.measure.accuracy import Judged

Finish = Callable[[Model, Job], tuple[Model, dict[str, Measure]]]
"""What a method makes of the weights that were written back: the proven and judged result and its measures."""

_TOLERANCE = 1e-3  # of the largest output: torch against onnxruntime after training
_CHECKED = 16  # items


@dataclass(frozen=True, slots=True)
class Ready:
    """A model ready to be trained, with its items.

    ``scores`` names the value of the class scores, ``classes`` their number, ``offset`` what an answer's index
    exceeds the label by. ``validate_on`` is None where too few items would be left. ``notes``: what was done so far.
    """

    model: Model
    net: TorchGraph
    scores: str
    classes: int
    offset: int
    train_on: DataSet
    validate_on: DataSet | None
    judge: DataSet
    notes: tuple[str, ...]


def ready(model: Model, params: TrainingParams, ctx: Context) -> Ready:
    """Prepare the graph and divide the items.

    Raises UserError where data and model do not fit, UnsupportedOperator where torch cannot run the graph.
    """
    from core.execute.torch_graph import TorchGraph

    train_on, judge, division = parts(ctx)
    prepared, changes = prepare(model)
    net = TorchGraph(prepared, out_of_scope(prepared, ctx.scope))
    scores, classes = logits_name(prepared, net)
    offset = background_offset(classes, model.labels, train_on)
    for data in (train_on, judge):
        check_labels(data, classes, offset)
    unseen = _unseen(train_on, classes) if ctx.teacher is None else []
    for line in unseen:
        ctx.job.log(line)
    validate_on: DataSet | None = None
    if params.keep is Keep.BEST or params.patience is not None:
        train_on, validate_on = split_validation(train_on, params.validation, ctx.seed)
    notes = (*changes, division, *unseen, *_scope_notes(net, ctx))
    return Ready(prepared, net, scores, classes, offset, train_on, validate_on, judge, notes)


def train(
    start: Ready,
    loss: Loss,
    settings: Settings,
    params: TrainingParams,
    ctx: Context,
    *,
    before: bool = True,
    hooks: Sequence[Hook] = (),
    notes: Sequence[str] = (),
    finish: Finish | None = None,
) -> Outcome:
    """Train, write the weights back, prove them in onnxruntime and judge; ``before`` also judges what was given.

    ``finish`` does the proof and the judging itself. Where the user ended the training, the outcome's ``params`` replay
    it. Raises as :meth:`Trainer.run`.
    """
    given, measures = _given(start, ctx) if before else (None, {})
    inputs = training_inputs(start.net, start.model)
    changed = augmentation(augment_of(params), inputs)
    with ctx.job.stage(0.05, 0.1) as job:
        samples, validation = _samples(start, params, inputs, job)
    masks = KeepMasks(start.model)
    trainer = Trainer(
        start.net,
        samples,
        loss,
        start.scores,
        settings,
        offset=start.offset,
        validation=validation,
        augment=changed if changed else None,
        hooks=[masks, *hooks] if masks else hooks,
        checkpoint=ctx.checkpoint,
        spared=never_decayed(start.model),
    )
    with ctx.job.stage(0.1, 0.95) as job:
        history = trainer.run(job)
    new = start.net.write_back(start.model)
    with ctx.job.stage(0.95, 1.0) as job:
        new, figures = _judged(new, given, start, ctx, job) if finish is None else finish(new, job)
    measures |= figures | _validated(history, settings.keep, start.validate_on)
    said = (*start.notes, *_notes(settings, samples, params, start, history), *_image_notes(params, changed))
    replay = with_last_step(params, len(history.loss)) if history.stopped else None
    return Outcome(new, Report(measures, curves=history.curves(), notes=(*said, *masks.notes(), *notes)), params=replay)


def _given(start: Ready, ctx: Context) -> tuple[Judged, dict[str, Measure]]:
    """The answers of the model as it was given, and their figure."""
    from core.measure.accuracy import summary

    with ctx.job.stage(0.0, 0.05) as job:
        found = _answers(start.model, start, ctx, job)
    return found, {"top1_before": summary(found, start.judge.name).top1}


def _judged(
    new: Model, before: Judged | None, start: Ready, ctx: Context, job: Job
) -> tuple[Model, dict[str, Measure]]:
    """The new model beside torch, its top-1, and by how much that changed on the same items."""
    from core.measure.accuracy import change_of_top1, summary

    difference, name = _difference(start.net, new, start.judge, ctx.threads), start.judge.name
    after = _answers(new, start, ctx, job)
    figures = {"top1": summary(after, name).top1, **change_of_top1(before, after, name)}
    return new, {**figures, "torch_difference": difference}


def _answers(model: Model, start: Ready, ctx: Context, job: Job) -> Judged:
    from core.measure.accuracy import judge

    return judge(model, start.judge, threads=ctx.threads, job=job)


def _samples(
    start: Ready, params: TrainingParams, inputs: Sequence[InputSpec], job: Job
) -> tuple[Samples, Samples | None]:
    """What trains and what validates, as batches of one size."""
    size = batch_size_of(params, start.model)
    samples = Samples(start.train_on, inputs, size, job)
    return samples, None if start.validate_on is None else Samples(start.validate_on, inputs, size, job)


def _scope_notes(net: TorchGraph, ctx: Context) -> list[str]:
    """How much of the model is trained, where it is not all."""
    if ctx.scope.everything:
        return []
    trained = [p.requires_grad for _, p in net.named_initializers()]
    return [
        f"Trained were the {sum(trained)} of {len(trained)} weight tensors in scope; the others kept their numbers."
    ]


def parts(ctx: Context) -> tuple[DataSet, DataSet, str]:
    """(items to train on, items to judge by, a sentence on how they were told apart). No item is in both.

    Where a test set is given, all of ``ctx.data`` but its calibration part trains. Without a teacher
    unlabelled items are left out. Raises UserError where the two overlap or one is empty.
    """
    if ctx.data is None:
        raise UserError("Training needs data.", "Attach a data set (--data) first.")
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


def _unseen(data: DataSet, classes: int) -> list[str]:
    """A sentence where the items show fewer classes than the model knows."""
    shown = len({i.label for i in data.items if i.label is not None})
    if shown >= classes:
        return []
    return [f"The training items show {shown} of the model's {classes} classes; the others are not learned."]


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


def _validated(history: History, keep: Keep, data: DataSet | None) -> dict[str, Measure]:
    """Accuracy of what was kept on the validation items; where they chose it, too good a figure, and said to be."""
    if data is None or not history.validations:
        return {}
    from core.measure import statistics

    count = len(labelled(data).items)
    if not count:
        return {}
    if keep is Keep.BEST and history.choices:
        share = max(v.accuracy or 0.0 for v in history.choices)
        note = "best over the epochs on the items that choose the epoch, so a little too high; 'top1' is not"
    else:
        share = history.validations[-1].accuracy or 0.0
        note = "after the last epoch, on items held out from training"
    return {"top1_validation": statistics.share(round(share * count), count, data.name, note)}


def _notes(settings: Settings, samples: Samples, params: TrainingParams, start: Ready, history: History) -> list[str]:
    notes = [
        f"Epochs: {settings.epochs}, of {samples.steps} steps with {samples.size} items each; "
        f"{_optimizer(settings)}, learning rate {settings.learning_rate:g} ({_schedule(settings)}), "
        f"seed {settings.seed}, on {settings.device}, {settings.threads} thread{'' if settings.threads == 1 else 's'}.",
        _kept(settings, params, start, history, samples.steps),
    ]
    if history.stopped:
        notes.append(f"The training was ended after {len(history.loss)} of {settings.epochs * samples.steps} steps.")
    if history.early:
        notes.append(
            f"It ended after {len(history.accuracy)} epochs: {settings.patience} in a row brought nothing better."
        )
    if settings.patience is not None and start.validate_on is None:
        why = "there were too few items for a validation" if params.validation else "no items validate"
        notes.append(f"Patience had no effect: {why}.")
    if settings.ema is not None:
        notes.append(f"Kept are moving averages of the weights, with decay {settings.ema:g}.")
    if params.label_smoothing:
        notes.append(f"Labels were smoothed by {params.label_smoothing:g}.")
    if has_norm(start.model):
        return notes
    if settings.clip_norm is not None:
        notes.append(f"Without BatchNormalization the gradient was clipped at norm {settings.clip_norm:g}.")
    chosen = params.learning_rate is not None
    if chosen and settings.learning_rate > RATE_WITHOUT_NORM and settings.optimizer is Optimizer.SGD:
        notes.append(f"Without BatchNormalization learning rates above {RATE_WITHOUT_NORM:g} often diverge.")
    return notes


def _kept(settings: Settings, params: TrainingParams, start: Ready, history: History, steps: int) -> str:
    """What chose the weights that were kept."""
    if settings.keep is Keep.LAST:
        return "The last weights were kept."
    if not params.validation:
        return "The last weights were kept: no items were held out to choose others."
    if start.validate_on is None:
        count = int(len(start.train_on.items) * params.validation)
        return (
            f"The last weights were kept: a validation on {count} of {len(start.train_on.items)} training items would "
            f"choose by chance (at least {LEAST} are needed)."
        )
    if not history.choices:
        return "The last weights were kept: the training ended before any could be chosen."
    where = f"step {history.kept} (epoch {-(-history.kept // steps)})"
    return (
        f"The weights of {where} were kept: best of {len(history.choices)} validations on "
        f"{len(start.validate_on.items)} items held out from training; the judging items chose nothing."
    )


def _optimizer(settings: Settings) -> str:
    if settings.optimizer is Optimizer.ADAMW:
        return f"AdamW, weight decay {settings.weight_decay:g}"
    return f"SGD, momentum {settings.momentum:g}, weight decay {settings.weight_decay:g}"


def _schedule(settings: Settings) -> str:
    fall = {
        "cosine": "falling along a cosine",
        "step": f"times {settings.gamma:g} after {', '.join(f'{100 * m:g} %' for m in settings.milestones)}",
        "constant": "constant",
    }[settings.schedule.value]
    if not settings.warmup:
        return fall
    return f"{fall}, after a warm-up of {settings.warmup:g} epoch{'' if settings.warmup == 1 else 's'}"


def _image_notes(params: TrainingParams, changed: Augmentation) -> list[str]:
    """What was done to training images, and what could not be."""
    if not changed:
        return list(changed.notes)
    chosen = dataclasses.asdict(augment_of(params))
    names = {
        "shift": "shifted",
        "flip": "mirrored",
        "colour": "changed in colour",
        "policy": f"changed by {params.policy.value}",
        "erase": "erased in boxes",
        "mixup": "mixed",
        "cutmix": "mixed in boxes",
    }
    done = [word for key, word in names.items() if chosen[key]] + (["cropped"] if params.crop < 1 else [])
    listed = " and ".join(filter(None, (", ".join(done[:-1]), done[-1])))
    return [f"Training images were {listed} at random.", *changed.notes]
