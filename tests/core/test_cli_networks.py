"""`thimble references`, `thimble methods` and `thimble new`: what a user can find out, and that it is true."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import onnx
import pytest

from core.cli import main
from core.cli.output import figure
from core.report import Measure


@pytest.fixture
def thimble(capsys: pytest.CaptureFixture[str]) -> Any:
    def run(*words: object) -> tuple[int, str, str]:
        code = main([str(w) for w in words])
        out, err = capsys.readouterr()
        return code, out, err

    return run


def test_a_reference_says_what_can_be_set_and_every_source(thimble: Any) -> None:
    code, out, _ = thimble("references", "mobilenet_v2")
    assert code == 0
    width = next(line for line in out.splitlines() if line.startswith("width"))
    assert "float, 0.1..4.0" in width
    assert "75 ms" in out
    assert "Sandler" in out


def test_settings_of_the_list_are_those_that_new_takes(thimble: Any, tmp_path: Path) -> None:
    listed = {e["key"]: e for e in json.loads(thimble("references", "--json")[1])}
    entry = listed["ds_cnn"]
    assert json.loads(thimble("references", "ds_cnn", "--json")[1]) == entry
    assert isinstance(entry["params"], int)
    least = [f"{s['name']}={s['low']}" for s in entry["settings"] if "low" in s]
    assert len(least) > 3
    out = tmp_path / "small.onnx"
    assert thimble("new", "ds_cnn", "-o", out, "--set", *least)[0] == 0
    classes = next(s["low"] for s in entry["settings"] if s["name"] == "classes")
    assert onnx.load(out).graph.output[0].type.tensor_type.shape.dim[1].dim_value == classes


@pytest.mark.parametrize(("command", "known"), [("references", "mobilenet_v2"), ("methods", "train.scratch")])
def test_an_unknown_key_is_one_sentence(command: str, known: str, thimble: Any) -> None:
    code, _, err = thimble(command, "mobilnet")
    assert code == 2
    assert "called 'mobilnet'" in err
    assert known in err


def test_a_method_says_what_each_parameter_means(thimble: Any) -> None:
    code, out, _ = thimble("methods", "train.scratch")
    assert code == 0
    warmup = next(line for line in out.splitlines() if line.startswith("warmup"))
    assert "The rate rises to its full value over so many epochs." in warmup
    one, every = (json.loads(thimble("methods", *k, "--json")[1]) for k in (["train.scratch"], []))
    assert one in every


def test_latencies_below_a_tenth_keep_two_digits() -> None:
    assert figure(Measure(0.0213, "ms", "measured", interval=(0.0208, 0.0301), n=25)) == (
        "0.021 ms (0.021 to 0.03), n=25"
    )
    assert figure(Measure(17.19, "%", "measured", interval=(9.94, 28.2), n=64)) == "17.19 % (9.9 to 28.2), n=64"


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [(0.99986, "", "0.99986"), (0.5, "", "0.50"), (99.99, "%", "99.99 %"), (1.0039e33, "", "1.004e+33")],
)
def test_figures_show_the_digits_that_tell_something(value: float, unit: str, shown: str) -> None:
    assert figure(Measure(value, unit, "measured", "x")) == shown
