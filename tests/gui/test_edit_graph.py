"""Every edit of tensors, ends and the whole graph, by mouse or keyboard, proven by onnxruntime; undo is exact."""

from __future__ import annotations

import threading
from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from pytestqt.qtbot import QtBot

from core.model.editing.layers import Replace
from core.model.model import Model
from gui.desk import Desk
from gui.editing.forms.cutting import CutForm
from gui.editing.forms.ends import AddInputForm, BatchForm, InputShapeForm, RemoveEndForm
from gui.editing.forms.operators import InsertForm
from gui.editing.forms.renaming import RenameForm
from gui.graph_view.canvas import metrics
from gui.graph_view.known import Known, known
from gui.graph_view.picture import picture
from gui.graph_view.sketch import Sketcher
from tests.core.edit_graphs import close, noise, run, written
from tests.gui.editing_tools import (
    CTRL,
    SHIFT,
    checked,
    choose,
    click_layer,
    enter,
    form,
    menu_at,
    model_of,
    no_form,
    opened,
    outputs,
    place,
    plain,
    press,
    shown,
    typed,
    undone,
)
from tests.gui.window_tools import settle

CONV, ACT, ADD = "features.0.0/Conv", "features.0.2/Clip", "features.1/Add"
LAST = "features.8.2/Clip"
ALT = Qt.KeyboardModifier.AltModifier


@pytest.fixture
def sample(desk: Desk, qtbot: QtBot) -> Desk:
    return opened(desk, qtbot)


def spot_on(desk: Desk, tensor: str) -> QPoint:
    """A place of the viewport where the edge of a tensor passes and no card lies."""
    view = desk.window.graphs.view
    assert view.picture is not None
    edge = view.picture.tensors[tensor][0]
    route = view.picture.place.routes[edge]
    view.centerOn(QPointF(*route[0]))
    for (x0, y0), (x1, y1) in pairwise(route):
        for share in np.linspace(0.02, 0.98, 49):
            spot = view.mapFromScene(QPointF(x0 + share * (x1 - x0), y0 + share * (y1 - y0)))
            if view.viewport().rect().contains(spot) and view.tensor_at(spot) == tensor:
                return spot
    raise AssertionError(f"{tensor} is nowhere to be clicked")


def terminal(desk: Desk, name: str) -> QPoint:
    """The middle of the card of a graph input or output."""
    view = desk.window.graphs.view
    assert view.picture is not None
    card = next(k for k, c in enumerate(view.picture.cards) if c.category == "terminal" and c.title == name)
    box = QRectF(*view.picture.boxes[card])
    view.centerOn(box.center())
    return view.mapFromScene(box.center())


def edit_menu(desk: Desk, qtbot: QtBot, text: str) -> None:
    """An entry of Edit > Graph, by its key in the menu bar's menu."""
    bar = desk.window.menuBar()
    edit = next(a.menu() for a in bar.actions() if plain(a.text()) == "Edit")
    inner = next(a.menu() for a in edit.actions() if plain(a.text()) == "Graph")
    inner.popup(QPoint(0, 0))
    action = next(a for a in inner.actions() if text in plain(a.text()))
    assert action.isEnabled(), action.toolTip()
    qtbot.mouseClick(inner, Qt.MouseButton.LeftButton, pos=inner.actionGeometry(action).center())
    settle(desk, qtbot)


# tensors ------------------------------------------------------------------------------------------------------------


