"""``python -m gui [FILE]``; ``--snapshot DIR`` writes pictures of the window, ``--draw MODEL --out OUT`` of a graph."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path


def main(argv: list[str] | None = None) -> int:
    """Show the window, or write pictures of it; heavy imports wait until the arguments are read."""
    parser = argparse.ArgumentParser(prog="python -m gui", description="Thimble's window.")
    parser.add_argument("file", nargs="?", help="a model (.onnx) or a project folder (.thimble) to open")
    parser.add_argument("--sample", action="store_true", help="open the bundled sample")
    parser.add_argument("--snapshot", metavar="DIR", help="write pictures of the window and its dialogs, then end")
    parser.add_argument("--project", metavar="P", help="with --snapshot: the project to show")
    parser.add_argument("--model", metavar="M", help="with --snapshot: the model to show (default: the sample)")
    parser.add_argument("--brief", action="store_true", help="with --snapshot: the views and panels, no dialogs")
    parser.add_argument("--draw", metavar="MODEL", help="write the picture of a model's graph to --out, then end")
    parser.add_argument("--out", metavar="OUT", help="with --draw: a .svg, .pdf or .png file")
    parser.add_argument("--scale", type=float, help="with --draw: pixels of a PNG per pixel at 100 %%")
    parser.add_argument("--blocks", choices=("open", "closed", "flat"), default="open", help="with --draw")
    parser.add_argument(
        "--theme", choices=("light", "dark", "both"), default="both", help="with --snapshot and --draw (both: light)"
    )
    parser.add_argument("--language", default="", metavar="CODE", help="speak it this time, for example: de")
    args = parser.parse_args(argv)
    if args.draw:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        from gui.drawing.command import command

        return command(args.draw, args.out or "", "dark" if args.theme == "dark" else "light", args.scale, args.blocks)
    if args.snapshot:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        from gui.snapshot import snapshot

        return snapshot(
            Path(args.snapshot), args.project, args.model, theme=args.theme, language=args.language, brief=args.brief
        )
    from gui.app import run

    return run(args.file, sample=args.sample, language=args.language)


if __name__ == "__main__":
    sys.exit(main())
