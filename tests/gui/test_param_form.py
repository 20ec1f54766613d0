"""The form made from parameters: values, bounds, sentences, advanced fields."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from typing import Annotated

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QCheckBox, QComboBox
from pytestqt.qtbot import QtBot

from core.params import Field, from_json, specs, to_json
from gui.number_edit import NumberEdit, number_text
from gui.param_form import ParamForm


class Norm(enum.Enum):
    L1 = "l1"
    L2 = "l2"


@dataclass(frozen=True, slots=True)
class Params:
    ratio: Annotated[float, Field("Channels removed", "Share of channels.", low=0.0, high=0.95, unit="share")] = 0.5
    multiple: Annotated[int, Field("Multiple of", low=1, high=64)] = 8
    norm: Annotated[Norm, Field("Norm")] = Norm.L1
    correct: Annotated[bool, Field("Correct biases")] = True
    rate: Annotated[float, Field("Learning rate", low=0.0, unit="1/step")] = 1e-3
    steps: Annotated[int | None, Field("Steps", low=1, advanced=True)] = None
    pattern: Annotated[str, Field("Pattern", advanced=True)] = ""


@pytest.fixture
def form(qtbot: QtBot) -> ParamForm:
    form = ParamForm(specs(Params))
    qtbot.addWidget(form)
    form.show()
    return form


def test_defaults_come_back_unchanged(form: ParamForm) -> None:
    assert form.valid
    assert from_json(Params, form.values()) == Params()
    assert form.values() == to_json(Params())


def test_typing_a_value_out_of_bounds_gives_the_sentence_of_the_core(form: ParamForm, qtbot: QtBot) -> None:
    row = form.rows["ratio"]
    assert isinstance(row.editor, NumberEdit)
    with qtbot.waitSignal(form.changed):
        row.editor.line.setText("2")
    assert form.errors() == {"ratio": "Channels removed is 2.0; it must be between 0.0 and 0.95."}
    assert row.error.isVisible()
    assert row.error.text() == form.errors()["ratio"]
    assert "ratio" not in form.values()
    row.editor.line.setText("0.25")
    assert form.valid
    assert not row.error.isVisible()
    assert form.values()["ratio"] == 0.25


@pytest.mark.parametrize(("text", "part"), [("abc", "must be a number"), ("nan", "finite"), ("", "must be a number")])
def test_what_is_no_number_is_named(form: ParamForm, text: str, part: str) -> None:
    editor = form.rows["ratio"].editor
    assert isinstance(editor, NumberEdit)
    editor.line.setText(text)
    assert part in form.errors()["ratio"]


def test_whole_numbers_only_where_the_type_says_so(form: ParamForm) -> None:
    form.rows["multiple"].set_raw(2.5)
    assert "whole number" in form.errors()["multiple"]


def test_enumerations_offer_their_values(form: ParamForm) -> None:
    combo = form.rows["norm"].editor
    assert isinstance(combo, QComboBox)
    assert [combo.itemData(k) for k in range(combo.count())] == ["l1", "l2"]
    combo.setCurrentIndex(1)
    assert from_json(Params, form.values()).norm is Norm.L2


@dataclass(frozen=True, slots=True)
class Chosen:
    score: Annotated[str, Field("Score", choices=("magnitude", "blue_moon"))] = "magnitude"


def test_choices_of_a_registry_are_offered_by_their_titles(qtbot: QtBot) -> None:
    form = ParamForm(specs(Chosen))
    qtbot.addWidget(form)
    combo = form.rows["score"].editor
    assert isinstance(combo, QComboBox)
    assert [combo.itemText(k) for k in range(combo.count())] == ["magnitude", "blue moon"]
    combo.setCurrentIndex(1)
    assert from_json(Chosen, form.values()) == Chosen("blue_moon")


@dataclass(frozen=True, slots=True)
class Open:
    symmetric: Annotated[bool | None, Field("Symmetric")] = None


def test_a_yes_or_no_that_can_be_left_open_is_a_choice(qtbot: QtBot) -> None:
    form = ParamForm(specs(Open))
    qtbot.addWidget(form)
    combo = form.rows["symmetric"].editor
    assert isinstance(combo, QComboBox)
    assert [combo.itemText(k) for k in range(combo.count())] == ["none", "yes", "no"]
    found = [form.values()["symmetric"]]
    for _ in range(2):
        qtbot.keyClick(combo, Qt.Key.Key_Down)
        found.append(form.values()["symmetric"])
    assert found == [None, True, False]
    form.set_values({"symmetric": True})
    assert from_json(Open, form.values()) == Open(True)


def test_slider_and_line_follow_each_other(form: ParamForm) -> None:
    editor = form.rows["ratio"].editor
    assert isinstance(editor, NumberEdit)
    assert editor.slider is not None
    editor.slider.setValue(editor.slider.maximum())
    assert form.values()["ratio"] == 0.95
    assert editor.unit.text() == "= 95 %"
    editor.line.setText("0")
    assert editor.slider.value() == 0


def test_advanced_fields_are_folded_away_but_count(form: ParamForm, qtbot: QtBot) -> None:
    line = form.rows["steps"].editor
    assert not line.isVisible()
    qtbot.mouseClick(form.folds["Advanced"], Qt.MouseButton.LeftButton)
    assert line.isVisible()
    assert form.values()["steps"] is None
    form.rows["steps"].set_raw(0)
    assert form.errors()["steps"].startswith("Steps is 0")


def test_what_differs_is_open_until_somebody_chooses(qtbot: QtBot) -> None:
    """By mouse and keys, and back again where an empty editor is no value of its own."""
    names = ("ratio", "norm", "correct", "steps", "pattern")
    form = ParamForm([replace(s, field=replace(s.field, advanced=False)) for s in specs(Params)], differing=names)
    qtbot.addWidget(form)
    form.show()
    assert form.valid
    assert form.values() == {"multiple": 8, "rate": 1e-3}
    editors = {name: form.rows[name].editor for name in names}
    combo, check = editors["norm"], editors["correct"]
    assert isinstance(combo, QComboBox)
    assert isinstance(check, QCheckBox)
    assert (combo.currentText(), check.text()) == ("(different)", "(different)")
    qtbot.keyClick(combo, Qt.Key.Key_Down)
    spot = QPoint(8, check.height() // 2)
    wanted = [({"correct": True}, ""), ({"correct": False}, ""), ({}, "(different)")]
    for value, text in wanted:
        with qtbot.waitSignal(form.changed):
            qtbot.mouseClick(check, Qt.MouseButton.LeftButton, pos=spot)
        assert {k: v for k, v in form.values().items() if k == "correct"} == value
        assert check.text() == text
    for name, text in (("ratio", "0.5"), ("steps", "3")):
        editor = editors[name]
        assert isinstance(editor, NumberEdit)
        qtbot.keyClicks(editor.box, text)
    qtbot.keyClicks(editors["pattern"], "x")
    assert form.values() == {
        "ratio": 0.5, "multiple": 8, "norm": "l1", "rate": 1e-3, "steps": 3, "pattern": "x",
    }  # fmt: skip
    qtbot.keyClick(combo, Qt.Key.Key_Home)
    for name in ("ratio", "steps"):
        editor = editors[name]
        assert isinstance(editor, NumberEdit)
        editor.box.selectAll()
        qtbot.keyClick(editor.box, Qt.Key.Key_Delete)
    assert form.valid
    assert form.values() == {"multiple": 8, "rate": 1e-3, "steps": None, "pattern": "x"}, "no number of steps is one"
    form.set_values({"correct": True, "norm": "l2"})
    assert (form.values()["correct"], form.values()["norm"]) == (True, "l2")


def test_reset_brings_the_defaults_back(form: ParamForm) -> None:
    form.set_values({"ratio": 0.1, "correct": False, "norm": "l2", "pattern": "x"})
    form.reset()
    assert from_json(Params, form.values()) == Params()


def test_every_editor_has_a_name_for_screen_readers_and_a_label(form: ParamForm) -> None:
    for row in form.rows.values():
        assert row.editor.accessibleName() == row.spec.field.label
        assert row.label.buddy() is row.editor


@pytest.mark.parametrize(
    ("value", "text"), [(1e-3, "0.001"), (0.5, "0.5"), (1.0, "1"), (0.0, "0"), (1e-9, "1e-09"), (7, "7"), (None, "")]
)
def test_numbers_are_written_as_people_write_them(value: float | None, text: str) -> None:
    assert number_text(value) == text
