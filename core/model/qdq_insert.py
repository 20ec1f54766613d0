"""Writes QuantizeLinear and DequantizeLinear nodes into a graph, as a plan and its scales say. Works in place.

Names: layers, values, graph inputs and outputs keep theirs. A float initializer w gives way to ``w_quantized``,
``w_scale``, ``w_zero_point`` and a DequantizeLinear whose output is called w. A value v gets ``v_quantized`` and
``v_dequantized``; a graph output keeps its name at the very end, and what its layer makes is ``v_unquantized``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import onnx_ir as ir

from core.model.constants import add_initializer, unused_name
from core.model.facts import Array, Facts
from core.model.masks import hand_on
from core.model.model import ORIGIN, layer_name
from core.model.qdq_form import WeightForm, form_of
from core.model.qdq_numbers import QuantParams, activation_params, quantize_bias
from core.model.qdq_operators import BINARY, WEIGHTED, data_inputs
from core.model.qdq_pairs import RANGE_FROM
from core.model.qdq_plan import Int8Plan
from core.model.qdq_scales import Scales


@dataclass
class Int8Layer:
    """One layer with weights in integers, inside the quantized graph; :meth:`write` stores another bias.

    ``weight``: the float weight as it was. ``bias``: float64 (channels,), None where the layer has no place for one.
    ``form``: bits and scales of the stored weight. ``source``: the float value that is quantized at its input, with
    ``input_params``. ``held``: what :meth:`hold` was given.
    """

    node: ir.Node
    source: str
    input_params: QuantParams
    weight: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float64] | None
    form: WeightForm
    weight_values: tuple[ir.Value, ir.Value]
    bias_values: tuple[ir.Value, ir.Value] | None
    held: tuple[Array, Array] | None = None

    @property
    def name(self) -> str:
        return layer_name(self.node)

    def scale(self) -> Array:
        """The weight's scale, raised where the present bias would overflow int32."""
        scale = self.form.scale(self.weight) if self.held is None else self.held[1]
        return scale if self.bias is None else self.form.raised(scale, self.bias, self.input_params.scale)

    def dequantized_weight(self) -> Array:
        """The float32 weight that the runtime multiplies with."""
        return self.form.dequantize(*self._integers())

    def hold(self, weight: Array, scale: Array) -> None:
        """Store a weight that was rounded to multiples of ``scale`` by other rules than to the nearest.

        Where a later bias wants a larger scale, it is rounded again.
        """
        self.held = (weight, scale)
        self.write(self.bias)

    def _integers(self) -> tuple[Array, Array]:
        return self.form.quantize(self.weight if self.held is None else self.held[0], self.scale())

    def write(self, bias: npt.NDArray[np.float64] | None) -> None:
        """Store the weight and this bias (channels,) as integers with their scales."""
        self.bias = bias
        q, scale = self._integers()
        _store(self.weight_values[0], q.astype(self.form.dtype))
        _store(self.weight_values[1], scale)
        if self.bias_values is not None and bias is not None:
            steps, step = quantize_bias(bias, self.input_params.scale, self.form.by_channel(scale))
            _store(self.bias_values[0], steps)
            _store(self.bias_values[1], step)


def insert_qdq(
    graph: ir.Graph,
    facts: Facts,
    plan: Int8Plan,
    scales: Scales,
    *,
    forms: Mapping[ir.Node, WeightForm] | None = None,
    add_bias: bool = False,
    origins: Mapping[str, str] | None = None,
) -> tuple[Int8Layer, ...]:
    """Quantize the graph in place; gives its layers with integer weights in graph order.

    ``forms``: how weights are stored; int8 with a scale for each output channel where it says nothing. ``add_bias``
    gives a (zero) bias to every Conv and Gemm that lacks one. ``origins``: value -> where its range comes from, which
    its QuantizeLinear keeps as metadata.
    """
    return _Inserter(graph, facts, plan, scales, forms or {}, add_bias, origins or {}).insert()


