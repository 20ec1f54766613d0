"""``python -m gui [FILE]``, and ``python -m gui --snapshot DIR`` for pictures of the window."""

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
    parser.add_argument("--theme", choices=("light", "dark", "both"), default="both", help="with --snapshot")
    args = parser.parse_args(argv)
    if args.snapshot:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        from gui.snapshot import snapshot

        return snapshot(Path(args.snapshot), project=args.project, model=args.model, theme=args.theme)
    from gui.app import run

    return run(args.file, sample=args.sample)


if __name__ == "__main__":
    sys.exit(main())
