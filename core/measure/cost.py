"""Parameters, MACs and weight bytes, counted on the graph itself. Nothing is run and nothing is guessed.

Counting follows published tables: weights, biases and the scale and shift of normalization are parameters, running
statistics are not (MobileNetV2 3.50 M, SqueezeNet 1.1 1.235 M). One MAC is one multiplication with its addition in
a Conv, ConvTranspose, Gemm or MatMul. Bytes are those of the stored tensors, whatever they are for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import onnx_ir as ir

from core.errors import UserError
from core.measure.macs import node_macs
from core.model.facts import Facts, infer
from core.model.model import Model

# Positions of the weights among a node's inputs. Where an operator is not listed, float tensors of more than one
# element count: a scalar beside an Add or Mul is arithmetic, not a weight.
_WEIGHTS: Mapping[str, tuple[int, ...]] = {
    "Conv": (1, 2),
    "ConvTranspose": (1, 2),
    "ConvInteger": (1,),
    "MatMulInteger": (0, 1),
    "QLinearConv": (3, 8),
    "QLinearMatMul": (0, 3),
    "Gemm": (0, 1, 2),
    "MatMul": (0, 1),
    "BatchNormalization": (1, 2),
    "InstanceNormalization": (1, 2),
    "LayerNormalization": (1, 2),
    "GroupNormalization": (1, 2),
    "PRelu": (1,),
    "Gather": (0,),
    "LSTM": (1, 2, 3, 7),
    "GRU": (1, 2, 3),
    "RNN": (1, 2, 3),
}
_NO_WEIGHTS = {"Clip", "Pad", "Resize", "Upsample", "Dropout", "Pow", "Range", "OneHot", "ConstantOfShape", "Where"}
# A weight may stand behind these: they change its place or its number format, not what it is.
_CARRIERS = {"Identity", "Cast", "Transpose", "Reshape", "Unsqueeze", "Squeeze", "Flatten"}
_QUANTIZERS = {"QuantizeLinear", "DequantizeLinear"}
_FLOAT = {"FLOAT", "FLOAT16", "BFLOAT16", "DOUBLE"}


@dataclass(frozen=True, slots=True)
class LayerCost:
    """One node. ``macs`` and ``output_shape`` are None where they cannot be known; ``note`` says why."""

    name: str
    operator: str
    params: int
    macs: int | None
    weight_bytes: int
    output_shape: tuple[int, ...] | None
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "operator": self.operator,
            "params": self.params,
            "macs": self.macs,
            "weight_bytes": self.weight_bytes,
            "output_shape": None if self.output_shape is None else list(self.output_shape),
            "note": self.note,
        }


@dataclass(frozen=True, slots=True)
class Cost:
    """Totals and the layers in the file's order. ``macs`` is None where a layer's are unknown.

    ``weight_bytes`` includes every stored tensor (shape constants, tensors nobody reads), so it may exceed the sum over
    the layers.
    """

    params: int
    macs: int | None
    weight_bytes: int
    layers: tuple[LayerCost, ...]
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        out: dict[str, Any] = {"params": self.params, "macs": self.macs, "weight_bytes": self.weight_bytes}
        return {**out, "note": self.note, "layers": [layer.to_json() for layer in self.layers]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Cost:
        layers = tuple(_layer_from_json(entry) for entry in data["layers"])
        return cls(data["params"], data["macs"], data["weight_bytes"], layers, data.get("note", ""))


def cost(model: Model, facts: Facts | None = None) -> Cost:
    """Count a model; ``facts`` saves inferring the shapes again. A symbolic batch counts as 1, a fixed one as it is.

    A tensor that several layers share counts once, at the first of them.
    """
    why = ""
    if facts is None:
        try:
            facts = infer(model)
        except UserError as error:  # a free image size leaves the MACs open, not the parameters
            why = error.message
    counter = _Counter(model, facts)
    layers = tuple(counter.layer(node) for node in model.nodes())
    unknown = [layer for layer in layers if layer.macs is None]
    if unknown and not why:
        first = unknown[0]
        why = f"The MACs of {len(unknown)} layers are unknown, '{first.name}' ({first.operator}) first: {first.note}."
    return Cost(
        params=sum(layer.params for layer in layers),
        macs=None if unknown else sum(layer.macs or 0 for layer in layers),
        weight_bytes=counter.stored_bytes(),
        layers=layers,
        note=why if unknown else "",
    )


class _Counter:
    """Counts layer by layer, remembering which stored tensors were counted already."""

    def __init__(self, model: Model, facts: Facts | None) -> None:
        self._graph, self._facts = model.graph.graph, facts
        self._constant = facts.constant_nodes if facts else frozenset()
        self._counted: dict[str, str] = {}  # tensor as a parameter -> layer
        self._stored: set[str] = set()  # tensor as bytes
        self._inline_bytes = 0

    def layer(self, node: ir.Node) -> LayerCost:
        name = node.name or (node.outputs[0].name if node.outputs else "") or node.op_type
        shape = self._facts.shape(node.outputs[0]) if self._facts and node.outputs else None
        if node.op_type in _QUANTIZERS:
            return LayerCost(name, node.op_type, 0, 0, self._scales(node), shape)
        if id(node) in self._constant or node.op_type in _CARRIERS | {"Constant"}:
            return LayerCost(name, node.op_type, 0, 0, 0, shape)
        params, stored, shared = 0, 0, []
        for position, value in enumerate(node.inputs):
            weight, tensors = _behind(value)
            stored += sum(self._bytes(t) for t in tensors)
            if weight is None or not _is_weight(node, position, weight):
                continue
            key = weight.name or ""
            if key in self._counted:
                shared.append(f"'{key}' is shared with '{self._counted[key]}'")
                continue
            self._counted[key] = name
            params += _size(weight)
        macs, why = node_macs(node, self._facts)
        return LayerCost(name, node.op_type, params, macs, stored, shape, "; ".join(filter(None, [why, *shared])))

    def _scales(self, node: ir.Node) -> int:
        """Scale and zero point of an activation; those of a weight belong to the layer that reads it."""
        if node.inputs and _behind(node.inputs[0])[0] is not None:
            return 0
        return sum(self._bytes(v) for v in node.inputs[1:] if v is not None and v.const_value is not None)

    def stored_bytes(self) -> int:
        """Of every initializer, and of Constant nodes that layers read as weights."""
        tensors = (v.const_value for v in self._graph.initializers.values())
        return sum(t.nbytes for t in tensors if t is not None) + self._inline_bytes

    def _bytes(self, value: ir.Value) -> int:
        tensor, name = value.const_value, value.name or ""
        if tensor is None or name in self._stored:
            return 0
        self._stored.add(name)
        if name not in self._graph.initializers:
            if tensor.size <= 1 or tensor.dtype.name not in _FLOAT:
                return 0
            self._inline_bytes += tensor.nbytes
        return int(tensor.nbytes)


def _behind(value: ir.Value | None) -> tuple[ir.Value | None, list[ir.Value]]:
    """The stored tensor that an input carries (None for a computed value), and all stored tensors on the way to it."""
    met: list[ir.Value] = []
    while value is not None:
        if value.const_value is not None:
            return value, [value, *met]
        node = value.producer()
        if node is None or node.op_type not in _CARRIERS | _QUANTIZERS:
            return None, []
        met.extend(v for v in node.inputs[1:] if v is not None and v.const_value is not None)
        value = node.inputs[0]
    return None, []


def _is_weight(node: ir.Node, position: int, weight: ir.Value) -> bool:
    if node.op_type in _NO_WEIGHTS:
        return False
    if node.op_type in _WEIGHTS:
        floats = node.op_type != "Gather" or _is_float(weight) or _carried(node, position)
        return position in _WEIGHTS[node.op_type] and floats
    return (_is_float(weight) or _carried(node, position)) and _size(weight) > 1


def _is_float(value: ir.Value) -> bool:
    return value.const_value is not None and value.const_value.dtype.name in _FLOAT


def _carried(node: ir.Node, position: int) -> bool:
    """Whether the input comes out of a DequantizeLinear: then integers stand for numbers."""
    value = node.inputs[position]
    producer = None if value is None else value.producer()
    return producer is not None and producer.op_type == "DequantizeLinear"


def _size(value: ir.Value) -> int:
    return 0 if value.const_value is None else int(value.const_value.size)


def _layer_from_json(data: Mapping[str, Any]) -> LayerCost:
    shape = data["output_shape"]
    return LayerCost(
        data["name"],
        data["operator"],
        data["params"],
        data["macs"],
        data["weight_bytes"],
        None if shape is None else tuple(shape),
        data.get("note", ""),
    )