class _Inserter:
    def __init__(
        self,
        graph: ir.Graph,
        facts: Facts,
        plan: Int8Plan,
        scales: Scales,
        forms: Mapping[ir.Node, WeightForm],
        add_bias: bool,
        origins: Mapping[str, str],
    ) -> None:
        self.origins = origins
        self.graph, self.facts, self.plan, self.scales = graph, facts, plan, scales
        self.forms, self.add_bias = forms, add_bias
        values = [*graph.inputs, *graph.initializers.values(), *(o for n in graph for o in n.outputs)]
        self.values = {v.name or "": v for v in values}
        self.taken = {*self.values, *(n.name for n in graph if n.name)}
        self.start = graph[0]

    def insert(self) -> tuple[Int8Layer, ...]:
        layers = tuple(self._quantize_layer(n) for n in self.plan.layers if n.op_type in WEIGHTED)
        for node in self.plan.layers:
            if node.op_type in BINARY:
                self._quantize_constants(node)
        for node in self.plan.tables:
            self._quantize_table(node)
        inner = {name: self._pair(self.values[name], params) for name, params in self.scales.values.items()}
        rescaled: dict[tuple[str, QuantParams], ir.Value] = {}
        for (name, reader), params in self.scales.bridges.items():
            if (name, params) not in rescaled:
                rescaled[name, params] = self._bridge(inner[name], name, params)
            for index, value in enumerate(reader.inputs):
                if value is inner[name]:
                    reader.replace_input_with(index, rescaled[name, params])
        return layers

    def unique(self, name: str) -> str:
        """A name that nothing in the graph has yet."""
        return unused_name(name, self.taken)

    def _initializer(self, name: str, array: Array) -> ir.Value:
        return add_initializer(self.graph, self.unique(name), array)

    def _node(
        self,
        kind: str,
        base: str,
        inputs: Sequence[ir.Value],
        owner: str,
        axis: int | None = None,
        block: int = 0,
    ) -> ir.Node:
        attributes = [] if axis is None else [ir.AttrInt64("axis", axis)]
        attributes += [ir.AttrInt64("block_size", block)] if block else []
        node = ir.Node("", kind, inputs, attributes, name=self.unique(f"{base}_{kind}"))
        node.metadata_props[ORIGIN] = owner
        return node

    # ------------------------------------------------------------------ activations

    def _pair(self, value: ir.Value, params: QuantParams) -> ir.Value:
        """Q and DQ behind a value; every reader, and the graph's output, gets what DQ gives."""
        name, uses, producer = value.name or "", list(value.uses()), value.producer()
        owner = layer_name(producer) if producer is not None else name
        quantize, dequantize = self._q_and_dq(value, name, params, owner)
        if name in self.origins:
            quantize.metadata_props[RANGE_FROM] = self.origins[name]
        out = dequantize.outputs[0]
        for use in uses:
            use.node.replace_input_with(use.idx, out)
        if producer is None:
            self.graph.insert_before(self.start, [quantize, dequantize])
        else:
            self.graph.insert_after(producer, [quantize, dequantize])
            for index, result in enumerate(self.graph.outputs):
                if result is value:
                    self.graph.outputs[index] = out
                    value.name, out.name = self.unique(f"{name}_unquantized"), name
        return out

    def _bridge(self, value: ir.Value, name: str, params: QuantParams) -> ir.Value:
        producer = value.producer()
        assert producer is not None, "a bridge starts behind a DequantizeLinear"
        quantize, dequantize = self._q_and_dq(value, f"{name}_rescaled", params, producer.metadata_props[ORIGIN])
        self.graph.insert_after(producer, [quantize, dequantize])
        return dequantize.outputs[0]

    def _q_and_dq(self, value: ir.Value, base: str, params: QuantParams, owner: str) -> tuple[ir.Node, ir.Node]:
        scale = self._initializer(f"{base}_scale", np.asarray(params.scale, np.float32))
        zero = self._initializer(f"{base}_zero_point", np.asarray(params.zero_point, params.storage))
        quantize = self._node("QuantizeLinear", base, [value, scale, zero], owner)
        stored = quantize.outputs[0]
        stored.name, stored.shape, stored.type = self.unique(f"{base}_quantized"), value.shape, zero.type
        dequantize = self._node("DequantizeLinear", base, [stored, scale, zero], owner)
        out = dequantize.outputs[0]
        out.name, out.shape, out.dtype = self.unique(f"{base}_dequantized"), value.shape, ir.DataType.FLOAT
        return quantize, dequantize

    # ------------------------------------------------------------------ weights, biases, constants

    def _quantize_layer(self, node: ir.Node) -> Int8Layer:
        old, source = node.inputs[1], node.inputs[0]
        assert old is not None, "the plan only holds layers with a weight"
        assert source is not None, "the plan only holds layers with an input"
        weight = np.asarray(self.facts.array(old), np.float32)
        form = self.forms.get(node) or form_of(node, weight.shape)
        bias = self._float_bias(node, weight.shape[form.channels])
        params = self.scales.values[source.name or ""]
        start = form.scale(weight)
        empty = np.zeros(weight.shape, form.dtype)
        values = self._constant(node, 1, old.name or "", empty, start, form.axis, block=form.block)
        bias_values = None
        if bias is not None:
            steps = np.zeros(np.shape(form.by_channel(start)), np.float32)
            axis = 0 if steps.ndim else None
            bias_values = self._constant(
                node, 2, self._bias_name(node, old), np.zeros(bias.shape, np.int32), steps, axis
            )
        layer = Int8Layer(node, source.name or "", params, weight, bias, form, values, bias_values)
        layer.write(bias)
        return layer

    def _float_bias(self, node: ir.Node, channels: int) -> npt.NDArray[np.float64] | None:
        value = node.inputs[2] if len(node.inputs) > 2 else None
        if value is not None:
            array = np.asarray(self.facts.array(value), np.float64)
            return np.array(np.broadcast_to(array.reshape(-1), (channels,)))
        if not self.add_bias or node.op_type == "MatMul":
            return None
        node.resize_inputs(3)
        return np.zeros(channels)

    def _bias_name(self, node: ir.Node, weight: ir.Value) -> str:
        value = node.inputs[2] if len(node.inputs) > 2 else None
        if value is not None:
            return value.name or ""
        name = weight.name or layer_name(node)
        return name.removesuffix("weight") + "bias" if name.endswith("weight") else f"{name}_bias"

    def _constant(
        self,
        node: ir.Node,
        index: int,
        name: str,
        q: Array,
        scale: Array,
        axis: int | None,
        zero: int = 0,
        block: int = 0,
    ) -> tuple[ir.Value, ir.Value]:
        """Put integers behind DequantizeLinear at one input of a node; gives the values that hold q and scale.

        Zero points are written even for blocks, which could do without: onnxruntime's optimiser adds a scalar where
        there is none, and its own kernel refuses that.
        """
        old = node.inputs[index]
        stored = self._initializer(f"{name}_quantized", q)
        if old is not None:
            hand_on(old, stored)
        scales = self._initializer(f"{name}_scale", scale)
        zeros = self._initializer(f"{name}_zero_point", np.full(np.shape(scale), zero, q.dtype))
        dequantize = self._node("DequantizeLinear", name, [stored, scales, zeros], layer_name(node), axis, block)
        out = dequantize.outputs[0]
        node.replace_input_with(index, out)
        self.graph.insert_before(node, dequantize)
        keeps_name = old is None or self._forget(old)
        out.name = (
            name if keeps_name and (old is not None or name not in self.taken) else self.unique(f"{name}_dequantized")
        )
        self.taken.add(out.name)
        out.shape, out.dtype = ir.Shape(q.shape), ir.DataType.FLOAT
        return stored, scales

    def _quantize_constants(self, node: ir.Node) -> None:
        """Beside another value, so in its type."""
        storage = next(p.storage for v in data_inputs(node) if (p := self.scales.values.get(v.name or "")))
        for index, value in enumerate(data_inputs(node)):
            array = self.facts.array(value)
            if array is not None:
                params = activation_params(float(array.min()), float(array.max()), storage)
                scale = np.asarray(params.scale, np.float32)
                self._constant(node, index, value.name or "", params.quantize(array), scale, None, params.zero_point)

    def _quantize_table(self, node: ir.Node) -> None:
        """An embedding table in uint8, and a pair of the same scale behind the rows that are looked up.

        onnxruntime then looks up integers; without the pair, or with int8, it decodes the whole table in every run.
        """
        table, rows = node.inputs[0], node.outputs[0]
        assert table is not None, "a Gather has two inputs"
        array = np.asarray(self.facts.array(table), np.float32)
        params = activation_params(float(array.min()), float(array.max()), "uint8")
        scale = np.asarray(params.scale, np.float32)
        self._constant(node, 0, table.name or "", params.quantize(array), scale, None, params.zero_point)
        self._pair(rows, params)

    def _forget(self, value: ir.Value) -> bool:
        """Drop a constant that nobody reads any more, with the nodes that only made it; False while it is read."""
        if value.uses() or value.is_graph_output():
            return False
        producer = value.producer()
        if producer is None:
            self.graph.initializers.pop(value.name or "", None)
            self.graph.inputs[:] = [v for v in self.graph.inputs if v is not value]
            return True
        if any(o.uses() or o.is_graph_output() for o in producer.outputs):
            return False
        sources = [v for v in producer.inputs if v is not None]
        if producer is self.start:
            self.start = next(n for n in self.graph if n is not producer)
        self.graph.remove(producer, safe=True)
        for source in sources:
            if source.is_initializer() or source.producer() is not None:
                self._forget(source)
        return True


def _store(value: ir.Value, array: Array) -> None:
    value.const_value = ir.tensor(np.ascontiguousarray(array).reshape(np.shape(array)), name=value.name)
