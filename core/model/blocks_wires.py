"""The nodes of a graph as numbers: who feeds whom, and what each is, for finding blocks quickly."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import onnx_ir as ir

from core.errors import UserError
from core.model.model import Model, layer_name

_TYPES = ir.AttributeType
_PLAIN = {_TYPES.INT, _TYPES.FLOAT, _TYPES.STRING, _TYPES.INTS, _TYPES.FLOATS, _TYPES.STRINGS}


@dataclass(frozen=True, slots=True)
class Wires:
    """Nodes by their position in the file.

    ``reads[k]`` are the producers of node k's inputs, in order, -1 for what no node makes; ``feeds[k]`` its consumers.
    ``kinds[k]`` is equal for nodes of the same operator, attributes and weight shapes, in every graph of this process.
    """

    nodes: tuple[ir.Node, ...]
    reads: tuple[tuple[int, ...], ...]
    feeds: tuple[tuple[int, ...], ...]
    kinds: tuple[int, ...]


def wires(model: Model) -> Wires:
    """Read a model's graph. What the bodies of If and Loop use from outside counts as read by their node."""
    nodes = tuple(model.nodes())
    position = {id(node): k for k, node in enumerate(nodes)}
    reads: list[tuple[int, ...]] = []
    feeds: list[list[int]] = [[] for _ in nodes]
    kinds = []
    for k, node in enumerate(nodes):
        producers = tuple(producer(value, position) for value in read(node))
        reads.append(producers)
        for source in dict.fromkeys(producers):
            if source >= 0:
                feeds[source].append(k)
        kinds.append(kind(node))
    return Wires(nodes, tuple(reads), tuple(map(tuple, feeds)), tuple(kinds))


def producer(value: ir.Value | None, position: dict[int, int], outside: dict[int, int] | None = None) -> int:
    """The position of the node that makes a value; -1 for what no node makes.

    A node without a position is -1 too, or a number of its own below where ``outside`` collects them.
    """
    maker = value.producer() if value is not None else None
    if maker is None or outside is None:
        return position.get(id(maker), -1)
    return position[id(maker)] if id(maker) in position else -2 - outside.setdefault(id(maker), len(outside))


def read(node: ir.Node) -> Iterator[ir.Value | None]:
    """What a node reads, the outer values used by its bodies (If, Loop) included."""
    yield from node.inputs
    for attribute in node.attributes.values():
        if attribute.type == ir.AttributeType.GRAPH and not attribute.is_ref():
            for inner in ir.traversal.RecursiveGraphIterator(attribute.as_graph()):
                yield from inner.inputs


def kind(node: ir.Node) -> int:
    """Equal for nodes of the same operator, attributes and weight shapes."""
    attributes = sorted((name, _said(attribute)) for name, attribute in node.attributes.items())
    stored = tuple(_stored(value) for value in node.inputs)
    return hash((node.domain, node.op_type, node.overload, tuple(attributes), stored, len(node.outputs)))


def _said(attribute: ir.Attr) -> str:
    """An attribute as text; of tensors the shape and type, for weights differ where structure does not."""
    if attribute.is_ref():
        return f"@{attribute.ref_attr_name}"
    if attribute.type == ir.AttributeType.TENSOR:
        tensor = attribute.as_tensor()
        return f"{tensor.dtype} {tensor.shape}"
    if attribute.type == ir.AttributeType.GRAPH:
        return " ".join(inner.op_type for inner in ir.traversal.RecursiveGraphIterator(attribute.as_graph()))
    return f"{attribute.type} {attribute.value}" if attribute.type in _PLAIN else str(attribute.type)


def _stored(value: ir.Value | None) -> str:
    if value is None:
        return "none"
    return "" if value.const_value is None else f"{value.const_value.dtype} {value.const_value.shape}"


def sticky_order(of: Wires, nodes: Iterable[int], group: dict[int, int]) -> list[int]:
    """A topological order of ``nodes`` that stays in one group as long as it can, else takes the first in the file.

    Nodes that ``group`` does not name are groups of their own. Raises UserError for a cycle.
    """
    members = set(nodes)
    waiting = {k: sum(1 for source in set(of.reads[k]) if source in members) for k in members}
    ready: dict[int, list[int]] = {}
    heads: list[int] = []

    def release(k: int) -> None:
        heapq.heappush(ready.setdefault(group.get(k, -1 - k), []), k)
        heapq.heappush(heads, k)

    for k in sorted(members):
        if not waiting[k]:
            release(k)
    out: list[int] = []
    done: set[int] = set()
    while heads:
        first = heapq.heappop(heads)
        here = ready[group.get(first, -1 - first)] if first not in done else []
        while here:
            k = heapq.heappop(here)
            out.append(k)
            done.add(k)
            for target in of.feeds[k]:
                if target in members:
                    waiting[target] -= 1
                    if not waiting[target]:
                        release(target)
    if len(out) < len(members):
        stuck = min(members - done)
        raise UserError(f"The graph has a cycle through layer '{layer_name(of.nodes[stuck])}'.")
    return out


def runs(order: Sequence[int], group: dict[int, int]) -> list[list[int]]:
    """The order cut where the group changes; a node without a group is a run of its own."""
    out: list[list[int]] = []
    last: int | None = None
    for k in order:
        here = group.get(k)
        if out and here is not None and here == last:
            out[-1].append(k)
        else:
            out.append([k])
        last = here
    return out
