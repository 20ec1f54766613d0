"""What stands on the canvas before it is placed or drawn: cards of layers, of blocks and of the graph's ends. No Qt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import onnx_ir as ir

from core.measure.cost import LayerCost
from core.model.facts import Facts
from gui.figures import count, size
from gui.graph_view.captions import Row, category, rows
from gui.graph_view.known import dtype_of, shape_of, times
from gui.words import counted, thousands, tr

_LINE = 40  # characters about the operators on a block's card


@dataclass(frozen=True, slots=True)
class Card:
    """One card. ``key`` identifies a layer, ``block`` is the path of a closed block; both are '' for the inputs and
    outputs of the graph.

    ``shape`` is the output's without the batch axis; ``tip`` is the whole story for the tooltip.
    """

    key: str
    title: str
    category: str
    rows: tuple[Row, ...] = ()
    shape: str = ""
    tip: str = ""
    block: str = ""


class Edge(NamedTuple):
    """A tensor on its way from one card to another (positions in ``Picture.cards``); ``name`` is the tensor's.

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
        return label(self.shape, self.dtype)


class Tensor(NamedTuple):
    """What is said of a tensor; ``label`` is written beside its edge."""

    name: str
    shape: str
    dtype: str
    label: str


@dataclass(slots=True)
class Totals:
    """What the layers of a block come to. ``macs`` is None where those of a layer are unknown."""

    layers: int = 0
    params: int = 0
    macs: int | None = 0
    weight_bytes: int = 0

    def add(self, layers: int, params: int, macs: int | None, weight_bytes: int) -> None:
        self.layers += layers
        self.params += params
        self.macs = None if macs is None or self.macs is None else self.macs + macs
        self.weight_bytes += weight_bytes


def label(shape: str, dtype: str) -> str:
    return shape if dtype in ("", "float32") else f"{shape} {dtype}".strip()


def tensor(value: ir.Value, facts: Facts) -> Tensor:
    shape, dtype = times(shape_of(value, facts)), dtype_of(value, facts)
    return Tensor(value.name or "", shape, dtype, label(shape, dtype))


def terminal_card(value: ir.Value, facts: Facts, kind: str) -> Card:
    """An input or output of the graph."""
    shape, dtype = times(shape_of(value, facts)), dtype_of(value, facts)
    return Card("", value.name or kind.lower(), "terminal", (), shape, f"{kind} {value.name}\n{dtype} {shape}".rstrip())


def layer_card(node: ir.Node, key: str, facts: Facts, hidden: frozenset[int], cost: LayerCost) -> Card:
    out = node.outputs[0] if node.outputs else None
    shape = shape_of(out, facts)
    brief = times(shape[1:] if shape and len(shape) > 1 else shape)
    tip = f"{key}\n{node.op_type}" + (f" of {node.domain}" if node.domain else "")
    if shape:
        tip += f"\noutput {dtype_of(out, facts)} {times(shape)}"
    return Card(key, node.op_type, category(node), rows(node, facts, hidden, cost.params), brief, tip)


def block_card(path: str, title: str, totals: Totals, kinds: Mapping[str, int], alike: tuple[int, int]) -> Card:
    """A closed block. ``alike`` is (which, of how many) blocks of the same structure; (0, 0) where it is the only one.

    Its figures are sums over its layers, counted on the graph as those are.
    """
    named = sorted(kinds.items(), key=lambda found: -found[1])
    lines = [(tr("holds"), _in_brief([f"{n} {kind}" if n > 1 else kind for kind, n in named]))]
    if alike[1]:
        lines.append((tr("alike"), tr("{k} of {n} identical", k=alike[0], n=alike[1])))
    if totals.weight_bytes:
        lines.append((tr("params"), f"{thousands(totals.params)} · {size(totals.weight_bytes)}"))
    if totals.macs:
        lines.append((tr("MACs"), count(totals.macs)))
    layers = counted(totals.layers, "{n} layer", "{n} layers")
    tip = [path, tr("Block of {layers}; double click opens it.", layers=layers)]
    tip += [f"{n} × {kind}" for kind, n in named]
    if totals.macs is None:
        tip.append(tr("The MACs of some of its layers are unknown."))
    return Card("", title, "block", tuple(lines), layers, "\n".join(tip), path)


def _in_brief(kinds: Sequence[str]) -> str:
    """As many as stand in a line, the most frequent first."""
    said = kinds[0]
    for kind in kinds[1:]:
        if len(said) + len(kind) > _LINE:
            return said + " …"
        said += f" · {kind}"
    return said


def read(node: ir.Node) -> Iterator[ir.Value | None]:
    """What a node reads, the outer values used by its bodies (If, Loop) included."""
    yield from node.inputs
    for attribute in node.attributes.values():
        if attribute.type == ir.AttributeType.GRAPH and not attribute.is_ref():
            for inner in ir.traversal.RecursiveGraphIterator(attribute.as_graph()):
                yield from inner.inputs


def bodies(node: ir.Node) -> bool:
    """Whether a node has bodies of its own."""
    return any(attribute.type == ir.AttributeType.GRAPH for attribute in node.attributes.values())


def added(every: Sequence[Totals]) -> Totals:
    """The sum of some."""
    macs = [t.macs for t in every]
    return Totals(
        sum([t.layers for t in every]),
        sum([t.params for t in every]),
        None if None in macs else sum([count or 0 for count in macs]),
        sum([t.weight_bytes for t in every]),
    )


def summed(own: Sequence[Totals], parents: Sequence[int]) -> list[Totals]:
    """Totals with those of all inner blocks; a block comes after its parent."""
    out = [Totals(t.layers, t.params, t.macs, t.weight_bytes) for t in own]
    for k in range(len(out) - 1, 0, -1):
        t = out[k]
        out[parents[k]].add(t.layers, t.params, t.macs, t.weight_bytes)
    return out
