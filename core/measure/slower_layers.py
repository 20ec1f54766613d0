"""Which layers take longer in one form of a network than in another, in onnxruntime on this machine."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from core.jobs import Job
from core.measure.layer_latency import LayerLatency, layer_latency
from core.model.model import Model, layer_name
from core.model.qdq_operators import WEIGHTED

_ROUNDS, _RUNS = 3, 7
LONGER = 1.1  # times as long: what is less is not worth a word
_NAMED = 5
_ADDED = ("QuantizeLinear", "DequantizeLinear", "Constant", "ConstantOfShape", "Shape")


@dataclass(frozen=True, slots=True)
class SideBySide:
    """Milliseconds before and after, medians of the rounds: by layer with what is fused into it, and of the whole.

    ``slower``: layers that took at least a tenth longer, the worst first. They took longer in every round than in any
    round before, which chance does once in twenty times (3 rounds of both, in turn).
    ``on``: machine, runtime, threads.
    """

    layers: Mapping[str, tuple[float, float]]
    slower: tuple[str, ...]
    total: tuple[float, float]
    total_slower: bool
    on: str

    def sentences(self) -> list[str]:
        """What a user must know: both times, whether quantized is slower, and which layers are."""
        before, after = self.total
        return [
            f"Quantized the network takes {after:.3g} ms, in float {before:.3g} ms"
            f"{': it is slower quantized' if self.total_slower else ''} ({self.on}).",
            *(f"{said}." for said in self._of_layers()),
        ]

    def of_layers(self) -> list[str]:
        """Which layers are slower and where, in a sentence; nothing where none is."""
        return [f"{said} ({self.on})." for said in self._of_layers()]

    def _of_layers(self) -> list[str]:
        if not self.slower:
            return []
        names, rest = ", ".join(self.slower[:_NAMED]), len(self.slower) - _NAMED
        return [
            f"{len(self.slower)} of {len(self.layers)} layers {'is' if len(self.slower) == 1 else 'are'}"
            f" slower quantized than in float in onnxruntime: {names}"
            f"{f' and {rest} more' if rest > 0 else ''}"
        ]


def slower_layers(
    before: Model, after: Model, names: Iterable[str], *, threads: int = 1, job: Job | None = None
) -> SideBySide:
    """Time both, in turn, layer by layer and as optimized; ``names`` are those of layers that both have.

    Of layers that run as one (a convolution and its Relu) the first in ``names`` stands for all.

    Raises UserError where onnxruntime cannot run or name a layer of either.
    """
    job = job or Job()
    runs: list[tuple[LayerLatency, LayerLatency]] = []
    for k in range(_ROUNDS):
        pair = []
        for j, model in enumerate((before, after)):
            at = 2 * k + j
            with job.stage(at / (2 * _ROUNDS), (at + 1) / (2 * _ROUNDS)), tempfile.TemporaryDirectory() as folder:
                pair.append(layer_latency(model, Path(folder), runs=_RUNS, threads=threads, job=job))
        runs.append((pair[0], pair[1]))
    first, second = (_by_name(model, [r[j] for r in runs]) for j, model in enumerate((before, after)))
    groups = dict(zip(map(layer_name, after.nodes()), runs[0][1].layers, strict=True))
    layers, slower, seen = {}, {}, set()
    for name in names:
        time = groups.get(name)
        if time is None or time.group in seen or name not in first or name not in second:
            continue
        seen.add(time.group)
        layers[name] = (statistics.median(first[name]), statistics.median(second[name]))
        if _longer(first[name], second[name]):
            slower[name] = layers[name][1] - layers[name][0]
    totals = [r[0].total for r in runs], [r[1].total for r in runs]
    total = (statistics.median(totals[0]), statistics.median(totals[1]))
    worst = tuple(sorted(slower, key=lambda n: -slower[n]))
    return SideBySide(layers, worst, total, _longer(*totals), runs[0][1].on)


def layers_to_time(quantized: Model) -> list[str]:
    """The layers that a quantized network has in common with its float parent, those with weights first."""
    nodes = [n for n in quantized.nodes() if n.op_type not in _ADDED]
    return [layer_name(n) for n in sorted(nodes, key=lambda n: n.op_type not in WEIGHTED)]


def _by_name(model: Model, rounds: list[LayerLatency]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for one in rounds:
        for node, time in zip(model.nodes(), one.layers, strict=True):
            if time is not None:
                found.setdefault(layer_name(node), []).append(time.ms)
    return {name: times for name, times in found.items() if len(times) == len(rounds)}


def _longer(before: list[float], after: list[float]) -> bool:
    """In every round longer than in any round before, and by a tenth at the median."""
    return min(after) > max(before) and statistics.median(after) > LONGER * statistics.median(before)
