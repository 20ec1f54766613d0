"""Items that calibrated or trained a model do not judge it, whichever part is asked for."""

from __future__ import annotations

import pytest

from core.data.dataset import Item
from core.data.splits import divide, without
from core.errors import UserError
from core.project.judging import judged_part
from core.project.recipe import Recipe, Step
from tests.core.test_data_splits import Listed, plain

TUNED = Recipe((Step("tune.finetune", data="nowhere", seed=5),))
QUANTIZED = Recipe((Step("quantize.int8", data="nowhere", seed=5),))


def used(data: Listed, recipe: Recipe) -> set[str]:
    """By the division that the acts themselves make."""
    parts = divide(data, 5, training=recipe is TUNED)
    return {i.name for part in (parts.calibration, parts.train) for i in part.items}


@pytest.mark.parametrize("recipe", [TUNED, QUANTIZED])
@pytest.mark.parametrize("split", [None, "test"])
@pytest.mark.parametrize("seed", [0, 5])
def test_what_an_act_has_seen_does_not_judge(recipe: Recipe, split: str | None, seed: int) -> None:
    data = plain(200)
    judged, note = judged_part(data, split, seed, [Recipe(()), recipe])
    assert judged.items
    assert not used(data, recipe) & {i.name for i in judged.items}
    assert note.startswith(f"{len(judged.items)} of 200 items")
    free, _ = judged_part(data, split, seed, [])
    assert len(free.items) > len(judged.items) or (recipe is QUANTIZED and seed == 5)


def test_a_part_of_the_data_s_own_is_not_trusted_blindly() -> None:
    """The only part is named test, which is no division: the act took calibration items out of it."""
    data = Listed([Item(str(k), 0, "test") for k in range(100)])
    judged, _ = judged_part(data, "test", 5, [QUANTIZED])
    assert len(judged.items) == 80
    assert not used(data, QUANTIZED) & {i.name for i in judged.items}


@pytest.mark.parametrize("split", ["all", "train", "calibration"])
def test_who_asks_for_other_items_gets_them_and_is_told(split: str) -> None:
    data = plain(100)
    judged, note = judged_part(data, split, 5, [TUNED])
    seen = len(used(data, TUNED) & {i.name for i in judged.items})
    assert seen > 0
    assert f"{seen} of whose {len(judged.items)} items calibrated or trained the model" in note
    assert "of whose" not in judged_part(data, split, 5, [])[1]


def test_other_data_and_no_data_left() -> None:
    data = plain(100)
    elsewhere = Recipe((Step("tune.finetune", data="somewhere/else", seed=5),))
    assert len(judged_part(data, None, 5, [elsewhere])[0].items) == 80
    with pytest.raises(UserError, match="Every item of 'listed'"):
        judged_part(data, "test", 0, [Recipe((Step("tune.finetune", data="nowhere", test="other.zip"),))])
    with pytest.raises(UserError, match="no part 'holdout'"):
        judged_part(data, "holdout")


def test_without_compares_names_of_the_same_data_only() -> None:
    data = plain(10)
    few = divide(data).calibration
    assert {i.name for i in without(data, few).items} == {i.name for i in data.items} - {i.name for i in few.items}
    other = Listed(data.items, location="another place")
    assert without(other, few) is other
