"""How well a few letters fit a name: 'fig' finds 'Fit graph'. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

_LONGEST = 200  # letters of a name that are looked at


class Fit(NamedTuple):
    """A higher ``score`` is a better fit; ``spans`` are the letters that were asked for, as (start, length)."""

    score: float
    spans: tuple[tuple[int, int], ...]


def fit(query: str, name: str) -> Fit | None:
    """None where the letters of the query do not stand in the name in this order. Blanks and case do not count.

    Best are words in a row, then beginnings of words, then letters close together; of equals the shorter name wins.
    """
    letters = "".join(query.lower().split())
    low = name.lower()[:_LONGEST]
    if not letters:
        return Fit(0.0, ())
    if _pattern(letters).search(low) is None:
        return None
    whole = " ".join(query.lower().split())
    at = low.find(whole)
    if at >= 0:
        begins = at == 0 or not low[at - 1].isalnum()
        return Fit(200.0 + 50 * begins + 25 * (at == 0) - 0.1 * len(low), ((at, len(whole)),))
    return _in_order(whole.split(), low) or _spread(letters, low)


def may_fit(query: str, name: str) -> bool:
    """Whether :func:`fit` finds anything; much quicker."""
    return _pattern("".join(query.lower().split())).search(name.lower()[:_LONGEST]) is not None


def _in_order(words: list[str], low: str) -> Fit | None:
    """Whole words one after the other, the closer the better."""
    spans: list[tuple[int, int]] = []
    end = 0
    for word in words:
        at = low.find(word, end)
        if at < 0:
            return None
        spans.append((at, len(word)))
        end = at + len(word)
    return Fit(150.0 - 0.5 * (end - spans[0][0]) - 0.1 * len(low), tuple(spans))


@lru_cache(maxsize=64)
def _pattern(letters: str) -> re.Pattern[str]:
    return re.compile(".*?".join(re.escape(c) for c in letters), re.S)


def _spread(letters: str, low: str) -> Fit | None:
    """Of all ways to place the letters the one with the most beginnings of words and the longest runs."""
    starts = [k == 0 or not low[k - 1].isalnum() for k in range(len(low))]
    best: dict[int, tuple[float, tuple[int, ...]]] = {}  # place of the last letter -> (score, places)
    for step, letter in enumerate(letters):
        ahead: dict[int, tuple[float, tuple[int, ...]]] = {}
        running: tuple[float, tuple[int, ...]] | None = None if step else (0.0, ())
        for k, other in enumerate(low):
            if step and k - 1 in best and (running is None or best[k - 1][0] >= running[0]):
                running = best[k - 1]
            if other != letter or running is None:
                continue
            options = [(running[0] + (8.0 if starts[k] else 1.0), (*running[1], k))]
            if step and k - 1 in best:  # next to the letter before
                options.append((best[k - 1][0] + 5.0 + 3.0 * starts[k], (*best[k - 1][1], k)))
            ahead[k] = max(options)
        best = ahead
    if not best:
        return None
    score, places = max(best.values())
    return Fit(score - 0.1 * len(low), _joined(places))


def _joined(places: Iterable[int]) -> tuple[tuple[int, int], ...]:
    out: list[tuple[int, int]] = []
    for k in places:
        if out and out[-1][0] + out[-1][1] == k:
            out[-1] = (out[-1][0], out[-1][1] + 1)
        else:
            out.append((k, 1))
    return tuple(out)
