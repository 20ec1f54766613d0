"""Makes edits a revision beside the window's thread, and lets the acts that wait for it go on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from core.model.collector import resting_collector
from core.model.editing import Edit
from core.project import folding
from core.project.database import Revision
from core.project.edit_line import EditLine
from core.project.project import Project
from gui.background import Background
from gui.error_reporter import ErrorReporter
from gui.graph_view.known import Known, known
from gui.words import tr

Then = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Folded:
    """``edits`` of revision ``base`` became ``revision``, of which ``exact`` was counted on the stored model."""

    base: int
    edits: tuple[Edit, ...]
    revision: Revision
    exact: Known


class Folder(QObject):
    """One fold at a time. ``stuck``: the last one failed; the reason was shown, and the edits stay in the project."""

    said = Signal(str)

    def __init__(
        self,
        background: Background,
        errors: ErrorReporter,
        folded: Callable[[Project, Folded], None],
        again: Callable[[Then | None, bool], None],
        parent: QObject,
    ) -> None:
        """``folded`` is told of a revision; ``again`` is asked before an act goes on: edits may have come meanwhile."""
        super().__init__(parent)
        self._background, self._errors = background, errors
        self._folded, self._again = folded, again
        self._waiting: list[tuple[Then, bool]] = []
        self._running = False
        self.stuck = False

    def fold(self, project: Project, line: EditLine, then: Then | None, anyway: bool) -> None:
        """Fold what is pending on the line, and then act; where it fails, only an act that is to be done ``anyway``."""
        if then is not None:
            self._waiting.append((then, anyway))
        if self._running:
            return
        self._running = True
        base, edits = line.base, line.pending

        def work() -> tuple[Revision, Known]:
            with resting_collector():
                made = folding.fold(project, base, edits)
                return made, known(project.model(made.id))

        def done(result: tuple[Revision, Known]) -> None:
            self._end(failed=False)
            self._folded(project, Folded(base, edits, *result))
            self._go_on(failed=False)

        def failed(error: Exception) -> None:
            self._end(failed=True)
            self._errors.report(error)
            self._go_on(failed=True)

        self._background.run(work, done, failed)
        self.said.emit(tr("Making the edits a revision…"))

    def _end(self, failed: bool) -> None:
        self._running, self.stuck = False, failed
        self.said.emit("")

    def _go_on(self, failed: bool) -> None:
        waiting, self._waiting = self._waiting, []
        for then, anyway in waiting:
            if not failed:
                self._again(then, anyway)
            elif anyway:
                then()
