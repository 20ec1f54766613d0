"""Relu and Clip layers that other quantizers drop, because the range of the pair behind them does the same.

onnxruntime's tool deletes them. Where the pair is taken out again the network would lack them, so they are put back in
front of it first; with the pair in place they change nothing.
"""

from __future__ import annotations

import onnx_ir as ir

from core.model.constants import add_initializer
from core.model.facts import infer
from core.model.model import Model
from core.model.qdq_operators import ACTIVATIONS

_QUANTIZE = "QuantizeLinear"


def completed(quantized: Model, parent: Model) -> Model:
    """The quantized graph with the parent's dropped activations; the very model where none was dropped."""
    names = {n.name for n in quantized.nodes()}
    missing = [n for n in parent.nodes() if n.op_type in ACTIVATIONS and n.name not in names]
    if not missing or not any(_stored(quantized, n) for n in missing):
        return quantized
    facts = infer(parent)
    model = quantized.clone()
    graph = model.graph.graph
    for node in missing:
        stored = _stored(model, node)
        if stored is None:
            continue
        quantize, value = stored
        bounds: list[ir.Value | None] = []
        for index, bound in enumerate(node.inputs[1:], start=1):
            array = None if bound is None else facts.array(bound)
            bounds.append(None if array is None else add_initializer(graph, f"{node.name}/bound/{index}", array))
        copy = ir.Node("", node.op_type, [value, *bounds], list(node.attributes.values()), name=node.name)
        if value.name == _output(node):  # the layer before took the name over
            value.name = f"{value.name}/before"
        copy.outputs[0].name, copy.outputs[0].dtype = _output(node), ir.DataType.FLOAT
        graph.insert_before(quantize, copy)
        quantize.replace_input_with(0, copy.outputs[0])
    return model.with_graph(model.graph)


def _stored(quantized: Model, activation: ir.Node) -> tuple[ir.Node, ir.Value] | None:
    """(the QuantizeLinear, what it reads) where the activation is missing, under its own or its input's name."""
    before = activation.inputs[0]
    maker = before.producer() if before is not None else None
    for node in quantized.nodes():
        value = node.inputs[0] if node.op_type == _QUANTIZE else None
        producer = value.producer() if value is not None else None
        if value is None or before is None or producer is None or maker is None or producer.op_type != maker.op_type:
            continue
        if value.name in (_output(activation), before.name) and producer.op_type not in ACTIVATIONS:
            return node, value
    return None


def _output(node: ir.Node) -> str:
    return node.outputs[0].name or ""
