"""Peak activation memory by live ranges: how much working memory a run needs beside the weights.

The nodes run one after the other in the file's order. A value lives from the node that makes it to its last reader;
graph inputs live from the start and are freed after their last reader, graph outputs live to the end. While a node
runs its inputs and outputs are alive together. Weights and constants do not count. This is what Liberis and Lane 2019
(arXiv:1910.05110) and Lin et al. 2021 (MCUNetV2, arXiv:2110.15352) count; a runtime adds alignment, gaps between
buffers and scratch space of its kernels, and LiteRT keeps graph inputs to the end.

What shares memory:

- Reshape, Flatten, Squeeze, Unsqueeze, Identity and Dropout (inference) are views of their input.
- BatchNormalization behind a convolution or a matrix product, and Relu and Clip behind any layer, take no memory of
  their own where they alone read that layer: runtimes fuse them. No other elementwise operator is assumed to work in
  place.
- A graph with QuantizeLinear and DequantizeLinear counts as the integer graph it stands for: a float value that only
  sits between DequantizeLinear, a layer and QuantizeLinear is kept in the quantized type. Where a layer has no
  quantized result its dequantized inputs count as floats, as it must run in float.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import onnx_ir as ir

from core.measure.weights import constant
from core.model.facts import Facts
from core.model.model import Model, layer_name, real_inputs
from core.report import Measure

_VIEWS = {"Reshape", "Flatten", "Squeeze", "Unsqueeze", "Identity", "Dropout"}
_ACTIVATIONS = {"Relu", "Clip"}
_PRODUCTS = {"Conv", "ConvTranspose", "Gemm", "MatMul"}
_QUANTIZERS = {"QuantizeLinear", "DequantizeLinear"}


@dataclass(frozen=True, slots=True)
class PeakMemory:
    """``bytes`` at the fullest moment for a batch of ``batch``; None where it cannot be known, ``note`` says why.

    ``layers``: the layers during which that much is alive, in the file's order.
    """

    bytes: int | None
    layers: tuple[str, ...] = ()
    batch: int = 1
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        return {"bytes": self.bytes, "layers": list(self.layers), "batch": self.batch, "note": self.note}

    def measures(self) -> dict[str, Measure]:
        """The figure with its provenance under ``peak_memory``; nothing where it is not known."""
        if self.bytes is None:
            return {}
        on = f"the graph, batch of {self.batch}"
        return {"peak_memory": Measure(self.bytes, "B", "estimated", on, note=f"At its most at {self.where()}.")}

    def where(self) -> str:
        """The layers, the first three by name."""
        more = len(self.layers) - 3
        names = ", ".join(f"'{name}'" for name in self.layers[:3]) + (f" and {more} more" if more > 0 else "")
        return f"layer{'s' if len(self.layers) > 1 else ''} {names}" if self.layers else "the input"

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> PeakMemory:
        return cls(data["bytes"], tuple(data["layers"]), data["batch"], data["note"])


NOT_COUNTED = PeakMemory(None, note="It was not counted.")


def peak_memory(model: Model, facts: Facts) -> PeakMemory:
    """The most bytes of values that are alive at once; see the head of this module for what counts."""
    batch = next((shape[0] for v in real_inputs(model.graph) if (shape := facts.shape(v))), 1)
    try:
        alive = live_bytes(model, facts)
    except _UnknownError as error:
        return PeakMemory(None, (), batch, str(error))
    most = max((n for _, n in alive), default=0)
    return PeakMemory(most, tuple(dict.fromkeys(name for name, n in alive if n == most and n)), batch)


def live_bytes(model: Model, facts: Facts) -> list[tuple[str, int]]:
    """(layer, bytes alive while it runs) for every node that is not a constant, in the file's order.

    Raises ValueError, naming the layer, where a size is unknown or a layer runs a body of its own.
    """
    nodes = [n for n in model.nodes() if not _is_constant(n, facts)]
    sharing = _Sharing(nodes, facts, {id(v) for v in model.graph.graph.outputs})
    born: dict[int, int] = {}
    dies: dict[int, int] = {}
    size: dict[int, int] = {}

    def meet(value: ir.Value, step: int, bytes_: int) -> None:
        root = sharing.root(value)
        born.setdefault(root, step)
        dies[root] = max(dies.get(root, step), step)
        size[root] = min(size.get(root, bytes_), bytes_)  # a quantized value beside its float views

    for value in real_inputs(model.graph):
        meet(value, 0, _bytes(value, facts, f"Input '{value.name}'"))
    for step, node in enumerate(nodes):
        for value in _reads(node):
            if sharing.root(value) in born:  # all else is a constant
                dies[sharing.root(value)] = step
        for value in _made(node):
            meet(value, step, _bytes(value, facts, f"Layer '{layer_name(node)}' ({node.op_type})"))
    for value in model.graph.graph.outputs:
        if sharing.root(value) in born:
            dies[sharing.root(value)] = len(nodes) - 1
    change = [0] * (len(nodes) + 1)
    for root, first in born.items():
        change[first] += size[root]
        change[max(dies[root], first) + 1 if nodes else 0] -= size[root]
    out, now = [], 0
    for node, difference in zip(nodes, change, strict=False):
        now += difference
        out.append((layer_name(node), now))
    return out


class _UnknownError(ValueError):
    """A size that the figure needs is not known."""


class _Sharing:
    """Which values are kept in the same memory (union-find over the values' ids)."""

    def __init__(self, nodes: list[ir.Node], facts: Facts, outputs: set[int]) -> None:
        self._parent: dict[int, int] = {}
        self._nodes, self._facts, self._outputs = nodes, facts, outputs
        self._readers: dict[int, list[ir.Node]] = {}
        for node in nodes:
            for value in _reads(node):
                self._readers.setdefault(id(value), []).append(node)
        self._narrow = self._find_narrow()
        for node in nodes:
            if node.inputs and node.inputs[0] is not None and node.outputs and self._shares(node, node.inputs[0]):
                self._parent[self.root(node.outputs[0])] = self.root(node.inputs[0])

    def root(self, value: ir.Value) -> int:
        at = id(value)
        while at in self._parent:
            at = self._parent[at]
        return at

    @cached_property
    def _running(self) -> frozenset[int]:
        return frozenset(id(n) for n in self._nodes)

    def _shares(self, node: ir.Node, read: ir.Value) -> bool:
        """Whether a node's first output lies in the memory of its first input."""
        if node.domain not in ("", "ai.onnx"):
            return False
        maker = read.producer()
        if maker is None or id(maker) not in self._running:
            return node.op_type in _VIEWS and self._is_value(read)
        if node.op_type in _VIEWS:
            return True
        if node.op_type == "DequantizeLinear":
            return self._becomes_integer(node.outputs[0])
        if maker.op_type in _VIEWS | _QUANTIZERS and node.op_type != "QuantizeLinear":
            return False
        if not self._alone(node, read):
            return False
        if node.op_type == "QuantizeLinear":
            return maker.op_type != "DequantizeLinear"
        fused = node.op_type == "BatchNormalization" and maker.op_type in _PRODUCTS
        return fused or node.op_type in _ACTIVATIONS

    def _is_value(self, value: ir.Value) -> bool:
        return value.is_graph_input() and value.const_value is None

    def _alone(self, node: ir.Node, read: ir.Value) -> bool:
        return id(read) not in self._outputs and self._readers[id(read)] == [node]

    def _becomes_integer(self, value: ir.Value) -> bool:
        """Whether an integer runtime never holds this dequantized value: all its readers have quantized results."""
        readers = self._readers.get(id(value), [])
        return id(value) not in self._outputs and bool(readers) and all(self._is_integer(n) for n in readers)

    def _is_integer(self, node: ir.Node) -> bool:
        return node.op_type == "QuantizeLinear" or all(self._narrow[id(v)] for v in _made(node))

    def _find_narrow(self) -> dict[int, bool]:
        """Whether a layer's float result is only quantized, behind views and fused activations too; by id."""
        narrow: dict[int, bool] = {}
        for node in reversed(self._nodes):  # readers first
            for value in _made(node):
                readers = self._readers.get(id(value), [])
                narrow[id(value)] = (
                    id(value) not in self._outputs and len(readers) == 1 and _quantizes(readers[0], narrow)
                )
        return narrow


def _quantizes(node: ir.Node, narrow: Mapping[int, bool]) -> bool:
    if node.op_type == "QuantizeLinear":
        return True
    return node.op_type in _VIEWS | _ACTIVATIONS and all(narrow[id(v)] for v in _made(node))


def _is_constant(node: ir.Node, facts: Facts) -> bool:
    if id(node) in facts.constant_nodes or node.op_type == "Constant":
        return True
    return bool(node.outputs) and all(constant(v, facts) is not None for v in node.outputs)


def _made(node: ir.Node) -> Iterator[ir.Value]:
    """The outputs that a runtime writes, read or not; a Dropout has no mask in inference."""
    outputs = node.outputs[:1] if node.op_type == "Dropout" else node.outputs
    yield from (value for value in outputs if value.name)


def _reads(node: ir.Node) -> Iterable[ir.Value]:
    yield from (v for v in node.inputs if v is not None)
    for attribute in node.attributes.values():
        if attribute.type == ir.AttributeType.GRAPH:
            raise _UnknownError(f"The memory inside layer '{layer_name(node)}' ({node.op_type}) is unknown.")


def _bytes(value: ir.Value, facts: Facts, where: str) -> int:
    maker = value.producer()
    if maker is not None and maker.op_type == "SplitToSequence" and maker.inputs[0] is not None:
        value = maker.inputs[0]  # all its parts together
    shape = facts.shape(value)
    kind = facts.dtypes.get(value.name or "") or value.dtype
    if shape is None:
        raise _UnknownError(f"{where}: the shape of '{value.name}' is unknown.")
    if kind is None or kind == ir.DataType.STRING:
        raise _UnknownError(f"{where}: the type of '{value.name}' is unknown.")
    return math.ceil(math.prod(shape) * kind.itemsize)
