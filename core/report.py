"""What an act found out: every number with where it came from and how sure it is."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

How = Literal["measured", "estimated", "cited"]


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure with its provenance.

    ``how``: measured (a run on real inputs or real hardware), estimated (computed from the graph) or cited.
    ``on``: the data, machine or source. ``n``: number of samples. ``interval``: 95 % confidence interval,
    in ``unit``. ``note``: what a reader must know (arithmetic of the host, input was noise, ...).
    """

    value: float
    unit: str
    how: How
    on: str = ""
    n: int | None = None
    interval: tuple[float, float] | None = None
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Measure:
        interval = data.get("interval")
        return cls(**{**data, "interval": tuple(interval) if interval else None})


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of plain values under named columns; ``units`` goes with ``columns``."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    units: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Curve:
    """One line of a chart, e.g. training loss over steps."""

    title: str
    x_label: str
    y_label: str
    x: tuple[float, ...]
    y: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """Everything an act has to say besides the model it made. ``notes`` are full sentences for the user."""

    measures: Mapping[str, Measure] = dataclasses.field(default_factory=dict)
    tables: tuple[Table, ...] = ()
    curves: tuple[Curve, ...] = ()
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "measures": {k: m.to_json() for k, m in self.measures.items()},
            "tables": [dataclasses.asdict(t) for t in self.tables],
            "curves": [dataclasses.asdict(c) for c in self.curves],
            "notes": list(self.notes),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Report:
        return cls(
            measures={k: Measure.from_json(v) for k, v in data.get("measures", {}).items()},
            tables=tuple(_table(t) for t in data.get("tables", ())),
            curves=tuple(Curve(**{**c, "x": tuple(c["x"]), "y": tuple(c["y"])}) for c in data.get("curves", ())),
            notes=tuple(data.get("notes", ())),
        )


def _table(data: Mapping[str, Any]) -> Table:
    rows: Sequence[Sequence[Any]] = data["rows"]
    return Table(data["title"], tuple(data["columns"]), tuple(tuple(r) for r in rows), tuple(data.get("units", ())))
