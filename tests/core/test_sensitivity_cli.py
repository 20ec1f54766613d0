"""Pruning sensitivity on the command line: a report as a file, and methods that take their ratios from it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import onnx
import pytest

from core.cli import main
from core.methods.analyse.sensitivity_report import holds_ratios, ratios_from
from core.methods.method import METHODS, Context, Outcome, method
from core.methods.scope import Scope
from core.model.model import Model
from core.params import Field
from core.project.report_file import load_report
from core.report import Report
from tests.conftest import SAMPLE
from tests.core.test_pruning_sensitivity import KEY, network


@dataclass(frozen=True, slots=True)
class Params:
    ratio: Annotated[float, Field("Channels removed", low=0.0, high=0.95)] = 0.3


@pytest.fixture
def cutter() -> Iterator[list[Context]]:
    """A method with ratios per layer; the contexts it was run in."""
    ran: list[Context] = []

    def apply(model: Model, params: Params, ctx: Context) -> Outcome:
        ran.append(ctx)
        return Outcome(model.clone(), Report())

    method("test.cut", title="Cut…", menu="", params=Params, overridable=("ratio",))(apply)
    yield ran
    del METHODS._items["test.cut"]


def test_from_an_analysis_to_ratios_on_the_command_line(
    cutter: list[Context], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report, out = str(tmp_path / "s.json"), str(tmp_path / "o.onnx")
    analysis = ["apply", KEY, str(SAMPLE), "--data", "sample", "--set", "items=32", "ratios=0.3 0.6"]
    assert main([*analysis, "-o", report]) == 0
    assert "Sensitivity per layer" in capsys.readouterr().out
    assert not list(tmp_path.glob("*.checkpoint"))
    stored = load_report(report, holds_ratios)
    cut = ["apply", "test.cut", str(SAMPLE), "-o", out, "--ratios-from", report]
    assert main([*cut, "--tolerance", "5", "--override", "features.8*", "ratio=0.125", "--json"]) == 0
    assert cutter[-1].overrides == (*ratios_from(stored, 5.0), (Scope(pattern="features.8*"), {"ratio": 0.125}))
    (tmp_path / "printed.json").write_text(capsys.readouterr().out)
    assert main(cut) == 0
    assert cutter[-1].overrides == ratios_from(stored, 1.0)
    capsys.readouterr()
    mistakes = {
        "makes no model but a report": [*analysis, "-o", out],
        "--tolerance belongs to --ratios-from": ["apply", "test.cut", str(SAMPLE), "-o", out, "--tolerance", "1"],
        "no pruning sensitivity": [*cut[:-1], str(tmp_path / "printed.json")],
        "is not a report": [*cut[:-1], str(SAMPLE)],
        "There is no file": [*cut[:-1], str(tmp_path / "gone.json")],
        "treats all layers alike": ["apply", "prune.magnitude", *cut[2:]],
    }
    for words, command in mistakes.items():
        assert main(command) == 2, words
        assert words in capsys.readouterr().err


def test_channels_are_cut_as_the_report_suggests(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """prune.channels looks for no target of its own then; the file really has the sizes."""
    report, out = str(tmp_path / "s.json"), tmp_path / "o.onnx"
    analysis = ["apply", KEY, str(SAMPLE), "--data", "sample", "--set", "items=32", "ratios=0.3 0.6"]
    assert main([*analysis, "-o", report]) == 0
    cut = ["apply", "prune.channels", str(SAMPLE), "-o", str(out), "--ratios-from", report, "--tolerance", "5"]
    capsys.readouterr()
    assert main([*cut, "--set", "multiple=1", "floor=0", "--json"]) == 0
    step = json.loads(capsys.readouterr().out)["reports"][0]["step"]
    assert step["params"]["distribution"] == "per_layer"
    sizes = [{i.name: i.dims[0] for i in onnx.load(p).graph.initializer if len(i.dims) == 4} for p in (SAMPLE, out)]
    for scope, part in ratios_from(load_report(report, holds_ratios), 5.0):
        name = scope.layers[0].removesuffix("/Conv") + ".weight"
        assert abs(sizes[1][name] - sizes[0][name] * (1 - part["ratio"])) <= 0.5


def test_a_report_of_another_network_is_refused_by_name(cutter: list[Context], tmp_path: Path) -> None:
    other = tmp_path / "other.onnx"
    onnx.save(network(), other)
    assert main(["apply", KEY, str(other), "-o", str(tmp_path / "s.json"), "--set", "ratios=0.5"]) == 0
    from_other = ["--ratios-from", str(tmp_path / "s.json")]
    assert main(["apply", "test.cut", str(SAMPLE), "-o", str(tmp_path / "o.onnx"), *from_other]) == 2
    assert not cutter
