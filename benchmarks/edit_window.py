"""What an edit costs in the window's thread on graphs of 10,000 layers: carried out, known, shown, panels included.

    .venv/bin/python -m benchmarks.edit_window

Each edit is done and undone in a window without a screen, with the graph's blocks closed. ``wall`` is until the panels
are painted, ``own`` the processor's time of the window's thread, which other work on the machine does not lengthen;
both are the best of ``--repeats``. What goes on beside the thread (a fold into a revision by the worker, folding
all BatchNorms, opening, closing) is watched by a timer of 10 ms in the window: ``stall`` is the worst gap between two
of its ticks, ``own`` the most processor time that the window's thread took between two.
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
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from benchmarks import record
from benchmarks.open_large import Watch
from benchmarks.synthetic_graphs import cnn, transformer
from core.model.editing import Edit
from core.model.editing.folding import FoldBatchNorm
from core.model.editing.layers import Bypass, Insert, Replace
from core.model.editing.names import RenameLayer, SetAttribute
from core.model.model import layer_name
from gui.desk import Desk

_REST = 3.0  # seconds; memory of what was closed is freed after two
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
    slowest = max(r["own"] for r in rows if "stall" not in r)
    stall = max(r["stall"] for r in rows if "stall" in r)
    print(f"slowest edit: {1000 * slowest:.0f} ms of the window's thread; worst gap beside them {1000 * stall:.0f} ms")
    figures = {"slowest_own_ms": round(1000 * slowest, 1), "worst_gap_ms": round(1000 * stall, 1)}
    record.save(options.json, rows, layers=options.layers, **figures)
    return 0


def _measured(name: str, graph: onnx.ModelProto, folder: Path, repeats: int) -> list[dict[str, Any]]:
    from gui.app import build, make_application
    from gui.operations import files
    from gui.settings import Settings

    app = make_application()
    desk = build(app, Settings(folder / "window.ini"))
    desk.window.show()
    desk.jobs.warm_up()
    onnx.save(graph, folder / f"{name}.onnx")
    rows = []

    def watched(act: str, do: Callable[[], object]) -> None:
        found = _watched(app, desk, do)
        rows.append({"graph": name, "act": act, **found})
        print(
            f"  {act:<24}{1000 * found['own']:8.1f} ms longest turn{1000 * found['stall']:8.1f} ms worst gap, "
            f"{found['wall']:.1f} s in all"
        )

    print(name)
    _rest(app, desk)
    watched("open", lambda: files.open_model_file(desk, folder / f"{name}.onnx"))
    watched("prepare", desk.editing.prepare)
    assert desk.state.model is not None
    count = len(desk.state.model.graph.graph)
    for edit in edits(desk):
        done, undone = _Best(), _Best()
        for _ in range(repeats):
            done.time(lambda e=edit: desk.editing.do(e), app)
            _settle(app, desk)
            undone.time(desk.editing.undo, app)
            _settle(app, desk)
        for act, best in ((edit.key, done), (f"undo {edit.key}", undone)):
            rows.append({"graph": name, "act": act, "wall": best.wall, "own": best.own})
            print(f"  {act:<24}{1000 * best.own:8.1f} ms own{1000 * best.wall:8.1f} ms wall")
    desk.editing.do(edits(desk)[0])
    watched("fold", desk.editing.fold)
    if any(n.op_type == "BatchNormalization" for n in desk.state.model.nodes()):
        watched("fold.batchnorm", lambda: desk.editing.do(FoldBatchNorm()))
        watched("fold of fold.batchnorm", desk.editing.fold)
    watched("open again", lambda: files.open_model_file(desk, folder / f"{name}.onnx"))
    watched("close", lambda: files.close_project(desk))
    desk.window.close()
    desk.window.deleteLater()
    return [{**row, "layers": count} for row in rows]


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


def _watched(app: QApplication, desk: Desk, act: Callable[[], object]) -> dict[str, float]:
    """The act in a turn of its own, all that follows it, and the seconds after which memory is looked through."""
    watch = Watch()
    QTimer.singleShot(0, act)
    app.processEvents()
    _settle(app, desk)
    wall = time.perf_counter() - watch.start
    _rest(app, desk)
    found = watch.stop()
    return {"wall": wall, "own": found["longest_turn_ms"] / 1000, "stall": found["worst_gap_ms"] / 1000}


def _rest(app: QApplication, desk: Desk) -> None:
    end = time.perf_counter() + _REST
    while time.perf_counter() < end:
        app.processEvents()
        time.sleep(0.001)
    _settle(app, desk)


def _settle(app: QApplication, desk: Desk) -> None:
    """Until nothing goes on beside the window's thread, and a little longer for what comes after it."""
    quiet = 0
    while quiet < 20:
        app.processEvents()
        time.sleep(0.002)
        quiet = 0 if desk.background.busy or desk.jobs.running or desk.editing.busy else quiet + 1


if __name__ == "__main__":
    sys.exit(main())
