"""Locks: an edit that pruning honours; undone exactly, kept by files, by scope on the command line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.cli import main
from core.errors import UserError
from core.formats.open import open_model
from core.methods.method import Context, load_methods
from core.model.channels import find_groups
from core.model.editing import WorkingCopy
from core.model.editing.locks import Lock, Unlock
from core.model.model import Model, is_locked
from core.model.prepare import prepare
from tests.conftest import SAMPLE
from tests.core.edit_graphs import noise, run, written


def sample() -> Model:
    return open_model(SAMPLE)


def locked(model: Model) -> list[str]:
    return [node.name or "" for node in model.nodes() if is_locked(node)]


def test_a_locked_layer_keeps_its_channels_and_those_coupled_with_them() -> None:
    before = {g.key: g.size for g in find_groups(prepare(sample())[0])}
    copy = WorkingCopy(sample())
    group = next(g for g in find_groups(prepare(sample())[0]) if len(g.producers) > 1)
    copy.do(Lock(group.producers[-1]))
    groups = find_groups(prepare(copy.model)[0])
    assert groups[group.key].locked
    assert groups[group.key].reason == f"locked by the user (layer {group.producers[-1]})"
    assert {g.key: g.size for g in groups} == {**before, group.key: 0}
    pruned = load_methods().get("prune.magnitude")
    smaller = pruned.run(copy.model, pruned.params(), Context()).model
    assert smaller is not None
    assert locked(smaller) == [group.producers[-1]]
    again = find_groups(prepare(smaller)[0])
    assert again[group.key].fixed == groups[group.key].fixed
    assert sum(g.size for g in again) < sum(g.size for g in groups)


def test_an_activation_can_be_locked_too() -> None:
    model = prepare(sample())[0]
    relu = next(n for n in model.nodes() if n.op_type in ("Relu", "Clip"))
    copy = WorkingCopy(model)
    copy.do(Lock(relu.name or ""))
    first = find_groups(copy.model).groups[0]
    assert first.reason == f"locked by the user (layer {relu.name})"


def test_undo_is_exact_and_the_function_stays() -> None:
    model = sample()
    before, feed = written(model), noise(model)
    wanted = run(model, feed)
    copy = WorkingCopy(model)
    name = next(n.name or "" for n in model.nodes() if n.op_type == "Conv")
    copy.do(Lock(name))
    marked = written(copy.model)
    for key, value in run(copy.model, feed).items():
        assert np.array_equal(value, wanted[key])
    with pytest.raises(UserError, match="are locked already"):
        copy.do(Lock(name))
    copy.do(Unlock(name))
    assert written(copy.model) == before
    copy.undo()
    assert written(copy.model) == marked
    copy.undo()
    assert written(copy.model) == before == written(model)
    copy.redo()
    assert written(copy.model) == marked


def test_wrong_names_are_refused() -> None:
    copy = WorkingCopy(sample())
    for name, sentence in (("nobody", "There is no layer 'nobody'"), ("nobody*", "No layer fits the pattern 'nobody"),
                           ("*", "The channels of '\\*' are not locked")):  # fmt: skip
        with pytest.raises(UserError, match=sentence):
            copy.do(Unlock(name))


def test_by_pattern_on_the_command_line_and_in_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = tmp_path / "locked.onnx", tmp_path / "some.onnx"
    assert main(["edit", str(SAMPLE), "-o", str(first), "--lock", "features.*Conv"]) == 0
    assert "layers are meant" in capsys.readouterr().out
    names = locked(open_model(first))
    assert len(names) > 3
    assert all(n.endswith("Conv") for n in names)
    assert main(["edit", str(first), "-o", str(second), "--unlock", names[0]]) == 0
    assert locked(open_model(second)) == names[1:]
