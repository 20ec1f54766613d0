"""Items as batches: kept or read again, in the order asked for, with a batch that is free or fixed."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.dataset import Array, Item
from core.errors import UserError
from core.methods.augment import Augment, augmentation
from core.methods.training_data import Samples, with_free_batch
from core.model.model import InputSpec
from core.model.preprocessing import presets
from tests.core.training_sets import Arrays

pytestmark = pytest.mark.usefixtures("one_torch_thread")

POINTS = InputSpec("x", ("batch", 4), "float32")


def numbered(count: int) -> Arrays:
    x = np.arange(count, dtype=np.float32)[:, None] + np.zeros((1, 4), np.float32)
    return Arrays(x, [k if k % 3 else None for k in range(count)])


@settings(max_examples=40, deadline=None)
@given(count=st.integers(1, 40), size=st.integers(1, 50), kept=st.booleans(), shuffle=st.randoms())
def test_batches_hold_the_items_asked_for(count: int, size: int, kept: bool, shuffle) -> None:  # type: ignore[no-untyped-def]
    samples = Samples(numbered(count), [POINTS], size, memory=1 << 20 if kept else 0)
    assert samples.in_memory == kept
    order = list(range(count))
    shuffle.shuffle(order)
    found = list(samples.batches(order))
    assert len(found) == samples.steps == max(count // size, 1)
    rows = torch.cat([s.feed["x"][:, 0] for s in found]).tolist()
    assert rows == order[: samples.steps * size]
    assert torch.cat([s.labels for s in found]).tolist() == [k if k % 3 else -1 for k in rows]
    assert all(len(s.labels) == min(size, count) for s in found)


def test_a_fixed_batch_is_filled_up_with_copies_that_have_no_label() -> None:
    fixed = dataclasses.replace(POINTS, shape=(4, 4))
    samples = Samples(numbered(3), [fixed], 16)
    (only,) = samples.batches([2, 0, 1])
    assert (samples.size, samples.in_memory) == (4, False)
    assert only.labels.tolist() == [2, -1, 1, -1]
    assert only.feed["x"][:, 0].tolist() == [2, 0, 1, 1]
    assert Samples(numbered(3), with_free_batch([fixed]), 2).size == 2
    with pytest.raises(UserError, match="has no items to train on"):
        Samples(Arrays(np.zeros((0, 4), np.float32), []), [POINTS], 4)


class Pairs:
    """An image and a number for each item."""

    name, location, classes = "pairs", "memory:pairs", ()

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        self.items = tuple(Item(f"{k}", k % 2) for k in range(12))
        self._images = rng.integers(0, 256, (12, 16, 16, 3), np.uint8)

    def load(self, index: int) -> dict[str, Array]:
        return {"image": self._images[index], "age": np.full(1, index, np.float32)}


def test_two_inputs_stay_paired_through_augmentation() -> None:
    image = InputSpec("image", ("batch", 3, 16, 16), "float32", "NCHW", presets(16, 16)["cifar10"])
    age = InputSpec("age", ("batch", 1), "float32")
    samples = Samples(Pairs(), [image, age], 6)
    first, _ = samples.batches(range(11, -1, -1))
    assert first.feed["age"].flatten().tolist() == [11, 10, 9, 8, 7, 6]
    change = augmentation(Augment(shift=0.125, flip=True, crop=0.5, colour=0.4), samples.inputs)
    moved = change(first, torch.Generator().manual_seed(0))
    assert torch.equal(moved.feed["age"], first.feed["age"])
    assert not torch.equal(moved.feed["image"], first.feed["image"])
    (again, _) = samples.batches(range(11, -1, -1))  # what is kept was not touched
    assert torch.equal(again.feed["image"], first.feed["image"])
