"""Edits that go through the whole graph, and so cost more than a local one: folding, and cutting a part out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import onnx_ir as ir

from core.errors import UserError
from core.model.editing.draft import LISTS_INPUTS, Draft
from core.model.editing.edit import Edit, edit
from core.model.facts import Facts, infer
from core.model.fold_batchnorm import fold_batchnorm
from core.model.model import Model

_LARGEST = 64 * 2**20  # bytes of one folded constant: folding must not turn a small file into a large one


@edit("fold.batchnorm", "Fold BatchNorm")
@dataclass(frozen=True, slots=True)
class FoldBatchNorm(Edit):
    """Every BatchNormalization behind a layer that can take it up becomes part of that layer."""

    def apply(self, draft: Draft) -> None:
        new, folded = fold_batchnorm(draft.model)
        if not folded:
            return
        graph = new.graph.graph
        if new.graph.ir_version < LISTS_INPUTS:
            graph.inputs.extend(v for v in graph.initializers.values() if not v.is_graph_input())
        draft.set_model(new)


@edit("fold.constants", "Fold constants")
@dataclass(frozen=True, slots=True)
class FoldConstants(Edit):
    """What layers compute from constants alone becomes an initializer under the same name; the layers go."""

    def apply(self, draft: Draft) -> None:
        facts, other = (_facts(draft.model, batch, size) for batch, size in ((1, 128), (2, 160)))
        dropped: list[ir.Value | None] = []
        for node in reversed(list(draft.graph)):
            arrays = [facts.constants.get(o.name or "") for o in node.outputs]
            same = [other.constants.get(o.name or "") for o in node.outputs]
            if not node.outputs or any(v.is_graph_output() for v in node.outputs):
                continue
            if any(a is None or b is None or not np.array_equal(a, b) for a, b in zip(arrays, same, strict=True)):
                continue
            if sum(a.nbytes for a in arrays if a is not None) > _LARGEST:
                continue
            for old, array in zip(list(node.outputs), arrays, strict=True):
                if old.uses() and array is not None:
                    _store(draft, old, np.ascontiguousarray(array).reshape(array.shape))
            dropped.extend(node.inputs)
            draft.remove(node)
        draft.drop_unread(dropped)


def _facts(model: Model, batch: int, size: int) -> Facts:
    """Facts with every dynamic size bound: what depends on one differs between two bindings and is no constant."""
    dynamic = {d for s in model.inputs for d in s.shape[1:] if isinstance(d, str)}
    return infer(model, batch, dict.fromkeys(dynamic, size))


def _store(draft: Draft, old: ir.Value, array: np.typing.NDArray[np.generic]) -> None:
    name = old.name or ""
    tensor = ir.tensor(array, name=name)
    new = ir.Value(name=name, type=ir.TensorType(tensor.dtype), shape=ir.Shape(array.shape), const_value=tensor)
    draft.add_initializer(new)
    draft.redirect(old, new)


@edit("cut.out", "Cut out a part")
@dataclass(frozen=True, slots=True)
class CutOut(Edit):
    """Only what lies between the tensors ``inputs`` and ``outputs`` stays, as a model with these ends."""

    inputs: Annotated[tuple[str, ...], "From"]
    outputs: Annotated[tuple[str, ...], "To"]

    def apply(self, draft: Draft) -> None:
        draft.set_model(cut_out(draft.model, self.inputs, self.outputs))


def cut_out(model: Model, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Model:
    """A new model of the layers that make ``outputs`` out of ``inputs``; the model given is untouched.

    Raises UserError where a tensor is unknown, or where the outputs need a graph input that is not among ``inputs``.
    """
    if not outputs:
        raise UserError("A part needs at least one tensor that comes out of it.")
    facts = infer(model)
    new = model.clone()
    draft = Draft(new)
    ends = [draft.tensor(n) for n in inputs]
    results = [draft.tensor(n) for n in outputs]
    kept = _between(draft, ends, results)
    fed = [_fed(draft, v, facts.shapes.get(v.name or ""), facts.dtypes.get(v.name or "")) for v in ends]
    for node in [n for n in reversed(draft.graph) if n not in kept]:
        _detach(draft.graph, node)
    draft.set_ends("outputs", results)
    draft.set_ends("inputs", [*fed, *(v for v in draft.graph.inputs if v.is_initializer() and v.uses())])
    for value in list(draft.graph.initializers.values()):
        if not value.uses() and not value.is_graph_output():
            del draft.graph.initializers[value.name or ""]
    for value in results:
        dtype, shape = facts.dtypes.get(value.name or ""), facts.shapes.get(value.name or "")
        if value.dtype is None and dtype is not None:
            value.type = ir.TensorType(dtype)
        if value.shape is None and shape is not None:
            value.shape = ir.Shape([None, *shape[1:]] if shape else ())
    return new.with_graph(new.graph)


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


def _fed(draft: Draft, value: ir.Value, shape: tuple[int, ...] | None, dtype: ir.DataType | None) -> ir.Value:
    """A tensor as a graph input: itself where it is one, else a new value of its name that its readers read."""
    if value.producer() is None:
        return value
    known = value.type or (ir.TensorType(dtype) if dtype is not None else None)
    if known is None:
        raise UserError(f"The type of '{value.name}' is not known, so it cannot be an input.")
    size = value.shape if value.shape is not None else ir.Shape(["batch", *shape[1:]]) if shape else None
    name = value.name or ""
    value.name = draft.unused(f"{name}_before")
    new = ir.Value(name=name, type=known, shape=size)
    for use in list(value.uses()):
        use.node.replace_input_with(use.idx, new)
    return new


def _detach(graph: ir.Graph, node: ir.Node) -> None:
    for index in range(len(node.inputs)):
        node.replace_input_with(index, None)
    graph.remove(node)
