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
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from core.model.layout import Border, Point, Spacing, layout

Size = tuple[float, float]
Box = tuple[float, float, float, float]
Link = tuple[int | None, int | None, Hashable]  # position of an item, of an item, tensor; None is the border
ROOT = 0


@dataclass(frozen=True, slots=True)
class Frame:
    """The border of an open block: ``title`` is the height of its first row, ``side`` what it keeps free around."""

    title: float = 26.0
    side: float = 12.0


@dataclass(frozen=True, eq=False, slots=True, weakref_slot=True)
class Part:
    """What stands directly in one block, never changed: sizes of cards, and the parts of open blocks inside.

    ``links`` are the tensors between them and across the border, each once per pair of ends; a tensor has one source.
    ``width`` is the least that the frame has. ``cards`` and ``inner`` are the positions of cards and of open blocks.
    """

    items: tuple[Size | Part, ...]
    links: tuple[Link, ...]
    width: float = 0.0
    cards: tuple[int, ...] = field(init=False)
    inner: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        inner = [k for k, item in enumerate(self.items) if isinstance(item, Part)]
        open_ = set(inner)
        object.__setattr__(self, "inner", tuple(inner))
        object.__setattr__(self, "cards", tuple([k for k in range(len(self.items)) if k not in open_]))


@dataclass(frozen=True, eq=False, slots=True, weakref_slot=True)
class Inside:
    """The layout of one block's content, in its own coordinates from its upper left corner.

    ``boxes`` (left, top, width, height) and ``ranks`` are of its items, ``routes`` of its links, ``ends`` whether a
    link ends at a card. ``enters`` and ``leaves`` are the x of its ports.
    """

    size: Size
    boxes: tuple[Box, ...]
    ranks: tuple[int, ...]
    routes: tuple[tuple[Point, ...], ...]
    ends: tuple[bool, ...]
    enters: tuple[float, ...]
    leaves: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _Laid:
    """A part with its layout, the x at which each tensor crosses its border, and the open blocks in it."""

    inside: Inside
    enters: dict[Hashable, float]
    leaves: dict[Hashable, float]
    inner: dict[int, _Laid]


@dataclass(frozen=True, slots=True)
class _Content:
    """Everything the layout of one block depends on.

    Items come first, then ``enters`` ports, then ``leaves`` ports; ``links`` are (source, target, tensor, offset at the
    source, offset at the target) between them; no offset stands for a card, whose edges leave as is best and arrive at
    the middle.
    """

    sizes: tuple[Size, ...]
    links: tuple[tuple[int, int, int, float | None, float | None], ...]
    enters: int
    leaves: int
    width: float


class Cache:
    """Inner layouts by content, the least recently used ones forgotten; and those of parts as long as these live.

    May be shared between graphs and threads. ``computed`` counts items that were laid out because nothing equal was
    remembered.
    """

    def __init__(self, most: int = 80_000) -> None:
        """``most`` items and links in all are remembered: about 50 MB."""
        self._most = most
        self._known: OrderedDict[object, Inside] = OrderedDict()
        self._parts: WeakKeyDictionary[Part, _Laid] = WeakKeyDictionary()
        self._held = 0
        self._lock = threading.Lock()
        self.computed = 0

    def lay(self, part: Part, spacing: Spacing, frame: Frame, top: bool = False) -> _Laid:
        """The layout of a part; ``top`` of the whole graph, which has no frame."""
        found = self._parts.get(part)
        if found is None:
            inner = {k: self.lay(item, spacing, frame) for k in part.inner if isinstance(item := part.items[k], Part)}
            content, enters, leaves = _content(part, inner)
            inside = self._get(content, spacing, None if top else frame)
            found = _Laid(
                inside,
                dict(zip(enters, inside.enters, strict=True)),
                dict(zip(leaves, inside.leaves, strict=True)),
                inner,
            )
            self._parts[part] = found
        return found

    def _get(self, content: _Content, spacing: Spacing, frame: Frame | None) -> Inside:
        key = (content, spacing, frame)
        with self._lock:
            found = self._known.get(key)
            if found is not None:
                self._known.move_to_end(key)
                return found
        made = _inside(content, spacing, frame)
        with self._lock:
            self.computed += len(made.boxes)
            made = self._known.setdefault(key, made)
            self._held += _weight(made)
            while self._held > self._most and len(self._known) > 1:
                self._held -= _weight(self._known.popitem(last=False)[1])
        return made


def _weight(inside: Inside) -> int:
    return len(inside.boxes) + len(inside.routes)


@dataclass(eq=False, slots=True)  # not frozen: that makes one four times as slowly, and there are thousands
class Placed:
    """One block where it stands, never changed. ``first`` is the number of its first card; ``parent`` and ``at`` say in
    which block, and at which position there, it is. ``inner`` gives the number of each open block in it, by position.
    """

    part: Part
    inside: Inside
    left: float
    top: float
    first: int
    parent: int
    at: int
    depth: int
    inner: dict[int, int]


