"""The detective in the window: it teaches itself with the right parent, is kept, and colours the graph."""

from __future__ import annotations

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from core.methods.analyse.cures import cures_from
from core.methods.analyse.loss_report import LAYERS
from core.methods.method import load_methods
from core.methods.scope import Scope
from core.project.ancestors import float_ancestor
from core.project.recipe import Step
from gui.act.dialog import MethodDialog
from gui.act.request import ActRequest
from gui.desk import Desk
from gui.operations import act
from gui.operations.teachers import teachers
from gui.operations.timing import colouring_of
from gui.report_dialog import ReportDialog
from tests.gui.window_tools import dialog_of, settle

KEY = "analyse.quantization_loss"


def apply(desk: Desk, qtbot: QtBot, method: str, **params: object) -> None:
    count = len(desk.state.revisions)
    act.apply_request(desk, ActRequest(method, params, Scope(), 0))
    qtbot.waitUntil(lambda: len(desk.state.revisions) == count + 1, timeout=60_000)
    settle(desk, qtbot)


def test_from_the_menu_to_colours_with_the_float_ancestor_as_parent(sample: Desk, qtbot: QtBot) -> None:
    entry = sample.actions[f"method.{KEY}"]
    assert not entry.isEnabled(), "the sample is a float model"
    apply(sample, qtbot, "prune.magnitude", ratio=0.1)
    apply(sample, qtbot, "quantize.static", calibration_items=16, bias_correction=False, search_ranges=False)
    project = sample.state.project
    assert project is not None
    parent = float_ancestor(project, 3)
    assert parent is not None
    assert parent.id == 2, "what was quantized, not what was opened"
    assert float_ancestor(project, 1) is None
    taught = [m for m in load_methods() if "teacher" in (*m.needs, *m.uses)]
    first = {m.key: teachers(sample, m, act.revision_name)[0].revision for m in taught}
    assert first[KEY] == 2
    assert first["tune.finetune"] == 1, "others learn from the original"

    entry.trigger()
    form = dialog_of(MethodDialog)
    form.form.rows["items"].editor.line.setText("4")
    qtbot.mouseClick(form.apply_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(sample.state.analyses(3)), timeout=60_000)
    settle(sample, qtbot)
    (kept,) = sample.state.analyses(3)
    assert dialog_of(ReportDialog).sensitivity is None
    assert len(sample.state.revisions) == 3, "an analysis makes no revision"
    colouring = colouring_of(sample)
    assert colouring.figure is not None
    assert colouring.figure.title == "Share of the loss"
    table = next(t for t in kept.report.tables if t.title == LAYERS)
    layers = {row[0]: row[2] for row in table.rows if row[1]}
    assert colouring.figure.values == layers
    for offer in cures_from(kept.report):
        assert not offer.step or Step.from_json(offer.step).method == "quantize.static"
