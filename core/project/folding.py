"""Edits by hand and revisions: edits are kept in the project from the moment they are done, and folded into one
revision when the user pauses or acts otherwise."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import onnx

from core.errors import UserError
from core.jobs import Job
from core.measure.cost import Cost, cost
from core.methods.edit.graph import KEY, edits_from_text, edits_to_text
from core.methods.edit.words import title
from core.methods.method import Context
from core.model.editing import Edit
from core.model.facts import infer
from core.model.model import Model
from core.project.database import Revision
from core.project.packing import write_result
from core.project.project import Project
from core.project.recipe import Step, run_step
from core.project.tensors import TensorStore
from core.report import Report

_KEPT = "edits"


def step_of(edits: Sequence[Edit]) -> Step:
    """The step that does these edits again."""
    return Step(KEY, {"edits": edits_to_text(edits)})


def edits_of(revision: Revision) -> tuple[Edit, ...]:
    """The edits that made a revision; () where another act did, or where this version does not know one of them."""
    return edits_in(revision.step) if revision.step is not None else ()


def edits_in(step: Step) -> tuple[Edit, ...]:
    """The edits that a step does, as :func:`edits_of`."""
    if step.method != KEY:
        return ()
    try:
        return edits_from_text(str(step.params.get("edits", "[]")))
    except UserError:
        return ()


def fold(project: Project, base: int, edits: Sequence[Edit], job: Job | None = None) -> Revision:
    """Make the edits of revision ``base`` a revision, and the current one.

    They are done again on the stored model, so that the revision is what its step gives. A revision that the same
    edits have made of ``base`` before is gone to instead of being made twice. Raises UserError where the edits cannot
    be done or the disk refuses.
    """
    made = made_before(project, base, edits)
    if made is not None:
        return made
    step = step_of(edits)
    outcome = run_step(project.model(base), step, Context(job=job or Job()))
    assert outcome.model is not None
    return project.commit(base, outcome.model, step, outcome.report, title(edits))


def made_before(project: Project, base: int, edits: Sequence[Edit]) -> Revision | None:
    """Go to the revision that the same edits have made of ``base`` before; None where there is none."""
    step = step_of(edits)
    made = next((r for r in project.revisions if r.parent == base and r.step is not None and r.step == step), None)
    return None if made is None else project.go_to(made.id)


def fold_aside(
    model: Model, step: Step, folder: Path, store: TensorStore | None, job: Job
) -> tuple[Report, Cost | None]:
    """Do the step of :func:`step_of` and leave its model in ``folder``, for :func:`fold_from` in another process.

    Gives the report, and what the result costs: None where its shapes cannot be inferred, as while it is unfinished.
    """
    outcome = run_step(model, step, Context(job=job))
    assert outcome.model is not None
    write_result(folder, outcome.model, store)
    try:
        facts = infer(outcome.model)
    except (UserError, onnx.shape_inference.InferenceError, RuntimeError, ValueError, TypeError):
        return outcome.report, None
    return outcome.report, cost(outcome.model, facts)


def fold_from(project: Project, base: int, edits: Sequence[Edit], folder: Path, report: Report) -> Revision:
    """As :func:`fold`, of what :func:`fold_aside` has left in ``folder``."""
    return project.commit_result(base, folder, step_of(edits), report, title(edits))


def keep(project: Project, base: int, edits: Sequence[Edit]) -> None:
    """Store the edits of ``base`` that are no revision yet, so that a crash loses none (none: forget them)."""
    kept = {"revision": base, "edits": json.loads(edits_to_text(edits))} if edits else None
    project.set_view_state(_KEPT, kept)


def kept(project: Project) -> tuple[Edit, ...]:
    """The edits that an earlier session did on the current revision and did not fold.

    Where a crash came between folding and forgetting, what was folded already is left out.
    """
    stored = project.view_state(_KEPT)
    if not isinstance(stored, dict) or not stored.get("edits"):
        return ()
    try:
        edits = edits_from_text(json.dumps(stored["edits"]))
    except UserError:
        return ()
    current = project.current
    if stored.get("revision") == current.id:
        return edits
    done = edits_of(current)
    if stored.get("revision") == current.parent and done and edits[: len(done)] == done:
        return edits[len(done) :]
    return ()
