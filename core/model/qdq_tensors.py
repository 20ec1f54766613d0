"""Every tensor that a graph stores in fewer bits: type, symmetric or not, scales, range, and who chose the range."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import onnx_ir as ir

from core.model.model import ORIGIN, RECIPE, Model, layer_name
from core.model.qdq_operators import FIXED, PASS_THROUGH, WEIGHTED
from core.model.qdq_pairs import RANGE_FROM, StoredConstant, read_params, stored_constant
from core.model.stored_weights import decoded, decodes, stored_as
from core.model.weight_functions import CODEBOOK, kind_and_bits

DICTATED, SHARED, SEEN, LEARNED, SEARCHED = "dictated", "shared", "minmax", "learned", "searched"
"""Where a range comes from, besides what RANGE_FROM keeps of calibrators and typed ones: runtimes demand it, it is that
of the layers before, the extremes that calibration saw, trained with the network, searched at its output."""

_WIDE = 32  # bits
Role = Literal["input", "result", "weight", "bias", "constant"]


@dataclass(frozen=True, slots=True)
class StoredTensor:
    """One tensor. ``layer``: who makes or, of constants, reads it; inputs of the graph have their own name there.

    ``scales``: how many there are, in blocks of ``block`` numbers unless that is 0. ``scale`` and ``zero_point`` are
    the least and the most of them, ``range`` the real numbers that the widest reaches. ``came_from``: '' if unknown.
    Codes and float16 stand for numbers otherwise: ``symmetric`` and ``zero_point`` are None there, and ``scale`` too
    where there is none. ``range`` is None for a bias of 32 bits: it reaches further than anybody asks.
    """

    layer: str
    role: Role
    type: str
    symmetric: bool | None
    scales: int
    block: int
    scale: tuple[float, float] | None
    zero_point: tuple[int, int] | None
    range: tuple[float, float] | None
    came_from: str = ""


def stored_tensors(model: Model) -> tuple[StoredTensor, ...]:
    """In graph order; values whose scale is computed are left out, and a float graph has none."""
    return tuple(_tensors(model))


def range_from(pair: ir.Node, model: Model) -> str:
    """Who chose the range of a Quantize- or DequantizeLinear of an activation; '' where nobody knows."""
    quantize = pair
    if pair.op_type == "DequantizeLinear":
        maker = pair.inputs[0].producer() if pair.inputs[0] is not None else None
        if maker is None or maker.op_type != "QuantizeLinear":
            return ""
        quantize = maker
    if RANGE_FROM in quantize.metadata_props:
        return quantize.metadata_props[RANGE_FROM]
    source = quantize.inputs[0].producer() if quantize.inputs[0] is not None else None
    if source is not None and source.op_type in FIXED:
        return DICTATED
    if source is not None and source.op_type in PASS_THROUGH:
        return SHARED
    return SEEN if quantized_here(model) else ""


def quantized_here(model: Model) -> bool:
    """Whether the model's recipe has an act of Thimble that quantizes."""
    return '"quantize.' in model.graph.metadata_props.get(RECIPE, "")


def _tensors(model: Model) -> Iterator[StoredTensor]:
    for node in model.nodes():
        if node.op_type == "QuantizeLinear":
            found = _activation(node, model)
            if found is not None:
                yield found
        elif node.op_type != "DequantizeLinear":
            for index, value in enumerate(node.inputs):
                stored, maker = stored_constant(value), value.producer() if value is not None else None
                if stored is not None:
                    yield _constant(node, index, stored)
                elif maker is not None and decodes(maker):
                    yield _coded(node, index, maker)


def _activation(node: ir.Node, model: Model) -> StoredTensor | None:
    params, source = read_params(node), node.inputs[0]
    if params is None or source is None:
        return None
    maker = source.producer()
    name = (source.name or "") if maker is None else layer_name(maker)
    if maker is not None and maker.op_type == "DequantizeLinear":  # a second pair
        name = node.metadata_props.get(ORIGIN, name)
    role: Role = "input" if maker is None else "result"
    ends, zero = (params.scale, params.scale), (params.zero_point, params.zero_point)
    middle = params.signed_zero_point == 0
    return StoredTensor(name, role, params.storage, middle, 1, 0, ends, zero, params.range, range_from(node, model))


def _role(node: ir.Node, index: int) -> Role:
    if node.op_type in WEIGHTED:
        return "weight" if index == 1 else "bias" if index == 2 else "constant"
    return "constant"


def _coded(node: ir.Node, index: int, maker: ir.Node) -> StoredTensor:
    """What a codebook, powers of two or float16 stand for."""
    real = decoded(maker)
    ends = (float(real.min()), float(real.max())) if real.size else None
    found = kind_and_bits(maker)
    value = maker.inputs[1] if found is not None and found[0] != CODEBOOK else None
    held = None if value is None else ir.convenience.get_const_tensor(value)
    scales = np.asarray(held.numpy(), np.float64) if held is not None else np.zeros(0)
    scale = (float(scales.min()), float(scales.max())) if scales.size else None
    return StoredTensor(layer_name(node), _role(node, index), stored_as(maker), None, scales.size, 0, scale, None, ends)


def _constant(node: ir.Node, index: int, stored: StoredConstant) -> StoredTensor:
    unsigned = stored.q.dtype.kind == "u"
    low, high = (0, 2**stored.bits - 1) if unsigned else (-(2 ** (stored.bits - 1)), 2 ** (stored.bits - 1) - 1)
    zero = stored.zero_point.astype(np.int64)
    scale = stored.scale.astype(np.float64)
    ends = ((low - zero) * scale, (high - zero) * scale)
    return StoredTensor(
        layer_name(node),
        _role(node, index),
        f"{'u' if unsigned else ''}int{stored.bits}",
        bool(np.all(zero == (low + high + 1) // 2)),
        scale.size,
        stored.block,
        (float(scale.min()), float(scale.max())),
        (int(zero.min()), int(zero.max())),
        (float(ends[0].min()), float(ends[1].max())) if stored.bits < _WIDE else None,
    )
