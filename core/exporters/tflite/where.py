"""Where a written file begins to differ from its revision: inner values made outputs of both, compared in order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx_ir as ir

from core.execute.runtimes import onnx_session
from core.exporters.proof import Array, Feed
from core.exporters.tflite.candidate import STEPS_OF_16_BITS, litert_candidate
from core.exporters.tflite.convert import Converted, convert
from core.model.model import Model, quantized

_FLOAT_GAP = 1e-3  # of the value's own magnitude: well above what sums in another order differ by


def first_difference(model: Model, converted: Converted, feed: Feed) -> str:
    """Name of the first layer whose result differs clearly, '' where none does.

    In a quantized graph the values behind QuantizeLinear are compared, by steps: making float values outputs would
    keep onnxruntime from running the layers in integers.
    """
    names = visible(model, converted)
    taps = with_outputs(model, names)
    seen = convert(taps, converted.options)
    candidate = litert_candidate(seen.data, seen)
    wanted, given = onnx_session(model, taps=names, exact=True).run(feed), candidate.run(feed)
    producers = {o.name: node for node in model.nodes() for o in node.outputs}
    for name in names:
        if _differs(wanted[name], given[name], candidate.steps.get(name)):
            return layer_of(producers[name])
    return ""


def visible(model: Model, converted: Converted) -> list[str]:
    """Values that live in the file as they are (not swallowed by a fused activation), in graph order."""
    integers = quantized(model)
    outputs = set(model.output_names)
    nodes = [n for n in model.nodes() if n.op_type == "QuantizeLinear" or not integers]
    names = [o.name or "" for n in nodes for o in n.outputs]
    return [n for n in names if n in converted.values and n not in outputs]


def with_outputs(model: Model, names: Sequence[str]) -> Model:
    """The model with inner values among its outputs."""
    graph = model.graph.clone()
    values = {o.name: o for node in graph.graph for o in node.outputs}
    graph.graph.outputs.extend(values[name] for name in names)
    return model.with_graph(graph)


def _differs(wanted: Array, given: Array, step: float | None) -> bool:
    if step is None:
        gap = float(np.abs(wanted - given).max(initial=0.0))
        return gap > _FLOAT_GAP * max(1.0, float(np.abs(wanted).max(initial=0.0)))
    # integers against real numbers: differences between elements tell, whatever the zero point is
    allowed = STEPS_OF_16_BITS if wanted.dtype == np.int16 else 1
    steps = np.rint(given * allowed / step).astype(np.int64) - wanted.astype(np.int64)
    return steps.size > 0 and int(steps.max()) - int(steps.min()) > allowed


def layer_of(node: ir.Node) -> str:
    """The layer a user knows: that before a QuantizeLinear."""
    source = node.inputs[0].producer() if node.op_type == "QuantizeLinear" and node.inputs[0] is not None else None
    chosen = node if source is None else source
    return chosen.name or chosen.outputs[0].name or ""
