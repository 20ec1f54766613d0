"""The command palette by keyboard and mouse, and how letters are matched with names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from gui.desk import Desk
from gui.operations.commanding import palette_of
from gui.palette.commands import Command, Places, rank_places
from gui.palette.fuzzy import fit
from gui.palette.view import Palette
from tests.timing import processor_seconds

CTRL = Qt.KeyboardModifier.ControlModifier
_NAMES = st.text(alphabet="abcF gi-/.É", max_size=12)


def opened(desk: Desk, qtbot: QtBot, text: str = "") -> Palette:
    desk.window.activateWindow()
    qtbot.keyClick(desk.window, Qt.Key.Key_K, CTRL)
    palette = palette_of(desk)
    assert palette.isVisible()
    assert palette.line.hasFocus()
    qtbot.keyClicks(palette.line, text)
    return palette


def rows(palette: Palette) -> list[str]:
    model = palette.list.model()
    return [str(model.index(k, 0).data(Qt.ItemDataRole.AccessibleTextRole)) for k in range(model.rowCount())]


def test_runs_an_act_by_a_few_letters_and_gives_the_focus_back(sample: Desk, qtbot: QtBot) -> None:
    sample.window.graphs.view.setFocus()
    before = sample.window.graphs.view.zoom()
    palette = opened(sample, qtbot, "zo in")
    assert rows(palette)[0] == "Zoom in, View, Ctrl++"
    qtbot.keyClick(palette.line, Qt.Key.Key_Return)
    assert not palette.isVisible()
    assert sample.window.graphs.view.zoom() > before
    assert sample.window.graphs.view.hasFocus()


def test_every_entry_of_every_menu_is_there(sample: Desk, qtbot: QtBot) -> None:
    palette = opened(sample, qtbot)
    keys = {command.key for command in palette._commands}
    shown = {key for key, action in sample.actions.items() if action.isVisible()}
    assert shown <= keys
    assert any(r.startswith("Revisions, View › Panels") for r in rows(palette))
    assert any("File › Recent projects" in r for r in rows(palette))


def test_what_cannot_act_says_why_and_does_not(sample: Desk, qtbot: QtBot) -> None:
    palette = opened(sample, qtbot, "undo")
    assert rows(palette)[0].startswith("Undo, Edit")
    assert palette.note.text() == "This is the first revision."
    qtbot.keyClick(palette.line, Qt.Key.Key_Return)
    assert palette.isVisible(), "it stays open: nothing was done"


def test_what_was_run_lately_stands_first(sample: Desk, qtbot: QtBot) -> None:
    qtbot.keyClick(opened(sample, qtbot, "fit width").line, Qt.Key.Key_Return)
    qtbot.keyClick(opened(sample, qtbot, "dark").line, Qt.Key.Key_Return)
    palette = opened(sample, qtbot)
    assert rows(palette)[0].startswith("Dark, View")
    assert rows(palette)[1].startswith("Fit width, View")
    assert sample.settings.recent_acts == ["look_dark", "fit_width"]
    assert sample.settings.look == "dark"


def test_arrows_move_around_the_ends_and_escape_closes(sample: Desk, qtbot: QtBot) -> None:
    palette = opened(sample, qtbot, "zoom")
    count = len(rows(palette))
    qtbot.keyClick(palette.line, Qt.Key.Key_Up)
    assert palette.list.currentIndex().row() == count - 1
    qtbot.keyClick(palette.line, Qt.Key.Key_Down)
    assert palette.list.currentIndex().row() == 0
    qtbot.keyClick(palette.line, Qt.Key.Key_PageDown)
    assert palette.list.currentIndex().row() == count - 1
    qtbot.keyClick(palette.line, Qt.Key.Key_Escape)
    assert not palette.isVisible()


def test_a_click_runs_and_a_click_elsewhere_closes(sample: Desk, qtbot: QtBot) -> None:
    palette = opened(sample, qtbot, "layers tab")
    spot = palette.list.visualRect(palette.list.model().index(0, 0)).center()
    qtbot.mouseClick(palette.list.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    assert sample.window.tabs.currentWidget() is sample.window.layers
    palette = opened(sample, qtbot)
    sample.window.layers.table.setFocus(Qt.FocusReason.MouseFocusReason)
    assert not palette.isVisible()
    assert sample.window.layers.table.hasFocus()


def test_at_goes_to_a_layer(sample: Desk, qtbot: QtBot) -> None:
    palette = opened(sample, qtbot, "@features.3 conv.3")
    name = rows(palette)[0].split(", ")[0]
    assert name.startswith("features.3.conv.3")
    qtbot.keyClick(palette.line, Qt.Key.Key_Return)
    assert sample.state.selected == [name]
    palette = opened(sample, qtbot, "@nothing like it")
    assert palette.note.text() == "No layer or block is called that."


def test_words_on_what_to_do_where_nothing_fits(desk: Desk, qtbot: QtBot) -> None:
    palette = opened(desk, qtbot, "xyzzy")
    assert "Try another word" in palette.note.text()
    assert not palette.list.isVisible()


def test_tooltips_tell_the_shortcut(sample: Desk) -> None:
    assert sample.actions["fit"].toolTip() == "Fit graph (Ctrl+0)"
    assert sample.actions["new"].toolTip() == "New from reference network… (Ctrl+N)\nMobileNet, ResNet, ViT and others."
    assert sample.actions["undo"].toolTip() == "This is the first revision."
    for action in sample.actions.values():
        if action.isEnabled() and not action.shortcut().isEmpty():
            assert f"({action.shortcut().toString()})" in action.toolTip()


@given(_NAMES, _NAMES)
def test_what_fits_holds_the_letters_in_order(query: str, name: str) -> None:
    letters = iter(name.lower())
    holds = all(c in letters for c in "".join(query.lower().split()))
    found = fit(query, name)
    assert (found is not None) == holds
    if found is not None:
        marked = "".join(name[s : s + n] for s, n in found.spans).lower()
        assert "".join(marked.split()) == "".join(query.lower().split())


@pytest.mark.parametrize(
    ("query", "better", "worse"),
    [
        ("fit", "Fit graph", "Profit"),
        ("fg", "Fit graph", "Configure"),
        ("zoom", "Zoom in", "Zoom of something much longer"),
        ("layers tab", "Layers tab", "Layers and their tab"),
        ("f3c", "features.3.conv", "features.1.other3.cov"),
    ],
)
def test_the_better_fit_comes_first(query: str, better: str, worse: str) -> None:
    first, second = fit(query, better), fit(query, worse)
    assert first is not None
    assert second is None or first.score > second.score


def test_ten_thousand_layers_are_ranked_while_one_types() -> None:
    names = [f"/features.{k}/conv.{k % 7}/Conv" for k in range(10_000)]
    places = Places(names, lambda k: Command(f"@{k}", names[k], "Conv", lambda: None))

    for query in ("c", "conv", "f99c", "9999"):
        assert rank_places(query, places)
        assert processor_seconds(lambda query=query: rank_places(query, places), 3) < 0.1
    assert rank_places("features.77 conv", places)[0].command.title == "/features.77/conv.0/Conv"


def test_at_goes_to_a_block(sample: Desk, qtbot: QtBot) -> None:
    palette = opened(sample, qtbot, "@features.2")
    assert rows(palette)[0] == "features.2, Block"
    qtbot.keyClick(palette.line, Qt.Key.Key_Return)
    assert sample.window.graphs.view.selected_block() == "features.2"
