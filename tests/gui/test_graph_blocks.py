"""Blocks in the graph view as a user meets them: opened and closed in place by mouse and keyboard."""

from __future__ import annotations

import dataclasses

import onnx_ir as ir
import pytest
from onnx import helper
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from core.formats.open import open_model
from core.model.editing import WorkingCopy
from core.model.editing.layers import Bypass
from core.model.model import Model
from gui import theme
from gui.desk import Desk
from gui.graph_view import GraphView
from gui.graph_view.known import Known, known, remember
from gui.operations import files
from tests.conftest import network_path
from tests.gui.small_networks import small

LEFT, CTRL, SHIFT = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
NOTHING = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def resnet(view: GraphView) -> GraphView:
    view.set_model(open_model(network_path("resnet20")))
    return view


def corner(view: GraphView, path: str) -> QPoint:
    """The upper left corner of a block on the screen."""
    box = view.block_box(path)
    assert box is not None, f"{path} is not on the canvas"
    return view.mapFromScene(box.topLeft())


def title(view: GraphView, path: str) -> QPoint:
    """A place in the title of a block, right of its chevron."""
    return corner(view, path) + QPoint(50, 12)


def chevron(view: GraphView, path: str) -> QPoint:
    return corner(view, path) + QPoint(14, 12)


def see(view: GraphView, path: str) -> None:
    box = view.block_box(path)
    assert box is not None
    view.go(box.center().x(), box.top() + 100)


def test_a_small_graph_opens_with_its_blocks_open(resnet: GraphView) -> None:
    done = resnet.picture
    assert done is not None
    assert resnet.opened() == resnet.block_paths()
    assert [f.path for f in done.frames if f.depth == 1] == ["layer1", "layer2", "layer3"]
    frames = {frame.path: frame for frame in done.frames}
    assert frames["layer1.0"].title == "layer1.0"
    assert frames["layer1.1"].alike == (2, 3)
    for frame in done.frames:
        outer = frames.get(frame.path.rpartition(".")[0])
        assert outer is None or QRectF(*outer.box).contains(QRectF(*frame.box))


def test_double_click_on_the_title_closes_and_on_the_card_opens_and_the_place_stays(
    resnet: GraphView, qtbot: QtBot
) -> None:
    see(resnet, "layer2")
    before = corner(resnet, "layer2")
    qtbot.mouseDClick(resnet.viewport(), LEFT, NOTHING, title(resnet, "layer2"))
    assert "layer2" not in resnet.opened()
    assert resnet.picture is not None
    card = resnet.picture.cards[resnet.picture.blocks["layer2"]]
    assert (card.title, card.shape) == ("layer2", "24 layers")
    assert dict(card.rows)["holds"].startswith("6 Conv · 6 BatchNormalization")
    assert (corner(resnet, "layer2") - before).manhattanLength() <= 2
    qtbot.mouseDClick(resnet.viewport(), LEFT, NOTHING, title(resnet, "layer2"))
    assert "layer2" in resnet.opened()
    assert (corner(resnet, "layer2") - before).manhattanLength() <= 2
    assert resnet.picture.open_block("layer2.1") is not None, "what was open inside is open again"


def test_one_click_on_the_chevron_is_enough(resnet: GraphView, qtbot: QtBot) -> None:
    see(resnet, "layer1")
    for state in (False, True):
        qtbot.mouseClick(resnet.viewport(), LEFT, NOTHING, chevron(resnet, "layer1"))
        assert ("layer1" in resnet.opened()) is state
    qtbot.mouseClick(resnet.viewport(), LEFT, NOTHING, chevron(resnet, "layer1"))  # what Qt sends first
    qtbot.mouseDClick(resnet.viewport(), LEFT, NOTHING, chevron(resnet, "layer1"))
    assert "layer1" not in resnet.opened(), "a double click on it acts once"


def test_ctrl_double_click_takes_all_identical_blocks_along(resnet: GraphView, qtbot: QtBot) -> None:
    see(resnet, "layer3.1")
    assert resnet.alike("layer3.1") == ["layer3.1", "layer3.2"]
    qtbot.mouseDClick(resnet.viewport(), LEFT, CTRL, title(resnet, "layer3.1"))
    assert {"layer3.1", "layer3.2"}.isdisjoint(resnet.opened())
    assert "layer3.0" in resnet.opened()
    qtbot.mouseDClick(resnet.viewport(), LEFT, CTRL, title(resnet, "layer3.1"))
    assert {"layer3.1", "layer3.2"} <= set(resnet.opened())


