"""How long each layer takes in onnxruntime on this machine, as it ships (optimized) or as the graph is written.

onnxruntime fuses layers before it runs them (Conv with Clip, with Add, a quantized layer with its Q and DQ). What ran
is then led back to the layers of the graph by the names of tensors: a tensor that still exists ends a group of layers,
and every layer of a group carries the time of the whole group.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnx_ir as ir

from core.errors import UserError
from core.execute.profile import RanNode, profile
from core.jobs import Job
from core.measure import host
from core.measure.latency import feed_for
from core.model.model import Model, layer_name

_BLOCKED = "_nchwc"  # what onnxruntime appends to the output's name where it changes the memory layout
_TOKEN = re.compile(r"_token_\d+$")  # and to a node's name
_WARMUP = 3


@dataclass(frozen=True, slots=True)
class LayerTime:
    """``ms`` is the median of the group the layer runs in; layers of the same ``group`` share it."""

    ms: float
    group: int


@dataclass(frozen=True, slots=True)
class LayerLatency:
    """``layers`` stand in the file's order; None for a layer that does not run (constants, what was folded away).

    ``other`` is what ran and belongs to no layer: changes of memory layout. All times are milliseconds, medians of
    ``runs`` runs; ``on`` names machine, runtime and threads.
    """

    layers: tuple[LayerTime | None, ...]
    names: tuple[str, ...]
    other: float
    runs: int
    on: str
    optimized: bool

    @property
    def total(self) -> float:
        """Of all layers and of what belongs to none."""
        return sum({t.group: t.ms for t in self.layers if t is not None}.values()) + self.other

    def to_json(self) -> dict[str, Any]:
        return {
            "names": list(self.names),
            "ms": [None if t is None else t.ms for t in self.layers],
            "groups": [None if t is None else t.group for t in self.layers],
            "other_ms": self.other,
            "total_ms": self.total,
            "runs": self.runs,
            "on": self.on,
            "optimized": self.optimized,
        }


def layer_latency(
    model: Model,
    folder: Path,
    *,
    runs: int = 25,
    threads: int = 1,
    optimized: bool = True,
    job: Job | None = None,
) -> LayerLatency:
    """Run the model on noise and time its layers. ``folder`` (existing) takes the profiler's files.

    Raises UserError for fewer than one run and whatever a session raises.
    """
    if runs < 1:
        raise UserError(f"Latency needs at least one run, not {runs}.")
    job = job or Job()
    words = "Timing the layers as optimized" if optimized else "Timing the layers as written"

    def tell(k: int) -> None:
        job.check()
        job.progress(k / (runs + _WARMUP), words)

    ran = profile(
        ir.to_proto(model.graph).SerializeToString(),
        lambda session: feed_for(session, model.inputs),
        folder,
        runs=runs,
        warmup=_WARMUP,
        threads=threads,
        optimized=optimized,
        each=tell,
    )
    nodes = list(model.nodes())
    times, other = attributed(nodes, {o.name or "" for o in model.graph.graph.outputs}, ran)
    on = f"{host.cpu_name()}, onnxruntime, {threads} thread" + ("s" if threads != 1 else "")
    return LayerLatency(tuple(times), tuple(layer_name(n) for n in nodes), other, runs, on, optimized)


def attributed(
    nodes: Sequence[ir.Node], outputs: set[str], ran: Sequence[RanNode]
) -> tuple[list[LayerTime | None], float]:
    """The time of each layer, and what is left over, in milliseconds. ``outputs``: names of the graph's outputs."""
    at = {id(node): k for k, node in enumerate(nodes)}
    made = {value.name: k for k, node in enumerate(nodes) for value in node.outputs if value.name}
    named = {node.name: k for k, node in enumerate(nodes) if node.name}
    group_of: dict[int, int] = {}  # a layer that surely ends a group -> the node that ran
    times: dict[int, float] = {}
    other = 0.0
    for k, node in enumerate(ran):
        ends = _ends(node, made, named)
        taken = [group_of[layer] for layer in ends if layer in group_of]
        group = taken[0] if taken else k  # a second node for the same result moves it to another place in memory
        group_of.update(dict.fromkeys(ends - group_of.keys(), group))
        if ends:
            times[group] = times.get(group, 0.0) + statistics.median(node.ms)
        else:
            other += statistics.median(node.ms)
    for layer, group in list(group_of.items()):
        if ran[group].operator.startswith("QLinear"):
            _to_quantizer(nodes, at, layer, group_of)
    _spread(nodes, at, outputs, group_of)
    return [LayerTime(times[g], g) if (g := group_of.get(k)) is not None else None for k in range(len(nodes))], other


def _ends(node: RanNode, made: Mapping[str, int], named: Mapping[str, int]) -> set[int]:
    """The layers whose results a node that ran makes; none for what onnxruntime put in between."""
    found = {made[o] for o in node.outputs if o in made}
    if not found and node.name.removesuffix(_BLOCKED) in made:
        found = {made[node.name.removesuffix(_BLOCKED)]}
    name = _TOKEN.sub("", node.name)
    if not found and name in named:
        found = {named[name]}
    return found


def _to_quantizer(nodes: Sequence[ir.Node], at: dict[int, int], layer: int, group_of: dict[int, int]) -> None:
    """A quantized layer under its own name ends only with the QuantizeLinear after it."""
    here = layer
    while nodes[here].op_type != "QuantizeLinear":
        readers = {at[id(u)] for v in nodes[here].outputs for u in v.consumers() if id(u) in at}
        if len(readers) != 1 or (after := readers.pop()) in group_of:
            return
        group_of[after] = group_of[layer]
        here = after


def _spread(nodes: Sequence[ir.Node], at: dict[int, int], outputs: set[str], group_of: dict[int, int]) -> None:
    """Give the layers in between to their groups: a result that nobody kept was used within the group alone."""
    readers = [{at[id(u)] for v in n.outputs for u in v.consumers() if id(u) in at} for n in nodes]
    kept = [any(v.name in outputs for v in n.outputs) for n in nodes]
    for k in reversed(range(len(nodes))):  # to the reader, where all readers are of one group
        groups = {group_of.get(reader) for reader in readers[k]}
        inside = k not in group_of and not kept[k] and not _constant(nodes[k])
        if inside and len(groups) == 1 and (only := next(iter(groups))) is not None:
            group_of[k] = only
    for k, node in enumerate(nodes):  # what several groups read ends its own: it was fused with what it reads alone
        if k in group_of or _constant(node):
            continue
        makers = [at[id(p)] for v in node.inputs if v is not None and (p := v.producer()) is not None and id(p) in at]
        own = [m for m in makers if m in group_of and readers[m] <= {k}]
        if own:
            group_of[k] = group_of[own[0]]


def _constant(node: ir.Node) -> bool:
    return all(v is None or v.const_value is not None for v in node.inputs)
