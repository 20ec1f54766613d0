"""Editing the model that is shown: edits on a working copy, step by step back and forth, folded into revisions."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from core.errors import UserError
from core.methods.edit.words import said
from core.model.collector import resting_collector
from core.model.editing import Edit, WorkingCopy
from core.model.editing.changes import Changes
from core.model.editing.repairs import Repair
from core.model.editing.weights import LoadWeights
from core.model.model import Model
from core.project import folding
from core.project.database import Revision
from core.project.edit_line import EditLine
from core.project.project import Project
from gui.app_state import AppState
from gui.background import Background
from gui.editing.editing_state import EditingState
from gui.editing.folder import Folded, Folder
from gui.editing.keeper import Keeper
from gui.editing.showing import looked_at, with_wrong, wrong_layers
from gui.error_reporter import ErrorReporter
from gui.graph_view.known import Known, known, remember
from gui.graph_view.known_after import counted_anew, known_after, transplanted
from gui.graph_view.model_work import IN_THREAD
from gui.job_runner import JobRunner
from gui.large_graphs import growing
from gui.words import counted, tr

PAUSE_MS = 30_000  # without an edit for so long, the edits become a revision
_LONG = {"fold.batchnorm", "fold.constants", "cut.out", "layers.remove_identities", "input.batch", "input.shape"}


class Editing(EditingState):
    """The one place that edits. ``changed`` follows every edit, undo, redo and fold; ``said`` carries a word for the
    status bar while something takes longer ('' when it is over). ``companion`` gives what is done besides, in another
    thread, while a large graph is made ready: it gets what is known of the copy."""

    changed = Signal()
    said = Signal(str)

    def __init__(
        self, state: AppState, background: Background, jobs: JobRunner, errors: ErrorReporter, parent: QObject
    ) -> None:
        super().__init__(state, parent)
        self._background, self._errors = background, errors
        self._keeper = Keeper(errors.report, self)
        self._folder = Folder(background, jobs, errors, self._folded, self.fold, self)
        self._folder.said.connect(self.said)
        self._whole: Known | None = None  # what is known of the model that is shown
        self.companion: Callable[[], Callable[[Known], object]] | None = None
        self._idle: list[Callable[[], object]] = []
        self._coming: list[Callable[[EditLine], bool]] = []  # what waits for a large graph to be made ready
        self.pause = QTimer(self, interval=PAUSE_MS, singleShot=True)
        self.pause.timeout.connect(self.fold)
        state.moved.connect(self._moved)
        state.opened.connect(lambda: QTimer.singleShot(0, self, self._recover))
        state.leaving.connect(self._keeper.flush)

    @property
    def stuck(self) -> bool:
        """Whether the edits could not become a revision, and none was done since."""
        return self._folder.stuck

    # acts -------------------------------------------------------------------------------------------------------

    def with_copy(self, act: Callable[[WorkingCopy], object]) -> None:
        """Give ``act`` the working copy to look at; for a large graph it is made first."""

        def look(line: EditLine) -> bool:
            act(line.copy)
            return True

        self._with_line(look)

    def prepare(self) -> None:
        """An edit will come: a large graph is made ready for it while the user types."""
        if not self._busy:
            self._with_line(lambda _: True)

    def do(self, edit: Edit) -> bool:
        """Carry an edit out and show it; False where it cannot be, and the reason is shown.

        The first edit of a graph of more than 1,000 layers, and edits that go through all of such a graph, are done
        beside the window's thread: True then says that it was begun.
        """
        return self._with_line(lambda line: self._do(line, edit))

    def try_out(self, edit: Edit) -> str:
        """What an edit would break, in one sentence, '' where all is well. Raises UserError where it cannot be done.

        Before a line is begun on a large graph nothing is tried.
        """
        model = self._state.model
        if self._busy or model is None or (self._line is None and len(model.graph.graph) > IN_THREAD):
            return ""
        line = self._line or self._begin(model)
        before = {p.layer for p in line.copy.problems}
        found = [p for p in line.copy.try_out(edit) if p.layer not in before]
        return found[0].sentence if found else ""

    def repairs(self, layer: str) -> tuple[Repair, ...]:
        """What could be done about a wrong layer. A graph that was opened unfinished is made ready for edits first."""
        model = self._state.model
        if self._line is None and not self._busy and model is not None and len(model.graph.graph) <= IN_THREAD:
            self._begin(model)
        return super().repairs(layer)

    def when_idle(self, act: Callable[[], object]) -> None:
        """Now, or when what goes on beside the window's thread is over."""
        if self._busy:
            self._idle.append(act)
        else:
            act()

    def undo(self) -> bool:
        """Take back the last edit, also one that a revision holds; False where the last act was none."""
        if self._line is not None and self._line.position:
            return self._step(self._line, back=True)
        revision, project = self._state.revision, self._state.project
        edits = folding.edits_of(revision) if revision is not None else ()
        if project is None or revision is None or revision.parent is None or not edits:
            return False
        parent = revision.parent

        def through() -> EditLine:
            return EditLine.through(project.model(parent), parent, edits, revision.id, project.model(revision.id))

        return self._rebuilt(through, True, project.undo)

    def redo(self) -> bool:
        """Do again what was undone last; False where that was no edit."""
        if self._line is not None and self._line.copy.undone:
            return self._step(self._line, back=False)
        project = self._state.project
        if project is None or self.pending:
            return False
        here, child = project.current.id, project.next
        edits = folding.edits_of(child) if child is not None else ()
        if child is None or not edits:
            return False

        def through() -> EditLine:
            line = EditLine.through(project.model(here), here, edits, child.id, project.model(child.id))
            while line.undo():
                pass
            return line

        return self._rebuilt(through, False, project.redo)

    def fold(self, then: Callable[[], object] | None = None, anyway: bool = False) -> None:
        """Make the edits so far a revision, and then act; at once where there are none.

        Where it fails the reason is shown, and the act is left out unless it is to be done ``anyway``: the edits stay
        in the project either way.
        """
        line, project = self._line, self._state.project
        if line is not None and project is not None and line.pending:
            self.pause.stop()
            self._folder.fold(project, line, then, anyway)
        elif then is not None:
            then()

    def close(self) -> None:
        """The window closes: what is not a revision yet is written down."""
        self.pause.stop()
        self._keeper.close()

    # how --------------------------------------------------------------------------------------------------------

    def _with_line(self, act: Callable[[EditLine], bool]) -> bool:
        model, revision = self._state.model, self._state.revision
        if model is None or revision is None:
            return False
        if self._busy and self._line is None and self._coming:
            self._coming.append(act)
            return True
        if self._busy:
            self._errors.say("info", tr("The graph is being worked on; try again in a moment."))
            return False
        if self._line is not None:
            return act(self._line)
        if len(model.graph.graph) <= IN_THREAD:
            return act(self._begin(model))

        also = self.companion() if self.companion is not None else None

        def work() -> tuple[EditLine, Known | None]:
            line = EditLine(model, revision.id)
            whole = transplanted(known(model), line.copy.model)
            if also is not None and whole is not None:
                also(whole)
            return line, whole

        def ready(made: tuple[EditLine, Known | None]) -> None:
            acts, self._coming = self._coming, []
            if self._state.model is model:
                self._line, self._whole = made
                for one in acts:
                    one(made[0])

        self._coming = [act]
        self._beside(tr("Preparing the graph for edits…"), work, ready)
        return True

    def _begin(self, model: Model) -> EditLine:
        """A line whose first model is the one shown; nothing is shown anew yet."""
        assert self._state.revision is not None
        self._line = line = EditLine(model, self._state.revision.id)
        self._whole = transplanted(known(model), line.copy.model)
        return line

    def _beside(self, word: str, work: Callable[[], Any], ready: Callable[[Any], None]) -> None:
        """Work of seconds in a thread of its own; no edit can come between."""
        self._busy = True

        def done(result: Any) -> None:
            self._busy = False
            self.said.emit("")
            ready(result)
            if not self._busy:
                waiting, self._idle = self._idle, []
                for act in waiting:
                    act()

        def failed(error: Exception) -> None:
            self._busy = False
            self._idle, self._coming = [], []
            self.said.emit("")
            self._errors.report(error)

        def grown() -> Any:
            with growing():
                return work()

        self._background.run(grown, done, failed)
        self.said.emit(word)

    def _do(self, line: EditLine, edit: Edit) -> bool:
        project = self._state.project
        if edit.key in _LONG and len(line.copy.model.graph.graph) > IN_THREAD and project is not None:

            def work() -> EditLine:  # on a graph of its own: the panels may read the one that is shown
                twin = line.twin(project.model(line.start))
                twin.do(edit)
                known(twin.copy.model)
                return twin

            self._beside(tr("{title}…", title=edit.title), work, lambda twin: self._show_anew(twin, edit, back=False))
            return True
        with resting_collector():
            try:
                line.do(edit)
            except UserError as error:
                self._errors.report(error)
                return False
            self._show(line, edit, back=False)
        return True

    def _step(self, line: EditLine, back: bool) -> bool:
        with resting_collector():
            edit = None if self._busy else line.undo() if back else line.redo()
            if edit is not None:
                self._show(line, edit, back)
        return True

    def _rebuilt(self, through: Callable[[], EditLine], back: bool, plain: Callable[[], Revision]) -> bool:
        """Edits of a revision done again from its parent, then one step; where they cannot be, the plain move."""
        project = self._state.project
        if self._busy or project is None:
            return True

        def work() -> tuple[EditLine, Edit | None] | tuple[Revision, Model, str]:
            try:
                line = through()
            except UserError as error:
                revision = plain()
                return revision, project.model(revision.id), error.message
            edit = line.undo() if back else line.redo()
            known(line.copy.model)
            return line, edit

        def ready(found: tuple[EditLine, Edit | None] | tuple[Revision, Model, str]) -> None:
            if self._state.project is not project:
                return
            if len(found) == 2:
                self._show_anew(found[0], found[1], back)
                return
            self._state.show_revision(found[0], found[1])
            self._errors.say("info", tr("The edits were taken back, or done again, all at once."), found[2])

        self._beside(tr("Going through the edits…"), work, ready)
        return True

    # showing ----------------------------------------------------------------------------------------------------

    def _show(self, line: EditLine, edit: Edit, back: bool) -> None:
        """Show the model as it stands; the panels get a new Model over the same graph."""
        changes, wrong = line.copy.changes, wrong_layers(line)
        model = dataclasses.replace(line.copy.model)
        found = known_after(self._whole, model, changes, wrong, line.copy.place) if self._whole is not None else None

        def shown(whole: Known) -> None:
            self._shown(line, with_wrong(whole, wrong), changes, edit, back)

        if found is not None:
            self._shown(line, found, changes, edit, back)
        elif len(model.graph.graph) > IN_THREAD:
            self._beside(tr("Looking at the graph…"), lambda: known(model), shown)
        else:
            shown(known(model))

    def _show_anew(self, line: EditLine, edit: Edit | None, back: bool) -> None:
        """Go on with another line, whose model :func:`known` was asked about already."""
        self._line = line
        whole = dataclasses.replace(known(line.copy.model), model=dataclasses.replace(line.copy.model))
        self._shown(line, with_wrong(whole, wrong_layers(line)), Changes(wiring=True, whole=True), edit, back)

    def _shown(self, line: EditLine, whole: Known, changes: Changes, edit: Edit | None, back: bool) -> None:
        project = self._state.project
        if project is None or self._line is not line:
            return
        remember(whole)
        self._whole, self._folder.stuck = whole, False
        if project.current.id != line.base:
            self._keeper.flush()
            project.go_to(line.base)
        self._state.show_edited(project.revision(line.base), whole.model, changes)
        self._keeper.keep(project, line.base, line.pending)
        self._state.select(looked_at(whole, changes, edit, back) or self._state.selected)
        self.pause.start() if line.pending else self.pause.stop()
        self.changed.emit()
        if isinstance(edit, LoadWeights) and not back:
            self.fold()  # at once: the revision holds the values, the edit only names their file

    def _folded(self, project: Project, made: Folded) -> None:
        """Edits are a revision: show what was counted on it, and go on from there."""
        line = self._line
        if line is None or self._state.project is not project:
            return
        line.mark(made.base, made.edits, made.revision.id)
        if project.current.id != line.base:  # the user went on, or back, meanwhile
            project.go_to(line.base)
        self._keeper.keep(project, line.base, line.pending)
        if self._whole is None:
            return
        wrong = bool(line.copy.problems)  # then the exact count would empty the cards of all that follows
        better = counted_anew(self._whole, made.exact) if not line.pending and not wrong else None
        if better is not None:
            better = with_wrong(better, wrong_layers(line))
            if better.cost.layers != self._whole.cost.layers:  # the cards say other figures
                better = dataclasses.replace(better, model=dataclasses.replace(self._whole.model))
            self._whole = better
            remember(better)
        self._state.show_edited(project.revision(line.base), self._whole.model, Changes())
        self.changed.emit()

    # other moves ------------------------------------------------------------------------------------------------

    def _moved(self) -> None:
        """Another revision is shown, by another act than an edit."""
        self.pause.stop()
        if self._line is not None:
            self._state.leftovers.take([self._line.copy.model])
        self._line = self._whole = None
        self.changed.emit()

    def _recover(self) -> None:
        """Do again the edits that a window left which was killed."""
        project, model, revision = self._state.project, self._state.model, self._state.revision
        edits = folding.kept(project) if project is not None else ()
        if model is None or revision is None or not edits:
            return

        def work() -> EditLine:
            line = EditLine(model, revision.id)
            for one in edits:
                line.do(one)
            known(line.copy.model)
            return line

        def ready(line: EditLine) -> None:
            if self._state.model is not model:
                return
            self._show_anew(line, edits[-1], back=False)
            words = counted(len(edits), "{n} edit that was no revision yet is there again.",
                            "{n} edits that were no revision yet are there again.")  # fmt: skip
            self._errors.say("info", words, tr("The last: {said}.", said=said(edits[-1])))

        self._beside(tr("Going through the edits…"), work, ready)
