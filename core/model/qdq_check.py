"""Checks a quantized graph against the rules that make one set of nodes valid for onnxruntime and for TFLite.

TFLite accepts most of what breaks them silently and computes something else; so it is said here, by layer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import onnx_ir as ir

from core.model.facts import Array
from core.model.model import Model, layer_name
from core.model.qdq_form import contraction_axis
from core.model.qdq_numbers import QuantParams, bias_scale, fixed_params, mean_ratio
from core.model.qdq_operators import (
    ACTIVATIONS,
    BINARY,
    FIXED,
    FUSING,
    MEANS,
    PASS_THROUGH,
    WEIGHTED,
    data_inputs,
    weight_axis,
)
from core.model.qdq_pairs import StoredConstant, constant, read_params, source_pair, stored_constant

_WHOLE = 0.01  # steps by which a MEAN may be biased


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule: its number in ``core.model.qdq``, the layer, and a sentence on what was found."""

    rule: int
    layer: str
    sentence: str


def check_rules(model: Model) -> list[Violation]:
    """Every violation in a graph, in graph order; an unquantized graph has none. Rule 10 is not about the graph."""
    found: list[Violation] = []
    for node in model.nodes():
        name = layer_name(node)
        for rule, sentence in _check_node(node):
            found.append(Violation(rule, name, f"Layer '{name}' ({node.op_type}): {sentence}."))
    for value in model.graph.graph.inputs:
        found += [Violation(8, value.name or "", s) for s in _check_readers(value)]
    found += [Violation(8, v.name or "", s) for v in model.graph.graph.outputs for s in _check_output(v)]
    return found


Found = Iterator[tuple[int, str]]


def _check_node(node: ir.Node) -> Found:
    if node.op_type == "QuantizeLinear":
        yield from _check_quantize(node)
        return
    if node.op_type == "DequantizeLinear":
        return
    if _is_int8(node):
        if node.op_type in WEIGHTED:
            yield from _check_weight(node)
            yield from _check_bias(node)
            yield from _check_behind(node)
        if node.op_type in PASS_THROUGH:
            yield from _check_group(node)
        if node.op_type in FIXED:
            yield from _check_fixed(node)
        if node.op_type in MEANS:
            yield from _check_mean(node)
    yield from _check_unfused(node)
    for value in node.outputs:
        for sentence in _check_readers(value):
            yield 8, sentence


def _is_int8(node: ir.Node) -> bool:
    """Whether a layer runs in int8: int8 values come in, and it has int8 weights or its result is stored.

    A layer without weights between a DequantizeLinear and a float reader is simply float.
    """
    if node.op_type not in WEIGHTED | BINARY | MEANS | FIXED | PASS_THROUGH:
        return False
    inputs = data_inputs(node)
    if not any(source_pair(v) is not None for v in inputs):
        return False
    if any(source_pair(v) is None and stored_constant(v) is None for v in inputs):
        return False
    if node.op_type in WEIGHTED:
        return stored_constant(node.inputs[1]) is not None
    return any(_is_stored(v, node) for v in node.outputs)


def _is_stored(value: ir.Value, node: ir.Node) -> bool:
    """Whether a pair stands behind a layer's result, or behind the Relu or Clip that runs inside the layer."""
    end = _after_activation(value) if node.op_type in FUSING else value
    return any(u.node.op_type == "QuantizeLinear" for u in end.uses())


def _check_quantize(node: ir.Node) -> Found:
    source = node.inputs[0]
    if source is None or constant(source) is not None:
        return
    params = read_params(node)
    if params is None:
        yield 1, "activations need one constant scale and a zero point of type uint8, int8, int16 or uint16"
    elif params.storage == "int16" and params.zero_point != 0:
        yield 1, f"activations in int16 have the zero point 0, not {params.zero_point}"
    behind = source_pair(source)
    if behind is not None:
        producer = behind.inputs[0].producer() if behind.inputs[0] is not None else None
        origin = producer.inputs[0].producer() if producer is not None and producer.inputs[0] is not None else None
        if origin is None or origin.op_type not in FIXED:
            yield 8, f"the value '{source.name}' is quantized again, though its scale was free to be shared"
        elif any(_is_final_concat(u.node) for d in node.outputs[0].uses() for u in d.node.outputs[0].uses()):
            yield 9, "it brings unlike heads to one scale for a final Concat, which should stay float"


def _check_weight(node: ir.Node) -> Found:
    weight = stored_constant(node.inputs[1])
    assert weight is not None, "an int8 layer has a stored weight"
    if weight.q.dtype != np.int8 or weight.bits not in (4, 8):
        yield 1, f"its weight is {weight.q.dtype}, not int8 or int4"
    if np.any(weight.zero_point != 0):
        yield 1, "its weight has a zero point other than 0"
    if weight.axis is not None and weight.block and weight.axis != contraction_axis(node):
        yield 1, f"its weight has blocks along axis {weight.axis}, not {contraction_axis(node)}"
    if weight.axis is not None and not weight.block and weight.axis != weight_axis(node):
        yield 1, f"its weight has scales along axis {weight.axis}, not {weight_axis(node)}"


def _check_bias(node: ir.Node) -> Found:
    if len(node.inputs) < 3 or node.inputs[2] is None:
        return
    bias, weight, source = stored_constant(node.inputs[2]), stored_constant(node.inputs[1]), source_pair(node.inputs[0])
    params = read_params(source) if source is not None else None
    if bias is None:
        yield 2, "its bias is not stored as int32"
        return
    if params is None or weight is None:
        return
    if bias.q.dtype != np.int32 or np.any(bias.zero_point != 0):
        yield 2, "its bias is not int32 with zero point 0"
    scale = _scale_of_rows(weight, node)
    if not np.array_equal(np.broadcast_to(bias.scale, scale.shape), bias_scale(params.scale, scale)):
        yield 2, "its bias has another scale than that of its input times that of its weight"
    if bias.q.size and int(np.abs(bias.q.astype(np.int64)).max()) >= 2**31 - 1:
        yield 2, "its bias does not fit into int32"


