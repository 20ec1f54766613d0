"""How the tensors around a layer are quantized, as the nodes of the graph say. No Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx_ir as ir

from core.measure.weights import QUANTIZERS
from core.methods.scope import InputLayer, Named
from core.model.qdq import StoredConstant, read_params, stored_constant, weight_axis
from core.model.qdq_operators import ACTIVATIONS, WEIGHTED
from core.model.qdq_tensors import range_from
from gui.graph_view.known import Known

Array = npt.NDArray[Any]
_SYSTEMATIC = 1.5  # steps by which all numbers of a channel are off, on average
_MOST = 1 << 22  # integers of a weight that are looked at


@dataclass(frozen=True)
class TensorForm:
    """One tensor of a layer: ``formal`` is the operator's name for it, ``role`` 'inputs' or 'outputs'.

    ``scale`` and ``zero`` hold one number, or one for each channel or block along ``axis`` (``block`` long, 0: none).
    ``stored`` are the integers of a constant, None for an activation. ``came_from`` says where an activation's range
    comes from: what its QuantizeLinear keeps (``core.model.qdq.RANGE_FROM``), DICTATED, SHARED, SEEN, '' if unknown.
    """

    formal: str
    role: str
    value: str
    dtype: str
    scale: Array
    zero: Array
    axis: int | None
    block: int = 0
    stored: StoredConstant | None = None
    came_from: str = ""

    @property
    def symmetric(self) -> bool:
        """Whether 0 is the middle of its type."""
        low, high = self.ends
        return bool(np.all(self.zero == (low + high + 1) // 2))

    @property
    def bits(self) -> int:
        return int("".join(c for c in self.dtype if c.isdigit()) or 0)

    @property
    def signed(self) -> bool:
        return not self.dtype.startswith("u")

    @property
    def ends(self) -> tuple[int, int]:
        """The lowest and the highest integer of its type."""
        span = 1 << self.bits
        return (-span // 2, span // 2 - 1) if self.signed else (0, span - 1)

    @property
    def range(self) -> tuple[float, float]:
        """The real numbers that the widest of its scales reaches."""
        low, high = self.ends
        scale = self.scale.astype(np.float64)
        zero = self.zero.astype(np.float64) if self.zero.shape == self.scale.shape else float(self.zero.ravel()[0])
        return float(((low - zero) * scale).min()), float(((high - zero) * scale).max())

    def at_ends(self) -> float | None:
        """Share of a constant's integers that are the largest their scale uses, or beyond it; None for activations."""
        if self.stored is None or not self.stored.q.size:
            return None
        flat: Array = self.stored.q.reshape(-1)
        flat = flat[:: -(-flat.size // _MOST)]
        top = self.ends[1]
        return float(np.mean((flat >= top) | (flat <= -top)))


def forms_of(node: ir.Node, whole: Known, inputs: Sequence[str], outputs: Sequence[str]) -> list[TensorForm]:
    """Every quantized tensor that a layer reads or makes; ``inputs`` and ``outputs`` are the operator's names for them.

    What a Relu or Clip behind the layer makes counts as the layer's own, where the two run as one.
    """
    if node.op_type in QUANTIZERS:
        own = _of_node(node, "", "outputs", (node.outputs[0].name or ""), whole)
        return [own] if own is not None else []
    found = [_read(formal, value, whole) for formal, value in zip(inputs, node.inputs, strict=False)]
    found += [_made(formal, value, whole) for formal, value in zip(outputs, node.outputs, strict=False)]
    return [form for form in found if form is not None]


def weight_of(forms: Sequence[TensorForm]) -> TensorForm | None:
    """The form of the layer's weight: the first stored tensor of it."""
    return next((form for form in forms if form.stored is not None), None)


def has_weight(node: ir.Node) -> bool:
    """Whether a choice can be made for the layer at all: it multiplies with a stored tensor."""
    value = node.inputs[1] if node.op_type in WEIGHTED and len(node.inputs) > 1 else None
    maker = None if value is None else value.producer()
    if maker is not None and maker.op_type == "DequantizeLinear":
        value = maker.inputs[0]
    return value is not None and ir.convenience.get_const_tensor(value) is not None


def has_result(node: ir.Node) -> bool:
    """Whether what the layer makes is stored in integers, so that its form can be chosen."""
    return any(_pair_behind(value) is not None for value in node.outputs)


def result_type(node: ir.Node) -> str:
    """The type that a layer's result is stored in, '' where it is float; of a pair itself its own."""
    pairs = [node] if node.op_type == "QuantizeLinear" else [_pair_behind(value) for value in node.outputs]
    params = next((read_params(pair) for pair in pairs if pair is not None), None)
    return "" if params is None else params.storage


def chosen_of(node: ir.Node) -> Named | None:
    """The layer, or input of the graph, whose choice a card stands for; None where there is nothing to choose.

    A pair on the card of its own stands for what it quantizes.
    """
    if node.op_type not in QUANTIZERS:
        return node if has_weight(node) or has_result(node) else None
    source = node.inputs[0]
    if node.op_type == "DequantizeLinear":
        maker = source.producer() if source is not None else None
        source = maker.inputs[0] if maker is not None and maker.op_type == "QuantizeLinear" else None
    if source is None or source.is_initializer():
        return None
    return source.producer() or InputLayer(source.name or "")


def channel_steps(node: ir.Node, form: TensorForm) -> tuple[Array, Array] | None:
    """The lowest and the highest integer of every output channel, (channels,) each; None where there are none."""
    if form.stored is None or node.op_type not in WEIGHTED or form.stored.q.ndim < 2:
        return None
    rows = np.moveaxis(form.stored.q, weight_axis(node), 0)
    rows = rows.reshape(rows.shape[0], -1)
    return rows.min(1).astype(np.float64), rows.max(1).astype(np.float64)


def in_steps(node: ir.Node, form: TensorForm, weight: Array) -> tuple[Array, Array] | None:
    """The lowest and the highest number of every output channel of the float ``weight``, in steps of its scale.

    (channels,) each; None where the weight is not the one that the integers stand for: equalized or smoothed before it
    was rounded, its numbers mean nothing in these steps.
    """
    stored = form.stored
    if stored is None or node.op_type not in WEIGHTED or weight.shape != stored.q.shape or weight.ndim < 2:
        return None
    ones = StoredConstant(
        np.ones_like(stored.q), stored.scale, np.zeros_like(stored.zero_point), stored.axis, 8, stored.block
    )
    unit = np.maximum(ones.real, 1e-30)
    rows, held = (np.moveaxis(v / unit, weight_axis(node), 0) for v in (weight, stored.real))
    rows, held = rows.reshape(rows.shape[0], -1).astype(np.float64), held.reshape(held.shape[0], -1).astype(np.float64)
    if _scaled(rows, held):
        return None
    return rows.min(1).astype(np.float64), rows.max(1).astype(np.float64)


def _scaled(rows: Array, held: Array) -> bool:
    """Whether the ``held`` steps of any channel are its numbers times a factor, which no rounding explains."""
    inside = np.clip(rows, held.min(), held.max())  # what was cut off stood for the same numbers
    power = (held**2).sum(1)
    known = power > 0
    factor = (inside * held).sum(1)[known] / power[known]
    off = np.abs(factor - 1) * np.sqrt(power[known] / held.shape[1])
    return bool((off > _SYSTEMATIC).any())


def _read(formal: str, value: ir.Value | None, whole: Known) -> TensorForm | None:
    node = value.producer() if value is not None else None
    if value is None or node is None or node.op_type != "DequantizeLinear":
        return None
    stored = stored_constant(value)
    source = node.inputs[0].name if node.inputs[0] is not None else ""
    return _of_node(node, formal, "inputs", source or "", whole, stored)


def _made(formal: str, value: ir.Value, whole: Known) -> TensorForm | None:
    """How a layer's result is stored: behind it, or behind the activations that run inside the layer."""
    pair = _pair_behind(value)
    return None if pair is None else _of_node(pair, formal, "outputs", value.name or "", whole)


def _pair_behind(value: ir.Value) -> ir.Node | None:
    """The QuantizeLinear behind a layer's result, or behind the activations that run inside the layer."""
    while True:
        readers = [use.node for use in value.uses()]
        pair = next((reader for reader in readers if reader.op_type == "QuantizeLinear"), None)
        if pair is not None:
            return pair
        if len(readers) != 1 or readers[0].op_type not in ACTIVATIONS:
            return None
        value = readers[0].outputs[0]


def _of_node(
    node: ir.Node, formal: str, role: str, value: str, whole: Known, stored: StoredConstant | None = None
) -> TensorForm | None:
    """From the constants of a quantization node; None where they are computed."""
    scale = whole.facts.array(node.inputs[1])
    zero_value = node.inputs[2] if len(node.inputs) > 2 else None
    zero = whole.facts.array(zero_value)
    if scale is None or (zero_value is not None and zero is None):
        return None
    integers = node.outputs[0] if node.op_type == "QuantizeLinear" else node.inputs[0]
    kind = _kind(zero_value, whole) or _kind(integers, whole) or "uint8"
    block = node.attributes.get_int("block_size", 0)
    axis = None if scale.size == 1 and not block else node.attributes.get_int("axis", 1)
    zero = np.zeros(1, np.int64) if zero is None else zero
    came_from = "" if stored is not None else range_from(node, whole.model)
    return TensorForm(formal, role, value, kind, scale, zero, axis, block, stored, came_from)


def _kind(value: ir.Value | None, whole: Known) -> str:
    if value is None:
        return ""
    kind = whole.facts.dtypes.get(value.name or "") or value.dtype
    if kind is None:
        tensor = ir.convenience.get_const_tensor(value)
        kind = tensor.dtype if tensor is not None else None
    return "" if kind is None else kind.name.lower()
