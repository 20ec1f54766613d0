"""A sketch with places: cards, frames and routes on the canvas, and who is next to whom. No Qt, so any thread may make
it.

What depends on one block only (its strokes, the labels in it) is kept by block in the block's own coordinates; the flat
lists that cover the whole canvas are made when they are first asked for.
"""

from __future__ import annotations

import weakref
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Literal, NamedTuple, cast

import onnx_ir as ir

from core.errors import UserError
from core.model.blocks import find_blocks
from core.model.layout import Spacing
from core.model.layout_nested import ROOT, Box, Cache, Frame, Nested, Placed, layout_nested
from core.model.model import Model
from gui.graph_view.diagram import Card, Edge
from gui.graph_view.known import known
from gui.graph_view.lazily import Index, Lazily, Routes, area, cards
from gui.graph_view.membership import Membership
from gui.graph_view.sizes import HEADER, PAD, ROW, SIDE, Metrics
from gui.graph_view.sketch import Area, Sketch, Sketcher, flat
from gui.graph_view.strokes import BAND, LABEL_PX, Label, Stretch, Strokes, curve_x, labels, shifted
from gui.words import counted, tr

__all__ = ["BAND", "HEADER", "LABEL_PX", "PAD", "ROW", "SIDE", "TITLE", "Label", "Metrics", "Picture", "Stretch"]

TITLE = 26.0
SPACING = Spacing(between_cards=24.0, between_lanes=12.0, between_ranks=32.0, between_ports=24.0, at_border=14.0)
FRAME = Frame(title=TITLE, side=14.0)
Blocks = Literal["open", "closed", "flat"]
End = tuple[int, int, ir.Value]  # the card an edge leaves, the one it reaches, its tensor


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


class Place:
    """``routes`` of the edges and ``bounds`` (left, top, right, bottom) of everything."""

    def __init__(self, picture: Picture) -> None:
        self._picture, self.bounds = weakref.ref(picture), picture.nested.bounds  # weak: no circle

    @cached_property
    def routes(self) -> Routes:
        ends, route = (picture := cast(Picture, self._picture())).ends, picture.nested.route
        return Routes(len(ends), lambda k: route(*ends[k]))


