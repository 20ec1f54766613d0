"""Weights that exporters leave behind Transpose, Reshape and the like become initializers of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx_ir as ir

from core.model.facts import Facts, infer
from core.model.masks import hand_on
from core.model.model import ORIGIN, Model, layer_name
from core.model.qdq_operators import default_domain

Array = npt.NDArray[Any]
_READERS = frozenset({"Conv", "ConvTranspose", "Gemm", "MatMul", "BatchNormalization", "Add"})


def fold_weights(model: Model) -> tuple[Model, int]:
    """A clone in which constants moved by nodes are initializers under the moved value's name, and how many there were.

    Only what a layer reads as its weight or bias is folded; chains of any length are. Shapes computed by nodes stay.
    """
    if not any(n.op_type in _MOVES and n.outputs and _is_parameter(n.outputs[0]) for n in model.nodes()):
        return model, 0
    new = model.clone()
    facts = infer(new)
    graph = new.graph.graph
    count = 0
    for node in list(graph):
        if not _moves_constant(node, facts) or not _is_parameter(node.outputs[0]):
            continue
        array = _MOVES[node.op_type](node, np.asarray(facts.array(node.inputs[0])), facts)
        if array is not None:
            _replace(graph, node, array)
            count += 1
    return (new, count) if count else (model, 0)


def _moves_constant(node: ir.Node, facts: Facts) -> bool:
    if node.op_type not in _MOVES or not default_domain(node) or len(node.outputs) != 1:
        return False
    return facts.array(node.inputs[0]) is not None and not node.outputs[0].is_graph_output()


def _is_parameter(value: ir.Value) -> bool:
    """Whether a layer reads the value past its first input, through further moves perhaps."""
    for use in value.uses():
        if use.node.op_type in _READERS and (use.idx > 0 or use.node.op_type == "Add"):
            return True
        if use.node.op_type in _MOVES and use.idx == 0 and _is_parameter(use.node.outputs[0]):
            return True
    return False


def _replace(graph: ir.Graph, node: ir.Node, array: Array) -> None:
    source, old = node.inputs[0], node.outputs[0]
    tensor = ir.tensor(np.ascontiguousarray(array), name=old.name)
    value = ir.Value(name=old.name, type=ir.TensorType(tensor.dtype), shape=ir.Shape(array.shape), const_value=tensor)
    value.metadata_props[ORIGIN] = layer_name(node)
    if source is not None:
        hand_on(source, value)
    for use in list(old.uses()):
        use.node.replace_input_with(use.idx, value)
    graph.remove(node, safe=True)
    graph.register_initializer(value)
    if source is not None and source.name in graph.initializers and not source.uses():
        del graph.initializers[source.name or ""]


def _transpose(node: ir.Node, x: Array, facts: Facts) -> Array | None:
    attribute = node.attributes.get("perm")
    return np.transpose(x, None if attribute is None else attribute.as_ints())


def _reshape(node: ir.Node, x: Array, facts: Facts) -> Array | None:
    target = facts.array(node.inputs[1])
    if target is None or node.attributes.get_int("allowzero", 0) != 0:
        return None
    sizes = [int(d) if d else x.shape[k] for k, d in enumerate(target.astype(np.int64))]
    return x.reshape(sizes)


def _shaped(node: ir.Node, x: Array, facts: Facts) -> Array | None:
    """Squeeze, Unsqueeze, Flatten: the elements in order, in the inferred shape."""
    shape = facts.shape(node.outputs[0])
    return None if shape is None else x.reshape(shape)


_MOVES: dict[str, Callable[[ir.Node, Array, Facts], Array | None]] = {
    "Identity": lambda node, x, facts: x,
    "Transpose": _transpose,
    "Reshape": _reshape,
    "Squeeze": _shaped,
    "Unsqueeze": _shaped,
    "Flatten": _shaped,
}
