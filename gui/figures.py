"""Measures as people read them: short text for a cell, the whole provenance for its tooltip."""

from __future__ import annotations

import math

from core.report import Measure
from gui.words import mark, thousands, tr

MISSING = "–"


def short(value: float, unit: str = "") -> str:
    """A number with its unit: 2.26 M, 13.4 MB, 89.2 %, 3.31 ms."""
    return _written(value, unit).replace("-", "−")


def _written(value: float, unit: str) -> str:
    if not math.isfinite(value):
        return str(value)
    if unit in ("bytes", "B", "byte"):
        return size(value)
    if unit in ("", "MAC", "MACs", "params", "parameters", "weights", "count"):
        return count(value)
    if unit in ("percent", "%"):
        return f"{value:.1f} %"
    if unit == "ms" and 0 < abs(value) < 0.1:
        return f"{1000 * value:.3g} µs"
    if unit == "ms":
        return f"{value:.2f} ms" if value < 100 else f"{value:.0f} ms"
    if unit == "dB":
        return f"{value:.1f} dB"
    if unit == "share":
        return f"{100 * value:.1f} %"
    return f"{value:.4g} {tr(unit)}"


def count(value: float) -> str:
    for limit, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= limit:
            scaled = value / limit
            return f"{scaled:.0f} {letter}" if abs(scaled) >= 100 else f"{scaled:.3g} {letter}"
    return f"{value:.0f}" if value == int(value) else f"{value:.4g}"


def size(value: float) -> str:
    """Bytes in decimal units, as shops and stores count them."""
    for limit, unit in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if abs(value) >= limit:
            scaled = value / limit
            return f"{scaled:.0f} {unit}" if abs(scaled) >= 100 else f"{scaled:.3g} {unit}"
    return f"{value:.0f} B"


def seconds(value: float | None) -> str:
    """A remaining time: '12 s', '3 min', '1 h 20 min'; '' where unknown."""
    if value is None or not math.isfinite(value):
        return ""
    if value < 90:
        return f"{max(round(value), 1)} s"
    minutes = round(value / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


_NAMES = {
    "params": mark("parameters"),
    "macs": mark("MACs"),
    "peak_memory": mark("peak memory"),
    "weight_bytes": mark("weights"),
    "bytes": mark("file"),
    "top1": mark("top-1"),
    "top1_change": mark("change of top-1"),
    "top5": mark("top-5"),
    "int8_layers": mark("quantized layers"),
    "float_layers": mark("float layers"),
    "stored_layers": mark("stored layers"),
    "bits_per_weight": mark("bits per weight"),
    "weight_error": mark("weight error"),
    "agreement": mark("agreement"),
    "cosine": mark("cosine"),
    "channels": mark("channels"),
    "unlike": mark("largest range over median range"),
    "difference_to_float": mark("change of top-1 against float"),
    "seconds": mark("seconds"),
    "sqnr": "SQNR",
    "latency_onnxruntime": "onnxruntime",
    "latency_litert": "LiteRT",
}
HOW = (mark("measured"), mark("estimated"), mark("cited"))


def name_of(key: str) -> str:
    """A measure's key in words: 'macs_before' is 'MACs before'."""
    if key.endswith("_before"):
        return tr("{figure} before", figure=name_of(key.removesuffix("_before")))
    if key.endswith("_after"):
        return tr("{figure} after", figure=name_of(key.removesuffix("_after")))
    if key.endswith("_plain"):
        return tr("{figure}, plainly quantized", figure=name_of(key.removesuffix("_plain")))
    if key.endswith("_float"):
        return tr("{figure} in float", figure=name_of(key.removesuffix("_float")))
    return tr(_NAMES.get(key, key.replace("_", " ")))


def cell(measure: Measure | None) -> str:
    """The figure alone; a dash where it was never obtained."""
    return MISSING if measure is None else short(measure.value, measure.unit)


def spoken(measure: Measure | None) -> str:
    """For the tooltip and the screen reader: how, on what, how often, how sure."""
    if measure is None:
        return tr("Not measured.")
    if measure.on:
        parts = [tr("{figure}, {how} on {what}", figure=cell(measure), how=tr(measure.how), what=measure.on)]
    else:
        parts = [f"{cell(measure)}, {tr(measure.how)}"]
    if measure.n is not None:
        parts.append(f"n = {thousands(measure.n)}")
    if measure.interval is not None:
        low, high = (short(v, measure.unit) for v in measure.interval)
        parts.append(tr("95 % interval {low} to {high}", low=low, high=high))
    if measure.note:
        parts.append(measure.note.rstrip("."))
    return "; ".join(parts) + "."


def change(before: float, after: float, unit: str = "") -> str:
    """How a figure moved: '−50 %' for sizes, '+1.2' points for percentages."""
    if unit in ("percent", "%"):
        return f"{after - before:+.1f}".replace("-", "−")
    if before == 0:
        return ""
    share = 100 * (after - before) / before
    if abs(share) < 0.05:
        return "±0 %"
    return f"{share:+.0f} %".replace("-", "−") if abs(share) >= 1 else f"{share:+.1f} %".replace("-", "−")
