"""The window without a mouse and without eyes: every place is reached by keys, and everything there has a name."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QListView, QMenu, QRadioButton, QWidget
from pytestqt.qtbot import QtBot

from core.methods.method import load_methods
from gui import focus
from gui.charts.line_chart import LineChart, Style
from gui.desk import Desk
from gui.jobs.unfinished_row import Interrupted
from gui.operations import act, creating
from tests.gui.dialog_tools import every_dialog


def panel_of(desk: Desk) -> str:
    """Where the keyboard is: a panel's key, or "middle"."""
    here = desk.window.focusWidget()
    assert here is not None
    return next((key for key, dock in desk.window.docks.items() if dock.isAncestorOf(here)), "middle")


def test_ctrl_tab_goes_through_every_panel_and_back(sample: Desk, qtbot: QtBot) -> None:
    window = sample.window
    window.activateWindow()
    focus.enter(window.graphs)
    seen = []
    for _ in range(1 + len(window.docks)):
        seen.append(panel_of(sample))
        QTest.keyClick(window, Qt.Key.Key_Tab, Qt.KeyboardModifier.ControlModifier)
    assert seen == ["middle", *window.docks]
    assert panel_of(sample) == "middle"
    QTest.keyClick(window, Qt.Key.Key_Tab, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert panel_of(sample) == list(window.docks)[-1]


def test_a_panel_gives_the_keyboard_back_to_what_had_it(sample: Desk) -> None:
    window = sample.window
    window.compare.copy_button.setFocus()
    window.tabs.setCurrentWidget(window.compare)
    window.compare.copy_button.setFocus()
    focus.step(window, 1)
    assert panel_of(sample) != "middle"
    focus.step(window, -1)
    assert window.focusWidget() is window.compare.copy_button


def test_a_hidden_panel_is_passed_by(sample: Desk) -> None:
    window = sample.window
    window.docks["Data"].hide()
    focus.enter(window.docks["Revisions"])
    focus.step(window, 1)
    assert panel_of(sample) == "Inspector"


def test_the_title_of_the_panel_with_the_keyboard_is_coloured(sample: Desk, qtbot: QtBot) -> None:
    window = sample.window
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    focus.enter(window.docks["Data"])
    assert active(sample) == ["Data"]
    focus.step(window, 1)
    assert active(sample) == ["Inspector"]
    focus.enter(window.graphs)
    assert active(sample) == []
    assert window.tabs.tabBar().property("active")


def active(desk: Desk) -> list[str]:
    return [key for key, dock in desk.window.docks.items() if dock.property("active")]


def test_every_panel_is_reached_while_nothing_is_open(desk: Desk) -> None:
    assert focus.enter(desk.window.start)


def interactive(top: QWidget) -> Iterator[QWidget]:
    """All that can have the keyboard; the list a combo box opens is the combo box's."""
    for one in top.findChildren(QWidget):
        inner = isinstance(one, QListView) and one.parent() is not None and isinstance(one.parent().parent(), QComboBox)
        shown = one.isVisibleTo(top) and one.focusPolicy() != Qt.FocusPolicy.NoFocus
        if shown and one.focusProxy() is None and not inner:
            yield one


def nameless(top: QWidget) -> list[str]:
    found = []
    for one in interactive(top):
        told = QAccessible.queryAccessibleInterface(one)
        if told is None or not told.text(QAccessible.Text.Name):
            found.append(" < ".join(type(w).__name__ for w in line_up(one)))
    return sorted(set(found))


def line_up(one: QWidget) -> Iterator[QWidget]:
    above: QWidget | None = one
    while above is not None:
        yield above
        above = above.parentWidget()


def test_everything_in_the_window_has_a_name(sample: Desk) -> None:
    assert nameless(sample.window) == []


def test_dialogs_have_names_and_tab_reaches_all_of_them(
    sample: Desk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key, dialog in every_dialog(sample, qtbot, monkeypatch):
        assert nameless(dialog) == [], key
        seen: list[QWidget] = []
        while (here := dialog.focusWidget()) is not None and (here not in seen or here is seen[-1]):
            seen.append(here)  # a text with links keeps the keyboard until its last link
            QTest.keyClick(here, Qt.Key.Key_Tab)
        missed = {w for w in focus.reachable(dialog) if not isinstance(w, QRadioButton)} - set(seen)
        assert not missed, f"{key}: Tab does not reach {missed}"


@pytest.mark.parametrize("key", ["prune.magnitude", "tune.finetune"])
def test_tab_walks_a_form_downwards(sample: Desk, qtbot: QtBot, key: str) -> None:
    dialog = act.make_dialog(sample, load_methods().get(key))
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitExposed(dialog)
    walked = [w for w in focus.reachable(dialog) if w.parentWidget() is not dialog.buttons]
    middles = [w.mapTo(dialog, w.rect().center()).y() for w in walked]
    assert len(middles) > 5
    assert all(below > above - 10 for above, below in pairwise(middles))


def letters(menu: QMenu) -> list[str]:
    texts = [a.text().replace("&&", "") for a in menu.actions() if a.isVisible()]
    return [t.partition("&")[2][:1].lower() for t in texts if "&" in t]


def all_menus(desk: Desk) -> Iterator[tuple[str, QMenu]]:
    for menu in desk.window.menuBar().findChildren(QMenu):
        yield menu.title(), menu


def test_no_letter_stands_twice_in_a_menu(sample: Desk) -> None:
    bar = [a.text().partition("&")[2][:1].lower() for a in sample.window.menuBar().actions() if a.isVisible()]
    assert len(bar) == len(set(bar)), bar
    twice = {t: sorted({x for x in found if found.count(x) > 1}) for t, m in all_menus(sample) if (found := letters(m))}
    assert not {title: found for title, found in twice.items() if found}


def test_the_buttons_of_an_interrupted_training_are_reached_from_the_list(sample: Desk, tmp_path: Path) -> None:
    panel = sample.window.jobs
    panel.set_interrupted([Interrupted(tmp_path / "a", "Train from scratch", 5, 10, 0.0)])
    panel.list.setFocus()
    seen = []
    for _ in range(4):
        QTest.keyClick(sample.window.focusWidget(), Qt.Key.Key_Tab)
        seen.append(sample.window.focusWidget().accessibleName())
    assert {"Resume Train from scratch", "Discard Train from scratch"} <= set(seen), seen


def test_curves_tell_their_last_values(qtbot: QtBot) -> None:
    chart = LineChart(Style("Loss", "", "epoch"))
    qtbot.addWidget(chart)
    chart.resize(300, 150)
    chart.show()
    chart.add("loss", 1, 0.5)
    plain = chart.grab().toImage()
    chart.setFocus(Qt.FocusReason.TabFocusReason)
    told = QAccessible.queryAccessibleInterface(chart)
    assert told.text(QAccessible.Text.Name) == "Loss curves"
    assert told.text(QAccessible.Text.Description) == "loss: 0.500"
    chart.activateWindow()
    qtbot.waitUntil(chart.hasFocus)
    assert chart.grab().toImage() != plain, "the focus is seen"


def test_tab_walks_the_form_of_a_reference_network_where_it_stands(sample: Desk, qtbot: QtBot) -> None:
    dialog = creating.make_dialog(sample, "mobilenetv2")
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitExposed(dialog)
    walked = list(focus.reachable(dialog))
    editors = [row.editor.focusProxy() or row.editor for row in dialog.form.rows.values()]
    places = [walked.index(one) for one in (dialog.details.counts, *editors, dialog.weights.seeded)]
    assert places == sorted(places)
