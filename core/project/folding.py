"""Edits by hand and revisions: edits are kept in the project from the moment they are done, and folded into one
revision when the user pauses or acts otherwise."""

from __future__ import annotations

import json
from collections.abc import Sequence

from core.errors import UserError
from core.jobs import Job
from core.methods.edit.graph import KEY, edits_from_text, edits_to_text
from core.methods.edit.words import title
from core.methods.method import Context
from core.model.editing import Edit
from core.project.database import Revision
from core.project.project import Project
from core.project.recipe import Step, run_step

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
    step = step_of(edits)
    for other in project.revisions:
        if other.parent == base and other.step is not None and other.step == step:
            return project.go_to(other.id)
    outcome = run_step(project.model(base), step, Context(job=job or Job()))
    assert outcome.model is not None
    return project.commit(base, outcome.model, step, outcome.report, title(edits))


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
