"""The graph view as a user meets it: what stands on the cards, what a click, a key and the wheel do."""

from __future__ import annotations

import onnx_ir as ir
import pytest
from onnx import TensorProto, helper
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QContextMenuEvent, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.formats.open import open_model
from core.model.model import Model
from gui import theme
from gui.graph_view import GraphView
from gui.graph_view.known import known, layer_keys
from gui.graph_view.model_work import IN_THREAD
from gui.graph_view.navigation import LEAST
from tests.conftest import FIVE, network_path
from tests.gui.small_networks import chain, small


def centre(view: GraphView, key: str) -> QPoint:
    assert view._picture is not None
    x, y, width, height = view._picture.boxes[view._picture.index[key]]
    return view.mapFromScene(QPointF(x + width / 2, y + height / 2))


def pixel(view: GraphView, spot: QPoint) -> QColor:
    return view.viewport().grab().toImage().pixelColor(spot)


def cards(view: GraphView) -> dict[str, tuple[tuple[str, str], ...]]:
    assert view._picture is not None
    return {card.key: card.rows for card in view._picture.cards if card.key}


@pytest.mark.parametrize("key", FIVE)
def test_every_layer_is_a_connected_card_and_constants_are_not(view: GraphView, key: str) -> None:
    model = open_model(network_path(key))
    view.set_model(model)
    done = view._picture
    assert done is not None
    used = {n.name for n in model.nodes() if n.op_type not in ("Constant", "ConstantOfShape")}
    assert set(done.index) <= used
    assert {n.name for n in model.nodes() if n.op_type == "Conv"} <= set(done.index)
    ends = 0
    for k, card in enumerate(done.cards):
        if card.key:
            assert done.incoming.get(k), f"nothing leads to {card.key}"
            assert done.outgoing.get(k), f"nothing leads away from {card.key}"
        else:
            ends += 1
    assert ends == len(model.inputs) + len(model.output_names)


def test_a_card_says_what_matters(view: GraphView) -> None:
    view.set_model(open_model(network_path("mobilenetv2")))
    said = cards(view)
    assert said["/features/features.0/features.0.0/Conv"] == (
        ("kernel", "3×3 · stride 2"),
        ("weights", "32×3×3×3"),
        ("params", "896"),
    )
    assert said["/features/features.1/conv/conv.0/conv.0.0/Conv"][0] == ("kernel", "3×3 · depthwise")
    assert said["/features/features.0/features.0.1/Clip"] == (("range", "0 … 6"),)


def test_opens_at_full_size_on_the_input_even_when_resized(view: GraphView) -> None:
    assert view._message.startswith("Open a model")
    view.set_model(open_model(network_path("resnet20")))
    view.resize(700, 500)
    assert view.zoom() == 1.0
    assert view._picture is not None
    x, y, width, _ = view._picture.boxes[0]
    top = view.mapFromScene(QPointF(x + width / 2, y))
    assert 0 <= top.y() < 60
    assert abs(top.x() - view.viewport().width() / 2) < 12
    view.set_model(None)
    assert view._message.startswith("Open a model")


def test_click_selects_ctrl_click_adds_and_the_ground_clears(view: GraphView, qtbot: QtBot) -> None:
    view.set_model(chain(4))
    heard: list[list[str]] = []
    view.selection_changed.connect(heard.append)
    left, ctrl = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier
    qtbot.mouseClick(view.viewport(), left, pos=centre(view, "n1"))
    qtbot.mouseClick(view.viewport(), left, ctrl, pos=centre(view, "n3"))
    qtbot.mouseClick(view.viewport(), left, ctrl, pos=centre(view, "n1"))
    qtbot.mouseClick(view.viewport(), left, pos=QPoint(5, 5))
    assert heard == [["n1"], ["n1", "n3"], ["n3"], []]


