"""The inspector's pages for several layers, a block and a tensor; going from one to the next; nothing jumps."""

from __future__ import annotations

from collections import Counter

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from core.formats.open import open_model
from core.measure.cost import cost
from core.model.blocks import find_blocks
from core.model.model import Model
from gui import theme
from gui.desk import Desk
from gui.graph_view.known import known, layer_keys
from gui.inspector import Inspector
from gui.inspector.parts import Chip, Elided, Link
from gui.operations import files
from tests.conftest import network_path
from tests.gui.window_tools import settle
from tests.timing import processor_seconds


@pytest.fixture
def inspector(qtbot: QtBot) -> Inspector:
    made = Inspector()
    qtbot.addWidget(made)
    made.resize(300, 600)
    made.show()
    return made


@pytest.fixture(scope="module")
def resnet() -> Model:
    return open_model(network_path("resnet20"))


def found(inspector: Inspector, kind: type) -> list:
    return [w for part in inspector.page.shown for w in part.findChildren(kind)]


def texts(inspector: Inspector) -> list[str]:
    return [w.accessibleName() or w.text() for w in found(inspector, QLabel)]


def link(inspector: Inspector, start: str) -> Link:
    return next(w for w in found(inspector, Link) if w.full.startswith(start))


def test_several_layers_are_added_up_and_listed_by_operator(inspector: Inspector, resnet: Model) -> None:
    inspector.set_model(resnet)
    layers = known(resnet).layers
    keys = [k for k, (n, _) in layers.items() if n.op_type in ("Conv", "Relu")][:9]
    inspector.set_selection(keys)
    convolutions = [c for k in keys if (c := layers[k][1]).operator == "Conv"]
    told = texts(inspector)
    assert f"Conv, layers: {len(convolutions)}" in told
    assert f"params: {sum(c.params for c in convolutions):,}  " in "\n".join(told)


def test_a_block_says_its_totals_its_likes_and_leads_to_them(inspector: Inspector, resnet: Model, qtbot: QtBot) -> None:
    inspector.set_model(resnet)
    block = next(b for _, b in find_blocks(resnet).walk() if b.path == "layer1.1")
    inspector.set_selection(["layer1.1"])
    counted = cost(resnet).layers
    params = sum(counted[k].params for k in block.nodes)
    told = texts(inspector)
    assert "block of 7 layers" in told
    assert any(t.startswith(f"params: {params:,} ") for t in told)
    kinds = Counter(counted[k].operator for k in block.nodes)
    assert {f"{kind}, layers: {n}" for kind, n in kinds.items()} <= set(told)
    with qtbot.waitSignal(inspector.go_to) as heard:
        qtbot.keyClick(link(inspector, "layer1.2"), Qt.Key.Key_Space)
    assert heard.args == ["layer1.2"]
    inspector.set_selection(["layer1.1", layer_keys(resnet)[0]])
    assert f"{len(block.nodes) + 1} layers" in texts(inspector)
    inspector.set_selection(["no.such.block"])
    assert any(t.startswith("Select a layer") for t in texts(inspector))


def test_inputs_and_outputs_wear_the_graphs_colours_and_lead_to_their_layers(
    inspector: Inspector, resnet: Model, qtbot: QtBot
) -> None:
    inspector.set_model(resnet)
    keys = [k for k, (n, _) in known(resnet).layers.items() if n.op_type == "Relu"]
    inspector.set_selection([keys[1]])
    for chip, role in zip(found(inspector, Chip)[1:], ("inputs", "outputs"), strict=True):
        assert chip.grab().toImage().pixelColor(6, 6) == theme.color(role)
    node = known(resnet).layers[keys[1]][0]
    made_by = node.inputs[0].producer()
    with qtbot.waitSignal(inspector.go_to) as heard:
        qtbot.mouseClick(link(inspector, "← "), Qt.MouseButton.LeftButton)
    assert heard.args == [made_by.name]
    with qtbot.waitSignal(inspector.go_to) as heard:
        qtbot.keyClick(link(inspector, "→ "), Qt.Key.Key_Return)
    assert heard.args == [node.outputs[0].consumers()[0].name]


def test_a_tensor_has_a_page_with_its_ends(inspector: Inspector, resnet: Model, qtbot: QtBot) -> None:
    inspector.set_model(resnet)
    key = next(k for k, (n, _) in known(resnet).layers.items() if n.op_type == "Conv")
    inspector.set_selection([key])
    name = known(resnet).layers[key][0].outputs[0].name
    with qtbot.waitSignal(inspector.tensor_chosen) as heard:
        qtbot.keyClick(link(inspector, str(name)), Qt.Key.Key_Space)
    assert heard.args == [name]
    told = texts(inspector)
    assert "shape, type: 1×16×32×32  float32" in told
    assert "bytes: 65.5 kB" in told
    assert link(inspector, "← Conv").accessibleName() == f"made by {key}"
    weight = known(resnet).layers[key][0].inputs[1].name
    inspector.set_tensor(str(weight))
    assert "tensor: 16×3×3×3  float32" in texts(inspector)
    inspector.set_tensor("")
    assert key in texts(inspector)
    inspector.set_tensor("input")
    inspector.set_selection([key])  # a layer chosen on the graph
    assert key in texts(inspector)


def test_a_layer_names_the_blocks_around_it(inspector: Inspector, resnet: Model) -> None:
    inspector.set_model(resnet)
    inspector.set_selection(["/layer2/layer2.0/conv1/Conv"])
    assert "layer2 › 0 › conv1" in texts(inspector)


