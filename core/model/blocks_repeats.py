"""Repeated structure in a chain of layers without names: the same operators, wired the same way, one after another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.model.blocks_wires import Wires

_SHORTEST, _LONGEST = 3, 256  # layers of one copy


@dataclass(frozen=True, slots=True)
class Repeat:
    """``copies`` equal stretches of ``period`` layers each, from position ``start`` of the order on."""

    start: int
    period: int
    copies: int


def repeats(of: Wires, order: Sequence[int]) -> list[Repeat]:
    """Stretches of ``order`` (a topological order) that repeat, without overlaps, the first one first.

    The largest stretches are taken first. Where a repeat may begin at several layers, it begins where the fewest
    tensors cross: a residual block begins after the addition and not in the middle of its branch.
    """
    words = _words(of, order)
    found: list[tuple[int, int, int]] = []  # start, end, period of every maximal run
    for period in range(1, min(_LONGEST, len(order) // 2) + 1):
        for start, end in _equal(words, period):
            if not any(period % q == 0 and s <= start and end <= e for s, e, q in found):
                found.append((start, end, period))
    crossing = _crossing(of, order)
    taken = np.zeros(len(order), bool)
    out = []
    for start, end, period in sorted(found, key=lambda f: (f[0] - f[1], f[2], f[0])):
        if period < _SHORTEST or taken[start:end].any():
            continue
        begin = min(
            range(start, min(start + period, end - 2 * period + 1)),
            key=lambda k: (crossing[k], -((end - k) // period), k),
        )
        copies = (end - begin) // period
        taken[begin : begin + copies * period] = True
        out.append(Repeat(begin, period, copies))
    return sorted(out, key=lambda r: r.start)


def _words(of: Wires, order: Sequence[int]) -> NDArray[np.int64]:
    """What each layer is and how far back its inputs are made; equal numbers for equal layers."""
    place = {k: j for j, k in enumerate(order)}
    numbers: dict[tuple[object, ...], int] = {}
    out = []
    for j, k in enumerate(order):
        back = tuple(min(j - place[s], _LONGEST + 1) if s in place else -1 for s in of.reads[k])
        out.append(numbers.setdefault((of.kinds[k], back), len(numbers)))
    return np.array(out, np.int64)


def _equal(words: NDArray[np.int64], period: int) -> list[tuple[int, int]]:
    """(start, end) of the stretches in which every word equals the one a period later, two copies at least."""
    same = np.concatenate(([False], words[:-period] == words[period:], [False]))
    edges = np.flatnonzero(same[1:] != same[:-1])
    return [(int(a), int(b) + period) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a >= period]


def _crossing(of: Wires, order: Sequence[int]) -> NDArray[np.int64]:
    """How many layers before each position are still read at or after it."""
    place = {k: j for j, k in enumerate(order)}
    change = np.zeros(len(order) + 2, np.int64)
    for j, k in enumerate(order):
        last = max((place.get(target, len(order)) for target in of.feeds[k]), default=j)
        change[j + 1] += 1
        change[last + 1] -= 1
    return np.cumsum(change)
