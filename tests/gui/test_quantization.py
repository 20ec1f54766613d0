"""Quantization in the window: what the inspector says of it, and another choice for some layers."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from PySide6.QtWidgets import QLabel, QToolButton
from pytestqt.qtbot import QtBot

from core.methods.analyse.causes import load_causes
from core.methods.analyse.cures import Offer, table_of
from core.methods.scope import Scope
from core.model.qdq import stored_constant
from core.report import Report
from gui.act.dialog import MethodDialog
from gui.act.request import ActRequest
from gui.desk import Desk
from gui.graph_view.known import known
from gui.inspector.parts import Link
from gui.inspector.plots import RangePlot
from gui.inspector.quantized import channel_steps, forms_of, has_weight, in_steps, weight_of
from gui.operations import act, analyse, moving, quantizing, timing
from gui.quantization import cures_box
from gui.quantization.choice_dialog import ChoiceDialog
from gui.quantization.cures_box import ChannelRanges
from gui.quantization.float_weights import weight_before
from gui.quantization.origin import Origin, origin
from gui.report_dialog import ReportDialog
from gui.translations.texts import texts
from tests.gui.window_tools import dialog_of, settle


def quantize(desk: Desk, qtbot: QtBot, method: str = "quantize.static", **params: object) -> None:
    count = len(desk.state.revisions)
    plain = {"search_ranges": False} if method == "quantize.static" else {}  # plain ranges: several times faster
    wanted = {"calibration_items": 8, "correction_items": 8, **plain, **params}
    act.apply_request(desk, ActRequest(method, wanted, Scope(), 0))
    qtbot.waitUntil(lambda: len(desk.state.revisions) > count, timeout=60_000)
    settle(desk, qtbot)


def convolutions(desk: Desk) -> list[str]:
    return [key for key, (node, _) in known(desk.state.model).layers.items() if node.op_type == "Conv"]


def said(desk: Desk) -> list[str]:
    section = desk.window.inspector.page.sections["quantization"]
    return [label.accessibleName() or label.text() for label in section.findChildren(QLabel) if label.text()]


def test_the_inspector_says_how_every_tensor_is_quantized(sample: Desk, qtbot: QtBot) -> None:
    first = convolutions(sample)[1]
    sample.state.select([first])
    assert "quantization" not in sample.window.inspector.page.sections, "nothing is quantized yet"
    quantize(sample, qtbot)
    sample.state.select([first])
    settle(sample, qtbot)
    node = known(sample.state.model).layers[first][0]
    forms = forms_of(node, known(sample.state.model), ["X", "W", "B"], ["Y"])
    assert [(f.formal, f.dtype, f.axis is None) for f in forms] == [
        ("X", "uint8", True),
        ("W", "int8", False),
        ("B", "int32", False),
        ("Y", "uint8", True),
    ]
    weight = weight_of(forms)
    stored = stored_constant(node.inputs[1])
    assert weight is not None
    assert stored is not None
    channels = stored.q.shape[0]
    top = max(abs(float(stored.real.min())), float(stored.real.max()))
    assert weight.range[1] == pytest.approx(top, rel=1e-4), "the largest weight is the largest integer"
    assert weight.at_ends() == pytest.approx(np.mean(np.abs(stored.q.astype(int)) == 127))
    steps = channel_steps(node, weight)
    assert steps is not None
    assert (np.maximum(-steps[0], steps[1]) == 127).all(), "each channel has a scale of its own"
    rows = said(sample)
    assert any(row.startswith("W: int8") and f"{channels} scales" in row for row in rows)
    assert any(row.startswith("scale: ") and row.endswith(", zero point 0") for row in rows)
    section = sample.window.inspector.page.sections["quantization"]
    plot = section.findChild(RangePlot)
    assert plot.count == channels
    qtbot.waitUntil(lambda: "the float weights before" in plot.accessibleDescription(), timeout=10_000)
    before = weight_before(sample.state.project, 2, first)
    assert before is not None
    ends = in_steps(node, weight, before)
    assert ends is not None
    assert np.abs(np.array(ends) - np.array(steps)).max() <= 0.51, (
        "integers are the nearest to the folded float weights"
    )


def test_another_choice_for_selected_layers_quantizes_the_float_revision_again(sample: Desk, qtbot: QtBot) -> None:
    quantize(sample, qtbot, granularity="tensor")
    chosen = convolutions(sample)[:2]
    sample.state.select([chosen[0]])
    settle(sample, qtbot)
    section = sample.window.inspector.page.sections["quantization"]
    next(b for b in section.findChildren(QToolButton) if b.text() == "Change…").click()
    dialog = dialog_of(ChoiceDialog)
    assert dialog.layers == (chosen[0],)
    assert dialog.values()["granularity"] == "tensor", "what holds for the layer now"
    dialog.form.set_values({"precision": "float"})
    dialog.accept()
    qtbot.waitUntil(lambda: len(sample.state.revisions) == 3, timeout=60_000)
    settle(sample, qtbot)
    made = sample.state.revision
    assert (made.id, made.parent) == (3, 1)
    assert made.step.params["granularity"] == "tensor"
    layers = known(sample.state.model).layers
    assert stored_constant(layers[chosen[0]][0].inputs[1]) is None, "it runs in float"
    assert stored_constant(layers[chosen[1]][0].inputs[1]) is not None
    sample.state.select([chosen[0]])
    settle(sample, qtbot)
    assert "This layer runs in float." in said(sample)
    sample.state.select(chosen)
    settle(sample, qtbot)
    assert {"float", "int8 · one scale"} <= {row.rsplit(": ", 1)[-1] for row in said(sample)}
    found = origin(sample.state, sample.state.revision.id)
    assert isinstance(found, Origin)
    nodes = [layers[key][0] for key in chosen]
    overrides = quantizing.with_choice(found.step, nodes, {"precision": "int4"})
    assert overrides == ((Scope(layers=tuple(sorted(chosen))), {"precision": "int4"}),), "the old one let them go"


def test_an_old_recipes_int8_can_be_chosen_again_and_others_say_why_not(sample: Desk, qtbot: QtBot) -> None:
    quantizing.change(sample)
    assert "is not in this project" in sample.errors.last[1]
    quantize(sample, qtbot, "quantize.int8", per_channel=False)
    found = origin(sample.state, sample.state.revision.id)
    assert isinstance(found, Origin)
    assert (found.method.key, found.step.params["granularity"]) == ("quantize.static", "tensor")
    sample.state.select([])
    quantizing.change(sample)
    assert "has weights" in sample.errors.last[1]
    moving.undo(sample)
    qtbot.waitUntil(lambda: sample.state.revision.id == 1, timeout=60_000)


def test_only_layers_with_stored_weights_can_be_chosen(sample: Desk) -> None:
    layers = [node for node, _ in known(sample.state.model).layers.values()]
    assert {n.op_type for n in layers if has_weight(n)} <= {"Conv", "Gemm", "MatMul"}
    assert sum(map(has_weight, layers)) > 20


def test_the_detectives_cures_are_buttons(sample: Desk, qtbot: QtBot) -> None:
    quantize(sample, qtbot, granularity="tensor")
    method = act.load_methods().get("analyse.quantization_loss")
    dialog = act.make_dialog(sample, method)
    teacher = dialog.request().teacher
    assert teacher is not None
    assert teacher.revision == 1, "the float revision that was quantized"
    dialog.deleteLater()
    wanted = ActRequest(method.key, {"items": 8}, Scope(), 0, teacher)
    act.apply_request(sample, wanted)
    qtbot.waitUntil(lambda: bool(sample.state.analyses(2)), timeout=60_000)
    settle(sample, qtbot)
    report = dialog_of(ReportDialog)
    assert report.cures is not None
    assert report.cures.offers
    assert not any(label.text().startswith("To cure") for label in report.findChildren(QLabel))
    ranges = report.findChild(ChannelRanges)
    assert len(ranges.plots) == len(sample.state.analyses(2)[-1].report.curves)
    layer = report.cures.offers[0].layers[0]
    report.cures.findChild(Link).click()
    assert list(sample.state.selected) == [layer]
    button = report.cures.buttons[0]
    assert button.isEnabled()
    button.click()
    qtbot.waitUntil(lambda: len(sample.state.revisions) == 3, timeout=60_000)
    settle(sample, qtbot)
    made = sample.state.revision
    assert made.parent == 1
    offer = report.cures.offers[0]
    assert made.step.method == offer.step["method"]
    assert all(made.step.params[k] == v for k, v in offer.step["params"].items())
    assert len(made.step.overrides) == len(offer.step.get("overrides", ()))
    qtbot.waitUntil(lambda: sample.errors.last[1].startswith("The cure, measured"), timeout=60_000)
    said, hint = sample.errors.last[1:3]
    before, after = (float(x) for x in re.findall(r"SQNR ([\d.]+) dB → ([\d.]+) dB", said)[0])
    assert after > before + 1, "dB of both revisions beside the float one"
    assert hint.startswith("Beside float revision 1: change of top-1 ")
    assert "McNemar p = " in hint
    kept = [sample.state.figures(str(r.id)) for r in sample.state.revisions]
    assert all(f["top1"].n for f in kept), "the list of revisions shows what was measured"
    assert not any("top1_change" in f for f in kept)


def test_cures_without_the_float_model_say_so(qtbot: QtBot) -> None:
    step = {"method": "quantize.static", "params": {"granularity": "channel"}, "seed": 0}
    offers = [Offer("Unequal channels", ("a", "b"), "give each channel its scale", 60.0, step)]
    offers.append(Offer("Host arithmetic", ("c",), "measure elsewhere", 10.0, {}))
    dialog = ReportDialog("found", Report({}, (table_of(offers),)))
    qtbot.addWidget(dialog)
    assert dialog.cures is not None
    assert len(dialog.cures.buttons) == 1, "words alone cannot be applied"
    dialog.offer_cures("The parent is gone.")
    assert not dialog.cures.buttons[0].isEnabled()
    assert dialog.cures.buttons[0].toolTip() == "The parent is gone."
    dialog.offer_cures()
    with qtbot.waitSignal(dialog.cure_wanted) as asked:
        dialog.cures.buttons[0].click()
    assert asked.args == [step]


def test_a_preset_fills_the_form_and_another_change_makes_it_custom(sample: Desk, qtbot: QtBot) -> None:
    sample.actions["method.quantize.static"].trigger()
    dialog = dialog_of(MethodDialog)
    box = dialog.presets
    assert box is not None
    method = act.load_methods().get("quantize.static")
    keys = [box.combo.itemData(k) for k in range(box.combo.count())]
    assert keys == ["", *(p.key for p in method.presets)]
    assert box.combo.currentText() == "Custom"
    assert dialog.request().overrides == ()
    dialog.form.set_values({"calibration_items": 8, "correction_items": 8})
    wanted = method.preset("qnn_16")
    box.combo.setCurrentIndex(keys.index("qnn_16"))
    box.combo.activated.emit(box.combo.currentIndex())
    assert box.chosen is not None
    assert box.chosen.key == "qnn_16"
    values = dialog.request().params
    assert values["activations"] == "uint16"
    assert all(values[name] == value for name, value in wanted.values.items())
    assert values["calibration_items"] == 8, "it says nothing of that"
    assert wanted.demands in box.about.text()
    assert dialog.request().overrides == wanted.overrides_for(sample.state.model) != ()
    dialog.form.set_values({"calibration_items": 9})
    assert box.chosen.key == "qnn_16", "still what the target asks for"
    dialog.form.set_values({"activations": "uint8"})
    assert box.combo.currentText() == "Custom"
    assert dialog.request().overrides == ()
    assert box.about.isHidden()
    box.choose("tflite_int8")
    dialog.accept()
    qtbot.waitUntil(lambda: len(sample.state.revisions) == 2, timeout=60_000)
    settle(sample, qtbot)
    assert sample.state.revision.step.params["activations"] == "int8"


def test_methods_without_presets_have_no_box(sample: Desk) -> None:
    dialog = act.make_dialog(sample, act.load_methods().get("prune.magnitude"))
    assert dialog.presets is None
    dialog.deleteLater()


def test_the_graph_is_coloured_by_how_unequal_channels_are_before_and_after(sample: Desk, qtbot: QtBot) -> None:
    colouring = timing.colouring_of(sample)
    assert "channel_spread" in [c.key for c in colouring.choices()]
    colouring.choose("channel_spread")
    qtbot.waitUntil(lambda: colouring.figure is not None, timeout=10_000)
    before = dict(colouring.figure.values)
    node = known(sample.state.model).layers[convolutions(sample)[1]][0]
    peaks = np.abs(node.inputs[1].const_value.numpy()).reshape(16, -1).max(1)
    assert before[convolutions(sample)[1]] == pytest.approx(peaks.max() / np.median(peaks))
    quantize(sample, qtbot, granularity="group", group_size=8)
    qtbot.waitUntil(lambda: colouring.figure is not None and colouring.figure.values != before, timeout=10_000)
    layers = known(sample.state.model).layers
    chosen = [key for key in convolutions(sample) if key in before]
    assert len(chosen) > 15
    for key in chosen:
        stored = stored_constant(layers[key][0].inputs[1])
        assert stored is not None
        peaks = np.abs(stored.real).reshape(stored.q.shape[0], -1).max(1)
        assert colouring.figure.values[key] == pytest.approx(peaks.max() / np.median(peaks), rel=1e-5), key


def test_causes_and_cures_are_shown_in_the_users_language(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    known = {text.text for text in texts()}
    assert {word for cause in load_causes() for word in (cause.title, *(c.words for c in cause.cures))} <= known
    cause = load_causes().get("outliers")
    monkeypatch.setattr(cures_box, "tr", lambda text, **values: f"‹{text.format(**values)}›")
    offer = Offer(cause.title, ("a",), cause.cure.words, 60.0, {"method": "quantize.static", "params": {}, "seed": 0})
    box = cures_box.CuresBox(Report({}, (table_of([offer]),)))
    qtbot.addWidget(box)
    shown = [label.text() for label in box.findChildren(QLabel)]
    assert f"‹‹{cause.title}›, 60 % of the loss›" in shown
    assert f"‹{cause.cure.words}›." in shown


def test_a_note_on_latency_names_its_model(sample: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[Any, ...]] = []
    monkeypatch.setattr(sample.jobs, "submit", lambda *given, **_: asked.append(given))
    analyse.latency(sample, ["1"])
    asked[-1][3]({"models": {"1": {"measures": {}, "notes": ["In LiteRT it is slower.", "And more."]}}})
    assert sample.errors.last == ("info", "Revision 1: In LiteRT it is slower.", "And more.")
