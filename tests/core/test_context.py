"""What stands around an act: who is to blame when it trips, and where its result may go."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from PIL import Image

from core.errors import Cancelled, UserError
from core.formats.open import open_model
from core.project.context import blaming, check_output, context_for
from core.project.recipe import Step
from tests.conftest import SAMPLE


def test_a_failure_on_a_sound_graph_stays_a_bug() -> None:
    with pytest.raises(ZeroDivisionError), blaming(open_model(SAMPLE)):
        raise ZeroDivisionError


@pytest.mark.parametrize("error", [Cancelled(), UserError("No."), MemoryError()])
def test_what_is_no_bug_passes_through(error: Exception) -> None:
    with pytest.raises(type(error)) as caught, blaming(open_model(SAMPLE)):
        raise error
    assert caught.value is error


def test_an_unsound_graph_is_blamed_with_the_reason(tmp_path: Path) -> None:
    model = onnx.load(SAMPLE)
    weight = next(i for i in model.graph.initializer if i.name == "features.8.0.weight")
    weight.CopyFrom(onnx.numpy_helper.from_array(np.zeros((3, 3), np.float32), weight.name))
    onnx.save(model, tmp_path / "m.onnx")
    with pytest.raises(UserError, match="not sound: onnxruntime cannot"), blaming(open_model(tmp_path / "m.onnx")):
        raise IndexError


@pytest.fixture
def folders(tmp_path: Path) -> Callable[..., str]:
    """A data set of class folders with one picture each, except in those that end in -."""

    def make(name: str, *classes: str) -> str:
        for k, folder in enumerate(classes):
            (tmp_path / name / folder.rstrip("-")).mkdir(parents=True)
            if not folder.endswith("-"):
                Image.new("L", (8, 8), 20 * k).save(tmp_path / name / folder / "0.png")
        return str(tmp_path / name)

    return make


def test_a_test_set_that_numbers_a_class_otherwise_is_refused(folders: Callable[..., str]) -> None:
    step = Step("tune.finetune", data=folders("train", "bird", "cat", "dog"), test=folders("test", "cat", "dog"))
    with pytest.raises(UserError, match="'cat' is class 1 in 'train' but class 0 in 'test'"):
        context_for(open_model(SAMPLE), step)
    # quantization calibrates without labels
    assert context_for(open_model(SAMPLE), dataclasses.replace(step, method="quantize.int8"))[1].test is not None


@pytest.mark.parametrize("classes", [("bird-", "cat", "dog"), ("bird", "cat"), ("eins", "zwei", "drei")])
def test_a_test_set_with_the_same_numbers_or_other_names_is_taken(
    folders: Callable[..., str], classes: tuple[str, ...]
) -> None:
    step = Step("tune.finetune", data=folders("train", "bird", "cat", "dog"), test=folders("test", *classes))
    assert context_for(open_model(SAMPLE), step)[1].test is not None


def test_where_a_result_may_go(tmp_path: Path) -> None:
    model = tmp_path / "m.onnx"
    model.touch()
    check_output(tmp_path / "other.ONNX", ".onnx", model)
    check_output(model)
    for path, suffix, named in ((model, ".onnx", "itself"), (tmp_path / "m.tfl", ".tflite", "must end in .tflite")):
        with pytest.raises(UserError, match=named):
            check_output(path, suffix, model)
