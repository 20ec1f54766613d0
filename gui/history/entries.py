"""Revisions as the window lists them, and the lanes that show which came from which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core.report import Measure


@dataclass(frozen=True, slots=True)
class Entry:
    """One revision. ``key`` is its id, ``parent`` the id it came from, ``title`` what the step did."""

    key: int
    parent: int | None
    title: str
    detail: str = ""
    when: str = ""
    measures: Mapping[str, Measure] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rail:
    """What is painted beside one row. ``lane`` holds the dot; ``above`` and ``below`` the lanes with a line.

    ``joins`` is the lane the row's own line comes from when it branches off, else its own lane (or None for a root).
    """

    lane: int
    above: frozenset[int]
    below: frozenset[int]
    joins: int | None


def rails(entries: Sequence[Entry]) -> list[Rail]:
    """Lanes for entries in order of age: a first child goes on in its parent's lane, later children open new ones."""
    row_of = {e.key: k for k, e in enumerate(entries)}
    lane: dict[int, int] = {}
    taken: set[int] = set()  # keys whose lane already goes on in a child
    width = 0
    for entry in entries:
        parent = entry.parent if entry.parent in row_of else None
        if parent is not None and parent not in taken:
            taken.add(parent)
            lane[entry.key] = lane[parent]
        else:
            lane[entry.key] = width
            width += 1
    spans = [
        (row_of[e.parent], row_of[e.key], lane[e.key]) for e in entries if e.parent is not None and e.parent in row_of
    ]
    out = []
    for row, entry in enumerate(entries):
        above = frozenset(at for start, end, at in spans if start < row <= end)
        below = frozenset(at for start, end, at in spans if start <= row < end)
        parent_lane = lane.get(entry.parent) if entry.parent is not None else None
        out.append(Rail(lane[entry.key], above, below, parent_lane))
    return out
