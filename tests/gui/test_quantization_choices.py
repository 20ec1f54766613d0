"""Choices for single layers in the window: seen and changed in the inspector, or made in a method's form."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QToolButton
from pytestqt.qtbot import QtBot

from core.methods.scope import InputLayer, Scope, overridden
from core.project.recipe import Step
from gui.act.dialog import MethodDialog
from gui.act.otherwise import OtherwiseDialog
from gui.act.request import ActRequest
from gui.desk import Desk
from gui.graph_view.known import known
from gui.inspector.parts import Elided
from gui.operations import act, quantizing
from gui.quantization.choice_dialog import ChoiceDialog
from tests.gui.test_quantization import convolutions, quantize, said
from tests.gui.window_tools import dialog_of, settle


def change(desk: Desk, qtbot: QtBot, key: str, **values: object) -> ChoiceDialog:
    """Another choice for one layer, made where the inspector offers it; the dialog as it was."""
    desk.state.select([key])
    settle(desk, qtbot)
    section = desk.window.inspector.page.sections["quantization"]
    count = len(desk.state.revisions)
    next(b for b in section.findChildren(QToolButton) if b.text() == "Change…").click()
    dialog = dialog_of(ChoiceDialog)
    dialog.form.set_values(values)
    dialog.accept()
    qtbot.waitUntil(lambda: len(desk.state.revisions) > count, timeout=60_000)
    settle(desk, qtbot)
    return dialog


def test_type_and_range_of_a_result_are_seen_and_changed_where_it_stands(sample: Desk, qtbot: QtBot) -> None:
    quantize(sample, qtbot, bias_correction=False)
    layers = known(sample.state.model).layers
    add = next(key for key, (node, _) in layers.items() if node.op_type == "Add")
    sample.state.select([add])
    settle(sample, qtbot)
    assert "range from: calibration: MinMax" in said(sample)
    dialog = change(sample, qtbot, add, activations="int16", range_high="3.5")
    assert "precision" not in dialog.values(), "an Add has no weights"
    assert sample.state.revision.step.overrides == (
        (Scope(layers=(add,)), {"activations": "int16", "range_high": 3.5}),
    )
    sample.state.select([add])
    settle(sample, qtbot)
    rows = said(sample)
    assert any(row.startswith("C: int16 · symmetric") for row in rows), rows
    assert "range from: highest value typed, lowest from calibration: MinMax" in rows
    again = change(sample, qtbot, add, activations="int8")
    assert (again.values()["activations"], sample.state.revision.parent) == ("int8", 1)
    assert sample.state.revision.step.overrides[0][1] == {"activations": "int8", "range_high": 3.5}, "the range stays"
    sample.state.select([add, convolutions(sample)[0]])
    settle(sample, qtbot)
    assert {"int8", "uint8"} <= {row.rsplit(": ", 1)[-1] for row in said(sample)}, "results stand beside weights"


def test_what_layers_have_differently_stays_so_until_somebody_chooses(sample: Desk, qtbot: QtBot) -> None:
    """By keys and the mouse, as people do: also what the first of the layers has already."""
    quantize(sample, qtbot, bias_correction=False)
    first, second = convolutions(sample)[:2]
    change(sample, qtbot, first, precision="int4", activations="int16", symmetric=True, range_high="4")
    sample.state.select([first, second])
    settle(sample, qtbot)
    quantizing.change(sample)
    dialog = dialog_of(ChoiceDialog)
    differing = {"precision", "activations", "symmetric", "range_high"}
    assert {name for name, row in dialog.form.rows.items() if row.undecided} == differing
    assert differing.isdisjoint(dialog.values())
    assert dialog.changed_values() == {}
    rows = dialog.form.rows
    assert [rows[n].editor.currentText() for n in ("precision", "activations")] == ["(different)"] * 2
    assert rows["range_high"].editor.line.placeholderText() == rows["symmetric"].editor.text() == "(different)"
    rows["precision"].editor.setFocus()
    for _ in range(2):  # past int8 to int4, which the first one has
        qtbot.keyClick(rows["precision"].editor, Qt.Key.Key_Down)
    assert rows["precision"].editor.currentText() == "int4"
    assert dialog.changed_values() == {"precision": "int4"}
    box = rows["range_high"].editor.box
    qtbot.keyClicks(box, "4")
    assert dialog.changed_values() == {"precision": "int4", "range_high": 4.0}
    count = len(sample.state.revisions)
    qtbot.mouseClick(dialog.apply_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(sample.state.revisions) > count, timeout=60_000)
    settle(sample, qtbot)
    found = sample.state.revision.step.overrides
    held = {
        key: {k: overridden(found, [InputLayer(key, "Conv")], k) for k in (*sorted(differing), "range_low")}
        for key in (first, second)
    }
    both = {"precision": "int4", "range_high": 4.0, "range_low": None}
    assert held == {
        first: {**both, "activations": "int16", "symmetric": True},
        second: {**both, "activations": None, "symmetric": None},
    }


def test_where_ranges_differ_deleting_takes_them_back_and_each_layer_must_keep_one(qtbot: QtBot) -> None:
    specs = act.load_methods().get("quantize.static").layer_specs()[-2:]
    now = ({"range_low": 1.0, "range_high": 2.0}, {"range_low": 3.0, "range_high": 4.0})
    dialog = ChoiceDialog(("a", "b"), specs, now, "about")
    qtbot.addWidget(dialog)
    dialog.show()
    low, high = (dialog.form.rows[name].editor.box for name in ("range_low", "range_high"))
    assert dialog.changed_values() == {}
    qtbot.keyClicks(high, "2.5")
    assert dialog.problem.text() == "The range of 'b' cannot be [3, 2.5]: its lowest value is not below its highest."
    assert not dialog.apply_button.isEnabled()
    qtbot.keyClick(low, Qt.Key.Key_Backspace)
    assert low.line.placeholderText() == "automatic"
    assert dialog.changed_values() == {"range_low": None, "range_high": 2.5}
    assert dialog.apply_button.isEnabled()
    qtbot.keyClick(high, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(high, Qt.Key.Key_Delete)
    assert dialog.changed_values() == {"range_low": None, "range_high": None}


def test_a_value_for_several_layers_is_said_where_one_of_them_has_another() -> None:
    """Also where a pattern gives it to the first, and where they follow a layer with which they share a scale."""
    said = ((Scope(pattern="a*"), {"activations": "int16", "range_high": 1.0}),)
    step = Step("quantize.static", {"activations": "uint8"}, overrides=said)
    a, b = InputLayer("a", "Conv"), InputLayer("b", "Conv")
    own = (Scope(layers=("a", "b")), {"activations": "int16"})
    assert quantizing.with_choice(step, [a, b], {"activations": "int16"}) == (*said, own)
    assert quantizing.with_choice(step, [a], {"activations": "int16"}) == said
    cleared = (Scope(layers=("a", "b")), {"range_high": None})
    assert quantizing.with_choice(step, [a, b], {"range_high": None}) == (*said, cleared)
    following = (Scope(layers=("b",)), {"activations": "uint8"})
    assert quantizing.with_choice(step, [b], {"activations": "uint8"}) == said
    assert quantizing.with_choice(step, [b], {"activations": "uint8"}, ["activations"]) == (*said, following)


def test_another_choice_leaves_what_was_said_of_layers_before() -> None:
    said = ((Scope(layers=("a", "b", "c")), {"precision": "int4"}), (Scope(layers=("a",)), {"symmetric": True}))
    step = Step("quantize.static", {"precision": "int8", "activations": "uint8"}, overrides=said)
    a, b = InputLayer("a", "Conv"), InputLayer("b", "Conv")
    found = quantizing.with_choice(step, [a, b], {"activations": "int16"})
    held = {n.name: {k: overridden(found, [n], k) for k in ("precision", "activations", "symmetric")} for n in (a, b)}
    assert held == {
        "a": {"precision": "int4", "activations": "int16", "symmetric": True},
        "b": {"precision": "int4", "activations": "int16", "symmetric": None},
    }
    assert (Scope(layers=("c",)), {"precision": "int4"}) in found
    assert quantizing.with_choice(step, [a], {"precision": "int8"})[0] == (
        Scope(layers=("b", "c")),
        {"precision": "int4"},
    )
    assert quantizing.with_choice(step, [b], {"activations": "uint8"}) == (
        (Scope(layers=("a", "c")), {"precision": "int4"}),
        (Scope(layers=("a",)), {"symmetric": True}),
        (Scope(layers=("b",)), {"precision": "int4"}),
    )


def test_the_graphs_input_is_changed_at_its_pair_and_a_range_that_is_none_is_refused(
    sample: Desk, qtbot: QtBot
) -> None:
    quantize(sample, qtbot, bias_correction=False)
    pair = next(key for key, (node, _) in known(sample.state.model).layers.items() if node.op_type == "QuantizeLinear")
    change(sample, qtbot, pair, symmetric=True)
    ((scope, part),) = sample.state.revision.step.overrides
    assert (scope.layers, part) == ((sample.state.model.inputs[0].name,), {"symmetric": True})
    quantizing.change(sample)
    sample.state.select([convolutions(sample)[0]])
    quantizing.change(sample)
    dialog = dialog_of(ChoiceDialog)
    dialog.form.set_values({"range_low": "2", "range_high": "1"})
    assert dialog.problem.text() == "The range cannot be [2, 1]: its lowest value is not below its highest."
    assert not dialog.apply_button.isEnabled()
    dialog.form.set_values({"range_high": "2.5"})
    assert dialog.apply_button.isEnabled()
    assert dialog.changed_values() == {"range_low": 2.0, "range_high": 2.5}
    dialog.reject()


def test_some_layers_are_treated_otherwise_from_the_start(sample: Desk, qtbot: QtBot) -> None:
    """In the form of a method: by selection or by name, a line each that can go again."""
    first = convolutions(sample)[0]
    sample.state.select([first])
    sample.actions["method.quantize.static"].trigger()
    dialog = dialog_of(MethodDialog)
    assert dialog.otherwise is not None
    dialog.otherwise.add.click()
    asked = dialog_of(OtherwiseDialog)
    assert asked.scope.scope() == Scope(layers=(first,))
    assert asked.values() == {}
    assert not asked.add_button.isEnabled()
    assert asked.add_button.toolTip() == "Choose something that is other than for all."
    asked.form.set_values({"activations": "int16", "symmetric": "yes", "range_low": "3", "range_high": "1"})
    assert asked.problem.text() == "The range cannot be [3, 1]: its lowest value is not below its highest."
    assert not asked.add_button.isEnabled()
    asked.form.set_values({"range_low": "", "range_high": "1"})
    asked.accept()
    dialog.otherwise.add.click()
    asked = dialog_of(OtherwiseDialog)
    asked.scope.pattern.setText("features.2*")
    asked.scope.matching.setChecked(True)
    asked.form.set_values({"precision": "int4"})
    asked.accept()
    lines = [label.text() for label in dialog.otherwise.findChildren(QLabel)]
    assert f"{first}: Activations int16, Symmetric activations yes, Highest value 1" in lines
    assert "features.2*: Weights int4" in lines
    assert len(dialog.request().overrides) == 2
    next(b for b in dialog.otherwise.findChildren(QToolButton)).click()
    assert dialog.request().overrides == ((Scope(pattern="features.2*"), {"precision": "int4"}),)
    dialog.otherwise.include(Scope(layers=(first,)), {"activations": "int16", "symmetric": "yes", "range_high": 1.0})
    dialog.form.set_values({"calibration_items": 8, "correction_items": 8})
    dialog.accept()
    qtbot.waitUntil(lambda: len(sample.state.revisions) == 2, timeout=60_000)
    settle(sample, qtbot)
    assert dict(sample.state.revision.step.overrides[1][1]) == {
        "activations": "int16", "symmetric": True, "range_high": 1.0,
    }  # fmt: skip


def test_only_what_has_several_parameters_for_layers_asks_for_them(sample: Desk) -> None:
    for key, asks in (("prune.magnitude", False), ("prune.channels", False), ("quantize.weights", True)):
        dialog = act.make_dialog(sample, act.load_methods().get(key))
        assert (dialog.otherwise is not None) == asks
        dialog.deleteLater()


def test_a_cure_of_which_nothing_was_measured_says_why(sample: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing at all once another project is open."""
    asked: list[Any] = []
    job = SimpleNamespace(came_to_nothing=lambda message: None)
    monkeypatch.setattr(sample.jobs, "submit", lambda title, task, args, done, failed: asked.append(done) or job)
    monkeypatch.setattr(quantizing.analyse, "models_of", lambda project, refs: list(refs))
    heard: list[tuple[str, ...]] = []
    monkeypatch.setattr(sample.errors, "say", lambda *words: heard.append(words))
    quantizing.measure_again(sample, 1, 2, 3)
    none = {"measures": {}, "notes": []}
    asked[0]({"models": {"1": none, "2": {"measures": {}, "notes": ["It cannot run.", "More."]}, "3": none}})
    assert heard.pop() == ("error", "It cannot run.", "More.")
    asked[0]({"models": {"1": none, "2": none, "3": none}})
    assert heard.pop()[1].startswith("There is no ")
    with monkeypatch.context() as patch:  # the window closes its project in the end
        patch.setattr(sample.state, "project", None)
        asked[0]({"models": {"1": none, "2": none, "3": none}})
    assert heard == []


