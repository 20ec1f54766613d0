"""Published figures of a network: as printed, with source and year, and what they were measured on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.report import Measure

# figure -> unit of the value (a printed "3.4 M" of parameters is the value 3.4e6)
FIGURES: Mapping[str, str] = {
    "top1": "%",
    "top5": "%",
    "int8_top1": "%",
    "params": "",
    "macs": "",
    "bytes": "bytes",
    "latency": "ms",
}
_SCALES = {"": 1.0, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "B": 1e9}
_SCALES |= {"%": 1.0, "ms": 1.0, "kB": 1e3, "MB": 1e6, "KiB": 1024.0, "MiB": 1024.0**2}
_PRINTED = re.compile(r"([\d,]+(?:\.(\d+))?)\s*([A-Za-z%]*)")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a figure was printed. ``where``: an address, or table and section of a paper."""

    title: str
    year: int
    where: str = ""

    def __str__(self) -> str:
        return ", ".join(filter(None, [self.title, str(self.year), self.where]))


@dataclass(frozen=True, slots=True)
class Citation:
    """One published figure. ``printed`` is the text ("3.4 M", "71.878 %"), ``on`` the data, phone or variant.

    ``differs`` says, where a published count is not ours, what the source counted otherwise.
    """

    figure: str
    printed: str
    source: Source
    on: str = ""
    differs: str = ""

    def __post_init__(self) -> None:
        if self.figure not in FIGURES:
            raise ValueError(f"no figure is called '{self.figure}'")
        self._parts()

    def _parts(self) -> tuple[float, int, float]:
        """(number as printed, its decimals, what its unit multiplies it by)."""
        found = _PRINTED.fullmatch(self.printed)
        if found is None or found[3] not in _SCALES:
            raise ValueError(f"'{self.printed}' is no printed figure")
        return float(found[1].replace(",", "")), len(found[2] or ""), _SCALES[found[3]]

    @property
    def value(self) -> float:
        number, _, scale = self._parts()
        return number * scale

    @property
    def rounding(self) -> float:
        """By how much the true figure may differ because of the decimals that were printed."""
        _, decimals, scale = self._parts()
        return 0.5 * 10.0**-decimals * scale

    def agrees(self, found: float) -> bool:
        """Whether a count is the published one, to 1 % or to the rounding of the print."""
        return abs(found - self.value) <= max(0.01 * self.value, self.rounding * (1 + 1e-9))

    def measure(self) -> Measure:
        """The figure with its provenance, ``on`` naming the source."""
        on = f"{self.on}; {self.source}" if self.on else str(self.source)
        note = "; ".join(filter(None, [f"printed as {self.printed}", self.differs]))
        return Measure(self.value, FIGURES[self.figure], "cited", on, note=note)

    def to_json(self) -> dict[str, Any]:
        return {
            "figure": self.figure,
            "printed": self.printed,
            "value": self.value,
            "unit": FIGURES[self.figure],
            "on": self.on,
            "differs": self.differs,
            "source": {"title": self.source.title, "year": self.source.year, "where": self.source.where},
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Citation:
        return cls(data["figure"], data["printed"], Source(**data["source"]), data["on"], data["differs"])
