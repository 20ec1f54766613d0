"""What the window says of quantization to somebody who sees it for the first time."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtWidgets import QLabel, QScrollArea
from pytestqt.qtbot import QtBot

from core.methods.analyse.cures import Offer, table_of
from core.methods.method import load_methods
from core.methods.quantize import static_report
from core.methods.scope import Scope
from core.project.recipe import Step
from core.report import Measure, Report, Table
from gui.act.dialog import MethodDialog, Setting
from gui.act.request import ActRequest
from gui.desk import Desk
from gui.figures import name_of
from gui.inspector.quantized import _scaled
from gui.operations import act, moving
from gui.report_dialog import ReportDialog
from gui.wording import without_options
from tests.gui.test_quantization import convolutions, quantize, said
from tests.gui.window_tools import settle


def test_an_act_that_loses_answers_warns_and_names_what_finds_out(
    sample: Desk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    quantize(sample, qtbot)
    assert sample.errors.last[0] == "info", "every answer is the same"
    monkeypatch.setattr(static_report, "_WORRYING", 101.0)
    moving.go_to(sample, 1)
    settle(sample, qtbot)
    quantize(sample, qtbot, granularity="tensor")
    level, _, hint = sample.errors.last
    assert level == "warning"
    assert hint == "Analyse > Where quantization loses accuracy names the layers, the causes and the cures."
    assert without_options(static_report.FINDS_OUT).startswith("'Where quantization loses accuracy' names")
    assert without_options("Replay (a new one) with quantize.static.") == "Replay (a new one) with quantize.static."


def test_weights_alone_are_rounded_on_the_data_that_is_attached(sample: Desk, qtbot: QtBot) -> None:
    request = ActRequest("quantize.weights", {"format": "int4", "rounding": "gptq", "rounding_items": 8}, Scope(), 0)
    assert act.step_of(sample, request).data == sample.state.data.location
    act.apply_request(sample, request)
    qtbot.waitUntil(lambda: len(sample.state.revisions) == 2, timeout=60_000)
    settle(sample, qtbot)
    first = sample.state.revision.report.notes[0]
    assert first.startswith("Beside the float model on 64 items of digits (judged): ")


def test_weights_that_were_scaled_before_rounding_are_not_drawn_in_the_steps_of_others(
    sample: Desk, qtbot: QtBot
) -> None:
    rng = np.random.default_rng(3)
    for top in (7, 127):
        weight = rng.standard_normal((16, 9)) * top / 3
        nearest = np.clip(np.round(weight), -top - 1, top)
        assert not _scaled(weight, nearest)
        assert not _scaled(weight, nearest + rng.integers(-1, 2, weight.shape)), "rounded by what the layer computes"
        assert not _scaled(2 * weight, np.clip(np.round(2 * weight), -top - 1, top)), "the ends are cut off"
        other = weight.copy()
        other[5] *= 4
        assert _scaled(other, nearest), "a factor on one channel"
    assert not _scaled(np.full((2, 9), 0.4), np.zeros((2, 9))), "all rounded to 0"
    quantize(sample, qtbot, granularity="tensor", equalize=True)
    words = []
    for key in convolutions(sample):
        sample.state.select([key])
        settle(sample, qtbot)
        words.append(" ".join(said(sample)))
    scaled = ["The float weights were scaled before rounding" in w for w in words]
    assert any(scaled), "by equalization"
    assert all(("Lines: the float weights before" in w) != s for w, s in zip(words, scaled, strict=True))


def test_what_can_be_done_comes_before_how_it_was_found_out(qtbot: QtBot) -> None:
    step = {"method": "quantize.static", "params": {}, "seed": 0}
    offers = [
        Offer("Unequal", ("a", "b", "c", "d"), "give each channel its scale", 60.0, step),
        Offer("Unequal", ("a", "b", "c", "d"), "equalize", 60.0, step),
        Offer("Shift", ("e",), "correct biases", 9.0, step),
    ]
    notes = ("3 of 9 answers are not those of the float network.", "Layer a makes 60 % of the loss.")
    report = Report({"sqnr": Measure(3.0, "dB", "measured", "x", 9)}, (table_of(offers),), notes=notes)
    dialog = ReportDialog("found", report)
    qtbot.addWidget(dialog)
    dialog.show()
    texts = [label.text() for label in sorted(dialog.findChildren(QLabel), key=lambda w: w.mapTo(dialog, w.pos()).y())]
    assert sum(t.startswith("Unequal, 60") for t in texts) == 1, "two cures of one cause stand together"
    assert "and 1 more layer" in texts
    order = [notes[0], "Causes and cures", "Unequal, 60 % of the loss", "Or: equalize.", "What was found out", notes[1]]
    places = [_top(dialog, text) for text in order]
    assert places == sorted(places)
    assert dialog.cures is not None
    assert len(dialog.cures.buttons) == 4, "three, and one for all"


def _top(dialog: ReportDialog, text: str) -> int:
    label = next(w for w in dialog.findChildren(QLabel) if w.text() == text)
    return label.mapTo(dialog, label.rect().topLeft()).y()


def test_reports_say_figures_in_words_and_have_room_for_their_tables(qtbot: QtBot) -> None:
    assert name_of("sqnr_plain") == "SQNR, plainly quantized"
    assert name_of("top1_float") == "top-1 in float"
    small = ReportDialog("a", Report({}, (Table("t", ("a", "b"), ((1, 2),)),)))
    broad = ReportDialog("a", Report({}, (Table("t", tuple("abcdef"), (tuple(range(6)),)),)))
    for dialog in (small, broad):
        qtbot.addWidget(dialog)
    assert broad.width() > small.width()


def test_a_revision_does_not_show_what_only_replaying_needs() -> None:
    step = Step("quantize.rescue", {"found": '{"equalize": true}', "target": "sqnr"})
    assert act.step_sentence(step) == "Target SQNR"
    assert act.step_sentence(Step("quantize.mixed", {"chosen": '["a"]'})) == "With the default parameters."


@pytest.mark.parametrize("key", [m.key for m in load_methods() if m.presets and m.menu])
def test_long_names_of_presets_widen_no_form(key: str, qtbot: QtBot) -> None:
    method = load_methods().get(key)
    dialog = MethodDialog(method, Setting(["conv"], ["conv"], presets=method.presets), lambda *_: None)
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitExposed(dialog)
    area = dialog.findChild(QScrollArea)
    assert isinstance(area, QScrollArea)
    assert area.horizontalScrollBar().maximum() == 0
