"""Netron's own layout code (dagre.js of the installed package) run in Node on a graph of ours."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.drawn import Box, Route

_SCRIPT = Path(__file__).with_suffix(".mjs")


@dataclass(frozen=True, slots=True)
class NetronLayout:
    """What Netron's code made of a graph; ``seconds`` is its layout call alone, without starting Node."""

    seconds: float
    boxes: list[Box]
    routes: list[Route]


def missing() -> str:
    """What has to be installed before Netron's layout can run; '' where nothing is."""
    if shutil.which("node") is None:
        return "Netron's layout needs Node: install Node 20 (nodejs.org, or your system's package 'nodejs')."
    if _dagre() is None:
        return "Netron's layout needs the package: pip install netron==9.3.3"
    return ""


def netron_layout(sizes: list[tuple[float, float]], edges: list[tuple[int, int]], limit: float) -> NetronLayout | str:
    """Boxes and routes in the order of cards and edges; in words where Netron took more than ``limit`` seconds or Node
    more than the 4 GB of memory that a page in Chromium has.

    Netron merges edges with the same two ends, so these come only once in ``routes``.
    """
    nodes = [{"v": str(k), "width": w, "height": h} for k, (w, h) in enumerate(sizes)]
    pairs = [{"v": str(a), "w": str(b)} for a, b in dict.fromkeys(edges)]
    with tempfile.TemporaryFile("w+") as given:
        json.dump({"nodes": nodes, "edges": pairs}, given)
        given.seek(0)
        command = ["node", "--stack-size=8000", "--max-old-space-size=4096", str(_SCRIPT), str(_dagre())]
        try:
            ended = subprocess.run(command, stdin=given, capture_output=True, text=True, timeout=limit, check=False)
        except subprocess.TimeoutExpired:
            return f"over {limit:.0f}"
    if "heap out of memory" in ended.stderr:
        return "out of 4 GB"
    if ended.returncode:
        raise RuntimeError(f"Node failed: {ended.stderr.strip().splitlines()[-1:]}")
    found = json.loads(ended.stdout)
    boxes = [(b[0], b[1], b[2], b[3]) for b in found["boxes"]]
    return NetronLayout(found["seconds"], boxes, [[(p[0], p[1]) for p in route] for route in found["routes"]])


def _dagre() -> Path | None:
    """The file, found without running anything of the package."""
    spec = importlib.util.find_spec("netron")
    folders = list(spec.submodule_search_locations or ()) if spec else []
    return next((file for folder in folders if (file := Path(folder) / "dagre.js").exists()), None)
