"""A diagram with places: measured cards, routed edges, and who is next to whom. No Qt, so it may run in any thread."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import ceil
from typing import NamedTuple

from core.model.layout import Layout, Spacing, layout
from core.model.model import Model
from gui.graph_view.diagram import Card, Diagram, Edge, diagram
from gui.graph_view.known import known

HEADER, ROW, PAD = 24.0, 16.0, 6.0
SIDE = 10.0
_NARROW, _WIDE, _GRID = 208.0, 336.0, 16.0
BAND, LABEL_PX = 1500.0, 10
SPACING = Spacing(between_cards=24.0, between_lanes=12.0, between_ranks=32.0, between_ports=24.0)


@dataclass(frozen=True, slots=True)
class Metrics:
    """Widths of characters in the bold title font and in the plain one; an unknown character is as wide as 'M'."""

    bold: Mapping[str, float]
    plain: Mapping[str, float]

    def title(self, text: str) -> float:
        return sum([self.bold.get(c, self.bold["M"]) for c in text])

    def body(self, text: str) -> float:
        return sum([self.plain.get(c, self.plain["M"]) for c in text])


def curve_x(x0: float, y0: float, x1: float, y1: float, y: float) -> float:
    """x at height y of the S-curve that is drawn between two bends."""
    part = min(max((y - y0) / (y1 - y0), 0.0), 1.0) if y1 > y0 else 1.0
    return x0 + (x1 - x0) * part * part * (3 - 2 * part)


class Stretch(NamedTuple):
    """A piece of a route between two bends; ``last`` where it ends with an arrow."""

    x0: float
    y0: float
    x1: float
    y1: float
    last: bool


class Label(NamedTuple):
    """Text beside an edge: left end of the baseline, and the width."""

    x: float
    y: float
    text: str
    width: float


@dataclass(frozen=True)
class Picture:
    """Everything the canvas paints.

    ``boxes`` are (left, top, width, height) of the cards, ``badges`` what is unusual about a card, in words. ``bands``
    holds each piece of an edge once, by the horizontal band of the canvas (BAND high) it begins in.
    """

    diagram: Diagram
    boxes: tuple[tuple[float, float, float, float], ...]
    place: Layout
    key_width: float
    badges: Mapping[int, str]
    bands: Mapping[int, Sequence[Stretch]]
    labels: Sequence[Label]

    @property
    def cards(self) -> tuple[Card, ...]:
        return self.diagram.cards

    @property
    def edges(self) -> tuple[Edge, ...]:
        return self.diagram.edges

    @cached_property
    def index(self) -> dict[str, int]:
        """Card of each layer key."""
        return {card.key: k for k, card in enumerate(self.cards) if card.key}

    @cached_property
    def incoming(self) -> dict[int, list[int]]:
        """Edges that end at a card."""
        return self._by(lambda edge: edge.target)

    @cached_property
    def outgoing(self) -> dict[int, list[int]]:
        """Edges that begin at a card."""
        return self._by(lambda edge: edge.source)

    @cached_property
    def tensors(self) -> dict[str, list[int]]:
        """Edges of each tensor by its name."""
        out: dict[str, list[int]] = {}
        for k, edge in enumerate(self.edges):
            out.setdefault(edge.name, []).append(k)
        return out

    def edge_at(self, x: float, y: float, reach: float) -> int | None:
        """The edge nearest to a point, no farther than ``reach``."""
        best, found = reach, None
        for k, route in enumerate(self.place.routes):
            if route[0][1] - reach > y or route[-1][1] + reach < y:
                continue
            for (x0, y0), (x1, y1) in pairwise(route):
                if y0 - reach <= y <= y1 + reach and min(x0, x1) - reach <= x <= max(x0, x1) + reach:
                    away = abs(x - curve_x(x0, y0, x1, y1, y))
                    if away <= best:
                        best, found = away, k
        return found

    def _by(self, end: Callable[[Edge], int]) -> dict[int, list[int]]:
        out: dict[int, list[int]] = {}
        for k, edge in enumerate(self.edges):
            out.setdefault(end(edge), []).append(k)
        return out

    @cached_property
    def _tops(self) -> list[tuple[float, int]]:
        return sorted((box[1], k) for k, box in enumerate(self.boxes))

    @cached_property
    def _tallest(self) -> float:
        return max((box[3] for box in self.boxes), default=0.0)

    def prepare(self) -> None:
        """Compute now, in whatever thread this is, what painting and selecting will ask for."""
        _ = (self.index, self.incoming, self.outgoing, self._tops, self._tallest)

    def cards_in(self, left: float, top: float, right: float, bottom: float) -> list[int]:
        """Cards that touch a rectangle, found by their upper borders."""
        first = bisect_left(self._tops, (top - self._tallest, -1))
        last = bisect_right(self._tops, (bottom, len(self.boxes)))
        found = []
        for _, k in self._tops[first:last]:
            x, y, w, h = self.boxes[k]
            if x <= right and x + w >= left and y + h >= top:
                found.append(k)
        return found

    def card_at(self, x: float, y: float) -> int | None:
        """The card under a point."""
        return next(iter(self.cards_in(x, y, x, y)), None)

    def step(self, card: int, direction: str) -> int | None:
        """The next layer from a card: 'up' to a producer, 'down' to a consumer, 'left' and 'right' in the row."""
        if direction in ("up", "down"):
            edges = self.incoming if direction == "up" else self.outgoing
            ends = {self.edges[e].source if direction == "up" else self.edges[e].target for e in edges.get(card, ())}
            near = [k for k in ends if self.cards[k].key]
            return min(near, key=lambda k: self._distance(card, k), default=None)
        x = self.place.positions[card][0]
        row = [k for k, rank in enumerate(self.place.ranks) if rank == self.place.ranks[card] and self.cards[k].key]
        if direction == "left":
            return max((k for k in row if self.place.positions[k][0] < x), key=self._x, default=None)
        return min((k for k in row if self.place.positions[k][0] > x), key=self._x, default=None)

    def _x(self, card: int) -> float:
        return self.place.positions[card][0]

    def _distance(self, a: int, b: int) -> tuple[float, float]:
        """Along the rows first, so that walking follows the trunk and not a shortcut; then sideways."""
        (ax, ay), (bx, by) = self.place.positions[a], self.place.positions[b]
        return (abs(ay - by), abs(ax - bx))


def picture(model: Model, metrics: Metrics) -> Picture:
    """Read, measure and place a model's graph. Raises ValueError for a graph with a cycle."""
    drawn = diagram(model)
    keys = {key for card in drawn.cards for key, _ in card.rows}
    key_width = max((metrics.body(key) for key in keys), default=0.0)
    sizes = [_size(card, metrics, key_width) for card in drawn.cards]
    place = layout(sizes, [(e.source, e.target) for e in drawn.edges], [e.tensor for e in drawn.edges], SPACING)
    boxes = tuple((x - w / 2, y - h / 2, w, h) for (x, y), (w, h) in zip(place.positions, sizes, strict=True))
    done = Picture(drawn, boxes, place, key_width, _badges(model, drawn), _bands(place), _labels(drawn, place, metrics))
    done.prepare()
    return done


