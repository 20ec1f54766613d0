"""Edits of what goes into a graph and comes out of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

import onnx_ir as ir

from core.errors import UserError
from core.model.editing.draft import Draft
from core.model.editing.edit import Edit, edit
from core.model.editing.inference import TensorType, type_of
from core.model.model import layer_name, real_inputs

_TYPES = ("FLOAT", "FLOAT16", "DOUBLE", "INT8", "UINT8", "INT32", "INT64", "BOOL")
_DTYPES = {t.numpy().name: t for t in (ir.DataType[name] for name in _TYPES)}


@edit("output.add", "Add graph output")
@dataclass(frozen=True, slots=True)
class AddOutput(Edit):
    """A tensor inside the graph comes out of it too."""

    tensor: Annotated[str, "Tensor"]

    def apply(self, draft: Draft) -> None:
        value = draft.tensor(self.tensor)
        maker = value.producer()
        if value.is_graph_output():
            raise UserError(f"'{self.tensor}' is a graph output already.")
        if maker is None:
            raise UserError(f"'{self.tensor}' is made by no layer, so it cannot be a graph output.")
        draft.set_ends("outputs", [*draft.graph.outputs, value])
        draft.touched[maker] = None


@edit("output.remove", "Remove graph output")
@dataclass(frozen=True, slots=True)
class RemoveOutput(Edit):
    """A tensor no longer comes out of the graph; the layers that make it stay."""

    tensor: Annotated[str, "Graph output"]

    def apply(self, draft: Draft) -> None:
        kept = [v for v in draft.graph.outputs if v.name != self.tensor]
        if len(kept) == len(draft.graph.outputs):
            raise UserError(f"There is no graph output '{self.tensor}'.", _listed("Outputs", draft.graph.outputs))
        if not kept:
            raise UserError(f"'{self.tensor}' is the only graph output, and a graph needs one.")
        draft.set_ends("outputs", kept)


@edit("input.add", "Add graph input")
@dataclass(frozen=True, slots=True)
class AddInput(Edit):
    """A new graph input; those who read ``tensor`` read it instead, if one is given."""

    name: Annotated[str, "Name"]
    shape: Annotated[tuple[int | str, ...], "Shape"]
    dtype: Annotated[str, "Type"] = "float32"
    tensor: Annotated[str, "Takes the place of"] = ""

    def apply(self, draft: Draft) -> None:
        if not self.name.strip() or draft.is_taken(self.name):
            raise UserError(f"The new input cannot be called '{self.name}': something else has that name.")
        if self.dtype not in _DTYPES:
            raise UserError(
                f"The input '{self.name}' cannot be of type '{self.dtype}'.", f"Known: {', '.join(_DTYPES)}."
            )
        check_shape(self.name, self.shape)
        value = ir.Value(name=self.name, type=ir.TensorType(_DTYPES[self.dtype]), shape=ir.Shape(self.shape))
        draft.set_ends("inputs", [*draft.graph.inputs, value])
        if self.tensor:
            draft.redirect(draft.tensor(self.tensor), value)
        draft.set_model(draft.model.with_graph(draft.model.graph))


@edit("input.remove", "Remove graph input")
@dataclass(frozen=True, slots=True)
class RemoveInput(Edit):
    """A graph input that no layer reads goes."""

    name: Annotated[str, "Graph input"]

    def apply(self, draft: Draft) -> None:
        value = _input(draft, self.name)
        reader = next((u.node for u in value.uses()), None)
        if reader is not None:
            raise UserError(f"The input '{self.name}' cannot be removed: layer '{layer_name(reader)}' reads it.")
        draft.set_ends("inputs", [v for v in draft.graph.inputs if v is not value])
        draft.set_model(draft.model.with_graph(draft.model.graph))


@edit("input.shape", "Change input shape")
@dataclass(frozen=True, slots=True)
class SetInputShape(Edit):
    """An input gets another shape: whole numbers, or names of sizes that are known only when the network runs."""

    name: Annotated[str, "Graph input"]
    shape: Annotated[tuple[int | str, ...], "Shape"]

    def apply(self, draft: Draft) -> None:
        value = _input(draft, self.name)
        check_shape(self.name, self.shape)
        _reshape(draft, value, self.shape)
        draft.set_model(draft.model.with_graph(draft.model.graph))


@edit("input.batch", "Batch size")
@dataclass(frozen=True, slots=True)
class SetBatch(Edit):
    """The first axis of every input becomes a number, or with a name dynamic."""

    size: Annotated[int | str, "Batch size"] = "batch"

    def apply(self, draft: Draft) -> None:
        inputs = [v for v in real_inputs(draft.model.graph) if v.shape is not None and len(v.shape)]
        if not inputs:
            raise UserError("No graph input has a first axis, so there is no batch to change.")
        for value in inputs:
            assert value.shape is not None
            check_shape(value.name or "", (self.size,))
            _reshape(draft, value, (self.size, *_sizes(value.shape)[1:]))
        draft.set_model(draft.model.with_graph(draft.model.graph))

    def check(self, draft: Draft) -> None:
        """A batch that a layer writes down as a number cannot be freed."""
        if not isinstance(self.size, str):
            return
        outputs = [v for v in draft.graph.outputs if v.shape is not None and len(v.shape)]
        stuck = [v for v in outputs if v.shape is not None and isinstance(v.shape[0], int)]
        if not stuck:
            return
        node = next((n for n in draft.graph if _fixes_batch(draft, n, self.size)), None)
        if node is not None:
            raise UserError(
                f"The batch cannot be dynamic: layer '{layer_name(node)}' ({node.op_type}) gives '{stuck[0].name}' "
                "a fixed first axis.",
                "Set the first number of its target shape to 0 or -1 first." if node.op_type == "Reshape" else "",
            )


def check_shape(name: str, shape: tuple[int | str, ...]) -> None:
    """Raise UserError for a size that is neither a number from 1 to 2^31 - 1 nor a name."""
    for axis, size in enumerate(shape):
        fine = bool(size.strip()) if isinstance(size, str) else not isinstance(size, bool) and 1 <= size < 2**31
        if not fine:
            raise UserError(
                f"Input '{name}' cannot have the size {size!r} on axis {axis}.", "Use 1 or more, or a name."
            )


def _fixes_batch(draft: Draft, node: ir.Node, name: str) -> bool:
    """Whether a layer reads the dynamic batch and gives a number on its first axis."""
    read, made = (type_of(values[0], draft.known) if values and values[0] is not None else None
                  for values in (node.inputs, node.outputs))  # fmt: skip
    if not isinstance(read, TensorType) or not isinstance(made, TensorType) or not read.shape or not made.shape:
        return False
    return read.shape[0] == name and isinstance(made.shape[0], int)


def _reshape(draft: Draft, value: ir.Value, shape: tuple[int | str | None, ...]) -> None:
    if value.shape is not None and len(value.shape) != len(shape):
        raise UserError(f"Input '{value.name}' has {len(value.shape)} axes; the new shape has {len(shape)}.")
    draft.history.shapes[value] = value.shape
    draft.set(value, "shape", ir.Shape(shape))
    draft.touched.update(dict.fromkeys(u.node for u in value.uses()))


def _sizes(shape: ir.Shape) -> tuple[int | str | None, ...]:
    return tuple(d if isinstance(d, int) else d.value for d in shape)


def _input(draft: Draft, name: str) -> ir.Value:
    inputs = real_inputs(draft.model.graph)
    found = next((v for v in inputs if v.name == name), None)
    if found is None:
        raise UserError(f"There is no graph input '{name}'.", _listed("Inputs", inputs))
    return found


def _listed(what: str, values: Iterable[ir.Value]) -> str:
    return f"{what}: {', '.join(repr(v.name) for v in values)}."
