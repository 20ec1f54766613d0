"""A model's graph as cards, open blocks and edges, made again after every edit and every opening of a block. No Qt.

Everything that reads the graph happens here; what comes out is plain data that any thread may place. What an edit has
not touched is taken from memory: cards by layer, words on tensors by value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import NamedTuple

import onnx_ir as ir

from core.measure.cost import LayerCost
from core.model.blocks import Block as Tree
from core.model.layout_nested import Group, Size
from core.model.model import real_inputs
from gui.graph_view.captions import Row
from gui.graph_view.diagram import (
    Card,
    Tensor,
    Totals,
    block_card,
    bodies,
    layer_card,
    read,
    summed,
    tensor,
    terminal_card,
)
from gui.graph_view.known import Known
from gui.graph_view.membership import Membership
from gui.words import counted, tr

HEADER, ROW, PAD, SIDE = 24.0, 16.0, 6.0, 10.0
_NARROW, _WIDE, _GRID = 208.0, 336.0, 16.0
FEWEST = 4  # layers of a block that is worth a border: convolution, normalization and activation are not
_CHEVRON, _BESIDE, _LONGEST_TITLE = 20.0, 36.0, 160.0


@dataclass(frozen=True, slots=True)
class Metrics:
    """Widths of characters in the bold title font and in the plain one; an unknown character is as wide as 'M'."""

    bold: Mapping[str, float]
    plain: Mapping[str, float]

    def title(self, text: str) -> float:
        return sum([self.bold.get(c, self.bold["M"]) for c in text])

    def body(self, text: str) -> float:
        return sum([self.plain.get(c, self.plain["M"]) for c in text])

    def value_x(self, rows: tuple[Row, ...]) -> float:
        """Where the values of a card's rows begin: the same on all cards, unless a key is unusually long."""
        return 2 * SIDE + max([self.body("weights"), *(self.body(key) for key, _ in rows)])


class Block(NamedTuple):
    """An open block: ``group`` is its number among the layout's groups, ``depth`` 1 for those directly in the graph."""

    path: str
    title: str
    depth: int
    group: int
    layers: int
    alike: tuple[int, int]


@dataclass(frozen=True)
class Sketch:
    """What is to be placed. ``cards`` stand in the file's order, inputs first and outputs last.

    ``frames`` are the open blocks. ``marks`` and ``wrong`` say by card what is unusual and what cannot run. ``inside``
    gives the card of each layer that a closed block hides, ``paths`` the block around every card ('' for none).
    """

    cards: tuple[Card, ...]
    sizes: tuple[Size, ...]
    edges: tuple[tuple[int, int], ...]
    tensors: tuple[int, ...]
    said: tuple[Tensor, ...]
    groups: tuple[Group, ...]
    frames: tuple[Block, ...]
    marks: Mapping[int, str]
    wrong: Mapping[int, str]
    inside: Callable[[], dict[str, int]]


class _Held(NamedTuple):
    """A card that was made before, and what it was made from."""

    cost: object
    inputs: object
    key: object
    card: Card
    size: Size


