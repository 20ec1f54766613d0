"""Edits of several layers at once, as they are selected on the graph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated

import onnx_ir as ir

from core.errors import UserError
from core.model.editing.draft import Draft
from core.model.editing.edit import Edit, Json, edit
from core.model.editing.new_layers import Replace
from core.model.editing.whole import cut_out
from core.model.editing.wiring import bypass, delete, only_source
from core.model.inline import constant_tensor
from core.model.model import layer_name


@edit("layers.bypass", "Delete and bypass layers")
@dataclass(frozen=True, slots=True)
class BypassSeveral(Edit):
    """Layers go; what read each of them reads its only computed input instead."""

    layers: Annotated[tuple[str, ...], "Layers"]

    def apply(self, draft: Draft) -> None:
        unread: list[ir.Value | None] = []
        for node in _chosen(draft, self.layers):
            unread += bypass(draft, node, only_source(node))
        draft.drop_unread(unread)


@edit("layers.delete", "Delete layers")
@dataclass(frozen=True, slots=True)
class DeleteSeveral(Edit):
    """Layers go, and what read them lacks inputs until it is connected again."""

    layers: Annotated[tuple[str, ...], "Layers"]

    def apply(self, draft: Draft) -> None:
        unread: list[ir.Value | None] = []
        for node in reversed(_chosen(draft, self.layers)):  # readers first: those that go need no mark
            unread += delete(draft, node)
        draft.drop_unread(unread)


@edit("layers.replace", "Replace operators")
@dataclass(frozen=True, slots=True)
class ReplaceSeveral(Edit):
    """Another operator in the place of each of several layers, as :class:`Replace` does it for one."""

    layers: Annotated[tuple[str, ...], "Layers"]
    operator: Annotated[str, "Operator"]
    attributes: Annotated[dict[str, Json], "Attributes"] = field(default_factory=dict)
    constants: Annotated[dict[str, Json], "Constants"] = field(default_factory=dict)

    def apply(self, draft: Draft) -> None:
        for node in _chosen(draft, self.layers):
            Replace(layer_name(node), self.operator, self.attributes, self.constants).apply(draft)


@edit("cut.layers", "Cut out layers")
@dataclass(frozen=True, slots=True)
class CutOutLayers(Edit):
    """Only these layers stay, as a model: what they read of others goes into it, what others read of them comes out."""

    layers: Annotated[tuple[str, ...], "Layers"]

    def apply(self, draft: Draft) -> None:
        inputs, outputs = boundary(draft, self.layers)
        draft.set_model(cut_out(draft.model, inputs, outputs, draft.known))


def boundary(draft: Draft, layers: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(tensors that go into a set of layers, tensors that come out of it), each in the order of the layers.

    Constants go with the layers. What no layer reads comes out too. Raises UserError for unknown layers.
    """
    nodes = _chosen(draft, layers)
    inside = set(nodes)
    inputs: dict[str, None] = {}
    outputs: dict[str, None] = {}
    for node in nodes:
        for value in _read(node):
            if value.graph is draft.graph and value.producer() not in inside and constant_tensor(value) is None:
                inputs[value.name or ""] = None
        for value in node.outputs:
            readers = {draft.owner(u.node) for u in value.uses()}
            if value.name and (not readers <= inside or value.is_graph_output() or not readers):
                outputs[value.name] = None
    return tuple(inputs), tuple(outputs)


def _read(node: ir.Node) -> list[ir.Value]:
    """What a layer and the layers of its bodies read."""
    values = [v for v in node.inputs if v is not None]
    for attribute in node.attributes.values():
        if attribute.type == ir.AttributeType.GRAPH:
            values += [v for n in attribute.as_graph().all_nodes() for v in n.inputs if v is not None]
    return values


def _chosen(draft: Draft, layers: Sequence[str]) -> list[ir.Node]:
    """The layers in graph order, each once."""
    if not layers:
        raise UserError("No layer is given.")
    return sorted({draft.layer(name) for name in layers}, key=draft.order.place)
