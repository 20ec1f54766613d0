"""Model: one ONNX graph in memory, and what a person knows of it beyond the graph."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import onnx_ir as ir

from core.errors import UserError
from core.model.preprocessing import Preprocessing

PREPROCESSING, LABELS, TASK = "thimble.preprocessing", "thimble.labels", "thimble.task"
ORIGIN, RECIPE = "thimble.origin", "thimble.recipe"
LOCKED = "thimble.locked"  # metadata of a node: "1" where the user wants its channels kept
DEFAULT_DIMENSIONS = {"sequence": 128}


@dataclass(frozen=True, slots=True)
class InputSpec:
    """One graph input that is not an initializer.

    ``shape`` is the file's own: ints, names of symbolic dimensions, or None where unknown.
    ``dtype`` is numpy's name. ``layout`` is NCHW, NHWC or '' (not an image).
    """

    name: str
    shape: tuple[int | str | None, ...]
    dtype: str
    layout: str = ""
    preprocessing: Preprocessing | None = None

    def bound(self, batch: int = 1, bindings: Mapping[str, int] | None = None) -> tuple[int, ...]:
        """The shape with numbers everywhere: a symbolic first axis is the batch, others by ``bindings``.

        Raises UserError for a symbolic dimension that has no binding.
        """
        out = []
        for axis, d in enumerate(self.shape):
            if isinstance(d, int):
                out.append(d)
            elif isinstance(d, str) and bindings and d in bindings:
                out.append(bindings[d])
            elif axis == 0:
                out.append(batch)
            elif isinstance(d, str) and d in DEFAULT_DIMENSIONS:
                out.append(DEFAULT_DIMENSIONS[d])
            else:
                raise UserError(
                    f"Input '{self.name}' has no fixed size on axis {axis} ('{d}').",
                    "Give the model a fixed input size first.",
                )
        return tuple(out)

    @property
    def image_size(self) -> tuple[int, int] | None:
        """(height, width) where the input is an image of known size."""
        if self.layout not in ("NCHW", "NHWC"):
            return None
        h, w = self.shape[2:4] if self.layout == "NCHW" else self.shape[1:3]
        return (h, w) if isinstance(h, int) and isinstance(w, int) else None


@dataclass(frozen=True, slots=True)
class Model:
    """A graph with its input specs, task, class labels and source.

    Methods never write into a Model they were given: they :meth:`clone`, change the clone's graph and return it.
    Tensors of unchanged initializers are shared between clones.
    """

    graph: ir.Model
    inputs: tuple[InputSpec, ...]
    task: str = "classification"
    labels: tuple[str, ...] = ()
    source: str = ""

    @classmethod
    def from_ir(cls, graph: ir.Model, source: str = "") -> Model:
        """Read what the graph itself says, metadata that Thimble wrote earlier included."""
        props = graph.metadata_props
        stored = _json(props.get(PREPROCESSING), dict)
        labels = _json(props.get(LABELS), list)
        return cls(
            graph=graph,
            inputs=tuple(_spec(v, stored) for v in real_inputs(graph)),
            task=props.get(TASK) or "classification",
            labels=tuple(str(x) for x in labels),
            source=source,
        )

    def clone(self) -> Model:
        """A Model whose graph may be changed; tensors are shared, nodes and values are not."""
        return dataclasses.replace(self, graph=self.graph.clone())

    def with_graph(self, graph: ir.Model) -> Model:
        """The same knowledge about a changed graph; input shapes are read again."""
        stored = {s.name: s for s in self.inputs}
        specs = []
        for value in real_inputs(graph):
            new, old = _spec(value, {}), stored.get(value.name or "")
            if old is not None:
                new = dataclasses.replace(new, layout=old.layout, preprocessing=old.preprocessing)
            specs.append(new)
        return dataclasses.replace(self, graph=graph, inputs=tuple(specs))

    def with_preprocessing(self, preprocessing: Preprocessing, input_name: str | None = None) -> Model:
        """Set it for one input (default: every image input, else the first) and remember it in the graph's metadata."""
        new = self.clone()
        chosen = [s.name for s in self.inputs if s.layout] or [s.name for s in self.inputs[:1]]
        names = {input_name} if input_name else set(chosen)
        inputs = tuple(
            dataclasses.replace(s, preprocessing=preprocessing) if s.name in names else s for s in new.inputs
        )
        stored = {s.name: s.preprocessing.to_json() for s in inputs if s.preprocessing}
        new.graph.metadata_props[PREPROCESSING] = json.dumps(stored)
        return dataclasses.replace(new, inputs=inputs)

    def with_labels(self, labels: tuple[str, ...]) -> Model:
        """Class names, remembered in the graph's metadata."""
        new = self.clone()
        new.graph.metadata_props[LABELS] = json.dumps(list(labels))
        return dataclasses.replace(new, labels=labels)

    @property
    def opset(self) -> int:
        """Version of the default operator set (0 where the graph imports none)."""
        imports = self.graph.opset_imports
        return imports.get("", imports.get("ai.onnx", 0))

    @property
    def output_names(self) -> tuple[str, ...]:
        return tuple(v.name or "" for v in self.graph.graph.outputs)

    def nodes(self) -> Iterator[ir.Node]:
        """The layers in the file's order."""
        return iter(self.graph.graph)


def real_inputs(graph: ir.Model) -> list[ir.Value]:
    """Graph inputs that are fed at run time (IR version 3 lists initializers among the inputs too)."""
    return [v for v in graph.graph.inputs if v.name not in graph.graph.initializers]


def layer_name(node: ir.Node) -> str:
    """How a node is called wherever a person reads of it: its name, else its first output's, else its operator."""
    return node.name or (node.outputs[0].name if node.outputs else "") or node.op_type


def is_locked(node: ir.Node) -> bool:
    """Whether the user locked the channels of a layer (an edit: core.model.editing.locks)."""
    return node.metadata_props.get(LOCKED) == "1"


def quantized(model: Model) -> bool:
    """Whether activations are quantized; a graph whose weights alone are stored as integers computes in float."""
    return any(n.op_type == "QuantizeLinear" or _reads_integers(n) for n in model.nodes())


def _reads_integers(node: ir.Node) -> bool:
    """A DequantizeLinear of something computed or fed."""
    if node.op_type != "DequantizeLinear" or not node.inputs or node.inputs[0] is None:
        return False
    producer = node.inputs[0].producer()
    return node.inputs[0].const_value is None and (producer is None or producer.op_type != "Constant")


def _spec(value: ir.Value, stored: Mapping[str, Any]) -> InputSpec:
    name = value.name or ""
    shape: tuple[int | str | None, ...] = ()
    if value.shape is not None:
        shape = tuple(d if isinstance(d, int) else d.value for d in value.shape)
    dtype = value.dtype.numpy().name if value.dtype is not None else "float32"
    pre = None
    if name in stored:
        try:
            pre = Preprocessing.from_json(stored[name])
        except UserError:  # someone else's metadata under our key: opening must not fail for it
            pre = None
    return InputSpec(name, shape, dtype, _layout(shape, dtype), pre)


def _layout(shape: tuple[int | str | None, ...], dtype: str) -> str:
    if len(shape) != 4 or dtype not in ("float32", "float16", "uint8", "int8"):
        return ""
    if shape[1] in (1, 3, 4):
        return "NCHW"
    return "NHWC" if shape[3] in (1, 3, 4) else ""


def _json(text: str | None, kind: type) -> Any:
    try:
        data = json.loads(text) if text else kind()
    except (ValueError, RecursionError):
        return kind()
    return data if isinstance(data, kind) else kind()
