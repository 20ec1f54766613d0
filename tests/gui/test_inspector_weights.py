"""Weights in the inspector: ranges, norms and dead channels against numpy, for every layout of channels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnx_ir as ir
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from core.data.sample import sample_data, sample_model
from core.formats.open import open_model
from core.methods.method import load_methods
from core.model.model import Model
from core.project.context import context_for
from core.project.recipe import Step, checked, run_step
from gui.graph_view.known import known
from gui.inspector import Inspector
from gui.inspector.describe import formal_names
from gui.inspector.examine import channel_numbers, examine
from gui.inspector.parts import Link
from gui.inspector.plots import NormPlot, RangePlot
from gui.inspector.stored import Channels, Scaling, Stored, stored_inputs
from gui.inspector.values_table import ValuesTable
from gui.inspector.wiring import Wiring
from tests.conftest import network_path
from tests.gui.window_tools import hover

RNG = np.random.default_rng(5)


def one_layer(operator: str, weight: np.ndarray, **attributes: object) -> Model:
    """A layer with a stored second input."""
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, None)
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    node = helper.make_node(operator, ["x", "w"], ["y"], "layer", **attributes)
    graph = helper.make_graph([node], "one", [x], [y], [numpy_helper.from_array(weight, "w")])
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    return Model.from_ir(ir.from_proto(proto))


def stored_of(model: Model, key: str) -> list[Stored]:
    whole = known(model)
    node = whole.layers[key][0]
    return stored_inputs(node, [str(k) for k in range(len(node.inputs))], whole, Wiring(whole))


def normal(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape).astype(np.float32)


@pytest.mark.parametrize(
    ("operator", "shape", "attributes", "lines"),
    [
        ("Conv", (6, 4, 3, 3), {}, lambda w: w.reshape(6, -1)),
        ("ConvTranspose", (4, 3, 2, 2), {}, lambda w: w.transpose(1, 0, 2, 3).reshape(3, -1)),
        (
            "ConvTranspose",
            (4, 3, 2, 2),
            {"group": 2},
            lambda w: np.stack([w[2 * g : 2 * g + 2, c].ravel() for g in range(2) for c in range(3)]),
        ),
        ("Gemm", (5, 7), {}, lambda w: w.T),
        ("Gemm", (5, 7), {"transB": 1}, lambda w: w),
        ("MatMul", (2, 5, 7), {}, lambda w: w.transpose(2, 0, 1).reshape(7, -1)),
    ],
)
def test_channels_are_those_of_the_operator(operator, shape, attributes, lines) -> None:
    weight = normal(*shape)
    (found,) = stored_of(one_layer(operator, weight, **attributes), "layer")
    channels = examine(found).channels
    assert channels is not None
    wanted = lines(weight).astype(np.float64)
    assert channels.low == pytest.approx(wanted.min(axis=1))
    assert channels.high == pytest.approx(wanted.max(axis=1))
    assert channels.l1 == pytest.approx(np.abs(wanted).sum(axis=1))
    assert channels.l2 == pytest.approx(np.linalg.norm(wanted, axis=1))


@given(st.integers(1, 4), st.integers(1, 6), st.integers(1, 5), st.booleans(), st.integers(0, 99))
def test_numbers_of_quantized_channels_are_those_of_the_real_values(
    outer: int, channels: int, inner: int, per_channel: bool, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    codes = rng.integers(-128, 128, (outer, channels, inner)).astype(np.int8)
    count = channels if per_channel else 1
    scale, zero = rng.uniform(0.01, 1, count).astype(np.float32), rng.integers(-5, 5, count).astype(np.int8)
    found = channel_numbers(codes, Channels(1), Scaling(scale, zero, 1))
    shape = (1, count, 1)
    values = (codes.astype(np.float32) - zero.reshape(shape)) * scale.reshape(shape)
    assert found.low == pytest.approx(values.min(axis=(0, 2)), rel=1e-5, abs=1e-6)
    assert found.high == pytest.approx(values.max(axis=(0, 2)), rel=1e-5, abs=1e-6)
    assert found.dead == tuple(np.flatnonzero((values == 0).all(axis=(0, 2))))


def test_blocks_of_scales_reach_their_values() -> None:
    codes = np.arange(-8, 8, dtype=np.int8).reshape(2, 8)
    scale = np.float32([[1, 10], [100, 1000]])
    found = channel_numbers(codes, Channels(0), Scaling(scale, None, 1, 4))
    values = codes * np.repeat(scale, 4, axis=1)
    assert found.low == pytest.approx(values.min(axis=1))
    assert found.high == pytest.approx(values.max(axis=1))


def test_a_sample_keeps_every_channel_and_scales_its_norms() -> None:
    weight = normal(20, 50_000)
    weight[7] = 0
    exact, sampled = channel_numbers(weight, Channels(0)), channel_numbers(weight, Channels(0), limit=50_000)
    assert not exact.sampled
    assert sampled.sampled
    assert sampled.looked_at <= 50_000
    assert sampled.l2 == pytest.approx(exact.l2, rel=0.1)
    assert sampled.dead == (7,)


def test_how_many_channels_matter() -> None:
    weight = np.zeros((10, 4), np.float32)
    weight[2], weight[5], weight[6] = 3, 1, 1
    found = channel_numbers(weight, Channels(0))  # squares 36, 4, 4
    assert [found.needed(share) for share in (0.5, 0.8, 0.9, 1.0)] == [1, 1, 2, 3]
    assert found.dead == (0, 1, 3, 4, 7, 8, 9)
    assert channel_numbers(np.zeros((3, 2)), Channels(0)).needed(0.9) == 0


def quantized_sample() -> Model:
    data = str(Path(sample_model()).with_name("digits.npz"))
    load_methods()
    _, _, step = checked(Step.from_json({"method": "quantize.int8", "params": {}, "seed": 0, "data": data}))
    model, context = context_for(open_model(sample_model()), step)
    outcome = run_step(model, step, context)
    assert outcome.model is not None
    return outcome.model


def test_weights_of_an_int8_model_are_shown_in_real_values() -> None:
    """Close to the float weights they came from, with one scale a channel."""
    before, after = open_model(sample_model()), quantized_sample()
    key = next(k for k, (node, _) in known(after).layers.items() if node.op_type == "Gemm")
    (old, _), (new, bias) = stored_of(before, key), stored_of(after, key)
    assert (new.dtype, bias.dtype) == ("int8", "int32")
    assert new.scaling is not None
    a, b = examine(old), examine(new)
    assert a.values is not None
    assert b.values is not None
    step = float(new.scaling.scale.max())
    assert (b.values.low, b.values.high) == pytest.approx((a.values.low, a.values.high), abs=step)
    assert a.channels is not None
    assert b.channels is not None
    assert b.channels.l2 == pytest.approx(a.channels.l2, rel=0.02)
    assert examine(bias).values is not None


def test_a_lost_external_file_is_one_sentence(tmp_path: Path) -> None:
    tensor = ir.ExternalTensor(
        "gone.data", 0, 4000, ir.DataType.FLOAT, name="w", shape=ir.Shape([10, 100]), base_dir=str(tmp_path)
    )
    found = examine(Stored("W", "w", tensor, None, (10, 100), Channels(0)))
    assert found.values is None
    assert found.why.startswith("The tensor cannot be read")


# in the panel -------------------------------------------------------------------------------------------------------


@pytest.fixture
def inspector(qtbot: QtBot) -> Inspector:
    made = Inspector()
    qtbot.addWidget(made)
    made.resize(320, 2400)
    made.show()
    return made


def in_page(inspector: Inspector, kind: type) -> list:
    return [w for part in inspector.page.shown for w in part.findChildren(kind) if not w.isHidden()]


def spoken(inspector: Inspector) -> list[str]:
    return [label.accessibleName() or label.text() for label in in_page(inspector, QLabel)]


def test_dead_channels_are_named_and_plots_are_read_with_the_arrow_keys(inspector: Inspector, qtbot: QtBot) -> None:
    weight = normal(8, 3, 3, 3)
    weight[[1, 6]] = 0
    inspector.set_model(one_layer("Conv", weight))
    inspector.set_selection(["layer"])
    assert "dead: 2 of 8: 1, 6" in spoken(inspector)
    (ranges,) = in_page(inspector, RangePlot)
    ranges.setFocus()
    for _ in range(3):
        qtbot.keyClick(ranges, Qt.Key.Key_Right)
    low, high = (f"{v:.4g}".replace("-", "−") for v in (weight[2].min(), weight[2].max()))
    assert ranges.accessibleDescription() == f"channel 2: {low} … {high}"
    (norms,) = in_page(inspector, NormPlot)
    qtbot.keyClick(norms, Qt.Key.Key_Home)
    strongest = int(np.argmax(np.linalg.norm(weight.reshape(8, -1), axis=1)))
    assert f"channel {strongest}," in norms.accessibleDescription()
    hover(ranges, QPoint(int(4.5 / 8 * ranges.width()), 20))
    assert "channel 4" in ranges.accessibleDescription()


def test_the_values_of_a_small_tensor_open_on_demand(inspector: Inspector, qtbot: QtBot) -> None:
    weight = normal(5, 2, 3, 3)
    inspector.set_model(one_layer("Conv", weight))
    inspector.set_selection(["layer"])
    assert not in_page(inspector, ValuesTable)
    link = next(link for link in in_page(inspector, Link) if link.full == "Show values")
    qtbot.keyClick(link, Qt.Key.Key_Space)
    (table,) = in_page(inspector, ValuesTable)
    model = table.model()
    assert (model.rowCount(), model.columnCount()) == (5, 18)
    assert model.index(3, 17).data() == f"{weight[3, 1, 2, 2]:.4g}".replace("-", "−")
    assert model.headerData(17, Qt.Orientation.Horizontal) == "1, 2, 2"
    qtbot.mouseClick(link, Qt.MouseButton.LeftButton)
    assert not in_page(inspector, ValuesTable)


def test_a_weight_that_two_layers_read_names_the_other_and_leads_to_it(inspector: Inspector, qtbot: QtBot) -> None:
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4])
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["h"], "first"),
        helper.make_node("MatMul", ["h", "w"], ["y"], "second"),
    ]
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    graph = helper.make_graph(nodes, "shared", [x], [y], [numpy_helper.from_array(normal(4, 4), "w")])
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    inspector.set_model(Model.from_ir(ir.from_proto(proto)))
    inspector.set_selection(["first"])
    link = next(link for link in in_page(inspector, Link) if link.full == "second")
    assert link.accessibleName() == "shared with second"
    with qtbot.waitSignal(inspector.go_to) as heard:
        qtbot.keyClick(link, Qt.Key.Key_Return)
    assert heard.args == ["second"]


def test_large_weights_are_examined_beside_the_window_and_once(inspector: Inspector, qtbot: QtBot) -> None:
    inspector.set_model(open_model(network_path("mobilenetv2")))
    key = next(k for k, (node, _) in known(inspector._whole.model).layers.items() if node.op_type == "Gemm")
    inspector.set_selection([key])
    assert "dead: …" in spoken(inspector)
    weight = numpy_helper.to_array(
        next(t for t in onnx.load(network_path("mobilenetv2")).graph.initializer if list(t.dims) == [1000, 1280])
    )
    qtbot.waitUntil(lambda: "dead: none of 1,000" in spoken(inspector), timeout=20_000)
    (ranges,) = in_page(inspector, RangePlot)
    assert ranges._low == pytest.approx(weight.min(axis=1), abs=1e-6)
    inspector.set_selection([])
    inspector.set_selection([key])
    assert "dead: none of 1,000" in spoken(inspector)  # known by now


def test_sample_weights_have_formal_names() -> None:
    model = open_model(sample_model())
    whole = known(model)
    node = next(n for n, _ in whole.layers.values() if n.op_type == "BatchNormalization")
    schema = onnx.defs.get_schema("BatchNormalization", 18)
    found = stored_inputs(node, formal_names(schema.inputs, node.inputs), whole, Wiring(whole))
    assert [s.formal for s in found] == ["scale", "B", "input_mean", "input_var"]
    assert all(s.channels is None for s in found)
    assert len(sample_data().items)
