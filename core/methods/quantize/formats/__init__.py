"""How weights can be stored in fewer bits: one small file a format, and what they have in common.

    stored = FORMATS.get("codebook").encode(numbers, weight, FormatSettings(bits=4))
    stored.values()  # what the network then multiplies with

The parts: format (what a format is, its settings, the registry), blocks (which weights share a scale), scales (the
search for the scale of least error), stored (what a format gives: tensors and the node that decodes them), and one
module for each format.
"""

from core.methods.quantize.formats.blocks import Blocks, Weight, WeightGranularity
from core.methods.quantize.formats.format import (
    FORMATS,
    STAYS_FLOAT,
    FormatSettings,
    WeightFormat,
    format_names,
    load_formats,
)
from core.methods.quantize.formats.stored import Codes, Halves, Integers, Stored

__all__ = [
    "FORMATS",
    "STAYS_FLOAT",
    "Blocks",
    "Codes",
    "FormatSettings",
    "WeightGranularity",
    "Halves",
    "Integers",
    "Stored",
    "Weight",
    "WeightFormat",
    "format_names",
    "load_formats",
]