@dataclass
class Sketcher:
    """Makes sketches of one graph. ``members`` may have no blocks: then the graph is drawn flat."""

    whole: Known
    members: Membership
    metrics: Metrics
    _layers: dict[ir.Node, _Held] = field(default_factory=dict)
    _ends: dict[ir.Value, _Held] = field(default_factory=dict)
    _blocks: dict[int, _Held] = field(default_factory=dict)
    _said: dict[ir.Value, tuple[object, Tensor]] = field(default_factory=dict)
    _seen: dict[ir.Node, tuple[LayerCost, object]] = field(default_factory=dict)
    with_bodies: set[ir.Node] = field(default_factory=set)

    def __post_init__(self) -> None:
        if not self._seen:
            self._seen = {node: (cost, node.inputs) for node, cost in self.whole.layers.values()}
            self.with_bodies = {node for node in self._seen if bodies(node)}

    def fork(self) -> Sketcher:
        """Another one with the same memory, for use in another thread."""
        return Sketcher(
            self.whole, self.members.copy(), self.metrics, dict(self._layers), dict(self._ends), dict(self._blocks),
            dict(self._said), dict(self._seen), set(self.with_bodies),
        )  # fmt: skip

    def follow(self, whole: Known) -> None:
        """The same graph after an edit."""
        seen: dict[ir.Node, tuple[LayerCost, object]]
        seen = {node: (cost, node.inputs) for node, cost in whole.layers.values()}
        before = self._seen
        changed = [node for node, now in seen.items() if not _same(before.get(node), now)]
        self.whole, self._seen = whole, seen
        self.with_bodies |= {node for node in changed if bodies(node)}
        self.members.follow(whole.nodes)
        self.members.touched(changed, whole.nodes)
        if len(self._layers) > 2 * len(seen) + 1000:
            self._layers = {node: held for node, held in self._layers.items() if node in seen}

    def adopt(self, whole: Known) -> bool:
        """Go on with a copy of the graph, perhaps after an edit, where nearly all of what is known was taken along.

        False, and nothing happened, where it was not.
        """
        before = self.whole.layers
        twins: dict[ir.Node, ir.Node] = {}
        for key, (node, cost) in whole.layers.items():
            if key in before and before[key][1] is cost:
                twins[before[key][0]] = node
        if len(twins) < 0.9 * len(whole.layers):
            return False
        homes, by_name = self.members.homes, {node.name: node for node in self.whole.nodes}
        old = ((node, by_name.get(node.name)) for node in whole.nodes)
        self.members.homes = {node: homes[was] for node, was in old if was is not None}
        held = ((twins[node], h) for node, h in self._layers.items() if node in twins)
        self._layers = {node: h._replace(inputs=node.inputs) for node, h in held}
        self._seen = {node: (whole.layers[key][1], node.inputs) for key, node in self._by_key(twins, whole)}
        self._ends.clear()
        self._said.clear()
        self.with_bodies = set()
        self.follow(whole)
        return True

    @staticmethod
    def _by_key(twins: Mapping[ir.Node, ir.Node], whole: Known) -> Iterator[tuple[str, ir.Node]]:
        taken = set(twins.values())
        return ((key, node) for key, (node, _) in whole.layers.items() if node in taken)

    def draft(self, opened: Collection[str]) -> Draft:
        """Begin a sketch with these blocks open (by path), all others closed."""
        return Draft(self, opened)

    def sketch(self, opened: Collection[str]) -> Sketch:
        """The graph with these blocks open (by path), all others closed."""
        return Draft(self, opened).done()

    # cards, from memory where nothing changed ---------------------------------------------------------------------

    def holds(self, node: ir.Node) -> bool:
        return node in self._layers

    def layer(self, node: ir.Node, key: str, cost: LayerCost) -> _Held:
        held = self._layers.get(node)
        if held is None or held.cost is not cost or held.inputs is not node.inputs or held.key != key:
            card = layer_card(node, key, self.whole.facts, self.whole.hidden, cost)
            held = self._layers[node] = _Held(cost, node.inputs, key, card, self._size(card))
        return held

    def end(self, value: ir.Value, kind: str) -> _Held:
        card = terminal_card(value, self.whole.facts, kind)
        held = self._ends.get(value)
        if held is None or held.card != card:
            held = self._ends[value] = _Held(None, None, None, card, self._size(card))
        return held

    def block(self, number: int, totals: Totals, kinds: Mapping[str, int], alike: tuple[int, int]) -> _Held:
        made_from = (totals.layers, totals.params, totals.macs, totals.weight_bytes, alike, tuple(kinds.items()))
        held = self._blocks.get(number)
        if held is None or held.key != made_from:
            place = self.members.blocks[number]
            card = block_card(place.path, place.title, totals, kinds, alike)
            held = self._blocks[number] = _Held(None, None, made_from, card, self._size(card))
        return held

    def said(self, value: ir.Value) -> Tensor:
        made_from = (value.name, self.whole.facts.shapes.get(value.name or ""))
        held = self._said.get(value)
        if held is None or held[0] != made_from:
            held = self._said[value] = (made_from, tensor(value, self.whole.facts))
        return held[1]

    def title_width(self, title: str) -> float:
        """The least width of the frame of an open block, so that its title stands left of what enters in the middle."""
        return 2 * (min(self.metrics.title(title), _LONGEST_TITLE) + _BESIDE)

    def _size(self, card: Card) -> Size:
        head = self.metrics.title(card.title) + (3 * SIDE + self.metrics.body(card.shape) if card.shape else 2 * SIDE)
        if card.block:
            head += _CHEVRON
        body = 0.0
        if card.rows:
            body = self.metrics.value_x(card.rows) + max(self.metrics.body(v) for _, v in card.rows) + SIDE
        width = ceil(max(head, body) / _GRID) * _GRID
        height = HEADER + (len(card.rows) * ROW + 2 * PAD if card.rows else 0.0)
        return (min(max(width, _NARROW), _WIDE), height)


