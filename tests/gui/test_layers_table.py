"""The layers table: the same layers as the graph, sortable and filterable, and in step with the graph both ways."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from pytestqt.qtbot import QtBot

from core.formats.open import open_model
from core.measure.cost import cost
from gui.graph_view import GraphView
from gui.graph_view.known import known
from gui.graph_view.model_work import IN_THREAD
from gui.layers_table import LayersTable
from gui.layers_table.columns import COLUMNS
from tests.conftest import FIVE, network_path
from tests.gui.small_networks import chain

NAME, OPERATOR, OUTPUT, PARAMS, MACS, BYTES, BLOCK, TYPE = range(len(COLUMNS))


@pytest.fixture
def table(qtbot: QtBot) -> LayersTable:
    made = LayersTable()
    qtbot.addWidget(made)
    made.resize(900, 500)
    made.show()
    return made


def column(table: LayersTable, which: int) -> list[str]:
    shown = table.table.model()
    return [shown.index(row, which).data() for row in range(shown.rowCount())]


def press(table: LayersTable, row: int) -> None:
    """What a click on a row does."""
    flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
    table.table.selectionModel().setCurrentIndex(table.table.model().index(row, 0), flags)


@pytest.mark.parametrize("key", FIVE)
def test_the_rows_are_the_cards_and_add_up_to_the_model(table: LayersTable, qtbot: QtBot, key: str) -> None:
    model = open_model(network_path(key))
    table.set_model(model)
    view = GraphView()
    qtbot.addWidget(view)
    view.set_model(model)
    assert view._picture is not None
    assert column(table, NAME) == list(known(model).layers)
    assert set(column(table, NAME)) == set(view._picture.index)
    assert sum(int(t.replace(",", "")) for t in column(table, PARAMS) if t) == cost(model).params


def test_shapes_and_figures_of_a_known_layer(table: LayersTable) -> None:
    table.set_model(open_model(network_path("mobilenetv2")))
    first = [table.table.model().index(0, c).data() for c in range(len(COLUMNS))]
    assert first[1:4] == ["Conv", "1×32×112×112", "896"]
    assert first[MACS] == "10.8 M"  # 32 · 112 · 112 · 3 · 3 · 3 = 10,838,016
    tip = table.table.model().index(0, MACS).data(Qt.ItemDataRole.ToolTipRole)
    assert "10,838,016" in tip
    assert "estimated" in tip


def test_sorts_numbers_as_numbers_and_shapes_by_size(table: LayersTable) -> None:
    table.set_model(open_model(network_path("squeezenet")))
    order = column(table, NAME)
    table.table.sortByColumn(PARAMS, Qt.SortOrder.DescendingOrder)
    sizes = [int(t.replace(",", "") or 0) for t in column(table, PARAMS)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > sizes[5] > 0
    table.table.sortByColumn(OUTPUT, Qt.SortOrder.AscendingOrder)
    assert column(table, OUTPUT)[0] in ("1×1000", "1×1000×1×1")
    table.table.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
    assert column(table, NAME) == order


def test_the_filter_finds_names_and_operators(table: LayersTable, qtbot: QtBot) -> None:
    table.set_model(open_model(network_path("resnet20")))
    every = len(column(table, NAME))
    qtbot.keyClicks(table.filter, "batchnorm")
    assert set(column(table, OPERATOR)) == {"BatchNormalization"}
    assert table.count.text() == f"19 of {every} layers"
    table.filter.setText("layer3.2/conv2")
    assert column(table, NAME) == ["/layer3/layer3.2/conv2/Conv"]
    table.filter.clear()
    assert table.count.text() == f"{every} layers"


def test_in_step_with_the_graph_both_ways_without_an_echo(table: LayersTable, qtbot: QtBot) -> None:
    model = open_model(network_path("resnet20"))
    view = GraphView()
    qtbot.addWidget(view)
    view.set_model(model)
    table.set_model(model)
    table.selection_changed.connect(view.select)
    view.selection_changed.connect(table.select)
    heard: list[list[str]] = []
    view.selection_changed.connect(heard.append)
    press(table, 4)
    chosen = table.selected()
    assert len(chosen) == 1
    assert view.selected() == chosen
    view.select(["/layer2/layer2.0/conv1/Conv", "/layer2/layer2.0/conv2/Conv"])
    assert table.selected() == view.selected()
    assert heard == [chosen, view.selected()], "one announcement per act"


def test_the_keyboard_alone_moves_and_activates(table: LayersTable, qtbot: QtBot) -> None:
    table.set_model(open_model(network_path("squeezenet")))
    press(table, 0)
    heard: list[list[str]] = []
    table.selection_changed.connect(heard.append)
    qtbot.keyClick(table.table, Qt.Key.Key_Down)
    qtbot.keyClick(table.table, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert heard == [["/features/features.1/Relu"], ["/features/features.1/Relu", "/features/features.2/MaxPool"]]
    with qtbot.waitSignal(table.activated) as pressed:
        qtbot.keyClick(table.table, Qt.Key.Key_Return)
    assert pressed.args == ["/features/features.2/MaxPool"]
    assert table.table.accessibleName()
    assert table.filter.accessibleName()


def test_filtering_does_not_tell_the_graph_that_the_selection_is_gone(table: LayersTable) -> None:
    table.set_model(open_model(network_path("squeezenet")))
    press(table, 0)
    heard: list[list[str]] = []
    table.selection_changed.connect(heard.append)
    table.filter.setText("maxpool")
    assert heard == []


def test_a_new_revision_keeps_the_selection_and_no_model_empties_the_table(table: LayersTable) -> None:
    model = open_model(network_path("squeezenet"))
    table.set_model(model)
    press(table, 3)
    chosen = table.selected()
    table.set_model(model.clone())
    assert table.selected() == chosen
    table.set_model(None)
    assert column(table, NAME) == []
    assert table.count.text() == ""


def test_a_large_model_is_counted_beside_the_window_and_keeps_the_selection(table: LayersTable, qtbot: QtBot) -> None:
    table.set_model(chain(IN_THREAD + 1))
    assert column(table, NAME) == []
    table.select(["n1000"])
    qtbot.waitUntil(lambda: len(column(table, NAME)) == IN_THREAD + 1, timeout=20_000)
    assert table.selected() == ["n1000"]
