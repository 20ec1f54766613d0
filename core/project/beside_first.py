"""What is said of a model beside the first one of a comparison: answers gained and lost, and where it is slower."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

import numpy as np
import onnx_ir as ir

from core.errors import UserError
from core.jobs import Job
from core.measure.latency import Latency
from core.measure.slower_layers import LONGER, layers_to_time, slower_layers
from core.measure.statistics import median_interval
from core.model.model import Model, layer_name, quantized
from core.model.qdq_operators import WEIGHTED
from core.model.qdq_pairs import constant
from core.model.stored_weights import decoded_tensor, decodes, kind_of

_TITLES = {"litert": "LiteRT"}


def slower_quantized(
    first: Model | None, other: Model | None, timed: Mapping[str, tuple[Latency, Latency]], threads: int, job: Job
) -> list[str]:
    """Sentences where a quantized graph is slower than the float one, by runtime and by layer of onnxruntime.

    ``timed``: by runtime the first's and the other's times, of the same rounds in turn. Slower is what takes a
    tenth longer, and longer by the 95 % interval of the median of differences round by round. Nothing is said of graphs
    that are not one network: their layers with weights must have the same names and sizes.
    """
    if first is None or other is None or kind_of(first.nodes()) != "float" or kind_of(other.nodes()) == "float":
        return []
    own = _weight_shapes(first)
    if not own or own != _weight_shapes(other):
        return []
    said = [sentence for runtime, pair in timed.items() for sentence in _slower(_TITLES.get(runtime, runtime), *pair)]
    if "onnxruntime" in timed and quantized(other):  # weights stored alone become float when they are loaded
        with suppress(UserError):  # a layer without a name, say: the times of the whole stand all the same
            said += slower_layers(first, other, layers_to_time(other), threads=threads, job=job).of_layers()
    return said


def _weight_shapes(model: Model) -> dict[str, list[int]]:
    """Layer -> the sizes of its weight in ascending order (a format may store it transposed), stored however it is."""
    found = {}
    for node in model.nodes():
        shapes = (_shape(v) for v in node.inputs[:2]) if node.op_type in WEIGHTED else ()
        if shape := next((s for s in shapes if s is not None), None):
            found[layer_name(node)] = sorted(shape)
    return found


def _shape(value: ir.Value | None) -> list[int] | None:
    """Of a constant, or of what a node decodes of one; else None."""
    maker = None if value is None else value.producer()
    if maker is not None and decodes(maker):
        return [int(d) for d in decoded_tensor(maker).shape.numpy()]
    held = constant(value)
    return None if held is None else list(held.shape)


def _slower(runtime: str, before: Latency, after: Latency) -> list[str]:
    more = np.asarray(after.times) - np.asarray(before.times)
    low = (median_interval(more) or (0.0, 0.0))[0]
    ms, was = after.median.value, before.median.value
    if low <= 0 or ms < LONGER * was:
        return []
    return [f"In {runtime} it is slower quantized than in float: {ms:.3g} ms against {was:.3g} ms ({after.median.on})."]