def test_blocks_are_walked_to_and_opened_by_keyboard(resnet: GraphView, qtbot: QtBot) -> None:
    key = Qt.Key
    resnet.close_all()
    resnet.select(["/Relu"])
    qtbot.keyClick(resnet, key.Key_Down)
    assert resnet.selected_block() == "layer1"
    assert set(resnet.selected()) == {k for k in known_keys(resnet) if k.startswith("/layer1/")}
    assert "Closed block layer1" in resnet.accessibleDescription()
    qtbot.keyClick(resnet, key.Key_Return)
    assert resnet.opened() == ["layer1"]
    qtbot.keyClick(resnet, key.Key_Down)
    assert resnet.selected_block() == "layer1.0", "down leads into the open block"
    qtbot.keyClick(resnet, key.Key_Space)
    qtbot.keyClick(resnet, key.Key_Down)
    assert resnet.selected() == ["/layer1/layer1.0/conv1/Conv"]
    for path in ("layer1.0", "layer1"):
        qtbot.keyClick(resnet, key.Key_Up, CTRL)
        assert resnet.selected_block() == path, "Ctrl+Up leads out"
    qtbot.keyClick(resnet, key.Key_Space)
    assert resnet.opened() == ["layer1.0"]
    qtbot.keyClick(resnet, key.Key_Up)
    assert resnet.selected() == ["/Relu"]


def known_keys(view: GraphView) -> list[str]:
    sketcher = view._drafting._sketcher
    assert sketcher is not None
    return list(sketcher.whole.layers)


def test_a_layer_in_a_closed_block_marks_the_blocks_card_and_is_revealed(resnet: GraphView) -> None:
    key = "/layer3/layer3.1/conv2/Conv"
    resnet.close_all()
    resnet.select([key])
    assert resnet.picture is not None
    assert resnet.selected() == [key]
    assert resnet._shown.holding == {resnet.picture.blocks["layer3"]}
    resnet.reveal(key)
    assert resnet.opened() == ["layer3", "layer3.1"]
    box = QRectF(*resnet.picture.boxes[resnet.picture.index[key]])
    spot = resnet.mapFromScene(box.center()) - resnet.viewport().rect().center()
    assert abs(spot.y()) < 4
    assert resnet.viewport().rect().contains(resnet.mapFromScene(box).boundingRect())


def test_inputs_and_outputs_are_told_apart_through_the_borders_of_blocks(resnet: GraphView) -> None:
    done = resnet.picture
    assert done is not None
    resnet.select(["/layer1/layer1.0/Relu_1"])
    names = [card.key or card.block for card in done.cards]
    assert {names[k] for k in resnet._shown.outputs} == {"/layer1/layer1.1/conv1/Conv", "/layer1/layer1.1/Add"}
    resnet.close_block("layer1.1")
    done = resnet.picture
    assert done is not None
    assert {done.cards[k].block for k in resnet._shown.outputs} == {"layer1.1"}
    resnet.select_block("layer1.1")
    shown = resnet._shown
    assert {done.cards[k].key for k in shown.inputs} == {"/layer1/layer1.0/Relu_1"}
    assert len(shown.input_edges) == 1, "one tensor enters the closed block once"
    resnet.open_block("layer1.1")
    assert resnet._shown.frame == "layer1.1"
    assert len(resnet._shown.input_edges) == 2, "and is read twice inside"


