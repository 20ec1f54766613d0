"""Tensors on the graph: their words beside the edges and in tooltips, and following them by keyboard alone."""

from __future__ import annotations

import onnx_ir as ir
from onnx import TensorProto, helper
from PySide6.QtCore import QPoint, QPointF, Qt
from pytestqt.qtbot import QtBot

from benchmarks.synthetic_graphs import cnn
from core.formats.open import open_model
from core.model.model import Model
from gui.desk import Desk
from gui.graph_view import GraphView, tensors
from gui.operations import helping
from tests.conftest import network_path
from tests.gui.small_networks import chain, small

RIGHT, LEFT = Qt.Key.Key_BracketRight, Qt.Key.Key_BracketLeft
FOLLOW, SHIFT = Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier


def forked() -> Model:
    """x -> a -> {b, c} -> Add d -> y; b's output is int64."""
    return small(
        helper.make_node("Relu", ["x"], ["va"], "a"),
        helper.make_node("Neg", ["va"], ["vb"], "b"),
        helper.make_node("Cast", ["va"], ["vi"], "c", to=TensorProto.INT64),
        helper.make_node("Cast", ["vi"], ["vc"], "e", to=TensorProto.FLOAT),
        helper.make_node("Add", ["vb", "vc"], ["y"], "d"),
    )


def between(view: GraphView, tensor: str) -> QPoint:
    """A point of the viewport on the edge of a tensor, just below its source."""
    assert view.picture is not None
    (x, y), (_, lower) = view.picture.place.routes[view.picture.tensors[tensor][0]][:2]
    return view.mapFromScene(QPointF(x, max(y + 4, lower)))


def test_an_edge_says_its_type_only_where_it_is_unusual(view: GraphView) -> None:
    view.set_model(forked())
    assert view.picture is not None
    labels = {edge.name: edge.label for edge in view.picture.edges}
    assert labels["va"] == "1×4"
    assert labels["vi"] == "1×4 int64"
    assert "1×4 int64" in [label.text for label in view.picture.labels]


def test_the_tooltip_of_an_edge_tells_all_of_its_tensor(view: GraphView) -> None:
    view.set_model(forked())
    assert view.tip_at(between(view, "va")) == "va\nfloat32 1×4\nfrom Relu a\nto Cast c\nto Neg b"
    assert view.tip_at(between(view, "x")) == "x\nfloat32 1×4\nfrom x\nto Relu a"
    assert view.tip_at(QPoint(3, 3)) == ""


def test_a_tooltip_of_a_tensor_with_many_readers_stays_short(view: GraphView) -> None:
    readers = [helper.make_node("Relu", ["x"], [f"v{k}"], f"n{k}") for k in range(7)]
    view.set_model(small(*readers, outputs=tuple(f"v{k}" for k in range(7))))
    assert view.picture is not None
    lines = tensors.described(view.picture, "x").splitlines()
    assert lines[-1] == "and 3 more"
    assert len(lines) == 8
    assert tensors.described(view.picture, "unknown") == tensors.in_brief(view.picture, "unknown") == ""


def test_brackets_go_round_the_outputs_and_inputs_of_the_layer(view: GraphView, qtbot: QtBot) -> None:
    view.set_model(forked())
    view.select(["d"])
    heard: list[str] = []
    view.tensor_selected.connect(heard.append)
    for _ in range(4):
        qtbot.keyClick(view, RIGHT)
    assert heard == ["y", "vb", "vc", "y"]
    qtbot.keyClick(view, LEFT)
    assert view.selected_tensor() == "vc"
    assert view.selected() == ["d"], "the layer stays"


def test_a_tensor_is_followed_to_each_reader_and_back_to_its_maker(view: GraphView, qtbot: QtBot) -> None:
    view.set_model(forked())
    view.select(["a"])
    qtbot.keyClick(view, RIGHT)
    assert view.selected_tensor() == "va"
    reached = []
    for _ in range(3):
        qtbot.keyClick(view, FOLLOW)
        reached += view.selected()
    assert reached == ["c", "b", "c"], "from left to right"
    qtbot.keyClick(view, FOLLOW, SHIFT)
    assert view.selected() == ["a"]
    assert view.selected_tensor() == "va"
    assert view.accessibleDescription().startswith("Selected: a")


def test_the_whole_network_is_walked_along_its_tensors_without_a_mouse(view: GraphView, qtbot: QtBot) -> None:
    view.set_model(chain(40))
    path = []
    qtbot.keyClick(view, RIGHT)  # nothing is selected: begin at the input
    for _ in range(41):
        path.append(view.selected_tensor())
        qtbot.keyClick(view, FOLLOW)
        qtbot.keyClick(view, RIGHT)
    assert path == ["x", *(f"v{k}" for k in range(40))]
    assert view.selected() == [], "the output of the graph is no layer"
    assert view.picture is not None
    left, top, width, height = view.picture.boxes[-1]
    assert view.viewport().rect().contains(view.mapFromScene(QPointF(left + width / 2, top + height / 2)))


def test_the_chosen_tensor_is_seen_told_and_let_go_before_the_layers(view: GraphView, qtbot: QtBot) -> None:
    view.set_model(forked())
    view.select(["a"])
    spot = between(view, "va")
    plain = view.viewport().grab().toImage().pixelColor(spot)
    qtbot.keyClick(view, RIGHT)
    assert view.accessibleDescription() == "Tensor va, float32 1×4, from Relu to 2 layers"
    marked = view.viewport().grab().toImage().pixelColor(spot)
    assert marked != plain
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert (view.selected_tensor(), view.selected()) == ("", ["a"])
    assert view.accessibleDescription() == "Selected: a"
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert view.selected() == []


def test_keys_do_nothing_where_there_is_nothing_to_follow(view: GraphView, qtbot: QtBot) -> None:
    qtbot.keyClick(view, RIGHT)
    qtbot.keyClick(view, FOLLOW)
    view.set_model(chain(3))
    qtbot.keyClick(view, FOLLOW)
    assert (view.selected(), view.selected_tensor()) == ([], "")


def test_every_tensor_of_a_real_network_has_a_type(view: GraphView) -> None:
    view.set_model(open_model(network_path("resnet20")))
    assert view.picture is not None
    assert all(edge.dtype for edge in view.picture.edges)


def test_help_lists_the_keys_of_the_graph(desk: Desk) -> None:
    dialog = helping.ShortcutDialog(list(desk.actions.values()), desk)
    shown = {dialog.table.item(r, 0).text(): dialog.table.item(r, 1).text() for r in range(dialog.table.rowCount())}
    assert shown["Graph: follow the tensor back to the layer that makes it"] == "Shift+Enter"


def test_a_tensor_leads_into_and_out_of_closed_blocks(view: GraphView, qtbot: QtBot) -> None:
    view.set_model(Model.from_ir(ir.from_proto(cnn(60))))
    view.close_all()
    qtbot.keyClick(view, RIGHT)
    assert view.selected_tensor() == "image"
    assert view.picture is not None
    closed = [card.block for card in view.picture.cards if card.block]
    visited = []
    for _ in closed:
        qtbot.keyClick(view, FOLLOW)
        visited.append(view.selected_block())
        qtbot.keyClick(view, RIGHT)
    assert visited == closed, "every closed block is a station"
    qtbot.keyClick(view, LEFT)
    qtbot.keyClick(view, FOLLOW, SHIFT)
    assert view.selected_block() == (closed[-2] if len(closed) > 1 else "")
    assert view.opened() == [], "following opens nothing"
