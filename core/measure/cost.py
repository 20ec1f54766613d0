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
from core.measure.weights import CARRIERS, QUANTIZERS, constant, is_weight, stored_tensor
from core.model.facts import Facts, infer
from core.model.model import Model, layer_name


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
        name = layer_name(node)
        shape = self._facts.shape(node.outputs[0]) if self._facts and node.outputs else None
        if node.op_type in QUANTIZERS:
            return LayerCost(name, node.op_type, 0, 0, self._scales(node), shape)
        if id(node) in self._constant or node.op_type in CARRIERS | {"Constant"}:
            return LayerCost(name, node.op_type, 0, 0, 0, shape)
        params, stored, shared = 0, 0, []
        for position, value in enumerate(node.inputs):
            found = constant(value, self._facts)
            if found is None:
                continue
            weight = is_weight(node, position, found)
            stored += sum(self._bytes(n, t, weight) for n, t in found.tensors)
            if weight and found.name in self._counted:
                shared.append(f"'{found.name}' is shared with '{self._counted[found.name]}'")
            elif weight:
                self._counted[found.name] = name
                params += found.size
        macs, why = node_macs(node, self._facts)
        return LayerCost(name, node.op_type, params, macs, stored, shape, "; ".join(filter(None, [why, *shared])))

    def _scales(self, node: ir.Node) -> int:
        """Scale and zero point of an activation; those of a weight belong to the layer that reads it."""
        if not node.inputs or constant(node.inputs[0], self._facts) is not None:
            return 0
        tensors = ((v.name or "", stored_tensor(v)) for v in node.inputs[1:] if v is not None)
        return sum(self._bytes(name, tensor) for name, tensor in tensors if tensor is not None)

    def stored_bytes(self) -> int:
        """Of every initializer, and of Constant nodes that layers read as weights."""
        tensors = (v.const_value for v in self._graph.initializers.values())
        return sum(t.nbytes for t in tensors if t is not None) + self._inline_bytes

    def _bytes(self, name: str, tensor: ir.TensorProtocol, weight: bool = False) -> int:
        """Bytes of a tensor at its first reader. One inside a Constant node counts only as a weight, not as a shape."""
        if name in self._stored:
            return 0
        inline = name not in self._graph.initializers
        if inline and not weight:
            return 0
        self._stored.add(name)
        self._inline_bytes += tensor.nbytes if inline else 0
        return int(tensor.nbytes)


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
