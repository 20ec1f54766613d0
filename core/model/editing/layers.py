"""Edits of layers: take out, put in, replace, connect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated

import onnx
import onnx_ir as ir

from core.errors import UserError
from core.model.editing.attributes import attribute
from core.model.editing.draft import Draft
from core.model.editing.edit import Edit, Json, edit
from core.model.editing.inference import schema_of
from core.model.inline import constant_tensor
from core.model.model import ORIGIN, layer_name


@edit("layer.bypass", "Delete and bypass")
@dataclass(frozen=True, slots=True)
class Bypass(Edit):
    """A layer goes; what read its first output reads ``tensor`` instead (default: its only input that is computed)."""

    layer: Annotated[str, "Layer"]
    tensor: Annotated[str, "Tensor that takes its place"] = ""

    def apply(self, draft: Draft) -> None:
        node = draft.layer(self.layer)
        draft.drop_unread(bypass(draft, node, self._source(draft, node)))

    def _source(self, draft: Draft, node: ir.Node) -> ir.Value:
        flowing = list(dict.fromkeys(v for v in node.inputs if v is not None and constant_tensor(v) is None))
        if self.tensor:
            chosen = draft.tensor(self.tensor)
            if chosen not in node.inputs:
                raise UserError(f"Layer '{self.layer}' does not read the tensor '{self.tensor}'.")
            return chosen
        if len(flowing) != 1:
            listed = ", ".join(f"'{v.name}'" for v in flowing) or "none"
            raise UserError(
                f"Layer '{self.layer}' ({node.op_type}) cannot be bypassed: it has {len(flowing)} computed inputs.",
                f"Say which of them takes its place: {listed}." if flowing else "",
            )
        return flowing[0]


@edit("layer.delete", "Delete")
@dataclass(frozen=True, slots=True)
class Delete(Edit):
    """A layer goes, and what read it lacks an input until it is connected again."""

    layer: Annotated[str, "Layer"]

    def apply(self, draft: Draft) -> None:
        node = draft.layer(self.layer)
        given = [v for v in node.outputs if v.is_graph_output()]
        if given:
            raise UserError(
                f"Layer '{self.layer}' makes the graph output '{given[0].name}'.", "Remove that output first."
            )
        for value in node.outputs:
            draft.redirect(value, None)
        inputs = list(node.inputs)
        draft.remove(node)
        draft.drop_unread(inputs)


@edit("layer.replace", "Replace operator")
@dataclass(frozen=True, slots=True)
class Replace(Edit):
    """Another operator on the same inputs; attributes that both know are kept, surplus constants (of a Clip) go."""

    layer: Annotated[str, "Layer"]
    operator: Annotated[str, "Operator"]
    attributes: Annotated[dict[str, Json], "Attributes"] = field(default_factory=dict)

    def apply(self, draft: Draft) -> None:
        node = draft.layer(self.layer)
        model, before = draft.model.graph, node.op_type
        schema = _known(model, self.operator, f"Layer '{self.layer}' ({before}) cannot become {self.operator}")
        surplus = node.inputs[schema.max_input :]
        if surplus and all(v is None or constant_tensor(v) is not None for v in surplus):  # the bounds of a Clip, say
            draft.set_inputs(node, node.inputs[: schema.max_input])
            draft.drop_unread(surplus)
        count = len(node.inputs)
        if not schema.min_input <= count <= schema.max_input or len(node.outputs) > schema.max_output:
            raise UserError(
                f"Layer '{self.layer}' ({before}) cannot become {self.operator}: it has {count} inputs and "
                f"{len(node.outputs)} outputs, and {self.operator} takes {_range(schema)}."
            )
        draft.set(node, "domain", "")
        draft.set(node, "op_type", self.operator)
        kept = {k: v for k, v in node.attributes.data.items() if k in schema.attributes}
        made = {k: attribute(model, node, k, v) for k, v in self.attributes.items()}
        draft.set_attributes(node, {**kept, **made})
        _check_complete(schema, node, self.layer)


@edit("layer.insert", "Insert layer")
@dataclass(frozen=True, slots=True)
class Insert(Edit):
    """A new layer behind a tensor; all who read it, or one of them, read the new layer's result instead."""

    tensor: Annotated[str, "Tensor"]
    operator: Annotated[str, "Operator"]
    name: Annotated[str, "Name of the new layer"] = ""
    reader: Annotated[str, "Only in front of this layer"] = ""
    inputs: Annotated[tuple[str, ...], "Further inputs"] = ()
    attributes: Annotated[dict[str, Json], "Attributes"] = field(default_factory=dict)

    def apply(self, draft: Draft) -> None:
        value = draft.tensor(self.tensor)
        schema = _known(draft.model.graph, self.operator, f"No layer can be put behind '{self.tensor}'")
        reader = draft.layer(self.reader) if self.reader else None
        if reader is not None and value not in reader.inputs:
            raise UserError(f"Layer '{self.reader}' does not read the tensor '{self.tensor}'.")
        given = [value, *(draft.tensor(n) for n in self.inputs)]
        if not schema.min_input <= len(given) <= schema.max_input or schema.min_output > 1:
            raise UserError(
                f"{self.operator} cannot be put behind '{self.tensor}': it has {len(given)} inputs, and "
                f"{self.operator} takes {_range(schema)}."
            )
        node = self._made(draft, given)
        _check_complete(schema, node, node.name or "")
        made = node.outputs[0]
        # readers first: the new layer reads the tensor too, and must go on doing so
        last = _last(draft, given)
        _check_order(draft, value, last, reader)
        draft.redirect(value, made, only=reader)
        draft.set_inputs(node, given)
        draft.insert(node, after=last)
        if value.is_graph_output() and reader is None:
            _keep_output_name(draft, value, made)

    def _made(self, draft: Draft, given: list[ir.Value]) -> ir.Node:
        name = self.name or draft.unused(f"{self.tensor}/{self.operator}")
        if draft.is_taken(name):
            raise UserError(f"The new layer cannot be called '{name}': something else has that name.")
        out = ir.Value(name=draft.unused(f"{name}_output"), type=given[0].type, shape=given[0].shape)
        node = ir.Node("", self.operator, [None] * len(given), outputs=[out], name=name)
        for key, value in self.attributes.items():
            node.attributes.add(attribute(draft.model.graph, node, key, value))
        node.metadata_props[ORIGIN] = f"edit: behind {self.tensor}"
        return node


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
            if source is not None and _passes_all(node) and not _is_end_to_end(source, node.outputs[0]):
                unread += bypass(draft, node, source)
        draft.drop_unread(unread)


