"""From a Model to the bytes of a TFLite file."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import onnx_ir as ir

from core.errors import UserError
from core.execute.tflite_metadata import ENTRY
from core.exporters.tflite.conversion import Conversion, Unsupported, refusal
from core.exporters.tflite.layout import NHWC, Layout, identity
from core.exporters.tflite.one_width import in_one_width
from core.exporters.tflite.prepare import prepare
from core.exporters.tflite.quantized import wanted_scale
from core.exporters.tflite.stored_weights import half_weights, without_codes
from core.exporters.tflite.table import OPERATORS
from core.exporters.tflite.values import Constant, Tensor
from core.model.history import without_local_paths
from core.model.model import LABELS, PREPROCESSING, RECIPE, TASK, Model, real_inputs
from core.model.stored_weights import kind_of

for _module in pkgutil.iter_modules([str(Path(__file__).parent)]):
    if _module.name.startswith("ops_"):  # each fills its part of the table
        importlib.import_module(f"core.exporters.tflite.{_module.name}")

_BEFORE_ALL = ("QuantizeLinear", "DequantizeLinear", "Transpose", "Reshape", "Squeeze", "Unsqueeze", "Flatten")
_FLOAT_INPUTS = ("float32", "int32", "int64", "bool")


@dataclass(frozen=True, slots=True)
class Options:
    """``batch`` binds a symbolic first axis. ``integer_ports``: a quantized graph takes and gives int8 where its own
    inputs and outputs carry quantization, which is what the accelerators of phones want; else float32.
    ``four_bit_convolutions``: their 4-bit weights are stored in 4 bits, else the same integers in 8.
    """

    batch: int = 1
    integer_ports: bool = True
    four_bit_convolutions: bool = True


@dataclass(frozen=True, slots=True)
class Converted:
    """``data``: the file. ``ops``: operators of the file, counted. ``notes``: sentences for the user.

    ``inputs`` and ``outputs``: axis i of the file's tensor holds axis ``axes[i]`` of the ONNX value.
    ``values``: names of inner values that live in a tensor of the same name, with the order they are stored in.
    ``options``: what it was written with.
    """

    data: bytes
    ops: dict[str, int]
    notes: tuple[str, ...]
    inputs: Mapping[str, tuple[int, ...]]
    outputs: Mapping[str, tuple[int, ...]]
    values: Mapping[str, Layout]
    options: Options


def convert(model: Model, options: Options = Options()) -> Converted:
    """Write a model as TFLite. The model is not changed.

    Raises UnsupportedOperator naming the layer that TFLite, or this writer, cannot express; UserError for input sizes
    that are not fixed and for weights that hold NaN.
    """
    given, notes = without_codes(model)
    prepared = prepare(given, options.batch)
    in_one_width(prepared.graph.graph)
    c = Conversion(prepared.graph, prepared.shapes, options.four_bit_convolutions)
    c.notes += notes
    c.weights_alone, c.halves = kind_of(given.nodes()) == "weights", half_weights(given)
    as_stored = any(spec.layout == "NHWC" for spec in model.inputs)
    inputs = {v.name or "": _input(c, v, as_stored, options) for v in real_inputs(prepared.graph)}
    _write_all(c)
    outputs: dict[str, Tensor] = {}
    for name, value in zip(prepared.outputs, prepared.graph.graph.outputs, strict=True):
        taken = {t.index for t in (*inputs.values(), *outputs.values())}
        outputs[name] = _output(c, value, name, as_stored, options, taken)
    c.builder.metadata(ENTRY, json.dumps(_metadata(model, inputs, outputs), ensure_ascii=False).encode())
    data = c.builder.finish(
        {name: t.index for name, t in inputs.items()},
        {name: t.index for name, t in outputs.items()},
        f"{model.graph.graph.name or 'network'}, written by Thimble",
    )
    return Converted(
        data,
        c.builder.op_counts,
        c.sentences(),
        {name: t.layout.perm for name, t in inputs.items()},
        {name: t.layout.perm for name, t in outputs.items()},
        {name: k.layout for name, k in c.known.items() if isinstance(k, Tensor) and k.columns is None},
        options,
    )


def _port_order(rank: int, as_stored: bool) -> tuple[int, ...]:
    """Images go in and out NHWC, as every program on a phone hands them over."""
    return NHWC if rank == 4 and not as_stored else identity(rank)


def _input(c: Conversion, value: ir.Value, as_stored: bool, options: Options) -> Tensor:
    name, shape = value.name or "", c.shape(value)
    dtype = value.dtype.numpy().name if value.dtype is not None else "float32"
    if dtype not in _FLOAT_INPUTS:
        raise UserError(f"Input '{name}' is of type {dtype}, which TFLite export does not write.")
    layout = Layout(shape, _port_order(len(shape), as_stored))
    try:
        scale = wanted_scale(c, value) if options.integer_ports and dtype == "float32" else None
    except Unsupported:  # the QuantizeLinear behind it will say so, naming itself
        scale = None
    tensor = c.new(layout, scale, dtype)
    c.put(value, tensor)
    return tensor


def _write_all(c: Conversion) -> None:
    """Every node in order; what only rearranges constants goes first, because layers look ahead at their biases."""
    nodes = list(c.graph)
    for node in nodes:
        if node.op_type in _BEFORE_ALL and node.inputs and all(v is None or c.is_constant(v) for v in node.inputs):
            _write(c, node)
            c.skipped.add(node)
    for node in nodes:
        if node not in c.skipped:
            _write(c, node)


def _write(c: Conversion, node: ir.Node) -> None:
    if node.domain not in ("", "ai.onnx") or node.op_type not in OPERATORS:
        domain = f" of domain '{node.domain}'" if node.domain not in ("", "ai.onnx") else ""
        raise refusal(node, f"there is no TFLite form of operator {node.op_type}{domain}")
    try:
        OPERATORS.get(node.op_type)(c, node)
    except Unsupported as reason:
        raise refusal(node, str(reason)) from None


def _output(c: Conversion, value: ir.Value, name: str, as_stored: bool, options: Options, taken: set[int]) -> Tensor:
    """The tensor that leaves the file: in the order programs expect, int8 only where the graph quantizes it."""
    known = c.get(value)
    tensor = c.written(known) if isinstance(known, Constant) else known
    if tensor.columns is not None:
        raise UserError(f"Output '{name}' cannot be written: it is a flattened image in another order.")
    if tensor.quantized and not options.integer_ports:
        tensor = c.floats(tensor)
    tensor = c.ordered(tensor, _port_order(tensor.rank, as_stored))
    if tensor.index in taken or c.builder.is_constant(tensor.index):
        # a tensor may leave only once, and neither an input nor a constant may leave as it came
        copied = c.new(tensor.layout, tensor.quantization, tensor.dtype)
        c.emit("RESHAPE", [tensor.index, c.builder.integers(*tensor.layout.stored)], copied)
        tensor = replace(tensor, index=copied.index)
    c.builder.rename(tensor.index, name)
    return tensor


def _metadata(model: Model, inputs: Mapping[str, Tensor], outputs: Mapping[str, Tensor]) -> dict[str, Any]:
    specs = {s.name: s for s in model.inputs}
    found: dict[str, Any] = {
        TASK: model.task,
        "inputs": [
            {"name": n, "axes": list(t.layout.perm), "layout": "NHWC" if specs[n].layout else ""}
            for n, t in inputs.items()
        ],
        "outputs": [{"name": n, "axes": list(t.layout.perm)} for n, t in outputs.items()],
    }
    steps = {s.name: s.preprocessing.to_json() for s in model.inputs if s.preprocessing is not None}
    if steps:
        found[PREPROCESSING] = steps
    if model.labels:
        found[LABELS] = list(model.labels)
    if RECIPE in model.graph.metadata_props:  # which items calibrated and trained it: they must not judge it
        found[RECIPE] = without_local_paths(model.graph.metadata_props[RECIPE])
    return found
