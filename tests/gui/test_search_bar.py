"""The search bar by keyboard and mouse: results while typing, walking, selecting, and an edit in between."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from core.model.editing.names import RenameLayer
from gui.desk import Desk
from gui.operations import files
from gui.search.bar import SearchBar
from gui.search.results import LINE
from tests.conftest import network_path
from tests.gui.small_networks import chain
from tests.gui.window_tools import settle

CTRL, SHIFT, ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)


@pytest.fixture
def resnet(desk: Desk, qtbot: QtBot) -> Desk:
    files.open_model_file(desk, network_path("resnet20"))
    settle(desk, qtbot)
    desk.window.activateWindow()
    return desk


def bar_of(desk: Desk) -> SearchBar:
    return desk.window.graphs.search


def titles(bar: SearchBar) -> list[str]:
    lines = [bar.results.index(k).data(LINE) for k in range(bar.results.rowCount())]
    return [line.key or f"[{line.row.title}]" for line in lines]


def search(desk: Desk, qtbot: QtBot, text: str) -> SearchBar:
    qtbot.keyClick(desk.window, Qt.Key.Key_F, CTRL)
    bar = bar_of(desk)
    assert bar.isVisible()
    qtbot.waitUntil(lambda: bar._indexer.done, timeout=20_000)
    qtbot.keyClicks(bar.line, text)
    return bar


def test_results_come_while_typing_and_say_why(resnet: Desk, qtbot: QtBot) -> None:
    bar = search(resnet, qtbot, "stride")
    assert bar.hint.text() == "19 of 74 layers"
    qtbot.keyClicks(bar.line, " 2")
    assert bar.hint.text() == "2 of 74 layers"
    found = ["/layer2/layer2.0/conv1/Conv", "/layer3/layer3.0/conv1/Conv"]
    assert titles(bar) == found
    spoken = bar.results.index(0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "/layer2/layer2.0/conv1/Conv, Conv; attribute: strides = 2, 2"
    marked = resnet.window.graphs.view._shown.overlays
    assert marked is not None
    assert len(marked) == 2, "they are marked on the graph"
    qtbot.keyClicks(bar.line, "z")
    assert bar.hint.text().startswith("0 of 74 layers. No layer has all of these words.")
    assert not bar.list.isVisible()


def test_enter_f3_and_arrows_walk_also_when_closed_and_esc_gives_the_focus_back(resnet: Desk, qtbot: QtBot) -> None:
    bar, view = search(resnet, qtbot, "stride 2"), resnet.window.graphs.view
    first, second = titles(bar)
    qtbot.keyClick(bar.line, Qt.Key.Key_Return)
    assert resnet.state.selected == [first]
    assert view.picture is not None
    box = view.picture.boxes[view.picture.index[first]]
    spot = view.mapFromScene(box[0] + box[2] / 2, box[1] + box[3] / 2)
    assert view.viewport().rect().contains(spot), "it was brought into view"
    assert not bar.geometry().contains(spot), "and not below the bar"
    qtbot.keyClick(bar.line, Qt.Key.Key_Down)
    assert resnet.state.selected == [second]
    qtbot.keyClick(bar.line, Qt.Key.Key_Return, SHIFT)
    assert resnet.state.selected == [first]
    qtbot.keyClick(bar.line, Qt.Key.Key_Escape)
    assert not bar.isVisible()
    assert view.hasFocus()
    assert not view._shown.overlays
    qtbot.keyClick(resnet.window, Qt.Key.Key_F3)
    assert resnet.state.selected == [second]
    qtbot.keyClick(resnet.window, Qt.Key.Key_F3)
    assert resnet.state.selected == [first], "around the end"
    qtbot.keyClick(resnet.window, Qt.Key.Key_F3, SHIFT)
    assert resnet.state.selected == [second]
    assert not bar.isVisible()
    qtbot.keyClick(resnet.window, Qt.Key.Key_F, CTRL)
    assert bar.line.selectedText() == "stride 2", "ready to be typed over"


def test_without_a_search_f3_asks_for_one(resnet: Desk, qtbot: QtBot) -> None:
    resnet.window.tabs.setCurrentWidget(resnet.window.layers)
    qtbot.keyClick(resnet.window, Qt.Key.Key_F3)
    assert bar_of(resnet).isVisible()
    assert "stride 2" in bar_of(resnet).hint.text(), "an empty bar says what can be asked"


def test_select_all_by_button_and_by_key(resnet: Desk, qtbot: QtBot) -> None:
    bar = search(resnet, qtbot, "op:BatchNormalization")
    qtbot.mouseClick(bar.all_button, Qt.MouseButton.LeftButton)
    assert len(resnet.state.selected) == 19
    bar.line.selectAll()
    qtbot.keyClicks(bar.line, "op:Conv")
    qtbot.keyClick(bar.line, Qt.Key.Key_Return, ALT)
    assert len(resnet.state.selected) == 19
    assert all("/Conv" in key for key in resnet.state.selected)


def test_chips_narrow_the_search(resnet: Desk, qtbot: QtBot) -> None:
    bar = search(resnet, qtbot, "add")
    every = bar.keys()
    qtbot.mouseClick(bar.chips["op"], Qt.MouseButton.LeftButton)
    assert bar.hint.text() == "9 of 74 layers"
    qtbot.mouseClick(bar.chips["shape"], Qt.MouseButton.LeftButton)
    assert bar.hint.text().startswith("0 of 74")
    assert not bar.chips["op"].isChecked()
    qtbot.mouseClick(bar.chips["shape"], Qt.MouseButton.LeftButton)
    assert bar.keys() == every


def test_clicks_choose_results_and_fold_blocks(resnet: Desk, qtbot: QtBot) -> None:
    bar = search(resnet, qtbot, "layer2 op:conv")
    rows = titles(bar)
    assert rows[:2] == ["[layer2]", "[0]"]
    click(bar, 2, qtbot)
    assert resnet.state.selected == [rows[2]]
    click(bar, 0, qtbot)
    assert titles(bar) == ["[layer2]"]
    assert "folded" in bar.results.index(0).data(Qt.ItemDataRole.AccessibleTextRole)
    click(bar, 0, qtbot)
    assert titles(bar) == rows


def click(bar: SearchBar, row: int, qtbot: QtBot) -> None:
    spot = bar.list.visualRect(bar.results.index(row)).center()
    qtbot.mouseClick(bar.list.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(spot))


def test_the_list_by_keyboard(resnet: Desk, qtbot: QtBot) -> None:
    bar = search(resnet, qtbot, "layer2 op:conv")
    rows = titles(bar)
    bar.list.setFocus()
    bar.list.setCurrentIndex(bar.results.index(2))
    qtbot.keyClick(bar.list, Qt.Key.Key_Return)
    assert resnet.state.selected == [rows[2]]
    qtbot.keyClick(bar.list, Qt.Key.Key_Left)
    assert bar.list.currentIndex().row() == 1, "to the block"
    qtbot.keyClick(bar.list, Qt.Key.Key_Left)
    assert len(titles(bar)) < len(rows)
    qtbot.keyClick(bar.list, Qt.Key.Key_Right)
    assert titles(bar) == rows
    qtbot.keyClick(bar.list, Qt.Key.Key_Escape)
    assert not bar.isVisible()


def test_another_model_is_searched_anew_and_none_closes_the_bar(resnet: Desk, qtbot: QtBot, tmp_path: Path) -> None:
    bar = search(resnet, qtbot, "op:conv")
    assert bar.hint.text() == "19 of 74 layers"
    files.open_model_file(resnet, network_path("squeezenet"))
    settle(resnet, qtbot)
    qtbot.waitUntil(lambda: bar._indexer.done, timeout=20_000)
    assert bar.hint.text() == "26 of 65 layers"
    files.close_project(resnet)
    assert not bar.isVisible()


def test_a_large_graph_is_read_in_slices_and_found_meanwhile(qtbot: QtBot, desk: Desk) -> None:
    bar = bar_of(desk)
    desk.window.show_project(True)
    desk.window.graphs.set_model(chain(3000), "")
    bar.open()
    bar.line.setText("name:n2999")
    seen: list[str] = []
    bar._indexer.grew.connect(lambda: seen.append(bar.hint.text()))
    qtbot.waitUntil(lambda: bar.hint.text() == "1 of 3,000 layers", timeout=20_000)
    assert bar.keys() == ["n2999"]
    assert bar.results.rowCount() == 1
    bar.line.setText("relu")
    assert bar.hint.text() == "3,000 of 3,000 layers"
    assert bar.results.rowCount() == 200, "rows are made as far as they are looked at"
    desk.window.graphs.set_model(None, "")
    assert not bar.isVisible()


def test_a_choice_opens_the_blocks_around_it_and_closed_ones_are_marked(resnet: Desk, qtbot: QtBot) -> None:
    view = resnet.window.graphs.view
    view.close_all()
    qtbot.waitUntil(lambda: view.picture is not None and "layer2" in view.picture.blocks)
    bar = search(resnet, qtbot, "stride 2")
    assert view.picture is not None
    assert set(view._shown.overlays or {}) == {view.picture.blocks["layer2"], view.picture.blocks["layer3"]}
    qtbot.keyClick(bar.line, Qt.Key.Key_Return)
    key = "/layer2/layer2.0/conv1/Conv"
    qtbot.waitUntil(lambda: view.picture is not None and key in view.picture.index)
    assert view.selected() == [key]

    def free() -> bool:
        assert view.picture is not None
        x, y, w, h = view.picture.boxes[view.picture.index[key]]
        spot = view.mapFromScene(x + w / 2, y + h / 2)
        return view.viewport().rect().contains(spot) and not bar.geometry().contains(spot)

    qtbot.waitUntil(free)
    assert "layer3" in view.picture.blocks, "the others stay closed"


def test_an_edit_is_found_at_once_and_what_it_took_away_is_not(resnet: Desk, qtbot: QtBot) -> None:
    bar = search(resnet, qtbot, "name:layer1.0/conv1")
    assert bar.keys() == ["/layer1/layer1.0/conv1/Conv"]
    assert resnet.editing.do(RenameLayer("/layer1/layer1.0/conv1/Conv", "first_of_all"))
    qtbot.waitUntil(lambda: bar._indexer.done and bar.keys() == [])
    bar.line.clear()
    qtbot.keyClicks(bar.line, "first_of")
    assert bar.keys() == ["first_of_all"]
    qtbot.keyClick(bar.line, Qt.Key.Key_Return)
    assert resnet.state.selected == ["first_of_all"]
    resnet.editing.undo()
    qtbot.waitUntil(lambda: bar._indexer.done and bar.keys() == [])
