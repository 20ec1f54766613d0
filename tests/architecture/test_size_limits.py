"""Ratchets: files stay under 400 lines and functions under 50, in every package of ours."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.conftest import ROOT


def too_long(path: Path) -> list[str]:
    """What of a file is over its limit."""
    text = path.read_text()
    lines = len(text.splitlines())
    functions = (n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
    sizes = {f"{path}: {f.name}": f.end_lineno - f.lineno + 1 for f in functions if f.end_lineno is not None}
    return [f"{k} has {n} lines" for k, n in sizes.items() if n > 50] + [f"{path} has {lines} lines"] * (lines > 400)


@pytest.mark.parametrize("package", ["core", "gui", "tests", "benchmarks"])
def test_files_and_functions_are_small(package: str) -> None:
    files = sorted((ROOT / package).rglob("*.py"))
    assert len(files) > 10
    assert [said for path in files for said in too_long(path)] == []


def test_what_is_over_a_limit_is_found(tmp_path: Path) -> None:
    file = tmp_path / "long.py"
    file.write_text("def f():\n" + "    pass\n" * 50 + "\n" * 350)
    assert too_long(file) == [f"{file}: f has 51 lines", f"{file} has 401 lines"]
