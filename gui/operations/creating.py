"""A new project from a reference network: the worker makes it, this process opens it."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from core.model.model import Model
from core.project.packing import read_result
from core.project.project import Project
from core.references.catalogue import entries
from core.references.create import weights_note
from gui import settings
from gui.desk import Desk
from gui.graph_view.known import known
from gui.new.dialog import NewDialog
from gui.new.request import NewRequest
from gui.operations import files
from gui.wording import without_options
from gui.words import tr


def choose(desk: Desk) -> None:
    """Ask which network, then make it."""
    make_dialog(desk).open()


def make_dialog(desk: Desk, chosen: str = "") -> NewDialog:
    dialog = NewDialog(entries(), chosen, desk.window)
    dialog.create_requested.connect(lambda request: start(desk, dialog, request))
    return dialog


def start(desk: Desk, dialog: NewDialog, request: NewRequest) -> None:
    """Hand the wish to the worker; what it made is opened as a new project when it comes."""
    folder = Path(tempfile.mkdtemp(prefix="new-", dir=settings.cache_folder()))

    def failed(error: Exception) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        dialog.show_failure(without_options(str(error)))

    def done(_: Any, made: Path) -> None:
        desk.background.run(lambda: _opened(request.title, made), adopt, failed)

    def adopt(result: tuple[Project, Model]) -> None:
        dialog.finish()
        files.adopt(desk, *result)
        if note := weights_note(result[1]):
            desk.errors.say("warning", note)

    job = desk.jobs.submit_with_folder(
        tr("New {title}", title=request.title), "new", request.args(), folder, done, failed
    )
    job.ended.connect(lambda: dialog.show_failure("") if job.state == "cancelled" else None)
    dialog.watch(job)


def _opened(title: str, folder: Path) -> tuple[Project, Model]:
    """The worker's result as a session of its own; the worker's folder goes."""
    project = Project.create(settings.new_session(title), read_result(folder))
    try:
        project.rename(project.current.id, title)
        model = project.model()
        known(model)
    except BaseException:
        project.close()
        raise
    shutil.rmtree(folder, ignore_errors=True)
    return project, model
