"""Pruning sensitivity in the window: asked for, shown as curves, colouring the graph, kept, and used as ratios."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from core.methods.analyse import pruning_sensitivity
from core.methods.analyse.sensitivity_report import LAYERS, Row, ratios_from
from core.methods.scope import Scope
from core.project.analyses import Analysis, analyses, with_analysis
from core.project.recipe import Step
from core.report import Curve, Report, Table
from gui.act.dialog import MethodDialog
from gui.act.request import ActRequest
from gui.charts.small_multiples import Panel, SmallMultiples, short_names
from gui.colouring.found import of_tables
from gui.desk import Desk
from gui.operations import act, files, reports, resuming
from gui.operations.timing import colouring_of
from gui.report_dialog import ReportDialog
from tests.gui.window_tools import dialog_of, settle

KEY = "analyse.pruning_sensitivity"


def analyse(desk: Desk, qtbot: QtBot) -> ReportDialog:
    """Ask for it through its form, as a user does; gives the dialog that then opens by itself."""
    desk.actions[f"method.{KEY}"].trigger()
    form = dialog_of(MethodDialog)
    form.form.rows["items"].editor.line.setText("24")
    form.form.rows["ratios"].editor.setText("0.3 0.6")
    qtbot.mouseClick(form.apply_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(desk.state.analyses(1)), timeout=60_000)
    settle(desk, qtbot)
    found: ReportDialog = dialog_of(ReportDialog)
    return found


def test_from_the_menu_to_curves_colours_and_ratios(sample: Desk, qtbot: QtBot) -> None:
    assert not sample.actions["analysis"].isEnabled()
    dialog = analyse(sample, qtbot)
    (kept,) = sample.state.analyses(1)
    assert len(sample.state.revisions) == 1, "an analysis makes no revision"
    assert not list((sample.state.project.folder / "jobs").iterdir())
    box = dialog.sensitivity
    assert box is not None
    assert [p.name for p in box.curves.panels] == [c.title for c in kept.report.curves]

    # the graph is coloured by what each layer bears
    colouring = colouring_of(sample)
    assert colouring.figure is not None
    assert colouring.figure.title == "Suggested ratio"
    shown = {row[0]: row[2] for row in kept.report.tables[0].rows}
    assert colouring.figure.values == shown
    assert any("Loss at 30 %" in c.title for c in colouring.choices())
    assert "From an analysis of revision 1" in " ".join(colouring.legend.lines())

    # a larger tolerance, larger ratios; a click on a curve selects the layer
    box.tolerance.setValue(40.0)
    assert min(box.curves.marks.values()) > 100 * min(shown.values())
    place = box.curves.place(2).center().toPoint()
    qtbot.mouseClick(box.curves, Qt.MouseButton.LeftButton, pos=place)
    assert sample.state.selected == [box.curves.panels[2].name]

    # the form of the method that cuts, with these ratios, and the step that comes of it
    use = next(b for b in dialog.buttons.findChildren(QPushButton) if "Use as ratios" in b.text())
    qtbot.mouseClick(use, Qt.MouseButton.LeftButton)
    form = dialog_of(MethodDialog)
    assert form.method.key == "prune.channels"
    assert form.request().params["distribution"] == "per_layer"
    assert form.per_layer is not None
    wanted = ratios_from(kept.report, 40.0)
    layers = sum(len(s.layers) for s, _ in wanted)
    assert form.per_layer.text.text() == f"from sensitivity, {layers} layers"
    assert wanted[0][0].layers[0] in form.per_layer.text.toolTip()
    qtbot.mouseClick(form.apply_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(sample.state.revisions) == 2, timeout=60_000)
    settle(sample, qtbot)
    assert sample.state.revision.step.overrides == wanted
    assert f"{len(wanted)} overrides" in act.step_sentence(sample.state.revision.step)
    table = sample.state.revision.report.tables[0]
    for row in (dict(zip(table.columns, r, strict=True)) for r in table.rows):
        ratio = next((part["ratio"] for scope, part in wanted if scope.layers[0] == row[table.columns[0]]), 0.0)
        assert abs(row["Channels after"] - row["Channels before"] * (1 - ratio)) <= 4  # in blocks of four channels
    assert sample.state.project.recipe().steps[0].overrides == wanted
    assert not sample.actions["analysis"].isEnabled(), "it belongs to the revision that was analysed"


def test_a_cancelled_analysis_is_offered_and_gone_on_with(
    sample: Desk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: list[str] = []
    reached, goes_on = threading.Event(), threading.Event()
    row_of = pruning_sensitivity._Judge.row

    def row(judge: Any, group: Any, *rest: Any) -> Row:
        measured.append(group.key)
        if len(measured) == 5:
            reached.set()
            goes_on.wait(20)
        return row_of(judge, group, *rest)

    monkeypatch.setattr(pruning_sensitivity._Judge, "row", row)
    request = ActRequest(KEY, {"items": 24, "ratios": "0.3 0.6"}, Scope(), 0)
    act.apply_request(sample, request)
    qtbot.waitUntil(reached.is_set, timeout=60_000)
    sample.jobs.running[-1].cancel()
    goes_on.set()
    qtbot.waitUntil(lambda: bool(sample.window.jobs.interrupted), timeout=60_000)
    settle(sample, qtbot)
    (left,) = sample.window.jobs.interrupted
    assert (left.title, left.steps, left.total) == ("Pruning sensitivity", 5, 22)
    resuming.resume(sample, left.path)
    qtbot.waitUntil(lambda: bool(sample.state.analyses(1)), timeout=60_000)
    settle(sample, qtbot)
    assert len(measured) == 22, "what was measured is not measured again"
    assert sample.window.jobs.interrupted == ()
    dialog_of(ReportDialog).close()


def test_ratios_can_be_let_go_in_the_form(sample: Desk, qtbot: QtBot) -> None:
    overrides = ((Scope(layers=("features.8.0/Conv",)), {"ratio": 0.5}),)
    reports.use_ratios(sample, overrides)
    form = dialog_of(MethodDialog)
    assert form.request().overrides == overrides
    assert form.per_layer is not None
    qtbot.mouseClick(form.per_layer.remove, Qt.MouseButton.LeftButton)
    assert form.request().overrides == ()
    assert "same for all" in form.per_layer.text.text()
    form.reject()


def test_analyses_are_kept_with_the_project(sample: Desk, qtbot: QtBot, tmp_path: object) -> None:
    table = Table(LAYERS, ("Layer", "a"), (("features.8.0/Conv", 1.0),))
    first, other = Analysis(Step("a.one"), Report(tables=(table,))), Analysis(Step("a.two"), Report())
    newer = Analysis(Step("a.one", seed=3), Report(notes=("x",)))
    assert with_analysis((first, other), newer) == (other, newer)
    sample.state.add_analysis(1, other)
    dialog_of(ReportDialog).close()
    sample.state.add_analysis(1, newer)
    dialog_of(ReportDialog).close()
    assert sample.actions["analysis"].isEnabled()
    folder = sample.state.project.folder
    sample.state.flush()
    assert analyses(sample.state.project, 1) == (other, newer)
    sample.state.project.set_view_state("analyses.1", [{"step": 3}, other.to_json()])
    sample.state.close()
    files.open_project(sample, folder)
    settle(sample, qtbot)
    assert sample.state.analyses(1) == (other,), "what cannot be read is passed over"
    sample.actions["analysis"].trigger()
    assert "revision 1" in dialog_of(ReportDialog).windowTitle()


def test_tables_colour_only_where_each_layer_stands_once(qapp: object) -> None:
    once = Table("t", ("Layer", "Share", "Count"), (("a", 0.5, 3), ("b", 0.25, 4)), ("", "share", ""))
    twice = Table("u", ("Layer", "x"), (("a", 1.0), ("a", 2.0)))
    strangers = Table("v", ("Thing", "x"), (("c", 1.0), ("d", 2.0), ("a", 3.0)))
    found = list(of_tables((once, twice, strangers), {"a", "b"}, "source", "From somewhere"))
    assert [(f.key, f.title) for f in found] == [("source.0.1", "Share"), ("source.0.2", "Count")]
    assert found[0].over(["a", "b"]) == 0.375  # shares of a block's layers have a mean, counts a sum
    assert found[1].over(["a", "b"]) == 7
    assert found[0].how == "From somewhere: t"


def curves_of(qtbot: QtBot, count: int = 7, width: int = 600) -> SmallMultiples:
    panels = [Panel(f"layer{k}", f"l{k}", ((0.0, 100.0), (50.0, 90.0 - k), (90.0, 10.0))) for k in range(count)]
    made = SmallMultiples(panels, "% masked", "%")
    qtbot.addWidget(made)
    made.resize(width, made.heightForWidth(width))
    made.show()
    return made


def test_small_charts_fill_the_width_and_none_overlaps(qtbot: QtBot) -> None:
    for width in (150, 260, 600, 1200):
        made = curves_of(qtbot, 7, width)
        places = [made.place(k) for k in range(7)]
        assert all(not a.intersects(b) for k, a in enumerate(places) for b in places[:k])
        assert max(p.right() for p in places) <= made.width() + 0.5
        assert max(p.bottom() for p in places) <= made.height()


def test_small_charts_by_keyboard_and_for_readers(qtbot: QtBot) -> None:
    made = curves_of(qtbot)
    made.set_marks({"layer1": 37.0})
    seen: list[str] = []
    made.chosen.connect(seen.append)
    made.setFocus()
    qtbot.keyClick(made, Qt.Key.Key_Right)
    assert "layer1" in made.accessibleDescription()
    assert "50 %: 89.0 %" in made.accessibleDescription()
    assert "Suggested: 37 %" in made.accessibleDescription()
    qtbot.keyClick(made, Qt.Key.Key_Return)
    qtbot.keyClick(made, Qt.Key.Key_Down)
    qtbot.keyClick(made, Qt.Key.Key_Up)
    qtbot.keyClick(made, Qt.Key.Key_Left)
    qtbot.keyClick(made, Qt.Key.Key_Left)  # there is nothing left of the first
    qtbot.keyClick(made, Qt.Key.Key_Space)
    assert seen == ["layer1", "layer0"]
    qtbot.mouseClick(made, Qt.MouseButton.LeftButton, pos=QPoint(2, 2))
    assert len(seen) == 2


def test_the_ground_is_shaded_as_far_as_the_mark(qtbot: QtBot) -> None:
    made = curves_of(qtbot)
    made.set_marks({"layer0": 50.0})
    picture, place = made.grab().toImage(), made.place(0)
    y = round(place.bottom() - 4)
    inside, outside = (picture.pixelColor(round(place.left() + s * place.width()), y) for s in (0.25, 0.6))
    plain = picture.pixelColor(round(made.place(1).left() + 0.25 * place.width()), y)
    assert inside != outside
    assert outside == plain


def test_names_are_shortened_only_as_far_as_they_stay_apart() -> None:
    whole = ["/features/features.2/conv/conv.0/conv.0.0/Conv", "/features/features.3/conv/conv.0/conv.0.0/Conv", "fc"]
    assert list(short_names(whole).values()) == ["features.2/conv.0.0", "features.3/conv.0.0", "fc"]
    assert short_names(["a/Conv", "a/Gemm"]) == {"a/Conv": "a/Conv", "a/Gemm": "a/Gemm"}


def test_a_report_without_classes_has_curves_in_its_own_unit(qtbot: QtBot) -> None:
    curve = Curve("one", "% masked", "dB", (50.0, 90.0), (20.0, -3.0))
    rows = (("one", "one", 0.5, 8.0, 4),)
    layers = Table(LAYERS, ("Layer", "Channel group", "Suggested ratio", "Loss at 50 %", "Units"), rows)
    measured = (("one", 2, 4, 0.5, 10.0), ("one", 3, 4, 0.9, 141.0))
    columns = ("Channel group", "Units masked", "Units", "Share masked", "Loss")
    table = Table("Sensitivity, every measurement", columns, measured, ("", "", "", "share", "%"))
    producers = Table("Layers of every group", ("Channel group", "Layer"), (("one", "one"),))
    dialog = ReportDialog("t", Report(tables=(layers, table, producers), curves=(curve,)))
    qtbot.addWidget(dialog)
    box = dialog.sensitivity
    assert box is not None
    assert box.tolerance.suffix() == " %"
    box.tolerance.setValue(10.0)
    assert box.curves.marks == {"one": 50.0}
    assert "20.0 dB" in box.curves.text_of(box.curves.panels[0])
    dialog.grab()


def test_a_request_without_overrides_is_as_before(sample: Desk) -> None:
    assert act.step_of(sample, ActRequest("prune.magnitude", {}, Scope(), 0)).overrides == ()
