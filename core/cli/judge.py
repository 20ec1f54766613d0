"""``thimble evaluate`` and ``thimble compare``: figures of files, on items that trained none of them."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.cli.output import figure, job, print_json, size, table
from core.cli.places import place
from core.errors import UserError
from core.jobs import cores
from core.report import Measure

if TYPE_CHECKING:
    from core.project.comparing import Candidate, Found

_SIZES = ("params", "macs", "peak_memory", "bytes")
_COLUMNS = (*_SIZES, "top1", "top1_change", "top5", "sqnr", "agreement", "latency_onnxruntime", "latency_litert")


def evaluate(args: argparse.Namespace) -> int:
    """Top-1 and top-5 of one file, run by its own runtime."""
    found, note = _compared(_candidates([args.model]), args)
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
    """Sizes, accuracy on the same items, closeness to the first model, and latency where it is asked for."""
    if len(set(args.models)) != len(args.models):
        raise UserError("A model is named twice.", "Name each file once.")
    candidates = _candidates(args.models)
    found, note = _compared(candidates, args)
    if args.latency:
        _time(candidates, found, args)
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
    if "top1_change" in used:
        print(f"\ntop1_change: against {Path(args.models[0]).name}, on the same items, paired; 95 % interval.")
    if "peak_memory" in used:
        print("\npeak_memory is that of the activations, estimated from the graph.")
    if note:
        print(f"\n{_judged_on(note)}")
    for name, f in found.items():
        known = [f.measures[k].note for k in ("top1", "top1_change") if k in f.measures]
        for line in (*f.notes, *filter(None, known)):
            print(f"{Path(name).name}: {line}")
    return 0


def _judged_on(note: str) -> str:
    return f"Judged on {note}." if note else ""


def _row(found: Found) -> dict[str, Any]:
    row = {c: found.measures[c].value if c in found.measures else None for c in _COLUMNS}
    top1 = found.measures.get("top1")
    return {**row, "n": top1.n if top1 else None, "interval": list(top1.interval or ()) if top1 else None}


def _shown(column: str, measure: Measure | None) -> str:
    if measure is None:
        return "–"
    if column in ("bytes", "peak_memory"):
        return size(measure.value)
    if column in ("params", "macs"):
        return f"{measure.value:,.0f}"
    return figure(measure)


def _time(candidates: list[Candidate], found: dict[str, Found], args: argparse.Namespace) -> None:
    """All candidates interleaved, in onnxruntime and, converted where needed, in LiteRT."""
    from core.project.comparing import measure_latency

    with tempfile.TemporaryDirectory() as folder:
        timed = measure_latency(candidates, Path(folder), threads=args.threads or 1, job=job())
    for name, answer in timed.items():
        found[name].measures.update(answer.measures)
        found[name].notes.extend(answer.notes)


def _candidates(models: list[str]) -> list[Candidate]:
    from core.formats.open import check_file, open_model
    from core.project.comparing import Candidate

    candidates = []
    for name in models:
        path = Path(name)
        check_file(path)
        graph = None if path.suffix.lower() == ".tflite" else open_model(path)
        candidates.append(Candidate(name, graph, path))
    return candidates


def _compared(candidates: list[Candidate], args: argparse.Namespace) -> tuple[dict[str, Found], str]:
    from core.data.open import open_data
    from core.project.comparing import compare_models

    return compare_models(
        candidates,
        open_data(place(args.data)) if args.data else None,
        preprocess=args.preprocess or "",
        split=args.split,
        limit=args.limit,
        seed=args.seed,
        threads=args.threads or cores(),
        job=job(),
    )
