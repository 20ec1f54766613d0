"""What a format gives for a weight: the tensors of the file and the node that decodes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import onnx_ir as ir

from core.methods.quantize.formats.blocks import Blocks
from core.model.bits import pack
from core.model.weight_functions import BLOCKED, CODEBOOK, DOMAIN, fields, function_name, levels

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float32]


class Stored(Protocol):
    """A weight in its format.

    ``tensors``: suffix of the name -> what the file holds, in the order the decoding node reads them. ``values()``: the
    float32 weight that runs, in its shape. ``node(inputs, name)``: the node that decodes; ``function``: (kind, bits)
    of the model-local function it calls, None for an operator of ONNX.
    """

    @property
    def tensors(self) -> Mapping[str, ir.TensorProtocol]: ...
    @property
    def function(self) -> tuple[str, int] | None: ...
    def values(self) -> Floats: ...
    def node(self, inputs: list[ir.Value], name: str) -> ir.Node: ...


@dataclass(frozen=True)
class Integers:
    """(q - zero point) * scale behind DequantizeLinear. ``q`` in the weight's shape; without ``zero`` it is 0.

    ``dtype`` is what ONNX stores: INT8, UINT8, INT4 or UINT4. With blocks along rows the file holds rows, which a
    function decodes.
    """

    q: Array
    scale: Floats
    zero: Array | None
    blocks: Blocks
    dtype: ir.DataType

    @property
    def tensors(self) -> Mapping[str, ir.TensorProtocol]:
        kind = self.dtype.numpy()
        shape = self.blocks.scale_shape
        found = {
            "quantized": ir.tensor(self.q.astype(kind).reshape(self.blocks.stored_shape), dtype=self.dtype),
            "scale": ir.tensor(np.asarray(self.scale, np.float32).reshape(shape)),
        }
        if self.zero is not None:
            found["zero_point"] = ir.tensor(self.zero.astype(kind).reshape(shape), dtype=self.dtype)
        return found

    @property
    def function(self) -> tuple[str, int] | None:
        return (BLOCKED, self.dtype.bitwidth) if self.blocks.flat else None

    def values(self) -> Floats:
        steps = self.blocks.rows(np.asarray(self.q, np.int32))
        if self.zero is not None:
            steps = steps - np.asarray(self.zero, np.int32).reshape(-1, 1)
        found: Floats = self.blocks.join(steps.astype(np.float32) * self.scale.reshape(-1, 1)).astype(np.float32)
        return found

    def node(self, inputs: list[ir.Value], name: str) -> ir.Node:
        if self.blocks.flat:
            attributes = [ir.AttrInt64s("shape", self.blocks.shape), ir.AttrInt64("block_size", self.blocks.block)]
            called = function_name(BLOCKED, self.dtype.bitwidth)
            return ir.Node(DOMAIN, called, inputs, attributes, name=f"{name}_{BLOCKED}")
        attributes = []
        if self.blocks.axis is not None:
            attributes.append(ir.AttrInt64("axis", self.blocks.axis))
        if self.blocks.block:
            attributes.append(ir.AttrInt64("block_size", self.blocks.block))
        return ir.Node("", "DequantizeLinear", inputs, attributes, name=f"{name}_DequantizeLinear")


@dataclass(frozen=True)
class Halves:
    """float16 numbers behind Cast."""

    numbers: npt.NDArray[np.float16]

    @property
    def tensors(self) -> Mapping[str, ir.TensorProtocol]:
        return {"half": ir.tensor(self.numbers)}

    @property
    def function(self) -> tuple[str, int] | None:
        return None

    def values(self) -> Floats:
        return self.numbers.astype(np.float32)

    def node(self, inputs: list[ir.Value], name: str) -> ir.Node:
        to = ir.AttrInt64("to", ir.DataType.FLOAT.value)
        return ir.Node("", "Cast", inputs, [to], name=f"{name}_Cast")


@dataclass(frozen=True)
class Codes:
    """Packed k-bit codes behind a function of core.model.weight_functions.

    A codebook has its ``table`` of 2**bits numbers; the other kinds have scales in ``blocks``.
    """

    kind: str
    bits: int
    codes: Array
    table: Floats | None = None
    scale: Floats | None = None
    blocks: Blocks | None = None

    @property
    def tensors(self) -> Mapping[str, ir.TensorProtocol]:
        packed = {"codes": ir.tensor(pack(self.codes, self.bits))}
        if self.table is not None:
            return {**packed, "table": ir.tensor(self.table)}
        assert self.scale is not None
        assert self.blocks is not None
        return {**packed, "scale": ir.tensor(self.scale.reshape(self.blocks.wide_scale_shape))}

    @property
    def function(self) -> tuple[str, int] | None:
        return self.kind, self.bits

    def values(self) -> Floats:
        if self.table is not None:
            return self.table[self.codes]
        assert self.scale is not None
        assert self.blocks is not None
        rows = levels(self.kind, self.bits)[self.blocks.rows(self.codes)]
        found: Floats = self.blocks.join(rows * self.scale.reshape(-1, 1)).astype(np.float32)
        return found

    def node(self, inputs: list[ir.Value], name: str) -> ir.Node:
        attributes = [
            ir.AttrInt64s("shape", self.codes.shape),
            ir.AttrInt64s("count", [fields(self.bits, self.codes.size)]),
        ]
        if self.kind != CODEBOOK and self.blocks is not None:
            attributes.append(ir.AttrInt64s("wide", self.blocks.wide))
        called = function_name(self.kind, self.bits)
        return ir.Node(DOMAIN, called, inputs, attributes, name=f"{name}_{self.kind}")
