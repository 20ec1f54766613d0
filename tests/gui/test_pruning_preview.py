"""The preview of pruning beside the graph: it follows the slider, nothing is cut, and Cancel takes all of it back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from core.measure.cost import cost
from core.methods.method import Context, Plan
from core.methods.prune import channels
from core.methods.scope import Scope
from core.model.facts import infer
from core.report import Measure, Report
from gui.act import previewer as previewer_module
from gui.act.dialog import MethodDialog
from gui.act.plan_figures import PlanFigures, pairs, times
from gui.act.previewer import Previewer
from gui.act.request import ActRequest
from gui.desk import Desk
from gui.figures import short
from gui.graph_view import GraphView
from gui.graph_view.channels import Channels
from gui.graph_view.known import known
from gui.operations import act, moving
from tests.gui.window_tools import dialog_of, settle, state_of

FIRST, LAST = "features.0.0/Conv", "features.1.conv.3/Conv"  # of the sample; they add up and live and die together


@pytest.fixture
def dialog(sample: Desk, qtbot: QtBot) -> MethodDialog:
    """Of magnitude pruning over the sample, with its first plan shown."""
    sample.window.resize(1440, 900)
    qtbot.wait(20)
    sample.actions["method.prune.channels"].trigger()
    found: MethodDialog = dialog_of(MethodDialog)
    qtbot.waitUntil(lambda: bool(found.figures.text()), timeout=60_000)
    settle(sample, qtbot)
    return found


class Asked:
    """Stands for the worker: answers when the test says so."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Any, Callable[[Any], None], Callable[[Exception], None]]] = []
        self.most = 0

    def __call__(self, request: Any, done: Callable[[Any], None], failed: Callable[[Exception], None]) -> None:
        self.waiting.append((request, done, failed))
        self.most = max(self.most, len(self.waiting))

    def answer(self) -> Any:
        request, done, _ = self.waiting.pop(0)
        done(_plan(request))
        return request


def _plan(request: ActRequest) -> Plan:
    return Plan(Report({"asked": Measure(float(request.seed), "", "estimated")}))


def _wish(number: int) -> ActRequest:
    return ActRequest("prune.magnitude", {}, Scope(), number)


# one under way ------------------------------------------------------------------------------------------------------


def test_of_many_wishes_one_is_under_way_and_the_last_is_shown_in_the_end(qtbot: QtBot) -> None:
    parent, worker = QObject(), Asked()
    previewer, shown = Previewer(worker, parent), []
    previewer.came.connect(lambda plan: shown.append(plan.report.measures["asked"].value))
    for number in range(10):
        previewer.ask(_wish(number))
    qtbot.wait(1)
    assert worker.answer().seed == 9, "those before were never asked"
    previewer.ask(_wish(10))
    qtbot.wait(1)
    for number in range(11, 20):
        previewer.ask(_wish(number))
        qtbot.wait(1)
    assert worker.most == 1
    assert worker.answer().seed == 10
    assert worker.answer().seed == 19
    assert shown == [9.0, 10.0, 19.0]
    assert not previewer.busy


def test_what_comes_after_the_form_was_wrong_or_closed_is_not_shown(qtbot: QtBot) -> None:
    parent, worker = QObject(), Asked()
    previewer, shown = Previewer(worker, parent), []
    previewer.came.connect(shown.append)
    previewer.ask(_wish(1))
    qtbot.wait(1)
    previewer.ask(_wish(2))
    previewer.stop()
    worker.answer()
    qtbot.wait(1)
    assert not worker.waiting
    assert not shown
    previewer.ask(_wish(3))
    qtbot.wait(1)
    worker.answer()
    assert len(shown) == 1


def test_a_reason_is_shown_like_a_plan_and_a_slow_answer_is_announced(qtbot: QtBot) -> None:
    parent, worker = QObject(), Asked()
    previewer, shown = Previewer(worker, parent), []
    previewer.came.connect(shown.append)
    previewer.ask(_wish(1))
    with qtbot.waitSignal(previewer.late, timeout=5000):
        pass
    worker.waiting.pop()[2](ValueError("no"))
    assert str(shown[0]) == "no"


