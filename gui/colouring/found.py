"""Figures per layer that acts and measurements left behind: tables of reports, and measured times."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from core.report import Table
from gui.colouring.layer_figures import LayerFigure
from gui.words import counted, mark, tr

OPTIMIZED, WRITTEN = "latency.optimized", "latency.written"
_OF_EACH = ("share", "%", "points", "dB")  # units whose sum over the layers of a block would mean nothing
_TITLES = {OPTIMIZED: mark("Latency, as optimized"), WRITTEN: mark("Latency, as written")}


def latency_title(key: str) -> str:
    return tr(_TITLES[key])


def of_tables(tables: Iterable[Table], layers: Collection[str], source: str, how: str) -> Iterator[LayerFigure]:
    """One figure for every column of numbers of a table whose first column names layers of the model, each once.

    ``source`` begins the figures' keys, ``how`` is a sentence on where the tables come from, without its full stop.
    """
    for number, table in enumerate(tables):
        rows = [row for row in table.rows if row and str(row[0]) in layers]
        if not rows or 2 * len(rows) < len(table.rows) or len({str(row[0]) for row in rows}) < len(rows):
            continue
        for column in range(1, len(table.columns)):
            values = {str(row[0]): row[column] for row in rows if column < len(row)}
            if values and all(_is_number(v) for v in values.values()):
                yield _figure(f"{source}.{number}.{column}", f"{how}: {table.title}", table, column, values)


def _figure(key: str, how: str, table: Table, column: int, values: Mapping[str, Any]) -> LayerFigure:
    unit = table.units[column] if column < len(table.units) else ""
    found = {name: float(v) for name, v in values.items()}
    weights = dict.fromkeys(found, 1.0) if unit in _OF_EACH else None
    return LayerFigure(key, table.columns[column], unit, how, found, weights)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def of_latency(key: str, found: Mapping[str, Any], keys: Sequence[str]) -> LayerFigure | None:
    """What task 'layer_latency' found, for the layers as the window calls them; None where it knows none of them.

    ``keys`` are those of the layers that were measured, in the file's order.
    """
    times = found["optimized" if key == OPTIMIZED else "written"]
    rows = list(zip(keys, times["ms"], times["groups"], strict=False))
    values = {name: float(ms) for name, ms, _ in rows if ms is not None}
    if not values:
        return None
    groups = {name: int(group) for name, ms, group in rows if ms is not None}
    runs = counted(times["runs"], "median of {n} run", "median of {n} runs")
    how = tr("Measured on {machine}; {runs}", machine=times["on"], runs=runs)
    note = tr("Every layer runs by itself.")
    if key == OPTIMIZED:
        note = tr("Layers that onnxruntime fuses carry the time of their group.")
    if times["other_ms"] > 0:
        note += " " + tr("{time} more belongs to no layer.", time=f"{times['other_ms']:.3f} ms")
    return LayerFigure(key, latency_title(key), "ms", how, values, groups=groups, note=note)
