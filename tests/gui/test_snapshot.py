"""Pictures of the window: drawn by ``python -m gui --snapshot``, one process, no screen."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from PIL import Image

from tests.conftest import ROOT

WANTED = {"start", "graph", "layers", "compare", "panel_inspector", "dialog_prune_channels", "dialog_proof", "message"}
WANTED |= {"dialog_new", "dialog_new_none", "training", "interrupted", "dialog_train_scratch"}
WANTED |= {"dialog_sensitivity", "colour_sensitivity", "dialog_ratios"}


def test_every_panel_is_drawn_and_not_blank(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "gui", "--snapshot", str(tmp_path / "out"), "--theme", "dark"]
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    found = {p.name.removesuffix("_dark.png"): p for p in (tmp_path / "out").glob("*.png")}
    assert found.keys() >= WANTED
    for name, path in found.items():
        with Image.open(path) as picture:
            colours = picture.convert("RGB").getcolors(1 << 20)
            assert colours is not None, name
            assert len(colours) > 8, name
            darkest = max(colours)[1]
            assert sum(darkest) < 3 * 80, f"{name} is not dark"
