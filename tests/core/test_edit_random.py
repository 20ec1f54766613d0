"""A hundredth of what ``benchmarks/random_edits.py`` plays, the same every time."""

from __future__ import annotations

import random

import pytest

from tests.core.random_edits import play, random_model


@pytest.mark.parametrize("seed", range(10))
def test_random_edits_leave_the_graph_valid_or_marked_and_undo_is_exact(seed: int) -> None:
    rng = random.Random(seed)
    found = play(random_model(rng), rng, steps=14)
    assert sum(found.steps.values()) == 14
    assert found.loaded + found.marked + found.unsupported == 14
