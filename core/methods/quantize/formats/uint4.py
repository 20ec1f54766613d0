"""4-bit integers with a zero point, two in a byte."""

from __future__ import annotations

from functools import partial

import onnx_ir as ir

from core.methods.quantize.formats.blocks import Weight
from core.methods.quantize.formats.format import Array, FormatSettings, weight_format
from core.methods.quantize.formats.integers import honest, integer_bytes, integer_opset, shifted
from core.methods.quantize.formats.stored import Stored


@weight_format(
    "uint4",
    title="uint4",
    stored_bytes=partial(integer_bytes, 4, True),
    opset=partial(integer_opset, 4),
    honest=honest("uint4"),
)
def encode(numbers: Array, weight: Weight, settings: FormatSettings) -> Stored:
    """See :func:`core.methods.quantize.formats.integers.shifted`."""
    return shifted(numbers, weight, settings, 4, ir.DataType.UINT4)
