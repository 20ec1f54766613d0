"""Comparing: a second graph beside the first, files in the table."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QFileDialog

from core.errors import UserError
from core.formats.open import check_file, open_model
from core.model.model import Model
from gui.app_state import Beside
from gui.desk import Desk
from gui.graph_view.known import known
from gui.operations import act, looking
from gui.operations.folded import folded
from gui.words import tr


@folded
def with_parent(desk: Desk) -> None:
    revision = desk.state.revision
    if revision is not None and revision.parent is not None:
        with_revision(desk, revision.parent)


@folded
def with_original(desk: Desk) -> None:
    if desk.state.revisions:
        with_revision(desk, desk.state.revisions[0].id)


@folded
def with_chosen(desk: Desk) -> None:
    """With the revision under the cursor of the list."""
    chosen = desk.window.revisions.chosen()
    if chosen is None or (desk.state.revision is not None and chosen == desk.state.revision.id):
        desk.errors.say("info", tr("Choose another revision in the list first, then compare with it."))
        return
    with_revision(desk, chosen)


@folded
def with_revision(desk: Desk, revision: int) -> None:
    project = desk.state.project
    if project is not None:
        title = act.revision_name(project.revision(revision))
        _show(desk, str(revision), title, lambda: project.model(revision))


def with_ref(desk: Desk, ref: str) -> None:
    """A row of the table: a revision's id or a file's path."""
    if ref.isdigit():
        with_revision(desk, int(ref))
    elif Path(ref).suffix == ".onnx":
        _show(desk, ref, Path(ref).name, lambda: open_model(ref))
    else:
        desk.errors.say("info", tr("'{name}' can be measured, but only ONNX graphs can be shown.", name=Path(ref).name))


def with_file(desk: Desk) -> None:
    name, _ = QFileDialog.getOpenFileName(
        desk.window, tr("Compare with a file"), desk.settings.folder("compare"), tr("Models (*.onnx *.tflite)")
    )
    if name:
        add_file(desk, Path(name))


@folded
def add_file(desk: Desk, path: Path) -> None:
    """Put a file into the table; an ONNX file must be readable, and is shown beside the current graph."""

    def work() -> Model | None:
        if path.suffix not in (".onnx", ".tflite"):
            raise UserError(
                tr("'{name}' cannot be compared with.", name=path.name), tr("Choose an .onnx or a .tflite file.")
            )
        check_file(path)
        return open_model(path) if path.suffix == ".onnx" else None

    def done(model: Model | None) -> None:
        desk.settings.set_folder("compare", path.parent)
        desk.state.set_files([*desk.state.files, path])
        if model is not None:
            desk.state.set_beside(Beside(str(path), path.name, model))
        looking.show_compare(desk)

    desk.background.run(work, done, desk.errors.report)


def remove_files(desk: Desk, refs: list[str]) -> None:
    kept = [p for p in desk.state.files if str(p) not in refs]
    if len(kept) == len(desk.state.files):
        desk.errors.say("info", tr("Choose the rows of files to remove; revisions stay in the table."))
        return
    desk.state.set_files(kept)


def close_beside(desk: Desk) -> None:
    desk.state.set_beside(None)


def _show(desk: Desk, ref: str, title: str, load: Callable[[], Model]) -> None:
    project = desk.state.project

    def work() -> Model:
        model = load()
        known(model)
        return model

    def done(model: Model) -> None:
        if desk.state.project is project:
            desk.state.set_beside(Beside(ref, title, model))
            looking.show_graph(desk)

    desk.background.run(work, done, desk.errors.report)
