"""What a step names as paths, opened: data, preprocessing, teacher. For window, command line and worker alike."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from core.data.feed import fixed_batch
from core.data.open import open_data
from core.data.preprocess import load_preprocessing
from core.data.tasks import check_same_classes
from core.errors import Cancelled, UserError
from core.formats.open import open_model
from core.jobs import Job
from core.methods.method import Context, Outcome, load_methods
from core.model.model import Model
from core.project.checkpoints import Checkpoints
from core.project.recipe import Step, as_done, check_overrides, checked, run_step


def context_for(
    model: Model,
    step: Step,
    *,
    job: Job | None = None,
    teacher: Model | None = None,
    threads: int = 1,
    device: str = "cpu",
    checkpoints: Checkpoints | None = None,
) -> tuple[Model, Context]:
    """The model with the step's preprocessing remembered in it, and the context the step is to run in.

    A training goes on from the checkpoint that an interrupted run left in ``checkpoints``. ``teacher`` replaces the
    file that the step names (a revision, for example). A teacher that does not say how its images are prepared gets
    them prepared as the model does. Raises UserError for anything that cannot be opened.
    """
    if step.preprocess:
        model = prepared(model, step.preprocess)
    if teacher is None and step.teacher:
        teacher = open_model(step.teacher)
    if teacher is not None:
        teacher = _as_prepared(teacher, model)
    overrides = checked(step)[2].overrides if step.overrides else ()
    check_overrides(model, step)
    data = open_data(step.data) if step.data else None
    test = open_data(step.test) if step.test else None
    if data is not None and test is not None and "labels" in load_methods().get(step.method).needs:
        check_same_classes(data, test)
    ctx = Context(
        job=job or Job(),
        data=data,
        test=test,
        teacher=teacher,
        scope=step.scope,
        overrides=overrides,
        seed=step.seed,
        threads=threads,
        device=device,
    )
    if checkpoints is not None:
        ctx = dataclasses.replace(ctx, checkpoint=checkpoints.place(model, checked(step)[2], ctx))
    return model, ctx


def run_steps(
    model: Model,
    steps: Sequence[Step],
    *,
    job: Job,
    threads: int = 1,
    device: str = "cpu",
    checkpoints: Checkpoints | None = None,
) -> Iterator[tuple[Step, Model, Outcome]]:
    """Apply steps one after another, each in its own context; gives each step, the model after it, its outcome.

    A step is given as it replays: see :func:`core.project.recipe.as_done`. What is in ``checkpoints`` stays there
    until the caller has made the last result safe: a run that is repeated skips what was trained. Raises UserError
    for a step that does not fit; a graph that no runtime could run is blamed for what trips over it.
    """
    for k, step in enumerate(steps):
        with job.stage(k / len(steps), (k + 1) / len(steps)), blaming(model):
            model, ctx = context_for(model, step, job=job, checkpoints=checkpoints, threads=threads, device=device)
            outcome = run_step(model, step, ctx)
        model = outcome.model or model
        yield as_done(step, outcome), model, outcome


def prepared(model: Model, preprocess: str) -> Model:
    """The model with a preset or a JSON file of steps as its preprocessing; '' changes nothing."""
    return model.with_preprocessing(load_preprocessing(preprocess, model)) if preprocess else model


def _as_prepared(teacher: Model, model: Model) -> Model:
    known = next((s.preprocessing for s in model.inputs if s.preprocessing), None)
    if known is None or any(s.preprocessing for s in teacher.inputs):
        return teacher
    return teacher.with_preprocessing(known)


@contextmanager
def blaming(model: Model) -> Iterator[None]:
    """Around an act: where it trips over a graph that no runtime could run either, the graph is to blame, not the act.

    Files whose layers and weights contradict each other open with everything they hold, and no act checks all of it.
    Raises UserError with the runtime's reason; a failure on a sound graph passes through, for it is a bug.
    """
    try:
        yield
    except (UserError, Cancelled, OSError, MemoryError):
        raise
    except Exception as error:
        why = _why_unsound(model)
        if why:
            raise UserError(f"The graph is not sound: {why}", "Export the model again.") from error
        raise


def _why_unsound(model: Model) -> str:
    """What keeps a graph from being run on one item of noise; '' where nothing does."""
    from core.data.noise import noise
    from core.execute.runtimes import onnx_session

    try:
        onnx_session(model, optimized=False).run(noise(model.inputs, fixed_batch(model.inputs) or 1))
    except UserError as error:
        return error.message
    return ""


def check_output(path: Path, suffix: str = "", source: Path | None = None) -> None:
    """Raise UserError before hours of work if the result could not be written in the end.

    ``suffix`` is what the file must end in, ``source`` the model's own file, which a result never replaces.
    """
    if suffix and path.suffix.lower() != suffix:
        raise UserError(f"'{path.name}' must end in {suffix}.", "A file's kind is told by its suffix.")
    if source is not None and path.exists() and source.exists() and path.samefile(source):
        raise UserError(f"'{path}' is the model itself, which would be lost.", "Give the result another name.")
    if path.is_dir():
        raise UserError(f"'{path}' is a folder.", "Give the name of a file.")
    if not path.parent.is_dir():
        raise UserError(f"There is no folder '{path.parent}' to write to.", "Make it first.")
