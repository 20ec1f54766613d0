"""Rows of what layers cost, and small tables of it by operator."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import onnx_ir as ir

from core.measure.cost import LayerCost
from core.measure.memory import PeakMemory
from gui import figures
from gui.graph_view.known import Known
from gui.inspector.parts import percent
from gui.inspector.rows import Rows
from gui.words import thousands, tr

_MOST_OPERATORS = 16


def how() -> str:
    """Where figures of cost come from."""
    return tr("Estimated from the graph, nothing was run.")


def cost_rows(rows: Rows, whole: Known, layers: Sequence[LayerCost]) -> None:
    """Parameters, MACs and bytes with their share of the whole model."""
    macs = None if any(c.macs is None for c in layers) else sum(c.macs or 0 for c in layers)
    note = " ".join(c.note for c in layers[:3] if c.note)
    total = whole.cost
    for key, value, of, text in (
        (tr("params"), sum(c.params for c in layers), total.params, thousands),
        (tr("MACs"), macs, total.macs, figures.count),
        (tr("weights"), sum(c.weight_bytes for c in layers), total.weight_bytes, figures.size),
    ):
        if value is None:
            rows.row(key, figures.MISSING, note or tr("Unknown."))
            continue
        share = value / of if of else None
        part = f"  {percent(share)}" if share is not None and value else ""
        of_model = tr(", {share} % of the model", share=f"{100 * share:.2f}") if share is not None else ""
        tip = f"{thousands(value)}{of_model}. {how()} {note}".rstrip()
        rows.row(key, text(value) + part, tip, muted=not value)
        if share and value:
            rows.bar(share, tip)


def peak_row(rows: Rows, whole: Known, layer: LayerCost) -> None:
    """Where the activations take the most memory at once: nothing for any other layer."""
    peak = whole.cost.peak_memory
    if layer.name in peak.layers and peak.bytes is not None:
        rows.row(tr("peak memory"), tr("{size}  here", size=figures.size(peak.bytes)), peak_tip(peak))


def peak_tip(peak: PeakMemory) -> str:
    if peak.bytes is None:
        return tr(peak.note)
    said = tr(
        "{n} bytes of activations are alive at once at {where}, for a batch of {batch}; weights do not count.",
        n=thousands(peak.bytes),
        where=peak.where(),
        batch=peak.batch,
    )
    return f"{said} {how()}"


def operator_table(rows: Rows, layers: Iterable[tuple[ir.Node, LayerCost]]) -> None:
    """One line an operator, the costliest first: how many, parameters, MACs."""
    sums: dict[str, list[float]] = {}
    unknown: set[str] = set()
    for node, counted in layers:
        line = sums.setdefault(node.op_type, [0, 0, 0])
        line[0] += 1
        line[1] += counted.params
        line[2] += counted.macs or 0
        if counted.macs is None:
            unknown.add(node.op_type)
    order = sorted(sums.items(), key=lambda item: (-item[1][2], -item[1][1], -item[1][0], item[0]))
    lines = [
        (kind, f"{n:.0f}", _or_dash(params), figures.MISSING if kind in unknown else _or_dash(macs))
        for kind, (n, params, macs) in order[:_MOST_OPERATORS]
    ]
    if len(order) > _MOST_OPERATORS:
        rest = [sum(line[k] for _, line in order[_MOST_OPERATORS:]) for k in range(3)]
        others = tr("{n} others", n=len(order) - _MOST_OPERATORS)
        lines.append((others, f"{rest[0]:.0f}", _or_dash(rest[1]), _or_dash(rest[2])))
    rows.table((tr("operator"), tr("layers"), tr("params"), tr("MACs")), lines)


def _or_dash(value: float) -> str:
    return figures.count(value) if value else figures.MISSING
