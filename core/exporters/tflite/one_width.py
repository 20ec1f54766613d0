"""Layers that read or write both 8 and 16 bits run in 16: TFLite's kernels take one type for all their activations.

They meet at QuantizeLinear and DequantizeLinear nodes, written as QUANTIZE. 8 bits become 16 exactly: a value of scale
s is a whole multiple, 128 times its steps, of s / 128, whatever its zero point. A result in 8 bits is written in 16
over the same range first and then rounded to its own steps, so that it is off by one of them only where the exact sum
lies within a 200th of a half.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import onnx_ir as ir

from core.model.constants import add_initializer, unused_name
from core.model.model import ORIGIN, layer_name
from core.model.qdq_numbers import QuantParams, activation_params, fixed_params
from core.model.qdq_operators import ACTIVATIONS, BIASED, BINARY, FIXED, FUSING, MEANS, WEIGHTED
from core.model.qdq_pairs import read_params, source_pair, stored_constant

_FINER = 128
_ONE_TYPE = WEIGHTED | BINARY | MEANS | FIXED | ACTIVATIONS | {"LeakyRelu", "Sum"}


def in_one_width(graph: ir.Graph) -> None:
    """Rewrite, in place, every layer whose activations have both 8 and 16 bits so that its own all have 16."""
    widen = _Widener(graph)
    for node in list(graph):
        if node.op_type in _ONE_TYPE:
            widen.layer(node)


class _Widener:
    def __init__(self, graph: ir.Graph) -> None:
        self._graph = graph
        self._taken = {*graph.initializers, *(o.name or "" for n in graph for o in n.outputs)}
        self._wide: dict[ir.Value, ir.Value] = {}  # 8 bits -> the same value in 16

    def layer(self, node: ir.Node) -> None:
        sources = {k: p for k, v in _activations(node) if (p := _params(v)) is not None}
        behind, quantizers = _behind(node)
        results = {p for q in quantizers if (p := read_params(q)) is not None}
        if not sources or len(results) != 1 or _float_weight(node):
            return
        result = results.pop()
        if {p.storage == "int16" for p in (result, *sources.values())} != {True, False}:
            return
        for index, params in sources.items():
            if params.bits == 8:
                node.replace_input_with(index, self._widened(node, index, params))
        if result.bits == 8:
            self._narrowed(node, behind, quantizers, result)

    def _widened(self, node: ir.Node, index: int, params: QuantParams) -> ir.Value:
        value = node.inputs[index]
        assert value is not None, "it has parameters"
        if value not in self._wide:
            maker = value.producer()
            assert maker is not None, "a DequantizeLinear makes it"
            stored = stored_constant(value)
            wide = QuantParams(params.scale / _FINER, 0, "int16")
            if stored is not None:
                steps = (stored.q.astype(np.int32) - int(stored.zero_point.reshape(()))) * _FINER
                held = self._initializer(f"{value.name}_wide", steps.astype(np.int16))
                nodes = [self._node("DequantizeLinear", held, wide, layer_name(node))]
            else:
                nodes = self._pair(value, wide, maker.metadata_props.get(ORIGIN, ""))
            self._graph.insert_after(maker, nodes)
            self._wide[value] = nodes[-1].outputs[0]
        return self._wide[value]

    def _narrowed(self, node: ir.Node, value: ir.Value, quantizers: list[ir.Node], params: QuantParams) -> None:
        """Behind the layer the result in 16 bits, and only then its own QuantizeLinear."""
        fixed = node.op_type in FIXED
        wide = fixed_params(node.op_type, "int16") if fixed else activation_params(*params.range, "int16")
        nodes = self._pair(value, wide, layer_name(node))
        maker = value.producer()
        assert maker is not None, "the layer makes it"
        self._graph.insert_after(maker, nodes)
        for quantize in quantizers:
            quantize.replace_input_with(0, nodes[-1].outputs[0])

    def _pair(self, value: ir.Value, params: QuantParams, owner: str) -> list[ir.Node]:
        quantize = self._node("QuantizeLinear", value, params, owner)
        quantize.outputs[0].dtype = ir.DataType.INT16
        return [quantize, self._node("DequantizeLinear", quantize.outputs[0], params, owner)]

    def _node(self, kind: str, source: ir.Value, params: QuantParams, owner: str) -> ir.Node:
        scale = self._initializer(f"{source.name}_wide_scale", np.asarray(params.scale, np.float32))
        zero = self._initializer(f"{source.name}_wide_zero_point", np.asarray(params.zero_point, params.storage))
        node = ir.Node("", kind, [source, scale, zero], name=self._unique(f"{source.name}_wide_{kind}"))
        node.outputs[0].name = self._unique(f"{source.name}_wide")
        node.outputs[0].shape = source.shape
        node.metadata_props[ORIGIN] = owner
        return node

    def _initializer(self, name: str, array: np.ndarray) -> ir.Value:
        return add_initializer(self._graph, self._unique(name), array)

    def _unique(self, name: str) -> str:
        return unused_name(name, self._taken)


def _activations(node: ir.Node) -> Iterator[tuple[int, ir.Value]]:
    """The inputs that a kernel reads as activations, with their places."""
    count = 2 if node.op_type in BINARY | {"Sum", "MatMul"} else 1
    for index, value in enumerate(node.inputs[:count]):
        weight = index == 1 and node.op_type == "MatMul" and stored_constant(value) is not None
        if value is not None and not weight:
            yield index, value


def _params(value: ir.Value) -> QuantParams | None:
    """How a value is stored, constants of additions and the like too; None where it is float."""
    maker = source_pair(value) or (value.producer() if stored_constant(value) is not None else None)
    return None if maker is None else read_params(maker)


def _behind(node: ir.Node) -> tuple[ir.Value, list[ir.Node]]:
    """A layer's result, behind the Relu or Clip that runs inside it, and what alone reads it: QuantizeLinear nodes."""
    value = node.outputs[0]
    readers = [use.node for use in value.uses()]
    if node.op_type in FUSING and len(readers) == 1 and readers[0].op_type in ACTIVATIONS:
        value = readers[0].outputs[0]
        readers = [use.node for use in value.uses()]
    alone = not value.is_graph_output() and all(r.op_type == "QuantizeLinear" for r in readers)
    return value, readers if alone else []


def _float_weight(node: ir.Node) -> bool:
    """Whether the layer runs in float anyway: its weight is float, or stored in groups."""
    if node.op_type not in BIASED:
        return False
    weight = stored_constant(node.inputs[1])
    return weight is None or weight.block > 0
