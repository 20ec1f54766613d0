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
    """Distances on the canvas, in the unit of the card sizes (pixels at 100 %)."""

    between_cards: float = 32.0
    between_lanes: float = 16.0
    between_ranks: float = 40.0
    between_ports: float = 24.0


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


def layout(
    sizes: Sequence[tuple[float, float]],
    edges: Sequence[tuple[int, int]],
    tensors: Sequence[int] | None = None,
    spacing: Spacing | None = None,
) -> Layout:
    """Place cards of the given (width, height) so that every edge (source, target) points downwards.

    ``tensors`` gives, edge by edge, the number of the tensor the edge carries; edges of one tensor share a trunk and
    must share their source. Without it all edges of one source do.

    Raises ValueError for a cycle, an edge to an unknown card, or a tensor with two sources.
    """
    space = spacing or Spacing()
    carried = list(tensors) if tensors is not None else [source for source, _ in edges]
    _check(len(sizes), edges, carried)
    rungs = ladder(len(sizes), edges, carried)
    widths = [w for w, _ in sizes] + [0.0] * (len(rungs.rank) - len(sizes))
    x = columns(rungs, widths, space.between_cards, space.between_lanes)
    tops, bottoms = _rows(rungs, sizes, x, space)
    positions = tuple((x[v], tops[rungs.rank[v]] + size[1] / 2) for v, size in enumerate(sizes))
    routes = _routes(rungs, sizes, edges, carried, x, (tops, bottoms), space)
    return Layout(positions, routes, tuple(rungs.rank[: len(sizes)]), _bounds(sizes, positions, routes))


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
    rungs: Ladder, sizes: Sequence[tuple[float, float]], x: Sequence[float], space: Spacing
) -> tuple[list[float], list[float]]:
    """Top and bottom of every rank. Cards of a rank share their upper border, so that titles stand on one line."""
    tops, bottoms, y = [], [], 0.0
    for layer in rungs.layers:
        tops.append(y)
        y += max((sizes[v][1] for v in layer if v < len(sizes)), default=0.0)
        bottoms.append(y)
        reach = max((abs(x[v] - x[w]) for v in layer for w in rungs.down[v]), default=0.0)
        y += space.between_ranks + round(min(space.between_ranks, reach * 0.06))  # far jumps need room to look smooth
    return tops, bottoms


def _routes(
    rungs: Ladder,
    sizes: Sequence[tuple[float, float]],
    edges: Sequence[tuple[int, int]],
    carried: Sequence[int],
    x: Sequence[float],
    rows: tuple[Sequence[float], Sequence[float]],
    space: Spacing,
) -> tuple[tuple[Point, ...], ...]:
    tops, bottoms = rows
    ports = _ports(rungs, sizes, edges, carried, x, space)
    routes = []
    for (source, target), tensor in zip(edges, carried, strict=True):
        first, last = rungs.rank[source], rungs.rank[target]
        port = ports[tensor]
        points = [(port, tops[first] + sizes[source][1]), (port, bottoms[first])]
        for bend in rungs.chains[tensor][: last - first - 1]:
            row = rungs.rank[bend]
            points += [(x[bend], tops[row]), (x[bend], bottoms[row])]
        points.append((x[target], tops[last]))
        routes.append(tuple(points))
    return tuple(routes)


def _ports(
    rungs: Ladder,
    sizes: Sequence[tuple[float, float]],
    edges: Sequence[tuple[int, int]],
    carried: Sequence[int],
    x: Sequence[float],
    space: Spacing,
) -> dict[int, float]:
    """Where each tensor leaves its source: the middle, or spread out in the order of where the tensors go."""
    goals: dict[int, dict[int, list[float]]] = {}
    for (source, target), tensor in zip(edges, carried, strict=True):
        chain = rungs.chains[tensor]
        goal = x[target] if rungs.rank[target] == rungs.rank[source] + 1 else x[chain[0]]
        goals.setdefault(source, {}).setdefault(tensor, []).append(goal)
    ports = {}
    for source, wanted in goals.items():
        order = sorted((sum(where) / len(where), tensor) for tensor, where in wanted.items())
        step = min(space.between_ports, sizes[source][0] * 0.8 / len(order))
        for k, (_, tensor) in enumerate(order):
            ports[tensor] = x[source] + (k - (len(order) - 1) / 2) * step
    return ports


def _bounds(
    sizes: Sequence[tuple[float, float]], positions: Sequence[Point], routes: Sequence[Sequence[Point]]
) -> tuple[float, float, float, float]:
    if not positions:
        return (0.0, 0.0, 0.0, 0.0)
    boxes = list(zip(positions, sizes, strict=True))
    bends = [p for route in routes for p in route]
    return (
        min([x - w / 2 for (x, _), (w, _) in boxes] + [p[0] for p in bends]),
        min(y - h / 2 for (_, y), (_, h) in boxes),
        max([x + w / 2 for (x, _), (w, _) in boxes] + [p[0] for p in bends]),
        max(y + h / 2 for (_, y), (_, h) in boxes),
    )
