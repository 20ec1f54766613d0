"""Sequential bias correction: each int8 layer's bias is refitted on inputs that the already quantized prefix makes.

Quantization shifts the mean of a layer's output; the shift of every layer is measured behind the corrected layers
before it and taken out of its bias (Nagel et al., "Data-Free Quantization through Weight Equalization
and Bias Correction", 2019, arXiv:1906.04721; the empirical variant, in sequence).

A convolution is linear, so the mean of its output over items and positions follows from the mean of its input:
no layer is run to be measured. What is run is the quantized network, once, in segments from one stored int8 value to
the next, so that the walk is linear in depth. Memory: the int8 values that later segments still read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import onnx
import onnx_ir as ir

from core.execute.walk import port, reads
from core.jobs import Job
from core.methods.quantize.calibrate import Chunk, Mean
from core.model.facts import Array
from core.model.model import Model, layer_name
from core.model.qdq_insert import Int8Layer
from core.model.windows import pads

Array64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Shift:
    """How far quantization had moved one layer's mean outputs, per channel, before its bias took it out again."""

    layer: str
    shift: Array64


@dataclass(frozen=True, slots=True)
class _Segment:
    """The nodes that compute one QuantizeLinear's output from stored values; ``inputs`` are those values."""

    output: str
    nodes: tuple[onnx.NodeProto, ...]
    inputs: tuple[str, ...]


def correct_biases(
    quantized: Model,
    layers: Sequence[Int8Layer],
    means: Mapping[str, Array64],
    chunks: Sequence[Chunk],
    threads: int = 1,
    job: Job | None = None,
) -> tuple[Shift, ...]:
    """Refit the biases of ``layers`` in the quantized graph, in place; gives what was corrected, in order.

    ``means``: float value at a layer's input -> its mean over the first axis, of the float network on ``chunks``.
    """
    job = job or Job()
    proto = ir.to_proto(quantized.graph)
    segments = _segments(proto)
    last_use = {name: k for k, s in enumerate(segments) for name in s.inputs}
    by_output = {layer.node.outputs[0].name: layer for layer in layers if layer.bias is not None}
    weights = {t.name: t for t in proto.graph.initializer}
    stored: dict[str, list[Array]] = {
        v.name: [np.asarray(c.feed[v.name]) for c in chunks] for v in proto.graph.input if v.name in chunks[0].feed
    }
    shifts: list[Shift] = []
    for k, segment in enumerate(job.track(segments, len(segments), "Correcting biases")):
        for node in segment.nodes:
            layer = by_output.get(node.output[0])
            if layer is not None:
                shifts.append(_correct(layer, means[layer.source], stored, chunks))
                _refresh(weights, layer)
        stored[segment.output] = _run(segment, proto, weights, stored, len(chunks), threads)
        for name in [n for n in stored if last_use.get(n, -1) <= k]:
            del stored[name]
    return tuple(shifts)


def _segments(proto: onnx.ModelProto) -> list[_Segment]:
    """One segment for each QuantizeLinear, in graph order."""
    nodes = list(proto.graph.node)
    makers = {o: k for k, n in enumerate(nodes) for o in n.output if o}
    constants = {t.name for t in proto.graph.initializer}
    ends = [k for k, n in enumerate(nodes) if n.op_type == "QuantizeLinear"]
    stops = {nodes[k].output[0] for k in ends}
    segments = []
    for end in ends:
        inside = {end}
        inputs: dict[str, None] = {}
        ask = list(nodes[end].input)
        while ask:
            name = ask.pop()
            if not name or name in constants:
                continue
            if name in stops or name not in makers:
                inputs[name] = None
            elif makers[name] not in inside:
                inside.add(makers[name])
                ask += reads(nodes[makers[name]])
        ordered = tuple(nodes[k] for k in sorted(inside))
        segments.append(_Segment(nodes[end].output[0], ordered, tuple(sorted(inputs))))
    return segments


