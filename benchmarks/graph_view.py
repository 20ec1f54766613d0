"""The graph view at 160, 1,000 and 10,000 layers, beside Netron's own layout code on the same graphs.

    python -m benchmarks.graph_view --json benchmarks/results/graph_view.json [--layers 160 1000 10000] [--limit 200]

Two kinds of graph (a residual CNN, a transformer written out as exporters do), each with its blocks closed and open.
Every case is a fresh process on one core: it opens the file, shows it at 1280 x 900 on Qt's offscreen raster platform,
pans and zooms. A frame is one change of place or zoom and the repaint it causes. An edit is timed in the whole window,
from the act to the repainted graph. Netron's dagre.js gets the same cards with the same sizes, without edge labels, in
Node on the same core; --limit ends it after so many seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import onnx

from benchmarks import drawn, record
from benchmarks.netron_layout import missing, netron_layout
from benchmarks.synthetic_graphs import KINDS

BLOCKS = ("closed", "open")
_ROOT = Path(__file__).resolve().parent.parent
_LIMITS = {
    "frame_median_ms": 4.0,
    "frame_p95_ms": 16.0,
    "first_paint_ms": 300.0,
    "peak_mb": 500.0,
    "edit_median_ms": 100.0,
}
_COLUMNS = (
    ("cards", "cards", "{:,.0f}"),
    ("layout_s", "layout s", "{:.3f}"),
    ("first_paint_ms", "1st paint ms", "{:.0f}"),
    ("total_s", "visible s", "{:.2f}"),
    ("change_s", "open/close s", "{:.2f}"),
    ("stall_ms", "stall ms", "{:.0f}"),
    ("pan", "pan p50/p95", ""),
    ("zoom", "zoom p50/p95", ""),
    ("pan_far", "far p50/p95", ""),
    ("whole", "all p50/p95", ""),
    ("edit_median_ms", "edit p50 ms", "{:.0f}"),
    ("edit_worst_ms", "worst", "{:.0f}"),
    ("peak_mb", "peak MB", "{:.0f}"),
    ("crossings", "crossings", "{:,.0f}"),
    ("netron_s", "Netron s", "{:.2f}"),
    ("netron_crossings", "crossings", "{:,.0f}"),
    ("netron_through", "through cards", "{:,.0f}"),
)


def one_core() -> None:
    """Keep the process and its children on one core, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def run_case(module: str, *given: str) -> dict[str, Any]:
    command = [sys.executable, "-m", f"benchmarks.{module}", *given]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=_ROOT)
    if ended.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{ended.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return found


def judged(graph: Mapping[str, Any]) -> dict[str, int]:
    """What our layout looks like: crossings, edges through cards, cards that overlap."""
    ends = [(a, b) for a, b in graph["edges"]]
    return {
        "crossings": drawn.crossings(graph["routes"], [a for a, _ in ends]),
        "through": drawn.through_cards(graph["routes"], ends, graph["boxes"]),
        "overlaps": drawn.overlaps(graph["boxes"]),
    }


def beside_netron(graph: Mapping[str, Any], limit: float) -> dict[str, Any]:
    ends = list(dict.fromkeys((a, b) for a, b in graph["edges"]))
    made = netron_layout([(w, h) for _, _, w, h in graph["boxes"]], ends, limit)
    if isinstance(made, str):
        return {"netron_s": made}
    return {
        "netron_s": made.seconds,
        "netron_crossings": drawn.crossings(made.routes, [a for a, _ in ends]),
        "netron_through": drawn.through_cards(made.routes, ends, made.boxes),
        "netron_overlaps": drawn.overlaps(made.boxes),
    }


def case(kind: str, layers: int, blocks: str, limit: float, edits: bool, folder: Path) -> dict[str, Any]:
    file, graph_file = folder / f"{kind}_{layers}.onnx", folder / "graph.json"
    if not file.exists():
        onnx.save(KINDS[kind](layers), file)
    count = len(onnx.load(file).graph.node)
    found = run_case("graph_view_case", str(file), blocks, str(graph_file))
    if edits:
        found |= run_case("graph_view_edit", str(file), blocks)
    graph = json.loads(graph_file.read_text())
    row = {"graph": kind, "layers": count, "blocks": blocks, **found, **judged(graph)}
    if not missing():
        row.update(beside_netron(graph, limit))
    return row


def cell(row: Mapping[str, Any], key: str, form: str) -> str:
    value = row.get(key)
    if value is None:
        return "–"
    if isinstance(value, Mapping):
        if value["painted"] < 0.5:
            return "all in view"
        return f"{value['median_ms']:.1f} / {value['p95_ms']:.1f}"
    return value if isinstance(value, str) else form.format(value)


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    lines = [["graph", "layers", "blocks", *(title for _, title, _ in _COLUMNS)]]
    for row in rows:
        first = [row["graph"], f"{row['layers']:,}", row["blocks"]]
        lines.append([*first, *(cell(row, key, form) for key, _, form in _COLUMNS)])
    widths = [max(len(line[k]) for line in lines) for k in range(len(lines[0]))]
    return "\n".join("  ".join(text.rjust(w) for text, w in zip(line, widths, strict=True)) for line in lines)


def broken_limits(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """What we promise of every case and it did not hold, in words."""
    out = []
    for row in rows:
        moves = [row[k] for k in ("pan", "zoom", "pan_far", "whole")]
        seen = {
            "frame_median_ms": max(m["median_ms"] for m in moves),
            "frame_p95_ms": max(m["p95_ms"] for m in moves),
            "first_paint_ms": row["first_paint_ms"],
            "peak_mb": row["peak_mb"],
            "edit_median_ms": row.get("edit_median_ms", 0.0),
        }
        name = f"{row['graph']} {row['layers']:,} {row['blocks']}"
        out += [f"{name}: {k} {v:.1f}, over {_LIMITS[k]:g}" for k, v in seen.items() if v > _LIMITS[k]]
        out += [f"{name}: {row[k]} {k}" for k in ("through", "overlaps") if row[k]]
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layers", type=int, nargs="+", default=[160, 1000, 10_000], help="default: 160 1000 10000")
    parser.add_argument("--graphs", choices=sorted(KINDS), nargs="+", default=sorted(KINDS))
    parser.add_argument("--blocks", choices=BLOCKS, nargs="+", default=list(BLOCKS))
    parser.add_argument("--limit", type=float, default=200.0, help="seconds for Netron's layout; default: 200")
    parser.add_argument("--edits", action=argparse.BooleanOptionalAction, default=True, help="time edits as well")
    parser.add_argument("--json", type=Path, metavar="OUT")
    asked = parser.parse_args()
    if missing():
        print(missing(), "The columns for Netron stay empty.", sep="\n")
    one_core()
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    with tempfile.TemporaryDirectory() as folder:
        rows = []
        for layers in asked.layers:
            for kind in asked.graphs:
                for blocks in asked.blocks:
                    rows.append(case(kind, layers, blocks, asked.limit, asked.edits, Path(folder)))
                    print(f"{kind} {layers:,} {blocks}: done", file=sys.stderr)
    print(table(rows))
    imports = max(row["imports_mb"] for row in rows)
    print(f"Memory: peak of the whole process; importing Qt, onnx and the view alone takes {imports:.0f} MB.")
    if load is not None and load > 1:
        print(
            f"The machine was busy (load {load:.1f} at the start): read the processor's times in the JSON beside these."
        )
    broken = broken_limits(rows)
    print(
        "\n".join(["Limits not held:", *broken])
        if broken
        else f"All limits hold: {_LIMITS}; no cards overlap, no edge runs through one."
    )
    record.save(asked.json, rows, load_at_start=load, limits=_LIMITS, limits_not_held=broken)


if __name__ == "__main__":
    main()
