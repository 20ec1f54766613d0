"""Which items calibrate, train and judge, and which of those that train choose the best epoch. No item does two.

Items are ordered by SHA-256 of the seed and their name, so the choice does not depend on the order of files, on the
machine or on what else a folder holds beside the number of items.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.data.dataset import PARTS, Array, DataSet, Item
from core.errors import UserError

MAX_CALIBRATION = 100
MOST_VALIDATION = 0.9  # of the training items
_UNLABELLED = -1


class Subset:
    """Some items of a data set, as a data set. ``indices`` point into ``data``."""

    def __init__(self, data: DataSet, indices: Sequence[int], name: str = "") -> None:
        self.data = data
        self.indices = tuple(indices)
        self.name = name or data.name
        self.location = data.location
        self.classes = data.classes
        self.items: Sequence[Item] = tuple(data.items[k] for k in self.indices)

    def load(self, index: int) -> dict[str, Array]:
        return self.data.load(self.indices[index])


@dataclass(frozen=True, slots=True)
class Parts:
    """Three data sets without a common item. ``note`` says how the division came about."""

    calibration: Subset
    train: Subset
    judge: Subset
    note: str


def divide(data: DataSet, seed: int = 0, training: bool = False) -> Parts:
    """Divide for calibration, training and judging.

    Without parts of its own: the fifth of the items with the smallest hashes, at most 100, calibrates; the rest
    judges. With ``training`` four fifths of that rest train and one fifth judges (otherwise ``train`` is empty).
    With parts of its own: they are used; a missing calibration part is chosen, likewise, from the training part if
    there is one, else from what is not for testing; a missing test part is what is left.
    """
    order = _by_hash(data.items, range(len(data.items)), seed)
    groups: dict[str, list[int]] = {p: [k for k in order if data.items[k].part == p] for p in (*PARTS, "")}
    own = [p for p in PARTS if groups[p]]
    calibration, test = groups["calibration"], groups["test"]
    train, rest = groups["train"], groups[""]
    if len(own) == 1 and not rest:  # a single value is no division
        calibration, train, test, rest, own = [], [], [], order, []
    if not calibration:
        source = train or rest or test
        calibration = source[: _fifth(len(source), MAX_CALIBRATION)]
        chosen = set(calibration)
        train, rest, test = ([k for k in g if k not in chosen] for g in (train, rest, test))
    train, judge = _train_and_judge(train, rest, test, training)
    note = _note(data, own, calibration, train, judge, training)
    return Parts(
        _subset(data, calibration, "calibration"), _subset(data, train, "train"), _subset(data, judge, "judged"), note
    )


def validation(data: DataSet, share: float, seed: int = 0) -> tuple[Subset, Subset]:
    """(items that train, items that choose among epochs): every class gives about ``share`` of its items.

    Altogether ``share`` of the items, rounded, but at least one where ``share`` is above 0; items without a label count
    as a class of their own. Every class keeps an item to train on, so a data set of single items gives none. Within a
    class the items with the smallest hashes are taken. Raises UserError for a share that is not in 0..0.9.
    """
    if not 0 <= share <= MOST_VALIDATION:
        raise UserError(f"The validation share is {share}; it must be from 0 to {MOST_VALIDATION:g}.")
    by_class: dict[int, list[int]] = {}
    for k in _by_hash(data.items, range(len(data.items)), seed):
        label = data.items[k].label
        by_class.setdefault(_UNLABELLED if label is None else label, []).append(k)
    wanted = max(round(share * len(data.items)), 1) if share else 0
    quotas = _quotas({c: len(by_class[c]) for c in sorted(by_class)}, share, wanted)
    chosen = [k for c, count in quotas.items() for k in by_class[c][:count]]
    taken = set(chosen)
    rest = [k for k in range(len(data.items)) if k not in taken]
    return _subset(data, rest, "train"), _subset(data, chosen, "validation")


def _quotas(sizes: Mapping[int, int], share: float, wanted: int) -> dict[int, int]:
    """Whole numbers near share · size that sum to ``wanted`` (largest remainder), each below its size."""
    quotas = {c: min(int(share * size), size - 1) for c, size in sizes.items()}
    by_remainder = sorted(sizes, key=lambda c: (quotas[c] - share * sizes[c], -sizes[c], c))
    while (missing := wanted - sum(quotas.values())) > 0:
        open_classes = [c for c in by_remainder if quotas[c] < sizes[c] - 1]
        if not open_classes:
            break
        for c in open_classes[:missing]:
            quotas[c] += 1
    return quotas


def part(data: DataSet, name: str | None = None) -> DataSet:
    """The items of one part; for None the test part where there is one, else everything.

    Raises UserError listing the parts there are.
    """
    present = [p for p in PARTS if any(i.part == p for i in data.items)]
    if name is None:
        name = "test" if "test" in present else ""
    if not name:
        return data
    if name not in present:
        raise UserError(f"'{data.name}' has no part '{name}'.", f"Its parts: {', '.join(present) or 'none'}.")
    return Subset(data, [k for k, i in enumerate(data.items) if i.part == name], f"{data.name} ({name})")


def take(data: DataSet, limit: int | None, seed: int = 0) -> DataSet:
    """At most ``limit`` items, those with the smallest hashes, in the order of the data; None takes all.

    Raises UserError for a limit below 1.
    """
    if limit is not None and limit < 1:
        raise UserError(f"The limit is {limit}; it must be at least 1.")
    if limit is None or limit >= len(data.items):
        return data
    return Subset(data, sorted(_by_hash(data.items, range(len(data.items)), seed)[:limit]))


def shuffled(data: DataSet, seed: int = 0) -> DataSet:
    """All items in the order of their hashes: the first of them are like the others, not of the first classes."""
    return Subset(data, _by_hash(data.items, range(len(data.items)), seed))


def without(data: DataSet, used: DataSet) -> DataSet:
    """The items of ``data`` that are not among those of ``used``; all of them where the two are different data."""
    if data.location != used.location:
        return data
    names = {i.name for i in used.items}
    kept = [k for k, i in enumerate(data.items) if i.name not in names]
    return data if len(kept) == len(data.items) else Subset(data, kept)


def labelled(data: DataSet) -> DataSet:
    """The items that have a label; the data itself where all have."""
    kept = [k for k, i in enumerate(data.items) if i.label is not None]
    return data if len(kept) == len(data.items) else Subset(data, kept)


def _by_hash(items: Sequence[Item], indices: Iterable[int], seed: int) -> list[int]:
    def key(k: int) -> tuple[bytes, str]:
        name = items[k].name
        return hashlib.sha256(f"{seed}:{name}".encode("utf-8", "surrogateescape")).digest(), name

    return sorted(indices, key=key)


def _fifth(count: int, at_most: int) -> int:
    return min(at_most, max(count // 5, 1)) if count else 0


def _train_and_judge(train: list[int], rest: list[int], test: list[int], training: bool) -> tuple[list[int], list[int]]:
    """Items in hash order. What is not for testing trains, so that a test part is never mixed with anything."""
    if test:
        return train + rest, test
    if train and rest:
        return train, rest
    pool = train or rest
    if not training:
        return [], pool
    judged = _fifth(len(pool), len(pool)) if len(pool) > 1 else 0
    return pool[: len(pool) - judged], pool[len(pool) - judged :]


def _subset(data: DataSet, indices: list[int], what: str) -> Subset:
    return Subset(data, sorted(indices), f"{data.name} ({what})")


def _note(
    data: DataSet, own: list[str], calibration: list[int], train: list[int], judge: list[int], training: bool
) -> str:
    sizes = f"{len(calibration)} item{'' if len(calibration) == 1 else 's'} to calibrate"
    if train or training:
        sizes += f", {len(train)} to train"
    sizes += f", {len(judge)} to judge"
    how = f"by its own parts ({', '.join(own)})" if own else "by a hash of seed and item name"
    return f"'{data.name}' was divided {how}: {sizes}; none is in two of them."