def test_a_sentence_on_what_is_wrong_hides_no_other_words(sample: Desk, qtbot: QtBot) -> None:
    quantize(sample, qtbot)
    sample.state.select(["features.0.2/Clip"])
    settle(sample, qtbot)
    quantizing.change(sample)
    choice = dialog_of(ChoiceDialog)
    specs = act.load_methods().get("quantize.static").layer_specs()
    otherwise = OtherwiseDialog(specs, ["conv"], ["conv"])
    qtbot.addWidget(otherwise)
    otherwise.show()
    for dialog in (choice, otherwise):
        dialog.form.set_values({"range_low": "5", "range_high": "-5"})
        qtbot.wait(20)
        assert dialog.problem.isVisible()
        for label in [w for w in dialog.findChildren(QLabel) if w.isVisible() and w.wordWrap()]:
            assert label.height() >= label.heightForWidth(label.width()), label.text()
    choice.reject()


def test_layers_of_a_selection_can_be_told_apart(sample: Desk, qtbot: QtBot) -> None:
    quantize(sample, qtbot)
    sample.state.select(convolutions(sample)[:6])
    settle(sample, qtbot)
    section = sample.window.inspector.page.sections["quantization"]
    names = [w.text() for w in section.findChildren(Elided) if w.objectName() != "Hint"]
    assert len(set(names)) == 6, names


def test_the_detective_says_what_it_needs_where_weights_alone_are_stored(sample: Desk, qtbot: QtBot) -> None:
    detective = sample.actions["method.analyse.quantization_loss"]
    assert "this one is not" in detective.toolTip()
    act.apply_request(sample, ActRequest("quantize.weights", {}, Scope(), 0))
    qtbot.waitUntil(lambda: len(sample.state.revisions) == 2, timeout=60_000)
    settle(sample, qtbot)
    assert not detective.isEnabled()
    assert "here weights alone are stored in fewer bits" in detective.toolTip()
