"""Who makes and who reads a tensor, as keys of layers. No Qt."""

from __future__ import annotations

from functools import cached_property

import onnx_ir as ir

from gui.graph_view.known import Known


class Wiring:
    """Neighbours of the layers of one model, seen through the nodes that are no layers of their own."""

    def __init__(self, whole: Known) -> None:
        self.whole = whole

    def key(self, node: ir.Node | None) -> str:
        """'' for a node that is no layer."""
        if node is None or id(node) in self.whole.hidden:
            return ""
        found = self.whole.layers.get(node.name or "")
        if found is not None and found[0] is node:  # nearly all: the key is the name
            return node.name or ""
        return self._keys.get(id(node), "")

    @cached_property
    def _keys(self) -> dict[int, str]:
        return {id(node): key for key, (node, _) in self.whole.layers.items()}

    def maker(self, value: ir.Value) -> str:
        """The layer whose output a value is; '' for an input of the model or a constant."""
        return self.key(value.producer())

    def readers(self, value: ir.Value) -> list[str]:
        """The layers that read a value, each once, in the order of their inputs' registration."""
        out: dict[str, None] = {}
        layers, hidden = self.whole.layers, self.whole.hidden
        waiting, seen = [value], {id(value)}
        while waiting:
            for node, _ in waiting.pop(0).uses():
                name = node.name or ""  # thousands may read one constant: nearly all are layers under their own names
                found = layers.get(name)
                key = name if found is not None and found[0] is node and id(node) not in hidden else self.key(node)
                if key:
                    out[key] = None
                elif id(node) in hidden:
                    fresh = [o for o in node.outputs if id(o) not in seen]
                    seen.update(id(o) for o in fresh)
                    waiting += fresh
        return list(out)

    def value(self, name: str) -> ir.Value | None:
        """The tensor of a name: an output of a layer, an input of the model, or a stored one."""
        graph = self.whole.model.graph.graph
        if name in graph.initializers:
            return graph.initializers[name]
        for value in graph.inputs:
            if value.name == name:
                return value
        for node in graph:
            for value in node.outputs:
                if value.name == name:
                    return value
        return None
