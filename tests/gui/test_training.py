"""Training in the window: curves, stop and keep the best, device, resume after a cancel and after reopening."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QMessageBox
from pytestqt.qtbot import QtBot

from core.methods.checkpoint import CheckpointFile
from core.methods.method import load_methods
from core.methods.scope import Scope
from core.model.model import Model
from core.tasks import TASKS
from gui.act.dialog import MethodDialog, Setting
from gui.act.request import ActRequest, TeacherChoice
from gui.charts.curves import Curves
from gui.charts.line_chart import LineChart, Style, smoothed
from gui.desk import Desk
from gui.jobs.job_row import JobRow
from gui.jobs.panel import JobPanel
from gui.jobs.running_job import RunningJob
from gui.jobs.unfinished_row import Interrupted, UnfinishedRow
from gui.operations import act, files
from tests.conftest import ROOT
from tests.gui.window_tools import PATIENCE, dialog_of, settle, state_of


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(act, "THREADS", 1)


def test_the_training_form_says_how_the_data_is_divided_and_names_optimizers(sample: Desk) -> None:
    dialog = act.make_dialog(sample, load_methods().get("train.scratch"))
    assert _said_of_data(dialog) == ["digits, 1,797 items: 1,197 to train, 500 to judge"]
    optimizers = dialog.form.rows["optimizer"].editor
    assert [optimizers.itemText(k) for k in range(optimizers.count())] == ["SGD", "AdamW"]
    assert dialog.form.values()["optimizer"] == "sgd"


def _said_of_data(dialog: MethodDialog) -> list[str]:
    return [w.text() for w in dialog.findChildren(QLabel) if w.accessibleName() == "Data"]


def test_a_network_of_more_classes_than_the_data_is_named_before_it_trains(
    sample: Desk, qtbot: QtBot, tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    part = tmp_path / "three.npz"
    images = rng.integers(0, 256, (60, 8, 8), dtype=np.uint8)
    np.savez(part, images=images, labels=np.arange(60) % 3, classes=["a", "b", "c"])
    files.attach_data(sample, part)
    settle(sample, qtbot)
    dialog = act.make_dialog(sample, load_methods().get("tune.finetune"))
    (said,) = _said_of_data(dialog)
    assert said.startswith("three, 60 items: 39 to train, 9 to judge. ")
    assert said.endswith("The network has 10 scores and the data 3 classes: the rest stays unused.")


# curves -------------------------------------------------------------------------------------------------------------


def test_losses_share_a_chart_accuracies_another_and_the_axis_is_common(qtbot: QtBot) -> None:
    curves = Curves()
    qtbot.addWidget(curves)
    for k in range(40):
        curves.add("loss", (k + 1) / 20, 2.5 - k / 26)
        curves.add("learning rate", (k + 1) / 20, 0.1)
    for epoch, accuracy in ((1, 50.0), (2, 40.0)):
        curves.add("training accuracy", epoch, accuracy + 5)
        curves.add("validation accuracy", epoch, accuracy)
        curves.add("validation loss", epoch, 1.5)
    charts = curves.charts
    assert charts["loss"] is charts["validation loss"]
    assert charts["training accuracy"] is charts["validation accuracy"]
    assert len(set(charts.values())) == 3
    shown = [curves._row.itemAt(k).widget() for k in range(1, 4)]
    assert shown == [charts["loss"], charts["training accuracy"], charts["learning rate"]], "whichever came first"
    assert {c._bounds()[:2] for c in set(charts.values())} == {(0.0, 2.0)}
    accuracy = charts["validation accuracy"]
    assert accuracy.legend() == [
        ("training accuracy", "training", "45.0 %"),
        ("validation accuracy", "validation", "40.0 %, best 50.0 %"),
    ]
    assert charts["learning rate"].legend() == [("learning rate", "", "0.100")]
    assert charts["loss"].accessibleDescription() == "loss: 1.00, validation loss: 1.50"
    curves.add("sparsity", 1, 0.3)
    assert len(set(curves.charts.values())) == 4
    curves.clear()
    assert curves.charts == {}
    curves.add("loss", 0.5, 1.0)
    assert curves.charts["loss"]._bounds()[:2] == (0.0, 0.5)


def test_a_first_validation_loss_far_above_the_training_s_does_not_flatten_the_lines(qtbot: QtBot) -> None:
    curves = Curves()
    qtbot.addWidget(curves)
    for k in range(20):
        curves.add("loss", k / 10, 2.5 - k / 10)
    curves.add("validation loss", 1, 70.0)
    chart = curves.charts["loss"]
    assert 5.0 < chart._bounds()[3] < 6.0
    assert chart.legend()[1] == ("validation loss", "validation", "70.0"), "the figure is still said"
    chart.resize(360, 200)
    picture = chart.grab().toImage()
    painted = {picture.pixelColor(x, y).name() for x in range(picture.width()) for y in range(40, picture.height())}
    assert "#0072b2" in painted, "the training's line is drawn"
    curves.add("validation loss", 2, 3.5)
    assert 5.0 < chart._bounds()[3] < 6.0


def test_a_running_mean_is_the_mean_of_the_last_points() -> None:
    few = [(float(k), float(k % 2)) for k in range(20)]
    assert smoothed(few) is few
    noise = np.random.default_rng(0).normal(size=500)
    points = [(float(k), float(y)) for k, y in enumerate(noise)]
    found = smoothed(points)
    assert [x for x, _ in found] == [x for x, _ in points]
    assert found[-1][1] == pytest.approx(noise[-20:].mean())
    assert found[7][1] == pytest.approx(noise[:8].mean())


def test_percentages_stay_between_0_and_100_on_the_axis(qtbot: QtBot) -> None:
    chart = LineChart(Style("Accuracy", "%"))
    qtbot.addWidget(chart)
    chart.set_series("a", [1, 2], [1.0, 100.0])
    assert chart._bounds() == (1, 2, 0.0, 100.0)
    chart.resize(200, 120)
    chart.grab()  # paints with two rows of legend in little room


# rows ---------------------------------------------------------------------------------------------------------------


def test_only_trainings_can_be_stopped_and_a_stop_asks_once(qtbot: QtBot) -> None:
    panel = JobPanel()
    qtbot.addWidget(panel)
    panel.show()
    asked: list[str] = []
    job = RunningJob("Fine-tune")
    job.bind(lambda: asked.append("cancel"), lambda: asked.append("stop"))
    panel.add(job)
    row = panel.list.itemWidget(panel.list.item(0))
    assert isinstance(row, JobRow)
    assert not row.keep.isEnabled(), "it waits: there is nothing to keep"
    job.progress(0.5, "Epoch 3 of 5", 60.0)
    qtbot.mouseClick(row.keep, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(row.keep, Qt.MouseButton.LeftButton)
    assert asked == ["stop"]
    assert row.status() == "Ending… · keeping the best so far"
    job.progress(0.6, "Epoch 3 of 5", 50.0)
    assert row.status() == "Ending… · keeping the best so far", "what still comes in does not hide it"
    assert row.stop.isEnabled(), "cancelling stays possible"
    high = panel.list.item(0).sizeHint().height()
    job.end("done")
    assert not row.keep.isVisibleTo(row)
    qtbot.waitUntil(lambda: panel.list.item(0).sizeHint().height() < high - row.keep.height())
    other = RunningJob("Prune", cancel=lambda: None)
    panel.add(other)
    other.end("done")
    qtbot.waitUntil(lambda: len({panel.list.item(k).sizeHint().height() for k in range(2)}) == 1)

    other = RunningJob("Prune", cancel=lambda: None)
    panel.add(other)
    other.progress(0.1, "", None)
    assert not panel.list.itemWidget(panel.list.item(0)).keep.isVisibleTo(panel)
    other.stop()
    assert other.state == "running"


def test_interrupted_trainings_stand_below_what_runs_with_how_far_they_came(qtbot: QtBot) -> None:
    panel = JobPanel()
    qtbot.addWidget(panel)
    panel.show()
    found = Interrupted(Path("x.safetensors"), "Fine-tune, 9 epochs", 250, 1000, 1_795_000_000.0)
    panel.set_interrupted([found])
    ended = RunningJob("Prune")
    panel.add(ended)
    ended.end("done")
    running = RunningJob("Evaluate")
    panel.add(running)
    panel.set_interrupted([])
    assert panel.list.count() == 2
    panel.set_interrupted([found])
    rows = [panel.list.itemWidget(panel.list.item(k)) for k in range(panel.list.count())]
    assert [r.title.text() for r in rows] == ["Evaluate", "Fine-tune, 9 epochs", "Prune"]
    assert isinstance(rows[1], UnfinishedRow)
    assert rows[1].status().startswith("Interrupted at 25 % · ")
    assert rows[1].status().endswith("step 250 of 1,000")
    with qtbot.waitSignal(panel.resume) as resumed:
        qtbot.mouseClick(rows[1].resume_button, Qt.MouseButton.LeftButton)
    assert resumed.args == [found.path]
    panel.list.setCurrentRow(1)
    assert "was interrupted" in panel.log.toPlainText()
    running.end("done")
    panel.forget_ended()
    assert panel.list.count() == 1


# device and form ----------------------------------------------------------------------------------------------------


def test_devices_that_are_missing_are_greyed_with_the_reason(qtbot: QtBot) -> None:
    method = load_methods().get("train.scratch")
    dialog = MethodDialog(method, Setting(["a"], device="cuda"))
    qtbot.addWidget(dialog)
    box = dialog.device

    def enabled() -> list[bool]:
        return [box._items.item(k).isEnabled() for k in range(3)]

    assert enabled() == [True, False, False], "until the worker has answered"
    dialog.show_devices({"cpu": "", "cuda": "", "mps": "This machine has no device 'mps'."})
    assert enabled() == [True, True, False]
    assert dialog.request().device == "cuda", "the one used last"
    assert box._items.item(2).toolTip() == "This machine has no device 'mps'."
    dialog.show_devices({"cpu": "", "cuda": "gone", "mps": "gone"})
    assert dialog.request().device == "cpu"
    assert MethodDialog(load_methods().get("prune.magnitude"), Setting(["a"])).device is None


def test_the_worker_s_devices_are_those_that_torch_finds(tmp_path: Path) -> None:
    import torch

    from core.jobs import Job

    found = TASKS.get("devices").do({}, Job(), tmp_path)["devices"]
    assert list(found) == ["cpu", "cuda", "mps"]
    assert found["cpu"] == ""
    assert (found["cuda"] == "") == torch.cuda.is_available()
    assert (found["mps"] == "") == torch.backends.mps.is_available()


def test_the_long_form_is_folded_and_says_what_was_changed(sample: Desk, qtbot: QtBot) -> None:
    sample.actions["method.train.scratch"].trigger()
    dialog = dialog_of(MethodDialog)
    qtbot.waitUntil(lambda: "not on this machine" in dialog.device.itemText(2), timeout=PATIENCE)
    form = dialog.form
    visible = [n for n, row in form.rows.items() if row.editor.isVisible()]
    assert visible == ["epochs", "learning_rate", "batch_size", "optimizer", "fresh"]
    assert list(form.folds) == ["Training images", "Optimization", "Validation and what is kept"]
    fold = form.folds["Optimization"]
    form.rows["momentum"].set_raw(0.8)
    form.rows["warmup"].set_raw(2)
    assert fold.text() == "Optimization (2 changed)"
    form.rows["momentum"].set_raw(7)
    assert not dialog.apply_button.isEnabled()
    dialog.accept()
    assert form.rows["momentum"].editor.isVisible(), "the fold with the mistake opens"
    form.reset()
    assert fold.text() == "Optimization"
    dialog.reject()


# the real loop ------------------------------------------------------------------------------------------------------


def _weights(model: Model) -> list[bytes]:
    return [w.const_value.tobytes() for w in model.graph.graph.initializers.values()]


@pytest.fixture
def part(sample: Desk, qtbot: QtBot, tmp_path: Path) -> Desk:
    """The sample with every fourth item of its data: a fifth of those that train is enough to choose the best epoch."""
    path = tmp_path / "part.npz"
    with np.load(ROOT / "resources" / "samples" / "digits.npz") as whole:
        np.savez(path, **{name: a if name == "classes" else a[::4] for name, a in whole.items()})
    files.attach_data(sample, path)
    settle(sample, qtbot)
    assert len(sample.state.data.items) == 450
    return sample


def _start(desk: Desk, qtbot: QtBot, epochs: int, after: float = 0.0, teacher: int | None = None) -> RunningJob:
    """A training that has come further than ``after`` epochs."""
    choice = TeacherChoice("", revision=teacher) if teacher is not None else None
    act.apply_request(
        desk, ActRequest("tune.finetune", {"epochs": epochs, "shift": False, "validation": 0.2}, Scope(), 3, choice)
    )
    job = desk.jobs.running[-1]
    qtbot.waitUntil(lambda: any(name == "loss" and x > after for name, x, _ in job.points), timeout=PATIENCE)
    return job


def test_stop_and_keep_the_best_ends_a_training_with_a_revision(sample: Desk, qtbot: QtBot) -> None:
    said: list[str] = []
    sample.errors.shown.connect(lambda _, text, hint, *__: said.append(f"{text} {hint}"))
    job = _start(sample, qtbot, 500)
    panel = sample.window.jobs
    row = panel.list.itemWidget(panel.list.item(0))
    qtbot.mouseClick(row.keep, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(sample.state.revisions) == 2, timeout=PATIENCE)
    settle(sample, qtbot)
    assert job.state == "done"
    assert f"The training was ended after {sample.state.revision.step.params['max_steps']} of" in said[-1], said
    assert sample.state.revision.step.params["max_steps"] < 500
    assert _weights(sample.state.model) != _weights(sample.state.project.model(1))
    assert panel.interrupted == ()


def test_closing_a_project_that_trains_asks_first(sample: Desk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def answer(*given: object) -> QMessageBox.StandardButton:
        asked.append(str(given[2]))
        return QMessageBox.StandardButton.No if len(asked) == 1 else QMessageBox.StandardButton.Yes

    monkeypatch.setattr(QMessageBox, "question", answer)
    job = _start(sample, qtbot, 500)
    sample.actions["close"].trigger()
    assert sample.state.project is not None
    assert job.running
    assert "still trains" in asked[0]
    sample.actions["close"].trigger()
    assert sample.state.project is None
    qtbot.waitUntil(lambda: job.state == "cancelled", timeout=PATIENCE)


def test_a_cancelled_training_is_resumed_after_reopening_with_an_equal_result(
    part: Desk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CheckpointFile, "due", lambda self, ended: ended)
    whole = _start(part, qtbot, 2, teacher=1)
    assert part.window.jobs.interrupted == (), "a training that runs is not offered"
    qtbot.waitUntil(lambda: len(part.state.revisions) == 2, timeout=PATIENCE)
    settle(part, qtbot)
    assert whole.state == "done"
    wanted = _weights(part.state.model)
    part.actions["undo"].trigger()
    settle(part, qtbot)

    before = state_of(part)
    _start(part, qtbot, 2, 1.0, teacher=1).cancel()
    settle(part, qtbot)
    assert state_of(part) == before
    (left,) = part.window.jobs.interrupted
    assert 0 < left.steps < left.total

    folder = part.state.project.folder
    files.close_project(part)
    assert part.window.jobs.interrupted == ()
    moved = folder.with_name("moved.thimble")
    folder.rename(moved)
    files.open_project(part, moved)
    settle(part, qtbot)
    (left,) = part.window.jobs.interrupted
    panel = part.window.jobs
    qtbot.mouseClick(panel.list.itemWidget(panel.list.item(0)).resume_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(part.state.revisions) == 3, timeout=PATIENCE)
    settle(part, qtbot)
    assert any("Resumed at step" in line for line in panel.current.log)
    assert "60 items held out" in str(part.state.revision.report.to_json()), "they chose the epoch"
    assert _weights(part.state.model) == wanted
    assert panel.interrupted == ()
    assert not (moved / "checkpoints").exists()


def test_discard_asks_and_deletes(part: Desk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CheckpointFile, "due", lambda self, ended: True)
    _start(part, qtbot, 50, 1.0).cancel()
    settle(part, qtbot)
    panel = part.window.jobs
    (left,) = panel.interrupted
    button = panel.list.itemWidget(panel.list.item(0)).discard_button
    monkeypatch.setattr(QMessageBox, "question", lambda *a, **k: QMessageBox.StandardButton.No)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert left.path.exists()
    monkeypatch.setattr(QMessageBox, "question", lambda *a, **k: QMessageBox.StandardButton.Yes)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    settle(part, qtbot)
    assert not left.path.exists()
    assert panel.interrupted == ()
