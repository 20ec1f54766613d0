"""Which signal leads to which operation or panel: the wiring of the window, and nothing else."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QTimer

from core.data.splits import Parts
from core.methods.edit.graph import WRONG_LAYERS
from core.model.editing.changes import Changes
from core.model.preprocessing import presets
from core.project.recipe import Step
from gui import theme
from gui.app_state import Attached
from gui.compare.table_model import Subject
from gui.data_panel.panel import DataSummary
from gui.data_panel.pictures import Picture, picture
from gui.desk import Desk
from gui.graph_view.known import known
from gui.graph_view.model_work import IN_THREAD
from gui.history.entries import Entry
from gui.jobs.running_job import RunningJob
from gui.menus import Menus
from gui.new.origin import origin
from gui.operations import (
    act,
    analyse,
    comparing,
    creating,
    dropping,
    files,
    inspecting,
    layer_output,
    looking,
    moving,
    repairing,
    replaying,
    reports,
    resuming,
)
from gui.words import counted, moment, tr

GRID_ITEMS = 48
_CHANCE = "no better than chance"


class Bindings:
    """Keeps panels in step with the state; made once, lives as long as the window."""

    def __init__(self, desk: Desk, menus: Menus) -> None:
        self._desk, self._menus = desk, menus
        self._bind_state()
        self._bind_panels()
        self.show_project()

    # state -> panels --------------------------------------------------------------------------------------------

    def _bind_state(self) -> None:
        state = self._desk.state
        state.opened.connect(self.show_project)
        state.moved.connect(self.show_model)
        state.edited.connect(self.show_edited)
        state.recounted.connect(self._recounted)
        state.listed.connect(self.show_revisions)
        state.listed.connect(self.show_table)
        state.data_changed.connect(self.show_data)
        state.selection_changed.connect(self.show_selection)
        state.beside_changed.connect(self.show_beside)
        state.analysed.connect(partial(reports.show_analysis, self._desk))
        for signal in (state.opened, state.moved, state.listed, state.data_changed, state.beside_changed):
            signal.connect(self._menus.refresh)
        self._desk.editing.changed.connect(self._menus.refresh)
        self._desk.window.graphs.view.tensor_selected.connect(lambda _: self._menus.refresh())
        self._desk.editing.changed.connect(self._show_place)
        self._desk.editing.said.connect(self._show_place)
        state.selection_changed.connect(lambda _: self._menus.refresh())
        state.analysed.connect(lambda _: self._menus.refresh())

    def show_project(self) -> None:
        window, state, settings = self._desk.window, self._desk.state, self._desk.settings
        is_open = state.project is not None
        if not is_open:
            killed = settings.left_open
            session = killed or settings.last_session
            window.start.show_choices([p for p in settings.recent if p != session], session, killed is not None)
        window.graphs.view.forget_place()
        window.messages.hide()  # it spoke of the project before, or of a file that was refused
        window.jobs.forget_ended()
        resuming.show(self._desk)
        window.show_project(is_open)
        window.setWindowTitle(f"{state.title} – Thimble" if is_open else "Thimble")

    def show_model(self) -> None:
        self._show_model()
        self._show_place()
        if self._desk.state.model is not None:
            analyse.count_costs(self._desk)

    def show_edited(self, changes: Changes) -> None:
        """The same graph, changed in place; cheap where little changed."""
        model = self._desk.state.model
        if model is not None and len(model.graph.graph) > IN_THREAD:
            self._desk.window.inspector.hold()
        self._show_model()
        self._count()

    def _recounted(self) -> None:
        window, state = self._desk.window, self._desk.state
        window.inspector.set_model(state.model)
        window.layers.set_model(state.model)
        self._show_place()
        self._count()

    def _count(self) -> None:
        """Figures of the revision that edits have become."""
        if not self._desk.editing.pending:
            analyse.count_costs(self._desk)

    def _show_model(self) -> None:
        window, state = self._desk.window, self._desk.state
        revision = state.revision
        title = act.revision_name(revision) if revision is not None else ""
        window.inspector.set_model(state.model)
        window.layers.set_model(state.model)
        window.graphs.set_model(state.model, title)  # last: it begins work beside the window that slows all the others
        self.show_selection(state.selected)

    def _show_place(self, word: str = "") -> None:
        busy = tr("Working…") if self._desk.background.busy else ""
        self._desk.window.place.setText(word or busy or _place(self._desk))

    def show_revisions(self) -> None:
        state = self._desk.state
        entries = [
            Entry(
                r.id,
                r.parent,
                act.shown_title(r),
                _detail(r.step),
                moment(r.created),
                state.figures(str(r.id)),
                r.report.notes,
                r.report.notes[0] if WRONG_LAYERS in r.report.measures else "",
            )
            for r in state.revisions
        ]
        window = self._desk.window
        window.revisions.set_entries(entries, state.revision.id if state.revision else None)
        window.setWindowTitle(f"{state.title} – Thimble" if state.project is not None else "Thimble")
        self._warn_of_chance()

    def show_table(self) -> None:
        state = self._desk.state
        current = state.revision.id if state.revision else None
        subjects = [
            Subject(
                str(r.id),
                f"{r.id}\u2002{act.shown_title(r)}",
                _detail(r.step),
                state.figures(str(r.id)),
                r.id == current,
            )
            for r in state.revisions
        ]
        subjects += [Subject(str(p), p.name, str(p), state.figures(str(p))) for p in state.files]
        window = self._desk.window
        window.compare.set_subjects(subjects)
        evaluate = "" if state.labelled else tr("Attach data with classes first (Ctrl+D).")
        window.compare.set_reasons(evaluate, "")

    def show_data(self) -> None:
        panel, state = self._desk.window.data, self._desk.state
        attached, model = state.attached, state.model
        panel.show_data(_summary(attached) if attached is not None else None)
        self.show_table()
        layer_output.offer(self._desk, attached, [], [])
        if model is None or attached is None:
            return
        spec = next((s for s in model.inputs if s.layout), model.inputs[0])
        panel.show_preprocessing(spec.preprocessing.name if spec.preprocessing else None, tuple(presets()))
        chosen = _shown_items(attached.parts)

        def work() -> list[Picture]:
            return [picture(attached.data, k, model.inputs) for k in chosen]

        def done(found: list[Picture]) -> None:
            if state.attached is attached:
                panel.show_pictures(found)
                layer_output.offer(self._desk, attached, chosen, found)
                self._warn_of_chance()

        self._desk.background.run(work, done, self._desk.errors.report)

    def _warn_of_chance(self) -> None:
        """Wrong preprocessing is the commonest cause of a model that only guesses."""
        state, panel = self._desk.state, self._desk.window.data
        made = origin(state.model) if state.model is not None else None
        if made is not None and made.drawn:
            return  # it has learned nothing yet, and is expected to guess
        first = state.figures(str(state.revisions[0].id)).get("top1") if state.revisions else None
        if first is not None and _CHANCE in first.note:
            panel.set_warning(f"Top-1 is {first.value:.1f} %: {first.note}")

    def show_selection(self, names: list[str]) -> None:
        window = self._desk.window
        window.graphs.select(names, center=False)
        window.layers.select(names)
        window.inspector.set_selection(names, window.graphs.view.selected_block())
        count = len(names)
        note = counted(count, "{n} layer selected", "{n} layers selected") if count else ""
        window.selection_note.setText(note)

    def show_beside(self) -> None:
        beside = self._desk.state.beside
        window = self._desk.window
        window.graphs.set_beside(beside.model if beside else None, beside.title if beside else "")
        # the panes have their sizes only after the next layout
        QTimer.singleShot(0, window, lambda: window.graphs.select(self._desk.state.selected))

    # panels -> operations ---------------------------------------------------------------------------------------

    def _bind_panels(self) -> None:
        desk, window = self._desk, self._desk.window
        window.dropped.connect(partial(dropping.open_dropped, desk))
        window.start.open_model.connect(partial(files.choose_model, desk))
        window.start.new_network.connect(partial(creating.choose, desk))
        window.start.open_project.connect(partial(files.choose_project, desk))
        window.start.open_sample.connect(partial(files.open_sample, desk))
        window.start.open_recent.connect(partial(files.open_project, desk))
        window.start.recover.connect(partial(files.recover_session, desk))
        window.revisions.go_to.connect(partial(moving.go_to, desk))
        window.revisions.compare.connect(partial(comparing.with_revision, desk))
        window.revisions.report.connect(partial(reports.show_report, desk))
        window.revisions.forget.connect(partial(moving.forget, desk))
        window.revisions.rename.connect(partial(moving.rename, desk))
        window.revisions.replay.connect(partial(replaying.replay, desk))
        window.data.attach.connect(partial(files.choose_data, desk))
        window.data.detach.connect(partial(files.detach_data, desk))
        window.data.preprocessing_chosen.connect(partial(files.set_preprocessing, desk))
        window.place.linkActivated.connect(lambda _: repairing.go_to_next_wrong(desk))
        window.graphs.selection_changed.connect(desk.state.select)
        window.graphs.set_overview(desk.settings.overview)
        window.graphs.set_blocks(desk.settings.blocks)
        for changed in (window.graphs.view.ready, window.graphs.view.blocks_changed):
            changed.connect(self._menus.refresh)
        window.graphs.outgrown.connect(partial(looking.say_outgrown, desk))
        window.layers.selection_changed.connect(self._layers_selected)
        window.graphs.beside_closed.connect(partial(comparing.close_beside, desk))
        window.compare.evaluate.connect(partial(analyse.evaluate, desk))
        window.compare.measure_latency.connect(partial(analyse.latency, desk))
        window.compare.measure_fidelity.connect(partial(analyse.fidelity, desk))
        window.compare.add_file.connect(partial(comparing.with_file, desk))
        window.compare.remove.connect(partial(comparing.remove_files, desk))
        window.compare.show_beside.connect(partial(comparing.with_ref, desk))
        desk.jobs.job_added.connect(self._job_added)
        window.jobs.resume.connect(partial(resuming.resume, desk))
        window.jobs.discard.connect(partial(resuming.discard, desk))
        desk.background.busy_changed.connect(self._busy)
        inspecting.bind(desk)

    def _job_added(self, job: RunningJob) -> None:
        self._desk.window.jobs.add(job)
        if job.asked.get("task") in resuming.TASKS:  # it may be a resumed one, and may be interrupted itself
            resuming.show(self._desk)
            job.ended.connect(partial(resuming.show, self._desk))

    def _layers_selected(self, names: list[str]) -> None:
        self._desk.state.select(names)
        self._desk.window.graphs.select(names, center=True)

    def _busy(self, busy: bool) -> None:
        self._show_place()


def _place(desk: Desk) -> str:
    state = desk.state
    if state.model is None or state.revision is None:
        return ""
    whole = known(state.model)
    words = [
        tr("Revision {id} of {count}", id=state.revision.id, count=len(state.revisions)),
        counted(len(whole.layers), "{n} layer", "{n} layers"),
        tr("opset {number}", number=state.model.opset),
    ]
    if desk.editing.pending:
        words.append(counted(desk.editing.pending, "{n} edit not yet a revision", "{n} edits not yet a revision"))
    if whole.wrong:
        said = counted(len(whole.wrong), "{n} layer cannot run", "{n} layers cannot run")
        ink = theme.color("error").name()
        words.append(f"<a href='wrong' style='color:{ink}'>{said}</a>")
    return " · ".join(words)


def _detail(step: Step | None) -> str:
    return act.step_sentence(step) if step is not None else tr("The model as it was opened.")


def _summary(attached: Attached) -> DataSummary:
    data, parts = attached.data, attached.parts
    return DataSummary(
        data.name,
        data.location,
        len(data.items),
        len(data.classes),
        len(parts.calibration.items),
        len(parts.train.items),
        len(parts.judge.items),
        parts.note,
        *_taken(attached),
    )


def _taken(attached: Attached) -> tuple[int, int]:
    """(items a training would take, items it would leave to judge); (0, 0) where it divides as shown or cannot be."""
    training = attached.training
    if not attached.labelled or len(training.train.items) == len(attached.parts.train.items):
        return 0, 0
    return len(training.train.items), len(training.judge.items)


def _shown_items(parts: Parts) -> list[int]:
    """Items spread evenly over what judges, so that every class has a chance to be seen."""
    indices = parts.judge.indices or parts.calibration.indices
    step = max(len(indices) // GRID_ITEMS, 1)
    return list(indices[::step][:GRID_ITEMS])
