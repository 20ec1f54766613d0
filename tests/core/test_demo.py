"""The demo does the whole job; its figures are checked by the runtimes themselves, on the files it left."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from ai_edge_litert.interpreter import Interpreter
from PIL import Image

from core.demo import run_demo
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("demo")
    run_demo(folder, brief=True)  # tests/gui/test_snapshot.py draws the dialogs too
    return folder, json.loads((folder / "report.json").read_text())


def digits() -> tuple[np.ndarray, np.ndarray]:
    data = np.load(ROOT / "resources" / "samples" / "digits.npz")
    chosen = data["part"] == "test"
    images = [
        np.asarray(Image.fromarray(x[..., 0]).resize((32, 32), Image.Resampling.BILINEAR)) for x in data["x"][chosen]
    ]
    # as the sample's preprocessing says, in this order: every pixel lies half way between two steps of the int8 input
    return (np.stack(images).astype(np.float32) * np.float32(1 / 127.5) - 1)[..., None], data["y"][chosen]


def by_litert(path: Path) -> np.ndarray:
    """Answers of the int8 file, with nothing of ours in between."""
    interpreter = Interpreter(model_path=str(path))
    interpreter.allocate_tensors()
    given, taken = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    scale, zero = given["quantization"]
    answers = []
    for image in digits()[0]:
        x = image[None]
        if scale:
            x = np.clip(np.rint(x / scale) + zero, -128, 127).astype(given["dtype"])
        interpreter.set_tensor(given["index"], x)
        interpreter.invoke()
        answers.append(interpreter.get_tensor(taken["index"]).argmax())
    return np.asarray(answers)


def test_three_times_smaller_and_as_accurate(demo: tuple[Path, dict[str, Any]]) -> None:
    folder, report = demo
    original, result = report["original"], report["result"]
    assert result["file"] == "result.tflite"
    for part in (original, result):
        assert part["bytes"] == (folder / part["file"]).stat().st_size
        assert part["n"] == 500
    assert original["bytes"] >= 3 * result["bytes"]
    assert original["top1"] - result["top1"] <= 1.5


def test_figures_are_those_of_the_runtimes(demo: tuple[Path, dict[str, Any]]) -> None:
    folder, report = demo
    x, y = digits()
    scores = onnxruntime.InferenceSession(str(folder / "original.onnx")).run(None, {"image": x.transpose(0, 3, 1, 2)})[
        0
    ]
    assert 100 * (scores.argmax(1) == y).mean() == pytest.approx(report["original"]["top1"])
    assert 100 * (by_litert(folder / "result.tflite") == y).mean() == pytest.approx(report["result"]["top1"])


def test_leaves_everything_it_names(demo: tuple[Path, dict[str, Any]]) -> None:
    folder, report = demo
    assert all((folder / name).exists() for name in report["files"])
    assert sum(name.endswith(".png") for name in report["files"]) >= 4, report["sentences"]
    recipe = json.loads((folder / "recipe.json").read_text())
    assert [s["method"] for s in recipe["steps"]] == ["prune.magnitude", "tune.finetune", "quantize.static"]
    assert all("Proven" in row["proof"] for row in report["table"][1:])
