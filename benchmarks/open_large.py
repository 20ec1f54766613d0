"""Opening models of a gigabyte in the window: the worst stall, the seconds, and what memory it takes.

    python -m benchmarks.open_large --json benchmarks/results/open_large.json [--megabytes 1000] [--cases external ...]

Every case is a fresh process with an offscreen window. A timer of 10 ms runs in the window from before the file is
opened until the graph is drawn, the costs are counted and a second has passed; the worst gap between two of its ticks
is how long the window could not answer. On a machine that others use too the longest turn says more: the most
processor time that the window's own thread took between two ticks. Memory is what the process holds itself (RssAnon;
pages of mapped files are the system's to drop) and its peak with them. 'inline' holds the weights in the .onnx file,
'external' beside it, 'deep' is a graph of 10,000 layers with small weights, 'stored' opens the project that 'external'
made.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper

from benchmarks import record

CASES = ("inline", "external", "deep", "stored")
GOAL_MS = 100.0
_ROOT = Path(__file__).resolve().parent.parent
_COLUMNS = 1024


def build(path: Path, layers: int, columns: int, external: bool, seed: int = 0) -> None:
    """A chain of MatMul, Add and Relu, whose weights are random; the data file is written tensor by tensor."""
    rng = np.random.default_rng(seed)
    nodes, tensors, x, at = [], [], "x", 0
    data = path.with_suffix(".data")
    with data.open("wb") as file:
        for k in range(layers):
            weight = rng.standard_normal((columns, columns), np.float32) / np.float32(np.sqrt(columns))
            tensor = TensorProto(name=f"w{k}", data_type=TensorProto.FLOAT, dims=(columns, columns))
            if external:
                tensor.data_location = TensorProto.EXTERNAL
                for key, value in (("location", data.name), ("offset", at), ("length", weight.nbytes)):
                    tensor.external_data.add(key=key, value=str(value))
                at += file.write(weight.tobytes())
            else:
                tensor.raw_data = weight.tobytes()
            bias = helper.make_tensor(f"b{k}", TensorProto.FLOAT, (columns,), np.zeros(columns, np.float32))
            tensors += [tensor, bias]
            nodes += [
                helper.make_node("MatMul", [x, f"w{k}"], [f"m{k}"], name=f"block{k}/matmul"),
                helper.make_node("Add", [f"m{k}", f"b{k}"], [f"a{k}"], name=f"block{k}/add"),
                helper.make_node("Relu", [f"a{k}"], [f"r{k}"], name=f"block{k}/relu"),
            ]
            x = f"r{k}"
    if not external:
        data.unlink()
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, ["batch", columns]) for n in ("x", x)]
    graph = helper.make_graph(nodes, "large", ends[:1], ends[1:], tensors)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10), path)


def file_of(case: str, folder: Path, megabytes: int) -> Path:
    """The case's file, made in a process of its own so that this one stays small."""
    kind = "external" if case == "stored" else case
    path = folder / f"{kind}.onnx"
    if not path.exists():
        columns = 32 if kind == "deep" else _COLUMNS
        layers = 3334 if kind == "deep" else round(megabytes * 1e6 / (4 * _COLUMNS * _COLUMNS))
        call = f"from pathlib import Path; from benchmarks.open_large import build; build(Path({str(path)!r}), "
        subprocess.run(
            [sys.executable, "-c", f"{call}{layers}, {columns}, {kind == 'external'})"], check=True, cwd=_ROOT
        )
    return path


# one case, in a process of its own -----------------------------------------------------------------------------------


