"""First half of the layout: in which row each card stands, the bends of long edges, and the order inside each row."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass

_SWEEPS = 8
_TIE = 1e-7  # an offset in pixels decides only between edges that end at the same card
Link = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Ladder:
    """A graph in which every edge spans exactly one rank.

    Vertices below ``real`` are cards, the others are bends. ``up`` and ``down`` are neighbours in the rank above and
    below. ``layers`` lists the vertices of each rank from left to right. ``chains`` holds each tensor's bends, top
    down. ``height`` is the longest way down from a card to any sink. ``ends`` says of links between vertices how far
    from the middle of its upper and of its lower vertex a link ends, where that is not the middle.
    """

    real: int
    rank: list[int]
    up: list[list[int]]
    down: list[list[int]]
    layers: list[list[int]]
    chains: dict[int, list[int]]
    height: list[int]
    ends: dict[Link, tuple[float, float]]


def ladder(
    count: int,
    edges: Sequence[tuple[int, int]],
    tensors: Sequence[int],
    offsets: Sequence[tuple[float, float]] | None = None,
    first: Collection[int] = (),
    last: Collection[int] = (),
) -> Ladder:
    """Ranks, bends and order; the arguments are those of :func:`core.model.layout.layout`.

    Raises ValueError if the edges contain a cycle.
    """
    successors: list[list[int]] = [[] for _ in range(count)]
    predecessors: list[list[int]] = [[] for _ in range(count)]
    for source, target in dict.fromkeys(edges):
        successors[source].append(target)
        predecessors[target].append(source)
    topological = _topological(successors, predecessors)
    rank = _ranks(topological, successors, predecessors, first)
    if last:
        below = max((rank[v] for v in range(count) if v not in last), default=-1) + 1
        for v in last:
            rank[v] = below
    height = [0] * count
    for v in reversed(topological):
        height[v] = max((height[w] + 1 for w in successors[v]), default=0)
    rungs = _with_bends(rank, edges, tensors, height)
    if offsets is not None:
        _note_ends(rungs, edges, tensors, offsets)
    _first_order(rungs, [v for v in topological if not predecessors[v]])
    _reduce_crossings(rungs)
    return rungs


def _topological(successors: Sequence[Sequence[int]], predecessors: Sequence[Sequence[int]]) -> list[int]:
    waiting = [len(p) for p in predecessors]
    order = [v for v, n in enumerate(waiting) if n == 0]
    for v in order:  # grows while it is read
        for w in successors[v]:
            waiting[w] -= 1
            if waiting[w] == 0:
                order.append(w)
    if len(order) != len(waiting):
        raise ValueError("the graph has a cycle")
    return order


def _ranks(
    topological: Sequence[int],
    successors: Sequence[Sequence[int]],
    predecessors: Sequence[Sequence[int]],
    first: Collection[int],
) -> list[int]:
    """Longest path from above; then a card with fewer inputs than readers moves down to its first reader.

    Those of ``first`` have the uppermost rank for themselves.
    """
    rank = [1 if first else 0] * len(topological)
    for v in first:
        rank[v] = 0
    for v in topological:
        for w in successors[v]:
            rank[w] = max(rank[w], rank[v] + 1)
    for v in reversed(topological):
        if successors[v] and len(predecessors[v]) < len(successors[v]) and v not in first:
            rank[v] = max(rank[v], min(rank[w] for w in successors[v]) - 1)
    return rank


def _with_bends(
    card_rank: Sequence[int], edges: Sequence[tuple[int, int]], tensors: Sequence[int], height: list[int]
) -> Ladder:
    rank = list(card_rank)
    up: list[list[int]] = [[] for _ in rank]
    down: list[list[int]] = [[] for _ in rank]
    readers: dict[int, tuple[int, list[int]]] = {}
    for (source, target), tensor in zip(edges, tensors, strict=True):
        readers.setdefault(tensor, (source, []))[1].append(target)
    chains: dict[int, list[int]] = {}
    for tensor, (source, targets) in readers.items():
        chain = chains[tensor] = []
        last = source
        for row in range(rank[source] + 1, max(rank[t] for t in targets) + 1):
            for target in dict.fromkeys(t for t in targets if rank[t] == row):
                if target not in down[last]:
                    down[last].append(target)
                    up[target].append(last)
            if any(rank[t] > row for t in targets):
                bend = len(rank)
                rank.append(row)
                up.append([last])
                down.append([])
                down[last].append(bend)
                chain.append(bend)
                last = bend
    layers: list[list[int]] = [[] for _ in range(max(rank, default=-1) + 1)]
    return Ladder(len(card_rank), rank, up, down, layers, chains, height, {})


def _note_ends(
    rungs: Ladder,
    edges: Sequence[tuple[int, int]],
    tensors: Sequence[int],
    offsets: Sequence[tuple[float, float]],
) -> None:
    """Where links end at cards. Two tensors between the same cards: the first counts, they run side by side."""
    for (source, target), tensor, (out, into) in zip(edges, tensors, offsets, strict=True):
        if not out and not into:
            continue
        bends = rungs.chains[tensor][: rungs.rank[target] - rungs.rank[source] - 1]
        if not bends:
            rungs.ends.setdefault((source, target), (out, into))
        else:
            rungs.ends.setdefault((source, bends[0]), (out, 0.0))
            rungs.ends.setdefault((bends[-1], target), (0.0, into))


def _first_order(rungs: Ladder, sources: Sequence[int]) -> None:
    """Depth first, the longest branch first and bends last: shortcuts begin on the right of what they skip."""
    seen = [False] * len(rungs.rank)

    def key(v: int) -> int:
        return rungs.height[v] if v < rungs.real else -1

    stack = sorted(reversed(sources), key=key)
    while stack:
        v = stack.pop()
        if seen[v]:
            continue
        seen[v] = True
        rungs.layers[rungs.rank[v]].append(v)
        stack.extend(sorted((w for w in reversed(rungs.down[v]) if not seen[w]), key=key))


def _reduce_crossings(rungs: Ladder) -> None:
    """Barycentre sweeps down and up; the best order seen is kept."""
    position = [0] * len(rungs.rank)
    for layer in rungs.layers:
        _number(layer, position)
    best, kept = _crossings(rungs, position), [layer[:] for layer in rungs.layers]
    for sweep in range(_SWEEPS):
        if best == 0:
            break
        upwards = bool(sweep % 2)
        for layer in reversed(rungs.layers) if upwards else rungs.layers:
            if len(layer) > 1:
                centre = {v: _centre(rungs, v, upwards, position) for v in layer}
                layer.sort(key=centre.__getitem__)
                _number(layer, position)
        now = _crossings(rungs, position)
        if now < best:
            best, kept = now, [layer[:] for layer in rungs.layers]
    rungs.layers[:] = kept


def _centre(rungs: Ladder, v: int, upwards: bool, position: Sequence[int]) -> float:
    neighbours = rungs.down[v] if upwards else rungs.up[v]
    if not neighbours:
        return float(position[v])
    total = float(sum(position[w] for w in neighbours))
    if rungs.ends:
        links = [(v, w) for w in neighbours] if upwards else [(w, v) for w in neighbours]
        total += _TIE * sum(rungs.ends[link][int(upwards)] for link in links if link in rungs.ends)
    return total / len(neighbours)


def _number(layer: Sequence[int], position: list[int]) -> None:
    for k, v in enumerate(layer):
        position[v] = k


def _crossings(rungs: Ladder, position: Sequence[int]) -> int:
    """Pairs of edges that cross, counted as inversions of the lower ends."""
    total = 0
    for layer in rungs.layers:
        if len(layer) < 2 and not rungs.ends:
            continue
        seen: list[float] = []
        for v in layer:
            for end in _lower_ends(rungs, v, position):
                at = bisect_right(seen, end)
                total += len(seen) - at
                seen.insert(at, end)
    return total


def _lower_ends(rungs: Ladder, v: int, position: Sequence[int]) -> Sequence[float]:
    """Where the links of a vertex end below, from the leftmost to the rightmost place at which they leave it."""
    if not rungs.ends:
        return sorted(position[w] for w in rungs.down[v])
    leaving = []
    for w in rungs.down[v]:
        out, into = rungs.ends.get((v, w), (0.0, 0.0))
        leaving.append((out, position[w] + _TIE * into))
    return [end for _, end in sorted(leaving)]
