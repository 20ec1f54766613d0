"""``thimble evaluate`` and ``thimble compare``: figures of files, on items that trained none of them."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from core.cli.output import figure, job, print_json, size, table
from core.cli.places import place
from core.errors import UserError
from core.report import Measure

_COLUMNS = ("params", "macs", "bytes", "top1", "top5", "sqnr", "agreement")


def evaluate(args: argparse.Namespace) -> int:
    """Top-1 and top-5 of one file, run by its own runtime."""
    found, note = _compared([args.model], args)
    answer = found[args.model]
    if answer.accuracy is None:
        raise UserError(" ".join(answer.notes) or "Accuracy cannot be measured.")
    top1, top5 = answer.accuracy.top1, answer.accuracy.top5
    if args.json:
        print_json(
            {
                "file": args.model,
                "bytes": Path(args.model).stat().st_size,
                "top1": top1.value,
                "top5": None if top5 is None else top5.value,
                "n": answer.accuracy.n,
                "interval": list(top1.interval or ()),
                "interval_top5": list(top5.interval or ()) if top5 else None,
                "on": top1.on,
                "note": " ".join(filter(None, (_judged_on(note), top1.note))),
            }
        )
        return 0
    print(f"top-1 {figure(top1)}" + (f"\ntop-5 {figure(top5)}" if top5 else ""))
    print(f"measured on {top1.on}; 95 % interval")
    for line in filter(None, (_judged_on(note), top1.note)):
        print(line)
    return 0


def compare(args: argparse.Namespace) -> int:
    """Sizes, accuracy on the same items, and closeness to the first model."""
    if len(set(args.models)) != len(args.models):
        raise UserError("A model is named twice.", "Name each file once.")
    found, note = _compared(args.models, args)
    if args.json:
        rows = [
            {"file": name, **_row(f), "notes": f.notes, "measures": f.to_json()["measures"]}
            for name, f in found.items()
        ]
        print_json({"models": rows, "note": _judged_on(note)})
        return 0
    used = [c for c in _COLUMNS if any(c in f.measures for f in found.values())]
    rows_text = [(Path(name).name, *(_shown(c, f.measures.get(c)) for c in used)) for name, f in found.items()]
    print(table(("model", *used), rows_text))
    if note:
        print(f"\n{_judged_on(note)}")
    for name, f in found.items():
        for line in f.notes:
            print(f"{Path(name).name}: {line}")
    return 0


def _judged_on(note: str) -> str:
    return f"Judged on {note}." if note else ""


def _row(found: Any) -> dict[str, Any]:
    row = {c: found.measures[c].value if c in found.measures else None for c in _COLUMNS}
    top1 = found.measures.get("top1")
    return {**row, "n": top1.n if top1 else None, "interval": list(top1.interval or ()) if top1 else None}


def _shown(column: str, measure: Measure | None) -> str:
    if measure is None:
        return "–"
    if column == "bytes":
        return size(measure.value)
    if column in ("params", "macs"):
        return f"{measure.value:,.0f}"
    return figure(measure)


def _compared(models: list[str], args: argparse.Namespace) -> Any:
    from core.data.open import open_data
    from core.formats.open import check_file, open_model
    from core.project.comparing import Candidate, compare_models

    candidates = []
    for name in models:
        path = Path(name)
        check_file(path)
        graph = None if path.suffix.lower() == ".tflite" else open_model(path)
        candidates.append(Candidate(name, graph, path))
    return compare_models(
        candidates,
        open_data(place(args.data)) if args.data else None,
        preprocess=args.preprocess or "",
        split=args.split,
        limit=args.limit,
        seed=args.seed,
        threads=args.threads or os.cpu_count() or 1,
        job=job(),
    )
