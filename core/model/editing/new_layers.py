"""Edits that put a layer in: another operator in a layer's place, or a new layer behind a tensor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated

import onnx
import onnx_ir as ir

from core.errors import UserError
from core.model.editing.attributes import attribute, attribute_values, is_allowed
from core.model.editing.constants import Array, add_constant
from core.model.editing.draft import Draft
from core.model.editing.edit import Edit, Json, edit
from core.model.editing.fresh import Fresh, Spot, fresh, spot, typed
from core.model.editing.inference import schema_of, type_of
from core.model.editing.wiring import check_order, keep_output_name, last_maker
from core.model.inline import constant_tensor
from core.model.model import ORIGIN

_FAMILIES = (
    {"Add", "Sub", "Mul", "Div", "Min", "Max", "Sum", "Mean"},
    {"BatchNormalization", "InstanceNormalization"},
    {"LayerNormalization", "RMSNormalization"},
)  # operators to which a constant means the same


@edit("layer.replace", "Replace operator")
@dataclass(frozen=True, slots=True)
class Replace(Edit):
    """Another operator on the same tensors; attributes that both know are kept, constants (weights, the bounds of a
    Clip) go unless they mean the same to both.

    ``constants`` are by the operator's own names of its inputs: {"min": 0, "max": 6}; what it needs beside them gets
    values that change nothing yet.
    """

    layer: Annotated[str, "Layer"]
    operator: Annotated[str, "Operator"]
    attributes: Annotated[dict[str, Json], "Attributes"] = field(default_factory=dict)
    constants: Annotated[dict[str, Json], "Constants"] = field(default_factory=dict)

    def apply(self, draft: Draft) -> None:
        node = draft.layer(self.layer)
        model, before = draft.model.graph, node.op_type
        schema = known_operator(model, self.operator, f"Layer '{self.layer}' ({before}) cannot become {self.operator}")
        given = _kept_inputs(node, schema, self.constants)
        kept = {k: v for k, v in attribute_values(node).items() if is_allowed(schema, k, v)}
        layer = f"Layer '{self.layer}' ({before}) cannot become {self.operator}"
        inputs, values = completed(draft, schema, self.layer, given, self.constants, {**kept, **self.attributes}, layer)
        if not schema.min_output <= len(node.outputs) <= schema.max_output:
            raise UserError(f"{layer}: it has {len(node.outputs)} outputs, and {self.operator} another number.")
        before_inputs = list(node.inputs)
        if inputs != before_inputs:
            draft.set_inputs(node, inputs)
            draft.drop_unread(before_inputs)
        draft.set(node, "domain", "")
        draft.set(node, "op_type", self.operator)
        old = {k: a for k, a in node.attributes.data.items() if k in schema.attributes and k not in values}
        old = {k: a for k, a in old.items() if k not in attribute_values(node)}  # tensors and bodies
        draft.set_attributes(node, {**old, **{k: attribute(model, node, k, v) for k, v in values.items()}})
        _check_complete(schema, node, self.layer)


@edit("layer.insert", "Insert layer")
@dataclass(frozen=True, slots=True)
class Insert(Edit):
    """A new layer behind a tensor; all who read it, or one of them, read the new layer's result instead.

    What the operator needs beside the tensor are ``inputs``, in order, and ``constants`` by the operator's own names of
    its inputs: {"min": 0, "max": 6}; what is not given gets values that change nothing yet.
    """

    tensor: Annotated[str, "Tensor"]
    operator: Annotated[str, "Operator"]
    name: Annotated[str, "Name of the new layer"] = ""
    reader: Annotated[str, "Only in front of this layer"] = ""
    inputs: Annotated[tuple[str, ...], "Further inputs"] = ()
    attributes: Annotated[dict[str, Json], "Attributes"] = field(default_factory=dict)
    constants: Annotated[dict[str, Json], "Constants"] = field(default_factory=dict)

    def apply(self, draft: Draft) -> None:
        value = draft.tensor(self.tensor)
        schema = known_operator(draft.model.graph, self.operator, f"No layer can be put behind '{self.tensor}'")
        reader = draft.layer(self.reader) if self.reader else None
        if reader is not None and value not in reader.inputs:
            raise UserError(f"Layer '{self.reader}' does not read the tensor '{self.tensor}'.")
        tensors = [value, *(draft.tensor(n) for n in self.inputs)]
        refusal = f"{self.operator} cannot be put behind '{self.tensor}'"
        if schema.min_output > 1:
            raise UserError(f"{refusal}: it makes {schema.min_output} tensors.")
        name = self.name or draft.unused(f"{self.tensor}/{self.operator}")
        if draft.is_taken(name):
            raise UserError(f"The new layer cannot be called '{name}': something else has that name.")
        given, values = completed(draft, schema, name, tensors, self.constants, self.attributes, refusal)
        node = self._made(draft, name, given, values)
        _check_complete(schema, node, node.name or "")
        made = node.outputs[0]
        # readers first: the new layer reads the tensor too, and must go on doing so
        last = last_maker(draft, [v for v in given if v is not None])
        check_order(draft, value, last, reader)
        draft.redirect(value, made, only=reader)
        draft.set_inputs(node, given)
        draft.insert(node, after=last)
        if value.is_graph_output() and reader is None:
            keep_output_name(draft, value, made)

    def _made(self, draft: Draft, name: str, given: Sequence[ir.Value | None], values: Mapping[str, Json]) -> ir.Node:
        like = given[0]
        kind, shape = (like.type, like.shape) if like is not None else (None, None)
        out = ir.Value(name=draft.unused(f"{name}_output"), type=kind, shape=shape)
        node = ir.Node("", self.operator, [None] * len(given), outputs=[out], name=name)
        for key, value in values.items():
            node.attributes.add(attribute(draft.model.graph, node, key, value))
        node.metadata_props[ORIGIN] = f"edit: behind {self.tensor}"
        return node


def _kept_inputs(node: ir.Node, schema: onnx.defs.OpSchema, constants: Mapping[str, Json]) -> list[ir.Value | None]:
    """What another operator goes on reading: the computed tensors, and constants where they mean the same to both."""
    flowing = [v for v in node.inputs if v is not None and constant_tensor(v) is None]
    if schema.name != node.op_type and not any({node.op_type, schema.name} <= family for family in _FAMILIES):
        return list(flowing) or list(node.inputs)
    given = {k for k, port in enumerate(schema.inputs) if port.name in constants}  # these are set anew
    kept = [None if k in given and v not in flowing else v for k, v in enumerate(node.inputs)]
    surplus = kept[schema.max_input :]
    return kept[: schema.max_input] if all(v not in flowing for v in surplus) else kept


def completed(
    draft: Draft,
    schema: onnx.defs.OpSchema,
    layer: str,
    given: Sequence[ir.Value | None],
    constants: Mapping[str, Json],
    attributes: Mapping[str, Json],
    refusal: str,
) -> tuple[list[ir.Value | None], dict[str, Json]]:
    """All that a layer of an operator reads, and its attributes; new constants are added to the draft.

    Raises UserError, beginning with ``refusal``, where something is needed that is neither given nor known.
    """
    known = type_of(given[0], draft.known) if given and given[0] is not None else None
    place = spot(schema.name, schema.since_version, known, attributes)
    needed = [k for k, port in enumerate(schema.inputs) if str(port.option).endswith("Single")]
    lacking = {schema.inputs[k].name for k in needed if k >= len(given) or given[k] is None} - set(constants)
    lacking |= {k for k, a in schema.attributes.items() if a.required} - set(attributes)
    offer = _offered(place, refusal, strict=bool(lacking), alone=sum(v is not None for v in given) < 2)
    inputs = list(given)
    for name, value in constants.items():
        _place(inputs, schema, name, None, refusal)
        array = typed(place, schema, name, value, offer.constants.get(name))
        _place(inputs, schema, name, _added(draft, layer, name, array), refusal)
    for name, array in offer.constants.items():
        index = next(k for k, port in enumerate(schema.inputs) if port.name == name)
        if index >= len(inputs) or inputs[index] is None:
            _place(inputs, schema, name, _added(draft, layer, name, array), refusal)
    open_ones = [k for k in needed if k >= len(inputs) or inputs[k] is None]
    if open_ones or not schema.min_input <= len(inputs) <= schema.max_input:
        raise UserError(f"{refusal}: it has {sum(v is not None for v in inputs)} inputs, and {schema.name} takes "
                        f"{_range(schema)}.")  # fmt: skip
    return inputs, {**offer.attributes, **attributes}


def _offered(place: Spot, refusal: str, strict: bool, alone: bool) -> Fresh:
    """What fits there; nothing where the layer has all it needs and only the offer does not fit."""
    if not strict and not alone:
        return Fresh({}, {})
    try:
        found = fresh(place)
    except UserError as error:
        if strict:
            raise UserError(f"{refusal}: {error.message}") from error
        found = None
    return found or Fresh({}, {})


def _place(
    inputs: list[ir.Value | None], schema: onnx.defs.OpSchema, name: str, value: ir.Value | None, refusal: str
) -> None:
    """Put a constant where the operator reads it; with None only see whether it can be there."""
    index = next((k for k, port in enumerate(schema.inputs) if port.name == name), None)
    if index is None:
        names = ", ".join(port.name for port in schema.inputs)
        raise UserError(f"{refusal}: {schema.name} has no input '{name}'.", f"It reads: {names}.")
    if str(schema.inputs[index].option).endswith("Variadic"):
        index = max(index, len(inputs))
    there = inputs[index] if index < len(inputs) else None
    if there is not None:
        raise UserError(f"{refusal}: its input '{name}' is the tensor '{there.name}' already.")
    if value is not None:
        inputs += [None] * (index + 1 - len(inputs))
        inputs[index] = value


def _added(draft: Draft, layer: str, port: str, array: Array) -> ir.Value:
    name = {"W": "weight", "scale": "weight", "Scale": "weight"}.get(port, port)
    return add_constant(draft, f"{layer}.{name}", array, origin=layer)


def known_operator(model: ir.Model, operator: str, refusal: str) -> onnx.defs.OpSchema:
    """The operator's definition at the graph's opset; raises UserError, beginning with ``refusal``."""
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
