"""Reads the quantization nodes of a graph: pairs on activations, integers behind DequantizeLinear."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast, get_args

import numpy as np
import numpy.typing as npt
import onnx_ir as ir

from core.model.facts import Array
from core.model.qdq_form import spread_blocks
from core.model.qdq_numbers import QuantParams, Storage, along

RANGE_FROM = "thimble.range"
"""Metadata of a QuantizeLinear: where its range comes from, unless from the extremes that calibration saw."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One QuantizeLinear on a float value, and the DequantizeLinear nodes that read it back."""

    value: str
    quantize: ir.Node
    dequantize: tuple[ir.Node, ...]
    params: QuantParams

    @property
    def outputs(self) -> tuple[ir.Value, ...]:
        """The float values that readers see."""
        return tuple(n.outputs[0] for n in self.dequantize)


@dataclass(frozen=True, slots=True)
class StoredConstant:
    """Integers behind a DequantizeLinear; ``axis`` is None where one scale serves all.

    ``q`` and ``zero_point`` are numpy integers: 4 (and 2) ``bits`` are held in 8. ``block``: how many along ``axis``
    share one scale, 0 where each has its own.
    """

    q: Array
    scale: Array
    zero_point: Array
    axis: int | None
    bits: int = 8
    block: int = 0

    @property
    def real(self) -> npt.NDArray[np.float32]:
        """The float32 values that readers see."""
        steps = np.subtract(self.q, self._spread(self.zero_point), dtype=np.int64)
        return np.multiply(steps, self._spread(self.scale), dtype=np.float32, casting="same_kind")

    def _spread(self, values: Array) -> Array:
        if self.axis is None:
            return values.reshape(())
        if self.block:
            return spread_blocks(values, self.axis, self.block, self.q.shape)
        return along(values, self.axis, self.q.ndim)


def activation_pairs(graph: ir.Graph) -> dict[str, Pair]:
    """Pairs by the name of the float value they quantize; those without constant per-tensor parameters are left out.

    The second pair of a value (rule 5) is found under the name of the value that it quantizes again.
    """
    pairs: dict[str, Pair] = {}
    for node in graph:
        params = read_params(node) if node.op_type == "QuantizeLinear" else None
        if params is None or node.inputs[0] is None:
            continue
        readers = tuple(u.node for u in node.outputs[0].uses() if u.node.op_type == "DequantizeLinear")
        pairs.setdefault(node.inputs[0].name or "", Pair(node.inputs[0].name or "", node, readers, params))
    return pairs


def read_params(node: ir.Node) -> QuantParams | None:
    """Parameters of a Quantize- or DequantizeLinear of 8 or 16 bits where they are constant, per tensor; else None."""
    scale, zero = (constant(node.inputs[k]) if len(node.inputs) > k else None for k in (1, 2))
    if scale is None or scale.size != 1:
        return None
    if zero is None:
        zero = np.zeros((), np.uint8)
    if zero.size != 1 or zero.dtype.name not in get_args(Storage):
        return None
    return QuantParams(float(scale.reshape(())), int(zero.reshape(())), cast(Storage, zero.dtype.name))


def source_pair(value: ir.Value | None) -> ir.Node | None:
    """The activation's DequantizeLinear that makes a float value, else None."""
    node = None if value is None else value.producer()
    if node is None or node.op_type != "DequantizeLinear" or node.inputs[0] is None:
        return None
    return None if constant(node.inputs[0]) is not None else node


def stored_constant(value: ir.Value | None) -> StoredConstant | None:
    """The integers behind a value that a DequantizeLinear makes of a constant, else None."""
    node = None if value is None else value.producer()
    if node is None or node.op_type != "DequantizeLinear":
        return None
    q, scale = constant(node.inputs[0]), constant(node.inputs[1])
    zero = constant(node.inputs[2]) if len(node.inputs) > 2 else None
    if q is None or scale is None:
        return None
    return stored_integers(q, scale, zero, node.attributes.get_int("axis", 1), node.attributes.get_int("block_size", 0))


def stored_integers(q: Array, scale: Array, zero: Array | None, axis: int = 1, block: int = 0) -> StoredConstant:
    """What DequantizeLinear is given, as numpy can compute with it."""
    bits = _SMALL.get(q.dtype.name, q.dtype.itemsize * 8)
    q = _held(q)
    zero = np.zeros(scale.shape, q.dtype) if zero is None else _held(zero)
    return StoredConstant(q, scale, zero, None if scale.size == 1 and not block else axis % max(q.ndim, 1), bits, block)


_SMALL = {"int4": 4, "uint4": 4, "int2": 2, "uint2": 2}


def _held(q: Array) -> Array:
    """Integers that numpy itself does not have, in 8 bits."""
    if q.dtype.name not in _SMALL:
        return q
    return q.astype(np.uint8 if q.dtype.name.startswith("u") else np.int8)


def constant(value: ir.Value | None) -> Array | None:
    """The array of an initializer or a Constant node, else None."""
    if value is None:
        return None
    tensor = ir.convenience.get_const_tensor(value)
    return None if tensor is None else tensor.numpy()
