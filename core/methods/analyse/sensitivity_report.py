"""What a pruning sensitivity found, as a report; and ratios per layer out of such a report.

One table says per layer how much is lost and which ratio is suggested, another holds every measurement: ratios for any
tolerance can be had from the stored report, without measuring again.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.errors import UserError
from core.methods.method import Method
from core.methods.scope import Override, Scope
from core.params import Scalar, specs
from core.report import Curve, Measure, Report, Table

LAYERS, MEASURED = "Sensitivity per layer", "Sensitivity, every measurement"
PRODUCERS = "Layers of every group"
RATIO = "ratio"  # the parameter that the ratios are for
_BY_RATIOS = ("distribution", "per_layer")  # how prune.channels is told so
_LAYER, _GROUP, _SUGGESTED = "Layer", "Channel group", "Suggested ratio"
_SHARE, _LOSS = "Share masked", "Loss"
_MOST = 0.95  # the largest ratio that pruning takes
_STEPS = 1000  # suggestions are rounded down to thousandths: more digits would feign precision


@dataclass(frozen=True, slots=True)
class Row:
    """One group with ``masked`` of its ``size`` units masked, against the uncut network on the same items.

    ``top1`` and ``change`` (paired, in points) where items are labelled, ``agreement`` where it is a classifier.
    """

    group: str
    masked: int
    size: int
    sqnr: Measure
    agreement: Measure | None = None
    top1: Measure | None = None
    change: Measure | None = None

    @property
    def share(self) -> float:
        return self.masked / self.size

    @property
    def loss(self) -> float:
        """What is lost: points of accuracy; without labels answers that differ, in %; else the error of outputs, in %.

        The error is the root mean square of the difference, relative to that of the outputs.
        """
        if self.change is not None:
            return 0.0 - self.change.value  # never -0
        if self.agreement is not None:
            return 100.0 - self.agreement.value
        return float(100.0 * 10.0 ** (-self.sqnr.value / 20.0))

    def to_json(self) -> dict[str, Any]:
        plain = {"group": self.group, "masked": self.masked, "size": self.size}
        return plain | {k: m.to_json() for k, m in self._measures().items()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Row:
        measures = {k: Measure.from_json(data[k]) for k in ("sqnr", "agreement", "top1", "change") if k in data}
        return cls(str(data["group"]), int(data["masked"]), int(data["size"]), **measures)

    def _measures(self) -> dict[str, Measure]:
        every = {"sqnr": self.sqnr, "agreement": self.agreement, "top1": self.top1, "change": self.change}
        return {k: m for k, m in every.items() if m is not None}


@dataclass(frozen=True, slots=True)
class Found:
    """``rows`` of every group in graph order, by growing share. ``producers``: group -> its producing layers.

    ``asked``: the ratios that were asked for. ``top1``: the uncut network's. ``notes`` are full sentences.
    """

    rows: Sequence[Row]
    producers: Mapping[str, Sequence[str]]
    asked: Sequence[float]
    tolerance: float
    top1: Measure | None
    notes: Sequence[str]


def report_of(found: Found) -> Report:
    """Curves per group (share masked -> figure), a table per layer, and a table of every measurement."""
    by_group = _by_group(found.rows)
    measures = {"top1": found.top1} if found.top1 is not None else {}
    curves = tuple(_curve(group, rows, found.top1) for group, rows in by_group.items())
    pairs = tuple((group, layer) for group in by_group for layer in found.producers[group])
    tables = (_layers(found, by_group), _measured(found.rows), Table(PRODUCERS, (_GROUP, _LAYER), pairs))
    return Report(measures, tables, curves, tuple(found.notes))


def suggested(points: Iterable[tuple[float, float]], tolerance: float) -> float:
    """The largest share whose loss stays within ``tolerance``: (share, loss) by growing share, read as straight lines.

    Nothing behind the first loss above the tolerance counts, even where less is lost there again.
    """
    share, loss = 0.0, 0.0
    for next_share, next_loss in points:
        if next_loss > tolerance:
            reach = share + (next_share - share) * (tolerance - loss) / (next_loss - loss)
            return _rounded(reach)
        share, loss = next_share, next_loss
    return _rounded(share)


def ratios_from(report: Report, tolerance: float) -> tuple[Override, ...]:
    """For every group of a sensitivity report the ratio that alone loses at most ``tolerance``, as overrides.

    ``tolerance`` is in the report's own unit (points of accuracy, or %). Raises UserError where the report is of
    something else.
    """
    if not (math.isfinite(tolerance) and tolerance >= 0):
        raise UserError(f"The tolerance is {tolerance}; it must be a number from 0 up.")
    tables = {t.title: t for t in report.tables}
    if not holds_ratios(report):
        raise UserError(
            "The report holds no pruning sensitivity, so no ratios can be taken from it.",
            "Make one with: thimble apply analyse.pruning_sensitivity MODEL -o REPORT.json --data DATA.",
        )
    try:
        layers = _columns(tables[PRODUCERS], _GROUP, _LAYER)
        points = _columns(tables[MEASURED], _GROUP, _SHARE, _LOSS)
        producers: dict[str, list[str]] = {}
        for group, layer in layers:
            producers.setdefault(str(group), []).append(str(layer))
        curves: dict[str, list[tuple[float, float]]] = {}
        for group, share, loss in points:
            curves.setdefault(str(group), []).append((float(share), float(loss)))
        return tuple(
            (Scope(layers=tuple(producers[group])), {RATIO: suggested(curve, tolerance)})
            for group, curve in curves.items()
        )
    except (KeyError, ValueError, TypeError, IndexError) as error:
        raise UserError("The report's tables of pruning sensitivity are damaged.", "Measure it again.") from error


def settings_for(method: Method) -> dict[str, Scalar]:
    """Parameters that make a method cut by the ratios of layers alone, without a target of its own; else none."""
    name, value = _BY_RATIOS
    return {name: value} if any(s.name == name and value in s.choices for s in specs(method.params)) else {}


def holds_ratios(report: Report) -> bool:
    """Whether :func:`ratios_from` can read the report."""
    return {LAYERS, MEASURED, PRODUCERS} <= {t.title for t in report.tables}


def unit_of_loss(report: Report) -> str:
    """ "points" or "%": what a tolerance for this report is in."""
    table = next(t for t in report.tables if t.title == MEASURED)
    return table.units[table.columns.index(_LOSS)]


def _rounded(share: float) -> float:
    return min(math.floor(share * _STEPS + 1e-9) / _STEPS, _MOST)


def _by_group(rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.group, []).append(row)
    return found


def _curve(group: str, rows: Sequence[Row], top1: Measure | None) -> Curve:
    """From the uncut network (share 0) on: top-1, agreement with it, or SQNR, which has no value there."""
    x = tuple(100.0 * row.share for row in rows)
    if top1 is not None:
        y = (top1.value, *(row.top1.value for row in rows if row.top1 is not None))
        return Curve(group, "% masked", "%", (0.0, *x), y)
    if rows[0].agreement is not None:
        return Curve(group, "% masked", "%", (0.0, *x), (100.0, *(r.agreement.value for r in rows if r.agreement)))
    return Curve(group, "% masked", "dB", x, tuple(row.sqnr.value for row in rows))


def _layers(found: Found, by_group: Mapping[str, Sequence[Row]]) -> Table:
    """One row per producing layer; figures are those of its group, of several the worst. The first colours a graph."""
    unit = _unit(found.rows)
    heads = [f"Loss at {100 * ratio:g} %" for ratio in found.asked]
    groups_of: dict[str, list[str]] = {}
    for group in by_group:
        for layer in found.producers[group]:
            groups_of.setdefault(layer, []).append(group)
    reach = {g: suggested(((r.share, r.loss) for r in rows), found.tolerance) for g, rows in by_group.items()}
    losses = {g: [_nearest(rows, ratio).loss for ratio in found.asked] for g, rows in by_group.items()}
    rows = []
    for layer, groups in groups_of.items():
        worst = [max(several) for several in zip(*(losses[g] for g in groups), strict=True)]
        units = sum(by_group[g][0].size for g in groups)
        rows.append((layer, ", ".join(groups), min(reach[g] for g in groups), *worst, units))
    columns = (_LAYER, _GROUP, _SUGGESTED, *heads, "Units")
    return Table(LAYERS, columns, tuple(rows), ("", "", "share", *(unit for _ in heads), ""))


def _nearest(rows: Sequence[Row], ratio: float) -> Row:
    """The measurement nearest to a ratio: of five channels nobody can mask a tenth."""
    return min(rows, key=lambda row: abs(row.share - ratio))


def _measured(rows: Sequence[Row]) -> Table:
    columns = (_GROUP, "Units masked", "Units", _SHARE, _LOSS, "Lower", "Upper", "Top-1", "Agreement", "SQNR")
    units = ("", "", "", "share", _unit(rows), _unit(rows), _unit(rows), "%", "%", "dB")
    return Table(MEASURED, columns, tuple(_cells(row) for row in rows), units)


def _cells(row: Row) -> tuple[Any, ...]:
    """Lower and upper are the 95 % interval of the loss, where it is a share of items."""
    lower: float | str = ""
    upper: float | str = ""
    if row.change is not None and row.change.interval is not None:
        lower, upper = -row.change.interval[1], -row.change.interval[0]
    elif row.agreement is not None and row.agreement.interval is not None:
        lower, upper = 100.0 - row.agreement.interval[1], 100.0 - row.agreement.interval[0]
    top1 = "" if row.top1 is None else row.top1.value
    agreement = "" if row.agreement is None else row.agreement.value
    figures = (row.share, row.loss, lower, upper, top1, agreement, row.sqnr.value)
    return (row.group, row.masked, row.size, *figures)


def _unit(rows: Sequence[Row]) -> str:
    return "points" if rows and rows[0].change is not None else "%"


def _columns(table: Table, *names: str) -> list[tuple[Any, ...]]:
    places = [table.columns.index(name) for name in names]
    return [tuple(row[k] for k in places) for row in table.rows]
