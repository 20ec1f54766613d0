"""How many values of an activation lie at or beyond the ends of the integers they are quantized to."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import onnx_ir as ir

from core.data.dataset import Array
from core.measure.weights import stored_tensor

# operators that give integers, and where their outputs' zero points are among their inputs
_INTEGER_OUTPUTS = {"QLinearConv": 7, "QLinearMatMul": 7, "QuantizeLinear": 2, "QLinearAdd": 7}


@dataclass(frozen=True, slots=True)
class Saturation:
    """``share`` (0..1) of the values are the lowest or highest integer of ``dtype``, or would lie beyond it.

    Exact zeros are not counted: behind a ReLU zero IS the lowest integer. ``scale`` is None where the values are the
    integers themselves.
    """

    share: float
    dtype: str
    scale: float | None
    zero_point: int

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Saturation:
        return cls(**data)


def saturation(value: ir.Value, found: Array) -> Saturation | None:
    """Of the values ``found`` for ``value``; None where they are not quantized, or per channel."""
    node = value.producer()
    if node is not None and node.op_type in _INTEGER_OUTPUTS:
        position = _INTEGER_OUTPUTS[node.op_type]
        zero = _stored(node, position)
        return _share(found, None, zero, np.dtype(found.dtype).name) if zero is None or zero.size == 1 else None
    if node is not None and node.op_type == "DequantizeLinear":
        return _by(node, found)
    for reader, position in value.uses():
        if reader.op_type == "QuantizeLinear" and position == 0:
            return _by(reader, found)
    return None


def _by(node: ir.Node, found: Array) -> Saturation | None:
    """By the scale and the zero point of a (de)quantization."""
    scale, zero = _stored(node, 1), _stored(node, 2)
    if scale is None or scale.size != 1 or (zero is not None and zero.size != 1):
        return None
    return _share(found, float(scale.ravel()[0]), zero, "uint8" if zero is None else zero.dtype.name)


def _stored(node: ir.Node, position: int) -> Array | None:
    value = node.inputs[position] if len(node.inputs) > position else None
    tensor = stored_tensor(value) if value is not None else None
    return None if tensor is None else tensor.numpy()


def _share(found: Array, scale: float | None, zero: Array | None, dtype: str) -> Saturation | None:
    limits = _limits(dtype)
    if limits is None or not found.size:
        return None
    at = 0 if zero is None else int(zero.ravel()[0])
    steps = found.astype(np.float64) if scale is None else np.rint(found.astype(np.float64) / scale) + at
    ends = ((steps <= limits[0]) | (steps >= limits[1])) & (steps != at)
    return Saturation(float(np.mean(ends)), dtype, scale, at)


def _limits(dtype: str) -> tuple[int, int] | None:
    """The lowest and the highest integer of a type; None for 8-bit floats and the like."""
    signed = dtype.startswith("int")
    digits = dtype.removeprefix("int" if signed else "uint")
    if not digits.isdigit():
        return None
    bits = int(digits)
    return (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
