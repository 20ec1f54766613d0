"""How soon figures and cards follow the slider of a pruning dialog: in the real window, with the worker behind it.

    .venv/bin/python -m benchmarks.preview [--model FILE ...] [--json OUT]

The window is drawn without a screen. ``first`` is from the menu until the first figures are painted (groups and scores
are found); then the slider jumps to and fro: ``move`` is from the slider's move until figures and graph are painted.
``drag`` moves the slider a step every 16 ms and gives the time from the last move until its figures are painted, with
how many plans were shown on the way; there is never more than one under way.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import onnx
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QWidget

from benchmarks import record
from benchmarks.synthetic_graphs import cnn, transformer
from gui.act.dialog import MethodDialog
from gui.desk import Desk

_MOBILENET = "models/mobilenetv2_1.0_torchvision_imagenet/mobilenetv2_1.0_torchvision_imagenet_folded.onnx"
_PATIENCE = 120.0
_FRAME = 0.016


class Painted(QObject):
    """When a widget was painted last."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.at = 0.0
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  Qt calls it so
        if event.type() == QEvent.Type.Paint:
            self.at = time.perf_counter()
        return False


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, action="append", help="measure these instead")
    parser.add_argument("--method", default="prune.channels")
    parser.add_argument("--moves", type=int, default=30)
    parser.add_argument("--layers", type=int, default=1000, help="of the two graphs that are made")
    parser.add_argument("--json", type=Path, metavar="OUT")
    options = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        os.environ["XDG_CACHE_HOME"] = os.environ["XDG_CONFIG_HOME"] = scratch
        for file in options.model or _usual(folder, options.layers):
            row = _measured(file, folder, options.method, options.moves)
            rows.append(row)
            print(
                f"{row['graph']:<28}{row['layers']:6} layers  first {1000 * row['first']:6.0f} ms  "
                f"move {1000 * row['median']:5.0f} ms median, {1000 * row['p95']:5.0f} ms 95th percentile, "
                f"{1000 * row['worst']:5.0f} ms worst  drag {1000 * row['after_drag']:5.0f} ms after the last move, "
                f"{row['shown']} plans shown of {row['steps']} moves",
                flush=True,
            )
    load = round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None
    record.save(options.json, rows, method=options.method, load_average=load)
    return 0


def _usual(folder: Path, layers: int) -> list[Path]:
    shared = Path(os.environ.get("THIMBLE_SHARED") or Path(__file__).resolve().parent.parent.parent / "shared")
    found = [shared / _MOBILENET] if (shared / _MOBILENET).exists() else []
    for name, make in (("cnn", cnn), ("transformer", transformer)):
        onnx.save(make(layers), folder / f"{name}.onnx")
        found.append(folder / f"{name}.onnx")
    return found


def _measured(file: Path, folder: Path, method: str, moves: int) -> dict[str, Any]:
    from gui.app import build, make_application
    from gui.operations import files
    from gui.settings import Settings

    app = make_application()
    desk = build(app, Settings(folder / "window.ini"))
    desk.window.show()
    desk.jobs.warm_up()
    files.open_model_file(desk, file)
    _until(app, lambda: desk.state.model is not None and desk.window.graphs.view.picture is not None)
    _until(app, lambda: not desk.jobs.running and not desk.background.busy)
    _rest(app, 2.0)  # the workers have their modules by then
    begun = time.perf_counter()
    desk.actions[f"method.{method}"].trigger()
    dialog = next(w for w in app.topLevelWidgets() if isinstance(w, MethodDialog) and w.isVisible())
    assert dialog.previewer is not None
    _until(app, lambda: bool(dialog.figures.text()))
    app.processEvents()
    first = time.perf_counter() - begun
    _until(app, lambda: not desk.jobs.running and not dialog.previewer.busy)
    _rest(app, 0.5)
    taken = _moves(app, desk, dialog, moves)
    dragged = _drag(app, dialog)
    assert desk.state.model is not None
    layers = len(desk.state.model.graph.graph)
    dialog.reject()
    desk.window.close()
    desk.window.deleteLater()
    app.processEvents()
    ranked = sorted(taken)
    return {
        "graph": file.stem,
        "layers": layers,
        "first": first,
        "median": statistics.median(ranked),
        "p95": ranked[min(int(0.95 * len(ranked)), len(ranked) - 1)],
        "worst": ranked[-1],
        "moves": len(ranked),
        **dragged,
    }


def _moves(app: QApplication, desk: Desk, dialog: MethodDialog, moves: int) -> list[float]:
    """Seconds from each of many jumps of the slider until its figures and the graph are painted."""
    slider = dialog.form.rows["ratio"].editor.slider  # type: ignore[attr-defined]
    figure, graph = Painted(dialog.figures._rows["macs"]._after), Painted(desk.window.graphs.view.viewport())
    came: list[float] = []
    dialog.planned.connect(lambda plan: came.append(time.perf_counter()))
    taken = []
    for k in range(moves):
        # neighbours may round to the same channels: jumps of two steps and more change every figure
        goal = round(slider.maximum() * (0.15 + 0.7 * ((7 * k) % 13) / 12))
        came.clear()
        begun = time.perf_counter()
        slider.setValue(goal)
        _until(app, lambda: bool(came) and figure.at >= came[-1] and graph.at >= came[-1])
        taken.append(max(figure.at, graph.at) - begun)
        _rest(app, 0.05)
    return taken


def _drag(app: QApplication, dialog: MethodDialog) -> dict[str, Any]:
    """A drag over the whole slider."""
    slider, previewer = dialog.form.rows["ratio"].editor.slider, dialog.previewer  # type: ignore[attr-defined]
    assert previewer is not None
    shown: list[float] = []
    dialog.planned.connect(lambda plan: shown.append(time.perf_counter()))
    steps = 60
    for k in range(steps):
        slider.setValue(round(slider.maximum() * (0.05 + 0.85 * k / (steps - 1))))
        _rest(app, _FRAME)
    last = time.perf_counter()
    _until(app, lambda: not previewer.busy)
    app.processEvents()
    return {"after_drag": time.perf_counter() - last, "shown": len(shown), "steps": steps}


def _until(app: QApplication, met: Any) -> None:
    end = time.perf_counter() + _PATIENCE
    while not met():
        app.processEvents()
        time.sleep(0.0005)
        if time.perf_counter() > end:
            raise TimeoutError("the preview did not come")


def _rest(app: QApplication, seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        app.processEvents()
        time.sleep(0.001)


if __name__ == "__main__":
    sys.exit(main())
