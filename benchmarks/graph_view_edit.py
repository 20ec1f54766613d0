"""What one edit costs in the window: a case of benchmarks/graph_view.py in a process of its own.

    python -m benchmarks.graph_view_edit MODEL.onnx closed|open

The whole window opens the file, as for a user. Each edit is timed from the act to the repainted graph, all in the
window's thread; then the window is left alone for a while, and the longest time in which it answered no event (panels
that follow, the overview) is kept too. The last line of the output is a JSON object of figures in milliseconds.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from core.model.editing import Edit
from core.model.editing.layers import Bypass
from core.model.editing.names import RenameLayer, RenameTensor, SetAttribute
from core.model.editing.new_layers import Insert, Replace
from core.model.model import Model
from gui.app import build, make_application
from gui.desk import Desk
from gui.operations import files
from gui.settings import Settings

_TIMES, _AFTER, _PATIENCE = 5, 0.5, 120.0  # edits of a kind; seconds watched after each; seconds for opening


_PLAIN, _NORM = ("Relu", "Erf", "Softmax"), ("BatchNormalization", "LayerNormalization")
_KINDS: tuple[tuple[str, tuple[str, ...], Callable[[str, str, int], Edit]], ...] = (
    ("attribute", _NORM, lambda layer, _, k: SetAttribute(layer, "epsilon", 0.001 * (k + 2))),
    ("rename layer", (), lambda layer, _, k: RenameLayer(layer, f"{layer}_renamed_{k}")),
    ("rename tensor", (), lambda _, tensor, k: RenameTensor(tensor, f"{tensor}_renamed_{k}")),
    ("insert", _PLAIN, lambda _, tensor, k: Insert(tensor, "Sigmoid", f"inserted_{k}")),
    ("replace", _PLAIN, lambda layer, _, k: Replace(layer, "Tanh")),
    ("bypass", _PLAIN, lambda layer, _, k: Bypass(layer)),
)


def edit_of(model: Model, kind: int, k: int) -> Edit:
    """The ``k``-th edit of a kind, at the layer that stands there in the graph as it now is."""
    _, operators, make = _KINDS[kind]
    fitting = [node for node in model.nodes() if not operators or node.op_type in operators]
    node = fitting[len(fitting) * (2 * k + 1) // (2 * _TIMES)]
    return make(node.name or "", node.outputs[0].name or "", k)


class Clock:
    """Runs the window, and times it."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def turn(self) -> float:
        """Answer what waits; how long that took in milliseconds."""
        start = time.perf_counter()
        self._desk.app.processEvents()
        return 1e3 * (time.perf_counter() - start)

    def until(self, ready: Callable[[], bool]) -> float:
        """Run until something is so; the longest turn of the window's thread meanwhile."""
        longest, end = 0.0, time.monotonic() + _PATIENCE
        while not ready():
            if time.monotonic() > end:
                raise SystemExit("the window was not ready in time")
            longest = max(longest, self.turn())
            time.sleep(0.002)
        return longest

    def rest(self, seconds: float) -> float:
        """Run for a while; the longest turn."""
        end = time.monotonic() + seconds
        return self.until(lambda: time.monotonic() > end)

    def edit(self, edit: Edit) -> tuple[float, float, float]:
        """Milliseconds until an edit is done and painted, those of the processor in them, and of the longest turn
        after it."""
        view = self._desk.window.graphs.view
        painted: list[bool] = []
        link = view.picture_changed.connect(lambda: painted.append(True))
        start, used = time.perf_counter(), time.thread_time()
        if not self._desk.editing.do(edit):
            raise SystemExit(f"refused: {edit}")
        while not painted:
            self._desk.app.processEvents()
        self._desk.app.processEvents()
        took, worked = 1e3 * (time.perf_counter() - start), 1e3 * (time.thread_time() - used)
        view.picture_changed.disconnect(link)
        return took, worked, self.rest(_AFTER)


def shown_model(desk: Desk) -> Model:
    assert desk.state.model is not None
    return desk.state.model


def measure(desk: Desk, file: Path, blocks: str) -> dict[str, object]:
    clock, view = Clock(desk), desk.window.graphs.view
    desk.window.resize(1280, 900)
    desk.window.show()
    files.open_model_file(desk, file)
    opening = clock.until(lambda: view.picture is not None)
    if bool(view.opened()) == (blocks == "closed"):
        opened = len(view.picture.cards) if view.picture is not None else 0
        (view.close_all if blocks == "closed" else view.open_all)()
        clock.until(lambda: view.picture is not None and len(view.picture.cards) != opened)
    clock.until(lambda: not desk.jobs.running)
    clock.rest(2.0)
    desk.editing.do(
        edit_of(shown_model(desk), 0, 0)
    )  # the first one makes the working copy, beside the window's thread
    preparing = clock.until(lambda: desk.editing.pending == 1)
    clock.rest(1.0)
    out: dict[str, object] = {"opening_stall_ms": opening, "preparing_stall_ms": preparing}
    every: list[tuple[float, float, float]] = []
    for number, (kind, _, _) in enumerate(_KINDS):
        timed = [clock.edit(edit_of(shown_model(desk), number, k)) for k in range(_TIMES)]
        every += timed
        out[kind] = statistics.median(took for took, _, _ in timed)
    wall, worked, after = zip(*every, strict=True)
    out |= {"edit_median_ms": statistics.median(wall), "edit_worst_ms": max(wall)}
    return out | {"edit_cpu_median_ms": statistics.median(worked), "after_edit_ms": max(after)}


def main() -> None:
    file, blocks = Path(sys.argv[1]), sys.argv[2]
    with tempfile.TemporaryDirectory(prefix="thimble-benchmark-") as scratch:
        os.environ["XDG_CONFIG_HOME"] = os.environ["XDG_CACHE_HOME"] = scratch
        app = make_application()
        desk = build(app, Settings(Path(scratch) / "window.ini"))
        found = measure(desk, file, blocks)
        desk.window.close()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
