"""Graphs that nobody needs any more, taken apart so that their memory is free at once.

A node knows its values and they know it, so a graph is one large circle that only Python's garbage collector frees, by
looking at everything there is: half a second at ten thousand layers, in which every thread stands still.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import onnx_ir as ir

_AT_ONCE = 100  # nodes: about half a millisecond


def take_apart(graph: ir.Model) -> None:
    """Free a graph of which nothing is used any more; no node, value or iterator of it may be touched afterwards.

    What other graphs share with it (tensors, attributes, shapes) stays as it is.
    """
    for _ in taking_apart(graph):
        pass


def taking_apart(graph: ir.Model) -> Iterator[None]:
    """As :func:`take_apart`, in steps of half a millisecond."""
    inner = graph.graph
    nodes = list(inner)[::-1]
    values = [*inner.inputs, *inner.outputs, *inner.initializers.values()]
    links = _links(inner)
    yield
    _forget(inner)
    _forget(graph)
    while links:
        for link in links[-_AT_ONCE:]:
            _empty(link, "prev", "next", "owning_list", "value")
        del links[-_AT_ONCE:]
        yield
    while nodes:
        for node in nodes[-_AT_ONCE:]:
            for value in node.outputs:
                _loosen(value)
            _empty(node, "_inputs", "_outputs", "_attributes", "_graph")
        del nodes[-_AT_ONCE:]
        yield
    while values:
        for value in values[-_AT_ONCE:]:
            _loosen(value)
        del values[-_AT_ONCE:]
        yield


def _links(graph: ir.Graph) -> list[Any]:
    """What holds the nodes in their order: each link knows its neighbours."""
    ring: Any = graph._nodes
    return [ring._root, *ring._value_ids_to_boxes.values()]


def _loosen(value: ir.Value) -> None:
    uses: dict[Any, None] = value._uses
    uses.clear()
    _empty(value, "_producer", "_graph")


def _forget(owner: ir.Graph | ir.Model) -> None:
    _empty(owner, *(slot for slot in type(owner).__slots__ if slot.startswith("_") and not slot.startswith("__")))


def _empty(thing: object, *slots: str) -> None:
    """onnx_ir has no way to part a node from its own results, so its fields are emptied; a test watches over it."""
    for slot in slots:
        setattr(thing, slot, None)