def bypass(draft: Draft, node: ir.Node, source: ir.Value) -> list[ir.Value | None]:
    """Take a layer out; what read its first output reads ``source``. A graph output keeps its name.

    Returns what the layer read: the caller drops what nobody reads any more.
    """
    first, *others = node.outputs
    unwanted = [v for v in others if v.uses() or v.is_graph_output()]
    if unwanted:
        raise UserError(
            f"Layer '{layer_name(node)}' ({node.op_type}) cannot be bypassed: '{unwanted[0].name}' is used too."
        )
    if first.is_graph_output() and _is_end_to_end(source, first):
        raise UserError(
            f"Layer '{layer_name(node)}' ({node.op_type}) cannot be bypassed: graph output '{first.name}' "
            f"would be '{source.name}' itself."
        )
    draft.redirect(first, source)
    if first.is_graph_output():
        _take_output(draft, first, source)
    inputs = list(node.inputs)
    draft.remove(node)
    return inputs


def put_in_place(draft: Draft, old: ir.Node, nodes: Sequence[ir.Node], made: ir.Value) -> None:
    """New layers, in order, where one stood; ``made`` takes the name and the readers of what that one made first."""
    result, inputs = old.outputs[0], list(old.inputs)
    after = draft.order.previous(old)
    for node in nodes:
        draft.insert(node, after)
        after = node
    made.type, made.shape, made.doc_string = result.type, result.shape, result.doc_string
    draft.redirect(result, made)
    if result.is_graph_output():
        draft.set_ends("outputs", [made if v is result else v for v in draft.graph.outputs])
    name = result.name or ""
    draft.remove(old)
    draft.rename_tensor(made, name)
    draft.drop_unread(inputs)