def test_inputs_and_outputs_of_the_selection_are_told_apart(view: GraphView) -> None:
    view.set_model(open_model(network_path("resnet20")))
    assert view._picture is not None
    view.select(["/layer1/layer1.0/Add"])
    names = [card.key for card in view._picture.cards]
    shown = view._shown
    assert {names[k] for k in shown.inputs} == {"/layer1/layer1.0/bn2/BatchNormalization", "/Relu"}
    assert {names[k] for k in shown.outputs} == {"/layer1/layer1.0/Relu_1"}
    assert len(shown.input_edges) == 2


def test_arrow_keys_walk_the_trunk(view: GraphView, qtbot: QtBot) -> None:
    view.set_model(open_model(network_path("squeezenet")))
    key = Qt.Key
    seen = []
    for press in (key.Key_Down, key.Key_Down, key.Key_Down, key.Key_Up):
        qtbot.keyClick(view, press)
        seen.append(view.selected()[0].rsplit("/", 1)[-1])
    assert seen == ["Conv", "Relu", "MaxPool", "Relu"]
    view.select(["/features/features.3/expand1x1/Conv"])
    qtbot.keyClick(view, key.Key_Right)
    assert view.selected() == ["/features/features.3/expand3x3/Conv"]
    qtbot.keyClick(view, key.Key_Left)
    assert view.selected() == ["/features/features.3/expand1x1/Conv"]
    qtbot.keyClick(view, key.Key_Escape)
    assert view.selected() == []


def test_select_ignores_what_is_not_there_and_brings_the_layer_into_view(view: GraphView) -> None:
    model = open_model(network_path("mobilenetv2"))
    view.set_model(model)
    last = list(known(model).layers)[-1]
    view.select(["no such layer", last])
    assert view.selected() == [last]
    assert view.viewport().rect().contains(centre(view, last))


def test_a_drag_pans_and_selects_nothing(view: GraphView, qtbot: QtBot) -> None:
    view.set_model(chain(40))
    before, start = centre(view, "n5"), centre(view, "n3")
    qtbot.mousePress(view.viewport(), Qt.MouseButton.LeftButton, pos=start)
    for k in range(1, 9):
        qtbot.mouseMove(view.viewport(), start - QPoint(0, 15 * k))
    qtbot.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, pos=start - QPoint(0, 120))
    assert centre(view, "n5").y() == before.y() - 120
    assert view.selected() == []


def test_the_wheel_zooms_around_the_pointer(view: GraphView) -> None:
    view.set_model(chain(60))
    view.select(["n30"])
    spot = QPointF(450, 350)
    under = view.mapToScene(spot.toPoint())
    turn = QWheelEvent(
        spot, spot, QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton, Qt.KeyboardModifier.ControlModifier,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view.viewport(), turn)
    assert view.zoom() == pytest.approx(1.2)
    moved = view.mapToScene(spot.toPoint()) - under
    assert abs(moved.y()) < 1.5
    for _ in range(60):
        view.zoom_out()
    assert view.zoom() == pytest.approx(LEAST), "never a hair"
    view.zoom_100()
    assert view.zoom() == 1.0


@pytest.mark.parametrize("name", ["light", "dark"])
def test_painted_in_the_colours_of_the_theme_at_every_distance(view: GraphView, qapp: QApplication, name: str) -> None:
    chosen = theme.apply_theme(qapp, name)  # type: ignore[arg-type]
    view.set_model(chain(12))
    assert pixel(view, QPoint(4, 4)) == QColor(chosen.canvas)
    for zoom in (1.0, 0.45, 0.2):
        view.set_zoom(zoom)
        view.centerOn(view.mapToScene(centre(view, "n6")))
        spot = centre(view, "n6") - QPoint(int(98 * zoom), 0)  # beside the title
        assert pixel(view, spot) == QColor(chosen.categories["activation"]), f"at {zoom}"


