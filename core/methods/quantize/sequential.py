"""Quantized layers one after the other, each on the inputs that the already quantized layers before it make.

What is run is the quantized network, once, in segments from one stored integer value to the next, so that the walk is
linear in depth. Memory: the integers that later segments still read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import onnx
import onnx_ir as ir

from core.execute.walk import port, reads
from core.jobs import Job
from core.methods.quantize.calibrate import Chunk
from core.model.facts import Array
from core.model.model import Model
from core.model.qdq_insert import Int8Layer
from core.model.qdq_numbers import QuantParams


@dataclass(frozen=True, slots=True)
class Inputs:
    """What reaches one layer, a chunk after the other: integers ``stored`` behind ``params``."""

    chunks: Sequence[Chunk]
    stored: Sequence[Array]
    params: QuantParams

    def mean(self) -> npt.NDArray[np.float64]:
        """Its mean over the first axis, of real items: a sum of integers, exact."""
        parts = [chunk.real(q) for chunk, q in zip(self.chunks, self.stored, strict=True)]
        rows = sum(len(part) for part in parts)
        total = np.zeros(parts[0].shape[1:], np.int32 if rows <= _MANY else np.int64)
        for part in parts:
            for row in part:
                total += row
        return np.asarray((total / max(rows, 1) - self.params.zero_point) * self.params.scale, np.float64)

    def reals(self, count: int) -> Iterator[Array]:
        """float32, of the first ``count`` chunks as they were fed."""
        return (self.params.dequantize(q) for q in self.stored[:count])


_MANY = 2**31 // 2**16  # rows of 16-bit integers whose sum fits into 32 bits
Act = Callable[[Int8Layer, Inputs], None]


@dataclass(frozen=True, slots=True)
class _Segment:
    """The nodes that compute one QuantizeLinear's output from stored values; ``inputs`` are those values."""

    output: str
    nodes: tuple[onnx.NodeProto, ...]
    inputs: tuple[str, ...]


def visit_layers(
    quantized: Model,
    layers: Sequence[Int8Layer],
    chunks: Sequence[Chunk],
    act: Act,
    threads: int = 1,
    job: Job | None = None,
    message: str = "Correcting biases",
) -> None:
    """Call ``act`` for each layer in graph order; what it writes into the layer is what the layers behind it see."""
    job = job or Job()
    proto = ir.to_proto(quantized.graph)
    segments = _segments(proto)
    last_use = {name: k for k, s in enumerate(segments) for name in s.inputs}
    by_output = {layer.node.outputs[0].name: layer for layer in layers}
    weights = {t.name: t for t in proto.graph.initializer}
    stored: dict[str, list[Array]] = {
        v.name: [np.asarray(c.feed[v.name]) for c in chunks] for v in proto.graph.input if v.name in chunks[0].feed
    }
    for k, segment in enumerate(job.track(segments, len(segments), message)):
        for node in segment.nodes:
            layer = by_output.get(node.output[0])
            if layer is not None:
                act(layer, Inputs(chunks, stored[_integers(layer)], layer.input_params))
                _refresh(weights, layer)
        stored[segment.output] = _run(segment, proto, weights, stored, len(chunks), threads)
        for name in [n for n in stored if last_use.get(n, -1) <= k]:
            del stored[name]


def _integers(layer: Int8Layer) -> str:
    """The stored value behind a layer's input."""
    dequantize = layer.node.inputs[0].producer() if layer.node.inputs[0] is not None else None
    assert dequantize is not None, "an int8 layer reads a DequantizeLinear"
    assert dequantize.inputs[0] is not None, "a DequantizeLinear reads integers"
    return dequantize.inputs[0].name or ""


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
    session = OnnxSession(model.SerializeToString(), threads, exact=True)  # weights are for phones, not for this host
    return [session.run({n: stored[n][k] for n in segment.inputs})[segment.output] for k in range(chunks)]


def _refresh(weights: dict[str, onnx.TensorProto], layer: Int8Layer) -> None:
    for value in (*layer.weight_values, *(layer.bias_values or ())):
        assert value.const_value is not None, "the inserter gave it a tensor"
        weights[value.name or ""] = onnx.numpy_helper.from_array(value.const_value.numpy(), value.name)