def test_the_menu_opens_closes_and_flattens(desk: Desk, qtbot: QtBot) -> None:
    view = desk.window.graphs.view
    assert not desk.actions["blocks_open"].isEnabled()
    files.open_model_file(desk, network_path("resnet20"))
    qtbot.waitUntil(lambda: view.picture is not None, timeout=10_000)
    desk.actions["blocks_close"].trigger()
    assert view.opened() == []
    desk.state.select(["/layer2/layer2.0/conv1/Conv"])
    assert view.block_in_hand() == "layer2"
    desk.actions["block_toggle"].trigger()
    assert view.opened() == ["layer2"]
    assert not desk.actions["block_alike"].isEnabled() or len(view.alike(view.block_in_hand())) > 1
    desk.actions["blocks_open"].trigger()
    assert view.opened() == view.block_paths()
    desk.actions["blocks"].trigger()
    assert view.picture is not None
    assert view.picture.frames == ()
    assert not desk.settings.blocks
    assert not desk.actions["blocks_open"].isEnabled()
    desk.actions["blocks"].trigger()
    assert len(view.picture.frames) == 12
    assert desk.actions["blocks"].isChecked()


def repeated(blocks: int) -> Model:
    """A chain of named blocks of four layers each."""
    nodes, last = [], "x"
    for b in range(blocks):
        for k, operator in enumerate(("Relu", "Neg", "Abs", "Sqrt")):
            out = "y" if (b, k) == (blocks - 1, 3) else f"b{b}_{k}"
            nodes.append(helper.make_node(operator, [last], [out], f"stage.{b}.op{k}"))
            last = out
    return small(*nodes)


def edited(model: Model, whole: Known) -> Model:
    """A new model over the same graph, as the window shows after an edit, with what is known of it."""
    new = dataclasses.replace(model)
    fresh = known(dataclasses.replace(model))
    layers = {
        key: whole.layers[key] if key in whole.layers and whole.layers[key][1] == cost else (node, cost)
        for key, (node, cost) in fresh.layers.items()
    }
    remember(dataclasses.replace(fresh, model=new, layers=layers))
    return new


def test_an_edit_keeps_what_is_open_and_the_new_layer_joins_the_block_it_reads_from(view: GraphView) -> None:
    model = repeated(6)
    view.set_model(model)
    view.close_all()
    view.open_block("stage.2") if "stage.2" in view.block_paths() else view.open_block("2")
    path = view.opened()[-1]
    key = view._drafting.keys_in(path)[1]
    view.reveal(key)
    assert view.picture is not None
    before = view.mapFromScene(QPointF(*view.picture.boxes[view.picture.index[key]][:2]))
    cards = {card.key: card for card in view.picture.cards if card.key}
    node = next(n for n in model.nodes() if n.name == key)
    new = ir.Node("", "Tanh", [node.outputs[0]], name="new")
    reader = next(use.node for use in node.outputs[0].uses())
    new.outputs[0].name = "between"
    model.graph.graph.insert_after(node, new)
    reader.replace_input_with(0, new.outputs[0])
    view.set_model(edited(model, known(model)))
    done = view.picture
    assert done is not None
    assert view.opened()[-1] == path
    assert "new" in view._drafting.keys_in(path)
    assert done.around(done.index["new"])[0].path == path
    frame = done.open_block(path)
    assert frame is not None
    assert frame.layers == 5
    assert frame.alike == (0, 0), "it is like the others no more"
    other = next(p for p in view.block_paths() if p != path and len(view.alike(p)) > 1)
    assert path not in view.alike(other)
    after = view.mapFromScene(QPointF(*done.boxes[done.index[key]][:2]))
    assert (after - before).manhattanLength() <= 2, "the selected card stays where it is"
    same = [k for k in cards if k in done.index and done.cards[done.index[k]] is cards[k]]
    assert len(same) >= 2, "cards that did not change are the same objects"


def test_layers_that_cannot_run_are_red_also_on_the_card_of_a_closed_block(view: GraphView) -> None:
    model = repeated(3)
    view.set_model(model)
    whole = known(model)
    key = list(whole.layers)[5]
    new = dataclasses.replace(model)
    remember(dataclasses.replace(whole, model=new, wrong={key: "It reads nothing."}))
    view.set_model(new)
    done = view.picture
    assert done is not None
    x, y, width, _ = done.boxes[done.index[key]]
    view.go(x, y)
    spot = view.mapFromScene(QPointF(x + width - 7, y + 2))
    assert view.viewport().grab().toImage().pixelColor(spot) == QColor(theme.LIGHT.error)
    assert "It reads nothing." in view.tip_at(view.mapFromScene(QPointF(x + 20, y + 10)))
    view.close_all()
    done = view.picture
    assert done is not None
    (card,) = done.wrong
    assert done.cards[card].block
    assert key in done.wrong[card]


