"""The window itself: menus, shortcuts, looks, names for screen readers, layout, data panel, jobs as QObjects."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import Qt, QThread
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from core.data.splits import divide
from core.jobs import Point, Progress
from core.methods.method import load_methods
from core.worker_client import Done, Failed, Handle, Listener, Started, Stopped, Waiting
from gui.actions import ENTRIES, MENUS
from gui.desk import Desk
from gui.error_reporter import ErrorReporter
from gui.job_runner import JobRunner
from gui.jobs.running_job import RunningJob
from gui.operations import files, helping, looking
from gui.settings import Settings
from tests.gui.window_tools import settle

# menus --------------------------------------------------------------------------------------------------------------


def test_every_entry_is_in_its_menu_and_no_shortcut_is_taken_twice(desk: Desk) -> None:
    for entry in ENTRIES:
        assert entry.menu.split("/")[0] in MENUS
        assert entry.text == "-" or entry.key in desk.actions
    keys = [a.shortcut().toString() for a in desk.actions.values() if not a.shortcut().isEmpty()]
    assert len(keys) == len(set(keys)), sorted(k for k in keys if keys.count(k) > 1)


def test_letters_of_a_menu_are_unique(desk: Desk) -> None:
    for menu in desk.window.menuBar().actions():
        letters = [a.text()[a.text().index("&") + 1].lower() for a in menu.menu().actions() if "&" in a.text()]
        assert len(letters) == len(set(letters)), (menu.text(), sorted(letters))


def test_compression_and_export_menus_are_their_registries(desk: Desk) -> None:
    for method in load_methods():
        if not method.menu:
            assert f"method.{method.key}" not in desk.actions, "edits by hand have their own menu"
            continue
        action = desk.actions[f"method.{method.key}"]
        title = action.text().rstrip("…").replace("&", "")
        menus = [m.text().replace("&", "") for m in desk.window.menuBar().actions() if action in m.menu().actions()]
        assert menus == [method.menu]
        assert title == method.title.rstrip("…")


def test_without_a_model_acts_are_grey_and_say_why(desk: Desk) -> None:
    for entry in ENTRIES:
        if entry.text == "-":
            continue
        action = desk.actions[entry.key]
        reason = entry.why_not(desk)
        assert action.isEnabled() == (not reason)
        if reason:
            assert action.toolTip() == reason
            assert reason.endswith((".", ")"))
    assert not desk.actions["method.prune.channels"].isEnabled()
    assert desk.actions["method.prune.channels"].toolTip() == "Open a model first."


def test_every_view_entry_does_something_without_failing(sample: Desk, qtbot: QtBot) -> None:
    window = sample.window
    view = window.graphs.view
    sample.actions["fit"].trigger()
    fitted = view.zoom()
    assert fitted < 1
    sample.actions["zoom_in"].trigger()
    assert view.zoom() > fitted
    sample.actions["zoom_100"].trigger()
    assert view.zoom() == 1
    for key in ("zoom_out", "fit_width", "to_input", "reset_panels"):
        sample.actions[key].trigger()
    sample.actions["tab_compare"].trigger()
    assert window.tabs.currentWidget() is window.compare
    sample.actions["find"].trigger()
    assert window.tabs.currentWidget() is window.graphs
    assert window.graphs.search.isVisible()
    sample.actions["select_all"].trigger()
    assert len(sample.state.selected) > 50
    assert "layers selected" in window.selection_note.text()
    sample.actions["select_none"].trigger()
    assert sample.state.selected == []
    sample.actions["panel.Jobs"].trigger()
    assert not window.docks["Jobs"].isVisible()
    sample.actions["reset_panels"].trigger()
    assert window.docks["Jobs"].isVisible()


def test_light_and_dark_are_remembered(desk: Desk, tmp_path: Path) -> None:
    def ground() -> int:
        return desk.app.palette().color(QPalette.ColorRole.Window).lightness()

    desk.actions["look_dark"].trigger()
    assert ground() < 100
    assert Settings(tmp_path / "window.ini").look == "dark"
    assert desk.actions["look_dark"].isChecked()
    assert not desk.actions["look_light"].isChecked()
    desk.actions["look_light"].trigger()
    assert ground() > 150
    looking.set_look(desk, "light")


def test_everything_that_takes_the_keyboard_has_a_name(sample: Desk) -> None:
    nameless = [
        type(w).__name__
        for w in sample.window.findChildren(QWidget)
        if isinstance(w, QAbstractButton | QComboBox | QLineEdit)
        and w.isVisible()
        and not w.objectName().startswith("qt_")
        and not (w.accessibleName() or w.text() if isinstance(w, QAbstractButton) else w.accessibleName())
        and not (isinstance(w, QLineEdit) and w.placeholderText())
    ]
    assert nameless == []


def test_empty_panels_say_what_to_do(desk: Desk) -> None:
    window = desk.window
    for panel in (window.revisions, window.data, window.jobs, window.compare):
        texts = " ".join(w.text() for w in panel.findChildren(QWidget) if hasattr(w, "text") and callable(w.text))
        assert any(word in texts for word in ("Open", "Attach", "Choose", "becomes")), panel
    assert isinstance(window.data.empty.button, QPushButton)


def test_help_knows_versions_and_lists_the_shortcuts(desk: Desk, qtbot: QtBot) -> None:
    dialog = helping.ShortcutDialog(list(desk.actions.values()), desk)
    shown = {dialog.table.item(r, 0).text(): dialog.table.item(r, 1).text() for r in range(dialog.table.rowCount())}
    assert shown["Undo"] == "Ctrl+Z"
    assert "Python" in helping.about_text()


# data panel ---------------------------------------------------------------------------------------------------------


def test_data_without_parts_says_what_a_training_would_take(sample: Desk, qtbot: QtBot, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (60, 8, 8), dtype=np.uint8), np.arange(60) % 10
    np.savez(tmp_path / "whole.npz", images=images, labels=labels)
    files.attach_data(sample, tmp_path / "whole.npz")
    settle(sample, qtbot)
    parts = divide(sample.state.data, training=True)
    trained, judged = len(parts.train.items), len(parts.judge.items)
    assert sample.window.data.parts.text() == (
        f"60 items: 12 to calibrate, 48 to judge. Training would use {trained} of these and leave {judged} to judge."
    )
    assert trained + judged == 48
    np.savez(tmp_path / "unlabelled.npz", images=images)
    files.attach_data(sample, tmp_path / "unlabelled.npz")
    settle(sample, qtbot)
    assert sample.window.data.parts.text() == "60 items: 12 to calibrate, 48 to judge", "nothing can be trained on it"


def test_data_is_shown_as_the_network_sees_it_and_can_be_detached(sample: Desk, qtbot: QtBot) -> None:
    panel = sample.window.data
    assert panel.parts.text() == "1,797 items in 10 classes: 100 to calibrate, 1,197 to train, 500 to judge"
    assert panel.grid.count() >= 40
    assert {panel.grid.item(k).text() for k in range(panel.grid.count())} == set("0123456789")
    before = panel.grid.item(0).toolTip()
    files.set_preprocessing(sample, "minus1to1")
    settle(sample, qtbot)
    assert panel.presets.currentData() == "minus1to1"
    assert sample.state.model.inputs[0].preprocessing.name == "minus1to1"
    assert panel.grid.item(0).toolTip() != before, "the values that reach the network are others now"
    sample.actions["detach"].trigger()
    settle(sample, qtbot)
    assert sample.state.data is None
    assert sample.state.project.data() == ""
    assert panel._stack.currentIndex() == 0
    assert not sample.actions["evaluate"].isEnabled()


def test_data_that_is_none_is_refused(sample: Desk, qtbot: QtBot, tmp_path: Path) -> None:
    attached = sample.state.attached
    (tmp_path / "nothing").mkdir()
    files.attach_data(sample, tmp_path / "nothing")
    settle(sample, qtbot)
    assert "holds no images" in sample.errors.last[1]
    assert sample.state.attached is attached


# jobs ---------------------------------------------------------------------------------------------------------------


class ScriptedClient:
    """Tells what the test says, from another thread, as the reader of a worker does."""

    def __init__(self, *events: Any) -> None:
        self.events = events
        self.cancelled: list[Handle] = []
        self.stopped: list[Handle] = []
        self.closed = False

    def start(self) -> None: ...

    def submit(
        self, task: str, args: Mapping[str, Any], listener: Listener, folder: Path | None = None, title: str = ""
    ) -> Handle:
        handle = Handle(task, args, listener, folder, title)
        threading.Thread(target=lambda: [handle.tell(e) for e in self.events]).start()
        return handle

    def cancel(self, handle: Handle) -> None:
        self.cancelled.append(handle)
        handle.tell(Stopped())

    def stop(self, handle: Handle) -> None:
        self.stopped.append(handle)

    def close(self) -> None:
        self.closed = True


def test_events_arrive_in_the_window_s_thread_in_order(qtbot: QtBot, tmp_path: Path) -> None:
    events = [Waiting("Waits for 'x'."), Started(), Progress(0.5, "half", 1.0, 1.0), Point("loss", 1, 2), "a line"]
    runner = JobRunner(ErrorReporter(), ScriptedClient(*events, Done({"value": 3}, tmp_path)))
    seen: list[Any] = []
    job = runner.submit("act", "x", {}, lambda r: seen.append((r, QThread.currentThread() is runner.thread())))
    job.changed.connect(lambda: seen.append(job.message))
    qtbot.waitUntil(lambda: job.state == "done", timeout=5000)
    assert seen == ["Waits for 'x'.", "started", "half", "", ({"value": 3}, True)]
    assert job.points == [("loss", 1, 2)]
    assert job.log == ["a line"]
    assert runner.running == []


def test_a_crash_is_shown_with_a_saved_report(qtbot: QtBot, tmp_path: Path) -> None:
    errors = ErrorReporter()
    reports: list[str] = []
    errors.shown.connect(lambda level, text, hint, report: reports.append(report))
    crash = Failed("The worker process was ended by SIGSEGV while it was busy.", "", False, "Fatal Python error: boom")
    runner = JobRunner(errors, ScriptedClient(Started(), crash))
    job = runner.submit("Prune", "apply", {}, lambda _: None, errors.report)
    qtbot.waitUntil(lambda: job.state == "failed", timeout=5000)
    assert errors.last[1].startswith("Prune: The worker process was ended by SIGSEGV")
    assert len(reports) == 1
    assert "Fatal Python error: boom" in Path(reports[0]).read_text()


def test_cancelling_is_not_a_failure_and_nothing_comes_after_close(qtbot: QtBot) -> None:
    errors, client = ErrorReporter(), ScriptedClient(Started())
    runner = JobRunner(errors, client)
    done: list[Any] = []
    job = runner.submit("act", "x", {}, done.append, done.append)
    qtbot.waitUntil(lambda: job.state == "running", timeout=5000)
    job.cancel()
    qtbot.waitUntil(lambda: job.state == "cancelled", timeout=5000)
    assert errors.last == ("", "", "")
    late = runner.submit("late", "x", {}, done.append, done.append)
    runner.close()
    qtbot.wait(50)
    assert done == []
    assert client.closed
    assert late.state in ("waiting", "running")


def test_the_job_panel_is_low_until_there_is_a_job(sample: Desk, qtbot: QtBot) -> None:
    window = sample.window
    dock = window.docks["Jobs"]
    qtbot.waitUntil(lambda: dock.height() < 130)
    first = RunningJob("first")
    window.jobs.add(first)
    qtbot.waitUntil(lambda: dock.height() >= 200)
    window.resizeDocks([dock], [300], Qt.Orientation.Vertical)
    qtbot.waitUntil(lambda: dock.height() >= 280)
    window.jobs.add(RunningJob("second"))
    qtbot.wait(20)
    assert dock.height() >= 280, "a further job changes nothing"
    for job in [window.jobs.list.item(k).data(Qt.ItemDataRole.UserRole) for k in range(2)]:
        job.end("done")
    window.jobs.forget_ended()
    qtbot.waitUntil(lambda: dock.height() < 130)
    window.jobs.add(RunningJob("third"))
    qtbot.waitUntil(lambda: dock.height() >= 280)
