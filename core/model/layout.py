"""Where the layers of a graph stand on the canvas: a layered layout that knows the size of every card.

The method of Sugiyama, Tagawa and Toda (1981): ranks, an order inside each rank with few crossings, coordinates.
Three things are our own. A tensor with many readers is drawn as one trunk (one chain of bends per tensor, not one per
edge). The longest path keeps one straight column, so that shortcuts run in lanes beside it. Edges bend only in the
gaps between ranks; therefore no edge can run through a card.

Pure Python, no Qt, and deterministic: the same graph gives the same picture everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.model.layout_columns import columns
from core.model.layout_ranks import Ladder, ladder

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Spacing:
    """Distances on the canvas, in the unit of the card sizes (pixels at 100 %).

    ``at_border`` lies between a first or last row that was asked for and its neighbour, where edges run straight.
    """

    between_cards: float = 32.0
    between_lanes: float = 16.0
    between_ranks: float = 40.0
    between_ports: float = 24.0
    at_border: float = 12.0


@dataclass(frozen=True, slots=True)
class Layout:
    """The result: ``positions`` are card centres, ``routes`` one polyline per edge in the order of the edges.

    A route begins on the lower border of its source and ends on the upper border of its target. Every second stretch
    of it is vertical; the others lie in the gap between two ranks and may be drawn as curves. ``ranks`` says in which
    row a card stands. ``bounds`` is (left, top, right, bottom) of all cards and routes.
    """

    positions: tuple[Point, ...]
    routes: tuple[tuple[Point, ...], ...]
    ranks: tuple[int, ...]
    bounds: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Border:
    """What the layout of a part of a graph owes to what is around it.

    ``first`` and ``last`` have the first and the last row for themselves. ``offsets`` says edge by edge how far from
    the middle of its source it leaves (None: as is best) and how far from the middle of its target it arrives (None: at
    the middle).
    """

    first: frozenset[int] = frozenset()
    last: frozenset[int] = frozenset()
    offsets: Sequence[tuple[float | None, float | None]] | None = None


@dataclass(frozen=True, slots=True)
class _Wires:
    edges: Sequence[tuple[int, int]]
    carried: Sequence[int]
    offsets: Sequence[tuple[float | None, float | None]] | None

    def arrives(self, k: int) -> float:
        return (self.offsets[k][1] or 0.0) if self.offsets is not None else 0.0

    def leaves(self, k: int) -> float | None:
        return self.offsets[k][0] if self.offsets is not None else None


def layout(
    sizes: Sequence[tuple[float, float]],
    edges: Sequence[tuple[int, int]],
    tensors: Sequence[int] | None = None,
    spacing: Spacing | None = None,
    border: Border | None = None,
) -> Layout:
    """Place cards of the given (width, height) so that every edge (source, target) points downwards.

    ``tensors`` gives, edge by edge, the number of the tensor the edge carries; edges of one tensor share a trunk and
    must share their source. Without it all edges of one source do.

    Raises ValueError for a cycle, an edge to an unknown card, or a tensor with two sources.
    """
    space = spacing or Spacing()
    rim = border or Border()
    carried = list(tensors) if tensors is not None else [source for source, _ in edges]
    _check(len(sizes), edges, carried)
    ends = [(out or 0.0, into or 0.0) for out, into in rim.offsets] if rim.offsets is not None else None
    rungs = ladder(len(sizes), edges, carried, ends, rim.first, rim.last)
    widths = [w for w, _ in sizes] + [0.0] * (len(rungs.rank) - len(sizes))
    x = columns(rungs, widths, space.between_cards, space.between_lanes)
    rows = _rows(rungs, sizes, x, space, rim)
    positions = tuple((x[v], rows[0][rungs.rank[v]] + size[1] / 2) for v, size in enumerate(sizes))
    routes = _routes(rungs, sizes, _Wires(edges, carried, rim.offsets), x, rows, space)
    across = [*x[len(sizes) :], *[route[0][0] for route in routes], *[route[-1][0] for route in routes]]
    return Layout(positions, routes, tuple(rungs.rank[: len(sizes)]), _bounds(sizes, positions, across))


def _check(count: int, edges: Sequence[tuple[int, int]], carried: Sequence[int]) -> None:
    if len(carried) != len(edges):
        raise ValueError(f"{len(edges)} edges, but {len(carried)} tensor numbers")
    owner: dict[int, int] = {}
    for (source, target), tensor in zip(edges, carried, strict=True):
        if not (0 <= source < count and 0 <= target < count):
            raise ValueError(f"edge ({source}, {target}) names a card that does not exist")
        if owner.setdefault(tensor, source) != source:
            raise ValueError(f"tensor {tensor} has two sources, {owner[tensor]} and {source}")


def _rows(
    rungs: Ladder, sizes: Sequence[tuple[float, float]], x: Sequence[float], space: Spacing, rim: Border
) -> tuple[list[float], list[float]]:
    """Top and bottom of every rank. Cards of a rank share their upper border, so that titles stand on one line."""
    tops, bottoms, y = [], [], 0.0
    straight_after = {0} if rim.first else set()
    if rim.last:
        straight_after.add(len(rungs.layers) - 2)
    for row, layer in enumerate(rungs.layers):
        tops.append(y)
        y += max((sizes[v][1] for v in layer if v < len(sizes)), default=0.0)
        bottoms.append(y)
        reach = max((_reach(rungs, x, v, w) for v in layer for w in rungs.down[v]), default=0.0)
        if reach == 0 and row in straight_after:
            y += space.at_border
        else:
            y += space.between_ranks + round(min(space.between_ranks, reach * 0.06))  # far jumps need room
    return tops, bottoms


def _reach(rungs: Ladder, x: Sequence[float], v: int, w: int) -> float:
    out, into = rungs.ends.get((v, w), (0.0, 0.0)) if rungs.ends else (0.0, 0.0)
    return abs(x[v] + out - x[w] - into)


def _routes(
    rungs: Ladder,
    sizes: Sequence[tuple[float, float]],
    wires: _Wires,
    x: Sequence[float],
    rows: tuple[Sequence[float], Sequence[float]],
    space: Spacing,
) -> tuple[tuple[Point, ...], ...]:
    tops, bottoms = rows
    ports = _ports(rungs, sizes, wires, x, space)
    trunks: dict[int, list[Point]] = {}  # of each tensor, as far as any reader needs it
    routes = []
    for k, ((source, target), tensor) in enumerate(zip(wires.edges, wires.carried, strict=True)):
        first, last = rungs.rank[source], rungs.rank[target]
        trunk = trunks.get(tensor)
        if trunk is None:
            port = ports[tensor]
            trunk = trunks[tensor] = [(port, tops[first] + sizes[source][1]), (port, bottoms[first])]
        for bend in rungs.chains[tensor][len(trunk) // 2 - 1 : last - first - 1]:
            row = rungs.rank[bend]
            trunk += [(x[bend], tops[row]), (x[bend], bottoms[row])]
        routes.append((*trunk[: 2 * (last - first)], (x[target] + wires.arrives(k), tops[last])))
    return tuple(routes)


def _ports(
    rungs: Ladder,
    sizes: Sequence[tuple[float, float]],
    wires: _Wires,
    x: Sequence[float],
    space: Spacing,
) -> dict[int, float]:
    """Where each tensor leaves its source: as asked for, else the middle, or spread in the order of their goals."""
    goals: dict[int, dict[int, list[float]]] = {}
    ports = {}
    for k, ((source, target), tensor) in enumerate(zip(wires.edges, wires.carried, strict=True)):
        asked = wires.leaves(k)
        if asked is not None:
            ports[tensor] = x[source] + asked
            continue
        chain = rungs.chains[tensor]
        near = rungs.rank[target] == rungs.rank[source] + 1
        goal = x[target] + wires.arrives(k) if near else x[chain[0]]
        goals.setdefault(source, {}).setdefault(tensor, []).append(goal)
    for source, wanted in goals.items():
        order = sorted((sum(where) / len(where), tensor) for tensor, where in wanted.items())
        step = min(space.between_ports, sizes[source][0] * 0.8 / len(order))
        for k, (_, tensor) in enumerate(order):
            ports[tensor] = x[source] + (k - (len(order) - 1) / 2) * step
    return ports


def _bounds(
    sizes: Sequence[tuple[float, float]], positions: Sequence[Point], across: Sequence[float]
) -> tuple[float, float, float, float]:
    """Of all cards, and of the edges, which have points at ``across``."""
    if not positions:
        return (0.0, 0.0, 0.0, 0.0)
    boxes = list(zip(positions, sizes, strict=True))
    return (
        min([x - w / 2 for (x, _), (w, _) in boxes] + [*across]),
        min(y - h / 2 for (_, y), (_, h) in boxes),
        max([x + w / 2 for (x, _), (w, _) in boxes] + [*across]),
        max(y + h / 2 for (_, y), (_, h) in boxes),
    )
