"""Opening, saving, closing, data: every way a file comes in or goes out (exports apart)."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QMessageBox

from core.data.open import open_data
from core.data.preprocess import load_preprocessing
from core.data.sample import sample_data, sample_model
from core.data.splits import divide
from core.errors import UserError
from core.formats.format import load_formats
from core.formats.open import open_model
from core.model.model import Model
from core.model.release import take_apart
from core.project.lock import ProjectInUse
from core.project.project import SUFFIX, Project
from core.project.recipe import load_recipe
from core.project.recipe import save_recipe as write_recipe
from gui import settings
from gui.app_state import Attached
from gui.data_panel.panel import FROM_FILE
from gui.desk import Desk
from gui.graph_view.known import known
from gui.large_graphs import growing
from gui.operations import parcels
from gui.operations.folded import folded
from gui.words import counted, tr

_BY_DATA = ("top1", "top5", "sqnr", "cosine", "agreement")  # figures that depend on the preprocessing


# opening ------------------------------------------------------------------------------------------------------------


def choose_model(desk: Desk) -> None:
    suffixes = " ".join(f"*{s}" for f in load_formats() for s in f.suffixes)
    name, _ = QFileDialog.getOpenFileName(
        desk.window,
        tr("Open a model"),
        desk.settings.folder("model"),
        f"{tr('Models')} ({suffixes});;{tr('All files')} (*)",
    )
    if name:
        open_model_file(desk, Path(name))


@folded
def open_model_file(desk: Desk, path: Path, then: Callable[[], None] | None = None) -> None:
    """A model becomes a new project. Whatever fails, what was open stays as it was."""

    def work() -> tuple[Project, Model]:
        with growing():
            return started(settings.new_session(path.stem), open_model(path))

    def done(result: tuple[Project, Model]) -> None:
        desk.settings.set_folder("model", path.parent)
        adopt(desk, *result)
        if then is not None:
            then()

    desk.background.run(work, done, desk.errors.report)


def started(folder: Path, model: Model) -> tuple[Project, Model]:
    """A new project with a model as its first revision; for a thread of its own. ``model`` itself is used up."""
    project = Project.create(folder, model)
    take_apart(model.graph)
    return project, read(project)


def read(project: Project) -> Model:
    """The current revision with all that the views show of it; on a failure the project is closed.

    Shapes are inferred here, of the very model that is shown, so that the views need not.
    """
    try:
        model = project.model()
        known(model)
    except BaseException:
        project.close()
        raise
    return model


def open_sample(desk: Desk) -> None:
    """The bundled network with its data."""
    try:
        path = sample_model()
    except UserError as error:  # an incomplete installation
        desk.errors.report(error)
        return
    open_model_file(desk, path, lambda: attach_data(desk, Path(sample_data().location)))


def choose_project(desk: Desk) -> None:
    name = QFileDialog.getExistingDirectory(
        desk.window,
        tr("Open a project (a folder that ends in {suffix})", suffix=SUFFIX),
        desk.settings.folder("project"),
    )
    if name:
        open_project(desk, Path(name))


@folded
def open_project(desk: Desk, folder: Path) -> None:
    if desk.state.project is not None and desk.state.project.folder == folder.absolute():
        desk.errors.say("info", tr("'{name}' is the project that is open already.", name=folder.name))
        return

    def work() -> tuple[Project, Model]:
        with growing():
            project = Project.open(folder.absolute())
            return project, read(project)

    def failed(error: Exception) -> None:
        if isinstance(error, ProjectInUse):
            parcels.offer_copy(desk, folder.absolute(), error.message)
        else:
            desk.errors.report(error)

    desk.background.run(work, lambda result: adopt(desk, *result), failed)


def recover_session(desk: Desk) -> None:
    """Open what the last window worked on: what it was killed in, else what it did not save elsewhere."""
    folder = desk.settings.left_open or desk.settings.last_session
    if folder is None:
        desk.errors.say("info", tr("There is no session to recover."))
        return
    open_project(desk, folder)


def adopt(desk: Desk, project: Project, model: Model) -> None:
    """Make a project the open one, with the data it remembers."""
    desk.jobs.cancel_all()
    before = desk.state.project
    if before is not None:
        desk.settings.closed(before.folder)
    desk.state.adopt(project, model)
    desk.settings.remember(project.folder)
    desk.settings.opened(project.folder)
    desk.settings.last_session = project.folder if settings.is_session(project.folder) else None
    _reattach(desk, project)


def _reattach(desk: Desk, project: Project) -> None:
    location = project.data()
    if not location:
        return

    def done(changed: bool) -> None:
        if desk.state.project is not project:
            return
        if changed:
            text = tr("The data at '{place}' is gone or has changed since it was attached.", place=location)
            desk.errors.say("warning", text, tr("Attach it again to evaluate and tune."))
        else:
            attach_data(desk, Path(location))

    desk.background.run(project.data_changed, done, desk.errors.report)


# saving and closing -------------------------------------------------------------------------------------------------


def save_project_as(desk: Desk) -> None:
    project = desk.state.project
    if project is None:
        return
    start = Path(desk.settings.folder("project") or Path.home()) / (desk.state.title + SUFFIX)
    name, _ = QFileDialog.getSaveFileName(
        desk.window, tr("Save project as"), str(start), f"{tr('Projects')} (*{SUFFIX})"
    )
    if name:
        save_project_to(desk, Path(name))


@folded
def save_project_to(desk: Desk, folder: Path) -> None:
    """A complete copy, which then is the open one; the unsaved session it came from is no longer needed."""
    project = desk.state.project
    if project is None:
        return

    desk.state.flush()  # what waits to be written goes along

    def work() -> tuple[Project, Model]:
        with growing():
            copy = project.save_as(folder)
            return copy, read(copy)

    def done(result: tuple[Project, Model]) -> None:
        session = project.folder if settings.is_session(project.folder) else None
        desk.settings.set_folder("project", folder.parent)
        adopt(desk, *result)
        if session is not None:
            shutil.rmtree(session, ignore_errors=True)
        desk.errors.say("info", tr("The project was saved as '{path}'.", path=result[0].folder))

    desk.background.run(work, done, desk.errors.report)


@folded
def close_project(desk: Desk) -> None:
    """Back to the first screen. Every revision is on the disk: only a running job is asked about."""
    if may_close(desk):
        desk.jobs.cancel_all()
        if desk.state.project is not None:
            desk.settings.closed(desk.state.project.folder)
        desk.state.close()


def may_close(desk: Desk) -> bool:
    """Only a running job can be lost by closing; ask about that, and about nothing else."""
    asked = [job for job in desk.jobs.running if not job.quiet]
    running = [job.title for job in asked]
    if not running:
        return True
    if all(job.can_stop for job in asked):
        lost = tr(
            "'{job}' still trains. When the project is opened again it can go on from its last checkpoint, "
            "which is half a minute old at most.",
            job=running[0],
        )
    else:
        lost = tr("'{job}' is still running and would be lost. Every revision is saved.", job=running[0])
    text = f"{lost}\n{tr('Close all the same?')}"
    answer = QMessageBox.question(desk.window, tr("A job is running"), text)
    return answer == QMessageBox.StandardButton.Yes


def quit_window(desk: Desk) -> None:
    desk.window.close()


@folded
def save_recipe(desk: Desk) -> None:
    if desk.state.project is None:
        return
    start = str(Path(desk.settings.folder("recipe") or Path.home()) / f"{desk.state.title}.recipe.json")
    name, _ = QFileDialog.getSaveFileName(
        desk.window, tr("Save the steps as a recipe"), start, f"{tr('Recipes')} (*.json)"
    )
    if name:
        save_recipe_to(desk, Path(name))


@folded
def save_recipe_to(desk: Desk, path: Path) -> None:
    project = desk.state.project
    if project is None:
        return
    recipe = project.recipe()

    def work() -> None:
        write_recipe(recipe, path)
        load_recipe(path)  # what was written can be read again

    def done(_: object) -> None:
        desk.settings.set_folder("recipe", path.parent)
        count = len(recipe.steps)
        desk.errors.say(
            "info", counted(count, "{n} step saved in '{path}'.", "{n} steps saved in '{path}'.", path=path)
        )

    desk.background.run(work, done, desk.errors.report)


# data ---------------------------------------------------------------------------------------------------------------


@folded
def set_preprocessing(desk: Desk, key: str) -> None:
    """Choose how raw items become inputs: a preset's name, or 'file' to ask for a JSON file."""
    if key == FROM_FILE:
        key, _ = QFileDialog.getOpenFileName(desk.window, tr("Preprocessing steps"), "", f"{tr('Steps')} (*.json)")
        if not key:
            desk.state.data_changed.emit()  # the chooser goes back to what holds
            return
    project, model = desk.state.project, desk.state.model
    if project is None or model is None:
        return

    def work() -> Model:
        project.set_preprocessing(load_preprocessing(key, model))
        new = project.model()
        known(new)
        return new

    def done(new: Model) -> None:
        if desk.state.project is project:
            desk.state.show_revision(project.current, new)
            desk.state.forget_figures(_BY_DATA)
            desk.state.data_changed.emit()

    def failed(error: Exception) -> None:
        desk.errors.report(error)
        desk.state.data_changed.emit()

    desk.background.run(work, done, failed)