def test_a_plan_that_takes_long_is_given_up_for_one_of_another_kind_only(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(previewer_module, "_LONG", 0.0)
    parent, cancelled, asked = QObject(), [], []

    def ask(request: ActRequest, done: Callable[[Any], None], failed: object) -> Callable[[], object]:
        asked.append((request, done))
        return lambda: cancelled.append(request.seed)

    previewer, shown = Previewer(ask, parent), []
    previewer.came.connect(lambda plan: shown.append(plan.report.measures["asked"].value))
    slow = [ActRequest("prune.channels", {"score": "taylor", "ratio": k / 10}, Scope(), k) for k in range(3)]
    for wish in slow:
        previewer.ask(wish)
        qtbot.wait(2)
    assert not cancelled
    assert len(asked) == 1, "a number waits: scores that are under way are kept"
    quick = ActRequest("prune.channels", {"score": "magnitude", "ratio": 0.5}, Scope(), 9)
    previewer.ask(quick)
    qtbot.wait(2)
    assert cancelled == [0]
    assert [request.seed for request, _ in asked] == [0, 9]
    asked[1][1](_plan(quick))
    asked[0][1](_plan(slow[0]))
    assert shown == [9.0], "what was given up is not shown, though it came last"
    previewer.ask(slow[1])
    qtbot.wait(2)
    previewer.close()
    assert cancelled == [0, 1]


# figures ------------------------------------------------------------------------------------------------------------


def _measures(**values: float) -> dict[str, Measure]:
    return {name: Measure(value, "", "estimated", "the graph") for name, value in values.items()}


def test_figures_have_their_factor_and_keep_their_rows(qtbot: QtBot) -> None:
    figures = PlanFigures()
    qtbot.addWidget(figures)
    figures.show_pairs(pairs(_measures(params_before=200, params=100, macs_before=900, macs=600, layers=3)))
    assert figures.text() == "MACs 900 → 600\nparameters 200 → 100"
    title = figures.findChildren(type(figures._rows["macs"]._title))
    figures.show_pairs(pairs(_measures(params_before=200, params=50, macs_before=900, macs=300)))
    assert figures.findChildren(type(title[0])) == title, "the same labels"
    assert figures.text() == "MACs 900 → 300\nparameters 200 → 50"
    assert times(200, 80) == "2.50× less"
    assert times(100, 125) == "1.25× more"
    assert times(5, 5) == times(5, 0) == ""


# on the graph -------------------------------------------------------------------------------------------------------


def test_cards_show_what_would_stay_whose_channels_are_coupled_and_locked(
    view: GraphView, sample: Desk, qtbot: QtBot
) -> None:
    view.set_model(sample.state.model)
    qtbot.waitUntil(lambda: view.picture is not None)
    view.zoom_100()
    view.go_to_input()
    done = view.picture
    card = done.index[FIRST]
    spot = view.mapFromScene(done.boxes[card][0] + done.boxes[card][2] - 20, done.boxes[card][1] + 4)
    before = _colour(view, spot)
    view.set_channels(Channels({FIRST: (16, 4)}, {FIRST: "no reason at all"}, {LAST}))
    assert view._shown.channels.kept == {card: 0.25}
    assert view._shown.channels.texts == {card: "16 → 4"}
    assert _colour(view, spot).lightness() > before.lightness() + 60, "three quarters of the header are pale"
    kept = view.mapFromScene(done.boxes[card][0] + 4, done.boxes[card][1] + 4)
    assert _colour(view, kept) == before
    tip = view.tip_at(spot)
    assert "16 → 4 channels; nothing is cut yet" in tip
    assert "Channels stay: no reason at all" in tip
    other = view.mapFromScene(*done.boxes[done.index[LAST]][:2]) + QPoint(6, 6)
    assert "Coupled:" in view.tip_at(other)
    view.close_all()
    qtbot.waitUntil(lambda: view.picture is not done)
    block = view.picture.card_of(FIRST)
    assert view._shown.channels.kept == {block: 0.25}, "a closed block shrinks with its layers"
    assert not view._shown.channels.locked
    view.set_channels(None)
    assert view._shown.channels is None


def _colour(view: GraphView, spot: QPoint) -> QColor:
    return QColor(view.viewport().grab().toImage().pixel(spot))


def test_the_slider_moves_figures_and_cards_and_cancel_takes_all_back(
    sample: Desk, dialog: MethodDialog, qtbot: QtBot
) -> None:
    view, before = sample.window.graphs.view, state_of(sample)
    macs = cost(sample.state.model).macs
    assert not dialog.isModal()
    slider = dialog.form.rows["ratio"].editor.slider
    qtbot.mouseClick(slider, Qt.MouseButton.LeftButton, pos=QPoint(2, slider.height() // 2))
    for step in range(0, 900, 30):  # as dragging does
        slider.setValue(step)
        qtbot.wait(2)
    settle(sample, qtbot)
    ratio = dialog.form.values()["ratio"]
    widths = view._channels.widths
    whole = known(sample.state.model).facts
    for node in sample.state.model.nodes():
        if node.name in widths:
            assert widths[node.name][0] == whole.shapes[node.outputs[0].name][1]
    smaller = (
        act.load_methods().get("prune.channels").apply(sample.state.model, channels.Params(ratio=ratio), Context())
    )
    after = infer(smaller.model).shapes
    for node in smaller.model.nodes():
        if node.name in widths:
            assert widths[node.name][1] == after[node.outputs[0].name][1], "as Apply would leave it"
    figures = dialog.figures._rows["macs"]
    assert figures._before.text() == "1.52 M"
    assert figures._after.text() == short(cost(smaller.model).macs, "MAC")
    assert cost(sample.state.model).macs == macs
    assert state_of(sample) == before, "nothing is cut"
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    settle(sample, qtbot)
    assert view._channels is None
    assert state_of(sample) == before


def test_the_graph_is_in_use_beside_the_dialog_and_says_what_is_coupled(
    sample: Desk, dialog: MethodDialog, qtbot: QtBot
) -> None:
    view = sample.window.graphs.view
    done = view.picture
    card = QPoint(*map(round, done.boxes[done.index[FIRST]][:2]))
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.mapFromScene(card) + QPoint(20, 8))
    assert sample.state.selected == [FIRST]
    qtbot.waitUntil(lambda: LAST in view._channels.coupled)
    assert "features.0.1/BatchNormalization" in view._channels.coupled
    assert view._channels.locks == {"classifier/Gemm": "its channels are a graph output"}
    assert dialog.isVisible()
    covered = view.viewport().x()
    assert view.viewport().mapToGlobal(QPoint(0, 0)).x() >= dialog.frameGeometry().right(), "nothing is hidden"
    dialog.move(dialog.x() + 4000, dialog.y())
    assert view.viewport().x() == 0 < covered
    dialog.scope.selected.setChecked(True)
    settle(sample, qtbot)
    assert "blocked" in dialog.status.text() or "No channels" in dialog.status.text()
    assert not view._channels.widths
    assert dialog.scope.coupled.isVisible()
    assert LAST in dialog.scope.coupled.toolTip()
    qtbot.mouseClick(dialog.scope.coupled, Qt.MouseButton.LeftButton)
    settle(sample, qtbot)
    assert sample.state.selected == [FIRST, LAST]
    assert dialog.request().scope == Scope(layers=(FIRST, LAST))
    assert view._channels.widths[FIRST][1] < 16
    assert not dialog.scope.coupled.isVisible()
    sample.state.select([])
    assert not dialog.apply_button.isEnabled()
    assert dialog.apply_button.toolTip() == "No layer is selected."


def test_a_second_dialog_and_another_revision_close_the_first(sample: Desk, dialog: MethodDialog, qtbot: QtBot) -> None:
    sample.actions["method.prune.channels"].trigger()
    assert not dialog.isVisible()
    second = dialog_of(MethodDialog)
    qtbot.waitUntil(lambda: bool(second.figures.text()), timeout=60_000)
    assert sample.window.graphs.view._channels is not None
    qtbot.mouseClick(second.apply_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(sample.state.revisions) == 2, timeout=60_000)
    settle(sample, qtbot)
    assert sample.window.graphs.view._channels is None
    sample.actions["method.prune.channels"].trigger()
    third = dialog_of(MethodDialog)
    moving.undo(sample)
    qtbot.waitUntil(lambda: not third.isVisible(), timeout=60_000)
    settle(sample, qtbot)
    assert sample.window.graphs.view._channels is None


def test_a_preview_of_an_act_that_cuts_nothing_leaves_the_graph_alone(sample: Desk, qtbot: QtBot) -> None:
    sample.state.select([FIRST])
    sample.actions["method.quantize.static"].trigger()
    dialog = dialog_of(MethodDialog)
    assert not dialog.isModal()
    qtbot.waitUntil(lambda: dialog.status.text() not in ("", "Estimating…"), timeout=60_000)
    settle(sample, qtbot)
    assert sample.window.graphs.view._channels is None
    dialog.scope.selected.setChecked(True)
    settle(sample, qtbot)
    assert dialog.scope.coupled.isHidden()
    dialog.reject()
