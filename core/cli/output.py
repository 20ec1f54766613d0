"""How commands print: aligned tables for people, JSON for programs, one progress line on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from core.jobs import Event, Job, Progress
from core.params import Spec
from core.report import Measure

_HUGE = 1e12


def print_json(data: Any) -> None:
    """JSON with two spaces of indentation."""
    print(json.dumps(data, indent=2, ensure_ascii=False, default=str))


def table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Columns aligned: numbers right, text left; None is a dash."""
    cells = [[_cell(v) for v in row] for row in rows]
    widths = [max(len(str(x)) for x in (c, *(row[k] for row in cells))) for k, c in enumerate(columns)]
    right = [bool(rows) and all(isinstance(row[k], int | float | None) for row in rows) for k in range(len(columns))]

    def line(values: Sequence[str]) -> str:
        parts = (v.rjust(w) if r else v.ljust(w) for v, w, r in zip(values, widths, right, strict=True))
        return "  ".join(parts).rstrip()

    return "\n".join([line(list(columns)), line(["-" * w for w in widths]), *(line(row) for row in cells)])


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return _number(value) if isinstance(value, float) else str(value)


def settings_table(specs: Iterable[Spec]) -> str:
    """What ``--set`` takes: names, defaults, what is allowed, what it means; a dash where nothing is set."""
    rows = []
    for s in in_form_order(specs):
        default = str(s.default).lower() if isinstance(s.default, bool) else s.default
        meaning = f"{s.field.label}. {s.field.help}" + (f" [{s.field.unit}]" if s.field.unit else "")
        rows.append((s.name, None if default is None else str(default), allowed(s), meaning))
    return table(("name", "default", "allowed", "meaning"), rows)


def in_form_order(specs: Iterable[Spec]) -> list[Spec]:
    """What everybody chooses first, then what a form folds away, group by group; else as declared."""
    listed = list(specs)
    groups = list(dict.fromkeys(s.field.group for s in listed if s.field.group))
    return sorted(listed, key=lambda s: (groups.index(s.field.group) + 1 if s.field.group else 0, s.field.advanced))


def allowed(spec: Spec) -> str:
    """The values of a parameter: "float, 0.1..4.0", "L1|L2"."""
    kind = "|".join(spec.choices) or spec.type.__name__
    low, high = (("" if bound is None else str(bound)) for bound in (spec.field.low, spec.field.high))
    return f"{kind}, {low}..{high}" if low or high else kind


def size(count: float | None) -> str:
    """Bytes as a person reads them."""
    if count is None:
        return "–"
    for unit in ("bytes", "kB", "MB"):
        if count < 1000 or unit == "MB":
            return f"{count:,.0f} {unit}" if unit == "bytes" else f"{count:,.1f} {unit}"
        count /= 1000
    return ""


def figure(measure: Measure | None) -> str:
    """A figure with its interval, number of samples and provenance."""
    if measure is None:
        return "–"
    near_one = not measure.unit and 0.99 < abs(measure.value) < 1  # a cosine, of which only the nines tell something
    text = f"{measure.value:.5f}" if near_one else f"{_number(measure.value)} {measure.unit}".strip()
    if measure.interval:
        low, high = (f"{v:.1f}" if measure.unit == "%" else _number(float(v)) for v in measure.interval)
        text += f" ({low} to {high})"
    return text + (f", n={measure.n}" if measure.n else "")


def _number(value: float) -> str:
    """Counts whole, what is below a tenth with two significant digits, everything else with two decimals, but no rows
    of digits that mean nothing."""
    if isinstance(value, int):
        return f"{value:,}"
    if abs(value) >= _HUGE:
        return f"{value:.4g}"
    return f"{value:.2g}" if 0 < abs(value) < 0.1 else f"{value:,.2f}"


def job() -> Job:
    """A job that says its log on stderr, and draws one progress line there where it is a terminal."""
    return Job(_Line(sys.stderr.isatty()).show, rate=8)


class _Line:
    def __init__(self, drawn: bool) -> None:
        self._drawn = drawn

    def show(self, event: Event) -> None:
        if isinstance(event, str):
            print(f"\r\x1b[K{event}" if self._drawn else event, file=sys.stderr, flush=True)
            return
        if not self._drawn or not isinstance(event, Progress):
            return
        left = "" if event.remaining is None else f", {_clock(event.remaining)} left"
        text = f"{100 * event.done:3.0f} %  {event.message}{left}"
        end = "\n" if event.done >= 1 else ""
        print(f"\r\x1b[K{text[:110]}", end=end, file=sys.stderr, flush=True)


def _clock(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 60} min {whole % 60} s" if whole >= 60 else f"{whole} s"
