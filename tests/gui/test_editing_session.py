"""Editing in the window: every edit shown and undone exactly, folded into revisions, kept over a crash."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.model.editing.ends import SetInputShape
from core.model.editing.layers import Bypass, Insert, RemoveIdentities, Replace
from core.model.editing.names import RenameLayer, SetAttribute
from core.project.folding import edits_of, keep
from core.project.project import Project
from gui.app import _may_close, build
from gui.desk import Desk
from gui.graph_view import known as knowledge
from gui.graph_view.known import known
from gui.operations import act, files, moving
from gui.settings import Settings
from tests.core.edit_graphs import noise, run, written
from tests.gui.editing_tools import opened
from tests.gui.window_tools import ThreadClient, destroy, settle

ACT = "features.0.2/Clip"
CONV = "features.0.0/Conv"


@pytest.fixture
def sample(desk: Desk, qtbot: QtBot) -> Desk:
    return opened(desk, qtbot)


def press(desk: Desk, qtbot: QtBot, key: Qt.Key, shift: bool = False) -> None:
    both = Qt.KeyboardModifier.ControlModifier
    qtbot.keyClick(desk.window, key, both | Qt.KeyboardModifier.ShiftModifier if shift else both)
    settle(desk, qtbot)


def undo(desk: Desk, qtbot: QtBot) -> None:
    press(desk, qtbot, Qt.Key.Key_Z)


def redo(desk: Desk, qtbot: QtBot) -> None:
    press(desk, qtbot, Qt.Key.Key_Z, shift=True)


def shown(desk: Desk) -> bytes:
    assert desk.state.model is not None
    return written(desk.state.model)


def fold(desk: Desk, qtbot: QtBot) -> None:
    desk.editing.fold()
    settle(desk, qtbot)


def test_an_edit_is_shown_at_once_and_undone_exactly(sample: Desk, qtbot: QtBot) -> None:
    before, first = shown(sample), sample.state.model
    assert sample.editing.do(Replace(ACT, "HardSwish"))
    assert sample.state.model is not first, "a new Model object tells the views"
    assert "HardSwish" in {c.title for c in sample.window.graphs.view.picture.cards}
    assert sample.state.selected == [ACT]
    assert "1 edit not yet a revision" in sample.window.place.text()
    assert len(sample.state.revisions) == 1
    after = shown(sample)
    undo(sample, qtbot)
    assert shown(sample) == before
    assert sample.editing.pending == 0
    redo(sample, qtbot)
    assert shown(sample) == after


def test_an_edit_that_cannot_be_is_refused_in_a_sentence(sample: Desk) -> None:
    before = shown(sample)
    assert not sample.editing.do(Bypass("nobody"))
    assert sample.errors.last[1] == "There is no layer 'nobody'."
    assert (shown(sample), sample.editing.pending) == (before, 0)


def test_what_is_known_after_an_edit_is_what_counting_anew_gives(sample: Desk) -> None:
    for one in (
        SetAttribute(CONV, "strides", [1, 1]),
        Insert("hardtanh", "Tanh", "squash"),
        Bypass("features.1.conv.2/Clip"),
        RenameLayer(CONV, "stem"),
        Replace("features.2.conv.2/Clip", "Sigmoid"),
    ):
        assert sample.editing.do(one)
        now = known(sample.state.model)
        anew = knowledge._find_out(sample.state.model)
        assert {k: c for k, (_, c) in now.layers.items()} == {k: c for k, (_, c) in anew.layers.items()}
        assert (now.cost.params, now.cost.macs, now.cost.weight_bytes) == (
            anew.cost.params, anew.cost.macs, anew.cost.weight_bytes)  # fmt: skip
        assert now.cost.peak_memory == anew.cost.peak_memory
        assert now.hidden == anew.hidden


def test_edits_fold_into_one_revision_and_undo_still_goes_edit_by_edit(sample: Desk, qtbot: QtBot) -> None:
    states = [shown(sample)]
    edits = (Replace(ACT, "Relu"), RenameLayer(ACT, "act"), Insert("hardtanh", "Tanh", "squash"))
    for one in edits:
        sample.editing.do(one)
        states.append(shown(sample))
    fold(sample, qtbot)
    made = sample.state.revision
    assert [r.id for r in sample.state.revisions] == [1, 2]
    assert (made.id, edits_of(made), made.title[:8]) == (2, edits, "3 edits:")
    for k in (2, 1, 0):
        undo(sample, qtbot)
        assert shown(sample) == states[k]
    assert (sample.state.revision.id, sample.state.project.current.id) == (1, 1)
    for k in (1, 2, 3):
        redo(sample, qtbot)
        assert shown(sample) == states[k]
    assert (sample.state.revision.id, sample.editing.pending) == (2, 0)
    feed = noise(sample.state.project.model(1), 3)
    assert np.array_equal(run(sample.state.model, feed)["logits"], run(sample.state.project.model(2), feed)["logits"])


def test_undo_goes_edit_by_edit_after_reopening_too(sample: Desk, qtbot: QtBot) -> None:
    before = shown(sample)
    sample.editing.do(Replace(ACT, "Relu"))
    one = shown(sample)
    sample.editing.do(RenameLayer(ACT, "act"))
    fold(sample, qtbot)
    folder = sample.state.project.folder
    files.close_project(sample)
    files.open_project(sample, folder)
    settle(sample, qtbot)
    assert sample.state.revision.id == 2
    undo(sample, qtbot)
    assert shown(sample) == one
    undo(sample, qtbot)
    assert shown(sample) == before
    files.close_project(sample)
    files.open_project(sample, folder)
    settle(sample, qtbot)
    redo(sample, qtbot)
    assert shown(sample) == one


def test_another_edit_after_undo_makes_a_branch(sample: Desk, qtbot: QtBot) -> None:
    sample.editing.do(Replace(ACT, "Relu"))
    sample.editing.do(RenameLayer(ACT, "act"))
    fold(sample, qtbot)
    undo(sample, qtbot)
    sample.editing.do(RenameLayer(ACT, "other"))
    fold(sample, qtbot)
    assert [(r.id, r.parent) for r in sample.state.revisions] == [(1, None), (2, 1), (3, 1)]
    assert edits_of(sample.state.revision) == (Replace(ACT, "Relu"), RenameLayer(ACT, "other"))


def test_acts_fold_first(sample: Desk, qtbot: QtBot) -> None:
    sample.editing.do(Replace(ACT, "Relu"))
    moving.go_to(sample, 1)
    settle(sample, qtbot)
    assert [r.title for r in sample.state.revisions][1:] == [f"Replaced {ACT} by Relu"]
    assert sample.state.revision.id == 1
    sample.editing.do(RenameLayer(ACT, "act"))
    sample.actions["compare_parent"].trigger()
    settle(sample, qtbot)
    assert (len(sample.state.revisions), sample.state.beside.ref) == (3, "1")


def test_a_pause_folds(sample: Desk, qtbot: QtBot) -> None:
    sample.editing.pause.setInterval(20)
    sample.editing.do(Replace(ACT, "Relu"))
    qtbot.waitUntil(lambda: len(sample.state.revisions) == 2, timeout=20_000)
    settle(sample, qtbot)
    assert sample.editing.pending == 0


def test_closing_the_window_folds_and_loses_nothing(sample: Desk, qtbot: QtBot) -> None:
    sample.editing.do(Replace(ACT, "Relu"))
    folder = sample.state.project.folder
    sample.window.may_close = lambda: _may_close(sample)
    sample.window.close()
    qtbot.waitUntil(lambda: not sample.window.isVisible(), timeout=20_000)
    with Project.open(folder) as again:
        assert edits_of(again.current) == (Replace(ACT, "Relu"),)


def test_a_killed_window_finds_its_edits_again(desk: Desk, qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> None:
    opened(desk, qtbot)
    desk.editing.do(Replace(ACT, "Relu"))
    desk.editing.do(RenameLayer(ACT, "act"))
    after, folder = shown(desk), desk.state.project.folder
    desk.window.close()  # as a kill would: nothing is folded
    other = build(qapp, Settings(tmp_path / "other.ini"), ThreadClient())
    other.window.show()
    files.open_project(other, folder)
    settle(other, qtbot)
    assert shown(other) == after
    assert other.editing.pending == 2
    assert other.errors.last[1] == "2 edits that were no revision yet are there again."
    undo(other, qtbot)
    assert other.editing.pending == 1
    destroy(other)


def test_an_unfinished_graph_is_marked_and_refused(sample: Desk, qtbot: QtBot) -> None:
    wrong = f"Layer '{CONV}' (Conv) gets 3 channels; its weight is made for 1."
    sample.editing.do(SetInputShape("image", ("batch", 3, 32, 32)))
    assert known(sample.state.model).wrong == {CONV: wrong}
    assert sample.editing.unfinished == wrong
    assert "1 layer cannot run" in sample.window.place.text()
    for key in ("export", "latency", "predict", "method.prune.channels"):
        assert not sample.actions[key].isEnabled(), key
        assert CONV in sample.actions[key].toolTip()
    fold(sample, qtbot)
    assert sample.state.revision.report.notes[0] == f"Unfinished: {wrong}"
    rows = sample.window.revisions.model
    assert rows.entries[1].unfinished == f"Unfinished: {wrong}"
    assert rows.index(1, 0).data(Qt.ItemDataRole.AccessibleTextRole).endswith("unfinished")
    assert {"params", "weight_bytes"} <= sample.state.figures("2").keys()
    undo(sample, qtbot)
    assert sample.editing.unfinished == ""
    assert sample.actions["export"].isEnabled()


def test_an_edit_that_goes_through_the_whole_graph_is_undone_exactly(sample: Desk, qtbot: QtBot) -> None:
    from core.model.editing.whole import FoldBatchNorm

    before = shown(sample)
    assert sample.editing.do(FoldBatchNorm())
    assert "BatchNormalization" not in {n.op_type for n in sample.state.model.nodes()}
    assert sample.editing.do(RemoveIdentities())
    undo(sample, qtbot)
    undo(sample, qtbot)
    assert shown(sample) == before


def test_the_result_of_an_act_does_not_swallow_edits(sample: Desk, qtbot: QtBot) -> None:
    from core.methods.method import load_methods

    act.apply_request(sample, act.make_dialog(sample, load_methods().get("prune.magnitude")).request())
    sample.editing.do(RenameLayer(ACT, "act"))  # while it runs
    settle(sample, qtbot)
    assert sorted(r.parent for r in sample.state.revisions[1:]) == [1, 1]
    assert {r.step.method for r in sample.state.revisions[1:]} == {"edit.graph", "prune.magnitude"}


def test_edits_that_cannot_be_stored_stay_and_the_window_can_still_close(
    sample: Desk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.errors import UserError

    def full(*_: object) -> None:
        raise UserError("The disk is full.")

    sample.editing.do(Replace(ACT, "Relu"))
    monkeypatch.setattr("core.project.folding.fold", full)
    sample.window.may_close = lambda: _may_close(sample)
    sample.window.close()
    qtbot.waitUntil(lambda: not sample.window.isVisible(), timeout=20_000)
    assert sample.errors.last[1] == "The disk is full."


def test_kept_edits_of_an_unknown_kind_do_not_stop_a_project(sample: Desk, qtbot: QtBot) -> None:
    project = sample.state.project
    keep(project, 1, (Replace("gone", "Relu"),))
    folder = project.folder
    sample.state.close()
    files.open_project(sample, folder)
    settle(sample, qtbot)
    assert sample.errors.last[1] == "There is no layer 'gone'."
    assert sample.state.model is not None