def test_rename_a_tensor_that_was_clicked(sample: Desk, qtbot: QtBot) -> None:
    before, feed = shown(sample), noise(model_of(sample))
    expected = run(model_of(sample), feed, ("hardtanh",))["hardtanh"]
    spot = spot_on(sample, "hardtanh")
    qtbot.mouseClick(sample.window.graphs.view.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    press(sample, qtbot, Qt.Key.Key_F2)
    typed(qtbot, form(RenameForm).name, "first features")
    enter(sample, qtbot)
    assert np.array_equal(outputs(sample, feed, ("first features",))["first features"], expected)
    undone(sample, qtbot, before)


def test_insert_on_an_edge_in_front_of_one_reader(sample: Desk, qtbot: QtBot) -> None:
    before, feed = shown(sample), noise(model_of(sample))
    menu = menu_at(sample, spot_on(sample, "hardtanh"))
    choose(qtbot, menu, "Insert in front of", ADD)
    opened = form(InsertForm)
    assert opened.reader.currentData() == ADD
    qtbot.keyClicks(opened.list.search, "neg")
    typed(qtbot, opened.name, "minus")
    enter(sample, qtbot)
    found = outputs(sample, feed, ("hardtanh", "getitem_6", "add_40"))
    close(found["add_40"], found["getitem_6"] - found["hardtanh"])
    undone(sample, qtbot, before)


def test_a_tensor_becomes_an_output_and_an_output_goes(sample: Desk, qtbot: QtBot) -> None:
    before, feed = shown(sample), noise(model_of(sample))
    choose(qtbot, menu_at(sample, spot_on(sample, "hardtanh")), "Make the tensor an output")
    settle(sample, qtbot)
    assert [o.name for o in checked(sample).graph.output] == ["logits", "hardtanh"]
    close(outputs(sample, feed)["hardtanh"], run(model_of(sample), feed, ("hardtanh",))["hardtanh"])
    undone(sample, qtbot, before)
    choose(qtbot, menu_at(sample, terminal(sample, "logits")), "Remove the output")
    settle(sample, qtbot)
    assert [o.name for o in checked(sample).graph.output] == ["hardtanh"]


def test_the_only_output_cannot_go(sample: Desk, qtbot: QtBot) -> None:
    edit_menu(sample, qtbot, "Remove an output")
    opened = form(RemoveEndForm)
    assert "the only graph output" in opened.message.text()
    assert not opened.apply_button.isEnabled()
    qtbot.keyClick(opened, Qt.Key.Key_Escape)


# inputs -------------------------------------------------------------------------------------------------------------


def test_an_input_takes_the_place_of_a_tensor_and_the_old_one_goes(sample: Desk, qtbot: QtBot) -> None:
    before, feed = shown(sample), noise(model_of(sample))
    x = run(model_of(sample), feed, ("hardtanh", "logits"))
    choose(qtbot, menu_at(sample, spot_on(sample, "hardtanh")), "Add an input")
    opened = form(AddInputForm)
    assert (opened.shape.text(), opened.tensor.text()) == ("1, 16, 16, 16", "hardtanh")
    typed(qtbot, opened.name, "fed")
    enter(sample, qtbot)
    close(outputs(sample, {**feed, "fed": x["hardtanh"]})["logits"], x["logits"])
    undone(sample, qtbot, before)


def test_an_input_that_nobody_reads_goes(sample: Desk, qtbot: QtBot) -> None:
    edit_menu(sample, qtbot, "Add an input")
    opened = form(AddInputForm)
    typed(qtbot, opened.name, "spare")
    typed(qtbot, opened.shape, "batch, 0")
    qtbot.waitUntil(lambda: "cannot have the size 0 on axis 1" in opened.message.text(), timeout=2000)
    typed(qtbot, opened.shape, "batch, 4")
    enter(sample, qtbot)
    assert [i.name for i in checked(sample).graph.input] == ["image", "spare"]
    before = shown(sample)
    choose(qtbot, menu_at(sample, terminal(sample, "spare")), "Remove the input")
    settle(sample, qtbot)
    assert [i.name for i in checked(sample).graph.input] == ["image"]
    undone(sample, qtbot, before)
    choose(qtbot, menu_at(sample, terminal(sample, "image")), "Remove the input")
    assert "cannot be removed: layer" in sample.errors.last[1]


def test_another_input_shape(sample: Desk, qtbot: QtBot) -> None:
    before = shown(sample)
    press(sample, qtbot, Qt.Key.Key_I, CTRL | SHIFT)
    opened = form(InputShapeForm)
    typed(qtbot, opened.shape, "batch, 3, 32, 32")
    qtbot.waitUntil(lambda: "its weight is made for 1" in opened.message.text(), timeout=2000)
    assert opened.message.text().startswith("Afterwards:")
    typed(qtbot, opened.shape, "batch, 1, 48, 64")
    enter(sample, qtbot)
    assert outputs(sample, noise(model_of(sample), 2), ("conv2d",))["conv2d"].shape == (2, 16, 24, 32)
    assert known(model_of(sample)).layers[CONV][1].output_shape == (1, 16, 24, 32)
    undone(sample, qtbot, before)


def test_batch_fixed_and_dynamic(sample: Desk, qtbot: QtBot) -> None:
    before = shown(sample)
    press(sample, qtbot, Qt.Key.Key_I, CTRL | ALT)
    opened = form(BatchForm)
    assert opened.fixed.isChecked()
    typed(qtbot, opened.count, "0")
    qtbot.waitUntil(lambda: opened.message.text() != "", timeout=2000)
    typed(qtbot, opened.count, "3")
    enter(sample, qtbot)
    assert checked(sample).graph.output[0].type.tensor_type.shape.dim[0].dim_value == 3
    undone(sample, qtbot, before)
    choose(qtbot, menu_at(sample, terminal(sample, "image")), "Batch size")
    opened = form(BatchForm)
    assert opened.dynamic.isChecked()
    typed(qtbot, opened.name, "n")
    enter(sample, qtbot)
    assert checked(sample).graph.input[0].type.tensor_type.shape.dim[0].dim_param == "n"
    assert outputs(sample, noise(model_of(sample), 5))["logits"].shape == (5, 10)


# the whole graph ----------------------------------------------------------------------------------------------------


def test_batchnorm_is_folded(sample: Desk, qtbot: QtBot) -> None:
    before, feed = shown(sample), noise(model_of(sample), 4)
    expected = run(model_of(sample), feed)["logits"]
    edit_menu(sample, qtbot, "Fold BatchNorm")
    assert "BatchNormalization" not in {n.op_type for n in checked(sample).graph.node}
    close(outputs(sample, feed)["logits"], expected)
    undone(sample, qtbot, before)
    edit_menu(sample, qtbot, "Fold BatchNorm")
    assert sample.errors.last[1] == "No BatchNormalization is left that a layer could take up."


def test_identities_go(sample: Desk, qtbot: QtBot) -> None:
    feed = noise(model_of(sample))
    expected = run(model_of(sample), feed)["logits"]
    click_layer(sample, qtbot, ACT)
    press(sample, qtbot, Qt.Key.Key_Insert)
    qtbot.keyClicks(form(InsertForm).list.search, "identity")
    enter(sample, qtbot)
    before = shown(sample)
    assert "Identity" in {n.op_type for n in checked(sample).graph.node}
    edit_menu(sample, qtbot, "Remove Identity and Dropout")
    assert "Identity" not in {n.op_type for n in checked(sample).graph.node}
    assert np.array_equal(outputs(sample, feed)["logits"], expected)
    undone(sample, qtbot, before)


def test_constants_are_folded(desk: Desk, qtbot: QtBot, tmp_path: object) -> None:
    from pathlib import Path

    import onnx
    from onnx import TensorProto, helper

    from gui.operations import files

    nodes = [
        helper.make_node("Add", ["one", "one"], ["two"], name="sum"),
        helper.make_node("Mul", ["x", "two"], ["y"], name="product"),
    ]
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, 4]) for n in ("x", "y")]
    one = onnx.numpy_helper.from_array(np.array(1, np.float32), "one")
    graph = helper.make_graph(nodes, "constants", ends[:1], ends[1:], [one])
    path = Path(str(tmp_path)) / "constants.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8), path)
    files.open_model_file(desk, path)
    settle(desk, qtbot)
    before = shown(desk)
    edit_menu(desk, qtbot, "Fold constants")
    assert [n.name for n in checked(desk).graph.node] == ["product"]
    assert outputs(desk, {"x": np.ones((1, 4), np.float32)})["y"].tolist() == [[2, 2, 2, 2]]
    undone(desk, qtbot, before)


