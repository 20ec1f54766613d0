"""Items that analyses are measured on: which part comes first, and that none of them judges."""

from __future__ import annotations

from core.data.splits import divide
from core.methods.analyse.reference import not_judging
from tests.core.qdq_graphs import Arrays


def test_items_to_measure_on_judge_nothing_and_the_part_named_comes_first() -> None:
    data = Arrays((3, 4, 4), 200)
    parts = divide(data, 3, training=True)
    for first, second in ((parts.train, parts.calibration), (parts.calibration, parts.train)):
        part = "train" if first is parts.train else "calibration"
        few, _ = not_judging(data, 5, 3, "x", first=part)
        assert list(few.indices) == sorted(first.indices[:5])
        every, note = not_judging(data, 10_000, 3, "x", first=part)
        assert list(every.indices) == sorted((*first.indices, *second.indices))
        assert not set(every.indices) & set(parts.judge.indices)
        assert note.index(f"{len(first.indices)} that") < note.index(f"{len(second.indices)} that")
    note = not_judging(data, 5, 3, "x", first="train")[1]
    assert note == "Measured on 5 items of arrays that train, none of which calibrates."
