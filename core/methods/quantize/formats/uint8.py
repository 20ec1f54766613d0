"""8-bit integers with a zero point: the range need not lie around 0."""

from __future__ import annotations

from functools import partial

import onnx_ir as ir

from core.methods.quantize.formats.blocks import Weight
from core.methods.quantize.formats.format import Array, FormatSettings, weight_format
from core.methods.quantize.formats.integers import honest, integer_bytes, integer_opset, shifted
from core.methods.quantize.formats.stored import Stored


@weight_format(
    "uint8",
    title="uint8",
    stored_bytes=partial(integer_bytes, 8, True),
    opset=partial(integer_opset, 8),
    honest=honest("uint8"),
)
def encode(numbers: Array, weight: Weight, settings: FormatSettings) -> Stored:
    """See :func:`core.methods.quantize.formats.integers.shifted`."""
    return shifted(numbers, weight, settings, 8, ir.DataType.UINT8)
