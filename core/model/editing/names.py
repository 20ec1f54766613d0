"""Edits of names and attributes."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Annotated

from core.errors import UserError
from core.model.editing.attributes import attribute, attribute_values, is_required
from core.model.editing.draft import Draft
from core.model.editing.edit import Edit, Json, edit
from core.model.model import PREPROCESSING, InputSpec, layer_name

__all__ = ["RemoveAttribute", "RenameLayer", "RenameTensor", "SetAttribute", "attribute_values"]


@edit("rename.layer", "Rename layer")
@dataclass(frozen=True, slots=True)
class RenameLayer(Edit):
    """A layer gets another name; its tensors keep theirs."""

    layer: Annotated[str, "Layer"]
    name: Annotated[str, "New name"]

    def apply(self, draft: Draft) -> None:
        node = draft.layer(self.layer)
        _check_free(draft, self.name, own={v.name for v in node.outputs} | {self.layer}, what=f"Layer '{self.layer}'")
        draft.rename_layer(node, self.name)


@edit("rename.tensor", "Rename tensor")
@dataclass(frozen=True, slots=True)
class RenameTensor(Edit):
    """An input, an output, a constant or an inner tensor gets another name wherever it is read."""

    tensor: Annotated[str, "Tensor"]
    name: Annotated[str, "New name"]

    def apply(self, draft: Draft) -> None:
        value = draft.tensor(self.tensor)
        maker = value.producer()
        own: set[str | None] = {self.tensor, layer_name(maker) if maker is not None else None}
        _check_free(draft, self.name, own=own, what=f"Tensor '{self.tensor}'")
        draft.rename_tensor(value, self.name)
        if value.is_graph_input():
            _rename_spec(draft, self.tensor, self.name)


@edit("attribute.set", "Set attribute")
@dataclass(frozen=True, slots=True)
class SetAttribute(Edit):
    """An attribute of a layer gets a value, checked against the operator's definition."""

    layer: Annotated[str, "Layer"]
    attribute: Annotated[str, "Attribute"]
    value: Annotated[Json, "Value"]

    def apply(self, draft: Draft) -> None:
        node = draft.layer(self.layer)
        made = attribute(draft.model.graph, node, self.attribute, self.value)
        draft.set_attributes(node, {**node.attributes.data, self.attribute: made})


@edit("attribute.remove", "Remove attribute")
@dataclass(frozen=True, slots=True)
class RemoveAttribute(Edit):
    """An attribute goes; the operator's default holds."""

    layer: Annotated[str, "Layer"]
    attribute: Annotated[str, "Attribute"]

    def apply(self, draft: Draft) -> None:
        node = draft.layer(self.layer)
        if self.attribute not in node.attributes:
            raise UserError(f"Layer '{self.layer}' ({node.op_type}) has no attribute '{self.attribute}' set.")
        if is_required(draft.model.graph, node, self.attribute):
            raise UserError(
                f"Layer '{self.layer}' ({node.op_type}) cannot do without the attribute '{self.attribute}'."
            )
        kept = {k: v for k, v in node.attributes.data.items() if k != self.attribute}
        draft.set_attributes(node, kept)


def _check_free(draft: Draft, name: str, own: set[str | None], what: str) -> None:
    if not name.strip() or any(ord(c) < 32 for c in name):
        raise UserError(f"{what} cannot be renamed to {name!r}: a name needs at least one printable character.")
    if name not in own and draft.is_taken(name):
        raise UserError(f"{what} cannot be renamed to '{name}': something else has that name.")


def _rename_spec(draft: Draft, old: str, new: str) -> None:
    """What is known of an input moves with its name, in the file's metadata too."""
    model = draft.model

    def renamed(spec: InputSpec) -> InputSpec:
        return dataclasses.replace(spec, name=new) if spec.name == old else spec

    draft.set_model(dataclasses.replace(model, inputs=tuple(renamed(s) for s in model.inputs)))
    props: dict[str, str] = dict(model.graph.metadata_props)
    try:
        stored = json.loads(props.get(PREPROCESSING, ""))
    except ValueError:
        return
    if isinstance(stored, dict) and old in stored:
        props[PREPROCESSING] = json.dumps({new if k == old else k: v for k, v in stored.items()})
        draft.set_entries(model.graph.metadata_props, props)
