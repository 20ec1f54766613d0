"""Layers that cannot run: how they are found, what is said of them, and repairs offered where they are looked for."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QMenu, QToolButton
from pytestqt.qtbot import QtBot

from core.model.editing.layers import Delete
from core.model.editing.names import SetAttribute
from gui.desk import Desk
from gui.editing.forms.attributes import AttributesForm
from gui.editing.forms.connecting import ConnectForm
from gui.editing.forms.operators import ReplaceForm
from gui.editing.forms.values import ValuesForm
from gui.graph_view.known import known
from tests.gui.editing_tools import CTRL, click_layer, enter, form, model_of, press, shown, typed, undone
from tests.gui.window_tools import settle

CONV, DEPTHWISE, ADD = "features.0.0/Conv", "features.1.conv.0.0/Conv", "features.1/Add"
ACTS = ("features.0.2/Clip", "features.1.conv.2/Clip")


def break_the_sum(desk: Desk, qtbot: QtBot) -> None:
    """One of the two branches that meet in the first Add is made half as wide."""
    model = model_of(desk)
    inside = [n.name for n in model.nodes() if n.op_type == "Conv" and (n.name or "").startswith("features.1.")]
    assert desk.editing.do(SetAttribute(inside[0] or "", "strides", [2, 2]))
    settle(desk, qtbot)


def wrong(desk: Desk) -> dict[str, str]:
    return dict(known(model_of(desk)).wrong)


def menu() -> QMenu:
    found = QApplication.activePopupWidget()
    assert isinstance(found, QMenu)
    return found


def test_f9_and_the_status_bar_lead_to_what_cannot_run(sample: Desk, qtbot: QtBot) -> None:
    assert not sample.actions["next_wrong"].isEnabled()
    break_the_sum(sample, qtbot)
    (key,) = wrong(sample)
    assert "1 layer cannot run" in sample.window.place.text()
    sample.state.select([])
    press(sample, qtbot, Qt.Key.Key_F9)
    assert sample.state.selected == [key]
    sample.state.select([])
    sample.window.place.linkActivated.emit("wrong")
    assert sample.state.selected == [key]
    view = sample.window.graphs.view
    assert view.picture is not None
    left, top, width, height = view.picture.boxes[view.picture.index[key]]
    assert view.viewport().rect().contains(view.mapFromScene(left + width / 2, top + height / 2))


def test_the_sentence_says_which_sizes_do_not_fit(sample: Desk, qtbot: QtBot) -> None:
    break_the_sum(sample, qtbot)
    (sentence,) = wrong(sample).values()
    assert " gets 1 x " in sentence.replace("batch", "1")
    assert sentence.endswith("which do not fit together.")


def test_the_inspector_offers_the_repair(sample: Desk, qtbot: QtBot) -> None:
    before = shown(sample)
    break_the_sum(sample, qtbot)
    press(sample, qtbot, Qt.Key.Key_F9)
    buttons = [b for part in sample.window.inspector.page.shown for b in part.findChildren(QToolButton)]
    link = next(b for b in buttons if b.text() == "Repair…")
    qtbot.mouseClick(link, Qt.MouseButton.LeftButton)
    assert any("back to [1, 1]" in a.text() for a in menu().actions())
    qtbot.keyClick(menu(), Qt.Key.Key_Return)
    settle(sample, qtbot)
    assert not wrong(sample)
    assert shown(sample) == before
    assert "cannot run" not in sample.window.place.text()


def test_a_graph_opened_unfinished_is_offered_repairs_by_key(sample: Desk, qtbot: QtBot) -> None:
    assert sample.editing.do(Delete(ACTS[0]))
    sample.editing.fold()
    settle(sample, qtbot)
    project = sample.state.project
    assert project is not None
    revision = project.current
    sample.state.show_revision(revision, project.model(revision.id))
    settle(sample, qtbot)
    press(sample, qtbot, Qt.Key.Key_F9)
    assert sample.actions["repair"].isEnabled()
    press(sample, qtbot, Qt.Key.Key_Period, CTRL)
    popup = QApplication.activePopupWidget()
    said = sample.window.messages.isVisible()
    assert popup is not None or said, "an offer, or a word that there is none"
    if popup is not None:
        popup.close()


def test_shapes_stay_on_the_cards_behind_a_wrong_layer(sample: Desk, qtbot: QtBot) -> None:
    """At once, and when the edits have become a revision."""

    def shapes() -> list[tuple[int | str, ...] | None]:
        whole = known(model_of(sample))
        return [whole.facts.shape(n.outputs[0]) for n in whole.nodes]

    before = [s for n, s in zip(model_of(sample).nodes(), shapes(), strict=True) if n.name != ACTS[0]]
    assert sample.editing.do(Delete(ACTS[0]))
    settle(sample, qtbot)
    assert shapes() == before
    sample.editing.fold()
    settle(sample, qtbot)
    assert wrong(sample)
    assert shapes() == before


def test_the_inspector_leads_to_attributes_and_values(sample: Desk, qtbot: QtBot) -> None:
    click_layer(sample, qtbot, CONV)
    page = sample.window.inspector.page
    for spoken, kind in (("attributes", AttributesForm), ("values of w", ValuesForm)):
        buttons = [b for part in page.shown for b in part.findChildren(QToolButton)]
        button = next(b for b in buttons if b.text() == "Edit…" and spoken in b.accessibleName().lower())
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        opened = form(kind)
        qtbot.keyClick(opened, Qt.Key.Key_Escape)


def test_several_layers_get_another_operator_in_one_step(sample: Desk, qtbot: QtBot) -> None:
    before = shown(sample)
    click_layer(sample, qtbot, ACTS[0])
    click_layer(sample, qtbot, ACTS[1], add=True)
    press(sample, qtbot, Qt.Key.Key_H, CTRL)
    opened = form(ReplaceForm)
    assert opened.windowTitle() == "Replace the operators of 2 layers"
    typed(qtbot, opened.list.search, "hardswish")
    enter(sample, qtbot)
    kinds = {n.name: n.op_type for n in model_of(sample).nodes()}
    assert [kinds[name] for name in ACTS] == ["HardSwish", "HardSwish"]
    assert sample.editing.pending == 1
    assert set(sample.state.selected) == set(ACTS)
    undone(sample, qtbot, before)


def test_names_of_tensors_are_completed_from_their_middle(sample: Desk, qtbot: QtBot) -> None:
    click_layer(sample, qtbot, ADD)
    press(sample, qtbot, Qt.Key.Key_L, CTRL)
    line = form(ConnectForm).tensor
    name = next(n for n in model_of(sample).nodes() if n.name == ACTS[0]).outputs[0].name or ""
    qtbot.keyClicks(line, name[1:-1])
    popup = line.completer().popup()
    assert popup.isVisible()
    qtbot.keyClick(popup, Qt.Key.Key_Down)
    qtbot.keyClick(popup, Qt.Key.Key_Return)
    assert line.text() == name