def _take_output(draft: Draft, old: ir.Value, new: ir.Value) -> None:
    name = old.name or ""
    draft.set_ends("outputs", [new if v is old else v for v in draft.graph.outputs])
    draft.rename_tensor(old, draft.unused(f"{name}_removed"))
    draft.rename_tensor(new, name)


def _keep_output_name(draft: Draft, old: ir.Value, new: ir.Value) -> None:
    name = old.name or ""
    draft.set_ends("outputs", [new if v is old else v for v in draft.graph.outputs])
    draft.rename_tensor(old, draft.unused(f"{name}_before"))
    draft.rename_tensor(new, name)


def _is_end_to_end(source: ir.Value, result: ir.Value) -> bool:
    """A graph output must stay the work of a layer: an input, a constant or another output cannot take its name."""
    return result.is_graph_output() and (source.producer() is None or source.is_graph_output())


def _passes_all(node: ir.Node) -> bool:
    if node.domain not in ("", "ai.onnx") or any(v.uses() or v.is_graph_output() for v in node.outputs[1:]):
        return False
    if node.op_type == "Identity":
        return True
    training = node.inputs[2] if len(node.inputs) > 2 else None
    if training is not None and (training.const_value is None or training.const_value.numpy().any()):
        return False
    return node.op_type == "Dropout" and node.attributes.get_int("is_test", 1) != 0


def _last(draft: Draft, values: list[ir.Value]) -> ir.Node | None:
    """The layer furthest down the file among those that make the values."""
    makers = {v.producer() for v in values} - {None}
    return max((m for m in makers if m is not None), key=draft.order.place, default=None)


def _check_order(draft: Draft, value: ir.Value, last: ir.Node | None, only: ir.Node | None) -> None:
    """Whoever is to read the new layer's result must stand behind all that the new layer reads."""
    if last is None or last is value.producer():
        return
    readers = {u.node for u in value.uses() if only is None or u.node is only}
    place = draft.order.place
    early = [n for n in readers if n in draft.order and place(n) <= place(last)]
    if early:
        raise UserError(
            f"The new layer cannot stand in front of layer '{layer_name(min(early, key=place))}', "
            f"because it would read what layer '{layer_name(last)}' makes later.",
            "Put it in front of a later layer only.",
        )


def _known(model: ir.Model, operator: str, refusal: str) -> onnx.defs.OpSchema:
    schema = schema_of(model, ir.Node("", operator, []))
    if schema is None or schema.deprecated:
        opset = model.opset_imports.get("", 0)
        since = [s.since_version for s in onnx.defs.get_all_schemas_with_history()
                 if s.name == operator and s.domain == "" and not s.deprecated]  # fmt: skip
        hint = f"{operator} came with opset {min(since)}." if since and min(since) > opset else ""
        raise UserError(f"{refusal}: the graph's opset {opset} has no operator '{operator}'.", hint)
    return schema


def _check_complete(schema: onnx.defs.OpSchema, node: ir.Node, layer: str) -> None:
    missing = [k for k, a in schema.attributes.items() if a.required and k not in node.attributes]
    if missing:
        raise UserError(f"Layer '{layer}' ({node.op_type}) needs the attribute '{missing[0]}'.")


def _range(schema: onnx.defs.OpSchema) -> str:
    low, high = schema.min_input, schema.max_input
    return f"{low}" if low == high else f"{low} to {high}" if high < 1000 else f"{low} or more"
