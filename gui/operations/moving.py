"""Going from revision to revision: undo, redo, back to any of them, forgetting a branch."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QMessageBox

from core.model.model import Model
from core.project.database import Revision
from core.project.project import Project
from gui.desk import Desk
from gui.graph_view.known import known
from gui.operations import act
from gui.operations.folded import folded
from gui.words import tr

_LONGEST_TITLE = 120  # letters

_SAID_MS = 4000


def undo(desk: Desk) -> None:
    """The last edit, also one that is part of a revision by now, else the last act."""
    words = desk.editing.undo_words()
    if not desk.editing.undo():
        _move(desk, lambda project: project.undo())
    elif words:
        desk.window.statusBar().showMessage(tr("Taken back: {said}", said=words), _SAID_MS)


def redo(desk: Desk) -> None:
    """What was undone last. Edits that are no revision yet have nothing behind them."""
    words = desk.editing.redo_words()
    if desk.editing.redo():
        desk.window.statusBar().showMessage(tr("Done again: {said}", said=words) if words else "", _SAID_MS)
    elif not desk.editing.pending:
        _move(desk, lambda project: project.redo())


@folded
def go_to(desk: Desk, revision: int) -> None:
    _move(desk, lambda project: project.go_to(revision))


def _move(desk: Desk, step: Callable[[Project], Revision]) -> None:
    """Move the pointer and load what it points to, off the window's thread."""
    project = desk.state.project
    if project is None:
        return

    def work() -> tuple[Revision, Model]:
        revision = step(project)
        model = project.model(revision.id)
        known(model)
        return revision, model

    def done(result: tuple[Revision, Model]) -> None:
        if desk.state.project is project:
            desk.state.show_revision(*result)

    desk.background.run(work, done, desk.errors.report)


@folded
def forget(desk: Desk, revision: int) -> None:
    """Ask, then remove a revision and everything made from it."""
    project = desk.state.project
    if project is None:
        return
    title = act.shown_title(project.revision(revision))
    answer = QMessageBox.question(
        desk.window,
        tr("Forget a branch"),
        tr(
            "Forget '{title}' (revision {number}) and everything made from it?\nThis cannot be undone.",
            title=title,
            number=revision,
        ),
    )
    if answer == QMessageBox.StandardButton.Yes:
        forget_now(desk, revision)


@folded
def forget_now(desk: Desk, revision: int) -> None:
    project = desk.state.project
    if project is None:
        return
    beside = desk.state.beside

    def work() -> tuple[Revision, Model]:
        project.forget(revision)
        project.compact()
        return project.current, project.model()

    def done(result: tuple[Revision, Model]) -> None:
        if desk.state.project is not project:
            return
        if beside is not None and beside.ref not in {str(r.id) for r in project.revisions}:
            desk.state.set_beside(None)
        desk.state.show_revision(*result)

    desk.background.run(work, done, desk.errors.report)


def rename(desk: Desk, revision: int, title: str) -> None:
    """Give a revision another title; an empty one changes nothing."""
    project, title = desk.state.project, " ".join(title.split())[:_LONGEST_TITLE]
    if project is None or not title:
        return
    known = project.revision(revision)
    if title in (known.title, act.shown_title(known)):  # as it is stored, or as it is read
        return

    def done(_: object) -> None:
        if desk.state.project is project:
            desk.state.relist()

    desk.background.run(lambda: project.rename(revision, title), done, desk.errors.report)
