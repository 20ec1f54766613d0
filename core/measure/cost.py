"""Parameters, MACs, weight bytes and peak activation memory, counted on the graph. Nothing is run or guessed.

Counting follows published tables: weights, biases and the scale and shift of normalization are parameters, running
statistics are not (MobileNetV2 3.50 M, SqueezeNet 1.1 1.235 M). One MAC is one multiplication with its addition in
a convolution, a matrix product, a recurrent layer, attention or Einsum (:mod:`core.measure.macs`). Bytes are those of
the stored tensors, whatever they are for. A call of a model-local function, and an If whose condition is constant,
count as the layers that they run.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import onnx_ir as ir

from core.errors import UserError
from core.measure.macs import node_macs
from core.measure.memory import NOT_COUNTED, PeakMemory, peak_memory
from core.measure.weights import CARRIERS, QUANTIZERS, constant, is_weight, stored_tensor
from core.measure.written_out import WrittenOut, written_out
from core.model.facts import Facts, infer
from core.model.model import Model, layer_name
from core.model.weight_functions import kind_and_bits


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
    the layers. ``peak_memory``: see :mod:`core.measure.memory`.
    """

    params: int
    macs: int | None
    weight_bytes: int
    layers: tuple[LayerCost, ...]
    note: str = ""
    peak_memory: PeakMemory = NOT_COUNTED

    def to_json(self) -> dict[str, Any]:
        out: dict[str, Any] = {"params": self.params, "macs": self.macs, "weight_bytes": self.weight_bytes}
        out["peak_memory"] = self.peak_memory.to_json()
        return {**out, "note": self.note, "layers": [layer.to_json() for layer in self.layers]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Cost:
        layers = tuple(_layer_from_json(entry) for entry in data["layers"])
        memory = data.get("peak_memory")  # counts from before Thimble knew it have none
        peak = PeakMemory.from_json(memory) if memory else NOT_COUNTED
        return cls(data["params"], data["macs"], data["weight_bytes"], layers, data.get("note", ""), peak)


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
    plain = written_out(model, facts)
    counter = _Counter(_all_graphs(plain.model.graph.graph), plain.facts)
    counted = {id(node): counter.layer(node) for node in plain.model.nodes()}
    layers = tuple(
        _merged(node, [counted[id(part)] for part in parts], facts)
        for node, parts in zip(model.nodes(), plain.layers, strict=True)
    )
    unknown = [layer for layer in layers if layer.macs is None]
    if unknown and not why:
        first = unknown[0]
        why = f"The MACs of {len(unknown)} layers are unknown, '{first.name}' ({first.operator}) first: {first.note}."
    return Cost(
        params=sum(layer.params for layer in layers),
        macs=None if unknown else sum(layer.macs or 0 for layer in layers),
        weight_bytes=_initializer_bytes(model.graph.graph) + counter.inline_bytes,
        layers=layers,
        note=why if unknown else "",
        peak_memory=_peak(model, plain, why),
    )


def recount(
    model: Model, facts: Facts, nodes: Iterable[ir.Node], place: Callable[[ir.Node], int | None] | None = None
) -> dict[ir.Node, LayerCost]:
    """Some of the layers counted again, as after an edit; those that run others (functions, Ifs) are left out.

    A tensor that several layers share counts at the first of them in the file, as in :func:`cost`. ``place``: a number
    that grows from layer to layer; without it the layers are counted.
    """
    counted: dict[ir.Node, LayerCost] = {}
    nodes = list(nodes)
    bodies = (inner for node in nodes for body in _bodies(node) for inner in _all_graphs(body))
    counter = _Counter([model.graph.graph, *bodies], facts)
    for node in nodes:
        if node.op_type == "If" or node.op_identifier() in model.graph.functions:
            continue
        counter.forget()
        for value in node.inputs:
            readers = {u.node for u in value.uses()} if value is not None and stored_tensor(value) else set()
            if value is None or len(readers) < 2:
                continue
            place = place or {n: k for k, n in enumerate(model.nodes())}.get
            first = _first(readers, place)
            if first is not node:
                counter.leave(value.name or "", layer_name(first))
        counted[node] = counter.layer(node)
    return counted


def _first(nodes: Iterable[ir.Node], place: Callable[[ir.Node], int | None]) -> ir.Node:
    """The first of some layers in the file; what stands inside another layer comes before all."""
    return min(nodes, key=lambda node: place(node) or 0)


def _merged(node: ir.Node, parts: Sequence[LayerCost], facts: Facts | None) -> LayerCost:
    """What a layer costs that runs several plain ones."""
    name = layer_name(node)
    if len(parts) == 1 and (parts[0].name, parts[0].operator) == (name, node.op_type):
        return parts[0]
    macs = None if any(p.macs is None for p in parts) else sum(p.macs or 0 for p in parts)
    notes = [p.note if p.macs is not None else f"inside, '{p.name}' ({p.operator}): {p.note}" for p in parts if p.note]
    shape = facts.shape(node.outputs[0]) if facts and node.outputs else None
    params, stored = sum(p.params for p in parts), sum(p.weight_bytes for p in parts)
    return LayerCost(name, node.op_type, params, macs, stored, shape, "; ".join(notes))


def _peak(model: Model, plain: WrittenOut, why: str) -> PeakMemory:
    """Peak memory of the plain layers under the names of the model's own layers."""
    if plain.facts is None:
        return PeakMemory(None, note=why)
    found = peak_memory(plain.model, plain.facts)
    pairs = zip(model.nodes(), plain.layers, strict=True)
    names = {layer_name(part): layer_name(node) for node, parts in pairs for part in parts}
    return dataclasses.replace(found, layers=tuple(dict.fromkeys(names.get(n, n) for n in found.layers)))


def _initializer_bytes(graph: ir.Graph) -> int:
    """Of every stored tensor, those inside branches and loops included."""
    tensors = (v.const_value for g in _all_graphs(graph) for v in g.initializers.values())
    return sum(t.nbytes for t in tensors if t is not None)


def _all_graphs(graph: ir.Graph) -> Iterator[ir.Graph]:
    """A graph and the graphs inside its nodes."""
    yield graph
    for node in graph:
        for body in _bodies(node):
            yield from _all_graphs(body)


def _bodies(node: ir.Node) -> Iterator[ir.Graph]:
    yield from (a.as_graph() for a in node.attributes.values() if a.type == ir.AttributeType.GRAPH)


class _Counter:
    """Counts layer by layer, remembering which stored tensors were counted already."""

    def __init__(self, graphs: Iterable[ir.Graph], facts: Facts | None) -> None:
        self._facts = facts
        self._initializers = {name for g in graphs for name in g.initializers}
        self._constant = facts.constant_nodes if facts else frozenset()
        self._counted: dict[str, str] = {}  # tensor as a parameter -> layer
        self._stored: set[str] = set()  # tensor as bytes
        self.inline_bytes = 0  # of Constant nodes that layers read as weights

    def forget(self) -> None:
        """Every tensor counts where it is met next."""
        self._counted.clear()
        self._stored.clear()

    def leave(self, tensor: str, layer: str) -> None:
        """A tensor counts at another layer."""
        self._counted[tensor] = layer
        self._stored.add(tensor)

    def layer(self, node: ir.Node) -> LayerCost:
        name = layer_name(node)
        shape = self._facts.shape(node.outputs[0]) if self._facts and node.outputs else None
        if node.op_type in QUANTIZERS:
            return LayerCost(name, node.op_type, 0, 0, self._scales(node), shape)
        idle = node.op_type in CARRIERS | {"Constant"} or kind_and_bits(node) is not None
        if id(node) in self._constant or idle:
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
        for inner in (n for body in _bodies(node) for n in body):
            part = self.layer(inner)
            params, stored = params + part.params, stored + part.weight_bytes
        macs, why = node_macs(node, self._facts)
        return LayerCost(name, node.op_type, params, macs, stored, shape, "; ".join(filter(None, [why, *shared])))

    def _scales(self, node: ir.Node) -> int:
        """Scale and zero point of an activation; those of a weight belong to the layer that reads it."""
        if not node.inputs or constant(node.inputs[0], self._facts) is not None:
            return 0
        tensors = ((v.name or "", stored_tensor(v)) for v in node.inputs[1:] if v is not None)
        return sum(self._bytes(name, tensor) for name, tensor in tensors if tensor is not None)

    def _bytes(self, name: str, tensor: ir.TensorProtocol, weight: bool = False) -> int:
        """Bytes of a tensor at its first reader. One inside a Constant node counts only as a weight, not as a shape."""
        if name in self._stored:
            return 0
        inline = name not in self._initializers
        if inline and not weight:
            return 0
        self._stored.add(name)
        self.inline_bytes += tensor.nbytes if inline else 0
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