def test_a_part_becomes_a_project_of_its_own(sample: Desk, qtbot: QtBot) -> None:
    whole, feed = sample.state.project.folder, noise(model_of(sample))
    full: Model = model_of(sample)
    x = run(full, feed, ("hardtanh_14", "logits"))
    click_layer(sample, qtbot, "ReduceMean")
    click_layer(sample, qtbot, "classifier/Gemm", add=True)
    press(sample, qtbot, Qt.Key.Key_X, CTRL | SHIFT)
    opened = form(CutForm)
    assert opened.project.isChecked()
    enter(sample, qtbot)
    settle(sample, qtbot)
    assert sample.state.project.folder != whole
    assert sample.state.title.startswith("part of")
    assert [n.op_type for n in checked(sample).graph.node] == ["ReduceMean", "Gemm"]
    close(outputs(sample, {"hardtanh_14": x["hardtanh_14"]})["logits"], x["logits"])
    assert whole in sample.settings.recent, "the whole is one click away"


def test_only_a_part_stays_and_comes_back(sample: Desk, qtbot: QtBot) -> None:
    before = shown(sample)
    click_layer(sample, qtbot, "ReduceMean")
    click_layer(sample, qtbot, "classifier/Gemm", add=True)
    choose(qtbot, menu_at(sample, place(sample, "classifier/Gemm")), "Cut out part")
    qtbot.mouseClick(form(CutForm).here, Qt.MouseButton.LeftButton)
    enter(sample, qtbot)
    assert [n.op_type for n in checked(sample).graph.node] == ["ReduceMean", "Gemm"]
    undone(sample, qtbot, before)