@dataclass(frozen=True)
class Picture:
    """Everything the canvas paints: cards and edges as one flat list each of what is visible, and frames."""

    sketch: Sketch
    nested: Nested
    metrics: Metrics

    def area(self, group: int) -> Area:
        """What stands in one open block; ROOT is the whole graph."""
        return area(self.nested, group)

    @cached_property
    def cards(self) -> Lazily[Card]:
        """The visible ones, the inputs of the graph first."""
        return cards(self.nested)

    @cached_property
    def ends(self) -> list[End]:
        """Of every edge the cards it leaves and reaches, and its tensor."""
        out: list[End] = []
        for group, placed in enumerate(self.nested.blocks):
            first, inner = placed.first, placed.inner
            for a, b, tensor in self.area(group).links:
                if a is None or b is None:
                    continue
                value = cast(ir.Value, tensor)
                if not inner:
                    out.append((first + a, first + b, value))
                else:
                    source = self._maker(group, a, value)
                    out += [(source, target, value) for target in self._readers(group, b, value)]
        return out

    def _maker(self, group: int, position: int, value: ir.Value) -> int:
        """The card behind an item that a tensor leaves."""
        inner = self.nested.blocks[group].inner.get(position)
        if inner is None:
            return self.nested.card(group, position)
        return self._maker(inner, self.area(inner).leaving[value], value)

    def _readers(self, group: int, position: int, value: ir.Value) -> list[int]:
        """The cards behind an item that a tensor reaches."""
        inner = self.nested.blocks[group].inner.get(position)
        if inner is None:
            return [self.nested.card(group, position)]
        return [card for k in self.area(inner).entering[value] for card in self._readers(inner, k, value)]

    def into(self, card: int) -> list[End]:
        """The edges that end at a card."""
        group, position = self.nested.place(card)
        links = [(a, cast(ir.Value, value)) for a, b, value in self.area(group).links if b == position]
        return [(self._made_at(group, a, value), card, value) for a, value in links]

    def out_of(self, card: int) -> list[End]:
        """The edges that begin at a card."""
        group, position = self.nested.place(card)
        out = []
        for a, b, tensor in self.area(group).links:
            if a == position:
                value = cast(ir.Value, tensor)
                out += [(card, target, value) for target in self._read_at(group, b, value)]
        return out

    def _made_at(self, group: int, position: int | None, value: ir.Value) -> int:
        """The card that makes a tensor, seen from a block in which it comes from an item, or from outside."""
        while position is None:
            at, group = self.nested.blocks[group].at, self.nested.blocks[group].parent
            position = next(a for a, b, v in self.area(group).links if b == at and v is value)
        return self._maker(group, position, value)

    def _read_at(self, group: int, position: int | None, value: ir.Value) -> list[int]:
        """The cards that read a tensor, seen from a block in which it goes to an item, or out."""
        if position is not None:
            return self._readers(group, position, value)
        placed = self.nested.blocks[group]
        links = [b for a, b, v in self.area(placed.parent).links if a == placed.at and v is value]
        return [card for b in links for card in self._read_at(placed.parent, b, value)]

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        numbers: dict[ir.Value, int] = {}
        out = []
        for source, target, value in self.ends:
            said = self.area(self.nested.place(target)[0]).said[value]
            number = numbers.setdefault(value, len(numbers))
            out.append(Edge(source, target, number, said.shape, said.name, said.dtype))
        return tuple(out)

    @cached_property
    def boxes(self) -> Lazily[Box]:
        """(left, top, width, height) of the cards."""
        return Lazily(len(self.cards), self.nested.box, self.nested.boxes)

    @cached_property
    def place(self) -> Place:
        return Place(self)

    @cached_property
    def frames(self) -> tuple[OpenBlock, ...]:
        """The open blocks, outer ones first."""
        return tuple([self.frame(group) for group in range(1, len(self.nested.blocks))])

    def frame(self, group: int) -> OpenBlock:
        """One open block, by its number in the layout."""
        said = self.sketch.frame(self.area(group).block)
        depth = self.nested.blocks[group].depth
        return OpenBlock(said.path, said.title, depth, self.nested.frame(group), group, said.layers, said.alike)

    @cached_property
    def index(self) -> Index:
        """Card of each visible layer by its key."""
        wiring, groups = self.sketch.wiring, self._groups

        def group(key: str) -> int | None:
            found = wiring.whole.layers.get(key)
            home = wiring.home(found[0]) if found is not None else None
            return groups.get(home) if home is not None else None

        return Index(self.nested, group, lambda card: card.key)

    @cached_property
    def blocks(self) -> Index:
        """Card of each closed block by its path."""
        wiring, groups = self.sketch.wiring, self._groups

        def group(path: str) -> int | None:
            block = wiring.members.number.get(path)
            return groups.get(wiring.outer[block]) if block else None

        return Index(self.nested, group, lambda card: card.block)

    @cached_property
    def _groups(self) -> dict[int, int]:
        """The number of each open block in the layout; that of the whole graph too."""
        return {self.area(group).block: group for group in range(len(self.nested.blocks))}

    def open_block(self, path: str) -> OpenBlock | None:
        """The frame of a block; None where it is not open, or unknown."""
        block = self.sketch.wiring.members.number.get(path)
        group = self._groups.get(block) if block else None
        return self.frame(group) if group is not None else None

    def card_of(self, key: str) -> int | None:
        """The card of a layer, or of the closed block that hides it."""
        found = self.index.get(key)
        return found if found is not None else self.blocks.get(self.sketch.hider(key))

    def layers(self) -> list[list[str]]:
        """Keys of the layers that each card stands for: its own, a closed block's, none for an end."""
        out: list[list[str]] = [[] for _ in self.cards]
        for key in self.sketch.wiring.whole.layers:
            card = self.card_of(key)
            if card is not None:
                out[card].append(key)
        return out

    @cached_property
    def badges(self) -> dict[int, str]:
        """What is unusual about a card, or about the layers in a closed block."""
        return self._on_cards(self.sketch.marks)

    @cached_property
    def wrong(self) -> dict[int, str]:
        """Why a card's layer cannot run, or one in a closed block."""
        return self._on_cards(self.sketch.wrong)

    def _on_cards(self, said: Mapping[str, str]) -> dict[int, str]:
        found: dict[int, list[tuple[str, str]]] = {}
        for key, sentence in said.items():
            card = self.card_of(key)
            if card is not None:
                found.setdefault(card, []).append((key, sentence))
        return {k: _together(lines) if self.cards[k].block else lines[0][1] for k, lines in found.items()}

    @cached_property
    def incoming(self) -> dict[int, list[int]]:
        """Edges that end at a card."""
        out: dict[int, list[int]] = {}
        for k, (_, target, _) in enumerate(self.ends):
            out.setdefault(target, []).append(k)
        return out

    @cached_property
    def outgoing(self) -> dict[int, list[int]]:
        """Edges that begin at a card."""
        out: dict[int, list[int]] = {}
        for k, (source, _, _) in enumerate(self.ends):
            out.setdefault(source, []).append(k)
        return out

    @cached_property
    def tensors(self) -> dict[str, list[int]]:
        """Edges of each tensor by its name."""
        out: dict[str, list[int]] = {}
        for k, edge in enumerate(self.edges):
            out.setdefault(edge.name, []).append(k)
        return out

    def prepare(self) -> None:
        """Compute now, in whatever thread this is, what painting and selecting will ask for first."""
        _ = (self.index.every, self.incoming, self.outgoing, self.boxes.every, self._groups, self.edges, self.badges)
        for k, placed in enumerate(self.nested.blocks):
            Strokes.of(placed.inside)
            if len(placed.part.links) > 300:
                self.labels_in(k)

    # what is where ------------------------------------------------------------------------------------------------

    def parts_in(self, left: float, top: float, right: float, bottom: float) -> Iterator[int]:
        """Numbers of the blocks whose area touches a rectangle, outer ones first; the whole graph is ROOT."""
        waiting = [ROOT]
        while waiting:
            group = waiting.pop()
            yield group
            placed = self.nested.blocks[group]
            if placed.inner:
                items = self._items(placed, left, top, right, bottom)
                waiting += [placed.inner[k] for k in items if k in placed.inner]

    @staticmethod
    def _items(placed: Placed, left: float, top: float, right: float, bottom: float) -> Iterator[int]:
        inside, x, y = placed.inside, placed.left, placed.top
        return Strokes.of(inside).items(inside, left - x, top - y, right - x, bottom - y)

    def cards_in(self, left: float, top: float, right: float, bottom: float) -> list[int]:
        """Cards that touch a rectangle."""
        return [card for card, _ in self.boxes_in(left, top, right, bottom)]

    def boxes_in(self, left: float, top: float, right: float, bottom: float) -> Iterator[tuple[int, Box]]:
        """Cards that touch a rectangle, with their boxes: those of all cards need not be known for it."""
        for group in self.parts_in(left, top, right, bottom):
            placed = self.nested.blocks[group]
            for k in self._items(placed, left, top, right, bottom):
                if k not in placed.inner:
                    x, y, width, height = placed.inside.boxes[k]
                    yield self.nested.card(group, k), (x + placed.left, y + placed.top, width, height)

    def card_at(self, x: float, y: float) -> int | None:
        """The card under a point."""
        return next(iter(self.cards_in(x, y, x, y)), None)

    def _group_at(self, x: float, y: float) -> int:
        return list(self.parts_in(x, y, x, y))[-1]

    def frame_at(self, x: float, y: float) -> OpenBlock | None:
        """The innermost open block around a point."""
        group = self._group_at(x, y)
        return self.frame(group) if group != ROOT else None

    def edge_at(self, x: float, y: float, reach: float) -> int | None:
        """The edge nearest to a point, no farther than ``reach``; of several of one tensor the first."""
        group = self._group_at(x, y)
        placed = self.nested.blocks[group]
        x, y = x - placed.left, y - placed.top
        best, found = reach, None
        for (_, _, value), route in zip(self.area(group).links, placed.inside.routes, strict=True):
            if route[0][1] - reach > y or route[-1][1] + reach < y:
                continue
            for (x0, y0), (x1, y1) in pairwise(route):
                if y0 - reach <= y <= y1 + reach and min(x0, x1) - reach <= x <= max(x0, x1) + reach:
                    away = abs(x - curve_x(x0, y0, x1, y1, y))
                    if away <= best:
                        best, found = away, value
        if found is None:
            return None
        return next((k for k, (_, _, value) in enumerate(self.ends) if value is found), None)

    def around(self, card: int) -> list[OpenBlock]:
        """The open blocks a card stands in, the innermost first."""
        out = []
        group = self.nested.place(card)[0]
        while group != ROOT:
            out.append(self.frame(group))
            group = self.nested.blocks[group].parent
        return out

    # words beside edges -------------------------------------------------------------------------------------------

    @cached_property
    def _labels(self) -> dict[int, list[Label]]:
        return {}

    def labels_in(self, group: int) -> list[Label]:
        """The words beside edges inside one block, in its own coordinates, from the top down."""
        if group not in self._labels:
            self._labels[group] = labels(self.area(group), self.nested.blocks[group].inside, self.metrics)
        return self._labels[group]

    @property
    def labels(self) -> list[Label]:
        """All words beside edges, on the canvas."""
        blocks = enumerate(self.nested.blocks)
        out = [shifted(label, placed.left, placed.top) for k, placed in blocks for label in self.labels_in(k)]
        return sorted(out, key=lambda label: label.y)


def _together(found: Sequence[tuple[str, str]]) -> str:
    """What is to be said of a closed block, of the layers it hides."""
    first = tr("{layer}: {sentence}", layer=found[0][0], sentence=found[0][1])
    return first if len(found) == 1 else first + "\n" + counted(len(found) - 1, "and {n} more", "and {n} more")


def place(sketch: Sketch, metrics: Metrics, cache: Cache) -> Picture:
    """Give everything its place. Raises ValueError for a graph with a cycle."""
    return Picture(sketch, layout_nested(sketch.root, SPACING, FRAME, cache), metrics)


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
    done = place(Sketcher(known(model), members, metrics).sketch(opened), metrics, Cache())
    done.prepare()
    return done