def test_an_unknown_operator_is_drawn_with_a_mark(view: GraphView) -> None:
    odd = helper.make_node("Wobble", ["x"], ["a"], "odd", domain="com.example")
    view.set_model(small(odd, helper.make_node("Relu", ["a"], ["y"], "fine")))
    assert view._picture is not None
    badges = {view._picture.cards[k].key: text for k, text in view._picture.badges.items()}
    assert list(badges) == ["odd"]
    assert badges["odd"] in view.tip_at(centre(view, "odd"))
    assert "⚠" not in view.tip_at(centre(view, "fine"))
    x, y, width, _ = view._picture.boxes[view._picture.index["odd"]]
    assert pixel(view, view.mapFromScene(QPointF(x + width - 7, y + 2))) == QColor("#e3a008")


def test_what_a_branch_reads_from_outside_is_connected(view: GraphView) -> None:
    then = helper.make_graph(
        [helper.make_node("Neg", ["a"], ["t"])],
        "then",
        [],
        [helper.make_tensor_value_info("t", TensorProto.FLOAT, None)],
    )
    other = helper.make_graph(
        [helper.make_node("Abs", ["x"], ["e"])],
        "else",
        [],
        [helper.make_tensor_value_info("e", TensorProto.FLOAT, None)],
    )
    yes = helper.make_node("IsNaN", ["x"], ["n"], "ask")
    view.set_model(
        small(
            helper.make_node("Relu", ["x"], ["a"], "outer"),
            yes,
            helper.make_node("ReduceMax", ["n"], ["c"], "any", keepdims=0),
            helper.make_node("If", ["c"], ["y"], "choice", then_branch=then, else_branch=other),
        )
    )
    done = view._picture
    assert done is not None
    sources = {done.cards[done.edges[e].source].title for e in done.incoming[done.index["choice"]]}
    assert sources == {"ReduceMax", "Relu", "x"}


def test_a_model_of_open_size_is_drawn_with_the_shapes_the_file_has(view: GraphView) -> None:
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 3, "height", "width"])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"], "r")], "open", [x], [y])
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    view.set_model(Model.from_ir(ir.from_proto(proto)))
    assert view._picture is not None
    assert view._picture.cards[0].shape == "batch×3×height×width"
    assert "r" in cards(view)


def test_weights_behind_quantization_belong_to_their_layer_and_a_pair_says_its_scale_once(view: GraphView) -> None:
    node = helper.make_node
    steps = [
        node("QuantizeLinear", ["x", "s", "z"], ["xq"], "quantize"),
        node("DequantizeLinear", ["xq", "s", "z"], ["xd"], "dequantize"),
        node("DequantizeLinear", ["wq", "s", "z"], ["w"], "weight"),
        node("MatMul", ["xd", "w"], ["y"], "product"),
    ]
    stored = [
        helper.make_tensor("s", TensorProto.FLOAT, [], [0.5]),
        helper.make_tensor("z", TensorProto.INT8, [], [-2]),
        helper.make_tensor("wq", TensorProto.INT8, [4, 3], list(range(12))),
    ]
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, d]) for n, d in (("x", 4), ("y", 3))]
    graph = helper.make_graph(steps, "quantized", ends[:1], ends[1:], stored)
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    view.set_model(Model.from_ir(ir.from_proto(proto)))
    assert cards(view) == {
        "quantize": (("scale", "0.5 · zero −2"),),
        "dequantize": (),
        "product": (("weights", "4×3 · int8"), ("params", "12")),
    }


def test_layers_without_a_name_of_their_own_can_still_be_selected(view: GraphView) -> None:
    nodes = [helper.make_node("Relu", ["x"], ["a"]), helper.make_node("Relu", ["a"], ["b"], "twin")]
    model = small(*nodes, helper.make_node("Relu", ["b"], ["y"], "twin"))
    keys = layer_keys(model)
    assert len(set(keys)) == 3
    view.set_model(model)
    view.select(keys)
    assert view.selected() == keys


