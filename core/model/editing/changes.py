"""What an edit changed, for those who show the graph."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import onnx_ir as ir


@dataclass(frozen=True, slots=True)
class Changes:
    """What may read differently since the last edit, undo or redo.

    ``layers``: layers of the graph whose card may read differently, those among ``added`` included. ``added`` and
    ``removed``: layers put in and taken out. ``wiring``: edges, layers or the graph's ends changed. ``whole``: another
    graph took the place of the old one, so that nothing known of the old one holds.
    """

    layers: frozenset[ir.Node] = frozenset()
    added: tuple[ir.Node, ...] = ()
    removed: tuple[ir.Node, ...] = ()
    wiring: bool = False
    whole: bool = False

    def opposite(self) -> Changes:
        """What taking them back changes."""
        layers = self.layers.union(self.removed).difference(self.added)
        return Changes(layers, self.removed, self.added, self.wiring, self.whole)


class Noted:
    """Collects what one edit changes."""

    def __init__(self) -> None:
        self._layers: dict[ir.Node, None] = {}
        self._added: dict[ir.Node, None] = {}
        self._removed: dict[ir.Node, None] = {}
        self._wiring = self._whole = False

    def layers(self, nodes: Iterable[ir.Node]) -> None:
        self._layers.update(dict.fromkeys(nodes))

    def value(self, value: ir.Value) -> None:
        """The cards of the layers that make and read it; an end of the graph has a card of its own."""
        maker = value.producer()
        if maker is not None:
            self._layers[maker] = None
        self.layers(u.node for u in value.uses())
        self._wiring |= value.is_graph_input() or value.is_graph_output()

    def wiring(self) -> None:
        self._wiring = True

    def whole(self) -> None:
        self._whole = self._wiring = True

    def added(self, node: ir.Node) -> None:
        self._wiring = True
        self._layers[node] = None
        if self._removed.pop(node, self) is self:
            self._added[node] = None

    def removed(self, node: ir.Node) -> None:
        self._wiring = True
        if self._added.pop(node, self) is self:
            self._removed[node] = None

    def gone(self) -> tuple[ir.Node, ...]:
        """The layers taken out."""
        return tuple(self._removed)

    def changes(self, graph: ir.Graph) -> Changes:
        """All of it; layers that are not (or no longer) layers of the graph are left out."""
        layers = frozenset(n for n in self._layers if n.graph is graph)
        return Changes(layers, tuple(self._added), tuple(self._removed), self._wiring, self._whole)