@dataclass(frozen=True)
class Nested:
    """The result. ``blocks[0]`` is the whole graph; a block comes after the one around it. Cards are numbered block by
    block in that order. Routes are stitched together when they are asked for."""

    blocks: tuple[Placed, ...]
    firsts: tuple[int, ...]

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """(left, top, right, bottom) of everything."""
        return (0.0, 0.0, *self.blocks[ROOT].inside.size)

    def block(self, card: int) -> int:
        """The block that a card stands in."""
        return bisect_right(self.firsts, card) - 1

    def box(self, card: int) -> Box:
        """(left, top, width, height) of one card."""
        number = self.block(card)
        placed = self.blocks[number]
        x, y, w, h = placed.inside.boxes[placed.part.cards[card - self.firsts[number]]]
        return (x + placed.left, y + placed.top, w, h)

    def boxes(self) -> list[Box]:
        """(left, top, width, height) of every card, by its number."""
        out: list[Box] = []
        for placed in self.blocks:
            left, top, boxes = placed.left, placed.top, placed.inside.boxes
            out += [(x + left, y + top, w, h) for x, y, w, h in [boxes[k] for k in placed.part.cards]]
        return out

    def frame(self, block: int) -> Box:
        """(left, top, width, height) of an open block."""
        placed = self.blocks[block]
        return (placed.left, placed.top, *placed.inside.size)

    def place(self, card: int) -> tuple[int, int]:
        """The block that a card stands in, and its position there."""
        block = self.block(card)
        return block, self.blocks[block].part.cards[card - self.firsts[block]]

    def card(self, block: int, position: int) -> int:
        """The number of the card at a position of a block."""
        placed = self.blocks[block]
        return placed.first + bisect_right(placed.part.cards, position) - 1

    def route(self, source: int, target: int, tensor: Hashable) -> tuple[Point, ...]:
        """The way of a tensor from one card to another: from the lower border of the one, out of the blocks around it
        and into those around the other, to its upper border."""
        out: list[Point] = []
        for block, link in self._steps(source, target, tensor):
            placed = self.blocks[block]
            piece = placed.inside.routes[placed.part.links.index(link)]
            points = [(x + placed.left, y + placed.top) for x, y in piece]
            out += points[1:] if out else points
        return tuple(out)

    def _steps(self, source: int, target: int, tensor: Hashable) -> list[tuple[int, Link]]:
        (a, i), (b, j) = self.place(source), self.place(target)
        up: list[tuple[int, Link]] = []
        down: list[tuple[int, Link]] = []
        while a != b:
            if self.blocks[a].depth >= self.blocks[b].depth:
                up.append((a, (i, None, tensor)))
                a, i = self.blocks[a].parent, self.blocks[a].at
            else:
                down.append((b, (None, j, tensor)))
                b, j = self.blocks[b].parent, self.blocks[b].at
        return [*up, (a, (i, j, tensor)), *reversed(down)]


def layout_nested(root: Part, spacing: Spacing, frame: Frame, cache: Cache) -> Nested:
    """Place a graph. Raises ValueError for a cycle between the items of a block, or a tensor with two sources."""
    blocks: list[Placed] = []
    firsts: list[int] = []
    first = 0
    waiting: list[tuple[Part, _Laid, int, int, float, float]] = [
        (root, cache.lay(root, spacing, frame, top=True), -1, -1, 0.0, 0.0)
    ]
    while waiting:
        part, laid, parent, at, left, top = waiting.pop()
        inside = laid.inside
        depth = blocks[parent].depth + 1 if parent >= 0 else 0
        number = len(blocks)
        if parent >= 0:
            blocks[parent].inner[at] = number
        blocks.append(Placed(part, inside, left, top, first, parent, at, depth, {}))
        firsts.append(first)
        first += len(part.cards)
        for k in reversed(part.inner):
            item, (x, y, _, _) = part.items[k], inside.boxes[k]
            if isinstance(item, Part):
                waiting.append((item, laid.inner[k], number, k, left + x, top + y))
    return Nested(tuple(blocks), tuple(firsts))


def _content(part: Part, inner: dict[int, _Laid]) -> tuple[_Content, list[Hashable], list[Hashable]]:
    """The content of a block, and the tensors of its ports in the order they are numbered."""
    count = len(part.items)
    enters = list(dict.fromkeys([t for source, _, t in part.links if source is None]))
    leaves = list(dict.fromkeys([t for _, target, t in part.links if target is None]))
    entry = {t: count + k for k, t in enumerate(enters)}
    exit_ = {t: count + len(enters) + k for k, t in enumerate(leaves)}
    number: dict[Hashable, int] = {}
    out = []
    for source, target, tensor in part.links:
        leaving: float | None = None
        arriving: float | None = None
        if source is None:
            source, leaving = entry[tensor], 0.0
        elif source in inner:
            laid = inner[source]
            leaving = laid.leaves[tensor] - laid.inside.size[0] / 2
        if target is None:
            target, arriving = exit_[tensor], 0.0
        elif target in inner:
            laid = inner[target]
            arriving = laid.enters[tensor] - laid.inside.size[0] / 2
        out.append((source, target, number.setdefault(tensor, len(number)), leaving, arriving))
    sizes = tuple([inner[k].inside.size if isinstance(item, Part) else item for k, item in enumerate(part.items)])
    return _Content(sizes, tuple(out), len(enters), len(leaves), part.width), enters, leaves


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
    trunks: dict[int, list[Point]] = {}  # of each tensor, as far as any reader needs it
    routes = []
    for (source, _, tensor, *_), route in zip(content.links, done.routes, strict=True):
        trunk = trunks.setdefault(tensor, [])
        if len(trunk) < len(route) - 1:
            begins = source >= count and not trunk
            trunk += [(x + dx, y + dy) for x, y in route[len(trunk) : -1]]
            if begins:
                trunk[0] = (trunk[0][0], 0.0)  # from the border on, not from below the title
        x, y = route[-1]
        routes.append((*trunk[: len(route) - 1], (x + dx, y + dy)))
    boxes = tuple(
        (x + dx - w / 2, y + dy - h / 2, w, h) for (x, y), (w, h) in zip(done.positions, content.sizes, strict=False)
    )
    across = [x + dx for x, _ in done.positions]
    enters, leaves = tuple(across[count : count + ins]), tuple(across[count + ins :])
    ends = tuple(link[4] is None for link in content.links)
    return Inside((width, height), boxes, done.ranks[:count], tuple(routes), ends, enters, leaves)
