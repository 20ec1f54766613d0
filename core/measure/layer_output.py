"""What one layer gives for one item: the graph is cut off behind it, run by onnxruntime, and its output looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx_ir as ir

from core.data.dataset import Array, DataSet
from core.data.feed import fixed_batch, prepare
from core.data.tasks import background_offset
from core.errors import UserError
from core.execute.runtimes import onnx_session
from core.jobs import Job
from core.measure.answers import Answer, best_answers
from core.measure.feature_maps import FeatureMaps, feature_maps
from core.measure.saturation import Saturation, saturation
from core.measure.values import Values, summarize
from core.model.model import InputSpec, Model

VECTOR = 4096  # values of a vector that are handed over as they are
_PASSED_ON = {
    "QuantizeLinear",
    "DequantizeLinear",
    "Softmax",
    "LogSoftmax",
    "Identity",
    "Flatten",
    "Reshape",
    "Squeeze",
}


@dataclass(frozen=True, slots=True)
class LayerOutput:
    """The tensor ``name`` for one item. ``shape`` is the runtime's, its batch axis included.

    ``vector`` holds the values where the item's part is a vector of at most VECTOR values (float32 [n]), ``maps`` what
    can be drawn where it has two axes or more. ``answers`` are the likeliest classes where these values are, or become,
    the scores of a classifier. ``runtime`` says what ran.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    values: Values
    item: str
    label: int | None
    runtime: str
    saturation: Saturation | None = None
    answers: tuple[Answer, ...] = ()
    vector: Array | None = None
    maps: FeatureMaps | None = None

    def to_json(self) -> dict[str, Any]:
        """Everything but the arrays, which are :meth:`arrays`."""
        return {
            "name": self.name,
            "shape": list(self.shape),
            "dtype": self.dtype,
            "values": self.values.to_json(),
            "item": self.item,
            "label": self.label,
            "runtime": self.runtime,
            "saturation": self.saturation.to_json() if self.saturation else None,
            "answers": [a.to_json() for a in self.answers],
        }

    def arrays(self) -> dict[str, Array]:
        """For an .npz: 'vector', or the arrays of the maps; empty for a single number."""
        if self.maps is not None:
            return self.maps.arrays()
        return {} if self.vector is None else {"vector": self.vector}


def layer_output(model: Model, tensor: str, data: DataSet, index: int, job: Job | None = None) -> LayerOutput:
    """Run ``model`` on one item as far as ``tensor``, the name of an input or of a layer's output.

    Only the inputs that the tensor depends on are asked of the item. Raises UserError where there is no such tensor,
    the item lacks an input, its preparation is unknown, or the runtime refuses the graph.
    """
    job = job or Job()
    part = _part_before(model, tensor)
    job.progress(0.1, "Preparing the item")
    batch = fixed_batch(part.inputs) or 1
    feed = {name: np.stack([row] * batch) for name, row in prepare(data, index, part.inputs).items()}
    if tensor in feed:
        found, runtime = feed[tensor], ""
    else:
        job.progress(0.3, "Loading the graph")
        session = onnx_session(part.model)
        job.progress(0.7, "Running")
        found = session.run({p.name: feed[p.name] for p in session.inputs})[tensor]
        runtime = _runtime_name()
    job.progress(0.9, "Looking at the values")
    return _looked_at(part, tensor, np.asarray(found), batch, data, index, runtime)


@dataclass(frozen=True)
class _Part:
    """The graph as far as a tensor. ``value`` is that tensor in the whole graph."""

    model: Model
    inputs: tuple[InputSpec, ...]
    value: ir.Value
    labels: Sequence[str] = field(default_factory=tuple)


