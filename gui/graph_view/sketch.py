"""A model's graph as cards, open blocks and edges, made again after every edit and every opening of a block. No Qt.

Everything that reads the graph happens here; what comes out is plain data that any thread may place. It is made block
by block, and a block that neither an edit nor an opening has touched is the same object as before: so is its layout.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import onnx_ir as ir

from core.measure.cost import LayerCost
from core.model.blocks import Block as Tree
from core.model.layout_nested import Link, Part, Size
from gui.graph_view.diagram import Card, Tensor, block_card, bodies, layer_card, tensor, terminal_card
from gui.graph_view.known import Known
from gui.graph_view.membership import ROOT, Membership
from gui.graph_view.sizes import Metrics
from gui.graph_view.wiring import FEWEST, OUTSIDE, Layer, Wiring, moved

__all__ = ["FEWEST", "Area", "Sketch", "Sketcher", "flat"]


@dataclass(frozen=True, eq=False, slots=True, weakref_slot=True)
class Area(Part):
    """One open block, or the whole graph: ``drawn`` are its cards, in the order of ``cards``; ``said`` is what is
    written about the tensors in it. ``leaving`` gives the position a tensor leaves from, ``entering`` where it goes."""

    block: int = ROOT
    drawn: tuple[Card, ...] = ()
    said: Mapping[ir.Value, Tensor] = field(default_factory=dict)
    leaving: Mapping[ir.Value, int] = field(default_factory=dict)
    entering: Mapping[ir.Value, Sequence[int]] = field(default_factory=dict)


class Frame(NamedTuple):
    """What is said of an open block; ``alike``: which of how many of the same structure, (0, 0) for the only one."""

    path: str
    title: str
    layers: int
    alike: tuple[int, int]


@dataclass(frozen=True)
class Sketch:
    """What is to be placed. ``marks`` and ``wrong`` say by key of a layer what is unusual and what cannot run."""

    root: Area
    wiring: Wiring
    alike: Mapping[int, tuple[int, int]]
    opened: frozenset[int]
    marks: Mapping[str, str]
    wrong: Mapping[str, str]

    def frame(self, block: int) -> Frame:
        place = self.wiring.members.blocks[block]
        return Frame(place.path, place.title, self.wiring.totals[block].layers, self.alike.get(block, (0, 0)))

    def hider(self, key: str) -> str:
        """Path of the closed block that hides a layer; '' for one that is visible or unknown."""
        found = self.wiring.whole.layers.get(key)
        home = self.wiring.home(found[0]) if found is not None else None
        hidden = ""
        while home:
            if home not in self.opened:
                hidden = self.wiring.members.blocks[home].path
            home = self.wiring.outer[home]
        return hidden


class Missing(NamedTuple):
    """Cards of layers, items of the largest block, and blocks that have to be made: what a sketch costs, nearly."""

    cards: int
    largest: int
    blocks: int


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
    _seen: dict[ir.Node, tuple[LayerCost, Sequence[ir.Value | None]]] = field(default_factory=dict)
    _with_bodies: set[ir.Node] = field(default_factory=set)
    _areas: dict[int, Area] = field(default_factory=dict)
    _opened: frozenset[int] = frozenset()
    _wiring: Wiring | None = None
    _alike: dict[int, tuple[int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self._seen:
            self._seen = {node: (cost, node.inputs) for node, cost in self.whole.layers.values()}
            self._with_bodies = {node for node in self._seen if bodies(node)}
            self._alike = self.members.alike()

    def fork(self) -> Sketcher:
        """Another one with the same memory, for use in another thread."""
        return Sketcher(
            self.whole, self.members.copy(), self.metrics, dict(self._layers), dict(self._ends), dict(self._blocks),
            dict(self._said), dict(self._seen), set(self._with_bodies), dict(self._areas), self._opened, None,
            dict(self._alike),
        )  # fmt: skip

    @property
    def wiring(self) -> Wiring:
        if self._wiring is None:
            self._wiring = Wiring(self.whole, self.members, self._with_bodies, self._seen)
        return self._wiring

    # edits --------------------------------------------------------------------------------------------------------

    def follow(self, whole: Known) -> None:
        """The same graph after an edit."""
        seen, before = self._seen, self.wiring
        changed, new = [], 0
        for node, cost in whole.layers.values():
            was = seen.get(node)
            if was is None or was[0] is not cost or was[1] is not node.inputs:
                changed.append((node, cost))
                new += was is None
        removed: list[ir.Node] = []
        if len(seen) + new > len(whole.layers):
            here = {node for node, _ in whole.layers.values()}
            removed = [node for node in seen if node not in here]
        touched = [node for node, _ in changed] + removed
        values = {value for node in touched if node in seen for value in seen[node][1]}
        values |= {value for node in touched for value in (*node.inputs, *node.outputs)}
        known_values = [value for value in values if value is not None]
        blocks = before.touched(touched, known_values)
        homes = self.members.homes
        stale = {homes[node] for node in touched if node in homes}
        self.whole, self._with_bodies = whole, (self._with_bodies - set(removed))
        self._with_bodies |= {node for node, _ in changed if bodies(node)}
        self.members.follow(whole.nodes)
        self.members.touched(touched, whole.nodes)
        for node in removed:
            del seen[node]
            self._layers.pop(node, None)
        for node, cost in changed:
            seen[node] = (cost, node.inputs)
        stale |= {self.members.homes[node] for node, _ in changed}
        self._wiring = Wiring(whole, self.members, self._with_bodies, seen, before, stale)
        readers = [use.node for node, _ in changed for value in node.outputs for use in value.uses()]
        now = self._wiring.touched([*(node for node, _ in changed), *readers], known_values)
        self._renew(before, blocks | now)

    def _renew(self, before: Wiring, touched: set[int]) -> None:
        """Forget what was made of blocks that the edit has touched."""
        now, alike = self.wiring, self.members.alike()
        if alike is not self._alike:
            others = {k for k, _ in alike.items() ^ self._alike.items()}
            for k in others - self._opened:  # a closed block's card says which of how many it is
                if now.nearest[k] == k:
                    touched |= now.around(k)
        self._alike = alike
        touched = touched | moved(before, now)
        now.crossings, now.kinds = before.crossings, before.kinds
        for k in touched:
            self._areas.pop(k, None)
            now.crossings.pop(k, None)
            now.kinds.pop(k, None)

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
        alike = set(twins.values())
        unlike = [node for node, _ in whole.layers.values() if node not in alike]
        held = ((twins[node], h) for node, h in self._layers.items() if node in twins)
        self._layers = {node: h._replace(inputs=node.inputs) for node, h in held}
        self.members.follow(whole.nodes)
        self.members.touched(unlike, whole.nodes)
        self.whole, self._wiring, self._alike = whole, None, self.members.alike()
        self._seen = {node: (cost, node.inputs) for node, cost in whole.layers.values()}
        self._with_bodies = {node for node in self._seen if bodies(node)}
        for memory in (self._ends, self._said, self._areas):
            memory.clear()
        return True

    # sketches -----------------------------------------------------------------------------------------------------

    def missing(self, opened: Collection[str]) -> Missing:
        """What a sketch with these blocks open has to make that is not remembered."""
        self._turn(opened)
        cards = largest = blocks = 0
        waiting = [ROOT]
        while waiting:
            block = waiting.pop()
            if block in self._areas:
                continue
            layers, inner = self.wiring.layers(block), self.wiring.inner.get(block, [])
            cards += sum(1 for layer in layers if layer.node not in self._layers)
            largest = max(largest, len(layers) + len(inner))
            blocks += 1
            waiting += [k for k in inner if k in self._opened]
        return Missing(cards, largest, blocks)

    def sketch(self, opened: Collection[str]) -> Sketch:
        """The graph with these blocks open (by path), all others closed."""
        self._turn(opened)
        marks = {}
        if self.whole.marks:
            for key, (node, _) in self.whole.layers.items():
                lines = self.whole.marks.get(node.name or "", ())
                if lines:
                    marks[key] = "\n".join(lines)
        return Sketch(self._area(ROOT), self.wiring, self._alike, self._opened, marks, self.whole.wrong)

    def _turn(self, opened: Collection[str]) -> None:
        """Forget the blocks around those that are opened and closed now."""
        number = self.members.number
        now = frozenset(number[path] for path in opened if path in number)
        for block in now ^ self._opened:
            for k in self.wiring.around(block):
                self._areas.pop(k, None)
        self._opened = now

    def _area(self, block: int) -> Area:
        found = self._areas.get(block)
        if found is None:
            found = self._areas[block] = _Draft(self, block).area()
        return found

    def inner(self, block: int) -> tuple[Card | None, Size | Area]:
        """A block inside another: its card and its size, or, where it is open, its own content."""
        if block in self._opened:
            return None, self._area(block)
        held = self._block(block)
        return held.card, held.size

    # cards, from memory where nothing changed ---------------------------------------------------------------------

    def layer(self, layer: Layer) -> tuple[Card, Size]:
        _, key, node, cost = layer
        held = self._layers.get(node)
        if held is None or held.cost is not cost or held.inputs is not node.inputs or held.key != key:
            card = layer_card(node, key, self.whole.facts, self.whole.hidden, cost)
            held = self._layers[node] = _Held(cost, node.inputs, key, card, self.metrics.card(card))
        return held.card, held.size

    def end(self, value: ir.Value, kind: str) -> tuple[Card, Size]:
        card = terminal_card(value, self.whole.facts, kind)
        held = self._ends.get(value)
        if held is None or held.card != card:
            held = self._ends[value] = _Held(None, None, None, card, self.metrics.card(card))
        return held.card, held.size

    def _block(self, block: int) -> _Held:
        totals, alike = self.wiring.totals[block], self._alike.get(block, (0, 0))
        kinds = self.wiring.count(block)
        made_from = (totals.layers, totals.params, totals.macs, totals.weight_bytes, alike, tuple(kinds.items()))
        held = self._blocks.get(block)
        if held is None or held.key != made_from:
            place = self.members.blocks[block]
            card = block_card(place.path, place.title, totals, kinds, alike)
            held = self._blocks[block] = _Held(None, None, made_from, card, self.metrics.card(card))
        return held

    def said(self, value: ir.Value) -> Tensor:
        facts, name = self.whole.facts, value.name or ""
        shape, dtype = facts.shapes.get(name), facts.dtypes.get(name)
        made_from = (name, shape if shape is not None else str(value.shape), dtype or value.dtype)
        held = self._said.get(value)
        if held is None or held[0] != made_from:
            held = self._said[value] = (made_from, tensor(value, self.whole.facts))
        return held[1]


class _Draft:
    """The content of one block in the making."""

    def __init__(self, source: Sketcher, block: int) -> None:
        self._source, self._wiring, self._block = source, source.wiring, block
        self._items: list[Size | Part] = []
        self._drawn: list[Card] = []
        self._at: dict[object, int] = {}  # position of a layer's node, of a block inside, of an input of the graph
        self._links: dict[Link, None] = {}

    def area(self) -> Area:
        wiring, block = self._wiring, self._block
        if block == ROOT:
            for value in wiring.inputs:
                self._put(value, *self._source.end(value, "Input"))
        inner = [(wiring.first[k], k, None) for k in wiring.inner.get(block, ())]
        every = sorted([*inner, *((layer.at, -1, layer) for layer in wiring.layers(block))], key=lambda e: e[0])
        for _, k, layer in every:
            if layer is not None:
                self._put(layer.node, *self._source.layer(layer))
            else:
                self._put(k, *self._source.inner(k))
        for _, k, layer in every:
            to = self._at[layer.node if layer is not None else k]
            for read in wiring.read(layer.node) if layer is not None else wiring.crossing(k).enters:
                if read is not None:
                    self._lead(read, to)
        if block == ROOT:
            for output in wiring.outputs:
                card, size = self._source.end(output, "Output")
                self._lead(output, self._put(None, card, size))
        else:
            for value in wiring.crossing(block).leaves:
                self._links[self._maker(value), None, value] = None
        return self._made()

    def _put(self, what: object, card: Card | None, item: Size | Part) -> int:
        self._at[what] = position = len(self._items)
        self._items.append(item)
        if card is not None:
            self._drawn.append(card)
        return position

    def _lead(self, value: ir.Value, to: int) -> None:
        """A tensor to the item that reads it; from the border where it is made outside, from nowhere if constant."""
        home = self._wiring.made(value)
        if home is None:
            return
        if self._block != ROOT and not self._wiring.within(self._block, home):
            self._links[None, to, value] = None
            return
        source = self._maker(value)
        if source != to:
            self._links[source, to, value] = None

    def _maker(self, value: ir.Value) -> int:
        home = self._wiring.made(value)
        if home == OUTSIDE:
            return self._at[value]
        if home == self._block or home is None:
            return self._at[value.producer()]
        return self._at[self._wiring.towards(self._block, home)]

    def _made(self) -> Area:
        source, block = self._source, self._block
        leaving: dict[ir.Value, int] = {}
        entering: dict[ir.Value, list[int]] = {}
        said: dict[ir.Value, Tensor] = {}
        for a, b, value in self._links:
            assert isinstance(value, ir.Value)
            said[value] = source.said(value)
            if a is None and b is not None:
                entering.setdefault(value, []).append(b)
            elif a is not None and b is None:
                leaving[value] = a
        width = source.metrics.frame(source.members.blocks[block].title) if block != ROOT else 0.0
        return Area(
            tuple(self._items), tuple(self._links), width,
            block=block, drawn=tuple(self._drawn), said=said, leaving=leaving, entering=entering,
        )  # fmt: skip


def flat(whole: Known) -> Membership:
    """A graph without blocks."""
    return Membership(whole.nodes, Tree("", "", tuple(range(len(whole.nodes)))))