def _same(before: tuple[LayerCost, object] | None, now: tuple[LayerCost, object]) -> bool:
    return before is not None and before[1] is now[1] and (before[0] is now[0] or before[0] == now[0])


class Draft:
    """One sketch in the making."""

    def __init__(self, source: Sketcher, opened: Collection[str]) -> None:
        self._source, self._whole, self._members = source, source.whole, source.members
        self._cards: list[Card] = []
        self._sizes: list[Size] = []
        self._homes: list[int] = []  # group of each card
        self._groups: list[tuple[int | None, float]] = [(None, 0.0)]
        self._frames: list[Block] = []
        self._card_of: dict[ir.Node, int] = {}
        self._closed: dict[int, int] = {}  # number of a closed block -> its card
        self._totals = self._sum()
        self._alike = self._members.alike()
        self._group_of, self._closed_in = self._open(opened)

    def _sum(self) -> list[Totals]:
        homes = self._members.homes
        own = [Totals() for _ in self._members.blocks]
        for node, cost in self._whole.layers.values():
            own[homes[node]].add(1, cost.params, cost.macs, cost.weight_bytes)
        return summed(own, [block.parent for block in self._members.blocks])

    def _open(self, opened: Collection[str]) -> tuple[list[int], list[int]]:
        """For each block the group that its layers stand in, and the closed block that hides them (-1 for none)."""
        blocks, totals = self._members.blocks, self._totals
        group_of, closed_in = [0] * len(blocks), [-1] * len(blocks)
        depth = [0]
        for k in range(1, len(blocks)):
            block = blocks[k]
            group, closed_in[k] = group_of[block.parent], closed_in[block.parent]
            group_of[k] = group
            layers = totals[k].layers
            if closed_in[k] >= 0 or layers < FEWEST or layers == totals[block.parent].layers:
                continue  # hidden, or not worth a border of its own
            if block.path not in opened:
                closed_in[k] = k
                continue
            group_of[k] = len(self._groups)
            self._groups.append((group, self._source.title_width(block.title)))
            depth.append(depth[group] + 1)
            alike = self._alike.get(k, (0, 0))
            self._frames.append(Block(block.path, block.title, depth[-1], group_of[k], layers, alike))
        return group_of, closed_in

    def missing(self) -> int:
        """How many cards the sketch has to make anew: what it costs, nearly."""
        homes, held = self._members.homes, self._source.holds
        every = self._whole.layers.values()
        return sum(1 for node, _ in every if self._closed_in[homes[node]] < 0 and not held(node))

    def done(self) -> Sketch:
        whole, source = self._whole, self._source
        made: dict[ir.Value, int] = {}
        for value in real_inputs(whole.model.graph):
            made[value] = self._stand(source.end(value, "Input"), 0)
        self._place_layers()
        outputs = [(value, self._stand(source.end(value, "Output"), 0)) for value in whole.model.graph.graph.outputs]
        edges, tensors, said = self._edges(made, outputs)
        members: list[list[int]] = [[] for _ in self._groups]
        for card, home in enumerate(self._homes):
            members[home].append(card)
        groups = tuple(Group(p, tuple(m), w) for (p, w), m in zip(self._groups, members, strict=True))
        marks, wrong = self._marks()
        return Sketch(
            tuple(self._cards), tuple(self._sizes), edges, tensors, said, groups, tuple(self._frames), marks, wrong,
            self._inside,
        )  # fmt: skip

    def _stand(self, held: _Held, group: int) -> int:
        self._cards.append(held.card)
        self._sizes.append(held.size)
        self._homes.append(group)
        return len(self._cards) - 1

    def _place_layers(self) -> None:
        homes, source, blocks = self._members.homes, self._source, self._members.blocks
        kinds: dict[int, Counter[str]] = {}
        for node, _ in self._whole.layers.values():
            closed = self._closed_in[homes[node]]
            if closed >= 0:
                kinds.setdefault(closed, Counter())[node.op_type] += 1
        for key, (node, cost) in self._whole.layers.items():
            home = homes[node]
            closed = self._closed_in[home]
            if closed < 0:
                self._card_of[node] = self._stand(source.layer(node, key, cost), self._group_of[home])
                continue
            if closed not in self._closed:
                held = source.block(closed, self._totals[closed], kinds[closed], self._alike.get(closed, (0, 0)))
                self._closed[closed] = self._stand(held, self._group_of[blocks[closed].parent])
            self._card_of[node] = self._closed[closed]

    def _edges(
        self, made: dict[ir.Value, int], outputs: list[tuple[ir.Value, int]]
    ) -> tuple[tuple[tuple[int, int], ...], tuple[int, ...], tuple[Tensor, ...]]:
        card_of, with_bodies = self._card_of, self._source.with_bodies
        found: dict[tuple[int, int, ir.Value], None] = {}
        for node, target in card_of.items():
            for value in read(node) if node in with_bodies else node.inputs:
                if value is None:
                    continue
                maker = value.producer()
                source = made.get(value) if maker is None else card_of.get(maker)
                if source is not None and source != target:
                    found[source, target, value] = None
        for value, target in outputs:
            maker = value.producer()
            source = made.get(value) if maker is None else card_of.get(maker)
            if source is not None:
                found[source, target, value] = None
        numbers: dict[ir.Value, int] = {}
        tensors = tuple([numbers.setdefault(value, len(numbers)) for _, _, value in found])
        said = tuple([self._source.said(value) for value in numbers])
        return tuple([link[:2] for link in found]), tensors, said

    def _marks(self) -> tuple[dict[int, str], dict[int, str]]:
        """What is to be said of cards; a closed block says it of what it hides."""
        of_layer: dict[int, list[tuple[str, str]]] = {}
        wrong: dict[int, list[tuple[str, str]]] = {}
        notes, problems = self._whole.marks, self._whole.wrong
        if not notes and not problems:
            return {}, {}
        for key, (node, _) in self._whole.layers.items():
            lines = notes.get(node.name or "", ())
            if lines:
                of_layer.setdefault(self._card_of[node], []).append((key, "\n".join(lines)))
            if key in problems:
                wrong.setdefault(self._card_of[node], []).append((key, problems[key]))
        return self._in_words(of_layer), self._in_words(wrong)

    def _in_words(self, found: Mapping[int, list[tuple[str, str]]]) -> dict[int, str]:
        out = {}
        for card, lines in found.items():
            first = lines[0][1]
            if self._cards[card].block:
                first = tr("{layer}: {sentence}", layer=lines[0][0], sentence=first)
                if len(lines) > 1:
                    first += "\n" + counted(len(lines) - 1, "and {n} more inside", "and {n} more inside")
            out[card] = first
        return out

    def _inside(self) -> dict[str, int]:
        cards = self._cards
        every = self._whole.layers.items()
        return {key: self._card_of[node] for key, (node, _) in every if cards[self._card_of[node]].block}


def flat(whole: Known) -> Membership:
    """A graph without blocks."""
    return Membership(whole.nodes, Tree("", "", tuple(range(len(whole.nodes)))))