def test_blocks_that_an_edit_has_made_to_feed_each_other_are_divided_anew(view: GraphView) -> None:
    """Two parallel branches are blocks; one is then made to read from the other and back."""
    nodes = []
    for branch in "ab":
        last = "x"
        for k in range(4):
            nodes.append(helper.make_node("Relu", [last], [f"{branch}{k}"], f"{branch}.op{k}"))
            last = f"{branch}{k}"
    nodes.append(helper.make_node("Add", ["a3", "b3"], ["y"], "sum"))
    model = small(*nodes)
    view.set_model(model)
    assert view.block_paths() == ["a", "b"]
    view.close_all()
    by_name = {node.name: node for node in model.nodes()}
    by_name["b.op2"].replace_input_with(0, by_name["a.op1"].outputs[0])
    by_name["a.op3"].replace_input_with(0, by_name["b.op1"].outputs[0])
    model.graph.graph.sort()
    view.set_model(edited(model, known(model)))
    done = view.picture
    assert done is not None, view._message
    assert len(done.cards) > 0
    view.open_all()
    assert view.picture is not None
    assert {"a.op3", "b.op2"} <= set(view.picture.index)


def test_what_is_open_survives_another_revision_and_can_be_given_beforehand(view: GraphView) -> None:
    model = open_model(network_path("resnet20"))
    view.set_opened(["layer1", "layer1.2", "no such block"])
    view.set_model(model)
    assert view.opened() == ["layer1", "layer1.2"]
    view.set_model(model.clone())
    assert view.opened() == ["layer1", "layer1.2"]
    view.set_model(open_model(network_path("mobilenetv2")))
    assert view.opened() == view.block_paths(), "another small network opens with its blocks open"


def large() -> Model:
    """1,200 layers in 120 blocks."""
    nodes, last = [], "x"
    for b in range(120):
        for k in range(10):
            out = "y" if (b, k) == (119, 9) else f"v{b}_{k}"
            nodes.append(helper.make_node("Relu", [last], [out], f"block{b}.op{k}"))
            last = out
    return small(*nodes)


def test_a_large_graph_opens_closed_and_opens_beside_the_windows_thread(view: GraphView, qtbot: QtBot) -> None:
    model = large()
    with qtbot.waitSignal(view.ready, timeout=20_000):
        view.set_model(model)
        assert view.picture is None
    assert view.picture is not None
    assert view.opened() == []
    assert len(view.picture.cards) == 122
    sketcher = view._drafting._sketcher
    assert sketcher is not None
    assert not sketcher._layers, "no card of what is inside was made"
    with qtbot.waitSignal(view.ready, timeout=20_000):
        view.open_all()
        assert view.picture is not None, "the view can be used meanwhile"
    assert len(view.picture.cards) == 1202
    view.close_all()
    with qtbot.waitSignal(view.ready, timeout=20_000):
        view.reveal("block77.op5")
    assert view.opened() == ["block77"]
    assert view.selected() == ["block77.op5"]


def test_tips_of_blocks_say_what_is_inside(resnet: GraphView) -> None:
    see(resnet, "layer2")
    assert resnet.tip_at(title(resnet, "layer2")).splitlines() == ["layer2", "24 layers"]
    resnet.close_block("layer2")
    tip = resnet.tip_at(title(resnet, "layer2"))
    assert tip.startswith("layer2\nBlock of 24 layers")
    assert "6 × Conv" in tip


def test_a_working_copys_edit_is_shown_at_once(view: GraphView) -> None:
    """The real thing: an edit through core's working copy, with all that is known found out anew."""
    model = open_model(network_path("resnet20")).clone()
    view.set_model(model)
    assert view.picture is not None
    frames = [f.path for f in view.picture.frames]
    copy = WorkingCopy(model)
    copy.do(Bypass("/layer1/layer1.0/Relu"))
    view.set_model(dataclasses.replace(copy.model))
    assert view.picture is not None
    assert [f.path for f in view.picture.frames] == frames
    assert "/layer1/layer1.0/Relu" not in view.picture.index
    frame = view.picture.open_block("layer1.0")
    assert frame is not None
    assert frame.layers == 6
