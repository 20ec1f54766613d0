"""Sums of powers of two: the levels lie closer at large weights than powers alone, and products are shifts and sums.

Li et al. 2020, "Additive Powers-of-Two Quantization: An Efficient Non-uniform Discretization for Neural Networks"
(arXiv:1909.13144).
"""

from __future__ import annotations

import numpy as np

from core.methods.quantize.formats.blocks import Blocks, Weight
from core.methods.quantize.formats.format import Array, FormatSettings, weight_format
from core.methods.quantize.formats.powers import HONEST, Levels, coded_bytes
from core.methods.quantize.formats.scales import SHRUNK, best_scales, peaks
from core.methods.quantize.formats.stored import Codes, Stored
from core.model.weight_functions import ADDITIVE


@weight_format(
    "additive_powers",
    title="additive powers of two",
    stored_bytes=coded_bytes,
    opset=lambda settings: 13,
    honest=f"Additive powers of two: {HONEST}",
)
def encode(numbers: Array, weight: Weight, settings: FormatSettings) -> Stored:
    """The nearest of the levels of :func:`core.model.weight_functions.levels`, times a scale.

    The paper learns the scale (its clipping threshold) in training; here it is searched.
    """
    blocks = Blocks.of(weight, settings.granularity, settings.group_size, even=True)
    rows, known = blocks.rows(np.asarray(numbers, np.float32)), Levels(ADDITIVE, settings.bits)
    scale = best_scales(rows, peaks(rows), known.values, SHRUNK if settings.shrink else SHRUNK[:1])
    codes = blocks.join(known.encode(rows, scale[:, None]))
    return Codes(ADDITIVE, settings.bits, codes, scale=scale, blocks=blocks)