def _scale_of_rows(weight: StoredConstant, node: ir.Node) -> Array:
    """What the bias multiplies with: the weight's scale, with blocks the largest of each output channel."""
    if not weight.block:
        return weight.scale
    rest = tuple(k for k in range(weight.scale.ndim) if k != weight_axis(node))
    return np.asarray(weight.scale.max(axis=rest))


def _check_behind(node: ir.Node) -> Found:
    """The result of a layer with int8 weights is quantized, after the Relu or Clip that runs inside it."""
    value = node.outputs[0]
    if (value.uses() or value.is_graph_output()) and not _is_stored(value, node):
        yield 3, f"there is no pair behind its result '{value.name}'"


def _after_activation(value: ir.Value) -> ir.Value:
    uses = list(value.uses())
    if len(uses) == 1 and uses[0].node.op_type in ACTIVATIONS and not value.is_graph_output():
        return uses[0].node.outputs[0]
    return value


def _check_unfused(node: ir.Node) -> Found:
    """A pair between a layer and the Relu or Clip that alone reads it; MatMul and Add left apart."""
    if node.op_type in ACTIVATIONS:
        pair = source_pair(node.inputs[0])
        quantize = pair.inputs[0].producer() if pair is not None and pair.inputs[0] is not None else None
        maker = quantize.inputs[0].producer() if quantize is not None and quantize.inputs[0] is not None else None
        if pair is not None and maker is not None and maker.op_type in FUSING:
            value = pair.outputs[0]
            if len(value.uses()) == 1 and not value.is_graph_output():
                yield 3, f"a pair stands between it and '{layer_name(maker)}', the layer it belongs to"
    if node.op_type == "MatMul" and _is_int8(node):
        uses = list(node.outputs[0].uses())
        rank = len(node.outputs[0].shape) if node.outputs[0].shape is not None else 0
        if rank == 2 and len(uses) == 1 and uses[0].node.op_type == "Add":
            yield 7, f"it and '{layer_name(uses[0].node)}' behind it should be one Gemm"


def _check_group(node: ir.Node) -> Found:
    params = {p for v in data_inputs(node) if (p := _params_before(v)) is not None}
    for value in node.outputs:
        params |= {p for u in value.uses() if u.node.op_type == "QuantizeLinear" and (p := read_params(u.node))}
    types = {p.storage for p in params}
    if len(types) > 1:
        yield 4, f"it cannot convert, but its inputs and outputs have different types: {', '.join(sorted(types))}"
    elif len(params) > 1:
        scales = ", ".join(f"{p.scale:.6g} ({p.zero_point})" for p in sorted(params, key=lambda p: p.scale))
        yield 4, f"it cannot rescale, but its inputs and outputs have different scales: {scales}"


def _check_fixed(node: ir.Node) -> Found:
    for use in node.outputs[0].uses():
        params = read_params(use.node) if use.node.op_type == "QuantizeLinear" else None
        if params is not None and params != fixed_params(node.op_type, params.storage):
            wanted = fixed_params(node.op_type, params.storage)
            yield 5, f"its result needs scale {wanted.scale:.8g} and zero point {wanted.zero_point}"


def _check_mean(node: ir.Node) -> Found:
    source = _params_before(node.inputs[0])
    targets = [read_params(u.node) for u in node.outputs[0].uses() if u.node.op_type == "QuantizeLinear"]
    for target in targets:
        if source is None or target is None or source.bits != 8 or target.bits != 8:
            continue
        ratio = abs(mean_ratio(source, target))
        if ratio >= 1 and abs(ratio - round(ratio)) > _WHOLE:
            yield 6, f"zero point times scale ratio is {ratio:.3f}, not a whole number: TFLite's mean is biased"


def _check_readers(value: ir.Value) -> list[str]:
    """All readers of a quantized value see one and the same pair."""
    quantizers = [u.node for u in value.uses() if u.node.op_type == "QuantizeLinear"]
    if not quantizers or source_pair(value) is not None:
        return []
    name, found = value.name, []
    if len({read_params(q) for q in quantizers}) > 1:
        found.append(f"the value '{name}' is quantized with different scales")
    others = [u.node for u in value.uses() if u.node.op_type != "QuantizeLinear"]
    if others:
        found.append(f"'{layer_name(others[0])}' reads the value '{name}' past its pair")
    if value.is_graph_output():
        found.append(f"the graph's output '{name}' is taken before its pair")
    return found


def _check_output(value: ir.Value) -> list[str]:
    producer = value.producer()
    if producer is not None and producer.op_type in WEIGHTED and _is_int8(producer):
        return [f"The graph's output '{value.name}' of an int8 layer has no pair."]
    return []


def _params_before(value: ir.Value | None) -> QuantParams | None:
    node = source_pair(value)
    return None if node is None else read_params(node)


def _is_final_concat(node: ir.Node) -> bool:
    if node.op_type != "Concat":
        return False
    ends = [u.node for u in node.outputs[0].uses() if u.node.op_type == "QuantizeLinear"]
    outs = [d.node.outputs[0] for q in ends for d in q.outputs[0].uses()]
    return node.outputs[0].is_graph_output() or any(o.is_graph_output() for o in outs)
