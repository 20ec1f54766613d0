"""Makes edits a revision beside the window's thread, and lets the acts that wait for it go on."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from core.errors import UserError
from core.measure.cost import Cost
from core.model.collector import resting_collector
from core.model.editing import Edit
from core.project import folding
from core.project.database import Revision
from core.project.edit_line import EditLine
from core.project.project import Project
from core.report import Report
from gui.background import Background
from gui.error_reporter import ErrorReporter
from gui.graph_view.known import Known, known
from gui.graph_view.model_work import IN_THREAD
from gui.job_runner import JobRunner
from gui.jobs.running_job import RunningJob
from gui.words import tr

Then = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Folded:
    """``edits`` of revision ``base`` became ``revision``, of which ``exact`` was counted on the stored model.

    Of a large one only the cost is known, or nothing where its shapes cannot be inferred.
    """

    base: int
    edits: tuple[Edit, ...]
    revision: Revision
    exact: Known | Cost | None


class Folder(QObject):
    """One fold at a time. ``stuck``: the last one failed; the reason was shown, and the edits stay in the project."""

    said = Signal(str)

    def __init__(
        self,
        background: Background,
        jobs: JobRunner,
        errors: ErrorReporter,
        folded: Callable[[Project, Folded], None],
        again: Callable[[Then | None, bool], None],
        parent: QObject,
    ) -> None:
        """``folded`` is told of a revision; ``again`` is asked before an act goes on: edits may have come meanwhile."""
        super().__init__(parent)
        self._background, self._jobs, self._errors = background, jobs, errors
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
        self.said.emit(tr("Making the edits a revision…"))
        # whoever closes the window does not wait for a worker, and sees no stutter any more
        aside = len(line.copy.model.graph.graph) > IN_THREAD and not anyway
        (self._aside if aside else self._here)(project, line.base, line.pending)

    def _here(self, project: Project, base: int, edits: tuple[Edit, ...]) -> None:
        """In a thread of this process."""

        def work() -> Folded:
            with resting_collector():
                made = folding.fold(project, base, edits)
                return Folded(base, edits, made, known(project.model(made.id)))

        self._background.run(work, lambda made: self._made(project, made), self._failed)

    def _aside(self, project: Project, base: int, edits: tuple[Edit, ...]) -> None:
        """In the worker, as a large graph would hold up the window from any thread; this process only commits."""

        def commit(result: Any, folder: Path) -> None:
            def work() -> Folded:
                with resting_collector():
                    report = Report.from_json(result["report"])
                    made = folding.fold_from(project, base, edits, folder, report)
                    shutil.rmtree(folder, ignore_errors=True)
                    exact = result["cost"]
                    return Folded(base, edits, made, Cost.from_json(exact) if exact is not None else None)

            self._background.run(work, lambda made: self._made(project, made), self._failed)

        def start(before: Revision | None) -> None:
            if before is not None:
                self._made(project, Folded(base, edits, before, None))
                return
            args = {
                "model": {"project": str(project.folder), "revision": base},
                "step": folding.step_of(edits).to_json(),
            }
            try:
                folder = project.job_folder()
            except UserError as error:
                self._failed(error)
                return
            job = self._jobs.submit_with_folder(
                tr("Making the edits a revision"), "fold", args, folder, commit, self._failed, quiet=True
            )
            job.ended.connect(lambda: self._stopped(job))

        self._background.run(lambda: folding.made_before(project, base, edits), start, self._failed)

    def _made(self, project: Project, made: Folded) -> None:
        self._end(failed=False)
        self._folded(project, made)
        self._go_on(failed=False)

    def _failed(self, error: Exception) -> None:
        self._end(failed=True)
        self._errors.report(error)
        self._go_on(failed=True)

    def _stopped(self, job: RunningJob) -> None:
        """Another project was opened, say; the edits stay in the one they were made in."""
        if job.state == "cancelled":
            self._end(failed=False)
            self._go_on(failed=True)

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
