"""Grouped convolutions: every group keeps equally many channels, but not necessarily those at the same places.

A channel shuffle between grouped convolutions spreads what belongs together over the groups; tying places would then
join nearly all of ShuffleNet's channels. So classes of labels are joined, as few as possible, until each class takes
the same number from every group. Joining balanced classes gives a balanced class: one pass over all layers is enough.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from core.model.channel_labels import Balance, Ints, Labelling, Occurrence

Counts = tuple[int, ...]


def settle_balances(state: Labelling) -> None:
    """Join or lock until every class of labels takes the same number from all groups of each grouped convolution."""
    for balance in state.balances:
        _settle(state, balance)
    _merge_equal_rows(state)


def _settle(state: Labelling, balance: Balance) -> None:
    if not balance.labels.any():
        return
    table = state.classes.roots(balance.labels).reshape(balance.groups, -1)
    if (table == table[0]).all():
        return
    classes, places = np.unique(table, return_inverse=True)
    counts = np.zeros((len(classes), balance.groups), np.int64)
    np.add.at(counts, (places.reshape(table.shape), np.arange(balance.groups)[:, None]), 1)
    by_counts: dict[Counts, list[int]] = defaultdict(list)
    first = {int(root): k for k, root in reversed(list(enumerate(table.reshape(-1).tolist())))}
    for k in sorted(range(len(classes)), key=lambda k: first[int(classes[k])]):
        if classes[k] and len(set(counts[k].tolist())) > 1:
            by_counts[tuple(counts[k].tolist())].append(int(classes[k]))
    for found, complete in _balanced_sets(by_counts):
        joined = np.asarray(found, np.int64)
        state.classes.join(joined[:1].repeat(len(joined)), joined)
        if not complete:
            state.lock(joined, balance.reason)


def _balanced_sets(by_counts: dict[Counts, list[int]]) -> list[tuple[list[int], bool]]:
    """Sets of classes that together take the same number from every group; the last one may not (False)."""
    sets = _alike(by_counts)
    while by_counts:
        total = next(iter(by_counts))
        found = [_take(by_counts, total)]
        while len(set(total)) > 1 and by_counts:
            best = min(by_counts, key=lambda c: _spread(_sum(total, c)))
            found.append(_take(by_counts, best))
            total = _sum(total, best)
        sets.append((found, len(set(total)) == 1))
    return sets


def _alike(by_counts: dict[Counts, list[int]]) -> list[tuple[list[int], bool]]:
    """Classes that lie in one group each, one from every group, all of the same size: the most common case."""
    groups = len(next(iter(by_counts), ()))
    sizes = {max(c) for c in by_counts if sum(map(bool, c)) == 1}
    sets: list[tuple[list[int], bool]] = []
    for size in sorted(sizes):
        keys = [tuple(size if k == group else 0 for k in range(groups)) for group in range(groups)]
        while all(key in by_counts for key in keys):
            sets.append(([_take(by_counts, key) for key in keys], True))
    return sets


def _take(by_counts: dict[Counts, list[int]], key: Counts) -> int:
    found = by_counts[key].pop(0)
    if not by_counts[key]:
        del by_counts[key]
    return found


def _sum(a: Counts, b: Counts) -> Counts:
    return tuple(x + y for x, y in zip(a, b, strict=True))


def _spread(counts: Sequence[int]) -> int:
    return max(counts) - min(counts)


def _merge_equal_rows(state: Labelling) -> None:
    """Where all groups of a convolution lose the same places after all, its weight is one occurrence."""
    by_use: dict[tuple[int, int], list[Occurrence]] = defaultdict(list)
    for occurrence in state.occurrences:
        if occurrence.rows is not None:
            by_use[occurrence.use].append(occurrence)
    dropped: set[int] = set()
    whole: dict[int, Occurrence] = {}
    for found in by_use.values():
        roots: list[Ints] = [state.classes.roots(o.labels) for o in found]
        covered = sum(o.rows[1] - o.rows[0] for o in found if o.rows is not None)
        if covered == state.facts.shapes[found[0].tensor][0] and all(np.array_equal(roots[0], r) for r in roots):
            whole[id(found[0])] = dataclasses.replace(found[0], rows=None)
            dropped |= {id(o) for o in found[1:]}
    state.occurrences = [whole.get(id(o), o) for o in state.occurrences if id(o) not in dropped]
