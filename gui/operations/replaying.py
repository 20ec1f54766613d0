"""Doing a step of the history again, on the revision that is shown."""

from __future__ import annotations

from typing import Any

from core.methods.method import load_methods
from core.project.database import Revision
from core.project.replay import obstacle, with_data
from gui.desk import Desk
from gui.operations import act
from gui.operations.folded import folded
from gui.words import tr


def replay_chosen(desk: Desk) -> None:
    """The step of the revision under the cursor of the list."""
    key = desk.window.revisions.chosen()
    if key is not None:
        replay(desk, key)


@folded
def replay(desk: Desk, revision: int) -> None:
    """Do the step that made ``revision`` again, on the current revision, as a job; or say why that cannot be."""
    project, state = desk.state.project, desk.state
    if project is None or state.revision is None or state.model is None:
        return
    made, here = project.revision(revision), state.revision
    why = _why_not(desk, made)
    if why:
        desk.errors.say("warning", why)
        return
    assert made.step is not None
    step = with_data(made.step, state.data.location if state.data is not None else "")
    first = state.revisions[0]
    args: dict[str, Any] = {"model": _reference(desk, here.id), "threads": act.THREADS}
    if step.teacher and step.teacher == state.model.source:
        args["teacher"] = _reference(desk, first.id)  # the opened file is the first revision, wherever it is now
    if load_methods().get(step.method).trains:
        args["device"] = desk.settings.device
    act.submit_step(desk, project, here.id, {**args, "step": step.to_json()})


def _why_not(desk: Desk, made: Revision) -> str:
    """One sentence on why a revision's step cannot be done on the current one, '' where it can."""
    state = desk.state
    if made.step is None:
        return tr("This is the model as it was opened: no step made it.")
    if state.revision is not None and made.parent == state.revision.id:
        return tr("Revision {number} is what this step makes of the current revision.", number=made.id)
    assert state.model is not None
    step = with_data(made.step, state.data.location if state.data is not None else "")
    labelled = state.labelled if state.data is not None and step.data == state.data.location else None
    return obstacle(step, state.model, labelled, teacher=bool(step.teacher) and step.teacher == state.model.source)


def _reference(desk: Desk, revision: int) -> dict[str, Any]:
    assert desk.state.project is not None
    return {"project": str(desk.state.project.folder), "revision": revision}
