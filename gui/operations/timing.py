"""Timing every layer, and colouring the graph by it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from gui.colouring.colouring import Colouring
from gui.colouring.found import OPTIMIZED
from gui.colouring.latency_dialog import LatencyDialog
from gui.desk import Desk
from gui.operations.folded import folded
from gui.words import tr


def ask(desk: Desk) -> None:
    """Ask for runs and threads, then measure the current revision."""
    dialog = LatencyDialog(desk.window)
    dialog.accepted.connect(lambda: measure(desk, dialog.runs.value(), dialog.threads.value()))
    dialog.open()


@folded
def measure(desk: Desk, runs: int, threads: int) -> None:
    """Time the layers of the current revision in the worker; the graph is then coloured by what was found."""
    project, revision = desk.state.project, desk.state.revision
    if project is None or revision is None:
        return
    of = revision.id
    args = {"model": {"project": str(project.folder), "revision": of}, "runs": runs, "threads": threads}

    def done(result: Any) -> None:
        if desk.state.project is not project:
            return
        found = {key: {k: v for k, v in result[key].items() if k != "names"} for key in ("optimized", "written")}
        colouring = colouring_of(desk)
        colouring.keep_latency(of, {**found, "keys": _keys(result["written"]["names"])})
        if desk.state.revision is not None and desk.state.revision.id == of:
            colouring.choose(OPTIMIZED)

    title = tr("Latency of the layers of revision {id}", id=of)
    desk.jobs.submit(title, "layer_latency", args, done, desk.errors.report)


def colouring_of(desk: Desk) -> Colouring:
    """The window's one colouring."""
    return next(kept for kept in desk.kept if isinstance(kept, Colouring))


def _keys(names: Sequence[str]) -> list[str]:
    """Names of layers as the views call them: a name that several layers have is told apart by the position."""
    times = Counter(names)
    return [name if times[name] == 1 else f"{name}#{k}" for k, name in enumerate(names)]
