"""The layers table in the window: for keyboards and screen readers, its columns, and what an edit costs it."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from core.formats.open import open_model
from gui.desk import Desk
from gui.graph_view.known import known
from gui.layers_table import LayersTable
from gui.layers_table.columns import COLUMNS
from gui.layers_table.table_model import spans
from gui.operations.timing import colouring_of
from gui.settings import Settings
from tests.conftest import network_path
from tests.gui.small_networks import chain
from tests.gui.window_tools import settle
from tests.timing import processor_seconds


@pytest.fixture
def layers(sample: Desk, qtbot: QtBot) -> LayersTable:
    """The table of the sample, looked at, with the keyboard in it."""
    sample.window.activateWindow()
    qtbot.keyClick(sample.window, Qt.Key.Key_2, Qt.KeyboardModifier.AltModifier)
    assert sample.window.layers.table.hasFocus()
    return sample.window.layers


def column(table: LayersTable, key: str) -> list[str]:
    section = next(k for k, c in enumerate(table._rows.columns) if c.key == key)
    return [table._rows.index(row, section).data() for row in range(table._rows.rowCount())]


def test_typing_ahead_and_enter_go_to_a_layer_of_the_graph(sample: Desk, layers: LayersTable, qtbot: QtBot) -> None:
    qtbot.keyClicks(layers.table, "conv.6")
    assert layers.selected() == ["features.2.conv.6/Conv"]
    qtbot.keyClick(layers.table, Qt.Key.Key_Return)
    assert sample.window.tabs.currentWidget() is sample.window.graphs
    view = sample.window.graphs.view
    assert view.selected() == ["features.2.conv.6/Conv"]
    assert view.hasFocus()
    assert view.picture is not None
    x, y, w, h = view.picture.boxes[view.picture.index["features.2.conv.6/Conv"]]
    assert view.viewport().rect().contains(view.mapFromScene(x + w / 2, y + h / 2))


def test_the_same_letter_again_goes_on(layers: LayersTable, qtbot: QtBot) -> None:
    qtbot.keyClick(layers.table, Qt.Key.Key_A)
    first = layers.selected()
    qtbot.keyClick(layers.table, Qt.Key.Key_A)
    assert layers.selected() != first


def test_cells_are_understood_without_their_headers(layers: LayersTable) -> None:
    def spoken(section: int) -> str:
        return str(layers._rows.index(0, section).data(Qt.ItemDataRole.AccessibleTextRole))

    assert [spoken(k) for k in range(6)] == [
        "features.0.0/Conv, Conv",
        "Operator Conv",
        "Output 1×16×16×16",
        "Params 160",
        "MACs 36.9 k",
        "Weights 640 B",
    ]
    described = layers._rows.index(0, 3).data(Qt.ItemDataRole.AccessibleDescriptionRole)
    assert described == "160 parameters, estimated from the graph."


def popup(qtbot: QtBot) -> QMenu:
    qtbot.waitUntil(lambda: isinstance(QApplication.activePopupWidget(), QMenu))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    return menu


def press_entry(qtbot: QtBot, menu: QMenu, text: str) -> None:
    action = next(a for a in menu.actions() if a.text() == text)
    qtbot.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(action).center())


def test_columns_are_chosen_and_remembered(sample: Desk, layers: LayersTable, qtbot: QtBot) -> None:
    assert layers.table.isColumnHidden(6), "blocks are asked for"
    qtbot.mouseClick(layers.columns_button, Qt.MouseButton.LeftButton)
    press_entry(qtbot, popup(qtbot), "Block")
    assert not layers.table.isColumnHidden(6)
    assert column(layers, "block")[3] == "features › 1 › conv › 0"
    header = layers.table.horizontalHeader()
    header.customContextMenuRequested.emit(header.rect().center())
    press_entry(qtbot, popup(qtbot), "Output")
    assert layers.table.isColumnHidden(2)
    again = Settings(Path(sample.settings._store.fileName()))
    assert again.layer_columns == ["name", "operator", "params", "macs", "weights", "block"]


def test_a_column_colours_the_graph(sample: Desk, layers: LayersTable, qtbot: QtBot) -> None:
    header = layers.table.horizontalHeader()
    section = next(k for k, c in enumerate(COLUMNS) if c.key == "macs")
    spot = header.rect().center()
    spot.setX(header.sectionViewportPosition(section) + 4)
    header.customContextMenuRequested.emit(spot)
    press_entry(qtbot, popup(qtbot), "Colour the graph by MACs")
    assert colouring_of(sample).chosen == "macs"
    assert sample.window.graphs.view._shown.heat


def test_the_figure_that_colours_the_graph_has_a_column_to_sort_by(
    sample: Desk, layers: LayersTable, qtbot: QtBot
) -> None:
    colouring = colouring_of(sample)
    colouring.choose("activation_bytes")
    assert layers._rows.title(len(COLUMNS)) == "Activation bytes"
    assert column(layers, "figure")[0] == "16.4 kB"
    layers.table.sortByColumn(len(COLUMNS), Qt.SortOrder.DescendingOrder)
    assert colouring.figure is not None
    values = [colouring.figure.values[key] for key in layers._rows.keys]
    assert values == sorted(values, reverse=True)
    tip = layers._rows.index(0, len(COLUMNS)).data(Qt.ItemDataRole.ToolTipRole)
    assert "Estimated from the graph" in tip
    colouring.choose("sparsity")
    settle(sample, qtbot)
    assert layers._rows.title(len(COLUMNS)) == "Sparsity"
    assert layers._rows.columnCount() == len(COLUMNS) + 1
    layers.table.setColumnHidden(4, True)
    colouring.choose("macs")
    assert layers._rows.columnCount() == len(COLUMNS), "there is one for it already"
    assert not layers.table.isColumnHidden(4)


def test_a_filter_and_the_place_are_kept_when_the_model_is_edited(qtbot: QtBot) -> None:
    table = LayersTable()
    qtbot.addWidget(table)
    table.resize(700, 300)
    table.show()
    model = open_model(network_path("resnet20"))
    table.set_model(model)
    qtbot.keyClicks(table.filter, "relu")
    table.table.selectRow(12)
    table.table.scrollToBottom()
    before = table.table.verticalScrollBar().value(), table.selected(), list(table._rows.keys)
    heard: list[list[str]] = []
    table.selection_changed.connect(heard.append)
    table.set_model(model.clone())
    assert (table.table.verticalScrollBar().value(), table.selected(), table._rows.keys) == before
    assert heard == []
    assert table.filter.text() == "relu"
    table.filter.clear()
    assert table.selected() == before[1]


def test_nothing_is_counted_while_nobody_looks(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    table = LayersTable()
    qtbot.addWidget(table)
    model = open_model(network_path("resnet20"))
    table.set_model(model)
    table.select(["/Relu"])
    assert table._rows.every == 0
    table.show()
    assert table._rows.every == len(known(model).layers)
    assert table.selected() == ["/Relu"]


def test_ten_thousand_rows_sort_filter_and_are_selected_in_no_time(qtbot: QtBot) -> None:
    table = LayersTable()
    qtbot.addWidget(table)
    table.show()
    table.set_model(chain(10_000))
    qtbot.waitUntil(lambda: table._rows.every == 10_000, timeout=60_000)

    names = [f"n{k}" for k in range(10_000)]
    acts = (
        lambda: table.table.sortByColumn(0, Qt.SortOrder.DescendingOrder),
        lambda: table.table.sortByColumn(4, Qt.SortOrder.AscendingOrder),
        lambda: (table.filter.setText("n99"), table.filter.clear()),
        lambda: (table.select([]), table.select(names)),
    )
    for act in acts:
        assert processor_seconds(act, 3) < 0.25
    assert len(table.selected()) == 10_000


def test_runs_of_rows_are_single_ranges() -> None:
    assert spans([1, 2, 3, 7, 9, 10]) == [(1, 3), (7, 7), (9, 10)]
    assert spans([]) == []
