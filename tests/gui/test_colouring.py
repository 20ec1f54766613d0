"""Colouring the graph by a figure: the scale, the values, the menu, the legend, and what was measured."""

from __future__ import annotations

import itertools
import math

import numpy as np
import onnx
import onnx_ir as ir
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import helper, numpy_helper
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.measure.cost import cost
from core.methods.method import load_methods
from core.model.editing.names import RenameLayer
from core.model.model import Model
from gui.colouring import sparsity
from gui.colouring.colouring import Colouring
from gui.colouring.latency_dialog import LatencyDialog
from gui.colouring.layer_figures import LayerFigure, built_in
from gui.colouring.menu import ColourMenu
from gui.colouring.ramp import from_hex, is_light, ramp, to_oklab
from gui.colouring.scale import scale_of
from gui.desk import Desk
from gui.graph_view.known import known
from gui.operations import act, files
from gui.operations.commanding import palette_of
from gui.operations.timing import colouring_of
from tests.conftest import network_path
from tests.gui.window_tools import dialog_of, settle

# how a person without the pigment for green or red sees a colour (Machado and others, 2009), in linear RGB
DEUTERANOPE = ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881))
PROTANOPE = ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998))


@pytest.mark.parametrize("dark", [False, True])
def test_the_colours_are_even_and_in_order_for_every_eye(dark: bool) -> None:
    colours = [from_hex(c) for c in ramp(dark)]
    labs = [to_oklab(c) for c in colours]
    steps = [math.dist(a, b) for a, b in itertools.pairwise(labs)]
    assert max(steps) < 1.6 * min(steps), "neighbours are equally far apart, up to rounding to bytes"
    for matrix in (None, DEUTERANOPE, PROTANOPE):
        seen = colours if matrix is None else [_seen(c, matrix) for c in colours]
        lightness = [to_oklab(c)[0] for c in seen][::4]
        falling = [b - a for a, b in itertools.pairwise(lightness)]
        assert all((d > 0.01) if dark else (d < -0.01) for d in falling), "the order can be read from lightness alone"


def _seen(rgb: tuple[float, float, float], matrix: tuple[tuple[float, ...], ...]) -> tuple[float, float, float]:
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in rgb]
    mixed = [min(max(sum(m * v for m, v in zip(row, linear, strict=True)), 0.0), 1.0) for row in matrix]
    red, green, blue = (12.92 * v if v <= 0.0031308 else 1.055 * v ** (1 / 2.4) - 0.055 for v in mixed)
    return red, green, blue


def test_ends_of_the_scale_are_told_apart_from_the_ground() -> None:
    assert is_light(ramp(False)[0])
    assert not is_light(ramp(False)[-1])
    assert is_light(ramp(True)[-1])


@given(st.lists(st.floats(0, 1e12, allow_nan=False), min_size=1, max_size=30))
def test_shares_keep_the_order_and_stay_within_the_scale(values: list[float]) -> None:
    scale = scale_of(values)
    assert scale is not None
    shares = [scale.share(v) for v in sorted(values)]
    assert shares == sorted(shares)
    assert all(0 <= s <= 1 for s in shares)
    assert scale.share(max(values)) == 1.0 or max(values) == 0
    least = min((v for v in values if v > 0), default=0)
    assert scale.log == (least > 0 and max(values) > least * 1000)


def test_a_scale_without_values_and_of_one_value() -> None:
    assert scale_of([]) is None
    assert scale_of([math.nan, math.inf]) is None
    assert scale_of([0.0]) is not None


@given(st.dictionaries(st.sampled_from("abcdef"), st.tuples(st.integers(0, 9), st.integers(0, 2)), min_size=1))
def test_a_block_counts_every_group_once(layers: dict[str, tuple[int, int]]) -> None:
    by_group = {group: float(value) for value, group in layers.values()}
    values = {name: by_group[group] for name, (_, group) in layers.items()}
    figure = LayerFigure("t", "t", "ms", "", values, groups={n: g for n, (_, g) in layers.items()})
    assert figure.over(layers) == sum(by_group.values())
    plain = LayerFigure("t", "t", "ms", "", values)
    assert plain.over([*layers, "unknown"]) == sum(values.values())
    assert plain.over(["unknown"]) is None


def test_the_figures_of_the_layers_come_to_those_of_the_model(qapp: object) -> None:
    from core.formats.open import open_model

    model = open_model(network_path("mobilenetv2"))
    whole, counted = known(model), cost(model)
    for key, total in (("macs", counted.macs), ("params", counted.params)):
        figure = built_in(key, whole)
        assert figure.over(whole.layers) == total
        assert "stimated" in figure.how
    first = next(iter(whole.layers))
    assert built_in("activation_bytes", whole).values[first] == 4 * 32 * 112 * 112


