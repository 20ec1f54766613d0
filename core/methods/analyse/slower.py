"""Which quantized layers take longer than their float ones, on this machine and runtime."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.methods.method import Context
from core.model.model import Model, layer_name

if TYPE_CHECKING:
    from core.measure.quantized_parts import QuantizedParts

_RUNS = 15


@dataclass(frozen=True, slots=True)
class Times:
    """By layer (milliseconds in float, quantized), each of the fused group it runs in; totals; where and how."""

    layers: dict[str, tuple[float, float]]
    total: tuple[float, float]
    on: str

    @property
    def slower(self) -> list[str]:
        """Names of the layers that are slower quantized, the worst first."""
        lost = {name: after - before for name, (before, after) in self.layers.items() if after > before}
        return sorted(lost, key=lambda name: -lost[name])


def layer_times(parts: QuantizedParts, ctx: Context) -> Times:
    """Both networks timed layer by layer, as optimized."""
    from core.measure.layer_latency import layer_latency

    def times(model: Model, start: float) -> tuple[dict[str, float], float, str]:
        with ctx.job.stage(start, start + 0.5), tempfile.TemporaryDirectory() as folder:
            found = layer_latency(model, Path(folder), runs=_RUNS, threads=ctx.threads, job=ctx.job)
        names = [layer_name(n) for n in model.nodes()]
        each = {n: t.ms for n, t in zip(names, found.layers, strict=True) if t is not None}
        return each, found.total, found.on

    before, total_before, _ = times(parts.parent, 0.0)
    after, total_after, on = times(parts.model, 0.5)
    layers = {name: (before[name], after[name]) for name in parts.parts if name in before and name in after}
    return Times(layers, (total_before, total_after), on)
