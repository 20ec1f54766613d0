"""The revision list: what each step changed, doing a step again elsewhere, renaming. By mouse and keyboard."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu
from pytestqt.qtbot import QtBot

from core.data.sample import sample_model
from core.formats.open import open_model
from core.methods.scope import Scope
from core.project.recipe import Step
from core.project.replay import obstacle
from core.report import Measure, Report
from gui.desk import Desk
from gui.operations import act, moving
from tests.gui.window_tools import settle

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def pruned(desk: Desk, qtbot: QtBot, ratio: float) -> int:
    """Prune the current revision through the worker's own task; gives the new revision."""
    project, here = desk.state.project, desk.state.revision
    assert project is not None
    assert here is not None
    step = Step("prune.magnitude", {"ratio": ratio})
    reference = {"project": str(project.folder), "revision": here.id}
    act.submit_step(desk, project, here.id, {"model": reference, "step": step.to_json(), "threads": 1})
    settle(desk, qtbot)
    assert desk.state.revision is not None
    return desk.state.revision.id


def go(desk: Desk, qtbot: QtBot, revision: int) -> None:
    moving.go_to(desk, revision)
    settle(desk, qtbot)


def point_at(desk: Desk, revision: int) -> QPoint:
    """Put the cursor on a revision; gives its place in the list."""
    tree = desk.window.revisions
    index = tree.model.index(tree.model.row_of(revision), 0)
    tree.view.setCurrentIndex(index)
    tree.view.setFocus()
    return tree.view.visualRect(index).center()


def shown_menu(desk: Desk, place: QPoint, by: QContextMenuEvent.Reason) -> QMenu:
    viewport = desk.window.revisions.view.viewport()
    event = QContextMenuEvent(by, place, viewport.mapToGlobal(place))
    QApplication.sendEvent(viewport if by == QContextMenuEvent.Reason.Mouse else desk.window.revisions.view, event)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    return menu


def press(menu: QMenu, qtbot: QtBot, letter: Qt.Key) -> None:
    qtbot.keyClick(menu, letter)
    QApplication.processEvents()


def test_the_list_shows_what_a_step_changed(sample: Desk, qtbot: QtBot) -> None:
    revision = pruned(sample, qtbot, 0.5)
    model = sample.window.revisions.model
    size, macs, top1 = (model.data(model.index(model.row_of(revision), k)) for k in (1, 2, 3))
    assert size.endswith(" %")
    assert size.splitlines()[1].startswith("−")
    assert macs.splitlines()[1].startswith("−")
    assert top1 == "–"  # nobody has measured it: no figure is made up
    measured = Measure(98.0, "percent", "measured", "digits", 500)
    sample.state.add_figures({"1": {"top1": Measure(99.0, "percent", "measured", "digits", 500)}})
    sample.state.add_figures({str(revision): {"top1": measured}})
    assert model.data(model.index(model.row_of(revision), 3)) == "98.0 %\n−1.0"
    assert model.data(model.index(0, 1)).count("\n") == 0


def test_a_step_is_done_again_on_another_revision_from_its_menu(sample: Desk, qtbot: QtBot) -> None:
    half = pruned(sample, qtbot, 0.5)
    go(sample, qtbot, 1)
    light = pruned(sample, qtbot, 0.1)
    press(shown_menu(sample, point_at(sample, half), QContextMenuEvent.Reason.Mouse), qtbot, Qt.Key.Key_P)
    settle(sample, qtbot)
    made = sample.state.revisions[-1]
    assert (made.parent, sample.state.revision) == (light, made)
    assert made.step is not None
    assert made.step.params["ratio"] == 0.5
    assert made.title == sample.state.project.revision(half).title  # type: ignore[union-attr]


def test_and_by_keyboard_alone(sample: Desk, qtbot: QtBot) -> None:
    first = pruned(sample, qtbot, 0.2)
    second = pruned(sample, qtbot, 0.1)
    point_at(sample, first)
    qtbot.keyClick(sample.window, Qt.Key.Key_Y, CTRL | SHIFT)
    settle(sample, qtbot)
    assert sample.state.revisions[-1].parent == second
    menu = shown_menu(sample, QPoint(5, 5000), QContextMenuEvent.Reason.Keyboard)
    assert [a.text().replace("&", "") for a in menu.actions()][2] == "Replay this step on the current revision"
    menu.close()