def _bands(place: Layout) -> dict[int, list[Stretch]]:
    bands: dict[int, list[Stretch]] = {}
    seen: set[Stretch] = set()
    for route in place.routes:
        end = len(route) - 2
        for k, ((x0, y0), (x1, y1)) in enumerate(pairwise(route)):
            piece = Stretch(x0, y0, x1, y1, k == end)
            if piece not in seen:
                seen.add(piece)
                bands.setdefault(int(y0 // BAND), []).append(piece)
    return bands


def _labels(drawn: Diagram, place: Layout, metrics: Metrics) -> list[Label]:
    """The shapes and types written beside edges: one per tensor, where it sets out.

    A tensor whose label is that of its source's input says nothing new and stays unlabelled, so that a reader going
    down sees each change of shape. A label stands where no curve passes: right, else left, else nowhere (the card
    says the shape too).
    """
    curves: dict[float, set[tuple[float, float]]] = {}
    for route in place.routes:
        for (x0, y0), (x1, _) in pairwise(route):
            if x0 != x1:
                curves.setdefault(y0, set()).add((min(x0, x1), max(x0, x1)))
    read: dict[int, set[str]] = {}
    for edge in drawn.edges:
        read.setdefault(edge.target, set()).add(edge.label)
    out: list[Label] = []
    done: set[int] = set()
    for edge, route in zip(drawn.edges, place.routes, strict=True):
        terminal = not drawn.cards[edge.source].key  # says its shape itself
        if terminal or edge.tensor in done or not edge.label or edge.label in read.get(edge.source, ()):
            continue
        done.add(edge.tensor)
        x, y = route[1]
        width = metrics.body(edge.label) * LABEL_PX / 11
        for left in (x + 8, x - width - 8):
            if not any(a < left + width + 4 and b > left - 4 for a, b in curves.get(y, ())):
                out.append(Label(left, y + 15, edge.label, width))
                break
    return sorted(out, key=lambda label: label.y)


def _badges(model: Model, drawn: Diagram) -> dict[int, str]:
    whole = known(model)
    names = {key: node.name or "" for key, (node, _) in whole.layers.items()}
    sentences = {k: whole.marks.get(names.get(card.key, ""), ()) for k, card in enumerate(drawn.cards) if card.key}
    return {k: "\n".join(lines) for k, lines in sentences.items() if lines and names[drawn.cards[k].key]}


def _size(card: Card, metrics: Metrics, key_width: float) -> tuple[float, float]:
    head = metrics.title(card.title) + (3 * SIDE + metrics.body(card.shape) if card.shape else 2 * SIDE)
    body = max((key_width + metrics.body(value) for _, value in card.rows), default=0.0) + 3 * SIDE
    width = ceil(max(head, body if card.rows else 0.0) / _GRID) * _GRID
    height = HEADER + (len(card.rows) * ROW + 2 * PAD if card.rows else 0.0)
    return (min(max(width, _NARROW), _WIDE), height)
