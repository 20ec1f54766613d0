"""Quantized weights made float again behind QuantizeLinear -> DequantizeLinear, so that they can be trained, and back.

A thawed graph is valid ONNX and gives what the quantized one gave: the float weights round to the same integers.
Names: integers ``w_quantized`` behind a DequantizeLinear called w become a float initializer ``w_float`` and a
QuantizeLinear that makes ``w_quantized``. An int32 bias becomes the float initializer that its DequantizeLinear's
output was called, and remembers in its metadata what :func:`freeze` has to call its parts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import onnx_ir as ir

from core.model.constants import add_initializer, unused_name
from core.model.masks import hand_on
from core.model.model import ORIGIN, Model, layer_name
from core.model.qdq_form import WeightForm, spread_blocks
from core.model.qdq_numbers import Array, quantize_bias
from core.model.qdq_operators import WEIGHTED, default_domain, weight_axis
from core.model.qdq_pairs import constant, read_params, source_pair

THAWED = "thimble.thawed"  # metadata of a float bias: names of integers, scale, zero point, node
_CELL = 0.49  # steps: a float this near to an integer rounds to it
_ALIKE = 1.0  # steps by which a parent's weights may be off on average


@dataclass(frozen=True, slots=True)
class FloatWeight:
    """One thawed weight: float ``value`` -> ``quantize`` -> ``dequantize`` -> ``layer``.

    ``low`` and ``high`` are the integers it may take: those of its type, without the lowest where nothing used it
    (TFLite's kernels want -127..127).
    """

    layer: ir.Node
    value: ir.Value
    quantize: ir.Node
    dequantize: ir.Node
    low: int
    high: int

    @property
    def name(self) -> str:
        return self.value.name or ""

    @property
    def scale(self) -> ir.Value:
        value = self.quantize.inputs[1]
        assert value is not None, "a QuantizeLinear has a scale"
        return value

    @property
    def form(self) -> WeightForm:
        """Bits and scales, as a quantizer plans them."""
        kind, size = self.quantize.outputs[0].dtype, _of(self.scale).size
        assert kind is not None, "thaw gives it a type"
        attributes, rank = self.quantize.attributes, np.ndim(_of(self.value))
        axis = None if size == 1 else attributes.get_int("axis", 1) % rank
        return WeightForm(kind.bitwidth, weight_axis(self.layer), axis, attributes.get_int("block_size", 0))

    @property
    def bias(self) -> ir.Value | None:
        """The float bias that :func:`freeze` will round."""
        value = self.layer.inputs[2] if len(self.layer.inputs) > 2 else None
        return value if value is not None and THAWED in value.metadata_props else None

    @property
    def input_scale(self) -> ir.Value | None:
        """The scale of the pair before the layer."""
        source = source_pair(self.layer.inputs[0])
        return None if source is None else source.inputs[1]

    def zero_point(self) -> Array:
        found = constant(self.quantize.inputs[2]) if len(self.quantize.inputs) > 2 else None
        return np.zeros((), np.int64) if found is None else found.astype(np.int64)

    def spread(self, array: Array) -> Array:
        """A scale or zero point shaped so that it broadcasts against the weight."""
        return _spread(self.quantize, array, _of(self.value).shape)


def thaw(model: Model) -> Model:
    """A clone with float weights and float biases, to be trained and frozen again; what it computes is the same.

    Thawed are the integer weights of Conv, Gemm and MatMul that stand behind a DequantizeLinear with constant
    parameters, of any bit width, per tensor, per axis or in blocks, and the int32 biases of such layers where their
    input is quantized. Everything else stays, the pairs on activations among it.
    """
    new = model.clone()
    graph = new.graph.graph
    taken = {n.name or "" for n in graph}
    for node in list(graph):
        if node.op_type in WEIGHTED and default_domain(node):
            _thaw_weight(graph, node, taken)
    for weight in float_weights(new):
        _thaw_bias(graph, weight.layer)
    return new


def freeze(model: Model) -> Model:
    """The inverse of :func:`thaw`: integers behind DequantizeLinear, int32 biases at input scale times weight scale.

    Where a bias would overflow int32 the scale of its row of weights is raised first.
    """
    new = model.clone()
    graph = new.graph.graph
    taken = {n.name or "" for n in graph}
    for weight in list(float_weights(new)):
        _freeze_bias(graph, weight, taken)
        _freeze_weight(graph, weight)
    return new


def float_weights(model: Model) -> Iterator[FloatWeight]:
    """The float weights behind QuantizeLinear -> DequantizeLinear, in graph order."""
    for node in model.nodes():
        if node.op_type not in WEIGHTED or not default_domain(node):
            continue
        dequantize = node.inputs[1].producer() if node.inputs[1] is not None else None
        stored = dequantize.inputs[0] if dequantize is not None and dequantize.op_type == "DequantizeLinear" else None
        quantize = None if stored is None else stored.producer()
        if dequantize is None or stored is None or quantize is None or quantize.op_type != "QuantizeLinear":
            continue
        value = quantize.inputs[0]
        if value is not None and value.is_initializer() and _fixed(quantize):
            assert stored.dtype is not None, "thaw gives it a type"
            yield FloatWeight(node, value, quantize, dequantize, *_reach(quantize, value, stored.dtype))


def with_parent(model: Model, parent: Model) -> tuple[Model, tuple[str, ...]]:
    """A thawed model whose weights are as near to the float ``parent``'s as rounding to the same integers allows.

    ``parent``: the float graph as it was when it was quantized (BatchNormalization folded), so that weights have the
    same names. Gives the layers that got theirs. A layer whose weights are elsewhere, or more than a step off on
    average, keeps what it has: then this is not where it came from.
    """
    new = model.clone()
    found = []
    for weight in float_weights(new):
        source = parent.graph.graph.initializers.get(weight.dequantize.outputs[0].name or "")
        theirs = None if source is None else constant(source)
        mine = constant(weight.value)
        if theirs is None or mine is None or theirs.shape != mine.shape or theirs.dtype.kind != "f":
            continue
        scale = weight.spread(_of(weight.scale))
        steps, zero = np.rint(mine / scale), weight.spread(weight.zero_point())
        wanted = np.clip(theirs.astype(np.float64) / scale, weight.low - zero, weight.high - zero)
        if not np.isfinite(wanted).all() or np.abs(wanted - steps).mean() > _ALIKE:
            continue
        near = np.clip(wanted, steps - _CELL, steps + _CELL) * scale
        _store(weight.value, near.astype(mine.dtype))
        if source is not None:
            hand_on(source, weight.value)
        found.append(layer_name(weight.layer))
    return new, tuple(found)


# ---------------------------------------------------------------------- weights


def _thaw_weight(graph: ir.Graph, node: ir.Node, taken: set[str]) -> None:
    dequantize = node.inputs[1].producer() if node.inputs[1] is not None else None
    if dequantize is None or dequantize.op_type != "DequantizeLinear" or not _fixed(dequantize):
        return
    stored, scale = dequantize.inputs[0], constant(dequantize.inputs[1])
    q = constant(stored)
    if stored is None or q is None or scale is None or not stored.is_initializer() or len(stored.uses()) > 1:
        return
    if stored.dtype in (None, ir.DataType.INT32) or stored.is_graph_output():
        return
    zero = constant(dequantize.inputs[2]) if len(dequantize.inputs) > 2 else None
    if zero is None and stored.dtype != ir.DataType.UINT8:  # a QuantizeLinear without zero point makes uint8
        return
    offset = 0 if zero is None else _spread(dequantize, zero.astype(np.int64), q.shape)
    real = (q.astype(np.int64) - offset).astype(scale.dtype) * _spread(dequantize, scale, q.shape)
    name = stored.name or ""
    graph.initializers.pop(name)
    value = add_initializer(graph, f"{dequantize.outputs[0].name}_float", real.astype(scale.dtype))
    hand_on(stored, value)
    quantize = ir.Node(
        "",
        "QuantizeLinear",
        [value, *dequantize.inputs[1:]],
        [a for a in dequantize.attributes.values() if a.name in ("axis", "block_size")],
        name=unused_name(f"{dequantize.name}_QuantizeLinear", taken),
    )
    quantize.metadata_props[ORIGIN] = layer_name(node)
    out = quantize.outputs[0]
    dequantize.replace_input_with(0, out)
    out.name, out.shape, out.dtype = name, stored.shape, stored.dtype
    graph.insert_before(dequantize, quantize)


def _freeze_weight(graph: ir.Graph, weight: FloatWeight) -> None:
    made, array = weight.quantize.outputs[0], constant(weight.value)
    assert array is not None
    scale, zero = weight.spread(_of(weight.scale)), weight.spread(weight.zero_point())
    q = np.clip(np.rint(array / scale).astype(np.int64) + zero, weight.low, weight.high)
    assert made.dtype is not None, "thaw gives it a type"
    name = made.name or ""
    made.name = f"{name}_thawed"
    tensor = ir.tensor(q.astype(made.dtype.numpy()), dtype=made.dtype, name=name)
    stored = ir.Value(name=name, type=ir.TensorType(made.dtype), shape=ir.Shape(array.shape), const_value=tensor)
    hand_on(weight.value, stored)
    weight.dequantize.replace_input_with(0, stored)
    graph.remove(weight.quantize, safe=True)
    graph.initializers.pop(weight.name)
    graph.register_initializer(stored)


def _reach(quantize: ir.Node, value: ir.Value, kind: ir.DataType) -> tuple[int, int]:
    """(lowest, highest integer): all of the type where a weight rounds to its lowest, or it has a zero point."""
    bits = kind.bitwidth
    if kind.name.startswith("U"):
        return 0, 2**bits - 1
    low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    array = constant(value)
    assert array is not None, "an initializer has numbers"
    zero = constant(quantize.inputs[2]) if len(quantize.inputs) > 2 else None
    if zero is not None and zero.astype(np.int64).any():
        return low, high
    steps = np.rint(array / _spread(quantize, _of(quantize.inputs[1]), array.shape))
    return (low if steps.min(initial=0) <= low else -high), high


# ---------------------------------------------------------------------- biases


def _thaw_bias(graph: ir.Graph, node: ir.Node) -> None:
    value = node.inputs[2] if len(node.inputs) > 2 else None
    dequantize = None if value is None else value.producer()
    if value is None or dequantize is None or dequantize.op_type != "DequantizeLinear" or len(value.uses()) > 1:
        return
    stored, scale = dequantize.inputs[0], constant(dequantize.inputs[1])
    q = constant(stored)
    if stored is None or stored.dtype != ir.DataType.INT32 or q is None or scale is None or value.is_graph_output():
        return
    source = source_pair(node.inputs[0])
    if source is None or read_params(source) is None:
        return
    given = [v.name or "" if v is not None else "" for v in dequantize.inputs]
    parts = [given[k] if k < len(given) else "" for k in range(len(_PARTS))]
    name, made = value.name or "", value
    made.name = f"{name}_thawed"
    real = (q.astype(scale.dtype) * np.asarray(scale)).astype(scale.dtype)
    bias = add_initializer(graph, name, real)
    bias.metadata_props[THAWED] = json.dumps([*parts, dequantize.name or ""])
    node.replace_input_with(2, bias)
    graph.remove(dequantize, safe=True)
    _drop_unread(graph, parts)


def _freeze_bias(graph: ir.Graph, weight: FloatWeight, taken: set[str]) -> None:
    node, value = weight.layer, weight.bias
    if value is None:
        return
    source = source_pair(node.inputs[0])
    params = None if source is None else read_params(source)
    bias, scale = constant(value), _of(weight.scale)
    assert params is not None, "thaw asked for it"
    assert bias is not None, "it is an initializer"
    form = weight.form
    raised = form.raised(scale, bias, params.scale)
    if not np.array_equal(raised, scale):
        _store(weight.scale, raised)
    q, step = quantize_bias(bias, params.scale, form.by_channel(raised))
    *names, called = json.loads(value.metadata_props[THAWED])
    name = value.name or ""
    graph.initializers.pop(name)
    zeros = np.zeros(np.shape(step), np.int32)
    named = zip(names, _PARTS, (q, step, zeros), strict=True)
    inputs = [add_initializer(graph, own or f"{name}_{part}", array) for own, part, array in named]
    attributes = [ir.AttrInt64("axis", 0)] if step.size > 1 else []
    dequantize = ir.Node("", "DequantizeLinear", inputs, attributes, name=unused_name(called, taken))
    dequantize.metadata_props[ORIGIN] = layer_name(node)
    out = dequantize.outputs[0]
    out.name, out.shape, out.dtype = name, ir.Shape(q.shape), ir.DataType.FLOAT
    graph.insert_after(weight.dequantize, dequantize)
    node.replace_input_with(2, out)


_PARTS = ("quantized", "scale", "zero_point")


# ---------------------------------------------------------------------- small things


def _fixed(node: ir.Node) -> bool:
    """Whether scale and zero point are initializers."""
    return all(v is None or (v.is_initializer() and v.const_value is not None) for v in node.inputs[1:])


def _of(value: ir.Value | None) -> Array:
    array = constant(value)
    assert array is not None, "the caller asked"
    return array


def _spread(node: ir.Node, array: Array, shape: tuple[int, ...]) -> Array:
    """A scale or zero point of a node made to broadcast: per tensor, per axis or per block (opset 21)."""
    if array.size == 1 and array.ndim <= 1:
        return array.reshape(())
    axis = node.attributes.get_int("axis", 1) % len(shape)
    block = node.attributes.get_int("block_size", 0)
    if block:
        return spread_blocks(array, axis, block, shape)
    return array.reshape([-1 if k == axis else 1 for k in range(len(shape))])


def _store(value: ir.Value, array: Array) -> None:
    value.const_value = ir.tensor(np.ascontiguousarray(array).reshape(np.shape(array)), name=value.name)


def _drop_unread(graph: ir.Graph, names: list[str]) -> None:
    for name in names:
        value = graph.initializers.get(name)
        if value is not None and not value.uses() and not value.is_graph_output():
            graph.initializers.pop(name)
