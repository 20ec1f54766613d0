"""One case of benchmarks/graph_view.py in a process of its own: open a file, show it, pan and zoom.

    python -m benchmarks.graph_view_case MODEL.onnx closed|open GRAPH.json

The last line of the output is a JSON object of figures. GRAPH.json gets the cards' sizes, the edges and our layout,
for Netron's layout to be run on the same graph.
"""

from __future__ import annotations

import json
import math
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication

from core.formats.open import open_model
from core.model.layout_nested import Cache, layout_nested
from core.model.model import Model
from gui import theme
from gui.graph_view import GraphView
from gui.graph_view import picture as picture_module
from gui.graph_view.minimap import Minimap

SIZE = (1280, 900)
_FRAMES = 120


def memory() -> dict[str, float]:
    """Resident memory of this process in MB: now, and at its highest."""
    status = Path("/proc/self/status")
    if not status.exists():  # macOS: only the peak is known, in bytes
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        return {"now": peak, "peak": peak}
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
    return {key: int(lines[name].split()[0]) / 1024 for key, name in (("now", "VmRSS"), ("peak", "VmHWM"))}


class Laid(NamedTuple):
    """One call of the layout: what it was given, and when it ended."""

    given: tuple[Any, ...]
    end: float

    def again(self) -> float:
        """Seconds that the same layout takes from nothing, without what was remembered of blocks laid out before."""
        start = time.perf_counter()
        layout_nested(*self.given[:-1], Cache())
        return time.perf_counter() - start


class Painted(QObject):
    """Counts the repaints of a view, so that a frame in which nothing was painted is not taken for a quick one."""

    def __init__(self, view: GraphView) -> None:
        super().__init__(view)
        self.count = 0
        view.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() == QEvent.Type.Paint:
            self.count += 1
        return False


@contextmanager
def watched_layout() -> Iterator[list[Laid]]:
    """Every call of the layout while the block runs, in whatever thread it is."""
    calls: list[Laid] = []
    real = picture_module.layout_nested

    def layout(*given: Any) -> Any:
        made = real(*given)
        calls.append(Laid(given, time.perf_counter()))
        return made

    picture_module.layout_nested = layout
    try:
        yield calls
    finally:
        picture_module.layout_nested = real


class Case:
    """A view with one model, and what it measured."""

    def __init__(self, app: QApplication) -> None:
        self._app = app
        self.view = GraphView()
        self.overview = Minimap(self.view)
        self.view.resize(*SIZE)
        self.view.show()
        app.processEvents()
        self._painted = Painted(self.view)

    def shown(self, act: Callable[[], object]) -> dict[str, float]:
        """Run an act that lays the graph out; wait until it is painted.

        ``layout_s`` is the layout itself from nothing, ``first_paint_ms`` what follows the layout until the canvas is
        painted, ``total_s`` all from the call on, ``stall_ms`` the longest time in which the window answered no event.
        """
        heard: list[float] = []
        self.view.ready.connect(lambda: heard.append(time.perf_counter()))
        with watched_layout() as calls:
            start = last = time.perf_counter()
            act()
            longest = 0.0
            while True:
                self._app.processEvents()
                now = time.perf_counter()
                longest, last = max(longest, now - last), now
                if heard:
                    break
                time.sleep(0.002)  # a window waits for events; it does not spin and take the interpreter
        self.view.ready.disconnect()
        return {
            "layout_s": min(calls[-1].again() for _ in range(3)),
            "first_paint_ms": 1e3 * (last - calls[-1].end),
            "total_s": last - start,
            "stall_ms": 1e3 * longest,
        }

    def frames(self, act: Callable[[int], object]) -> dict[str, float]:
        """Median and 95th percentile in milliseconds of acting and painting, and in how many frames was painted.

        ``cpu_median_ms`` is the processor's time: on a busy machine it tells what the others took.
        """
        times, worked = [], []
        before = self._painted.count
        for k in range(_FRAMES):
            start, used = time.perf_counter(), time.process_time()
            act(k)
            self._app.processEvents()
            times.append(1e3 * (time.perf_counter() - start))
            worked.append(1e3 * (time.process_time() - used))
        times.sort()
        worked.sort()
        return {
            "median_ms": times[len(times) // 2],
            "p95_ms": times[int(0.95 * len(times))],
            "cpu_median_ms": worked[len(worked) // 2],
            "cpu_p95_ms": worked[int(0.95 * len(worked))],
            "painted": (self._painted.count - before) / _FRAMES,
        }

    def motion(self) -> dict[str, dict[str, float]]:
        """Pan at 100 % in the middle of the graph, zoom through all levels there, pan far out, and the whole graph."""
        view = self.view
        across, down = view.horizontalScrollBar(), view.verticalScrollBar()

        def pan(step: int) -> dict[str, float]:
            middle = (down.minimum() + down.maximum()) // 2
            side = (across.minimum() + across.maximum()) // 2

            def move(k: int) -> None:  # there and back, so that a short graph does not end while it is timed
                away = _FRAMES // 4 - abs(k % _FRAMES - _FRAMES // 2)
                down.setValue(middle + step * away)
                across.setValue(side + away)

            move(0)
            self._app.processEvents()
            return self.frames(move)

        view.set_zoom(1.0)
        near = pan(37)
        zoom = self.frames(lambda k: view.set_zoom(math.exp(1.8 * math.sin(k / 10) - 1.3)))
        view.set_zoom(0.1)
        far = pan(37)
        view.fit()
        whole = self.frames(lambda k: (view.viewport().update(), self.overview.update()))
        return {"pan": near, "zoom": zoom, "pan_far": far, "whole": whole}


def graph_of(view: GraphView) -> dict[str, object]:
    """Sizes of the cards, the edges (card, card), their tensors, and where all stand."""
    done = view.picture
    assert done is not None
    return {
        "boxes": [list(box) for box in done.boxes],
        "edges": [[e.source, e.target] for e in done.edges],
        "tensors": [e.tensor for e in done.edges],
        "routes": [list(route) for route in done.place.routes],
    }


def measure(app: QApplication, model: Model, blocks: str, graph: Path) -> dict[str, object]:
    case = Case(app)
    shown = case.shown(lambda: case.view.set_model(model))
    if bool(case.view.opened()) == (blocks == "closed"):  # large graphs open closed, small ones open
        change = case.view.close_all if blocks == "closed" else case.view.open_all
        changed = case.shown(change)
        shown |= changed | {"total_s": shown["total_s"], "change_s": changed["total_s"]}
        shown["stall_ms"] = max(shown["stall_ms"], changed["stall_ms"])
    graph.write_text(json.dumps(graph_of(case.view)))
    done = case.view.picture
    assert done is not None
    return {"cards": len(done.cards), "edges": len(done.edges), **shown, **case.motion()}


def main() -> None:
    file, blocks, graph = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    theme.apply_theme(app, "light")
    imported = memory()["now"]
    start = time.perf_counter()
    model = open_model(file)
    opened = time.perf_counter() - start
    found = measure(app, model, blocks, graph)
    print(json.dumps({"open_s": opened, "imports_mb": imported, "peak_mb": memory()["peak"], **found}))


if __name__ == "__main__":
    main()
