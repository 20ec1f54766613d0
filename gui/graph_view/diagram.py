"""A model as cards and edges, before anything is placed or drawn. No Qt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import onnx_ir as ir

from core.model.facts import Facts
from core.model.model import Model, real_inputs
from gui.graph_view.captions import Row, category, rows
from gui.graph_view.known import Known, dtype_of, known, shape_of, times


@dataclass(frozen=True, slots=True)
class Card:
    """One card. ``key`` identifies the layer; it is '' for the inputs and outputs of the graph.

    ``shape`` is the output's without the batch axis; ``tip`` is the whole story for the tooltip.
    """

    key: str
    title: str
    category: str
    rows: tuple[Row, ...] = ()
    shape: str = ""
    tip: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """A tensor on its way from one card to another (positions in ``Diagram.cards``); ``name`` is the tensor's.

    ``dtype`` is numpy's name, '' where unknown.
    """

    source: int
    target: int
    tensor: int
    shape: str
    name: str = ""
    dtype: str = ""

    @property
    def label(self) -> str:
        """What is written beside it: the shape, and the type where it is not the usual one."""
        return self.shape if self.dtype in ("", "float32") else f"{self.shape} {self.dtype}".strip()


@dataclass(frozen=True, slots=True)
class Diagram:
    """Cards in the file's order, inputs first and outputs last, and the tensors between them."""

    cards: tuple[Card, ...]
    edges: tuple[Edge, ...]


def diagram(model: Model) -> Diagram:
    """The graph of a model as a reader wants it: constants and weights inside the cards that use them."""
    of_model = known(model)
    facts = of_model.facts
    graph = model.graph.graph
    cards: list[Card] = []
    made: dict[int, tuple[int, int]] = {}  # id of a value -> (card, tensor)
    edges: dict[tuple[int, int, int], Edge] = {}

    def connect(value: ir.Value | None) -> None:
        if value is not None and id(value) in made:
            source, tensor = made[id(value)]
            edge = Edge(
                source, len(cards) - 1, tensor, times(shape_of(value, facts)), value.name or "", dtype_of(value, facts)
            )
            edges.setdefault((source, edge.target, tensor), edge)

    for value in real_inputs(model.graph):
        made[id(value)] = (len(cards), len(made))
        cards.append(_terminal(value, facts, "Input"))
    for key, (node, counted) in of_model.layers.items():
        cards.append(_layer(node, key, of_model, counted.params))
        for read in _read(node):
            connect(read)
        for out in node.outputs:
            made[id(out)] = (len(cards) - 1, len(made))
    for value in graph.outputs:
        cards.append(_terminal(value, facts, "Output"))
        connect(value)
    return Diagram(tuple(cards), tuple(edges.values()))


def _terminal(value: ir.Value, facts: Facts, kind: str) -> Card:
    shape, dtype = times(shape_of(value, facts)), dtype_of(value, facts)
    return Card("", value.name or kind.lower(), "terminal", (), shape, f"{kind} {value.name}\n{dtype} {shape}".rstrip())


def _layer(node: ir.Node, key: str, of_model: Known, params: int) -> Card:
    facts = of_model.facts
    out = node.outputs[0] if node.outputs else None
    shape = shape_of(out, facts)
    brief = times(shape[1:] if shape and len(shape) > 1 else shape)
    tip = f"{key}\n{node.op_type}" + (f" of {node.domain}" if node.domain else "")
    if shape:
        tip += f"\noutput {dtype_of(out, facts)} {times(shape)}"
    return Card(key, node.op_type, category(node), rows(node, facts, of_model.hidden, params), brief, tip)


def _read(node: ir.Node) -> Iterator[ir.Value | None]:
    """What a node reads, the outer values used by its bodies (If, Loop) included."""
    yield from node.inputs
    for attribute in node.attributes.values():
        if attribute.type == ir.AttributeType.GRAPH and not attribute.is_ref():
            for inner in ir.traversal.RecursiveGraphIterator(attribute.as_graph()):
                yield from inner.inputs
