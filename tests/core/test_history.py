"""Recipes in shipped files: what was done, never where things lay."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.model.history import mark, same_place, without_local_paths


def test_paths_become_marks_and_presets_stay() -> None:
    step = {"method": "tune.finetune", "data": "/home/me/secret/train.zip", "teacher": "/home/me/t.onnx"}
    text = json.dumps({"recipe": 1, "steps": [{**step, "preprocess": "cifar10", "params": {"epochs": 3}}]})
    shipped = without_local_paths(text)
    assert "home" not in shipped
    assert "secret" not in shipped
    (found,) = json.loads(shipped)["steps"]
    assert found["data"].startswith("train.zip#")
    assert (found["preprocess"], found["params"]) == ("cifar10", {"epochs": 3})
    assert without_local_paths(shipped) == shipped


def test_files_named_by_edits_become_marks() -> None:
    edits = [{"edit": "weights.load", "tensor": "w", "file": "/home/me/secret/w.npy"}, {"edit": "fold.batchnorm"}]
    step = {"method": "edit.graph", "params": {"edits": json.dumps(edits)}}
    shipped = without_local_paths(json.dumps({"steps": [step, {"method": "edit.graph", "params": {"edits": "{"}}]}))
    assert "secret" not in shipped
    found = json.loads(json.loads(shipped)["steps"][0]["params"]["edits"])
    assert found[0]["file"].startswith("w.npy#")
    assert found[1] == edits[1]
    assert without_local_paths(shipped) == shipped


@pytest.mark.parametrize("text", ["", "no json", "[1, 2]", "3", json.dumps({"steps": 5}), "[" * 100_000])
def test_foreign_text_is_not_shipped(text: str) -> None:
    assert without_local_paths(text) == ""


def test_the_same_place_is_recognized_by_path_and_by_mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = str(tmp_path / "data.zip")
    monkeypatch.chdir(tmp_path)
    for noted in (place, "data.zip", mark(place), mark("data.zip")):
        assert same_place(noted, place)
        assert not same_place(noted, str(tmp_path / "other.zip"))
        assert not same_place(noted, "")
    assert not same_place("", place)
