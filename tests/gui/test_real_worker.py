"""The window with its real worker processes: the whole job, cancel within seconds, kills that lose nothing."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.methods.scope import Scope
from core.project.project import Project
from gui.act.request import ActRequest, TeacherChoice
from gui.app import build
from gui.desk import Desk
from gui.export.dialog import ExportRequest
from gui.jobs.unfinished_row import UnfinishedRow
from gui.operations import act, analyse, exporting, files
from gui.settings import Settings
from tests.conftest import ROOT
from tests.gui.window_tools import destroy, settle, state_of

PATIENCE = 120_000


@pytest.fixture
def real(qtbot: QtBot, qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    desk = build(qapp, Settings(tmp_path / "window.ini"))
    desk.jobs.warm_up()
    desk.window.show()
    files.open_sample(desk)
    qtbot.waitUntil(lambda: desk.state.attached is not None, timeout=PATIENCE)
    settle(desk, qtbot)
    yield desk
    destroy(desk)


@pytest.mark.alone
def test_prune_tune_quantize_judge_and_export_with_cancel_and_a_killed_worker(
    real: Desk, qtbot: QtBot, tmp_path: Path
) -> None:
    for number, request in enumerate(
        (
            ActRequest("prune.magnitude", {"ratio": 0.25}, Scope(), 1),
            ActRequest("tune.finetune", {"epochs": 1}, Scope(), 1, TeacherChoice("", revision=1)),
            ActRequest("quantize.static", {}, Scope(), 1),
        ),
        start=2,
    ):
        act.apply_request(real, request)
        qtbot.waitUntil(lambda n=number: real.state.revision.id == n, timeout=PATIENCE)
    settle(real, qtbot)
    assert real.window.jobs.list.count() == 3
    analyse.evaluate(real, ["1", "4"])
    settle(real, qtbot)
    top1 = [real.state.figures(ref)["top1"].value for ref in ("1", "4")]
    assert top1[0] >= 97
    assert top1[1] >= 80, "tuned for one epoch only, but far from guessing"

    dialog = exporting.make_dialog(real, "tflite")
    exporting.start(real, dialog, ExportRequest("tflite", tmp_path / "out.tflite", real.state.data.location))
    settle(real, qtbot)
    assert dialog.proof.shown is not None, dialog.problem.text()
    assert dialog.proof.shown.proven
    assert dialog.proof.shown.bytes * 2.5 < real.state.figures("1")["bytes"].value
    _cancel_training(real, qtbot)
    _kill_the_worker(real, qtbot)


def _long_training(real: Desk, qtbot: QtBot) -> None:
    real.state.project.go_to(2)
    real.state.show_revision(real.state.project.current, real.state.project.model())
    act.apply_request(real, ActRequest("tune.finetune", {"epochs": 100}, Scope(), 1))
    qtbot.waitUntil(lambda: real.window.jobs.current is not None and bool(real.jobs.running), timeout=PATIENCE)
    job = real.jobs.running[-1]
    qtbot.waitUntil(lambda: bool(job.points), timeout=PATIENCE)
    assert 0 < job.done < 1


def _cancel_training(real: Desk, qtbot: QtBot) -> None:
    _long_training(real, qtbot)
    before, job = state_of(real), real.jobs.running[-1]
    asked = time.monotonic()
    job.cancel()
    qtbot.waitUntil(lambda: job.state == "cancelled", timeout=10_000)
    assert time.monotonic() - asked < 4, "asked 2 s; the rest is for a busy test machine"
    settle(real, qtbot)
    assert state_of(real) == before


def _kill_the_worker(real: Desk, qtbot: QtBot) -> None:
    _long_training(real, qtbot)
    before, job = state_of(real), real.jobs.running[-1]
    os.kill(real.jobs._client.long.pid, signal.SIGKILL)
    qtbot.waitUntil(lambda: job.state == "failed", timeout=20_000)
    assert "SIGKILL" in real.errors.last[1]
    assert state_of(real) == before
    act.apply_request(real, ActRequest("prune.magnitude", {"ratio": 0.5}, Scope(), 1))
    qtbot.waitUntil(lambda: real.state.revision.id == 5, timeout=PATIENCE)
    settle(real, qtbot)
    assert real.state.project.damage() == ()


def test_a_training_whose_worker_is_killed_is_resumed_and_ended_early(real: Desk, qtbot: QtBot) -> None:
    act.apply_request(real, ActRequest("train.scratch", {"epochs": 200}, Scope(), 1))
    panel, job = real.window.jobs, real.jobs.running[-1]
    checkpoints = real.state.project.folder / "checkpoints"
    qtbot.waitUntil(lambda: any(checkpoints.glob("*.safetensors")), timeout=PATIENCE)
    os.kill(real.jobs._client.long.pid, signal.SIGKILL)
    qtbot.waitUntil(lambda: job.state == "failed" and len(panel.interrupted) == 1, timeout=20_000)
    steps = panel.interrupted[0].steps
    rows = [panel.list.itemWidget(panel.list.item(k)) for k in range(panel.list.count())]
    qtbot.mouseClick(next(r for r in rows if isinstance(r, UnfinishedRow)).resume_button, Qt.MouseButton.LeftButton)
    again = real.jobs.running[-1]
    qtbot.waitUntil(lambda: any(f"Resumed at step {steps} of" in line for line in again.log), timeout=PATIENCE)
    qtbot.waitUntil(lambda: again.state == "running" and panel.interrupted == (), timeout=PATIENCE)
    again.stop()
    qtbot.waitUntil(lambda: len(real.state.revisions) == 2, timeout=PATIENCE)
    settle(real, qtbot)
    assert again.state == "done"
    assert real.state.revision.step.params["max_steps"] >= steps
    assert panel.interrupted == ()
    assert not checkpoints.exists()
    assert real.state.project.damage() == ()


WINDOW = """
import sys
sys.path.insert(0, {root!r})
from gui.app import build, make_application
from gui.settings import Settings
from gui.operations import act, files
from gui.act.request import ActRequest
from core.methods.scope import Scope
from tests.gui.window_tools import ThreadClient
app = make_application()
desk = build(app, Settings(), ThreadClient())
desk.window.show()
files.open_sample(desk)
def more():
    print("REVISIONS", len(desk.state.revisions), desk.state.project.folder, flush=True)
    act.apply_request(desk, ActRequest("prune.magnitude", {{"ratio": 0.05}}, Scope(), 0))
