"""Weights in formats of fewer bits: which of them TFLite can hold, and what becomes of the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx_ir as ir
from ai_edge_litert import schema_py_generated as schema

from core.exporters.tflite.builder import Affine
from core.exporters.tflite.conversion import Conversion
from core.exporters.tflite.values import Constant
from core.model.model import Model
from core.model.stored_weights import decoders, dequantized, kind_of, stored_as
from core.model.weight_functions import DOMAIN

Array = npt.NDArray[Any]
_INTEGERS = ("int8", "int4")
# measured on one x86 core, LiteRT 2.3.0: 6 times on MobileNetV1 0.25, 3.5 to 5 on SqueezeNet 1.1; int8 and float16 1.0
_SLOW = "LiteRT decodes int4 weights in every run, several times slower than float; int8 and float16 cost no time."


def without_codes(model: Model) -> tuple[Model, list[str]]:
    """The model with float weights where TFLite has no form for the format, and a sentence on that.

    It has none for codebooks and powers of two, nor for integers in blocks outside fully connected layers.
    """
    if kind_of(model.nodes()) != "weights":
        return model, []
    going = [n for n in decoders(model) if _unknown(n)]
    if not going:
        return model, []
    words = ", ".join(dict.fromkeys(stored_as(n) + _in_groups(n) for n in going))
    count = f"{len(going)} weight{'' if len(going) == 1 else 's'}"
    note = f"{count} stored as {words} became float32: TFLite has no such form, so this file is not smaller."
    return dequantized(model, _unknown), [note]


def _unknown(node: ir.Node) -> bool:
    return node.domain == DOMAIN or bool(_in_groups(node))


def _in_groups(node: ir.Node) -> str:
    return " in groups" if node.attributes.get_int("block_size", 0) else ""


def half_weights(model: Model) -> frozenset[str]:
    """Names of the values that are made of weights stored as float16."""
    return frozenset(n.outputs[0].name or "" for n in decoders(model) if n.op_type == "Cast")


def float_weight(
    c: Conversion, weights: Constant, name: str, to_file: Callable[[Array], Array], out_axis: int, file_axis: int
) -> int:
    """The weight of a layer that computes in float: float32, or in the form the graph stores it in, behind DEQUANTIZE.

    Integers in a network of quantized activations become float32: there they are an exception.
    """
    half = weights.array.astype(np.float16) if name in c.halves else None
    if half is not None and np.array_equal(half.astype(np.float32), weights.array):  # not where alpha was multiplied in
        return _dequantized(c, to_file(half), None, name)
    affine = _affine(weights, out_axis, file_axis) if c.weights_alone else None
    if affine is None or weights.integers is None:
        return c.float_constant(to_file(weights.array), name)
    if weights.integers.dtype.name == "int4":
        c.notes.append(_SLOW)
    return _dequantized(c, to_file(weights.integers), affine, name)


def _affine(weights: Constant, out_axis: int, file_axis: int) -> Affine | None:
    """Scales and zero points of stored integers; None where TFLite has no such form."""
    if weights.integers is None or weights.scale is None or weights.integers.dtype.name not in _INTEGERS:
        return None
    if weights.scale.size > 1 and weights.axis != out_axis:
        return None
    zero = np.atleast_1d(np.zeros(1, np.int32) if weights.zero_point is None else weights.zero_point)
    zeros = tuple(int(z) for z in np.broadcast_to(zero, weights.scale.shape))
    axis = file_axis if weights.scale.size > 1 else 0
    return Affine(tuple(float(s) for s in weights.scale), zeros[0], axis, zeros if len(set(zeros)) > 1 else ())


def _dequantized(c: Conversion, stored: Array, affine: Affine | None, name: str) -> int:
    source = c.builder.constant(stored, affine, name)
    out = c.builder.tensor(stored.shape, "float32")
    c.builder.operator("DEQUANTIZE", [source], [out], schema.DequantizeOptionsT())
    return out
