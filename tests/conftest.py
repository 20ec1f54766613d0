"""Fixtures every test may use, and the rule that a missing shared model is said, never hidden."""

from __future__ import annotations

import gc
import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# the same examples every time, so that a failure comes from the change; HYPOTHESIS_PROFILE=explore finds new ones
settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
settings.register_profile("explore", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))
EXPLORE = os.environ.get("HYPOTHESIS_PROFILE") == "explore"  # then tests also do at length what they do in brief
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("THIMBLE_SHARED") or ROOT.parent / "shared")
MODELS = {
    "mobilenetv2": "models/mobilenetv2_1.0_torchvision_imagenet/mobilenetv2_1.0_torchvision_imagenet_folded.onnx",
    "mobilenetv1": "models/mobilenetv1_0.25_224_imagenet/mobilenetv1_0.25_224_imagenet_bn.onnx",
    "squeezenet": "models/squeezenet1.1_imagenet/squeezenet1.1_imagenet_folded.onnx",
    "resnet20": "models/resnet20_cifar10/resnet20_cifar10_bn.onnx",
}
SAMPLE = ROOT / "resources" / "samples" / "digits_mobilenetv2.onnx"
FIVE = [*MODELS, "sample"]


class Unflushed(sqlite3.Connection):
    """SQLite as the program sets it up, but for its waits for the disk: 15 ms for each fact of a project."""

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        return super().execute(sql.replace("synchronous=FULL", "synchronous=OFF"), *values)


# Flushing guards against power cuts, which no test makes: what a killed process wrote, the system still has. That the
# program does flush is a test of its own (test_project.py), with these two.
CONNECT, FSYNC = sqlite3.connect, os.fsync
os.fsync = lambda _: None
sqlite3.connect = lambda *given, **named: CONNECT(*given, **{"factory": Unflushed, **named})  # type: ignore[assignment]


def pytest_collection_finish() -> None:
    """Garbage is looked for less often, and not in what was imported: it was an eighth of all processor time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


def shared(relative: str) -> Path:
    """A file of the shared material; skips where the folder is absent, fails where only the file is."""
    if not SHARED.is_dir():
        pytest.skip(f"shared material is not at {SHARED} (set THIMBLE_SHARED)")
    path = SHARED / relative
    assert path.exists(), f"{relative} is missing from the shared material"
    return path


def network_path(key: str) -> Path:
    """One of FIVE as a file."""
    return SAMPLE if key == "sample" else shared(MODELS[key])


@pytest.fixture(autouse=True)
def _private_settings(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the user's own settings."""
    home = tmp_path_factory.getbasetemp() / "config"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home))