def _part_before(model: Model, tensor: str) -> _Part:
    """The layers that a tensor depends on, as a model whose only output it is."""
    values = _values(model.graph.graph)
    if tensor not in values:
        raise UserError(f"The graph has no tensor '{tensor}'.", "Choose the layer again.")
    graph = model.graph.clone()
    inner = _values(graph.graph)
    needed, nodes = _ancestors(inner[tensor])
    graph.graph.outputs[:] = [inner[tensor]]
    graph.graph.remove([n for n in graph.graph if n not in nodes], safe=False)
    for held in list(graph.graph.inputs):
        if held not in needed and held is not inner[tensor]:
            graph.graph.inputs.remove(held)
    for name, value in list(graph.graph.initializers.items()):
        if value not in needed:
            del graph.graph.initializers[name]
    names = {v.name for v in graph.graph.inputs}
    inputs = tuple(s for s in model.inputs if s.name in names)
    if not inputs:
        raise UserError(f"'{tensor}' does not depend on any input of the model.", "It is the same for every item.")
    return _Part(Model(graph, inputs, model.task, model.labels, model.source), inputs, values[tensor], model.labels)


def _values(graph: ir.Graph) -> dict[str, ir.Value]:
    """Inputs and layers' outputs by name."""
    found = [*graph.inputs, *(o for node in graph for o in node.outputs)]
    return {v.name: v for v in found if v.name}


def _ancestors(value: ir.Value) -> tuple[set[ir.Value], set[ir.Node]]:
    """The values and the nodes that a value depends on; what bodies of nodes read from outside is among them."""
    values, nodes, waiting = {value}, set(), [value]
    while waiting:
        node = waiting.pop().producer()
        if node is None or node in nodes:
            continue
        nodes.add(node)
        read = [v for v in node.inputs if v is not None]
        for body in _bodies(node):
            read += [v for inner in body.all_nodes() for v in inner.inputs if v is not None]
            read += [v for v in body.outputs if v is not None]
        fresh = [v for v in read if v not in values]
        values.update(fresh)
        waiting += fresh
    return values, nodes


def _bodies(node: ir.Node) -> list[ir.Graph]:
    out: list[ir.Graph] = []
    for attribute in node.attributes.values():
        if attribute.type == ir.AttributeType.GRAPH:
            out.append(attribute.as_graph())
        elif attribute.type == ir.AttributeType.GRAPHS:
            out.extend(attribute.as_graphs())
    return out


def _looked_at(
    part: _Part, tensor: str, found: Array, batch: int, data: DataSet, index: int, runtime: str
) -> LayerOutput:
    one = found[0] if found.ndim and found.shape[0] == batch else found
    values = summarize(one)
    if values is None:
        raise UserError(f"'{tensor}' holds no numbers: {found.dtype} of shape {list(found.shape)}.")
    numbers = one.astype(np.float32)
    squeezed = np.squeeze(numbers)
    flat = squeezed if squeezed.ndim == 1 else None
    item = data.items[index]
    return LayerOutput(
        name=tensor,
        shape=tuple(int(d) for d in found.shape),
        dtype=found.dtype.name,
        values=values,
        item=item.name,
        label=item.label,
        runtime=runtime,
        saturation=saturation(part.value, one),
        answers=_answers(part, numbers, data),
        vector=flat if flat is not None and flat.size <= VECTOR else None,
        maps=feature_maps(numbers) if squeezed.ndim > 1 else None,
    )


def _answers(part: _Part, numbers: Array, data: DataSet) -> tuple[Answer, ...]:
    """Classes, where only steps that keep their order lie between the values and the classifier's answer."""
    scores = np.squeeze(numbers)
    if part.model.task != "classification" or scores.ndim != 1 or not np.isfinite(scores).all():
        return ()
    value: ir.Value | None = part.value
    while value is not None and not value.is_graph_output():
        readers = {node for node, _ in value.uses()}
        node = readers.pop() if len(readers) == 1 else None
        value = node.outputs[0] if node is not None and node.op_type in _PASSED_ON and node.inputs[0] is value else None
    if value is None:
        return ()
    return best_answers(scores.astype(np.float64), part.labels or _names_by_data(data, scores.size))


def _names_by_data(data: DataSet, classes: int) -> tuple[str, ...]:
    """Names of the classes where only the data knows them, counted as the model counts."""
    if not data.classes:
        return ()
    return ("background",) * background_offset(classes, (), data) + data.classes


def _runtime_name() -> str:
    import onnxruntime

    return f"onnxruntime {onnxruntime.__version__} on the CPU, 1 thread"
