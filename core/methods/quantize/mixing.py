"""Which layers to leave in float: what every rounding costs at the network's output, and the best order of layers.

Noise of single roundings adds up: each stored weight and each stored value is tried alone. A weight becomes float with
its layer; a value only when the layer that makes it and all that read it are float, so layers are chosen in groups.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.methods.analyse.reference import Items, Reference
from core.methods.method import Context

if TYPE_CHECKING:
    from core.measure.quantized_parts import QuantizedParts, Variant


@dataclass(frozen=True, slots=True)
class Piece:
    """One rounding. ``noise``: error energy at the output relative to the signal, with it alone.

    ``layers``: those that must all be float for it to go.
    """

    name: str
    layers: frozenset[str]
    noise: float


@dataclass(frozen=True, slots=True)
class Move:
    """Layers that become float together; ``left``: the part of all noise that is left then."""

    layers: tuple[str, ...]
    left: float


def pieces(parts: QuantizedParts, items: Items, corrected: bool, weights_only: bool, ctx: Context) -> list[Piece]:
    """Every rounding of a quantized graph, in graph order, measured on these items.

    ``corrected``: biases will be corrected, so the constant part of a weight's error does not count. ``weights_only``:
    leave out values, where the layers chosen get finer weights rather than float.
    """
    from core.measure.layer_errors import layer_errors
    from core.measure.part_runs import PartRuns
    from core.measure.quantized_parts import Variant

    run = (items.feeds, items.counts)
    bare = parts.with_only(())
    runs = PartRuns(bare, *run, threads=ctx.threads)
    with ctx.job.stage(0.0, 0.1):
        reference = Reference(parts.parent, items, runs.outputs(bare, ctx.job, "Running the float network"))
    with ctx.job.stage(0.1, 0.2):
        errors = layer_errors(parts, *run, threads=ctx.threads, job=ctx.job) if corrected else {}
    todo: list[tuple[int, str, frozenset[str], Variant]] = []
    stored = frozenset(parts.stored)
    for part in parts.parts.values():
        place = parts.place_of(part.layer)
        if part.constants:
            alone = Variant(parts, frozenset(), stored - {place})
            todo.append((place, part.layer, frozenset({part.layer}), alone))
    for pair in () if weights_only else parts.pairs:
        if pair.owner:
            alone = Variant(parts, frozenset({pair.quantize}), stored)
            todo.append((pair.quantize, pair.value, parts.needed_for(pair), alone))
    todo.sort(key=lambda t: t[0])
    found = []
    for k, (_, name, layers, alone) in enumerate(todo):
        with ctx.job.stage(0.2 + 0.8 * k / len(todo), 0.2 + 0.8 * (k + 1) / len(todo)):
            close = reference.closeness(runs.outputs(alone, ctx.job, "Trying one rounding at a time"))
        error = errors.get(name)
        varying = 1 - error.shift / error.total if error is not None and error.total > 0 else 1.0
        found.append(Piece(name, layers, varying * 10 ** (-close.sqnr.value / 10)))
    return found


def path(found: Sequence[Piece], costs: Mapping[str, Sequence[float]], limits: Sequence[float]) -> list[Move]:
    """The order in which layers become float, until a limit forbids every further move.

    ``costs``: what each layer costs in each currency, with one limit a currency (layers, bytes, milliseconds). Each
    move takes away the most noise for its share of the scarcest limit; layers without costs stay as they are.
    """
    total = sum(p.noise for p in found) or 1.0
    chosen: frozenset[str] = frozenset()
    moves: list[Move] = []
    while True:
        best: tuple[float, frozenset[str]] | None = None
        for need in {p.layers - chosen for p in found if p.layers and not p.layers <= chosen}:
            if not all(name in costs for name in need):
                continue
            after = chosen | need
            spent = [sum(costs[n][k] for n in after) for k in range(len(limits))]
            if any(s > limit for s, limit in zip(spent, limits, strict=True)):
                continue
            added = [sum(costs[n][k] for n in need) / limit for k, limit in enumerate(limits) if limit > 0]
            gain = sum(p.noise for p in found if p.layers <= after and not p.layers <= chosen)
            worth = gain / max([*added, 1e-9])
            if gain > 0 and (best is None or (worth, sorted(need)) > (best[0], sorted(best[1]))):
                best = (worth, need)
        if best is None:
            return moves
        chosen |= best[1]
        left = sum(p.noise for p in found if not (p.layers and p.layers <= chosen)) / total
        moves.append(Move(tuple(sorted(best[1])), left))
