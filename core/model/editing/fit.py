"""An edit that makes two layers fit: a small layer between them that changes the number of channels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import onnx_ir as ir

from core.errors import UserError
from core.model.editing.constants import Array, add_constant
from core.model.editing.draft import Draft
from core.model.editing.edit import Edit, edit
from core.model.editing.inference import TensorType, type_of
from core.model.model import ORIGIN

_LAST_AXIS = frozenset({"Gemm", "MatMul"})  # their features lie along the last axis, not along the second


@edit("layer.fit", "Fit channels")
@dataclass(frozen=True, slots=True)
class FitChannels(Edit):
    """A new 1x1 convolution (in front of Gemm and MatMul a product) gives an input of a layer other channels.

    The channels that both have pass as they are, new ones are 0: train it before you judge the network.
    """

    layer: Annotated[str, "Layer"]
    index: Annotated[int, "Input, counted from 0"]
    channels: Annotated[int, "Channels"]

    def apply(self, draft: Draft) -> None:
        reader = draft.layer(self.layer)
        value = reader.inputs[self.index] if 0 <= self.index < len(reader.inputs) else None
        if value is None or self.channels < 1:
            raise UserError(f"Layer '{self.layer}' ({reader.op_type}) reads nothing at input {self.index} "
                            f"that could get {self.channels} channels.")  # fmt: skip
        known = type_of(value, draft.known)
        last = reader.op_type in _LAST_AXIS
        shape = known.shape if isinstance(known, TensorType) else None
        size = shape[-1 if last else 1] if shape is not None and len(shape) >= (2 if last else 3) else None
        if not isinstance(known, TensorType) or not isinstance(size, int) or shape is None:
            raise UserError(f"'{value.name}' cannot get {self.channels} channels: how many it has is not known.")
        weight = np.eye(self.channels, size, dtype=ir.DataType(known.dtype).numpy())
        operator = "MatMul" if last else "Conv"
        array = weight.T if last else weight.reshape(self.channels, size, *[1] * (len(shape) - 2))
        self._put(draft, reader, value, operator, array)
        draft.note = "The first channels pass as they are, new ones are 0. Train the network before you judge it."

    def _put(self, draft: Draft, reader: ir.Node, value: ir.Value, operator: str, array: Array) -> None:
        name = draft.unused(f"{self.layer}/fit")
        out = ir.Value(name=draft.unused(f"{name}_output"), type=value.type)
        attributes = [ir.AttrInt64s("kernel_shape", list(array.shape[2:]))] if operator == "Conv" else []
        node = ir.Node("", operator, [None, None], attributes, outputs=[out], name=name)
        node.metadata_props[ORIGIN] = f"edit: in front of {self.layer}"
        draft.set_inputs(node, [value, add_constant(draft, f"{name}.weight", array, origin=self.layer)])
        draft.insert(node, after=value.producer())
        inputs = list(reader.inputs)
        inputs[self.index] = out
        draft.set_inputs(reader, inputs)