def test_sparsity_is_the_share_of_exact_zeros_also_of_quantized_weights() -> None:
    weights = np.arange(8, dtype=np.float32).reshape(2, 4) % 3  # 0 1 2 0 1 2 0 1
    stored = np.array([[5, 6], [7, 9]], np.uint8)
    graph = helper.make_graph(
        [
            helper.make_node("Gemm", ["x", "w"], ["a"], "plain", transB=0),
            helper.make_node("DequantizeLinear", ["q", "s", "z"], ["d"], "dq", axis=0),
            helper.make_node("MatMul", ["b", "d"], ["y"], "quantized"),
        ],
        "g",
        [helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, [1, 2]) for n in ("x", "b")],
        [helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, None) for n in ("a", "y")],
        [
            numpy_helper.from_array(weights, "w"),
            numpy_helper.from_array(stored, "q"),
            numpy_helper.from_array(np.ones(2, np.float32), "s"),
            numpy_helper.from_array(np.array([5, 7], np.uint8), "z"),
        ],
    )
    opset = helper.make_opsetid("", 18)
    model = Model.from_ir(ir.from_proto(helper.make_model(graph, opset_imports=[opset], ir_version=8)))
    figure = sparsity.measure(sparsity.weights_of(known(model)))
    assert figure.values == {"plain": 3 / 8, "quantized": 2 / 4}
    assert figure.over(["plain", "quantized"]) == pytest.approx(5 / 12), "a block's is that of all its weights"


# in the window ------------------------------------------------------------------------------------------------------


def entries(desk: Desk) -> dict[str, QAction]:
    menu = next(kept for kept in desk.kept if isinstance(kept, ColourMenu))
    menu.fill()
    return {action.text(): action for action in menu.menu.actions() if action.text()}


