"""Fold BatchNormalization into the convolution or fully connected layer before it.

y = (W x + b - mean) * gamma / sqrt(var + eps) + beta is one layer with W' = W * k and b' = (b - mean) * k + beta, where
k = gamma / sqrt(var + eps). Computed in float64, stored as float32: outputs agree to float accuracy.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import onnx_ir as ir

from core.model.constants import add_initializer, unused_name
from core.model.facts import Facts, infer
from core.model.masks import hand_on
from core.model.model import Model, layer_name
from core.model.qdq_operators import default_domain, weight_axis

Array64 = npt.NDArray[np.float64]
Arrays = Callable[[ir.Value | None], npt.NDArray[np.generic] | None]  # the constant behind a value
_HOSTS = frozenset({"Conv", "ConvTranspose", "Gemm"})


def fold_batchnorm(model: Model) -> tuple[Model, tuple[str, ...]]:
    """A clone in which every BatchNormalization that can be folded is, and the names of those layers in graph order.

    Left alone: training mode, computed statistics, a layer before it that other layers read too, weights that are
    not constant. The layer keeps its name and its weight's name; it gets a bias ``<weight>…bias`` where it had none.
    """
    if not any(n.op_type == "BatchNormalization" for n in model.nodes()):
        return model, ()
    new = model.clone()
    facts = infer(new)
    folded: list[str] = []
    for node in list(new.nodes()):
        if node.op_type == "BatchNormalization" and default_domain(node):
            host = host_of(node, facts.array)
            if host is not None and _fold(new.graph.graph, host, node, facts):
                folded.append(layer_name(node))
    return (new, tuple(folded)) if folded else (model, ())


def host_of(norm: ir.Node, array: Arrays) -> ir.Node | None:
    """The layer whose only reader is this BatchNormalization, where the two can become one; else None."""
    value = norm.inputs[0]
    producer = value.producer() if value is not None else None
    if value is None or producer is None or producer.op_type not in _HOSTS or not default_domain(producer):
        return None
    if len(value.uses()) != 1 or value.is_graph_output() or norm.attributes.get_int("training_mode", 0) != 0:
        return None
    if any(o.uses() or o.is_graph_output() for o in norm.outputs[1:]):
        return None
    alpha, beta = (producer.attributes.get_float(name, 1.0) for name in ("alpha", "beta"))
    if producer.op_type == "Gemm" and (alpha, beta) != (1.0, 1.0):
        return None
    constants = [*norm.inputs[1:5], *producer.inputs[1:]]
    return producer if all(v is None or array(v) is not None for v in constants) else None


def _fold(graph: ir.Graph, host: ir.Node, norm: ir.Node, facts: Facts) -> bool:
    constants = folded_constants(host, norm, facts.array)
    if constants is None:
        return False
    _replace_constant(graph, host, 1, constants[0])
    _replace_constant(graph, host, 2, constants[1])
    _remove(graph, host, norm)
    return True


def folded_constants(
    host: ir.Node, norm: ir.Node, array: Arrays
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]] | None:
    """(weight, bias) of the one layer that the two become; None where they do not fit or a factor is not finite."""

    def number(value: ir.Value | None) -> Array64:
        return np.asarray(array(value), np.float64)

    gamma, beta, mean, variance = (number(v) for v in norm.inputs[1:5])
    if not gamma.shape == beta.shape == mean.shape == variance.shape == (gamma.size,):
        return None
    factor = gamma / np.sqrt(variance + norm.attributes.get_float("epsilon", 1e-5))
    weight = number(host.inputs[1])
    bias = number(host.inputs[2]) if len(host.inputs) > 2 and host.inputs[2] is not None else np.zeros(1)
    if bias.size not in (1, factor.size) or not np.isfinite(factor).all() or factor.size != _outputs(host, weight):
        return None
    bias = (np.broadcast_to(bias.reshape(-1), factor.shape) - mean) * factor + beta
    return (weight * _along_outputs(host, factor, weight)).astype(np.float32), bias.astype(np.float32)


def _outputs(host: ir.Node, weight: Array64) -> int:
    """How many channels a weight makes; an unfinished graph may not fit the BatchNormalization behind it."""
    if host.op_type != "ConvTranspose":
        return int(weight.shape[weight_axis(host)])
    return int(weight.shape[1]) * host.attributes.get_int("group", 1)


def bias_name(host: ir.Node) -> str:
    """How the bias of a layer is called that had none."""
    weight = host.inputs[1].name or "" if host.inputs[1] is not None else ""
    return weight.removesuffix("weight") + "bias" if weight.endswith("weight") else f"{weight}_bias"


def _along_outputs(host: ir.Node, factor: Array64, weight: Array64) -> Array64:
    """The factors shaped to multiply the weight's output channels."""
    if host.op_type != "ConvTranspose":
        axis = weight_axis(host)
        return factor.reshape([-1 if k == axis else 1 for k in range(weight.ndim)])
    # weight (C, M/group, ...): input channels of group g make outputs of group g
    group = host.attributes.get_int("group", 1)
    rows = np.repeat(factor.reshape(group, -1), weight.shape[0] // group, axis=0)
    return rows.reshape(weight.shape[0], weight.shape[1], *[1] * (weight.ndim - 2))


def _replace_constant(graph: ir.Graph, node: ir.Node, index: int, array: npt.NDArray[np.float32]) -> None:
    """Write one constant input: in place where this node alone reads the initializer, else as a new one."""
    old = node.inputs[index] if index < len(node.inputs) else None
    if old is not None and old.name in graph.initializers and len(old.uses()) == 1 and not old.is_graph_output():
        old.const_value = ir.tensor(array, name=old.name)
        old.shape = ir.Shape(array.shape)
        return
    if old is not None:
        name = f"{old.name}_folded"
    else:
        name = bias_name(node)
    made = (v.name or "" for n in graph for v in n.outputs)
    taken = {*graph.initializers, *made, *(v.name or "" for v in graph.inputs)}
    value = add_initializer(graph, unused_name(name, taken), array)
    if old is not None:
        hand_on(old, value)
    if index >= len(node.inputs):
        node.resize_inputs(index + 1)
    node.replace_input_with(index, value)


def _remove(graph: ir.Graph, host: ir.Node, norm: ir.Node) -> None:
    """Take the BatchNormalization out; a graph output keeps its name."""
    value, result = host.outputs[0], norm.outputs[0]
    for use in list(result.uses()):
        use.node.replace_input_with(use.idx, value)
    if result.is_graph_output():
        name = result.name
        for index, out in enumerate(graph.outputs):
            if out is result:
                graph.outputs[index] = value
        result.name, value.name = f"{name}_folded_away", name
    inputs = [v for v in norm.inputs[1:] if v is not None]
    graph.remove(norm, safe=True)
    for old in inputs:
        if old.name in graph.initializers and not old.uses() and old not in graph.inputs:
            del graph.initializers[old.name or ""]
