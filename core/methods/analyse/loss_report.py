"""What the detective found, as a report. The first table colours the graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from core.methods.analyse.causes import Finding, LayerEvidence
from core.methods.analyse.cures import Offer, table_of
from core.methods.analyse.one_layer import Close
from core.methods.analyse.ranges_report import channel_curves, channels_table
from core.methods.analyse.verify import Cured
from core.report import Measure, Report, Table

if TYPE_CHECKING:
    from core.measure.quantized_taps import Tap
    from core.measure.slower_layers import SideBySide

LAYERS, TAPS, CURED = "Loss per layer", "Tap by tap", "Cures, measured again"
_LISTED = 5  # layers that a sentence names


@dataclass(frozen=True, slots=True)
class LayerLoss:
    """One layer: what is known of it, what it does alone, and its causes (none: it loses too little to need one)."""

    evidence: LayerEvidence
    alone: Close
    causes: Sequence[Finding] = ()


@dataclass(frozen=True)
class Found:
    """Everything that was found. ``measures``: of the whole network. ``notes`` are full sentences."""

    measures: dict[str, Measure]
    layers: Sequence[LayerLoss]
    taps: Sequence[Tap]
    offers: Sequence[Offer]
    notes: Sequence[str]
    cured: Sequence[Cured] = ()
    times: SideBySide | None = None
    least_share: float = 0.0  # %, from which a layer gets a cause
    on: str = ""
    extra: Sequence[str] = field(default_factory=tuple)


def report_of(found: Found) -> Report:
    """Tables per layer, tap by tap, of channel ranges and of cures; curves of the worst layers' channels."""
    ranked = sorted(found.layers, key=lambda x: -x.evidence.share)
    tables = [_layers(found.layers), _taps(found.taps), channels_table(found.layers)]
    if found.offers:
        tables.append(table_of(found.offers))
    if found.cured:
        tables.append(_cured(found.cured))
    if found.times is not None:
        tables.append(_times(found.times))
    said = _said(ranked, found.offers, found.least_share)
    notes = [
        *_lost(found.measures),
        *found.notes,
        *said,
        *(found.times.sentences() if found.times else ()),
        *found.extra,
    ]
    return Report(found.measures, tuple(tables), channel_curves(ranked), tuple(notes))


def _layers(layers: Sequence[LayerLoss]) -> Table:
    columns = (
        "Layer", "Operator", "Share of the loss", "Alone quantized", "Gain left in float", "Weights' part",
        "Cause", "Evidence", "Cure",
    )  # fmt: skip
    units = ("", "", "%", "dB", "dB", "%", "", "", "")
    rows = []
    for x in layers:
        e = x.evidence
        cause = x.causes[0] if x.causes else None
        words = (cause.title, cause.evidence, cause.cures[0].words) if cause else ("", "", "")
        figures = (round(100 * e.share, 2), round(e.alone, 2), round(e.gain, 3), round(100 * e.weight_share, 1))
        rows.append((e.layer, e.operator, *figures, *words))
    return Table(LAYERS, columns, tuple(rows), units)


def _taps(taps: Sequence[Tap]) -> Table:
    columns = (
        "Layer",
        "SQNR up to here",
        "Constant shift",
        "Clipped",
        "Lowest of the range",
        "Highest of the range",
        "Lowest seen",
        "Highest seen",
        "Value",
    )
    rows: list[tuple[Any, ...]] = []
    named: set[str] = set()
    for tap in taps:
        if tap.layer in named:
            continue  # a second pair of the same layer rescales the first
        named.add(tap.layer)
        shift = 100 * tap.shift / tap.error if tap.error > 0 else 0.0
        low, high = tap.seen
        figures = (round(tap.sqnr, 2), round(shift, 1), round(100 * tap.clipped, 4))
        rows.append((tap.layer, *figures, *(_short(v) for v in (tap.steps.low, tap.steps.high, low, high)), tap.value))
    return Table(TAPS, columns, tuple(rows), ("", "dB", "% of the error", "% of values", "", "", "", "", ""))


def _cured(rows: Sequence[Cured]) -> Table:
    columns = (
        "Cure",
        "SQNR",
        "Agreement",
        "Lower",
        "Upper",
        "Top-1 against float",
        "Lower",
        "Upper",
        "Items",
        "Seconds",
    )
    units = ("", "dB", "%", "%", "%", "points", "points", "points", "", "s")
    made = []
    for row in rows:
        f = row.figures
        cells = (*_interval(f.get("agreement")), *_interval(f.get("top1_change")), f["sqnr"].n, round(row.seconds, 1))
        made.append((row.words, round(f["sqnr"].value, 2), *cells))
    return Table(CURED, columns, tuple(made), units)


def _interval(measure: Measure | None) -> tuple[Any, Any, Any]:
    if measure is None:
        return "", "", ""
    low, high = measure.interval or ("", "")
    return tuple(v if isinstance(v, str) else round(v, 2) for v in (measure.value, low, high))  # type: ignore[return-value]


def _times(times: SideBySide) -> Table:
    rows = [(n, round(a, 4), round(b, 4), round(b / a, 2) if a > 0 else 0.0) for n, (a, b) in times.layers.items()]
    return Table("Time per layer", ("Layer", "Float", "Quantized", "Ratio"), tuple(rows), ("", "ms", "ms", ""))


def _lost(measures: Mapping[str, Measure]) -> list[str]:
    """Whether answers were lost at all, and how much these items can tell."""
    agreement = measures.get("agreement")
    if agreement is None or not agreement.n:
        return []
    other = round(agreement.n * (1 - agreement.value / 100))
    if other:
        return [f"{other} of {agreement.n} answers are not those of the float network."]
    hidden = 100 - (agreement.interval or (0.0, 0.0))[0]
    return [
        f"All {agreement.n} answers are those of the float network, so that what is lost here is precision"
        f" ({measures['sqnr'].value:.1f} dB are left); in more items up to {hidden:.2g} % of the answers may differ."
    ]


def _said(ranked: Sequence[LayerLoss], offers: Sequence[Offer], least_share: float) -> list[str]:
    """The findings in sentences: whose loss it is, from which cause, and what to do."""
    said = []
    named = [x for x in ranked if x.causes]
    for x in named[:_LISTED]:
        cause, e = x.causes[0], x.evidence
        said.append(
            f"{e.layer} makes {100 * e.share:.0f} % of the loss ({e.alone:.1f} dB alone quantized)."
            f" Cause: {cause.title.lower()}; {cause.evidence}. Cure: {'; or '.join(c.words for c in cause.cures)}."
        )
    if len(named) > _LISTED:
        more = len(named) - _LISTED
        said.append(
            "One more layer has a cause; the table names it."
            if more == 1
            else f"{more} more layers have a cause; the table names them."
        )
    open_ = [x.evidence for x in ranked if not x.causes and 100 * x.evidence.share >= least_share]
    if open_:
        shares = sum(e.share for e in open_)
        said.append(
            f"{open_[0].layer}{f' and {len(open_) - 1} more' if open_[1:] else ''}: {100 * shares:.0f} % of the loss,"
            " and no cause was found that quantizing otherwise would cure."
        )
    if not named and not open_:
        said.append("No layer makes enough of the loss to need a cause.")
    said += [f"To cure '{o.cause}': {o.command}" for o in offers if o.command]
    return said


def _short(value: float) -> float:
    return float(np.format_float_positional(value, 5, fractional=False)) if np.isfinite(value) else 0.0