def choose_data(desk: Desk) -> None:
    name, _ = QFileDialog.getOpenFileName(
        desk.window,
        tr("Attach data"),
        desk.settings.folder("data"),
        f"{tr('Data')} (*.zip *.npz labels.csv);;{tr('All files')} (*)",
    )
    if name:
        path = Path(name)
        attach_data(desk, path.parent if path.name == "labels.csv" else path)


def choose_data_folder(desk: Desk) -> None:
    name = QFileDialog.getExistingDirectory(desk.window, tr("Attach a data folder"), desk.settings.folder("data"))
    if name:
        attach_data(desk, Path(name))


def attach_or_say(desk: Desk, path: Path) -> None:
    if desk.state.project is None:
        desk.errors.say(
            "warning", tr("'{name}' looks like data, but no model is open.", name=path.name), tr("Open a model first.")
        )
        return
    attach_data(desk, path)


def attach_data(desk: Desk, path: Path) -> None:
    """Open a data set, divide it, and remember in the project where it is."""
    project = desk.state.project
    if project is None:
        return

    def work() -> Attached:
        data = open_data(path)
        return Attached(data, divide(data), divide(data, training=True))

    def done(attached: Attached) -> None:
        if desk.state.project is not project:
            return
        project.set_data(attached.data.location)
        desk.settings.set_folder("data", path.parent)
        desk.state.attach(attached)

    desk.background.run(work, done, desk.errors.report)


def detach_data(desk: Desk) -> None:
    if desk.state.project is not None:
        desk.state.project.set_data("")
        desk.state.attach(None)
