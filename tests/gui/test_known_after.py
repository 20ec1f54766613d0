"""What is known of a model after an edit, followed edit by edit, against looking at the whole model anew."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Mapping

import pytest

from core.errors import UserError
from core.model.editing import WorkingCopy
from core.model.editing.layers import Replace
from core.model.editing.names import RenameLayer
from gui.graph_view import known as knowledge
from gui.graph_view.known import Known, known
from gui.graph_view.known_after import known_after, transplanted
from tests.core.edit_graphs import long_chain
from tests.core.random_edits import random_edit, random_model


def wrong(copy: WorkingCopy) -> Mapping[str, str]:
    return {p.layer: p.sentence for p in copy.problems}


def compared(now: Known, anew: Known, where: str) -> None:
    """Layers, shapes, parameters, MACs and bytes are the same."""
    assert now.keys == anew.keys, where
    assert now.nodes == anew.nodes, where
    assert list(now.layers) == list(anew.layers), where
    for key, (node, counted) in anew.layers.items():
        assert now.layers[key] == (node, counted), (where, key)
    assert now.hidden == anew.hidden, where


@pytest.mark.parametrize("seed", range(12))
def test_random_edits_undos_and_redos(seed: int) -> None:
    rng = random.Random(seed)
    model = random_model(rng, blocks=2)
    copy = WorkingCopy(model)
    now = transplanted(known(model), dataclasses.replace(copy.model))
    assert now is not None
    followed = 0
    for _ in range(12):
        move = rng.choice(("do", "do", "do", "undo", "redo"))
        try:
            if move == "do":
                edit = random_edit(copy, rng)
                if edit is None:
                    continue
                copy.do(edit)
            elif (copy.undo() if move == "undo" else copy.redo()) is None:
                continue
        except UserError:
            continue
        fresh = dataclasses.replace(copy.model)
        found = known_after(now, fresh, copy.changes, wrong(copy))
        anew = dataclasses.replace(knowledge._find_out(fresh), model=fresh)
        if found is not None and not copy.problems:
            compared(found, anew, f"{move} {copy.edits[-1:]}")
            followed += 1
        now = found if found is not None and not copy.problems else anew
    assert followed >= 1 or copy.problems


def test_a_large_graph_is_never_looked_at_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    model = long_chain(2000)
    copy = WorkingCopy(model)
    now = transplanted(known(model), dataclasses.replace(copy.model))
    assert now is not None

    def never(*_: object) -> None:
        raise AssertionError("the whole graph was gone through")

    for name in ("infer", "cost", "marks", "hidden_nodes"):
        monkeypatch.setattr(knowledge, name, never)
    monkeypatch.setattr("core.model.facts.infer", never)
    for edit in (Replace("relu5", "Sigmoid"), RenameLayer("relu7", "seven")):
        copy.do(edit)
        found = known_after(now, dataclasses.replace(copy.model), copy.changes, wrong(copy))
        assert found is not None
        now = found
    assert now.layers["relu5"][1].operator == "Sigmoid"
    assert "seven" in now.layers
    assert len(now.layers) == 2000
