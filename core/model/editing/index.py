"""What a draft looks up, kept up to date change by change: layers and tensors by name, and the order of the layers."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from itertools import chain
from typing import Any

import onnx_ir as ir

from core.model.model import layer_name

_GAP = 1 << 20  # between the places of neighbours


class Order:
    """Which layer stands before which; layers come and go at constant cost."""

    def __init__(self, nodes: Iterable[ir.Node]) -> None:
        self._previous: dict[ir.Node, ir.Node | None] = {}
        self._next: dict[ir.Node | None, ir.Node | None] = {None: None}
        self._place: dict[ir.Node, int] = {}
        last: ir.Node | None = None
        for k, node in enumerate(nodes, start=1):
            self._place[node], self._previous[node], self._next[last] = k * _GAP, last, node
            last = node
        self._next[last] = None

    def __contains__(self, node: ir.Node) -> bool:
        return node in self._place

    def place(self, node: ir.Node) -> int:
        """Larger behind, smaller before; the number itself means nothing and changes."""
        return self._place[node]

    def find(self, node: ir.Node) -> int | None:
        """The same; None for a node that is no layer of the graph."""
        return self._place.get(node)

    def previous(self, node: ir.Node) -> ir.Node | None:
        """The layer before it in the file; None for the first."""
        return self._previous[node]

    def insert(self, node: ir.Node, after: ir.Node | None) -> None:
        """A layer behind another one (None: at the front)."""
        behind = self._next.get(after)
        low = self._place[after] if after is not None else 0
        high = self._place[behind] if behind is not None else low + 2 * _GAP
        self._previous[node], self._next[after], self._next[node] = after, node, behind
        if behind is not None:
            self._previous[behind] = node
        self._place[node] = (low + high) // 2
        if high - low < 2:
            self._spread_out()

    def remove(self, node: ir.Node) -> None:
        """A layer is gone."""
        before, behind = self._previous.pop(node), self._next.pop(node)
        self._next[before] = behind
        if behind is not None:
            self._previous[behind] = before
        del self._place[node]

    def _spread_out(self) -> None:
        node, k = self._next[None], 1
        while node is not None:
            self._place[node] = k * _GAP
            node, k = self._next[node], k + 1


class Index:
    """The tables of one graph; each is built when it is first asked for."""

    def __init__(self, graph: ir.Graph) -> None:
        self._graph = graph
        self._ambiguous = False  # whether two things of one kind have one name

    @cached_property
    def order(self) -> Order:
        return Order(self._graph)

    @cached_property
    def layers(self) -> dict[str, ir.Node]:
        """By name; of several with one name the first."""
        known: dict[str, ir.Node] = {}
        for node in self._graph:
            self._enter(known, layer_name(node), node)
        return known

    @cached_property
    def tensors(self) -> dict[str, ir.Value]:
        """Every named value, those inside bodies included; of several with one name one of the graph itself."""
        known: dict[str, ir.Value] = {}
        bodies = [self._graph, *(g for n in self._graph if has_body(n) for g in bodies_of(n))]
        for body in bodies:
            for value in chain(dict.fromkeys((*body.inputs, *body.initializers.values())), _made(body)):
                if value.name:
                    self._enter(known, value.name, value)
        return known

    def owner(self, node: ir.Node) -> ir.Node:
        """The layer of the graph in whose body a node stands; itself where it stands in none."""
        if node.graph is self._graph or node.graph is None:
            return node
        for layer in self._graph:
            if has_body(layer) and any(node.graph is body for body in bodies_of(layer)):
                return layer
        return node

    def added(self, node: ir.Node, after: ir.Node | None) -> None:
        """A layer was put in."""
        if "order" in self.__dict__:
            self.order.insert(node, after)
        self._put("layers", layer_name(node), node)
        for value in node.outputs:
            self.value_added(value)
        if has_body(node):
            self.__dict__.pop("tensors", None)

    def removed(self, node: ir.Node) -> None:
        """A layer was taken out."""
        if "order" in self.__dict__:
            self.order.remove(node)
        self._drop("layers", layer_name(node), node)
        for value in node.outputs:
            self.value_removed(value)
        if has_body(node):
            self.__dict__.pop("tensors", None)

    def layer_renamed(self, node: ir.Node, old: str) -> None:
        """A layer was called ``old``."""
        self._drop("layers", old, node)
        self._put("layers", layer_name(node), node)

    def value_renamed(self, value: ir.Value, old: str) -> None:
        """A value was called ``old``; a layer without a name is called after its first output."""
        self._drop("tensors", old, value)
        self.value_added(value)
        maker = value.producer()
        if maker is not None and not maker.name:
            self.layer_renamed(maker, old)

    def value_added(self, value: ir.Value) -> None:
        if value.name:
            self._put("tensors", value.name, value)

    def value_removed(self, value: ir.Value) -> None:
        self._drop("tensors", value.name or "", value)

    def _enter(self, known: dict[str, Any], name: str, thing: ir.Node | ir.Value) -> None:
        if known.setdefault(name, thing) is not thing:
            self._ambiguous = True

    def _put(self, table: str, name: str, thing: ir.Node | ir.Value) -> None:
        known = self.__dict__.get(table)
        if known is not None and known.setdefault(name, thing) is not thing:
            del self.__dict__[table]  # two of one name: which comes first is found when it is asked for

    def _drop(self, table: str, name: str, thing: ir.Node | ir.Value) -> None:
        known = self.__dict__.get(table)
        if known is None:
            return
        if self._ambiguous:
            del self.__dict__[table]
        elif known.get(name) is thing:
            del known[name]


def _made(graph: ir.Graph) -> Iterable[ir.Value]:
    return (o for n in graph for o in n.outputs)


def has_body(node: ir.Node) -> bool:
    return any(a.type in (ir.AttributeType.GRAPH, ir.AttributeType.GRAPHS) for a in node.attributes.values())


def bodies_of(node: ir.Node) -> Iterable[ir.Graph]:
    """The graphs inside a layer, and those inside them."""
    for attribute in node.attributes.values():
        graphs = [attribute.as_graph()] if attribute.type == ir.AttributeType.GRAPH else []
        graphs += attribute.as_graphs() if attribute.type == ir.AttributeType.GRAPHS else []
        for graph in graphs:
            yield graph
            yield from (g for n in graph if has_body(n) for g in bodies_of(n))