seen = []
def moved():
    if desk.state.revision is not None and desk.state.revision.id not in seen:
        seen.append(desk.state.revision.id)
        more()
desk.state.moved.connect(moved)
app.exec()
"""


def test_killing_the_window_at_a_random_moment_loses_nothing_that_had_ended(tmp_path: Path) -> None:
    """Two kills here; the project.s own kill test makes more."""
    for seed in range(2):
        home = tmp_path / str(seed)
        environment = {**os.environ, "XDG_CONFIG_HOME": str(home), "XDG_CACHE_HOME": str(home)}
        code = WINDOW.format(root=str(ROOT))
        process = subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, text=True
        )
        assert process.stdout is not None
        folder, ended = "", 0
        while ended < 2:
            line = process.stdout.readline()
            assert line, "the window ended by itself"
            if line.startswith("REVISIONS"):
                _, count, folder = line.split(maxsplit=2)
                ended = int(count)
        time.sleep(random.Random(seed).uniform(0, 0.8))
        process.kill()
        rest = process.communicate()[0]
        ended = max([ended, *(int(x.split()[1]) for x in rest.splitlines() if x.startswith("REVISIONS"))])
        with Project.open(folder.strip()) as project:
            assert len(project.revisions) >= ended
            assert project.damage() == ()
            for revision in project.revisions:
                assert sum(1 for _ in project.model(revision.id).nodes()) > 50