# what is wrong ------------------------------------------------------------------------------------------------------


def test_a_wrong_layer_offers_a_repair(sample: Desk, qtbot: QtBot) -> None:
    before, feed = shown(sample), noise(model_of(sample))
    expected = run(model_of(sample), feed)["logits"]
    press(sample, qtbot, Qt.Key.Key_I, CTRL | SHIFT)
    typed(qtbot, form(InputShapeForm).shape, "batch, 3, 32, 32")
    enter(sample, qtbot)
    view = sample.window.graphs.view
    view.reveal(CONV)
    menu = menu_at(sample, place(sample, CONV))
    said = menu.actions()[0]
    assert said.text().endswith("its weight is made for 1.")
    assert not said.isEnabled()
    offers = [a.text() for a in menu.actions() if a.text().startswith("Set the shape of 'image' back")]
    assert offers
    choose(qtbot, menu, offers[0])
    settle(sample, qtbot)
    assert known(model_of(sample)).wrong == {}
    assert np.array_equal(outputs(sample, feed)["logits"], expected)
    assert shown(sample) == before


def test_the_ground_has_a_menu_too(sample: Desk, qtbot: QtBot) -> None:
    view = sample.window.graphs.view
    left, top, _, _ = view.picture.place.bounds
    menu = menu_at(sample, view.mapFromScene(QPointF(left - 100, top - 100)))
    texts = [plain(a.text()) for a in menu.actions()]
    assert {"Undo", "Input shape…", "Fold BatchNorm"} <= set(texts)


# large graphs -------------------------------------------------------------------------------------------------------


def test_a_large_graph_is_made_ready_beside_the_window_s_thread(
    sample: Desk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gui.editing.session.IN_THREAD", 10)
    before = shown(sample)
    click_layer(sample, qtbot, ACT)
    press(sample, qtbot, Qt.Key.Key_F2)
    assert sample.editing.busy
    typed(qtbot, form(RenameForm).name, "act")
    qtbot.keyClick(form().focusWidget(), Qt.Key.Key_Return)
    settle(sample, qtbot)
    assert no_form()
    assert sample.editing.pending == 1
    edit_menu(sample, qtbot, "Fold BatchNorm")
    assert "BatchNormalization" not in {n.op_type for n in checked(sample).graph.node}
    assert sample.editing.pending == 2
    for _ in range(2):
        press(sample, qtbot, Qt.Key.Key_Z, CTRL)
        settle(sample, qtbot)
    assert written(model_of(sample)) == before


def test_the_first_edit_of_a_large_graph_finds_the_view_ready(
    sample: Desk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gui.editing.session.IN_THREAD", 10)
    view, adopted = sample.window.graphs.view, []
    real = Sketcher.adopt

    def adopt(sketcher: Sketcher, whole: Known) -> bool:
        adopted.append(threading.get_ident())
        return real(sketcher, whole)

    monkeypatch.setattr(Sketcher, "adopt", adopt)
    sample.editing.prepare()
    settle(sample, qtbot)
    assert len(adopted) == 1
    assert threading.get_ident() not in adopted, "not in the window's thread"
    view.close_all()
    sample.editing.do(Replace(ACT, "Relu"))
    view.open_all()
    assert len(adopted) == 1, "the edit goes on with what was made ready"
    fresh = picture(model_of(sample), metrics(), view.opened())
    assert view.picture is not None
    assert [c.title for c in view.picture.cards] == [c.title for c in fresh.cards]
    assert list(view.picture.boxes) == list(fresh.boxes)
