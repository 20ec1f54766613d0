"""Where layers stand when some blocks of the graph are open frames: each block is laid out on its own.

An open block is one box in its parent. Tensors that enter or leave it cross its border at ports, which its inner
layout chose; the parent's layout leads its edges there. So a change inside a block is felt by that block and those
around it only, and blocks of equal content look alike, for their inner layout is computed once and remembered.

What holds for :func:`core.model.layout.layout` holds on every level: cards and frames do not overlap, edges bend only
in gaps between rows and run through neither a card nor a block that they have no business in, and a tensor is one
trunk. Pure Python, no Qt, deterministic.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

from core.model.layout import Border, Point, Spacing, layout

Size = tuple[float, float]
Box = tuple[float, float, float, float]
Link = tuple[int | None, int | None, int]  # item, item, tensor; None is the border
ROOT = 0


@dataclass(frozen=True, slots=True)
class Frame:
    """The border of an open block: ``title`` is the height of its first row, ``side`` what it keeps free around."""

    title: float = 26.0
    side: float = 12.0


@dataclass(frozen=True, slots=True)
class Group:
    """An open block: its parent's number (None for the whole graph), cards directly in it, least width of its frame.

    Groups come parents first; the whole graph is number 0.
    """

    parent: int | None
    cards: tuple[int, ...]
    width: float = 0.0


@dataclass(frozen=True, eq=False, slots=True, weakref_slot=True)
class Inside:
    """The layout of one block's content, in its own coordinates from its upper left corner.

    ``boxes`` (left, top, width, height) and ``ranks`` are of its items, ``routes`` of its links, ``ends``
    whether a link ends at a card. ``enters`` and ``leaves`` are the x of its ports.
    """

    size: Size
    boxes: tuple[Box, ...]
    ranks: tuple[int, ...]
    routes: tuple[tuple[Point, ...], ...]
    ends: tuple[bool, ...]
    enters: tuple[float, ...]
    leaves: tuple[float, ...]


@dataclass(eq=False, slots=True)
class Placed:
    """One block where it stands. ``items`` are cards by number and groups as -1 - number, in the order of
    ``inside.boxes``; ``links`` gives the number of each link in ``inside.routes``."""

    inside: Inside
    items: tuple[int, ...]
    links: dict[Link, int]
    left: float = 0.0
    top: float = 0.0


@dataclass
class Cache:
    """Inner layouts by content, the least recently used ones forgotten. May be shared between graphs and threads."""

    most: int = 80_000  # items and links in all: about 50 MB
    _known: OrderedDict[object, Inside] = field(default_factory=OrderedDict)
    _held: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, content: _Content, spacing: Spacing, frame: Frame | None) -> tuple[Inside, bool]:
        """The layout, and whether it was computed just now."""
        key = (content, spacing, frame)
        with self._lock:
            found = self._known.get(key)
            if found is not None:
                self._known.move_to_end(key)
                return found, False
        made = _inside(content, spacing, frame)
        with self._lock:
            if key not in self._known:
                self._known[key] = made
                self._held += _weight(made)
            while self._held > self.most and len(self._known) > 1:
                self._held -= _weight(self._known.popitem(last=False)[1])
            return self._known.get(key, made), True


def _weight(inside: Inside) -> int:
    return len(inside.boxes) + len(inside.routes)


@dataclass(frozen=True, slots=True)
class _Content:
    """Everything the layout of one block depends on.

    Items come first, then ``enters`` ports, then ``leaves`` ports; ``links`` are (source, target, tensor, offset at the
    source, offset at the target) between them;
    no offset stands for a card, whose edges leave as is best and arrive at the middle.
    """

    sizes: tuple[Size, ...]
    links: tuple[tuple[int, int, int, float | None, float | None], ...]
    enters: int
    leaves: int
    width: float


@dataclass(frozen=True)
class Nested:
    """The result. ``blocks`` are the groups' in their order; ``fresh`` counts items whose layout was not remembered.

    Routes are stitched together when they are asked for.
    """

    blocks: tuple[Placed, ...]
    groups: tuple[Group, ...]
    edges: Sequence[tuple[int, int]]
    tensors: Sequence[int]
    homes: Sequence[int]
    depths: Sequence[int]
    fresh: int

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """(left, top, right, bottom) of everything."""
        return (0.0, 0.0, *self.blocks[ROOT].inside.size)

    def boxes(self) -> list[Box]:
        """(left, top, width, height) of every card, by its number."""
        out: list[Box] = [(0.0, 0.0, 0.0, 0.0)] * len(self.homes)
        for placed in self.blocks:
            left, top = placed.left, placed.top
            for item, (x, y, w, h) in zip(placed.items, placed.inside.boxes, strict=True):
                if item >= 0:
                    out[item] = (x + left, y + top, w, h)
        return out

    def frame(self, group: int) -> Box:
        """(left, top, width, height) of an open block."""
        placed = self.blocks[group]
        return (placed.left, placed.top, *placed.inside.size)

    def route(self, edge: int) -> tuple[Point, ...]:
        """The whole way of an edge, from the lower border of its source to the upper border of its target."""
        out: list[Point] = []
        for group, link in self.steps(edge):
            placed = self.blocks[group]
            piece = placed.inside.routes[placed.links[link]]
            points = [(x + placed.left, y + placed.top) for x, y in piece]
            out += points[1:] if out else points
        return tuple(out)

    def steps(self, edge: int) -> list[tuple[int, Link]]:
        """The links an edge is made of, in order, each with its group."""
        source, target = self.edges[edge]
        tensor = self.tensors[edge]
        return _steps(source, target, tensor, self.groups, self.homes, self.depths)


def layout_nested(
    sizes: Sequence[Size],
    edges: Sequence[tuple[int, int]],
    tensors: Sequence[int],
    groups: Sequence[Group],
    spacing: Spacing | None = None,
    frame: Frame | None = None,
    cache: Cache | None = None,
) -> Nested:
    """Place cards of the given (width, height) in the open blocks that hold them.

    ``tensors`` gives, edge by edge, the number of the tensor it carries. ``groups[0]`` is the whole graph. Raises
    ValueError for a cycle between the items of a block, and for a card that is in no group.
    """
    space, rim, memory = spacing or Spacing(), frame or Frame(), cache if cache is not None else Cache()
    homes, depths = _homes(len(sizes), groups)
    links: list[dict[Link, int]] = [{} for _ in groups]
    for (source, target), tensor in zip(edges, tensors, strict=True):
        home = homes[source]
        if home == homes[target]:  # nearly all
            links[home].setdefault((source, target, tensor), len(links[home]))
            continue
        for g, link in _steps(source, target, tensor, groups, homes, depths):
            links[g].setdefault(link, len(links[g]))
    inner: list[list[int]] = [[] for _ in groups]
    begins = [min(group.cards, default=len(sizes)) for group in groups]
    placed: list[Placed | None] = [None] * len(groups)
    ports: list[tuple[dict[int, float], dict[int, float]]] = [({}, {})] * len(groups)
    fresh = 0
    for g in range(len(groups) - 1, -1, -1):
        group = groups[g]
        items = list(group.cards)
        if inner[g]:
            items = sorted((*group.cards, *(-1 - h for h in inner[g])), key=lambda i: i if i >= 0 else begins[-1 - i])
        content, enters, leaves = _content(items, links[g], sizes, placed, ports, group.width)
        inside, new = memory.get(content, space, rim if g else None)
        fresh += len(items) if new else 0
        placed[g] = Placed(inside, tuple(items), links[g])
        ports[g] = (
            dict(zip(enters, inside.enters, strict=True)),
            dict(zip(leaves, inside.leaves, strict=True)),
        )
        if group.parent is not None:
            inner[group.parent].append(g)
            begins[group.parent] = min(begins[group.parent], begins[g])
    done = tuple(p for p in placed if p is not None)
    _stand(done)
    return Nested(done, tuple(groups), edges, tensors, homes, depths, fresh)


def _homes(count: int, groups: Sequence[Group]) -> tuple[list[int], list[int]]:
    """The group of each card, and the depth of each group."""
    homes = [-1] * count
    depths = [0] * len(groups)
    for g, group in enumerate(groups):
        for card in group.cards:
            homes[card] = g
        if group.parent is not None:
            if group.parent >= g:
                raise ValueError(f"group {g} comes before its parent {group.parent}")
            depths[g] = depths[group.parent] + 1
    if -1 in homes:
        raise ValueError(f"card {homes.index(-1)} is in no group")
    return homes, depths


def _steps(
    source: int, target: int, tensor: int, groups: Sequence[Group], homes: Sequence[int], depths: Sequence[int]
) -> list[tuple[int, Link]]:
    """Out of the blocks around the source, across the block that holds both, into those around the target."""
    up: list[tuple[int, Link]] = []
    down: list[tuple[int, Link]] = []
    a, b = homes[source], homes[target]
    while a != b:
        if depths[a] >= depths[b]:
            up.append((a, (source, None, tensor)))
            source = -1 - a
            a = groups[a].parent or ROOT
        else:
            down.append((b, (None, target, tensor)))
            target = -1 - b
            b = groups[b].parent or ROOT
    return [*up, (a, (source, target, tensor)), *reversed(down)]


def _content(
    items: Sequence[int],
    links: dict[Link, int],
    sizes: Sequence[Size],
    placed: Sequence[Placed | None],
    ports: Sequence[tuple[dict[int, float], dict[int, float]]],
    width: float,
) -> tuple[_Content, list[int], list[int]]:
    """The content of a block, and the tensors of its ports from left to right as numbered."""
    count = len(items)
    place: dict[int | None, int] = {item: k for k, item in enumerate(items)}
    enters = list(dict.fromkeys([t for source, _, t in links if source is None]))
    leaves = list(dict.fromkeys([t for _, target, t in links if target is None]))
    entry = {t: count + k for k, t in enumerate(enters)}
    exit_ = {t: count + len(enters) + k for k, t in enumerate(leaves)}
    number: dict[int, int] = {}
    out = []
    for source, target, tensor in links:
        leaving: float | None = None
        arriving: float | None = None
        if source is None:
            leaving = 0.0
        elif source < 0:
            leaving = _offset(ports[-1 - source][1][tensor], placed[-1 - source])
        if target is None:
            arriving = 0.0
        elif target < 0:
            arriving = _offset(ports[-1 - target][0][tensor], placed[-1 - target])
        a = entry[tensor] if source is None else place[source]
        b = exit_[tensor] if target is None else place[target]
        out.append((a, b, number.setdefault(tensor, len(number)), leaving, arriving))
    boxes = tuple([sizes[item] if item >= 0 else _size(placed[-1 - item]) for item in items])
    return _Content(boxes, tuple(out), len(enters), len(leaves), width), enters, leaves


def _size(placed: Placed | None) -> Size:
    return placed.inside.size if placed is not None else (0.0, 0.0)


def _offset(port: float, placed: Placed | None) -> float:
    return port - _size(placed)[0] / 2


def _inside(content: _Content, spacing: Spacing, frame: Frame | None) -> Inside:
    count, ins, outs = len(content.sizes), content.enters, content.leaves
    title = frame.title if frame is not None else 0.0
    vertices = [*content.sizes, *[(0.0, title)] * ins, *[(0.0, 0.0)] * outs]
    border = Border(
        frozenset(range(count, count + ins)),
        frozenset(range(count + ins, count + ins + outs)),
        [link[3:] for link in content.links],
    )
    edges = [link[:2] for link in content.links]
    done = layout(vertices, edges, [link[2] for link in content.links], spacing, border)
    left, top, right, bottom = done.bounds
    side = frame.side if frame is not None else 0.0
    inner = right - left + 2 * side
    width = 2.0 * -(-max(inner, content.width) // 2)  # even, so that its middle is a whole pixel
    dx = side - left + (width - inner) // 2
    dy = -top if ins or frame is None else title + spacing.at_border - top
    height = bottom + dy if outs or frame is None else bottom + dy + side
    routes = []
    for (source, _), route in zip(edges, done.routes, strict=True):
        points = [(x + dx, y + dy) for x, y in route]
        if source >= count:
            points[0] = (points[0][0], 0.0)  # from the border on, not from below the title
        routes.append(tuple(points))
    boxes = tuple(
        (x + dx - w / 2, y + dy - h / 2, w, h) for (x, y), (w, h) in zip(done.positions, content.sizes, strict=False)
    )
    across = [x + dx for x, _ in done.positions]
    enters, leaves = tuple(across[count : count + ins]), tuple(across[count + ins :])
    ends = tuple(link[4] is None for link in content.links)
    return Inside((width, height), boxes, done.ranks[:count], tuple(routes), ends, enters, leaves)


def _stand(blocks: Sequence[Placed]) -> None:
    """Give every block its place on the canvas, parents first."""
    for placed in blocks:
        for item, (x, y, _, _) in zip(placed.items, placed.inside.boxes, strict=True):
            if item < 0:
                inner = blocks[-1 - item]
                inner.left, inner.top = placed.left + x, placed.top + y
