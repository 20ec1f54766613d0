"""Locks and channel groups in the window: menus, the context menu, signs on the graph, the inspector's section."""

from __future__ import annotations

from itertools import pairwise

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu, QToolButton
from pytestqt.qtbot import QtBot

from core.methods.method import Method, load_methods
from core.model.model import is_locked, layer_name
from gui.act.dialog import MethodDialog
from gui.app_state import AppState
from gui.desk import Desk
from gui.editing.context_menu import ContextMenus
from gui.inspector.parts import Link
from gui.method_order import arranged, letter_of, with_letters
from gui.operations import pruning
from gui.pruning.couplings import Coupled, Couplings, Group, locked_by_user
from tests.gui.window_tools import dialog_of, settle

FIRST, LAST = "features.0.0/Conv", "features.1.conv.3/Conv"  # of the sample; they add up and live and die together


def _group(key: str, producers: tuple[str, ...], units: int = 8, **members: str) -> Group:
    reason = "" if units else "because"
    return Group(
        key, "channels", units, 8, 8 - units, producers, dict.fromkeys(producers, "produces") | members, reason
    )


def _locked(desk: Desk) -> list[str]:
    return [layer_name(n) for n in desk.state.model.nodes() if is_locked(n)]


def _rows(desk: Desk) -> list[str]:
    section = desk.window.inspector.page.sections["channels"]
    return [w.accessibleName() for w in section.findChildren(object) if hasattr(w, "accessibleName")]


# what is known of groups --------------------------------------------------------------------------------------------


def test_layers_of_one_group_are_coupled_and_keep_each_other_from_being_cut() -> None:
    groups = (_group("a", ("a", "b"), bn="carries", c="reads"), _group("c", ("c",)), _group("d", ("d",), units=0))
    known = Couplings(groups, {"a": (8, (0,)), "b": (8, (0,)), "sum": (16, (0, 1)), "c": (8, (1,)), "d": (8, (2,))})
    assert known.coupled(["a"]) == {"b", "sum"}
    assert known.coupled(["sum"]) == {"a", "b", "c"}
    assert known.coupled(["nothing"]) == frozenset()
    assert known.missing(["a"]) == ("b",)
    assert known.missing(["bn"]) == ("a", "b"), "what carries channels on cannot be cut without their makers"
    assert known.missing(["a", "b", "c", "d"]) == known.missing(["c"]) == ()
    assert known.locks() == {"d": "because"}


def test_groups_are_found_once_a_revision_and_forgotten_with_the_project(sample: Desk, qtbot: QtBot) -> None:
    coupled = pruning.coupled_of(sample)
    assert coupled.current is None, "nobody has asked"
    heard: list[Couplings] = []
    coupled.when_known(heard.append)
    coupled.want()
    assert len([j for j in sample.jobs.running if j.asked["task"] == "groups"]) == 1
    settle(sample, qtbot)
    assert heard == [coupled.current]
    assert [j.asked for j in sample.jobs.running] == []
    assert coupled.want() is heard[0]
    assert not sample.jobs.running
    sample.actions["close"].trigger()
    assert coupled.current is None
    assert isinstance(sample.state, AppState)
    assert isinstance(coupled, Coupled)


# locks --------------------------------------------------------------------------------------------------------------


def test_a_lock_by_the_context_menu_is_on_the_graph_and_in_the_preview_and_undone(sample: Desk, qtbot: QtBot) -> None:
    menus = next(k for k in sample.kept if isinstance(k, ContextMenus))
    menu = menus.menu(QPoint(0, 0), FIRST, "")
    entries = {a.text(): a for a in menu.actions()}
    assert "&Unlock channels" not in entries
    entries["Loc&k channels"].trigger()
    assert _locked(sample) == [FIRST]
    view = sample.window.graphs.view
    qtbot.waitUntil(lambda: view._channels is not None)
    assert view._channels.locks == {FIRST: "locked by you"}
    assert view._shown.channels.locked == {view.picture.index[FIRST]}
    assert locked_by_user(sample.state.model) == {FIRST}
    assert not sample.actions["lock"].isEnabled()
    assert sample.actions["lock"].toolTip() == "The channels are locked already."
    sample.actions["method.prune.channels"].trigger()
    qtbot.waitUntil(lambda: len(sample.state.revisions) == 2, timeout=60_000)
    settle(sample, qtbot)
    dialog = dialog_of(MethodDialog)
    before, after = view._channels.widths[FIRST]
    assert before == after == 16
    assert "locked by" in view._channels.locks[LAST], "it has to stay with the one it is added to"
    sample.state.select([FIRST])
    sample.actions["unlock"].trigger()
    assert not _locked(sample)
    qtbot.waitUntil(lambda: len(sample.state.revisions) == 3, timeout=60_000)
    settle(sample, qtbot)
    assert dialog.isVisible(), "an edit does not end the preview"
    assert LAST not in view._channels.locks
    dialog.scope.selected.setChecked(True)
    qtbot.waitUntil(lambda: dialog.scope.coupled.isVisible())
    dialog.reject()
    sample.actions["undo"].trigger()
    settle(sample, qtbot)
    assert _locked(sample) == [FIRST]


