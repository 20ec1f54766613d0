"""LayerNormalization in operators that TFLite has: y = (x - mean) / sqrt(var + epsilon) * scale + bias."""

from __future__ import annotations

import numpy as np
import onnx_ir as ir

from core.model.constants import add_initializer
from core.model.facts import infer
from core.model.model import Model

KIND = "LayerNormalization"
_AXES_AS_INPUT = 18  # the opset since which ReduceMean takes them so


def with_plain_normalizations(model: Model, batch: int = 1) -> Model:
    """A copy whose every LayerNormalization is written out; one that gives its mean or deviation as well is left."""
    shapes, graph = infer(model, batch).shapes, model.graph.clone()
    for node in list(graph.graph):
        source = node.inputs[0] if node.op_type == KIND and node.inputs else None
        shape = None if source is None else shapes.get(source.name or "")
        if source is None or shape is None or any(o.uses() or o.is_graph_output() for o in node.outputs[1:]):
            continue
        _Written(graph, node, source, len(shape), model.opset).write()
    return model.with_graph(graph)


class _Written:
    def __init__(self, graph: ir.Model, node: ir.Node, source: ir.Value, rank: int, opset: int) -> None:
        self._graph, self._node, self._source, self._opset = graph.graph, node, source, opset
        self._axes = list(range(node.attributes.get_int("axis", -1) % rank, rank))

    def write(self) -> None:
        """Put the plain nodes in the place of the one; the last has its output's name."""
        node, old = self._node, self._node.outputs[0]
        scale, bias = (node.inputs[k] if len(node.inputs) > k else None for k in (1, 2))
        centred = self._add("Sub", [self._source, self._mean(self._source, "mean")], "centred")
        variance = self._mean(self._add("Mul", [centred, centred], "squared"), "variance")
        epsilon = self._constant("epsilon", np.array(node.attributes.get_float("epsilon", 1e-5), np.float32))
        deviation = self._add("Sqrt", [self._add("Add", [variance, epsilon], "positive")], "deviation")
        made = self._add("Div", [centred, deviation], "normalized")
        made = self._add("Mul", [made, scale], "scaled") if scale is not None else made
        made = self._add("Add", [made, bias], "shifted") if bias is not None else made
        ir.convenience.replace_all_uses_with(old, made, replace_graph_outputs=True)
        self._graph.remove(node, safe=True)
        made.name, made.shape, made.type = old.name, old.shape, old.type

    def _mean(self, value: ir.Value, word: str) -> ir.Value:
        if self._opset < _AXES_AS_INPUT:
            return self._add("ReduceMean", [value], word, [ir.AttrInt64s("axes", self._axes)])
        axes = self._constant(f"{word}_axes", np.array(self._axes, np.int64))
        return self._add("ReduceMean", [value, axes], word)

    def _constant(self, word: str, array: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> ir.Value:
        return add_initializer(self._graph, f"{self._node.outputs[0].name}/{word}", array)

    def _add(self, kind: str, inputs: list[ir.Value], word: str, attributes: list[ir.Attr] | None = None) -> ir.Value:
        made = ir.Node("", kind, inputs, attributes or [], name=self._node.name)  # what fails is said of the layer
        made.outputs[0].name, made.outputs[0].dtype = f"{self._node.outputs[0].name}/{word}", ir.DataType.FLOAT
        self._graph.insert_before(self._node, made)
        return made.outputs[0]
