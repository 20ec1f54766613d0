"""Everything that is known of the layers of a quantized network, put together for the causes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import onnx_ir as ir

from core.errors import UserError
from core.methods.analyse.causes import LayerEvidence, Weights
from core.methods.quantize.ready import ready_like
from core.methods.scope import Scope
from core.model.facts import Array
from core.model.model import Model, layer_name, quantized
from core.model.qdq_form import spread_blocks
from core.model.qdq_operators import WEIGHTED, weight_axis

if TYPE_CHECKING:
    from core.measure.layer_errors import LayerError
    from core.measure.quantized_parts import QuantizedParts
    from core.measure.quantized_taps import Tap
    from core.methods.analyse.one_layer import Close

_OTHER = 0.5  # a relative change of a layer's weights that no rounding to 4 bits or more makes
_CHOOSE = "Choose the float model that this one was quantized from."


def parts_of(model: Model, parent: Model) -> QuantizedParts:
    """The quantized model taken apart, beside its parent in the form that is quantized.

    Raises UserError where the parent is quantized itself or lacks the float weights of a layer.
    """
    from core.measure.quantized_parts import QuantizedParts

    if quantized(parent):
        raise UserError("The teacher is quantized too.", _CHOOSE)
    parts = QuantizedParts(model, ready_like(parent, model))
    if not parts.parts:
        raise UserError("The model holds integers, but no layer that could be made float again.")
    for part in parts.parts.values():
        if 1 in part.constants and parts.float_weight(parts.place_of(part.layer), 1) is None:
            raise UserError(f"The teacher has no float weights for the layer '{part.layer}'.", _CHOOSE)
    return parts


def evidence(
    parts: QuantizedParts,
    alone: Mapping[str, Close],
    gains: Mapping[str, float],
    taps: Mapping[str, Tap],
    errors: Mapping[str, LayerError],
    host: Mapping[str, float],
) -> list[LayerEvidence]:
    """One for every layer and input that was quantized alone, in graph order.

    A layer's part in the loss is its part in the sum of what all of them lose alone.
    """
    noise = {name: 10 ** (-close.sqnr / 10) for name, close in alone.items()}
    total = sum(noise.values()) or 1.0
    return [
        LayerEvidence(
            name,
            part.operator,
            noise[name] / total,
            alone[name].sqnr,
            gains[name],
            errors.get(name),
            weights_of(parts, name),
            taps.get(name),
            host.get(name, 0.0),
        )
        for name, part in parts.parts.items()
        if name in alone
    ]


def loudest(
    parts: QuantizedParts, taps: Mapping[str, Tap], errors: Mapping[str, LayerError], most: int, scope: Scope
) -> list[str]:
    """The layers in scope with the largest error of their own, relative to what they give, in graph order.

    Raises UserError where none is in scope.
    """
    nodes = {layer_name(n): n for n in parts.nodes}
    names = [n for n in parts.parts if scope.everything or (n in nodes and scope.contains(nodes[n]))]
    if not names:
        raise UserError("No layer in the scope is quantized.", "Choose other layers.")
    if len(names) <= most:
        return names
    known = [LayerEvidence(n, "", 0.0, 0.0, 0.0, errors.get(n), None, taps.get(n)) for n in names]
    own = {e.layer: e.weight_noise + e.value_noise for e in known}
    chosen = set(sorted(names, key=lambda n: -own[n])[:most])
    return [n for n in names if n in chosen]


def weights_of(parts: QuantizedParts, layer: str) -> Weights | None:
    """How a Conv, Gemm or MatMul stores its weights; None where that is not by a DequantizeLinear."""
    place = parts.place_of(layer)
    node = parts.nodes[place] if place >= 0 else None
    if node is None or node.op_type not in WEIGHTED or 1 not in parts.parts[layer].constants:
        return None
    stored = node.inputs[1].producer() if node.inputs[1] is not None else None
    if stored is None or stored.op_type != "DequantizeLinear":
        return None
    integers, scale = (_array(v) for v in stored.inputs[:2])
    if integers is None or scale is None or stored.inputs[0] is None:
        return None
    kind = stored.inputs[0].dtype
    bits = kind.bitwidth if kind is not None else 8
    top = 2 ** (bits - 1) - 1 if kind is None or kind.is_signed() else 2**bits - 1
    wide = _spread(scale, stored, integers.shape)
    return Weights(wide, top, bits, weight_axis(node), scale.size == 1, _ends(node))


def trained_or_scaled(errors: Mapping[str, LayerError]) -> list[str]:
    """Layers whose stored weights are not roundings of the parent's."""
    found = []
    for name, error in errors.items():
        change = float(np.linalg.norm(error.stored_weight - error.weight))
        if change > _OTHER * float(np.linalg.norm(error.weight)) and not _collapsed(error):
            found.append(name)
    return found


def _collapsed(error: LayerError) -> bool:
    """Whether rounding alone lost them: every weight is within a step, however coarse, of what is stored."""
    step = np.unique(np.abs(error.stored_weight))
    coarse = float(step[step > 0].min()) if (step > 0).any() else np.inf
    return float(np.abs(error.stored_weight - error.weight).max()) <= coarse


def _spread(scale: Array, dequantize: ir.Node, shape: tuple[int, ...]) -> Array:
    """The scale of every element."""
    scale = np.asarray(scale, np.float64)
    if scale.size == 1:
        return np.full(shape, float(scale.reshape(-1)[0]))
    axis = dequantize.attributes.get_int("axis", 1) % len(shape)
    block = dequantize.attributes.get_int("block_size", 0)
    if block:
        return spread_blocks(scale, axis, block, shape)
    return np.broadcast_to(scale.reshape([-1 if k == axis else 1 for k in range(len(shape))]), shape)


def _ends(node: ir.Node) -> npt.NDArray[np.bool_] | None:
    """By channel, whether the stored int32 bias stands at the end of its integers."""
    value = node.inputs[2] if len(node.inputs) > 2 else None
    stored = value.producer() if value is not None else None
    steps = _array(stored.inputs[0]) if stored is not None and stored.op_type == "DequantizeLinear" else None
    if steps is None or steps.dtype != np.int32:
        return None
    return np.asarray(np.abs(steps.astype(np.int64)) >= 2**31 - 1).reshape(-1)


def _array(value: ir.Value | None) -> Array | None:
    tensor = None if value is None else ir.convenience.get_const_tensor(value)
    return None if tensor is None else tensor.numpy()
