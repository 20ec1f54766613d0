"""``thimble references`` and ``thimble new``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from core.cli.output import print_json, size, table
from core.cli.places import settings
from core.errors import UserError


def references(args: argparse.Namespace) -> int:
    """Every network that can be made: our counts at the default parameters, and what was published."""
    from core.references.catalogue import entries

    found = [entry.to_json() for entry in entries()]
    if args.json:
        values = [{**e, **{k: m["value"] for k, m in e["figures"].items()}} for e in found]
        print_json(values)
        return 0
    columns = ("key", "family", "year", "params", "macs", "peak memory", "top-1", "phone latency")
    print(table(columns, [_row(entry) for entry in entries()]))
    print("\nParameters, MACs and peak activation memory are estimated: counted on the graph, batch 1.")
    print("Top-1 (on ImageNet where nothing else is said) and latency are cited; sources: thimble references --json.")
    return 0


def _row(entry: Any) -> tuple[Any, ...]:
    figures, top1, latency = entry.figures, entry.best("top1"), entry.best("latency")
    macs, memory = figures.get("macs"), figures.get("peak_memory")
    return (
        entry.key,
        entry.family,
        str(entry.year),
        int(figures["params"].value),
        None if macs is None else int(macs.value),
        None if memory is None else size(memory.value),
        None if top1 is None else top1.printed + ("" if top1.on == "ImageNet" else f" ({top1.on})"),
        None if latency is None else f"{latency.printed} ({latency.on})",
    )


def new(args: argparse.Namespace) -> int:
    """One network with seeded, given or fetched weights, written as ONNX."""
    from core import params as parameters
    from core.formats.onnx_file import save_onnx
    from core.project.context import check_output
    from core.references.catalogue import counted
    from core.references.create import create, weights_note
    from core.references.reference import load_references

    out = Path(args.output)
    if out.suffix.lower() != ".onnx":
        raise UserError(f"'{out.name}' must end in .onnx.", "Other formats are written by 'thimble export'.")
    check_output(out)
    chosen = load_references().get(args.key)
    values: Any = parameters.from_json(chosen.params, settings(args.set))
    weights = Path(args.weights) if args.weights else None
    model = create(chosen, values, seed=args.seed, weights=weights, fetch=args.pretrained)
    save_onnx(model, out)
    figures = counted(model)
    if args.json:
        counts = {k: m.value for k, m in figures.items()}
        made = {"key": chosen.key, "params": parameters.to_json(values), "figures": counts}
        print_json({"file": str(out), "bytes": out.stat().st_size, "note": weights_note(model), **made})
        return 0
    macs = f", {figures['macs'].value:,} MACs" if "macs" in figures else ""
    print(f"{chosen.title}: {figures['params'].value:,} parameters{macs}")
    print(f"{out}: {out.stat().st_size:,} bytes")
    if note := weights_note(model):
        print(f"Note: {note}")
    return 0
