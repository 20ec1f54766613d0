"""Edits of a quantized graph and questions to it: pairs bypassed, float constants put back, what is constant."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx_ir as ir

from core.model.constants import add_initializer
from core.model.facts import Array
from core.model.model import Model, layer_name


def put_constant(graph: ir.Graph, node: ir.Node, index: int, array: Array | None) -> None:
    """Give a layer a float constant instead of a stored one, or none."""
    if array is None:
        node.replace_input_with(index, None)
        return
    node.replace_input_with(index, add_initializer(graph, float_name(node, index), array))


def float_name(node: ir.Node, index: int) -> str:
    """What the initializer with a layer's float constant is called."""
    return f"{layer_name(node)}/float/{index}"


def bypass(graph: ir.Graph, quantize: ir.Node, dequantize: Sequence[ir.Node]) -> None:
    """Let everybody read what is quantized; a graph output keeps its name."""
    source = quantize.inputs[0]
    assert source is not None, "a QuantizeLinear reads a value"
    for node in dequantize:
        out = node.outputs[0]
        for use in list(out.uses()):
            use.node.replace_input_with(use.idx, source)
        for index, result in enumerate(graph.outputs):
            if result is not out:
                continue
            if source.is_graph_output() or source.producer() is None or source.is_initializer():
                continue  # it has a name of its own that must stay: the pair stays for this output
            graph.outputs[index] = source
            source.name, out.name = out.name, source.name


def drop_dead(graph: ir.Graph) -> None:
    """Remove nodes and initializers whose results nobody reads."""
    for node in reversed(list(graph)):
        if not any(o.uses() or o.is_graph_output() for o in node.outputs):
            graph.remove(node, safe=True)
    for name, value in list(graph.initializers.items()):
        if not value.uses() and not value.is_graph_output():
            del graph.initializers[name]
            graph.inputs[:] = [v for v in graph.inputs if v is not value]


def constant_values(model: Model, nodes: Sequence[ir.Node]) -> frozenset[str]:
    """Names of values that no input of the graph reaches."""
    found = set(model.graph.graph.initializers)
    for node in nodes:
        reads = [v.name or "" for v in node.inputs if v is not None]
        inner = any(a.type in (ir.AttributeType.GRAPH, ir.AttributeType.GRAPHS) for a in node.attributes.values())
        if not inner and not node.op_type.startswith("Random") and all(name in found for name in reads):
            found.update(o.name or "" for o in node.outputs)
    return frozenset(found)


def holds_dequantize(value: ir.Value) -> bool:
    """Whether a constant's numbers pass a DequantizeLinear."""
    ask = [value]
    while ask:
        node = ask.pop().producer()
        if node is None:
            continue
        if node.op_type == "DequantizeLinear":
            return True
        ask += [v for v in node.inputs if v is not None]
    return False


def same_steps(first: ir.Node, second: ir.Node) -> bool:
    """Whether two QuantizeLinear nodes store alike."""
    for index in (1, 2):
        one, other = (n.inputs[index] if len(n.inputs) > index else None for n in (first, second))
        a, b = (None if v is None else ir.convenience.get_const_tensor(v) for v in (one, other))
        if (a is None) != (b is None):
            return False
        if a is not None and b is not None and not np.array_equal(a.numpy(), b.numpy()):
            return False
    return True