def test_views_side_by_side_are_independent(view: GraphView, qtbot: QtBot) -> None:
    other = GraphView()
    qtbot.addWidget(other)
    view.set_model(chain(3))
    other.set_model(chain(5))
    view.select(["n1"])
    other.select(["n4"])
    assert (view.selected(), other.selected()) == (["n1"], ["n4"])


def test_a_large_graph_is_laid_out_beside_the_window(view: GraphView, qtbot: QtBot) -> None:
    large = chain(IN_THREAD + 200)
    with qtbot.waitSignal(view.ready, timeout=20_000):
        view.set_model(large)
        assert view._picture is None, "set_model did not wait"
        view.select(["n700", "unknown"])
    assert len(cards(view)) == IN_THREAD + 200
    assert view.selected() == ["n700"], "what was chosen meanwhile is kept"
    with qtbot.waitSignal(view.ready, timeout=20_000):
        view.set_model(chain(IN_THREAD + 1))
        view.set_model(chain(3))
    qtbot.wait(50)
    assert len(cards(view)) == 3, "the model asked for last is the one shown"


def test_the_selection_and_the_place_survive_a_new_revision(view: GraphView) -> None:
    model = open_model(network_path("squeezenet"))
    view.set_model(model)
    key = "/features/features.6/expand3x3/Conv"
    view.select([key])
    before = centre(view, key)
    view.set_model(model.clone())
    assert view.selected() == [key]
    assert (centre(view, key) - before).manhattanLength() <= 4


def test_an_overlay_tints_its_layers_until_it_is_taken_away(view: GraphView) -> None:
    view.set_model(chain(3))
    assert view._picture is not None
    x, y, _, height = view._picture.boxes[view._picture.index["n1"]]
    beside = view.mapFromScene(QPointF(x - 4, y + height / 2))
    view.set_overlay({"n1": "good", "unknown": "good"})
    assert pixel(view, beside) != QColor(theme.LIGHT.canvas)
    view.set_overlay(None)
    assert pixel(view, beside) == QColor(theme.LIGHT.canvas)


def test_an_edge_can_be_chosen_and_its_whole_tensor_is_marked(view: GraphView, qtbot: QtBot) -> None:
    view.set_model(open_model(network_path("resnet20")))
    assert view._picture is not None
    heard: list[str] = []
    view.tensor_selected.connect(heard.append)
    edges = view._picture.outgoing[view._picture.index["/Relu"]]
    (x0, _y0), (x1, y1) = view._picture.place.routes[edges[0]][:2]
    spot = view.mapFromScene(QPointF((x0 + x1) / 2, y1 + 4))
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    name = view._picture.edges[edges[0]].name
    assert heard == [name] == [view.selected_tensor()]
    assert view._shown.tensor_edges == {view._picture.ends[k] for k in edges}
    assert len(edges) == 2
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert heard[-1] == view.selected_tensor() == ""


def test_the_menu_is_asked_for_what_is_under_the_pointer(view: GraphView) -> None:
    view.set_model(chain(4))
    heard: list[tuple[str, str]] = []
    view.menu_requested.connect(lambda _where, key, tensor: heard.append((key, tensor)))
    between = (centre(view, "n1") + centre(view, "n2")) / 2
    for spot in (centre(view, "n1"), between, QPoint(3, 3)):
        QApplication.sendEvent(view.viewport(), QContextMenuEvent(QContextMenuEvent.Reason.Mouse, spot, QPoint()))
    view.select(["n2"])
    QApplication.sendEvent(view.viewport(), QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(), QPoint()))
    assert heard == [("n1", ""), ("", "v1"), ("", ""), ("n2", "")]


def test_every_change_of_what_is_seen_is_told(view: GraphView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(view.picture_changed):
        view.set_model(chain(60))
    for act in (view.zoom_in, view.fit, view.go_to_input, lambda: view.verticalScrollBar().setValue(300)):
        with qtbot.waitSignal(view.viewport_moved):
            act()
