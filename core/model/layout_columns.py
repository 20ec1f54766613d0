"""Second half of the layout: the horizontal place of every card and bend.

Vertices that should stand exactly below each other are joined into blocks (the idea of Brandes and Koepf, 2001): the
longest path through the graph, and the lane of every long edge. Blocks are packed to the left, then pulled towards
what they are connected to, as far as their neighbours leave room. A block keeps one x, so columns and lanes are
straight; minimum distances hold at every step, so nothing overlaps.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from core.model.layout_ranks import Ladder

_PULLS = 8


@dataclass(frozen=True, slots=True)
class _Blocks:
    """Block number of each vertex and its distance from the block's x; per block: neighbours with distances on both
    sides, and the blocks it hangs on with the distance at which the edge between would be straight."""

    of: list[int]
    shift: list[float]
    left: list[dict[int, float]]
    right: list[dict[int, float]]
    ties: list[list[tuple[int, float]]]


def columns(rungs: Ladder, widths: Sequence[float], card_gap: float, lane_gap: float) -> list[float]:
    """x of every vertex's middle; neighbours in a rank keep their widths and the gap apart."""
    blocks = _blocks(rungs, widths, card_gap, lane_gap)
    order = _left_to_right(blocks)
    x = [0.0] * len(blocks.left)
    for b in order:
        x[b] = max((x[a] + distance for a, distance in blocks.left[b].items()), default=0.0)
    for turn in range(_PULLS):
        _pull(blocks, x, order if turn % 2 else order[::-1])
    return [float(round(x[b] + shift)) for b, shift in zip(blocks.of, blocks.shift, strict=True)]


def _pull(blocks: _Blocks, x: list[float], order: Sequence[int]) -> None:
    """Move each block towards the mean of what it is tied to, never closer to a neighbour than allowed."""
    for b in order:
        ties = blocks.ties[b]
        if not ties:
            continue
        goal = sum([x[t] + away for t, away in ties]) / len(ties)
        for a, distance in blocks.left[b].items():
            if goal < x[a] + distance:
                goal = x[a] + distance
        for c, distance in blocks.right[b].items():
            if goal > x[c] - distance:
                goal = x[c] - distance
        x[b] = goal


def _blocks(rungs: Ladder, widths: Sequence[float], card_gap: float, lane_gap: float) -> _Blocks:
    of, shift, count = _joined(rungs)
    left: list[dict[int, float]] = [{} for _ in range(count)]
    right: list[dict[int, float]] = [{} for _ in range(count)]
    for layer in rungs.layers:
        for v, w in pairwise(layer):
            gap = card_gap if widths[v] or widths[w] else lane_gap
            distance = (widths[v] + widths[w]) / 2 + gap + shift[v] - shift[w]
            a, b = of[v], of[w]
            left[b][a] = right[a][b] = max(distance, left[b].get(a, distance))
    ties: list[list[tuple[int, float]]] = [[] for _ in range(count)]
    for v, lower in enumerate(rungs.down):
        for w in lower:
            if of[v] != of[w]:
                out, into = rungs.ends.get((v, w), (0.0, 0.0))
                away = shift[v] + out - shift[w] - into
                ties[of[v]].append((of[w], -away))
                ties[of[w]].append((of[v], away))
    return _Blocks(of, shift, left, right, ties)


def _joined(rungs: Ladder) -> tuple[list[int], list[float], int]:
    """Block and shift of every vertex, and the number of blocks: an edge inside a block is a vertical line."""
    below = _straight(rungs)
    of = [-1] * len(rungs.rank)
    shift = [0.0] * len(rungs.rank)
    count = 0
    for layer in rungs.layers:
        for v in layer:
            if of[v] < 0:
                of[v] = count
                count += 1
            w = below[v]
            if w >= 0:
                out, into = rungs.ends.get((v, w), (0.0, 0.0))
                of[w] = of[v]
                shift[w] = shift[v] + out - into
    return of, shift, count


def _straight(rungs: Ladder) -> list[int]:
    """For each vertex the one exactly below it in the same block, or -1.

    Two vertices are joined when each is the other's favourite; where joined pairs would cross, lanes come first.
    """
    position = {v: k for layer in rungs.layers for k, v in enumerate(layer)}
    below = [-1] * len(rungs.rank)
    for layer in rungs.layers:
        wanted = []
        for v in layer:
            w = _favourite(rungs, rungs.down[v], position, follow_lane=v >= rungs.real)
            if w >= 0 and _favourite(rungs, rungs.up[w], position, follow_lane=w >= rungs.real) == v:
                wanted.append((v < rungs.real or w < rungs.real, position[v], position[w], v, w))
        upper: list[int] = []
        lower: list[int] = []
        for _, a, b, v, w in sorted(wanted):
            at = bisect_left(upper, a)
            if (at == 0 or lower[at - 1] < b) and (at == len(lower) or b < lower[at]):
                upper.insert(at, a)
                lower.insert(at, b)
                below[v] = w
    return below


def _favourite(rungs: Ladder, neighbours: Sequence[int], position: dict[int, int], follow_lane: bool) -> int:
    """The neighbour to stand in line with: on the longest path, else the middle one; -1 between two equals."""
    if len(neighbours) < 2:
        return neighbours[0] if neighbours else -1
    lanes = [v for v in neighbours if v >= rungs.real]
    if follow_lane and lanes:
        return lanes[0]
    cards = [v for v in neighbours if v < rungs.real]
    best = max((rungs.height[v] for v in cards), default=0)
    equals = sorted((v for v in cards if rungs.height[v] == best) if cards else lanes, key=position.__getitem__)
    return equals[len(equals) // 2] if len(equals) % 2 else -1


def _left_to_right(blocks: _Blocks) -> list[int]:
    waiting = [len(before) for before in blocks.left]
    order = [b for b, n in enumerate(waiting) if n == 0]
    for b in order:  # grows while it is read
        for c in blocks.right[b]:
            waiting[c] -= 1
            if waiting[c] == 0:
                order.append(c)
    return order
