"""What large graphs have done elsewhere so that the window never stands still; here the sample is the large one."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from core.model.editing.layers import Delete, Insert, Replace
from core.project.folding import edits_of
from gui.desk import Desk
from gui.editing import folder
from gui.graph_view.known import known
from gui.operations import files
from tests.core.edit_graphs import written
from tests.gui.editing_tools import model_of, opened
from tests.gui.window_tools import settle

ACT = "features.0.2/Clip"


@pytest.fixture
def large(desk: Desk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(folder, "IN_THREAD", 0)
    return opened(desk, qtbot)


def test_a_large_graph_is_folded_by_the_worker(large: Desk, qtbot: QtBot) -> None:
    edits = (Replace(ACT, "Relu"), Insert("hardtanh", "Tanh", "squash"))
    for one in edits:
        assert large.editing.do(one)
    before = written(model_of(large))
    large.editing.fold()
    assert [j.asked["task"] for j in large.jobs.running] == []
    assert large.background.busy
    qtbot.waitUntil(lambda: any(j.asked["task"] == "fold" for j in large.jobs.running), timeout=10_000)
    settle(large, qtbot)
    project = large.state.project
    assert project is not None
    assert large.state.revision is not None
    assert edits_of(large.state.revision) == edits
    assert written(model_of(large)) == before, "the window goes on with its own copy"
    assert large.editing.pending == 0
    exact = known(project.model(project.current.id)).cost
    assert known(model_of(large)).cost == exact
    assert list((project.folder / "jobs").iterdir()) == []
    large.editing.undo()
    large.editing.redo()
    assert large.state.revision.id == 2, "the line knows the revision"


def test_a_fold_that_is_stopped_keeps_the_edits(large: Desk, qtbot: QtBot) -> None:
    large.editing.do(Replace(ACT, "Relu"))
    went_on: list[str] = []
    large.editing.fold(lambda: went_on.append("act"))
    large.editing.fold(lambda: went_on.append("anyway"), anyway=True)
    qtbot.waitUntil(lambda: bool(large.jobs.running), timeout=10_000)
    large.jobs.cancel_all()
    settle(large, qtbot)
    if large.editing.pending:  # else it was quicker than the cancel
        assert went_on == ["anyway"]
        large.editing.fold()
        settle(large, qtbot)
    assert large.editing.pending == 0
    assert [r.id for r in large.state.revisions] == [1, 2]


def test_a_large_graph_that_is_wrong_is_folded_all_the_same(large: Desk, qtbot: QtBot) -> None:
    assert large.editing.do(Delete("features.0.0/Conv"))
    wrong = known(model_of(large)).wrong
    assert wrong
    large.editing.fold()
    settle(large, qtbot)
    assert large.editing.pending == 0
    assert known(model_of(large)).wrong == wrong


def test_a_closed_project_is_freed_step_by_step(desk: Desk, qtbot: QtBot) -> None:
    opened(desk, qtbot)
    desk.editing.do(Replace(ACT, "Relu"))
    node = next(model_of(desk).nodes())
    project = desk.state.project
    assert project is not None
    stored = next(project.model().nodes())
    freed = desk.state.leftovers
    freed._rest.setInterval(10)
    files.close_project(desk)
    settle(desk, qtbot)
    qtbot.waitUntil(lambda: not freed.count and not freed.busy, timeout=10_000)
    assert node.graph is stored.graph is None


def test_a_graph_that_is_still_used_is_left_alone(desk: Desk, qtbot: QtBot) -> None:
    opened(desk, qtbot)
    model = model_of(desk)
    before = written(model)
    desk.state.leftovers._rest.setInterval(10)
    files.close_project(desk)
    settle(desk, qtbot)
    qtbot.wait(200)
    assert written(model) == before
