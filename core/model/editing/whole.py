"""Edits that replace the whole graph: cutting a part out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

import onnx_ir as ir

from core.errors import UserError
from core.model.editing.draft import Draft
from core.model.editing.edit import Edit, edit
from core.model.editing.folding import FoldBatchNorm, FoldConstants
from core.model.editing.inference import TensorType, Types, type_of
from core.model.editing.whole_types import whole_types
from core.model.model import Model

__all__ = ["CutOut", "FoldBatchNorm", "FoldConstants", "cut_out"]


@edit("cut.out", "Cut out a part")
@dataclass(frozen=True, slots=True)
class CutOut(Edit):
    """Only what lies between the tensors ``inputs`` and ``outputs`` stays, as a model with these ends."""

    inputs: Annotated[tuple[str, ...], "From"]
    outputs: Annotated[tuple[str, ...], "To"]

    def apply(self, draft: Draft) -> None:
        draft.set_model(cut_out(draft.model, self.inputs, self.outputs, draft.known))


def cut_out(model: Model, inputs: tuple[str, ...], outputs: tuple[str, ...], known: Types | None = None) -> Model:
    """A new model of the layers that make ``outputs`` out of ``inputs``; the model given is untouched.

    ``known``: types of the model's values that it does not annotate itself.

    Raises UserError where a tensor is unknown, or where the outputs need a graph input that is not among ``inputs``.
    """
    if not outputs:
        raise UserError("A part needs at least one tensor that comes out of it.")
    types = _types(model, {*inputs, *outputs}, known or {})
    new = model.clone()
    draft = Draft(new)
    ends = [draft.tensor(n) for n in inputs]
    results = [draft.tensor(n) for n in outputs]
    kept = _between(draft, ends, results)
    fed = [_fed(draft, v, types.get(v.name or "")) for v in ends]
    for node in [n for n in reversed(draft.graph) if n not in kept]:
        _detach(draft.graph, node)
    draft.set_ends("outputs", results)
    draft.set_ends("inputs", [*fed, *(v for v in draft.graph.inputs if v.is_initializer() and v.uses())])
    for value in list(draft.graph.initializers.values()):
        if not value.uses() and not value.is_graph_output():
            del draft.graph.initializers[value.name or ""]
    for value in results:
        found = types.get(value.name or "")
        if value.dtype is None and found is not None:
            value.type = ir.TensorType(ir.DataType(found.dtype))
        if value.shape is None and found is not None and found.shape is not None:
            value.shape = ir.Shape(found.shape)
        if value.dtype is None or value.shape is None:
            raise UserError(f"'{value.name}' cannot come out of a part: its shape is not known.")
    return new.with_graph(new.graph)


def _types(model: Model, names: Iterable[str], known: Types) -> dict[str, TensorType]:
    """The types of some tensors; those that onnx infers only from the whole graph have their first axis left open."""
    draft, found = Draft(model), {}
    for name in names:
        found[name] = type_of(draft.tensor(name), known)
    open_ones = [n for n, t in found.items() if not isinstance(t, TensorType) or t.shape is None]
    if open_ones:
        found.update(whole_types(model, open_ones))
    return {n: t for n, t in found.items() if isinstance(t, TensorType)}


def _between(draft: Draft, ends: list[ir.Value], results: list[ir.Value]) -> set[ir.Node]:
    """The layers that the results need, down to the ends."""
    kept: set[ir.Node] = set()
    stop, waiting = set(ends), list(results)
    while waiting:
        value = waiting.pop()
        node = value.producer()
        if value in stop:
            continue
        if node is None:
            if value.const_value is None and value.graph is draft.graph:
                raise UserError(
                    f"The part needs the graph input '{value.name}', which is not among its inputs.",
                    "Add it to the inputs, or choose inputs behind it.",
                )
            continue
        if node not in kept:
            kept.add(node)
            waiting.extend(v for v in node.inputs if v is not None)
            for attr in node.attributes.values():
                if attr.type == ir.AttributeType.GRAPH:
                    waiting.extend(v for n in attr.as_graph().all_nodes() for v in n.inputs if v is not None)
    reached = {v for n in kept for v in n.inputs} | set(results)
    idle = next((v for v in ends if v not in reached), None)
    if idle is not None:
        raise UserError(f"Nothing of what comes out depends on '{idle.name}'.", "Leave it out of the inputs.")
    if not kept:
        raise UserError("There is no layer between these tensors.")
    return kept


def _fed(draft: Draft, value: ir.Value, known: TensorType | None) -> ir.Value:
    """A tensor as a graph input: itself where it is one, else a new value of its name that its readers read."""
    if value.producer() is None:
        return value
    kind = value.type or (ir.TensorType(ir.DataType(known.dtype)) if known is not None else None)
    if kind is None:
        raise UserError(f"The type of '{value.name}' is not known, so it cannot be an input.")
    size = value.shape
    if size is None and known is not None and known.shape is not None:
        size = ir.Shape(known.shape)
    name = value.name or ""
    value.name = draft.unused(f"{name}_before")
    new = ir.Value(name=name, type=kind, shape=size)
    for use in list(value.uses()):
        use.node.replace_input_with(use.idx, new)
    return new


def _detach(graph: ir.Graph, node: ir.Node) -> None:
    for index in range(len(node.inputs)):
        node.replace_input_with(index, None)
    graph.remove(node)
