"""Panels by themselves: revision lanes, comparison table, jobs, start screen, messages."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.errors import Cancelled, UserError
from core.report import Measure
from gui.compare.table_model import CompareModel, Subject
from gui.compare.view import CompareView
from gui.error_reporter import ErrorReporter, MessageBar
from gui.figures import MISSING
from gui.history.entries import Entry, rails
from gui.history.revision_tree import RevisionTree
from gui.jobs.panel import JobPanel
from gui.jobs.running_job import RunningJob
from gui.settings import Settings
from gui.start.start_screen import StartScreen


def _measure(value: float, unit: str = "") -> Measure:
    return Measure(value, unit, "measured", "digits", 500, (value - 1, value + 1))


# revisions ----------------------------------------------------------------------------------------------------------

TREE = [
    Entry(1, None, "model", measures={"params": _measure(100), "weight_bytes": _measure(4000, "B")}),
    Entry(2, 1, "Pruned", measures={"weight_bytes": _measure(2000, "B"), "top1": _measure(98.2, "percent")}),
    Entry(3, 2, "Tuned"),
    Entry(4, 1, "Quantized"),
    Entry(5, 4, "Corrected"),
]


def test_a_first_child_stays_in_its_lane_and_a_second_opens_one() -> None:
    found = rails(TREE)
    assert [r.lane for r in found] == [0, 0, 0, 1, 1]
    assert found[0].branches == {1}
    assert found[0].below == {0}
    assert (found[1].above, found[1].below) == ({0, 1}, {0, 1})
    assert (found[2].above, found[2].below) == ({0, 1}, {1})
    assert (found[4].above, found[4].below) == ({1}, frozenset())
    assert {r.lanes for r in found} == {2}


def test_the_tree_marks_the_current_and_what_was_undone(qtbot: QtBot) -> None:
    tree = RevisionTree()
    qtbot.addWidget(tree)
    tree.set_entries(TREE, current=4)
    model = tree.model
    assert model.data(model.index(3, 0), Qt.ItemDataRole.FontRole).bold()
    assert model.data(model.index(2, 0), Qt.ItemDataRole.FontRole) is None
    assert [model.undone(e) for e in TREE] == [False, True, True, False, True]
    assert model.data(model.index(0, 1)) == "4 kB"
    assert model.data(model.index(1, 1)) == "2 kB\n−50 %"
    assert "−50 % against revision 1." in model.data(model.index(1, 1), Qt.ItemDataRole.ToolTipRole)
    assert model.data(model.index(0, 3)) == MISSING
    assert "n = 500" in model.data(model.index(1, 3), Qt.ItemDataRole.ToolTipRole)
    assert model.data(model.index(1, 0), Qt.ItemDataRole.AccessibleTextRole) == "Revision 2: Pruned, from revision 1"


def test_enter_goes_to_a_revision_and_the_menu_offers_the_rest(qtbot: QtBot) -> None:
    tree = RevisionTree()
    qtbot.addWidget(tree)
    tree.show()
    tree.set_entries(TREE, current=4)
    tree.view.setCurrentIndex(tree.model.index(1, 0))
    with qtbot.waitSignal(tree.go_to) as went:
        tree._enter()
    assert went.args == [2]
    offered = {a.text(): a.isEnabled() for a in tree.menu_for(3).actions()}
    assert offered["&Forget this branch…"]
    assert not {a.text(): a.isEnabled() for a in tree.menu_for(1).actions()}["&Forget this branch…"]
    with qtbot.waitSignal(tree.compare) as compared:
        tree.menu_for(3).actions()[1].trigger()
    assert compared.args == [3]


# comparison ---------------------------------------------------------------------------------------------------------


def test_the_table_shows_figures_changes_and_provenance(qtbot: QtBot) -> None:
    model = CompareModel()
    model.set_subjects(
        [
            Subject("1", "original", measures={"top1": _measure(99.0, "percent"), "params": _measure(1000)}),
            Subject(
                "2", "smaller", measures={"top1": _measure(98.4, "percent"), "params": _measure(500)}, current=True
            ),
        ]
    )
    titles = [model.headerData(c, Qt.Orientation.Horizontal) for c in range(model.columnCount())]
    top1, params = titles.index("Top-1"), titles.index("Params")
    assert model.data(model.index(1, top1)) == "98.4 %\n−0.6"
    assert model.data(model.index(1, params)) == "500\n−50 %"
    tip = model.data(model.index(1, top1), Qt.ItemDataRole.ToolTipRole)
    assert "measured on digits; n = 500; 95 % interval 97.4 % to 99.4 %" in tip
    assert model.data(model.index(1, titles.index("LiteRT"))) == MISSING


def test_buttons_act_on_chosen_rows_or_on_all(qtbot: QtBot) -> None:
    view = CompareView()
    qtbot.addWidget(view)
    view.set_subjects([Subject("1", "a"), Subject("2", "b"), Subject("file.onnx", "c")])
    with qtbot.waitSignal(view.measure_latency) as all_rows:
        view.latency_button.click()
    assert all_rows.args == [["1", "2", "file.onnx"]]
    view.table.selectRow(1)
    with qtbot.waitSignal(view.measure_latency) as one_row:
        view.latency_button.click()
    assert one_row.args == [["2"]]
    view.set_reasons("Attach data first.", "")
    assert not view.evaluate_button.isEnabled()
    assert view.evaluate_button.toolTip() == "Attach data first."
    view.copy_button.click()
    assert QGuiApplication.clipboard().text().splitlines()[0].startswith("Model\tParams")


# jobs ---------------------------------------------------------------------------------------------------------------


def test_a_job_shows_progress_remaining_time_curve_and_log(qtbot: QtBot) -> None:
    panel = JobPanel()
    qtbot.addWidget(panel)
    asked: list[bool] = []
    job = RunningJob("Fine-tune", cancel=lambda: asked.append(True))
    panel.add(job)
    row = panel.list.itemWidget(panel.list.item(0))
    job.progress(0.25, "epoch 1", 90.0)
    assert row.status() == "25 % · 2 min left · epoch 1"
    job.point("loss", 1, 2.0)
    job.point("loss", 2, 1.0)
    assert panel.curves.charts["loss"].series["loss"] == [(1.0, 2.0), (2.0, 1.0)]
    job.write("hello")
    assert "hello" in panel.log.toPlainText()
    panel.cancel_current()
    panel.cancel_current()
    assert asked == [True]
    job.end("cancelled")
    assert row.status().startswith("Cancelled")
    assert not row.stop.isVisibleTo(row)


def test_a_running_job_stays_chosen_when_another_starts(qtbot: QtBot) -> None:
    panel = JobPanel()
    qtbot.addWidget(panel)
    first, second = RunningJob("first"), RunningJob("second")
    panel.add(first)
    panel.add(second)
    assert panel.current is first
    first.end("done")
    third = RunningJob("third")
    panel.add(third)
    assert panel.current is third


# start screen, messages, settings -----------------------------------------------------------------------------------


def test_the_start_screen_offers_recovery_recent_projects_and_the_sample(qtbot: QtBot, tmp_path: Path) -> None:
    screen = StartScreen()
    qtbot.addWidget(screen)
    recent, session = tmp_path / "digits.thimble", tmp_path / "lost.thimble"
    for folder in (recent, session):
        folder.mkdir()
    screen.show_choices([recent], session)
    assert list(screen.buttons) == ["recover", "open", "new", "sample", "project", "recent0"]
    assert "lost" in screen.buttons["recover"].description()
    with qtbot.waitSignal(screen.open_recent) as opened:
        screen.buttons["recent0"].click()
    assert opened.args == [recent]
    with qtbot.waitSignal(screen.recover):
        screen.buttons["recover"].click()


def test_a_user_error_is_one_sentence_and_a_bug_leaves_a_report(qtbot: QtBot) -> None:
    errors = ErrorReporter()
    bar = MessageBar(errors)
    qtbot.addWidget(bar)
    errors.report(Cancelled())
    assert bar.isHidden()
    errors.report(UserError("The file is empty.", "Download it again."))
    assert bar.message.text() == "The file is empty. Download it again."
    assert bar.details.isHidden()
    try:
        raise ValueError("inner\nsecond line")
    except ValueError as error:
        errors.report(error)
    assert bar.message.text().startswith("Thimble itself failed: ValueError: inner")
    assert not bar.details.isHidden()
    report = Path(bar._report).read_text()
    assert "Traceback" in report
    assert "second line" in report
    bar.close_button.click()
    assert bar.isHidden()


def test_a_failure_is_past_once_an_act_succeeds_and_a_notice_stays(qtbot: QtBot) -> None:
    errors = ErrorReporter()
    bar = MessageBar(errors)
    qtbot.addWidget(bar)
    errors.say("info", "Weights: 3 MB.")
    errors.succeeded()
    assert not bar.isHidden()
    errors.say("error", "There is no such layer.")
    errors.succeeded()
    assert bar.isHidden()


def test_settings_remember_and_forget_what_is_gone(tmp_path: Path, qapp: QApplication) -> None:
    store = Settings(tmp_path / "window.ini")
    kept, gone = tmp_path / "a.thimble", tmp_path / "b.thimble"
    for path in (gone, kept):
        path.mkdir()
        store.remember(path)
    store.last_session = kept
    store.look = "dark"
    gone.rmdir()
    again = Settings(tmp_path / "window.ini")
    assert again.recent == [kept]
    assert again.last_session == kept
    assert again.look == "dark"


@pytest.mark.parametrize("text", ["[General]\nlook=purple\n", "\x00\x01garbage", ""])
def test_a_broken_settings_file_only_loses_preferences(tmp_path: Path, qapp: QApplication, text: str) -> None:
    (tmp_path / "window.ini").write_text(text)
    store = Settings(tmp_path / "window.ini")
    assert store.look == "system"
    assert store.recent == []
