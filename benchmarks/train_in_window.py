"""A reference network trained in the window, by its own menus and dialogs: python -m benchmarks.train_in_window

File > New from reference network, attach data, Train > Train from scratch, Analyse > Evaluate; the worker processes
are the real ones. The window is drawn while it trains and after: --pictures FOLDER takes training.png and
training_done.png. Without a screen it runs by itself (QT_QPA_PLATFORM=offscreen). By default ResNet-20 on a fifth of
the CIFAR images, a few minutes on one idle core.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

if not os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY"):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog

from benchmarks import record
from gui.act.dialog import MethodDialog
from gui.app import build, make_application
from gui.desk import Desk
from gui.new.dialog import NewDialog
from gui.operations import act, files, looking
from gui.settings import Settings
from gui.snapshot import pause

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("THIMBLE_SHARED") or ROOT.parent / "shared")
CIFAR = SHARED / "data/cifar10_jpeg/train_20000.zip"
SIZE = (1280, 800)
PATIENCE = 3600.0  # seconds

D = TypeVar("D", bound=QDialog)


def until(desk: Desk, done: Callable[[], bool]) -> None:
    """Let the window work until it is done; ends the run with what the window said where something failed."""
    end = time.monotonic() + PATIENCE
    while not done():
        pause(desk.app, 0.1)
        if desk.errors.last[0] == "error":
            raise SystemExit(" ".join(desk.errors.last[1:]))
        if time.monotonic() > end:
            raise SystemExit("The window did not finish in time.")


def settled(desk: Desk) -> bool:
    return not desk.background.busy and not desk.jobs.running


def opened(kind: type[D]) -> D:
    """The dialog that the last act has opened."""
    found = [w for w in QApplication.topLevelWidgets() if isinstance(w, kind) and w.isVisible()]
    return found[-1]


def fewer(source: Path, per_class: int, folder: Path) -> Path:
    """The first items of every class of a zip of folders; all of them for 0."""
    if not per_class:
        return source
    target = folder / f"{source.stem}_{per_class}.zip"
    taken: dict[str, int] = {}
    with zipfile.ZipFile(source) as whole, zipfile.ZipFile(target, "w") as part:
        for name in whole.namelist():
            label = name.split("/")[0]
            taken[label] = taken.get(label, 0) + 1
            if taken[label] <= per_class:
                part.writestr(name, whole.read(name))
    return target


def create(desk: Desk, key: str) -> None:
    """File > New: type, choose, Enter."""
    desk.actions["new"].trigger()
    dialog = opened(NewDialog)
    QTest.keyClicks(dialog.filter, key)
    dialog.select(key)
    QTest.keyClick(dialog.filter, Qt.Key.Key_Return)
    until(desk, lambda: desk.state.model is not None and settled(desk))


def train(desk: Desk, epochs: int, mirror: bool, look_in: Callable[[], None]) -> float:
    """Train > Train from scratch; ``look_in`` is called when two thirds are done. Gives seconds."""
    desk.actions["method.train.scratch"].trigger()
    dialog = opened(MethodDialog)
    dialog.form.set_values({"epochs": epochs, "flip": mirror})
    QTest.mouseClick(dialog.apply_button, Qt.MouseButton.LeftButton)
    start = time.monotonic()
    job = next(j for j in desk.jobs.running if j.can_stop)
    until(desk, lambda: job.done > 0.66 or not job.running)
    look_in()
    until(desk, lambda: not job.running)
    seconds = time.monotonic() - start
    until(desk, lambda: len(desk.state.revisions) > 1 and settled(desk))
    return seconds


def draw(desk: Desk, path: Path | None) -> None:
    """The window as a small picture."""
    if path is None:
        return
    pause(desk.app, 0.3)
    path.parent.mkdir(parents=True, exist_ok=True)
    desk.window.grab().save(str(path))
    with Image.open(path) as picture:
        small = picture.convert("RGB")
    small.save(path, optimize=True)  # without the alpha that the window does not use


def run(args: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """The whole job in one window; gives what it found."""
    act.THREADS = args.threads
    desk = build(make_application(), Settings(folder / "window.ini"))
    desk.window.resize(*SIZE)
    desk.window.show()
    looking.set_look(desk, "light")
    pictures = Path(args.pictures) if args.pictures else None
    create(desk, args.network)
    files.attach_data(desk, fewer(Path(args.data), args.per_class, folder))
    until(desk, lambda: desk.state.attached is not None and settled(desk))
    shown = pictures / "training.png" if pictures else None
    seconds = train(desk, args.epochs, not args.no_mirror, lambda: draw(desk, shown))
    desk.actions["evaluate"].trigger()
    until(desk, lambda: settled(desk) and "top1" in desk.state.figures("2"))
    desk.window.jobs.list.setCurrentRow(desk.window.jobs.list.count() - 1)  # the training's curves again
    draw(desk, pictures / "training_done.png" if pictures else None)
    curves = desk.window.jobs.curves.charts
    top1 = desk.state.figures("2")["top1"]
    found = {
        "network": desk.state.title,
        "epochs": args.epochs,
        "seconds": round(seconds, 1),
        "top1": round(top1.value, 2),
        "judged": top1.n,
        "notes": list(desk.state.revisions[1].report.notes),
        "curves": {name: _some(chart.series[name]) for name, chart in curves.items()},
    }
    desk.window.close()
    return found


def _some(points: Sequence[tuple[float, float]]) -> list[list[float]]:
    """At most some fifty points of a curve, the last among them."""
    step = max(len(points) // 50, 1)
    return [[round(x, 3), round(y, 4)] for x, y in points[::-1][::step][::-1]]


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.train_in_window", description=__doc__)
    parser.add_argument("--network", default="resnet20_cifar")
    parser.add_argument("--data", default=str(CIFAR), help="a zip of a folder a class")
    parser.add_argument("--per-class", type=int, default=400, help="items of each class; 0 for all")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--no-mirror", action="store_true", help="for digits, letters and traffic signs")
    parser.add_argument("--pictures", help="folder for training.png and training_done.png")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="thimble-window-") as scratch:
        os.environ["XDG_CACHE_HOME"] = os.environ["XDG_CONFIG_HOME"] = scratch
        found = run(args, Path(scratch))
    print(", ".join(f"{k} {v}" for k, v in found.items() if k not in ("curves", "notes")))
    record.save(args.json, [found])


if __name__ == "__main__":
    main()
