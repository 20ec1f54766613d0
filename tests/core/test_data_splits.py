"""Calibration, training and judging never share an item; nothing is lost; nothing depends on the order of files."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.dataset import Array, Item
from core.data.sample import sample_data
from core.data.splits import Parts, divide, labelled, part, take, validation
from core.errors import UserError


@dataclass
class Listed:
    items: Sequence[Item]
    name: str = "listed"
    location: str = "nowhere"
    classes: tuple[str, ...] = field(default=())

    def load(self, index: int) -> dict[str, Array]:
        return {"": np.asarray(int(self.items[index].name))}


def plain(n: int) -> Listed:
    return Listed([Item(str(k), k % 3) for k in range(n)])


def names(parts: Parts) -> tuple[set[str], set[str], set[str]]:
    return tuple({i.name for i in p.items} for p in (parts.calibration, parts.train, parts.judge))  # type: ignore[return-value]


SETS = st.lists(
    st.tuples(st.integers(0, 10**6), st.sampled_from(["", "train", "calibration", "test"])),
    max_size=60,
    unique_by=lambda entry: entry[0],
)


@settings(max_examples=200, deadline=None)  # small in CI
@given(entries=SETS, seed=st.integers(0, 99), training=st.booleans(), shuffle=st.randoms())
def test_disjoint_complete_deterministic(entries: list[tuple[int, str]], seed: int, training: bool, shuffle) -> None:  # type: ignore[no-untyped-def]
    items = [Item(str(k), 0, p) for k, p in entries]
    parts = divide(Listed(items), seed, training)
    found = names(parts)
    assert sum(map(len, found)) == len(items)
    assert set.union(*found) == {i.name for i in items}
    own = {i.part for i in items}
    if len(own) > 1:
        assert not {i.part for i in parts.train.items} & {"test", "calibration"}
        assert not {i.part for i in parts.calibration.items} & ({"test"} if own - {"test", "calibration"} else set())
        if "test" in own - {""} and own - {"test"}:
            assert {i.part for i in parts.judge.items} <= {"test"}
    if len(items) > 4:
        assert parts.calibration.items
        if len(own) == 1:
            assert parts.judge.items
            assert bool(parts.train.items) == training
    shuffle.shuffle(items)
    assert names(divide(Listed(items), seed, training)) == found


@pytest.mark.parametrize(("n", "calibration"), [(1, 1), (4, 1), (5, 1), (100, 20), (500, 100), (2000, 100)])
def test_a_fifth_at_most_a_hundred(n: int, calibration: int) -> None:
    parts = divide(plain(n))
    assert (len(parts.calibration.items), len(parts.judge.items)) == (calibration, n - calibration)
    assert "hash" in parts.note


def test_the_rule_written_out() -> None:
    data = plain(50)
    ordered = sorted(data.items, key=lambda i: hashlib.sha256(f"7:{i.name}".encode()).digest())
    assert names(divide(data, 7))[0] == {i.name for i in ordered[:10]}
    assert names(divide(data, 8))[0] != names(divide(data, 7))[0]


def test_calibration_does_not_move_when_training_is_added() -> None:
    plainly, training = divide(plain(300), 3), divide(plain(300), 3, training=True)
    assert names(plainly)[0] == names(training)[0]
    assert len(training.judge.items) == 48  # a fifth of the remaining 240
    assert names(plainly)[2] == names(training)[1] | names(training)[2]


def test_own_parts_are_used() -> None:
    items = [Item(f"{p}{k}", 0, p) for p, n in (("train", 300), ("test", 50), ("calibration", 20)) for k in range(n)]
    parts = divide(Listed(items))
    assert [len(p.items) for p in (parts.calibration, parts.train, parts.judge)] == [20, 300, 50]
    assert "own parts" in parts.note
    without = divide(Listed([i for i in items if i.part != "calibration"]))
    assert [len(p.items) for p in (without.calibration, without.train, without.judge)] == [60, 240, 50]
    untested = divide(Listed([i for i in items if i.part != "test"]), training=True)
    assert [len(p.items) for p in (untested.calibration, untested.train, untested.judge)] == [20, 240, 60]


def test_subset_reads_the_right_item() -> None:
    parts = divide(plain(40), 5)
    for subset in (parts.calibration, parts.judge):
        for k, item in enumerate(subset.items):
            assert int(subset.load(k)[""]) == int(item.name)


def test_take_and_labelled() -> None:
    data = plain(30)
    few = take(data, 7, 1)
    assert [i.name for i in few.items] == sorted((i.name for i in few.items), key=int)
    assert {i.name for i in few.items} < {i.name for i in take(data, 12, 1).items}
    assert take(data, None) is data
    assert take(data, 30) is data
    with pytest.raises(UserError, match="limit is 0"):
        take(data, 0)
    mixed = Listed([Item("0", 1), Item("1"), Item("2", 0)])
    assert [i.name for i in labelled(mixed).items] == ["0", "2"]
    assert labelled(data) is data


def test_part_by_name() -> None:
    data = sample_data()
    test = part(data)
    assert {i.part for i in test.items} == {"test"}
    assert test.name == f"{data.name} (test)"
    assert {i.part for i in part(data, "train").items} == {"train"}
    assert part(plain(3)).items == plain(3).items
    with pytest.raises(UserError, match="no part 'test'"):
        part(plain(3), "test")


LABELLED = st.lists(
    st.tuples(st.integers(0, 10**6), st.sampled_from([None, 0, 0, 0, 1, 2, 7])), max_size=80, unique_by=lambda e: e[0]
)


@settings(max_examples=200, deadline=None)
@given(entries=LABELLED, share=st.floats(0, 0.9), seed=st.integers(0, 99), shuffle=st.randoms())
def test_validation_takes_a_share_of_every_class(entries, share, seed, shuffle) -> None:  # type: ignore[no-untyped-def]
    items = [Item(str(k), label) for k, label in entries]
    train, held = validation(Listed(items), share, seed)
    found = {i.name for i in train.items}, {i.name for i in held.items}
    assert not found[0] & found[1]
    assert found[0] | found[1] == {i.name for i in items}
    sizes = Counter(i.label for i in items)
    taken = Counter(i.label for i in held.items)
    room = sum(n - 1 for n in sizes.values())
    assert len(held.items) == min(max(round(share * len(items)), 1) if share else 0, room)
    for label, count in sizes.items():
        assert taken[label] < count  # something is left to train on
        assert taken[label] >= min(int(share * count), count - 1)
        if all(n > 10 for n in sizes.values()):
            assert taken[label] <= share * count + 1
    shuffle.shuffle(items)
    again = validation(Listed(items), share, seed)
    assert ({i.name for i in again[0].items}, {i.name for i in again[1].items}) == found


def test_validation_of_a_part_reads_the_right_items() -> None:
    parts = divide(plain(400), 5, training=True)
    train, held = validation(parts.train, 0.1, 5)
    assert len(held.items) == round(0.1 * len(parts.train.items))
    counts = Counter(i.label for i in held.items)
    assert max(counts.values()) - min(counts.values()) <= 2  # three classes of about a hundred each
    for subset in (train, held):
        for k, item in enumerate(subset.items):
            assert int(subset.load(k)[""]) == int(item.name)
    assert {i.name for i in validation(parts.train, 0.1, 6)[1].items} != {i.name for i in held.items}
    assert held.location == "nowhere"
    assert held.name.endswith("(validation)")
    none = validation(parts.train, 0.0)
    assert (len(none[0].items), len(none[1].items)) == (len(parts.train.items), 0)


@pytest.mark.parametrize("share", [-0.1, 0.95, float("nan")])
def test_validation_refuses_other_shares(share: float) -> None:
    with pytest.raises(UserError, match="validation share is"):
        validation(plain(10), share)
