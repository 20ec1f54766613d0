"""How long each node of a graph runs in onnxruntime, by its own profiler, and the graph as it really ran."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnx

from core.errors import UserError
from core.execute.runtimes import OnnxSession
from core.execute.session import Array

_KERNEL = "_kernel_time"


@dataclass(frozen=True, slots=True)
class RanNode:
    """A node of the graph that ran. ``ms`` has one entry a run, in the order of the runs."""

    name: str
    operator: str
    outputs: tuple[str, ...]
    ms: tuple[float, ...]


def profile(
    model: bytes,
    feed: Callable[[OnnxSession], Mapping[str, Array]],
    folder: Path,
    *,
    runs: int,
    warmup: int,
    threads: int = 1,
    optimized: bool = True,
    each: Callable[[int], None] = lambda k: None,
) -> list[RanNode]:
    """Run a model ``warmup`` + ``runs`` times, calling ``each`` before every run, and time its nodes.

    ``folder`` must exist and be empty; the profile and the optimized graph are written there. What a node's body runs
    (If, Loop) counts as the node. Raises UserError as sessions do, and where the profiler tells nothing.
    """
    written = folder / "ran.onnx"
    session = OnnxSession(model, threads, optimized, profile=(folder / "profile", written))
    values = feed(session)
    for k in range(warmup + runs):
        each(k)
        session.run(values)
    times = _times(Path(session.end_profile()), runs)
    ran = onnx.load(str(written), load_external_data=False)
    nodes = [
        RanNode(n.name, n.op_type, tuple(o for o in n.output if o), times[n.name])
        for n in ran.graph.node
        if n.name in times
    ]
    if not nodes:
        raise UserError("onnxruntime's profiler names no layer of the model.", "The layers may have no names.")
    return nodes


def ran_operators(model: bytes, folder: Path) -> list[str]:
    """The operators that onnxruntime runs instead of a model's own, once it is optimized; in their order.

    ``folder`` must exist and be empty. Raises UserError as sessions do.
    """
    written = folder / "ran.onnx"
    OnnxSession(model, profile=(folder / "profile", written)).end_profile()
    return [n.op_type for n in onnx.load(str(written), load_external_data=False).graph.node]


def _times(file: Path, runs: int) -> dict[str, tuple[float, ...]]:
    """Milliseconds of each node's last ``runs`` runs, by name; runs of nodes of the same name are added up."""
    events: Sequence[Mapping[str, Any]] = json.loads(file.read_text(encoding="utf-8"))
    found: dict[str, list[float]] = {}
    for event in events:
        if event.get("cat") == "Node" and event["name"].endswith(_KERNEL):
            found.setdefault(event["name"].removesuffix(_KERNEL), []).append(event["dur"] / 1000)
    return {name: _last(durations, runs, events) for name, durations in found.items()}


def _last(durations: list[float], runs: int, events: Sequence[Mapping[str, Any]]) -> tuple[float, ...]:
    whole = sum(1 for e in events if e.get("name") == "model_run")
    times = max(len(durations) // max(whole, 1), 1)  # more than once a run: in a loop, or under a name of several
    sums = [sum(durations[k : k + times]) for k in range(0, len(durations) - times + 1, times)]
    return tuple(sums[-runs:])
