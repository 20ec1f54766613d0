"""Half precision: 11 significant bits, behind a Cast."""

from __future__ import annotations

import numpy as np

from core.methods.quantize.formats.blocks import Weight
from core.methods.quantize.formats.format import Array, FormatSettings, weight_format
from core.methods.quantize.formats.stored import Halves, Stored

_LARGEST = float(np.finfo(np.float16).max)


def _refuses(numbers: Array) -> str:
    largest = float(np.abs(numbers).max(initial=0.0))
    return f"its largest weight is {largest:g}, and float16 ends at {_LARGEST:g}" if largest > _LARGEST else ""


@weight_format(
    "float16",
    title="float16",
    stored_bytes=lambda weight, settings: 2 * weight.size,
    opset=lambda settings: 13,
    refuses=_refuses,
    honest=(
        "float16 weights: half the size. TFLite keeps them as float16 behind DEQUANTIZE, its standard form: on the CPU "
        "they become float32 when the file is loaded and run no faster; GPU delegates compute in float16."
    ),
)
def encode(numbers: Array, weight: Weight, settings: FormatSettings) -> Stored:
    """Rounded to the nearest, half to even."""
    return Halves(numbers.astype(np.float16))
