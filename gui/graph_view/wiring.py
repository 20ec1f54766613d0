"""Blocks with a border and the layers in them, as an edit leaves them: who is where, and what crosses which border.
No Qt.

Blocks too small for a border, and those that hold no more than one in them, are passed over: their layers belong to the
next block outwards.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

import onnx_ir as ir

from core.measure.cost import LayerCost
from core.model.model import real_inputs
from gui.graph_view.diagram import Totals, added, read, summed
from gui.graph_view.known import Known
from gui.graph_view.membership import ROOT, Membership

FEWEST = 4  # layers of a block that is worth a border: convolution, normalization and activation are not
OUTSIDE = -1  # where an input of the graph is made


class Layer(NamedTuple):
    """A layer, and where it is in the file."""

    at: int
    key: str
    node: ir.Node
    cost: LayerCost


class Crossing(NamedTuple):
    """What a block reads from outside, and what of it is read outside."""

    enters: tuple[ir.Value, ...]
    leaves: tuple[ir.Value, ...]


class Wiring:
    """One state of a graph.

    ``seen`` holds all layers. From the state ``before`` of the same blocks is taken what an edit cannot have changed:
    only the blocks in ``stale`` have other layers than then, or layers that cost something else.
    """

    own: list[Totals]  # of the layers that no inner block holds
    totals: list[Totals]  # of all in a block
    first: list[int]  # the first layer of each block, at any depth
    nearest: list[int]  # the block with a border that a block's layers stand in
    outer: list[int]  # of a block with a border, the one around it
    inner: dict[int, list[int]]
    _by_home: list[list[int]]
    _passed: dict[int, list[int]]

    def __init__(
        self,
        whole: Known,
        members: Membership,
        with_bodies: set[ir.Node],
        seen: Mapping[ir.Node, object],
        before: Wiring | None = None,
        stale: Collection[int] = (),
    ) -> None:
        self.whole, self.members, self.with_bodies, self._seen = whole, members, with_bodies, seen
        self.crossings: dict[int, Crossing] = {}
        self.kinds: dict[int, Counter[str]] = {}
        self._keys, self._rows = list(whole.layers), list(whole.layers.values())
        self.last = members.last
        if before is None:
            self._begin()
        else:
            self._go_on(before, stale)
        graph = whole.model.graph
        self.inputs = dict.fromkeys(real_inputs(graph))
        self.outputs = tuple(graph.graph.outputs)
        self._ends = set(self.outputs)
        self._read_in_bodies = self._outer_values()

    def _begin(self) -> None:
        """Count everything."""
        blocks = self.members.blocks
        self._put_in_blocks()
        self.own = [self._total(k) for k in range(len(blocks))]
        self.totals = summed(self.own, [block.parent for block in blocks])
        self._draw_borders()

    def _go_on(self, before: Wiring, stale: Collection[int]) -> None:
        """Take from before what only depends on blocks whose layers are the same."""
        if [row[0] for row in self._rows] == [row[0] for row in before._rows]:
            self._by_home, self.first = before._by_home, before.first
        else:
            self._put_in_blocks()
        self.own, self.totals = list(before.own), list(before.totals)
        for k in stale:
            self.own[k] = self._total(k)
        children = self.members.children
        upwards = sorted({j for k in stale for j in self.members.above(k)}, reverse=True)
        for k in upwards:  # inner ones first
            self.totals[k] = added([self.own[k], *[self.totals[j] for j in children[k]]])
        self.nearest, self.outer = before.nearest, before.outer
        self.inner, self._passed = before.inner, before._passed
        perhaps = {j for k in upwards for j in (k, *children[k])} - {ROOT}
        if any(self._bordered(k) != (before.nearest[k] == k) for k in perhaps):
            self._draw_borders()

    def _put_in_blocks(self) -> None:
        blocks, homes = self.members.blocks, self.members.homes
        by_home: list[list[int]] = [[] for _ in blocks]
        for at, (node, _) in enumerate(self._rows):
            by_home[homes[node]].append(at)
        self._by_home = by_home
        self.first = [ats[0] if ats else len(self._rows) for ats in by_home]
        for k in range(len(blocks) - 1, 0, -1):
            parent = blocks[k].parent
            self.first[parent] = min(self.first[parent], self.first[k])

    def _bordered(self, k: int) -> bool:
        layers = self.totals[k].layers
        return layers >= FEWEST and layers != self.totals[self.members.blocks[k].parent].layers

    def _draw_borders(self) -> None:
        blocks = self.members.blocks
        self.nearest, self.outer = [ROOT] * len(blocks), [ROOT] * len(blocks)
        self.inner, self._passed = {}, {}
        for k in range(1, len(blocks)):
            parent = blocks[k].parent
            if self._bordered(k):
                self.nearest[k], self.outer[k] = k, self.nearest[parent]
                self.inner.setdefault(self.nearest[parent], []).append(k)
            else:
                self.nearest[k] = self.nearest[parent]
                self._passed.setdefault(self.nearest[k], []).append(k)

    def _total(self, home: int) -> Totals:
        costs = [self._rows[at][1] for at in self._by_home[home]]
        return added([Totals(1, cost.params, cost.macs, cost.weight_bytes) for cost in costs])

    def _outer_values(self) -> dict[ir.Value, list[ir.Node]]:
        out: dict[ir.Value, list[ir.Node]] = {}
        for node in self.with_bodies:
            for value in read(node):
                if value is not None:
                    out.setdefault(value, []).append(node)
        return out

    def layers(self, block: int) -> list[Layer]:
        """The layers directly in a block with a border, in the file's order."""
        found = self._by_home[block]
        if block in self._passed:
            found = sorted(at for k in (block, *self._passed[block]) for at in self._by_home[k])
        return [Layer(at, self._keys[at], *self._rows[at]) for at in found]

    def count(self, block: int) -> Counter[str]:
        """How many layers of each operator are in a block, at any depth: those directly in it and those of each block
        in it, the first of the file first."""
        found = self.kinds.get(block)
        if found is None:
            found = self.kinds[block] = Counter()
            inner = [(self.first[k], k, "") for k in self.inner.get(block, ())]
            own = [(layer.at, -1, layer.node.op_type) for layer in self.layers(block)]
            for _, k, kind in sorted([*inner, *own]):
                if kind:
                    found[kind] += 1
                else:
                    found.update(self.count(k))
        return found

    def home(self, node: ir.Node) -> int | None:
        """The block with a border that a layer stands in; None for a node that is no layer."""
        if node not in self._seen:
            return None
        found = self.members.homes.get(node)
        return self.nearest[found] if found is not None else None

    def made(self, value: ir.Value) -> int | None:
        """Where a value is made: a block with a border, OUTSIDE for an input of the graph, None for a constant."""
        maker = value.producer()
        if maker is not None:
            return self.home(maker)
        return OUTSIDE if value in self.inputs else None

    def within(self, block: int, home: int) -> bool:
        return block <= home <= self.last[block]

    def towards(self, block: int, home: int) -> int:
        """The block directly in ``block`` that leads to ``home``; ``home`` is ``block`` or in it."""
        while home != block and self.outer[home] != block:
            home = self.outer[home]
        return home

    def read(self, node: ir.Node) -> Iterable[ir.Value | None]:
        return read(node) if node in self.with_bodies else node.inputs

    def crossing(self, block: int) -> Crossing:
        """What crosses the border of a block."""
        found = self.crossings.get(block)
        if found is None:
            found = self.crossings[block] = self._cross(block)
        return found

    def _cross(self, block: int) -> Crossing:
        inner = [self.crossing(k) for k in self.inner.get(block, ())]
        layers = self.layers(block)
        first, last = block, self.last[block]
        enters: dict[ir.Value, None] = {}
        for value in self._read_by(layers, inner):
            if value not in enters:
                home = self.made(value)
                if home is not None and not first <= home <= last:
                    enters[value] = None
        made = [value for layer in layers for value in layer.node.outputs]
        made += [value for crossing in inner for value in crossing.leaves]
        leaves = [value for value in made if self._leaves(value, first, last)]
        return Crossing(tuple(enters), tuple(leaves))

    def _read_by(self, layers: Iterable[Layer], inner: Iterable[Crossing]) -> Iterator[ir.Value]:
        for layer in layers:
            for value in self.read(layer.node):
                if value is not None:
                    yield value
        for crossing in inner:
            yield from crossing.enters

    def _leaves(self, value: ir.Value, first: int, last: int) -> bool:
        if value in self._ends:
            return True
        readers = [use.node for use in value.uses()]
        if value in self._read_in_bodies:
            readers += self._read_in_bodies[value]
        for reader in readers:
            home = self.home(reader)
            if home is not None and not first <= home <= last:
                return True
        return False

    def around(self, block: int) -> set[int]:
        """The blocks with a border around a block, the whole graph included."""
        out = {ROOT}
        at = self.outer[self.nearest[block]]
        while at not in out:
            out.add(at)
            at = self.outer[at]
        return out

    def touched(self, nodes: Iterable[ir.Node], values: Iterable[ir.Value]) -> set[int]:
        """Blocks that may look different when these layers changed, and the values they read before and now."""
        homes = {self.home(node) for node in nodes} | {self.made(value) for value in values}
        out: set[int] = {ROOT}
        for home in homes:
            at = home if home is not None and home >= 0 else ROOT
            while at not in out:
                out.add(at)
                at = self.outer[at]
        return out


def moved(before: Wiring, now: Wiring) -> set[int]:
    """Blocks that look different because one has got or lost its border, or because other tensors leave the graph.

    Layers of a block without a border stand in the next block outwards: only the blocks around it see a change.
    """
    out: set[int] = set()
    for k, (old, new) in enumerate(zip(before.nearest, now.nearest, strict=True)):
        if old != new:
            for wiring, home in ((before, old), (now, new)):
                out |= {k, home} | wiring.around(home)
    ends = set(before.outputs) ^ set(now.outputs)
    if before.outputs != now.outputs:
        out |= before.touched((), ends) | now.touched((), ends)
    return out
