"""``thimble references`` and ``thimble new``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.cli.output import print_json, settings_table, size, table
from core.cli.places import settings
from core.errors import UserError

if TYPE_CHECKING:
    from core.references.catalogue import Entry
    from core.references.cited import Citation


def references(args: argparse.Namespace) -> int:
    """Every network that can be made: our counts at the default parameters, and what was published; or one of them."""
    from core.references.catalogue import entries, entry

    if args.key:
        chosen = entry(args.key)
        if args.json:
            print_json(_as_json(chosen))
        else:
            _print_one(chosen)
        return 0
    if args.json:
        print_json([_as_json(e) for e in entries()])
        return 0
    columns = ("key", "family", "year", "params", "macs", "peak memory", "top-1", "phone latency")
    print(table(columns, [_row(entry) for entry in entries()]))
    print("\nWhat can be set, and every citation: thimble references KEY.")
    print("Parameters, MACs and peak activation memory are estimated: counted on the graph, batch 1.")
    print("Top-1 (on ImageNet where nothing else is said) and latency are cited.")
    return 0


def _as_json(entry: Entry) -> dict[str, Any]:
    """``settings`` is what --set takes; ``params``, ``macs`` and ``peak_memory`` are counts at the defaults."""
    data = entry.to_json()
    settings_ = data.pop("params")
    return {**data, "settings": settings_, **{k: m["value"] for k, m in data["figures"].items()}}


def _print_one(entry: Entry) -> None:
    print(f"{entry.title} ({entry.key}): {entry.help}")
    print(f"{entry.paper.title}, {entry.paper.year}, {entry.paper.where}\n")
    print(f"Settings of 'thimble new {entry.key} -o OUT --set ...':")
    print(settings_table(entry.params))
    print("\nFigures at the defaults:")
    rows: list[tuple[str, ...]] = []
    for name, m in entry.figures.items():
        rows.append((name, size(m.value) if name == "peak_memory" else f"{m.value:,.0f}", m.how, m.on))
    rows += [(c.figure, c.printed, "cited", _source(c)) for c in entry.cited]
    print(table(("figure", "value", "how", "on, and where it is printed"), rows))
    if entry.pretrained:
        print("\n--pretrained fetches weights through timm.")


def _source(citation: Citation) -> str:
    source = f"{citation.source.title}, {citation.source.year}, {citation.source.where}"
    return "; ".join(text for text in (citation.on, citation.differs, source) if text)


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