def memory(key: str) -> float:
    """MB of this process: 'RssAnon', 'VmHWM' and the like; 0 where the system does not tell."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{key}:")), 0.0)


class Watch:
    """Ticks of a timer in the window, and the memory that the process holds itself."""

    def __init__(self) -> None:
        from PySide6.QtCore import QTimer

        self.ticks: list[float] = []
        self.busy: list[float] = [time.thread_time()]
        self.anonymous = [memory("RssAnon")]
        self._timer = QTimer(interval=10)
        self._timer.timeout.connect(self._tick)
        self._timer.start()
        self.start = time.perf_counter()

    def _tick(self) -> None:
        self.ticks.append(time.perf_counter())
        self.busy.append(time.thread_time())
        if len(self.ticks) % 5 == 0:
            self.anonymous.append(memory("RssAnon"))

    def stop(self) -> dict[str, Any]:
        self._timer.stop()
        gaps = sorted(b - a for a, b in zip([self.start, *self.ticks], self.ticks, strict=False))
        return {
            "worst_gap_ms": 1000 * gaps[-1],
            "longest_turn_ms": 1000 * max(b - a for a, b in pairwise(self.busy)),
            "next_gaps_ms": [round(1000 * g, 1) for g in gaps[-5:-1]],
            "anon_growth_mb": max(self.anonymous) - self.anonymous[0],
            "anon_kept_mb": memory("RssAnon") - self.anonymous[0],
            "peak_rss_mb": memory("VmHWM"),
        }


def run_case(path: Path) -> dict[str, Any]:
    """Open one file (or project) in a window, watched by a timer."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from gui.app import build as make_window
    from gui.app import make_application, open_argument
    from gui.settings import Settings

    app = make_application()
    desk = make_window(app, Settings(Path(os.environ["XDG_CONFIG_HOME"]) / "window.ini"))
    desk.window.show()
    drawn: list[float] = []
    desk.window.graphs.view.ready.connect(lambda: drawn.append(time.perf_counter()))

    def until(done: Callable[[], bool]) -> None:
        while not done():
            app.processEvents()
            time.sleep(0.0005)

    def rest(seconds: float) -> None:
        end = time.perf_counter() + seconds
        until(lambda: time.perf_counter() > end)

    desk.jobs.warm_up()
    rest(1.0)
    gc.collect()
    watch = Watch()
    open_argument(desk, path)
    until(lambda: bool(drawn) or bool(desk.errors.last and desk.errors.last[0] == "error"))
    if not drawn:
        raise SystemExit(f"'{path}' did not open: {desk.errors.last}")
    until(lambda: not desk.background.busy and not desk.jobs.running)
    rest(1.0)
    found = watch.stop()
    project = desk.state.project
    desk.window.close()
    return {"project": str(project.folder) if project else "", "drawn_s": drawn[-1] - watch.start, **found}


def measured(path: Path, home: Path) -> dict[str, Any]:
    environment = {**os.environ, "XDG_CONFIG_HOME": str(home), "XDG_CACHE_HOME": str(home)}
    command = [sys.executable, "-m", "benchmarks.open_large", "--open", str(path)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=_ROOT, env=environment)
    if ended.returncode:
        raise SystemExit(ended.stderr[-2000:])
    found: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--json", type=Path, metavar="OUT")
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--repeats", type=int, default=1, help="the best of so many runs is kept, others are listed")
    parser.add_argument("--open", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.open:
        print(json.dumps(run_case(args.open)))
        return 0
    rows = []
    with tempfile.TemporaryDirectory(prefix="thimble-large-") as name:
        folder = Path(name)
        made = Path()
        for case in args.cases:
            path = file_of(case, folder, args.megabytes)
            if case == "stored" and not made.name:
                made = Path(measured(path, folder / "made")["project"])
            target = made if case == "stored" else path
            runs = [measured(target, folder / f"{case}{k}") for k in range(args.repeats)]
            best = min(runs, key=lambda r: r["worst_gap_ms"])
            made = Path(best.pop("project")) if case == "external" else made
            best.pop("project", None)
            rows.append({"case": case, **best, "all_gaps_ms": [round(r["worst_gap_ms"], 1) for r in runs]})
            print(
                f"{case:9} worst gap {best['worst_gap_ms']:6.0f} ms {rows[-1]['all_gaps_ms']}, "
                f"longest turn {best['longest_turn_ms']:.0f} ms, drawn after "
                f"{best['drawn_s']:5.1f} s, memory +{best['anon_growth_mb']:.0f} MB (kept {best['anon_kept_mb']:.0f}), "
                f"peak with mapped files {best['peak_rss_mb']:.0f} MB",
                flush=True,
            )
    record.save(args.json, rows, megabytes=args.megabytes, goal_ms=GOAL_MS)
    return 0 if all(r["worst_gap_ms"] < GOAL_MS for r in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
