"""The one object that holds what is open, and announces every change. It decides nothing and shows nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, SignalInstance

from core.data.dataset import DataSet
from core.data.splits import Parts
from core.model.editing.changes import Changes
from core.model.model import Model
from core.project.analyses import Analysis, analyses, store, with_analysis
from core.project.database import Revision
from core.project.project import Project
from core.report import Measure
from gui import settings
from gui.background import Background
from gui.idle_collector import IdleCollector
from gui.leftovers import Leftovers

Figures = dict[str, Measure]
_FIGURES, _FILES = "figures", "compare_files"


@dataclass(frozen=True, slots=True)
class Attached:
    """A data set with its division, opened once; ``training`` is the division that a training would make of it."""

    data: DataSet
    parts: Parts
    training: Parts

    @property
    def labelled(self) -> bool:
        return any(item.label is not None for item in self.data.items)


@dataclass(frozen=True, slots=True)
class Beside:
    """The model shown in the second graph. ``ref`` is the revision's id as text, or the file's path."""

    ref: str
    title: str
    model: Model


class AppState(QObject):
    """Project, current model, data, selection. Setters announce; readers read attributes.

    ``moved``: another revision is shown. ``edited`` (with core's Changes): the model was edited by hand; ``model`` is a
    new object over the same graph, and ``revision`` the last one before the edits. ``recounted``: the model is as it
    was, its figures are known better, or it is a revision now. ``leaving``: the project is about to be closed or
    copied. ``unwritten``: why something could not be stored in it. ``analysed``: a revision, by its id, has a new
    analysis.
    """

    opened = Signal()
    leaving = Signal()
    unwritten = Signal(object)
    moved = Signal()
    edited = Signal(object)
    recounted = Signal()
    listed = Signal()
    analysed = Signal(int)
    data_changed = Signal()
    selection_changed = Signal(list)
    beside_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.project: Project | None = None
        self.model: Model | None = None
        self.revision: Revision | None = None
        self.attached: Attached | None = None
        self.selected: list[str] = []
        self.beside: Beside | None = None
        self._figures: dict[str, Figures] = {}
        self._analyses: dict[int, tuple[Analysis, ...]] = {}
        self.leftovers = Leftovers(self)
        self._collector = IdleCollector(self)
        for signal in (self.moved, self.edited, self.opened):
            signal.connect(self._collector.later)
        self._writer = Background(self, threads=1)

    # the project ------------------------------------------------------------------------------------------------

    def adopt(self, project: Project, model: Model) -> None:
        """Make a project the open one; the one before is closed."""
        self._leave()
        self.project = project
        self._figures = _read_figures(project)
        self.model, self.revision = model, project.current
        # what is shown of it follows in turns of their own: all panels in one go would hold up the window
        Background.hold()
        QTimer.singleShot(0, self, lambda: self._announce(project, (self.moved, self.listed, self.data_changed)))
        self.opened.emit()

    def _announce(self, project: Project, signals: Sequence[SignalInstance]) -> None:
        """The first of these signals; the others follow, and what runs beside the window goes on after the last."""
        if self.project is not project or not signals:
            Background.release()
            return
        QTimer.singleShot(0, self, lambda: self._announce(project, signals[1:]))
        signals[0].emit()

    def close(self) -> None:
        """Nothing is open any more; everything that ended is on the disk already."""
        if self.project is None:
            return
        self._leave()
        self.opened.emit()
        self.moved.emit()
        self.listed.emit()
        self.data_changed.emit()

    def flush(self) -> None:
        """Everything that waits to be written into the project is in it when this returns."""
        self._writer.wait()
        self.leaving.emit()

    def _leave(self) -> None:
        if self.project is not None:
            self.flush()
            self.leftovers.take([*self.project.loaded(), *([self.model] if self.model is not None else [])])
            self.project.close()
        self.project = self.model = self.revision = self.attached = None
        self._figures, self._analyses = {}, {}
        self.set_beside(None)
        self.select([])

    def show_revision(self, revision: Revision, model: Model) -> None:
        """The project's pointer moved, or a revision was added."""
        self.revision, self.model = revision, model
        self.moved.emit()
        self.listed.emit()

    def show_edited(self, revision: Revision, model: Model, changes: Changes) -> None:
        """The model was edited by hand, or is a revision now; ``revision`` is the last one before the edits left."""
        listed = self.revision is None or revision.id != self.revision.id
        same, self.revision, self.model = model is self.model, revision, model
        if same:
            self.recounted.emit()
        else:
            self.edited.emit(changes)
        if listed:
            self.listed.emit()

    def relist(self) -> None:
        """What is said of the revisions has changed, not the model that is shown."""
        if self.project is not None:
            self.revision = self.project.current
            self.listed.emit()

    @property
    def title(self) -> str:
        if self.project is None:
            return ""
        return self.project.revisions[0].title if settings.is_session(self.project.folder) else self.project.name

    @property
    def revisions(self) -> tuple[Revision, ...]:
        return self.project.revisions if self.project is not None else ()

    @property
    def can_undo(self) -> bool:
        return self.project is not None and self.project.can_undo

    @property
    def can_redo(self) -> bool:
        return self.project is not None and self.project.can_redo

    # figures ----------------------------------------------------------------------------------------------------

    def figures(self, ref: str) -> Figures:
        """Measures of a revision (its id as text) or of a file (its path)."""
        return dict(self._figures.get(ref, {}))

    def add_figures(self, found: Mapping[str, Mapping[str, Measure]]) -> None:
        """Keep measures by ref; they are stored with the project."""
        for ref, measures in found.items():
            self._figures.setdefault(ref, {}).update(measures)
        self._store_figures()
        self.listed.emit()

    def forget_figures(self, names: Iterable[str]) -> None:
        """Drop measures that no longer hold, for example accuracies after the preprocessing changed."""
        gone = set(names)
        for measures in self._figures.values():
            for name in gone & measures.keys():
                del measures[name]
        self._store_figures()
        self.listed.emit()

    def analyses(self, revision: int) -> tuple[Analysis, ...]:
        """What analyses found out about a revision, the newest last."""
        if self.project is None:
            return ()
        if revision not in self._analyses:
            self._analyses[revision] = analyses(self.project, revision)
        return self._analyses[revision]

    def add_analysis(self, revision: int, new: Analysis) -> None:
        """Keep what was found out about a revision; it is stored with the project."""
        project = self.project
        if project is not None:
            kept = self._analyses[revision] = with_analysis(self.analyses(revision), new)
            self._writer.run(lambda: store(project, revision, kept), lambda _: None, self.unwritten.emit)
            self.analysed.emit(revision)

    @property
    def files(self) -> tuple[Path, ...]:
        """Files that stand in the comparison beside the revisions."""
        stored = self.project.view_state(_FILES) if self.project is not None else None
        return tuple(Path(p) for p in stored or ())

    def set_files(self, files: Sequence[Path]) -> None:
        if self.project is not None:
            self.project.set_view_state(_FILES, [str(p) for p in dict.fromkeys(files)])
            self.listed.emit()

    def _store_figures(self) -> None:
        """Beside the window's thread: the disk may be busy with a gigabyte of weights."""
        project = self.project
        if project is not None:
            stored = {ref: {k: m.to_json() for k, m in found.items()} for ref, found in self._figures.items()}
            self._writer.run(lambda: project.set_view_state(_FIGURES, stored), lambda _: None, self.unwritten.emit)

    # data, selection, second graph ------------------------------------------------------------------------------

    @property
    def data(self) -> DataSet | None:
        return self.attached.data if self.attached is not None else None

    @property
    def labelled(self) -> bool:
        return self.attached is not None and self.attached.labelled

    def attach(self, attached: Attached | None) -> None:
        self.attached = attached
        self.data_changed.emit()

    def select(self, names: Sequence[str]) -> None:
        if list(names) != self.selected:
            self.selected = list(names)
            self.selection_changed.emit(self.selected)

    def set_beside(self, beside: Beside | None) -> None:
        if beside is not self.beside:
            self.beside = beside
            self.beside_changed.emit()


def _read_figures(project: Project) -> dict[str, Figures]:
    """Reports of the steps first, then what was measured later."""
    out: dict[str, Figures] = {str(r.id): dict(r.report.measures) for r in project.revisions}
    for ref, found in (project.view_state(_FIGURES) or {}).items():
        out.setdefault(ref, {}).update({name: Measure.from_json(data) for name, data in found.items()})
    return out
