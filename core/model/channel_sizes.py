"""How many channels every axis keeps after a removal, counted without cutting anything.

    sizes = ChannelSizes(groups)
    alive = sizes.flags({"features.3/Conv": [0, 7, 12]})
    sizes.counts(alive)[sizes.axes["features.4/Conv_output_0"][1]]

All units of all groups stand in one flags array, group after group. Values and weights share few different axes
(everything between two layers has the same channels), so a graph of a thousand nodes has some hundred rows to count.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt

from core.model.channel_groups import ChannelGroups, Removed
from core.model.channel_labels import Ints

Flags = npt.NDArray[np.bool_]


class ChannelSizes:
    """Counts of survivors for one model's groups.

    ``places``: group key -> where its units stand in a flags array. ``axes``: name of a value or weight -> axis -> the
    row of :meth:`counts` that holds its size; axes that no removal changes are left out. Row 0 is always 1, so that
    products of sizes can be filled up with it. ``full``: the sizes before a removal, (rows,).
    """

    def __init__(self, groups: ChannelGroups) -> None:
        self.groups = groups
        ends = np.cumsum([0, *(g.size for g in groups)])
        self.places: dict[str, slice] = {
            g.key: slice(int(a), int(b)) for g, a, b in zip(groups, ends, ends[1:], strict=False)
        }
        self.units = int(ends[-1])
        unit_of = np.full(len(groups.root_of), -1, np.int64)
        for group in groups:
            place = self.places[group.key]
            unit_of[group.roots] = np.arange(place.start, place.stop)
        self._unit_of_label: Ints = unit_of[groups.root_of]
        self._rows = _Rows()
        self._known: dict[int, tuple[Ints, int]] = {}  # by identity: most axes share one array of labels
        self.axes: Mapping[str, Mapping[int, int]] = self._axes()
        rows = {row for lane in groups.lanes.values() if (row := self.row(lane.labels)) is not None}
        self._lanes: Ints = np.asarray(sorted(rows), np.int64)
        self.full: Ints = self.counts(np.ones(self.units, bool))

    def flags(self, removed: Removed) -> Flags:
        """Which units survive, (units,). Raises UserError for an unknown group or unit."""
        self.groups.gone(removed)  # checks
        alive = np.ones(self.units, bool)
        for key, units in removed.items():
            alive[self.places[key].start + np.asarray(sorted(units), np.int64)] = False
        return alive

    def removed(self, alive: Flags) -> dict[str, list[int]]:
        """The inverse of :meth:`flags`: group key -> the units that go, of the groups that lose any."""
        gone = {key: np.flatnonzero(~alive[place]).tolist() for key, place in self.places.items()}
        return {key: units for key, units in gone.items() if units}

    def counts(self, alive: Flags) -> Ints:
        """The size of every row after a removal; (rows,)."""
        return self._rows.counts(alive)

    def row(self, labels: Ints) -> int | None:
        """The row of an axis (or a run of one) with these labels, entered if it is new; None where nothing can go."""
        known = self._known.get(id(labels))
        if known is None:
            known = self._known[id(labels)] = labels, self._rows.enter(self._unit_of_label[labels])
        return known[1] or None

    def emptied(self, alive: Flags) -> list[Ints]:
        """The units (places in the flags) of every value's axis that would lose its last channel."""
        counts = self.counts(alive)[self._lanes]
        return [self._rows.units(row) for row in self._lanes[counts == 0].tolist()]

    def _axes(self) -> dict[str, dict[int, int]]:
        groups = self.groups
        found: dict[str, dict[int, int]] = defaultdict(dict)
        held: Iterable[tuple[str, int, Ints]] = (
            *((name, lane.axis, lane.labels) for name, lane in groups.lanes.items()),
            *((d.value, d.axis, d.labels) for d in groups.derived),
            *((o.tensor, o.axis, o.labels) for o in groups.occurrences),
        )
        for name, axis, labels in held:
            row = self.row(labels)
            if row is not None:
                found[name][axis] = row
        return dict(found)


class _Rows:
    """Different axes, each as the units that stand on it and how often: one sparse matrix, rows by units."""

    def __init__(self) -> None:
        self._number: dict[bytes, int] = {}
        self._units: list[Ints] = [np.zeros(0, np.int64)]
        self._times: list[Ints] = [np.zeros(0, np.int64)]
        self._fixed: list[int] = [1]
        self._joined: tuple[Ints, Ints, Ints, Ints] | None = None

    def enter(self, units: Ints) -> int:
        """The number of a row whose positions belong to ``units`` (-1: always there); 0 where none can go."""
        if not (units >= 0).any():
            return 0
        key = units.tobytes()
        if key not in self._number:
            found, times = np.unique(units[units >= 0], return_counts=True)
            self._number[key] = len(self._units)
            self._units.append(found)
            self._times.append(times)
            self._fixed.append(int((units < 0).sum()))
            self._joined = None
        return self._number[key]

    def counts(self, alive: Flags) -> Ints:
        if self._joined is None:
            starts = np.cumsum([0, *(len(u) for u in self._units[1:-1])])
            units, times = np.concatenate(self._units), np.concatenate(self._times)
            self._joined = units, times, starts.astype(np.int64), np.asarray(self._fixed, np.int64)
        units, times, starts, fixed = self._joined
        counts = fixed.copy()
        if len(units):  # no row is empty but the first, as reduceat needs
            counts[1:] += np.add.reduceat(times * alive[units], starts)
        return counts

    def units(self, row: int) -> Ints:
        return self._units[row]