def test_several_layers_are_locked_and_unlocked_by_keys(sample: Desk, qtbot: QtBot) -> None:
    assert sample.actions["lock"].toolTip() == "No layer is selected."
    sample.state.select([FIRST, "classifier/Gemm"])
    sample.window.graphs.view.setFocus()
    qtbot.keyClick(sample.window.graphs.view, Qt.Key.Key_K, _CTRL | Qt.KeyboardModifier.ShiftModifier)
    assert _locked(sample) == [FIRST, "classifier/Gemm"]
    sample.actions["undo"].trigger()
    assert not _locked(sample), "one step to undo"
    sample.actions["redo"].trigger()
    assert _locked(sample) == [FIRST, "classifier/Gemm"]
    menus = next(k for k in sample.kept if isinstance(k, ContextMenus))
    sample.state.select([FIRST, LAST])
    texts = [a.text() for a in menus.menu(QPoint(0, 0), FIRST, "").actions()]
    assert {"Loc&k channels", "&Unlock channels"} <= set(texts), "one is locked, one is not"
    qtbot.keyClick(sample.window.graphs.view, Qt.Key.Key_U, _CTRL | Qt.KeyboardModifier.AltModifier)
    assert _locked(sample) == ["classifier/Gemm"]


_CTRL = Qt.KeyboardModifier.ControlModifier


def test_coupled_layers_are_shown_by_the_menu_and_selected_by_it(sample: Desk, qtbot: QtBot) -> None:
    view = sample.window.graphs.view
    sample.state.select([FIRST])
    sample.actions["show_coupled"].trigger()
    settle(sample, qtbot)
    assert LAST in view._channels.coupled
    assert "features.0.1/BatchNormalization" in view._channels.coupled
    assert sample.actions["show_coupled"].isChecked()
    sample.actions["select_coupled"].trigger()
    qtbot.waitUntil(lambda: len(sample.state.selected) > 5)
    assert sample.state.selected[0] == FIRST
    assert set(sample.state.selected) == {FIRST} | pruning.coupled_of(sample).current.coupled([FIRST])
    sample.actions["show_coupled"].trigger()
    assert view._channels is None


# the inspector ------------------------------------------------------------------------------------------------------


def test_the_inspector_tells_a_layer_s_group_and_locks_it(sample: Desk, qtbot: QtBot) -> None:
    inspector = sample.window.inspector
    sample.state.select([FIRST])
    inspector.page.sections["channels"].head.click()
    settle(sample, qtbot)
    section = inspector.page.sections["channels"]
    links = {link.accessibleName(): link for link in section.findChildren(Link)}
    assert f"makes its channels {LAST}" in links, list(links)
    assert "carries its channels on features.0.1/BatchNormalization" in links
    assert "channels: 16" in _rows(sample)
    lock = next(b for b in section.findChildren(QToolButton) if b.text() == "Lock")
    qtbot.mouseClick(lock, Qt.MouseButton.LeftButton)
    assert _locked(sample) == [FIRST]
    assert f"stay: locked by you at {FIRST}" in _rows(sample)
    section = inspector.page.sections["channels"]
    assert any(b.text() == "Unlock" for b in section.findChildren(QToolButton))
    sample.state.select(["classifier/Gemm"])
    settle(sample, qtbot)
    assert "stay: all: its channels are a graph output" in _rows(sample)
    sample.state.select([FIRST])
    link = next(w for w in inspector.page.sections["channels"].findChildren(Link) if LAST in w.accessibleName())
    qtbot.mouseClick(link, Qt.MouseButton.LeftButton)
    assert sample.state.selected == [LAST]


# menus --------------------------------------------------------------------------------------------------------------


def _method(key: str, menu: str) -> Method:
    return Method(key, key, menu, object, lambda model, values, ctx: None)


def test_methods_stand_in_sections_and_unknown_ones_at_the_end() -> None:
    found = arranged(
        _method(key, menu)
        for key, menu in (
            ("prune.zebra", "Prune"),
            ("prune.weights", "Prune"),
            ("prune.depth", "Prune"),
            ("prune.channels", "Prune"),
            ("quantize.b", "Quantize"),
            ("hidden", ""),
        )
    )
    keys = {menu: [[m.key for m in section] for section in sections] for menu, sections in found.items()}
    assert keys == {
        "Prune": [["prune.channels", "prune.depth"], ["prune.weights"], ["prune.zebra"]],
        "Quantize": [["quantize.b"]],
    }


@pytest.mark.parametrize(
    ("titles", "taken", "texts"),
    [
        (["Channels…", "Chase dogs…"], "", ["&Channels…", "Chase &dogs…"]),
        (["Channels…"], "ch", ["Ch&annels…"]),
        (["Ab", "Ab", "Ab"], "", ["&Ab", "A&b", "Ab"]),
    ],
)
def test_every_title_gets_a_letter_of_its_own(titles: list[str], taken: str, texts: list[str]) -> None:
    assert with_letters(titles, taken) == texts


def test_the_prune_menu_leads_from_cuts_to_masks_to_locks(sample: Desk) -> None:
    menu = next(m for m in sample.window.menuBar().findChildren(QMenu) if m.title() == "&Prune")
    shown = [a for a in menu.actions() if a.isVisible()]
    texts = [a.text().replace("&", "") for a in shown if not a.isSeparator()]
    assert texts[0] == "Channels…"
    assert texts.index("Sparsity by mask…") > texts.index("Channels…")
    assert texts[-4:-2] == ["Lock channels", "Unlock channels"]
    assert not shown[0].isSeparator()
    assert not any(a.isSeparator() and b.isSeparator() for a, b in pairwise(shown))
    for name in ("Prune", "Train"):
        for method in (m for m in load_methods() if m.menu == name):
            action = sample.actions[f"method.{method.key}"]
            assert letter_of(action.text()), method.key
            assert method.help[:20] in action.toolTip() or not action.isEnabled()
