"""What the import linter cannot see: Qt inside third parties, heavy imports at start-up, a broken Qt binding."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping

import pytest

from tests.conftest import ROOT

HEAVY = ("torch", "onnxruntime", "ai_edge_litert", "PySide6")


def run(code: str, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done


def python(code: str) -> str:
    return run(code).stdout


def test_all_of_core_imports_without_qt_and_before_torch() -> None:
    """What core sets for OpenMP, OpenMP must have read: it prints its settings when torch loads it."""
    code = (
        "import importlib, pkgutil, sys, core\n"
        "for m in pkgutil.walk_packages(core.__path__, 'core.'):\n"
        "    if not m.name.endswith('__main__'): importlib.import_module(m.name)\n"
        "print([m for m in sys.modules if m.split('.')[0] in ('PySide6', 'shiboken6', 'pyqtgraph', 'gui')])"
    )
    policy = {k: v for k, v in os.environ.items() if k != "OMP_WAIT_POLICY"} | {"OMP_DISPLAY_ENV": "TRUE"}
    done = run(code, policy)
    assert done.stdout.strip().splitlines()[-1] == "[]"
    assert re.search(r"OMP_WAIT_POLICY\s*=\s*'PASSIVE'", done.stderr)


@pytest.mark.parametrize(
    "load",
    [
        "from core.methods.method import load_methods; load_methods()",
        "from core.exporters.exporter import load_exporters; load_exporters()",
        "import core.cli",
        "import core.worker_client",
    ],
)
def test_registries_load_without_heavy_libraries(load: str) -> None:
    code = f"import sys; {load}; print([m for m in {HEAVY!r} if m in sys.modules])"
    assert python(code).strip() == "[]"


@pytest.mark.alone
def test_help_answers_at_once() -> None:
    """Under 0.5 s; the best of five, since other work shares this machine."""
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "core.cli", "--help"], cwd=ROOT, capture_output=True, check=True, timeout=60
        )
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < 0.5, seconds


def test_qt_binding_keeps_reference_counts() -> None:
    """PySide6 6.12 on Python 3.11 deallocates None after some thousand calls (FACTS.md): the pin must hold."""
    code = (
        "from PySide6.QtGui import QPainterPath\np = QPainterPath()\nfor _ in range(20000): p.lineTo(1, 1)\nprint('ok')"
    )
    assert python(code).strip() == "ok"
