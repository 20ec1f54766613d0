"""``thimble draw``: the picture of a graph as SVG, PDF or PNG."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys

from core.errors import UserError

_DONE, _USER_ERROR = 0, 2


def draw(args: argparse.Namespace) -> int:
    """Let the window's own drawing run as a process without a screen: the core knows no Qt."""
    words = [sys.executable, "-m", "gui", f"--draw={args.model}", f"--out={args.output}", "--theme", args.look]
    words += ["--blocks", args.blocks]
    words += ["--scale", str(args.scale)] if args.scale is not None else []
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    if done.returncode not in (_DONE, _USER_ERROR):
        last = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
        raise UserError(f"The picture could not be drawn: {last.rstrip('.')}.", "Try 'python -m gui --draw' by hand.")
    print(done.stdout, end="")
    print(done.stderr, end="", file=sys.stderr)
    return done.returncode