def _run(
    segment: _Segment,
    proto: onnx.ModelProto,
    weights: Mapping[str, onnx.TensorProto],
    stored: Mapping[str, list[Array]],
    chunks: int,
    threads: int,
) -> list[Array]:
    from core.execute.runtimes import OnnxSession

    used = dict.fromkeys(name for n in segment.nodes for name in reads(n) if name in weights)
    inputs = [port(name, stored[name][0]) for name in segment.inputs]
    output = onnx.ValueInfoProto(name=segment.output)
    graph = onnx.helper.make_graph(segment.nodes, "segment", inputs, [output], [weights[n] for n in used])
    model = onnx.helper.make_model(
        graph, opset_imports=proto.opset_import, ir_version=proto.ir_version, functions=proto.functions
    )
    session = OnnxSession(model.SerializeToString(), threads, exact=True)  # biases are for phones, not for this host
    return [session.run({n: stored[n][k] for n in segment.inputs})[segment.output] for k in range(chunks)]


def _refresh(weights: dict[str, onnx.TensorProto], layer: Int8Layer) -> None:
    for value in (*layer.weight_values, *(layer.bias_values or ())):
        assert value.const_value is not None, "the inserter gave it a tensor"
        weights[value.name or ""] = onnx.numpy_helper.from_array(value.const_value.numpy(), value.name)


def _correct(
    layer: Int8Layer, float_mean: Array64, stored: Mapping[str, list[Array]], chunks: Sequence[Chunk]
) -> Shift:
    dequantize = layer.node.inputs[0].producer() if layer.node.inputs[0] is not None else None
    assert dequantize is not None, "an int8 layer reads a DequantizeLinear"
    assert dequantize.inputs[0] is not None, "a DequantizeLinear reads integers"
    assert layer.bias is not None, "only layers with a bias are corrected"
    mean = Mean()
    for chunk, q in zip(chunks, stored[dequantize.inputs[0].name or ""], strict=True):
        mean.add(chunk.real(q))
    quantized_mean = (mean.value() - layer.input_params.zero_point) * layer.input_params.scale
    shift = mean_output(layer.node, layer.dequantized_weight(), quantized_mean) - mean_output(
        layer.node, layer.weight, float_mean
    )
    layer.write(layer.bias - shift)
    return Shift(layer_name(layer.node), shift)


def mean_output(node: ir.Node, weight: Array, mean: Array64) -> Array64:
    """Mean output (channels,) of a Conv or Gemm without its bias, over items and positions.

    ``mean``: the mean of its input over items, (C, spatial…) for Conv, (features,) for Gemm.
    """
    kernel = np.asarray(weight, np.float64)
    if node.op_type == "Gemm":
        return np.asarray((kernel if node.attributes.get_int("transB", 0) else kernel.T) @ mean)
    group = node.attributes.get_int("group", 1)
    windows = _mean_windows(node, mean, kernel.shape[2:]).reshape(group, -1, 1)
    return (kernel.reshape(group, kernel.shape[0] // group, -1) @ windows).reshape(-1)


def _mean_windows(node: ir.Node, mean: Array64, kernel: tuple[int, ...]) -> Array64:
    """(C, kernel…): for every tap of the kernel the mean of what it meets over all output positions."""
    rank = len(kernel)
    strides = list(node.attributes.get_ints("strides", [1] * rank))
    dilations = list(node.attributes.get_ints("dilations", [1] * rank))
    reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilations, strict=True)]
    padding = pads(node, mean.shape[1:], reach, strides)
    padded = np.pad(mean, [(0, 0), *padding])
    counts = [(n - r) // s + 1 for n, r, s in zip(padded.shape[1:], reach, strides, strict=True)]
    out = np.empty((mean.shape[0], *kernel))
    for tap in np.ndindex(*kernel):
        starts = [t * d for t, d in zip(tap, dilations, strict=True)]
        window = tuple(slice(a, a + (c - 1) * s + 1, s) for a, c, s in zip(starts, counts, strides, strict=True))
        out[(slice(None), *tap)] = padded[(slice(None), *window)].mean(axis=tuple(range(1, rank + 1)))
    return out
