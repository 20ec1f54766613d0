"""Two thousand rounds of open, edit, undo, close in one window: does memory or the number of Qt objects grow?

    python -m benchmarks.soak --json benchmarks/results/soak.json [--rounds 2000] [--window]

A round opens a model file as a new project, does three edits (an attribute, a bypass, an insertion), takes one back,
opens and closes a block, searches, lets every second round fold its edits into a revision, closes the project and
deletes the session. Every twentieth round is measured after the garbage was collected: memory the process holds itself
(RssAnon), QObjects alive below the window and the application, widgets, Python objects, open files, threads.

Growth is the slope of a straight line through the second half, times the rounds of that half: caches fill in the
first. The bounds are stated in BOUNDS; the exit status is 1 where one is broken.
"""

from __future__ import annotations

import argparse
import gc
import os
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import record

# what may be gained over the second half (1,000 rounds of the default): a leak of one widget a round would be 1,000
BOUNDS = {"rss_anon_mb": 8.0, "qt_objects": 20, "widgets": 5, "python_objects": 2000, "files": 2, "threads": 1}
_EVERY = 20
_PATIENCE = 60.0


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--json", type=Path, metavar="OUT")
    options.add_argument("--rounds", type=int, default=2000)
    options.add_argument("--window", action="store_true", help="on a screen instead of offscreen")
    args = options.parse_args()
    if not args.window:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    with tempfile.TemporaryDirectory(prefix="thimble-soak-") as scratch:
        os.environ["XDG_CONFIG_HOME"] = os.environ["XDG_CACHE_HOME"] = scratch
        rows = _Soak(Path(scratch)).run(args.rounds)
    growth = {name: _growth(rows, name) for name in BOUNDS}
    _print(rows, growth)
    record.save(args.json, rows, growth=growth, bounds=BOUNDS)
    return 1 if any(growth[name] > bound for name, bound in BOUNDS.items()) else 0


class _Soak:
    """One window, used again and again."""

    def __init__(self, scratch: Path) -> None:
        from gui.app import build, make_application
        from gui.settings import Settings

        self._scratch = scratch
        self._app = make_application()
        self._desk = build(self._app, Settings(scratch / "window.ini"))
        self._desk.window.show()
        self._failures: list[str] = []
        self._desk.errors.shown.connect(self._heard)

    def _heard(self, level: str, text: str, *_: Any) -> None:
        if level == "error":
            self._failures.append(text)

    def run(self, rounds: int) -> list[dict[str, float]]:
        rows, start = [], time.perf_counter()
        for k in range(1, rounds + 1):
            self._round(k)
            if self._failures:
                raise SystemExit(f"round {k}: {self._failures[0]}")
            if k % _EVERY == 0 or k == 1:
                rows.append({"round": k, "seconds": round(time.perf_counter() - start, 1), **self._measured()})
                if k % (10 * _EVERY) == 0:
                    print("  ".join(f"{name} {value:,}" for name, value in rows[-1].items()), file=sys.stderr)
        self._desk.window.close()
        return rows

    def _round(self, k: int) -> None:
        from core.model.editing.layers import Bypass, Insert
        from core.model.editing.names import SetAttribute
        from gui.operations import files, moving

        desk = self._desk
        files.open_sample(desk)
        self._until(lambda: desk.state.model is not None and desk.state.attached is not None)
        model, project = desk.state.model, desk.state.project
        assert model is not None
        assert project is not None
        nodes = list(model.nodes())
        conv = next(n for n in nodes if n.op_type == "Conv")
        clip = next(n for n in nodes if n.op_type in ("Clip", "Relu"))
        self._do(SetAttribute(conv.name or "", "auto_pad", "NOTSET"))
        self._do(Bypass(clip.name or ""))
        self._do(Insert(conv.outputs[0].name or "", "HardSwish", f"soak_{k}"))
        desk.state.select([conv.name or ""])
        view = desk.window.graphs.view
        view.close_all()
        view.open_all()
        moving.undo(desk)
        self._until(lambda: desk.editing.pending == 2)
        if k % 2:
            desk.editing.fold()
            self._until(lambda: desk.editing.pending == 0)
        folder = project.folder
        self._until(lambda: not desk.background.busy and not desk.jobs.running)
        files.close_project(desk)
        self._until(lambda: desk.state.project is None and not desk.background.busy)
        shutil.rmtree(folder, ignore_errors=True)

    def _do(self, edit: Any) -> None:
        if not self._desk.editing.do(edit):
            raise SystemExit(f"{edit} was refused: {self._failures}")

    def _until(self, ready: Any) -> None:
        end = time.monotonic() + _PATIENCE
        while not ready():
            self._app.processEvents()
            if time.monotonic() > end:
                raise SystemExit(f"nothing happened for {_PATIENCE:.0f} s. {' '.join(self._failures)}")
            time.sleep(0.001)

    def _measured(self) -> dict[str, float]:
        from PySide6.QtCore import QCoreApplication, QEvent, QObject

        for _ in range(3):
            self._app.processEvents()
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
            gc.collect()
        tops = [w for w in self._app.topLevelWidgets() if w.parent() is None]
        objects = sum(len(top.findChildren(QObject)) for top in tops) + len(self._app.findChildren(QObject))
        return {
            "rss_anon_mb": round(_rss_anon() / 2**20, 2),
            "qt_objects": objects + len(tops),
            "widgets": len(self._app.allWidgets()),
            "python_objects": len(gc.get_objects()) + gc.get_freeze_count(),
            "files": len(os.listdir("/proc/self/fd")),
            "threads": threading.active_count(),
        }


def _rss_anon() -> int:
    """Bytes of memory that only this process holds (Linux)."""
    text = Path("/proc/self/status").read_text()
    line = next(line for line in text.splitlines() if line.startswith("RssAnon"))
    return int(line.split()[1]) * 1024


def _growth(rows: list[dict[str, float]], name: str) -> float:
    """Slope over the second half, times its rounds; 0 with too few rows to tell."""
    half = [r for r in rows if r["round"] >= rows[-1]["round"] / 2]
    if len(half) < 3:
        return 0.0
    x = np.array([r["round"] for r in half])
    y = np.array([r[name] for r in half])
    return round(float(np.polyfit(x, y, 1)[0] * (x[-1] - x[0])), 2)


def _print(rows: list[dict[str, float]], growth: dict[str, float]) -> None:
    print(f"{'':16}{'first':>12}{'middle':>12}{'last':>12}{'growth, 2nd half':>18}{'bound':>8}")
    for name, bound in BOUNDS.items():
        first, middle, last = (rows[k][name] for k in (0, len(rows) // 2, -1))
        print(f"{name:16}{first:>12,}{middle:>12,}{last:>12,}{growth[name]:>18,}{bound:>8}")
    print(f"{rows[-1]['round']:,} rounds in {rows[-1]['seconds']:,} s")


if __name__ == "__main__":
    sys.exit(main())
