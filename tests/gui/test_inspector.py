"""The inspector: numbers checked against numpy and against the file, never a long wait."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import onnx
import onnx_ir as ir
import pytest
from onnx import TensorProto, helper, numpy_helper
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from core.formats.open import open_model
from core.measure.values import summarize
from core.model.model import Model
from gui import theme
from gui.graph_view.known import known
from gui.graph_view.model_work import IN_THREAD
from gui.inspector import Inspector
from gui.inspector.examine import LIMIT
from gui.inspector.parts import Elided
from gui.inspector.plots import Histogram
from tests.conftest import FIVE, network_path
from tests.gui.small_networks import chain


@pytest.fixture
def inspector(qtbot: QtBot) -> Inspector:
    made = Inspector()
    qtbot.addWidget(made)
    made.resize(320, 800)
    made.show()
    return made


def labels(inspector: Inspector) -> list[QLabel]:
    return [label for part in inspector.page.shown for label in part.findChildren(QLabel)]


def rows(inspector: Inspector) -> dict[str, str]:
    """Key -> value of the rows, as a screen reader hears them (a later row of the same name wins)."""
    spoken = [w.accessibleName() for w in labels(inspector) if ": " in w.accessibleName()]
    return dict(s.split(": ", 1) for s in spoken)


def texts(inspector: Inspector) -> list[str]:
    return [w.accessibleName() if isinstance(w, Elided) else w.text() for w in labels(inspector)]


def test_nothing_open_then_a_model_then_a_layer_then_several(inspector: Inspector) -> None:
    assert "No model is open." in texts(inspector)
    model = open_model(network_path("mobilenetv2"))
    inspector.set_model(model)
    said = rows(inspector)
    assert said["input"] == "batch×3×224×224  float32"
    assert said["logits"] == "batch×1000  float32"
    assert said["MACs"] == "301 M"  # 300 M in table 4 of Sandler et al. 2018, 300.8 counted on the graph
    assert said["peak memory"] == "6.02 MB"  # 4 times the 1,505,280 bytes that the int8 TFLite file is published with
    assert any(t.startswith("Select a layer") for t in texts(inspector))
    first, second = "/features/features.0/features.0.0/Conv", "/features/features.1/conv/conv.0/conv.0.0/Conv"
    inspector.set_selection([first])
    assert rows(inspector)["strides"] == "2, 2"
    assert rows(inspector)["params"].startswith("896 ")
    inspector.set_selection([first, second])
    assert rows(inspector)["params"].startswith("1,216 ")  # 896 + 320
    assert "2 layers" in texts(inspector)
    assert "peak memory" not in rows(inspector)
    inspector.set_selection(["/features/features.2/conv/conv.1/conv.1.0/Conv"])
    assert rows(inspector)["peak memory"] == "6.02 MB  here"
    inspector.set_selection([])
    assert rows(inspector)["MACs"] == "301 M"
    inspector.set_model(None)
    assert "No model is open." in texts(inspector)


def test_attributes_the_file_leaves_out_are_marked_as_defaults(inspector: Inspector) -> None:
    inspector.set_model(open_model(network_path("resnet20")))
    inspector.set_selection(["/conv1/Conv"])
    said = rows(inspector)
    assert said["auto_pad"] == "NOTSET  (default)"
    assert said["kernel_shape"] == "3, 3"


def test_the_numbers_of_a_weight_are_those_of_the_file(inspector: Inspector) -> None:
    path = network_path("squeezenet")
    inspector.set_model(open_model(path))
    inspector.set_selection(["/features/features.0/Conv"])
    node = onnx.load(path).graph.node[0]
    tensors = {t.name: numpy_helper.to_array(t) for t in onnx.load(path).graph.initializer}
    bias = tensors[node.input[2]]  # the last one listed
    low, high = rows(inspector)["range"].replace("−", "-").split(" … ")
    assert float(low) == pytest.approx(float(bias.min()), rel=1e-3)
    assert float(high) == pytest.approx(float(bias.max()), rel=1e-3)
    drawn = [plot for part in inspector.page.shown[2:] for plot in part.findChildren(Histogram)]
    assert [sum(h._bins) for h in drawn] == [tensors[node.input[1]].size, bias.size]


@pytest.mark.parametrize("key", FIVE)
def test_every_kind_of_layer_of_every_network_can_be_inspected(inspector: Inspector, key: str) -> None:
    model = open_model(network_path(key))
    inspector.set_model(model)
    one_of_each = {node.op_type: name for name, (node, _) in known(model).layers.items()}
    for operator, name in one_of_each.items():
        inspector.set_selection([name])
        assert {name, operator} <= set(texts(inspector))


def test_statistics_are_exact_below_the_limit_and_close_above_it() -> None:
    values = np.random.default_rng(0).normal(0.5, 2.0, 300_000).astype(np.float32)
    values[::4] = 0
    exact, sampled = summarize(values), summarize(values, limit=50_000)
    assert exact is not None
    assert sampled is not None
    assert not exact.sampled
    assert (exact.low, exact.high) == (float(values.min()), float(values.max()))
    assert exact.mean == pytest.approx(float(values.mean(dtype=np.float64)), abs=1e-6)
    assert exact.zeros == 0.25
    assert exact.bins == tuple(np.histogram(values, len(exact.bins))[0])
    assert sampled.sampled
    assert sampled.looked_at <= 50_000
    assert sampled.mean == pytest.approx(exact.mean, abs=0.05)
    assert sampled.zeros == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize(
    ("array", "bad"),
    [
        (np.array([1.0, np.nan, np.inf, -1.0], np.float32), 0.5),
        (np.array([np.nan] * 3, np.float32), 1.0),
        (np.array([7] * 100, np.int8), 0.0),
        (np.array([-3e38, 3e38] * 50, np.float32), 0.0),
    ],
)
def test_odd_tensors_have_statistics_too(array: np.ndarray, bad: float) -> None:
    found = summarize(array)
    assert found is not None
    assert found.bad == bad
    assert sum(found.bins) == round(array.size * (1 - bad))


def test_there_is_nothing_to_say_of_text_or_of_nothing() -> None:
    assert summarize(np.array([], np.float32)) is None
    assert summarize(np.array(["a"], object)) is None


def large(path: Path) -> Model:
    """A Gemm whose weight is 100 MB in an external file (a sparse one of zeros, so that the test costs no disk)."""
    weight = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[5000, 5000])
    weight.data_location = TensorProto.EXTERNAL
    for key, value in (("location", "large.data"), ("offset", "0"), ("length", "100000000")):
        weight.external_data.add(key=key, value=value)
    graph = helper.make_graph(
        [helper.make_node("Gemm", ["x", "w"], ["y"], "big")],
        "large",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 5000])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 5000])],
        [weight],
    )
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    (path / "large.onnx").write_bytes(proto.SerializeToString())
    with (path / "large.data").open("wb") as file:
        file.truncate(100_000_000)
    return Model.from_ir(ir.load(path / "large.onnx"))


def test_a_tensor_of_100_mb_is_sampled_and_does_not_hold_up_the_window(
    inspector: Inspector, qtbot: QtBot, tmp_path: Path
) -> None:
    inspector.set_model(large(tmp_path))
    start = time.perf_counter()
    inspector.set_selection(["big"])
    took = time.perf_counter() - start
    assert took < 0.5, f"{took:.2f} s; 0.02 s when this was written"
    qtbot.waitUntil(lambda: "sample of 1.05 M of 25 M values" in texts(inspector), timeout=20_000)
    assert rows(inspector)["dead"].startswith("5,000 of 5,000: 0, 1, 2")
    assert LIMIT < 25_000_000


def test_a_long_name_never_makes_the_page_wider_than_the_panel(inspector: Inspector) -> None:
    inspector.set_model(open_model(network_path("mobilenetv2")))
    page = inspector.widget()
    assert page is not None
    assert page.minimumSizeHint().width() <= 320 - 2 * theme.UNIT


def test_a_large_model_is_read_beside_the_window(inspector: Inspector, qtbot: QtBot) -> None:
    inspector.set_model(chain(IN_THREAD + 1))
    inspector.set_selection(["n5"])
    assert "Reading the graph…" in texts(inspector)
    qtbot.waitUntil(lambda: "n5" in texts(inspector), timeout=20_000)


def test_a_marked_layer_says_what_is_unusual_about_it(inspector: Inspector, tmp_path: Path) -> None:
    proto = onnx.load(network_path("sample"))
    proto.graph.node[3].op_type = "Convolutionize"
    onnx.save(proto, tmp_path / "odd.onnx")
    inspector.set_model(open_model(tmp_path / "odd.onnx"))
    inspector.set_selection([proto.graph.node[3].name])
    assert any("Convolutionize" in text and text.startswith("<b>!</b>") for text in texts(inspector))
    inspector.set_selection([proto.graph.node[0].name])
    assert not any(text.startswith("<b>!</b>") for text in texts(inspector))