def choose(desk: Desk, qtbot: QtBot, title: str) -> Colouring:
    """By the palette, as a user at the keyboard would."""
    desk.window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is desk.window)
    qtbot.keyClick(desk.window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    line = palette_of(desk).line
    assert line.hasFocus()
    qtbot.keyClicks(line, f"colour by {title}")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    settle(desk, qtbot)
    return colouring_of(desk)


def test_choosing_colours_the_cards_and_shows_the_legend(sample: Desk, qtbot: QtBot) -> None:
    colouring, view = choose(sample, qtbot, "macs"), sample.window.graphs.view
    assert colouring.chosen == "macs"
    assert entries(sample)["MACs"].isChecked()
    heat = view._shown.heat
    assert heat is not None
    assert view.picture is not None
    dear = max(colouring.figure.values, key=lambda k: colouring.figure.values[k])  # type: ignore[union-attr]
    assert heat[view.picture.index[dear]].name() == ramp(False)[-1]
    assert colouring.legend.isVisible()
    lines = colouring.legend.lines()
    assert lines[0] == "MACs"
    assert lines[1] == "0"
    assert "Estimated from the graph, batch of 1." in lines
    assert "Linear scale." in lines
    choose(sample, qtbot, "nothing")
    assert view._shown.heat is None
    assert not colouring.legend.isVisible()


def test_the_colours_follow_the_look_and_the_model(sample: Desk, qtbot: QtBot) -> None:
    colouring, view = choose(sample, qtbot, "params"), sample.window.graphs.view
    before = dict(view._shown.heat or {})
    sample.actions["look_dark"].trigger()
    qtbot.waitUntil(lambda: dict(view._shown.heat or {}) != before)
    assert max(c.lightnessF() for c in (view._shown.heat or {}).values()) > 0.7, "much is bright on a dark ground"
    files.open_model_file(sample, network_path("squeezenet"))
    settle(sample, qtbot)
    assert colouring.chosen == "", "another project has its own choice"
    assert not colouring.legend.isVisible()


def test_sparsity_is_counted_beside_the_window(sample: Desk, qtbot: QtBot) -> None:
    colouring = choose(sample, qtbot, "sparsity")
    assert colouring.figure is not None
    assert sample.state.model is not None
    stored = sample.state.model.graph.graph.initializers
    arrays = [stored[name].const_value.numpy() for name in ("features.0.0.weight", "val_5")]
    zeros = sum(int((a == 0).sum()) for a in arrays)
    assert zeros, "its biases are zeros"
    assert colouring.figure.values["features.0.0/Conv"] == zeros / sum(a.size for a in arrays)
    assert "Counted on the stored weights" in colouring.legend.accessibleName()


def test_tables_of_reports_offer_their_columns(sample: Desk, qtbot: QtBot) -> None:
    act.apply_request(sample, act.make_dialog(sample, load_methods().get("prune.magnitude")).request())
    settle(sample, qtbot)
    assert "Channels after" in entries(sample)
    colouring = choose(sample, qtbot, "channels after")
    assert colouring.figure is not None
    assert colouring.figure.values
    assert "report of revision 2" in colouring.figure.how or "report of revision 1" in colouring.figure.how


def test_latency_is_asked_for_measured_and_shown(sample: Desk, qtbot: QtBot) -> None:
    grey = entries(sample)["Latency, as optimized"]
    assert not grey.isEnabled()
    assert "Measure it first" in grey.toolTip()
    qtbot.keyClick(sample.window, Qt.Key.Key_F6, Qt.KeyboardModifier.ShiftModifier)
    dialog: LatencyDialog = dialog_of(LatencyDialog)
    dialog.runs.selectAll()
    qtbot.keyClicks(dialog.runs, "3")
    qtbot.keyClick(dialog.runs, Qt.Key.Key_Return)
    settle(sample, qtbot)
    colouring = colouring_of(sample)
    assert colouring.chosen == "latency.optimized"
    figure = colouring.figure
    assert figure is not None
    assert "Measured on" in figure.how
    assert "onnxruntime, 1 thread; median of 3 runs" in figure.how
    assert "fuse" in figure.note
    assert set(figure.values) >= {"features.0.0/Conv", "features.0.2/Clip"}
    assert figure.values["features.0.0/Conv"] == figure.values["features.0.2/Clip"], "they run as one"
    choose(sample, qtbot, "latency written")
    assert colouring.figure is not None
    assert colouring.figure.key == "latency.written"
    assert len(set(colouring.figure.groups.values())) == len(colouring.figure.values)


def test_the_selected_layer_is_marked_on_the_legend(sample: Desk, qtbot: QtBot) -> None:
    colouring = choose(sample, qtbot, "macs")
    name = "features.0.0/Conv"
    sample.state.select([name])
    assert colouring.figure is not None
    assert colouring.legend._value == colouring.figure.values[name]
    sample.state.select([])
    assert colouring.legend._value is None


def test_a_closed_block_shows_the_sum_of_its_layers(desk: Desk, qtbot: QtBot) -> None:
    files.open_model_file(desk, network_path("resnet20"))
    settle(desk, qtbot)
    view = desk.window.graphs.view
    view.close_all()
    qtbot.waitUntil(lambda: view.picture is not None and "layer1" in view.picture.blocks)
    colouring = choose(desk, qtbot, "macs")
    picture, figure = view.picture, colouring.figure
    assert picture is not None
    assert figure is not None
    card = picture.blocks["layer1"]
    inside = [key for key in figure.values if key.startswith("/layer1/")]
    assert figure.over(picture.layers()[card]) == sum(figure.values[key] for key in inside)
    heat = view._shown.heat
    assert heat is not None
    assert heat[card].name() == ramp(False)[-1], "the dearest card there is"
    assert "A closed block shows the sum." in colouring.legend.lines()
    assert colouring.legend.lines()[1].startswith("≤ "), "some layers have none, below the least of the logarithm"
    view.open_all()
    qtbot.waitUntil(lambda: not view.picture.blocks)  # type: ignore[union-attr]
    assert "A closed block shows the sum." not in colouring.legend.lines()
    assert len(view._shown.heat or {}) == len(figure.values)


def test_a_block_with_a_layer_of_unknown_figure_is_unknown() -> None:
    figure = LayerFigure("macs", "MACs", "MACs", "", {"a": 1.0, "b": 2.0}, unknown=frozenset("c"))
    assert figure.over("ab") == 3.0
    assert figure.over("abc") is None


def test_the_figures_follow_an_edit(sample: Desk, qtbot: QtBot) -> None:
    colouring = choose(sample, qtbot, "macs")
    assert sample.editing.do(RenameLayer("features.0.0/Conv", "first"))
    qtbot.waitUntil(lambda: colouring.figure is not None and "first" in colouring.figure.values)
    view = sample.window.graphs.view
    assert view.picture is not None
    assert view.picture.index["first"] in (view._shown.heat or {})
    assert "features.0.0/Conv" not in colouring.figure.values  # type: ignore[union-attr]
