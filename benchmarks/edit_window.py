"""What an edit costs in the window's thread on graphs of 10,000 layers: carried out, known, shown, panels included.

    .venv/bin/python -m benchmarks.edit_window

Each edit is done and undone in a window without a screen, with the graph's blocks closed. ``wall`` is until the panels
are painted, ``own`` the processor's time of the window's thread, which other work on the machine does not lengthen;
both are the best of ``--repeats``. A fold is what goes on beside the thread; ``stall`` is the longest time in which the
window did not answer meanwhile.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
from PySide6.QtWidgets import QApplication

from benchmarks import record
from benchmarks.synthetic_graphs import cnn, transformer
from core.model.editing import Edit
from core.model.editing.layers import Bypass, Insert, Replace
from core.model.editing.names import RenameLayer, SetAttribute
from core.model.model import layer_name
from gui.desk import Desk

_ACTIVATIONS = ("Relu", "Erf", "Softmax")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--layers", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", type=Path, metavar="OUT")
    options = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    rows: list[dict[str, Any]] = []
    for name, make in (("cnn", cnn), ("transformer", transformer)):
        with tempfile.TemporaryDirectory() as folder:
            os.environ["XDG_CACHE_HOME"] = os.environ["XDG_CONFIG_HOME"] = folder
            rows += _measured(name, make(options.layers), Path(folder), options.repeats)
    slowest = max(r["own"] for r in rows if r["act"] != "fold")
    print(f"slowest edit: {1000 * slowest:.0f} ms of the window's thread")
    record.save(options.json, rows, layers=options.layers, slowest_own_ms=round(1000 * slowest, 1))
    return 0


def _measured(name: str, graph: onnx.ModelProto, folder: Path, repeats: int) -> list[dict[str, Any]]:
    from gui.app import build, make_application
    from gui.operations import files
    from gui.settings import Settings
    from tests.gui.window_tools import ThreadClient

    app = make_application()
    desk = build(app, Settings(folder / "window.ini"), ThreadClient())
    desk.window.show()
    onnx.save(graph, folder / f"{name}.onnx")
    files.open_model_file(desk, folder / f"{name}.onnx")
    _settle(app, desk)
    desk.editing.prepare()
    _settle(app, desk)
    assert desk.state.model is not None
    count = len(desk.state.model.graph.graph)
    print(f"{name}, {count:,} layers")
    rows = []
    for edit in edits(desk):
        done, undone = _Best(), _Best()
        for _ in range(repeats):
            done.time(lambda e=edit: desk.editing.do(e), app)
            _settle(app, desk)
            undone.time(desk.editing.undo, app)
            _settle(app, desk)
        for act, best in ((edit.key, done), (f"undo {edit.key}", undone)):
            rows.append({"graph": name, "layers": count, "act": act, "wall": best.wall, "own": best.own})
            print(f"  {act:<24}{1000 * best.own:8.1f} ms own{1000 * best.wall:8.1f} ms wall")
    desk.editing.do(edits(desk)[0])
    rows.append({"graph": name, "layers": count, "act": "fold", **_fold(app, desk)})
    desk.window.close()
    desk.window.deleteLater()
    return rows


def edits(desk: Desk) -> list[Edit]:
    """Local edits in the middle of the graph."""
    assert desk.state.model is not None
    nodes = list(desk.state.model.nodes())
    acts = [n for n in nodes[len(nodes) // 2 :] if n.op_type in _ACTIVATIONS and len(n.outputs[0].uses()) == 1]
    products = [n for n in nodes[len(nodes) // 2 :] if n.op_type in ("Conv", "Transpose")]
    first = layer_name(acts[0])
    weighted = products[0]
    same: dict[str, Any] = {"Conv": ("dilations", [1, 1])}.get(weighted.op_type) or ()
    found: list[Edit] = [
        Replace(first, "Sigmoid"),
        RenameLayer(first, "renamed"),
        Bypass(layer_name(acts[1])),
        Insert(acts[2].outputs[0].name or "", "HardSwish"),
    ]
    return [*found, SetAttribute(layer_name(weighted), *same)] if same else found


class _Best:
    def __init__(self) -> None:
        self.wall = self.own = 1e9

    def time(self, act: Callable[[], object], app: QApplication) -> None:
        wall, own = time.perf_counter(), time.thread_time()
        act()
        app.processEvents()
        self.wall = min(self.wall, time.perf_counter() - wall)
        self.own = min(self.own, time.thread_time() - own)


def _fold(app: QApplication, desk: Desk) -> dict[str, float]:
    start, stall = time.perf_counter(), 0.0
    desk.editing.fold()
    while desk.background.busy:
        before = time.perf_counter()
        app.processEvents()
        stall = max(stall, time.perf_counter() - before)
        time.sleep(0.001)
    wall = time.perf_counter() - start
    print(f"  {'fold':<24}{wall:8.1f} s beside the thread, longest stall {1000 * stall:.0f} ms")
    return {"wall": wall, "own": 0.0, "stall": stall}


def _settle(app: QApplication, desk: Desk) -> None:
    """Until nothing goes on beside the window's thread, and a little longer for what comes after it."""
    quiet = 0
    while quiet < 20:
        app.processEvents()
        time.sleep(0.002)
        quiet = 0 if desk.background.busy or desk.jobs.running or desk.editing.busy else quiet + 1


if __name__ == "__main__":
    sys.exit(main())