def test_edit_buttons_are_there_only_where_they_lead_somewhere(
    inspector: Inspector, resnet: Model, qtbot: QtBot
) -> None:
    inspector.set_model(resnet)
    inspector.set_selection(["/conv1/Conv"])
    buttons = lambda: [b for b in found(inspector, QToolButton) if b.text() == "Edit…"]  # noqa: E731
    assert not buttons()
    inspector.set_editable(True)
    weight = known(resnet).layers["/conv1/Conv"][0].inputs[1].name
    asked = []
    inspector.edit_requested.connect(lambda act, key: asked.append((act, key)))
    for button in buttons():
        qtbot.keyClick(button, Qt.Key.Key_Space)
    assert asked[:2] == [("attributes", "/conv1/Conv"), ("weights", weight)]


def test_the_section_that_is_read_stays_where_it_is(inspector: Inspector, resnet: Model, qtbot: QtBot) -> None:
    inspector.set_model(resnet)
    keys = [k for k, (n, _) in known(resnet).layers.items() if n.op_type == "Conv"]
    inspector.set_selection([keys[2]])
    qtbot.wait(50)
    section = inspector.page.sections["weights:W"]
    inspector.verticalScrollBar().setValue(section.mapTo(inspector.page, section.rect().topLeft()).y() - 40)
    at = section.mapTo(inspector.viewport(), section.rect().topLeft()).y()
    inspector.set_selection([keys[4]])
    now = inspector.page.sections["weights:W"]
    assert now is not section
    qtbot.wait(50)
    assert now.mapTo(inspector.viewport(), now.rect().topLeft()).y() == pytest.approx(at, abs=2)


def test_every_control_of_a_page_is_reached_by_tab_in_its_order(
    inspector: Inspector, resnet: Model, qtbot: QtBot
) -> None:
    inspector.set_model(resnet)
    inspector.set_selection(["/conv1/Conv"])
    qtbot.wait(50)
    inspector.page.sections["documentation"].head.setFocus()
    met = []
    for _ in range(60):
        widget = inspector.window().focusWidget()
        if widget is None or widget in met:
            break
        met.append(widget)
        qtbot.keyClick(widget, Qt.Key.Key_Tab)
    places = [w.mapTo(inspector.page, w.rect().topLeft()) for w in met if inspector.page.isAncestorOf(w)]
    heads = {s.head for s in inspector.page.sections.values()}
    links = {w for w in found(inspector, QPushButton) if w.isVisible()}
    assert heads <= set(met)
    assert links <= set(met)
    assert [p.y() // 60 for p in places] == sorted(p.y() // 60 for p in places)


def test_a_layers_page_is_built_in_a_moment(inspector: Inspector, resnet: Model) -> None:
    inspector.set_model(resnet)
    keys = [k for k, (n, _) in known(resnet).layers.items() if n.op_type in ("Conv", "Add", "Relu")]
    took = [processor_seconds(lambda key=key: inspector.set_selection([key])) for key in keys[:12]]
    typical = sorted(took)[len(took) // 3]
    assert typical < 0.06, f"{1000 * typical:.0f} ms; 13 ms when this was written"


def test_going_to_a_layer_selects_it_on_the_graph(sample: Desk, qtbot: QtBot) -> None:
    layers = known(sample.state.model).layers
    key = [k for k, (n, _) in layers.items() if n.op_type == "Conv"][5]
    sample.state.select([key])
    qtbot.waitUntil(lambda: link(sample.window.inspector, "→ ").height() > 0)
    qtbot.mouseClick(link(sample.window.inspector, "→ "), Qt.MouseButton.LeftButton)
    reader = layers[key][0].outputs[0].consumers()[0]
    assert [layers[k][0] for k in sample.state.selected] == [reader]
    assert sample.window.graphs.view.selected() == sample.state.selected
    name = str(layers[sample.state.selected[0]][0].outputs[0].name)
    qtbot.waitUntil(lambda: link(sample.window.inspector, name).height() > 0)
    qtbot.mouseClick(link(sample.window.inspector, name), Qt.MouseButton.LeftButton)
    assert sample.window.graphs.view.selected_tensor() == name
    assert any(isinstance(w, Elided) and w.accessibleName() == name for w in found(sample.window.inspector, QLabel))


def test_a_block_chosen_on_the_graph_is_shown_and_leads_to_its_likes(desk: Desk, qtbot: QtBot) -> None:
    files.open_model_file(desk, network_path("resnet20"))
    qtbot.waitUntil(lambda: desk.state.model is not None, timeout=60_000)
    settle(desk, qtbot)
    view, inspector = desk.window.graphs.view, desk.window.inspector
    view.close_all()
    view.open_block("layer1")
    view.select_block("layer1.0")
    assert "block of 7 layers" in texts(inspector)
    assert "layer1.0" in texts(inspector)
    qtbot.keyClick(link(inspector, "layer1.2"), Qt.Key.Key_Space)
    assert view.selected_block() == "layer1.2"
    assert len(desk.state.selected) == 7
    view.close_all()
    view.select_block("layer2")
    assert "block of 24 layers" in texts(inspector)
    qtbot.keyClick(link(inspector, "layer2.1"), Qt.Key.Key_Space)
    assert "layer2" in view.opened()
    assert view.selected_block() == "layer2.1"
    assert "layer2.1" in texts(inspector)
    desk.state.select(["/conv1/Conv"])
    assert "/conv1/Conv" in texts(inspector)


def test_folds_are_remembered_by_the_window(sample: Desk, qtbot: QtBot) -> None:
    section = sample.window.inspector.page.sections["cost"]
    qtbot.keyClick(section.head, Qt.Key.Key_Space)
    assert sample.settings.folds == {"cost": False}
