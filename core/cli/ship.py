"""``thimble export``, ``thimble demo`` and ``thimble window``."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from core.cli.output import job, print_json, size, table
from core.cli.places import place
from core.errors import UserError
from core.jobs import cores

_SCREENS = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")


def export(args: argparse.Namespace) -> int:
    """Write a file for a phone and run it beside the model it came from."""
    from core.data.open import open_data
    from core.exporters.exporter import load_exporters
    from core.formats.open import open_model
    from core.project.context import blaming, check_output, prepared

    exporter = load_exporters().get(args.to)
    out = Path(args.output)
    check_output(out, exporter.suffix, Path(args.model))
    model = prepared(open_model(args.model), args.preprocess or "")
    check = open_data(place(args.check)) if args.check else None
    with blaming(model):
        written = exporter.write(model, out, check, job())
    if args.json:
        print_json(written.to_json())
        return 0
    print(f"{written.file}: {size(written.bytes)}\n{written.proof.sentence()}")
    print(table(("operator", "count"), sorted(written.ops.items(), key=lambda o: -o[1])))
    for note in written.notes:
        print(f"- {note}")
    return 0


def demo(args: argparse.Namespace) -> int:
    """The whole job on the bundled sample."""
    from core.demo import run_demo

    report = run_demo(Path(args.output), job(), threads=cores(), brief=args.brief)
    if args.json:
        print_json(report)
        return 0
    rows = [(r["name"], r["params"], r["macs"], size(r["bytes"]), _share(r), r["proof"]) for r in report["table"]]
    print(table(("model", "params", "MACs", "file", "top-1 (95 % interval)", "proof"), rows))
    print()
    first, last = report["original"], report["result"]
    print(
        f"{last['file']} is {report['times_smaller']:.1f} times smaller than {first['file']}; "
        f"top-1 {first['top1']:.2f} % before, {last['top1']:.2f} % after, measured on the same {last['n']} items.\n"
    )
    for line in report["sentences"]:
        print(f"- {line}")
    pictures = sum(name.startswith("pictures/") for name in report["files"])
    files = [name for name in report["files"] if not name.startswith("pictures/")]
    print(f"\nEverything is in {args.output}: {', '.join(files)}, and {pictures} pictures of the window in pictures/")
    return 0


def _share(row: dict[str, Any]) -> str:
    low, high = row["interval"]
    return f"{row['top1']:.2f} % ({low:.1f} to {high:.1f}), n={row['n']}"


def window(args: argparse.Namespace) -> int:
    """Start the window as a process of its own: the core knows no Qt."""
    if args.model and not Path(args.model).exists():
        raise UserError(f"There is no file '{args.model}'.", "Check the name and the folder.")
    if sys.platform == "linux" and not any(os.environ.get(k) for k in _SCREENS):
        raise UserError("There is no screen to open a window on.", "'thimble demo' does the whole job without one.")
    words = [sys.executable, "-m", "gui", *([args.model] if args.model else [])]
    return subprocess.run(words, check=False).returncode
