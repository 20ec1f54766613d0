"""Frame times of the graph view on synthetic networks: pan, zoom and fit at 160, 1,000 and 10,000 layers.

    python -m benchmarks.graph_view [--json OUT] [--layers 160 1000 10000]

A frame is one change of place or zoom and the repaint it causes, on the offscreen platform at 1280 x 900. The network
is residual blocks (Conv, BatchNormalization, Relu, Add) with a branch in every fourth block; its weights are shared,
so that building it takes no memory.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
import onnx_ir as ir
from onnx import TensorProto, helper, numpy_helper
from PySide6.QtWidgets import QApplication

from benchmarks import record
from core.model.model import Model
from gui import theme
from gui.graph_view import GraphView

_CHANNELS = 8
_FRAMES = 120


def synthetic(layers: int) -> Model:
    """About ``layers`` layers in residual blocks."""
    nodes: list[object] = []
    last = "x"

    def add(operator: str, *inputs: str, **attributes: object) -> str:
        name = f"block{len(nodes) // 8}/{operator}_{len(nodes)}"
        nodes.append(helper.make_node(operator, list(inputs), [name + ":0"], name, **attributes))
        return name + ":0"

    def convolution(value: str) -> str:
        return add("Conv", value, "w", kernel_shape=[3, 3], pads=[1, 1, 1, 1])

    block = 0
    while len(nodes) < layers:
        inner = add("Relu", add("BatchNormalization", convolution(last), "s", "b", "m", "v"))
        inner = add("BatchNormalization", convolution(inner), "s", "b", "m", "v")
        shortcut = convolution(last) if block % 4 == 3 else last
        last = add("Relu", add("Add", inner, shortcut))
        block += 1
    weight = np.random.default_rng(0).standard_normal((_CHANNELS, _CHANNELS, 3, 3), np.float32)
    stored = [numpy_helper.from_array(weight, "w")]
    stored += [numpy_helper.from_array(np.ones(_CHANNELS, np.float32), n) for n in "sbmv"]
    shape = [1, _CHANNELS, 16, 16]
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, shape) for n in ("x", last)]
    graph = helper.make_graph(nodes, "synthetic", ends[:1], ends[1:], stored)
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    return Model.from_ir(ir.from_proto(proto))


def frames(app: QApplication, view: GraphView, act: Callable[[int], None]) -> dict[str, float]:
    """Median and 95th percentile in milliseconds of acting and painting, over some seconds' worth of frames."""
    times = []
    for k in range(_FRAMES):
        start = time.perf_counter()
        act(k)
        app.processEvents()
        times.append(1e3 * (time.perf_counter() - start))
    times.sort()
    return {"median_ms": times[len(times) // 2], "p95_ms": times[int(0.95 * len(times))]}


def measure(app: QApplication, layers: int) -> dict[str, object]:
    model = synthetic(layers)
    view = GraphView()
    view.resize(1280, 900)
    view.show()
    app.processEvents()
    start = time.perf_counter()
    view.set_model(model)
    asked = time.perf_counter()
    while view._picture is None:
        app.processEvents()
        time.sleep(0.002)  # a window waits for events; it does not spin and take the interpreter from the layout
    app.processEvents()
    ready = time.perf_counter()
    bar = view.verticalScrollBar()
    middle = (bar.minimum() + bar.maximum()) // 2
    bar.setValue(middle)
    out: dict[str, object] = {
        "layers": layers,
        "set_model_returns_ms": 1e3 * (asked - start),
        "on_the_canvas_ms": 1e3 * (ready - start),
        "pan": frames(app, view, lambda k: bar.setValue(middle + 37 * k)),
        "zoom": frames(app, view, lambda k: view.set_zoom(math.exp(1.6 * math.sin(k / 10) - 1.2))),
    }
    view.set_zoom(0.1)
    out["pan_far"] = frames(app, view, lambda k: bar.setValue(bar.minimum() + 11 * k))
    view.fit()
    out["all"] = frames(app, view, lambda k: view.viewport().repaint())
    view.close()
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layers", type=int, nargs="+", default=[160, 1000, 10_000])
    parser.add_argument("--json", type=Path, metavar="OUT")
    asked = parser.parse_args()
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    theme.apply_theme(app, "light")
    results = [measure(app, n) for n in asked.layers]
    record.save(asked.json, results)
    print(
        f"{'layers':>7} {'returns':>9} {'visible':>9}   pan p50/p95    zoom p50/p95   far p50/p95    all p50/p95   (ms)"
    )
    for row in results:
        cells = []
        for name in ("pan", "zoom", "pan_far", "all"):
            figures = row[name]
            assert isinstance(figures, dict)
            cells.append(f"{figures['median_ms']:5.1f} /{figures['p95_ms']:6.1f}")
        print(
            f"{row['layers']:>7} {row['set_model_returns_ms']:9.1f} {row['on_the_canvas_ms']:9.1f}   {'  '.join(cells)}"
        )


if __name__ == "__main__":
    main()
