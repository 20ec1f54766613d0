"""Edits of layers that are there: take out, connect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import onnx_ir as ir

from core.errors import UserError
from core.model.editing.draft import Draft
from core.model.editing.edit import Edit, edit
from core.model.editing.new_layers import Insert, Replace
from core.model.editing.wiring import bypass, delete, is_end_to_end, only_source

__all__ = ["Bypass", "Connect", "Delete", "Insert", "RemoveIdentities", "Replace"]


@edit("layer.bypass", "Delete and bypass")
@dataclass(frozen=True, slots=True)
class Bypass(Edit):
    """A layer goes; what read its first output reads ``tensor`` instead (default: its only input that is computed)."""

    layer: Annotated[str, "Layer"]
    tensor: Annotated[str, "Tensor that takes its place"] = ""

    def apply(self, draft: Draft) -> None:
        node = draft.layer(self.layer)
        source = draft.tensor(self.tensor) if self.tensor else only_source(node)
        if source not in node.inputs:
            raise UserError(f"Layer '{self.layer}' does not read the tensor '{self.tensor}'.")
        draft.drop_unread(bypass(draft, node, source))


@edit("layer.delete", "Delete")
@dataclass(frozen=True, slots=True)
class Delete(Edit):
    """A layer goes, and what read it lacks an input until it is connected again."""

    layer: Annotated[str, "Layer"]

    def apply(self, draft: Draft) -> None:
        draft.drop_unread(delete(draft, draft.layer(self.layer)))


@edit("layer.connect", "Connect")
@dataclass(frozen=True, slots=True)
class Connect(Edit):
    """One input of a layer reads another tensor, which must be made before it."""

    layer: Annotated[str, "Layer"]
    index: Annotated[int, "Input, counted from 0"]
    tensor: Annotated[str, "Tensor"]

    def apply(self, draft: Draft) -> None:
        node, value = draft.layer(self.layer), draft.tensor(self.tensor)
        if not 0 <= self.index <= len(node.inputs):
            raise UserError(f"Layer '{self.layer}' ({node.op_type}) has no input {self.index}.")
        maker = value.producer()
        if maker is not None and draft.order.place(maker) >= draft.order.place(node):
            raise UserError(f"Layer '{self.layer}' cannot read '{self.tensor}', which is made after it.")
        inputs = [*node.inputs, None][: max(len(node.inputs), self.index + 1)]
        inputs[self.index] = value
        draft.set_inputs(node, inputs)


@edit("layers.remove_identities", "Remove Identity and Dropout")
@dataclass(frozen=True, slots=True)
class RemoveIdentities(Edit):
    """Every Identity goes, and every Dropout that lets all pass when the network runs; names of the ends stay."""

    def apply(self, draft: Draft) -> None:
        unread: list[ir.Value | None] = []
        for node in list(draft.graph):
            source = node.inputs[0] if node.inputs else None
            if source is not None and _passes_all(node) and not is_end_to_end(source, node.outputs[0]):
                unread += bypass(draft, node, source)
        draft.drop_unread(unread)


def _passes_all(node: ir.Node) -> bool:
    if node.domain not in ("", "ai.onnx") or any(v.uses() or v.is_graph_output() for v in node.outputs[1:]):
        return False
    if node.op_type == "Identity":
        return True
    training = node.inputs[2] if len(node.inputs) > 2 else None
    if training is not None and (training.const_value is None or training.const_value.numpy().any()):
        return False
    return node.op_type == "Dropout" and node.attributes.get_int("is_test", 1) != 0
