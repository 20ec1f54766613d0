"""A sketch with places: cards, frames and routes on the canvas, and who is next to whom. No Qt, so any thread may make
it.

What depends on one block only (its strokes, the labels in it) is kept by block in the block's own coordinates; the flat
lists that cover the whole canvas are made when they are first asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Literal, NamedTuple, overload

from core.errors import UserError
from core.model.blocks import find_blocks
from core.model.layout import Point, Spacing
from core.model.layout_nested import ROOT, Box, Cache, Frame, Nested, Placed, layout_nested
from core.model.model import Model
from gui.graph_view.diagram import Card, Edge
from gui.graph_view.known import known
from gui.graph_view.membership import Membership
from gui.graph_view.sketch import HEADER, PAD, ROW, SIDE, Block, Metrics, Sketch, Sketcher, flat
from gui.graph_view.strokes import BAND, LABEL_PX, Label, Stretch, Strokes, curve_x, labels

__all__ = ["BAND", "HEADER", "LABEL_PX", "PAD", "ROW", "SIDE", "TITLE", "Label", "Metrics", "Picture", "Stretch"]

TITLE = 26.0
SPACING = Spacing(between_cards=24.0, between_lanes=12.0, between_ranks=32.0, between_ports=24.0, at_border=14.0)
FRAME = Frame(title=TITLE, side=14.0)
Blocks = Literal["open", "closed", "flat"]


class OpenBlock(NamedTuple):
    """The frame of an open block: ``box`` is (left, top, width, height), ``depth`` 1 for those directly in the graph.

    ``group`` is its number in the layout, ``alike`` which of how many of the same structure it is, (0, 0) for none.
    """

    path: str
    title: str
    depth: int
    box: Box
    group: int
    layers: int
    alike: tuple[int, int]


class Routes(Sequence[tuple[Point, ...]]):
    """One polyline per edge, from the lower border of its source to the upper border of its target."""

    def __init__(self, nested: Nested) -> None:
        self._nested = nested
        self._known: dict[int, tuple[Point, ...]] = {}

    def __len__(self) -> int:
        return len(self._nested.edges)

    @overload
    def __getitem__(self, k: int) -> tuple[Point, ...]: ...
    @overload
    def __getitem__(self, k: slice) -> list[tuple[Point, ...]]: ...
    def __getitem__(self, k: int | slice) -> tuple[Point, ...] | list[tuple[Point, ...]]:
        if isinstance(k, slice):
            return [self[j] for j in range(*k.indices(len(self)))]
        if k not in self._known:
            if not -len(self) <= k < len(self):
                raise IndexError(k)
            self._known[k] = self._nested.route(k % len(self))
        return self._known[k]


class Place(NamedTuple):
    """``routes`` of the edges and ``bounds`` (left, top, right, bottom) of everything."""

    routes: Routes
    bounds: tuple[float, float, float, float]


@dataclass(frozen=True)
class Picture:
    """Everything the canvas paints: cards and edges as one flat list each of what is visible, and frames.

    ``badges`` says what is unusual about a card, ``wrong`` why it cannot run.
    """

    sketch: Sketch
    nested: Nested
    metrics: Metrics

    @property
    def cards(self) -> tuple[Card, ...]:
        return self.sketch.cards

    @property
    def badges(self) -> Mapping[int, str]:
        return self.sketch.marks

    @property
    def wrong(self) -> Mapping[int, str]:
        return self.sketch.wrong

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        said = self.sketch.said
        out = []
        for (source, target), tensor in zip(self.sketch.edges, self.sketch.tensors, strict=True):
            name, shape, dtype, _ = said[tensor]
            out.append(Edge(source, target, tensor, shape, name, dtype))
        return tuple(out)

    @cached_property
    def boxes(self) -> tuple[Box, ...]:
        """(left, top, width, height) of the cards."""
        return tuple(self.nested.boxes())

    @cached_property
    def place(self) -> Place:
        return Place(Routes(self.nested), self.nested.bounds)

    @cached_property
    def frames(self) -> tuple[OpenBlock, ...]:
        """The open blocks, outer ones first."""
        return tuple(self._frame(block) for block in self.sketch.frames)

    def _frame(self, block: Block) -> OpenBlock:
        box = self.nested.frame(block.group)
        return OpenBlock(block.path, block.title, block.depth, box, block.group, block.layers, block.alike)

    @cached_property
    def index(self) -> dict[str, int]:
        """Card of each visible layer by its key."""
        return {card.key: k for k, card in enumerate(self.cards) if card.key}

    @cached_property
    def blocks(self) -> dict[str, int]:
        """Card of each closed block by its path."""
        return {card.block: k for k, card in enumerate(self.cards) if card.block}

    @cached_property
    def open_blocks(self) -> dict[str, OpenBlock]:
        return {frame.path: frame for frame in self.frames}

    @cached_property
    def _hidden(self) -> dict[str, int]:
        return self.sketch.inside()

    def card_of(self, key: str) -> int | None:
        """The card of a layer, or of the closed block that hides it."""
        found = self.index.get(key)
        return found if found is not None else self._hidden.get(key)

    def layers(self) -> list[list[str]]:
        """Keys of the layers that each card stands for: its own, a closed block's, none for an end."""
        out = [[card.key] if card.key else [] for card in self.cards]
        for key, card in self._hidden.items():
            out[card].append(key)
        return out

    @cached_property
    def incoming(self) -> dict[int, list[int]]:
        """Edges that end at a card."""
        return self._by(1)

    @cached_property
    def outgoing(self) -> dict[int, list[int]]:
        """Edges that begin at a card."""
        return self._by(0)

    def _by(self, end: int) -> dict[int, list[int]]:
        out: dict[int, list[int]] = {}
        for k, edge in enumerate(self.sketch.edges):
            out.setdefault(edge[end], []).append(k)
        return out

    @cached_property
    def tensors(self) -> dict[str, list[int]]:
        """Edges of each tensor by its name."""
        said = self.sketch.said
        out: dict[str, list[int]] = {}
        for k, tensor in enumerate(self.sketch.tensors):
            out.setdefault(said[tensor].name, []).append(k)
        return out

    def prepare(self) -> None:
        """Compute now, in whatever thread this is, what painting and selecting will ask for first."""
        _ = (self.index, self.incoming, self.outgoing, self.boxes, self.frames, self.edges)
        for k, placed in enumerate(self.nested.blocks):
            Strokes.of(placed.inside)
            if len(placed.links) > 300:
                self.labels_in(k)

    # what is where ------------------------------------------------------------------------------------------------

    def parts_in(self, left: float, top: float, right: float, bottom: float) -> Iterator[int]:
        """Numbers of the blocks whose area touches a rectangle, outer ones first; the whole graph is ROOT."""
        waiting = [ROOT]
        while waiting:
            group = waiting.pop()
            yield group
            placed = self.nested.blocks[group]
            waiting += [-1 - item for item in self._items(placed, left, top, right, bottom) if item < 0]

    @staticmethod
    def _items(placed: Placed, left: float, top: float, right: float, bottom: float) -> Iterator[int]:
        inside, x, y = placed.inside, placed.left, placed.top
        for k in Strokes.of(inside).items(inside, left - x, top - y, right - x, bottom - y):
            yield placed.items[k]

    def cards_in(self, left: float, top: float, right: float, bottom: float) -> list[int]:
        """Cards that touch a rectangle."""
        found = []
        for group in self.parts_in(left, top, right, bottom):
            items = self._items(self.nested.blocks[group], left, top, right, bottom)
            found += [item for item in items if item >= 0]
        return found

    def card_at(self, x: float, y: float) -> int | None:
        """The card under a point."""
        return next(iter(self.cards_in(x, y, x, y)), None)

    def frame_at(self, x: float, y: float) -> OpenBlock | None:
        """The innermost open block around a point."""
        group = self._group_at(x, y)
        return next((frame for frame in self.frames if frame.group == group), None) if group != ROOT else None

    def _group_at(self, x: float, y: float) -> int:
        return [group for group in self.parts_in(x, y, x, y)][-1]

    def edge_at(self, x: float, y: float, reach: float) -> int | None:
        """The edge nearest to a point, no farther than ``reach``; of several of one tensor the first."""
        placed = self.nested.blocks[self._group_at(x, y)]
        x, y = x - placed.left, y - placed.top
        best, found = reach, None
        for link, route in zip(placed.links, placed.inside.routes, strict=True):
            if route[0][1] - reach > y or route[-1][1] + reach < y:
                continue
            for (x0, y0), (x1, y1) in pairwise(route):
                if y0 - reach <= y <= y1 + reach and min(x0, x1) - reach <= x <= max(x0, x1) + reach:
                    away = abs(x - curve_x(x0, y0, x1, y1, y))
                    if away <= best:
                        best, found = away, link[2]
        return self.sketch.tensors.index(found) if found is not None else None

    def around(self, card: int) -> list[OpenBlock]:
        """The open blocks a card stands in, the innermost first."""
        by_group = {frame.group: frame for frame in self.frames}
        out = []
        group: int | None = self.nested.homes[card]
        while group:
            out.append(by_group[group])
            group = self.nested.groups[group].parent
        return out

    def step(self, card: int, direction: str) -> int | None:
        """The next card from a card: 'up' to a producer, 'down' to a consumer, 'left' and 'right' beside it."""
        if direction in ("up", "down"):
            edges = self.incoming if direction == "up" else self.outgoing
            ends = {self.sketch.edges[e][0 if direction == "up" else 1] for e in edges.get(card, ())}
            near = [k for k in ends if self.cards[k].key or self.cards[k].block]
            return min(near, key=lambda k: self._distance(card, k), default=None)
        left, top, width, height = self.boxes[card]
        here = left + width / 2
        bounds = self.nested.bounds
        row = self.cards_in(bounds[0], top, bounds[2], top + height)
        beside = [k for k in row if k != card and (self.cards[k].key or self.cards[k].block)]
        if direction == "left":
            return max((k for k in beside if self._middle(k)[0] < here), key=self._middle, default=None)
        return min((k for k in beside if self._middle(k)[0] > here), key=self._middle, default=None)

    def _middle(self, card: int) -> Point:
        x, y, w, h = self.boxes[card]
        return (x + w / 2, y + h / 2)

    def _distance(self, a: int, b: int) -> tuple[float, float]:
        """Along the rows first, so that walking follows the trunk and not a shortcut; then sideways."""
        (ax, ay), (bx, by) = self._middle(a), self._middle(b)
        return (abs(ay - by), abs(ax - bx))

    # words beside edges -------------------------------------------------------------------------------------------

    @cached_property
    def _labels(self) -> dict[int, list[Label]]:
        return {}

    def labels_in(self, group: int) -> list[Label]:
        """The words beside edges inside one block, in its own coordinates, from the top down."""
        if group not in self._labels:
            self._labels[group] = labels(self.sketch, self.nested.blocks[group], self.metrics)
        return self._labels[group]

    @property
    def labels(self) -> list[Label]:
        """All words beside edges, on the canvas."""
        out = []
        for group, placed in enumerate(self.nested.blocks):
            x, y = placed.left, placed.top
            out += [Label(label.x + x, label.y + y, label.text, label.width) for label in self.labels_in(group)]
        return sorted(out, key=lambda label: label.y)


def place(sketch: Sketch, metrics: Metrics, cache: Cache | None = None) -> Picture:
    """Give everything its place. Raises ValueError for a graph with a cycle."""
    nested = layout_nested(sketch.sizes, sketch.edges, sketch.tensors, sketch.groups, SPACING, FRAME, cache)
    return Picture(sketch, nested, metrics)


def members_of(model: Model, blocks: bool = True) -> Membership:
    """The blocks of a model. Raises UserError for a graph with a cycle."""
    whole = known(model)
    return Membership(whole.nodes, find_blocks(model)) if blocks else flat(whole)


def picture(model: Model, metrics: Metrics, blocks: Blocks | Collection[str] = "open") -> Picture:
    """Read, measure and place a model's graph, with all blocks open or closed, those of the given paths open, or flat.

    Raises ValueError for a graph with a cycle.
    """
    try:
        members = members_of(model, blocks != "flat")
    except UserError as error:
        raise ValueError(error.message) from error
    opened: Collection[str] = members.number if blocks in ("open", "flat") else () if blocks == "closed" else blocks
    done = place(Sketcher(known(model), members, metrics).sketch(opened), metrics)
    done.prepare()
    return done
