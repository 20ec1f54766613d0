"""Interrupted trainings of the open project: listing them, going on, dropping them."""

from __future__ import annotations

import contextlib
import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QMessageBox

from core.project.checkpoints import FOLDER, Unfinished, unfinished
from core.project.project import Project
from core.project.recipe import Recipe
from gui.desk import Desk
from gui.jobs.unfinished_row import Interrupted
from gui.operations import act
from gui.words import tr

TASKS = ("apply", "run")  # of the worker, that leave something to go on with


def show(desk: Desk) -> None:
    """List what can be gone on with: on the disk, not running just now, of a revision that is still there."""
    project = desk.state.project
    if project is None:
        desk.window.jobs.set_interrupted([])
        return

    def done(found: tuple[Unfinished, ...]) -> None:
        if desk.state.project is project:
            desk.window.jobs.set_interrupted([_shown(u) for u in found if _open(desk, project, u)])

    desk.background.run(lambda: unfinished(project.folder / FOLDER), done, desk.errors.report)


def resume(desk: Desk, path: Path) -> None:
    """Ask the worker for the same act again: it goes on from the checkpoint."""
    project = desk.state.project
    found = _find(project, path)
    if project is None or found is None or found.revision is None:
        desk.errors.say("warning", tr("This job can no longer be resumed: its checkpoint is gone."))
        show(desk)
        return
    task, args = _asked(project, found)
    if task == "run":
        act.submit_recipe(desk, project, found.revision, act.title_of(found.step), args)
    else:
        act.submit_step(desk, project, found.revision, args)


def discard(desk: Desk, path: Path) -> None:
    """Delete what an interrupted training has learned, after asking."""
    found = _find(desk.state.project, path)
    if found is None:
        show(desk)
        return
    answer = QMessageBox.question(
        desk.window,
        tr("Discard a job"),
        tr(
            "Discard '{act}', step {steps:,} of {total:,}?\nThis cannot be undone.",
            act=act.title_of(found.step),
            steps=found.steps,
            total=found.total,
        ),
    )
    if answer == QMessageBox.StandardButton.Yes:
        with contextlib.suppress(OSError):
            path.unlink()
        show(desk)


def _find(project: Project | None, path: Path) -> Unfinished | None:
    if project is None:
        return None
    return next((u for u in unfinished(project.folder / FOLDER) if u.path == path), None)


def _open(desk: Desk, project: Project, found: Unfinished) -> bool:
    """Whether it can be gone on with, and nobody is doing that already."""
    if found.revision not in {r.id for r in project.revisions}:
        return False
    task, args = _asked(project, found)
    wanted = _key({"task": task, "args": args})
    return all(_key(job.asked) != wanted for job in desk.jobs.running)


def _asked(project: Project, found: Unfinished) -> tuple[str, dict[str, Any]]:
    """(task, its arguments), as they were, in the folder where the project is now."""
    here = str(project.folder)
    reference = {"project": here, "revision": found.revision}
    if not found.asked:  # the command line's: it names no teacher but the step's own
        return "apply", {"model": reference, "step": found.step.to_json(), "threads": act.THREADS}
    args = copy.deepcopy(dict(found.asked["args"]))
    before = args["model"]["project"]
    for name in ("model", "teacher"):
        if isinstance(args.get(name), dict) and args[name].get("project") == before:
            args[name]["project"] = here
    return str(found.asked["task"]), args


def _key(asked: Mapping[str, Any]) -> str:
    return json.dumps(asked, sort_keys=True, default=str)


def _shown(found: Unfinished) -> Interrupted:
    title = act.title_of(found.step)
    if found.asked.get("task") == "run":
        steps = Recipe.from_json(found.asked["args"]["recipe"]).steps
        if len(steps) > 1:
            title = tr("{act}, in a recipe of {count} steps", act=title, count=len(steps))
    return Interrupted(found.path, title, found.steps, found.total, found.time)
