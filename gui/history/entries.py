"""Revisions as the window lists them, and the lanes that show which came from which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core.report import Measure


@dataclass(frozen=True, slots=True)
class Entry:
    """One revision. ``key`` is its id, ``parent`` the id it came from, ``title`` what the step did.

    ``unfinished``: what is wrong with it, '' for a graph that runs.
    """

    key: int
    parent: int | None
    title: str
    detail: str = ""
    when: str = ""
    measures: Mapping[str, Measure] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    unfinished: str = ""


@dataclass(frozen=True, slots=True)
class Rail:
    """What is painted beside one row. ``lane`` holds the dot; ``above`` and ``below`` the lanes with a straight line.

    ``branches`` are lanes that start at this row's dot; ``lanes`` is the number of lanes of the whole tree.
    """

    lane: int
    above: frozenset[int]
    below: frozenset[int]
    branches: frozenset[int]
    lanes: int


def rails(entries: Sequence[Entry]) -> list[Rail]:
    """Lanes for entries in order of age: a first child goes on in its parent's lane, later children open new ones."""
    row_of = {e.key: k for k, e in enumerate(entries)}
    lane: dict[int, int] = {}
    taken: set[int] = set()  # keys whose lane already goes on in a child
    width = 0
    for entry in entries:
        if entry.parent in row_of and entry.parent not in taken:
            taken.add(entry.parent)
            lane[entry.key] = lane[entry.parent]
        else:
            lane[entry.key] = width
            width += 1
    spans = [(row_of[e.parent], row_of[e.key], lane[e.key]) for e in entries if e.parent in row_of]
    out = []
    for row, entry in enumerate(entries):
        own = lane[entry.key]
        above = frozenset(at for start, end, at in spans if start < row <= end)
        below = frozenset(at for start, end, at in spans if start < row < end or (start == row and at == own))
        branches = frozenset(at for start, _, at in spans if start == row and at != own)
        out.append(Rail(own, above, below, branches, width))
    return out
