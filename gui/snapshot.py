"""Pictures of the window, every panel and every dialog, drawn by the window itself without a screen."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from core.exporters.exporter import load_exporters
from core.measure.cost import cost
from core.methods.method import load_methods
from core.methods.scope import Scope
from core.model.model import quantized
from core.project.checkpoints import FOLDER, Checkpoints
from core.report import Curve
from gui.act.dialog import MethodDialog
from gui.act.request import ActRequest
from gui.app import build, make_application
from gui.colouring.latency_dialog import LatencyDialog
from gui.compare.predict_dialog import PredictDialog
from gui.desk import Desk
from gui.export.proof_view import Shown
from gui.operations import (
    act,
    analyse,
    commanding,
    comparing,
    creating,
    exporting,
    files,
    helping,
    looking,
    moving,
    resuming,
    timing,
)
from gui.report_dialog import ReportDialog
from gui.settings import Look, Settings
from gui.snapshot_pruning import draw_pruning
from gui.snapshot_quantization import draw_quantization
from gui.snapshot_sensitivity import draw_sensitivity
from gui.snapshot_workbench import draw_workbench
from gui.translations import choosing
from gui.words import tr

SIZE = (1440, 900)
_PATIENCE = 120.0
_TRAINABLE = 500_000  # parameters
_TRAINED = 0.45  # of six epochs: two points of every curve
_LATE = 0.15  # seconds: the window does its latest things, such as trying out an edit, so long after an event


def snapshot(
    folder: Path,
    project: str | None = None,
    model: str | None = None,
    theme: str = "both",
    language: str = "",
    brief: bool = False,
) -> int:
    """Draw everything in the looks asked for, or the views and panels alone; 1 where something could not be opened."""
    folder.mkdir(parents=True, exist_ok=True)
    app = make_application()
    choosing.install(app, language or choosing.ENGLISH)
    looks: Sequence[Look] = ("light", "dark") if theme == "both" else ("dark",) if theme == "dark" else ("light",)
    with tempfile.TemporaryDirectory(prefix="thimble-pictures-") as scratch:
        desk = build(app, Settings(Path(scratch) / "window.ini"))
        failures: list[str] = []
        desk.errors.shown.connect(lambda level, text, *_: failures.append(text) if level == "error" else None)
        desk.window.resize(*SIZE)
        desk.window.show()
        artist = Artist(desk, folder)
        for look in looks:
            looking.set_look(desk, look)
            artist.draw("start", look)
            if not brief:
                artist.new_network(look)
        _open(desk, project, model)
        artist.settle()
        if desk.state.model is not None:
            if not brief:
                artist.training(looks)
            artist.prepare()
            for look in looks:
                looking.set_look(desk, look)
                artist.draw_views(look)
                if not brief:
                    artist.draw_acts(look)
            found = list(failures)
            for look in looks:
                looking.set_look(desk, look)
                artist.message(look)
            failures[:] = found  # the one above was asked for
        desk.window.close()
    for text in failures:
        print(text, file=sys.stderr)
    return 1 if failures else 0


def _open(desk: Desk, project: str | None, model: str | None) -> None:
    if project:
        files.open_project(desk, Path(project))
    elif model:
        files.open_model_file(desk, Path(model))
    else:
        files.open_sample(desk)


class Artist:
    """Brings the window into each state and saves what is then seen as ``NAME_LOOK.png``."""

    def __init__(self, desk: Desk, folder: Path) -> None:
        self._desk, self._folder = desk, folder
        self._exported: Shown | None = None

    def settle(self) -> None:
        """Until files are read, jobs are over and everything is painted."""
        desk = self._desk
        end = time.monotonic() + _PATIENCE
        pause(desk.app, _LATE)
        busy = True
        while busy and time.monotonic() < end:
            busy = desk.background.busy or bool(desk.jobs.running)
            while (desk.background.busy or desk.jobs.running) and time.monotonic() < end:
                pause(desk.app, 0.05)
            if busy:  # what came of it is painted late, too, and may ask for more
                pause(desk.app, _LATE)

    def training(self, looks: Sequence[Look]) -> None:
        """A training while it runs, and as it is offered after a cancel. Only small models: this waits for it."""
        desk, project, revision = self._desk, self._desk.state.project, self._desk.state.revision
        if project is None or revision is None or not desk.state.labelled:
            return
        shown = desk.state.model
        if shown is None or quantized(shown) or cost(shown).params > _TRAINABLE:
            return
        step = act.step_of(desk, ActRequest("train.scratch", {"epochs": 6}, Scope(), 0))
        model = {"project": str(project.folder), "revision": revision.id}
        act.submit_step(desk, project, revision.id, {"model": model, "step": step.to_json(), "threads": 1})
        job = next((j for j in desk.jobs.running if j.can_stop), None)
        end = time.monotonic() + _PATIENCE
        while job is not None and job.running and job.done < _TRAINED and time.monotonic() < end:
            pause(desk.app, 0.05)
        for look in looks:
            looking.set_look(desk, look)
            self.draw("training", look)
        if job is not None:
            job.cancel()
        self.settle()
        for look in looks:
            looking.set_look(desk, look)
            self.draw("interrupted", look)
        Checkpoints(project.folder / FOLDER).clear()
        resuming.show(desk)
        self.settle()

    def prepare(self) -> None:
        """Real figures first: a comparison table without any would show nothing."""
        desk = self._desk
        refs = [str(r.id) for r in desk.state.revisions]
        if desk.state.labelled:
            analyse.evaluate(desk, refs)
        analyse.latency(desk, refs)
        if len(refs) > 1:
            analyse.fidelity(desk, refs)
        self.settle()
        desk.window.messages.hide()
        self._show_last_curve()

    def draw(self, name: str, look: str, widget: QWidget | None = None) -> None:
        pause(self._desk.app, 0.02)
        (widget or self._desk.window).grab().save(str(self._folder / f"{name}_{look}.png"))

    def draw_views(self, look: str) -> None:
        """Every tab and every panel."""
        desk, window = self._desk, self._desk.window
        looking.show_graph(desk)
        self._select_a_weighty_layer()
        self.settle()
        self.draw("graph", look)
        looking.show_layers(desk)
        self.draw("layers", look)
        looking.show_compare(desk)
        self.draw("compare", look)
        if desk.state.can_undo:
            comparing.with_original(desk)
            self.settle()
            self.draw("beside", look)
            comparing.close_beside(desk)
        for panel, title in ((window.revisions, "revisions"), (window.data, "data"), (window.jobs, "jobs")):
            self.draw(f"panel_{title}", look, panel)
        self.draw("panel_inspector", look, window.inspector)

    def draw_acts(self, look: str) -> None:
        """What can be searched, asked, edited and done: every dialog, every form and what analyses show."""
        desk = self._desk
        looking.show_graph(desk)
        self._finding(look)
        self._dialogs(look)
        draw_workbench(desk, self, look)
        draw_pruning(desk, self, self._folder, look)
        draw_quantization(desk, self, look)

    def _finding(self, look: str) -> None:
        """The search with its results, the palette, and the graph and the table coloured by a figure."""
        desk = self._desk
        search = desk.window.graphs.search
        desk.actions["find"].trigger()
        for text, name in (("stride 2", "search"), ("no such layer", "search_none")):
            search.line.setText(text)
            self.settle()
            self.draw(name, look)
        search.line.clear()
        search.shut()
        palette = commanding.palette_of(desk)
        for text, name in (("", "palette"), ("comp", "palette_typed"), ("@conv", "palette_layers")):
            palette.open(text)
            self.draw(name, look)
        palette.shut()
        colouring = timing.colouring_of(desk)
        colouring.choose("macs")
        self.settle()
        self.draw("colour_macs", look)
        colouring.choose("activation_bytes")
        looking.show_layers(desk)
        self.draw("layers_figure", look)
        colouring.choose("")
        self._show(LatencyDialog(desk.window), "dialog_layer_latency", look)
        draw_sensitivity(desk, self, look)

    def _select_a_weighty_layer(self) -> None:
        """The layer with the most parameters: it has a histogram to show."""
        layers = self._desk.window.layers
        model = self._desk.state.model
        if model is None:
            return
        weighty = [n.name or "" for n in model.nodes() if n.op_type in ("Conv", "Gemm") and n.name]
        self._desk.state.select(weighty[len(weighty) // 3 : len(weighty) // 3 + 1])
        layers.select(self._desk.state.selected)
        self._desk.window.graphs.select(self._desk.state.selected)

    def _show_last_curve(self) -> None:
        """Training curves of the newest step that has some, as its job showed them."""
        curves: Sequence[Curve] = next(
            (r.report.curves for r in reversed(self._desk.state.revisions) if r.report.curves), ()
        )
        panel = self._desk.window.jobs
        for curve in curves:
            for x, y in zip(curve.x, curve.y, strict=True):
                panel.curves.add(curve.title, x, y)
        if curves:
            panel.tabs.setCurrentWidget(panel.curves)

    def _dialogs(self, look: str) -> None:
        """On the model as it was opened, to which every method can be applied."""
        desk = self._desk
        self._proof(look)
        self._answers(look)
        here = desk.state.revision.id if desk.state.revision is not None else 0
        moving.go_to(desk, desk.state.revisions[0].id)
        self.settle()
        for method in (m for m in load_methods() if m.menu):
            dialog = act.make_dialog(desk, method)
            self._show(dialog, f"dialog_{method.key.replace('.', '_')}", look, self._preview_ready(dialog))
        for exporter in load_exporters():
            self._show(exporting.make_dialog(desk, exporter.key), f"dialog_export_{exporter.key}", look)
        reported = next((r for r in reversed(desk.state.revisions) if r.report.measures), None)
        if reported is not None:
            self._show(ReportDialog(reported.title, reported.report, desk.window), "dialog_report", look)
        self._show(helping.ShortcutDialog(list(desk.actions.values()), desk), "dialog_shortcuts", look)
        moving.go_to(desk, here)
        self.settle()

    def _answers(self, look: str) -> None:
        """An item of the data asked of the original and the current revision."""
        attached = self._desk.state.attached
        if attached is None or not attached.parts.judge.items:
            return
        pixels = attached.parts.judge.load(0).get("")
        if pixels is None or pixels.dtype != np.uint8:
            return
        with tempfile.TemporaryDirectory() as scratch:
            path = Path(scratch) / "item.png"
            Image.fromarray(np.squeeze(pixels)).save(path)
            analyse.predict_picture(self._desk, path)
            self.settle()
        for dialog in self._desk.window.findChildren(PredictDialog):
            self._show(dialog, "dialog_answers", look)

    def new_network(self, look: str) -> None:
        """The reference networks: all of them, and a filter that leaves none."""
        dialog = creating.make_dialog(self._desk, "mobilenet_v2")
        self._show(dialog, "dialog_new", look)
        dialog = creating.make_dialog(self._desk)
        dialog.filter.setText("perceptron")
        self._show(dialog, "dialog_new_none", look)

    def message(self, look: str) -> None:
        """What a file that cannot be opened looks like; the project stays."""
        files.open_model_file(self._desk, Path("missing.onnx"))
        self.settle()
        self.draw("message", look)
        self._desk.window.messages.hide()

    def _preview_ready(self, dialog: MethodDialog) -> Callable[[], bool]:
        waits = dialog.method.plan is not None
        return lambda: not waits or dialog.status.text() not in ("", tr("Estimating…"))

    def _proof(self, look: str) -> None:
        """A real export, once; its proof is shown in every look."""
        desk = self._desk
        dialog = exporting.make_dialog(desk, "tflite")
        if self._exported is None:
            with tempfile.TemporaryDirectory() as scratch:
                dialog.path.setText(str(Path(scratch) / "model.tflite"))
                exporting.start(desk, dialog, dialog.request())
                self.settle()
            self._exported = dialog.proof.shown
        if self._exported is not None:
            dialog.show_proof(self._exported)
            self._show(dialog, "dialog_proof", look)

    def _show(self, dialog: QDialog, name: str, look: str, ready: Callable[[], bool] = lambda: True) -> None:
        dialog.show()
        end = time.monotonic() + 20
        pause(self._desk.app, _LATE)
        while not ready() and time.monotonic() < end:
            pause(self._desk.app, 0.05)
        self.draw(name, look, dialog)
        dialog.close()
        dialog.deleteLater()


def pause(app: QApplication, seconds: float) -> None:
    """Let the event loop run for a while."""
    timer = QTimer()
    timer.setSingleShot(True)
    timer.start(round(1000 * seconds))
    while timer.isActive():
        app.processEvents()
        time.sleep(0.005)
