"""Symmetric 8-bit integers with zero point 0: what TFLite and accelerators store."""

from __future__ import annotations

from functools import partial

import onnx_ir as ir

from core.methods.quantize.formats.blocks import Weight
from core.methods.quantize.formats.format import Array, FormatSettings, weight_format
from core.methods.quantize.formats.integers import honest, integer_bytes, integer_opset, symmetric
from core.methods.quantize.formats.stored import Stored


@weight_format(
    "int8",
    title="int8",
    stored_bytes=partial(integer_bytes, 8, False),
    opset=partial(integer_opset, 8),
    honest=honest("int8"),
)
def encode(numbers: Array, weight: Weight, settings: FormatSettings) -> Stored:
    """See :func:`core.methods.quantize.formats.integers.symmetric`."""
    return symmetric(numbers, weight, settings, 8, ir.DataType.INT8)
