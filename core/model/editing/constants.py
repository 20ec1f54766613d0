"""Constants of a draft: what is stored behind a value, and new ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import onnx_ir as ir

from core.model.editing.draft import Draft
from core.model.inline import constant_tensor
from core.model.model import ORIGIN

Array = npt.NDArray[Any]


def stored_array(value: ir.Value | None) -> Array | None:
    """The numbers of an initializer or of a Constant layer; None for what is computed."""
    tensor = constant_tensor(value)
    return None if tensor is None else tensor.numpy()


def add_constant(draft: Draft, name: str, array: Array, origin: str = "") -> ir.Value:
    """A new initializer under the name, or under it with a number behind."""
    name = draft.unused(name)
    tensor = ir.Tensor(np.asarray(array, order="C"), name=name)
    value = ir.Value(name=name, type=ir.TensorType(tensor.dtype), shape=ir.Shape(array.shape), const_value=tensor)
    if origin:
        value.metadata_props[ORIGIN] = origin
    draft.add_initializer(value)
    return value


def set_constant(draft: Draft, node: ir.Node, index: int, array: Array, name: str) -> list[ir.Value | None]:
    """A constant that a layer reads: in place where it alone reads the initializer, else as a new one of that name.

    Returns what the layer reads no more: the caller drops what nobody reads.
    """
    old = node.inputs[index] if index < len(node.inputs) else None
    if old is not None and old.is_initializer() and len(old.uses()) == 1 and not old.is_graph_output():
        tensor = ir.Tensor(np.asarray(array, order="C"), name=old.name)
        if old.const_value is not None:
            tensor.metadata_props.update(old.const_value.metadata_props)
        draft.set(old, "const_value", tensor)
        if old.shape is None or tuple(old.shape.dims) != array.shape:
            draft.set(old, "shape", ir.Shape(array.shape))
        return []
    inputs = [*node.inputs, *[None] * (index + 1 - len(node.inputs))]
    inputs[index] = add_constant(draft, name, array)
    draft.set_inputs(node, inputs)
    return [old]