def test_where_it_cannot_be_one_sentence_says_why(sample: Desk, qtbot: QtBot) -> None:
    revision = pruned(sample, qtbot, 0.2)
    point_at(sample, 1)
    qtbot.keyClick(sample.window, Qt.Key.Key_Y, CTRL | SHIFT)
    assert "no step made it" in sample.errors.last[1]
    go(sample, qtbot, 1)
    point_at(sample, revision)
    qtbot.keyClick(sample.window, Qt.Key.Key_Y, CTRL | SHIFT)
    assert f"Revision {revision} is what this step makes" in sample.errors.last[1]
    assert len(sample.state.revisions) == 2
    project, model = sample.state.project, sample.state.model
    assert project is not None
    assert model is not None
    there = project.commit(1, model, Step("prune.magnitude", {}, Scope(layers=("no/such", "layer"))), Report())
    go(sample, qtbot, revision)
    point_at(sample, there.id)
    qtbot.keyClick(sample.window, Qt.Key.Key_Y, CTRL | SHIFT)
    assert sample.errors.last[1].startswith("This step is about layer 'no/such' and 1 more")
    assert len(sample.state.revisions) == 3


def test_every_reason_is_a_sentence(tmp_path: Path) -> None:
    model = open_model(sample_model())
    gone = str(tmp_path / "gone.zip")
    (tmp_path / "here.zip").write_bytes(b"x")
    here = str(tmp_path / "here.zip")
    reasons = {
        "no method 'no.such'": Step("no.such"),
        "needs data": Step("quantize.int8"),
        f"'{gone}' and is gone; attach it again": Step("quantize.int8", data=gone),
        f"The test data of this step was at '{gone}'": Step("tune.finetune", data=here, test=gone),
        f"The teacher of this step was '{gone}'": Step("tune.finetune", data=here, teacher=gone),
        "layers 'head.*', of which": Step("prune.magnitude", scope=Scope(pattern="head.*")),
        "layers 'Erf', of which": Step("prune.magnitude", scope=Scope(operators=("Erf",))),
        "layer 'x', which": Step("prune.magnitude", overrides=((Scope(layers=("x",)), {"ratio": 0.1}),)),
    }
    for words, step in reasons.items():
        assert words in obstacle(step, model), step
    assert obstacle(Step("tune.finetune", data=here, teacher=gone), model, teacher=True) == ""
    assert obstacle(Step("prune.magnitude", scope=Scope(operators=("Conv",))), model) == ""


def test_f2_renames_and_escape_does_not(sample: Desk, qtbot: QtBot) -> None:
    tree = sample.window.revisions

    def typed(text: str, end: Qt.Key) -> None:
        point_at(sample, 1)
        qtbot.keyClick(tree.view, Qt.Key.Key_F2)
        line = tree.view.viewport().findChild(QLineEdit)
        assert line is not None
        line.selectAll()
        qtbot.keyClicks(line, text)
        qtbot.keyClick(line, end)
        settle(sample, qtbot)

    typed("  My   network ", Qt.Key.Key_Return)
    assert sample.state.revisions[0].title == "My network"
    assert tree.model.data(tree.model.index(0, 0)) == "My network"
    assert sample.window.windowTitle().startswith("My network")
    typed("another", Qt.Key.Key_Escape)
    typed("   ", Qt.Key.Key_Return)
    assert sample.state.revisions[0].title == "My network"


@pytest.mark.parametrize("start", ["mouse", "key"])
def test_rename_from_the_menu(sample: Desk, qtbot: QtBot, start: str) -> None:
    reason = QContextMenuEvent.Reason.Mouse if start == "mouse" else QContextMenuEvent.Reason.Keyboard
    place = point_at(sample, 1)
    press(shown_menu(sample, place, reason), qtbot, Qt.Key.Key_N)
    viewport = sample.window.revisions.view.viewport()
    qtbot.waitUntil(lambda: viewport.findChild(QLineEdit) is not None)
    line = viewport.findChild(QLineEdit)
    line.selectAll()
    qtbot.keyClicks(line, "Other")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    settle(sample, qtbot)
    assert sample.state.revisions[0].title == "Other"
