"""Powers of two: a product becomes a shift of bits.

Zhou et al. 2017, "Incremental Network Quantization" (arXiv:1702.03044): weights become 0 or a power of two near them.
Miyashita et al. 2016, "Convolutional Neural Networks using Logarithmic Data Representation" (arXiv:1603.01025).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core.methods.quantize.formats.blocks import Blocks, Weight
from core.methods.quantize.formats.format import Array, FormatSettings, weight_format
from core.methods.quantize.formats.powers import HONEST, Levels, coded_bytes
from core.methods.quantize.formats.scales import best_scales, peaks
from core.methods.quantize.formats.stored import Codes, Stored
from core.model.weight_functions import POWERS

_LOWER = (1.0, 0.5, 0.25, 0.125)  # largest powers that are tried, beside the paper's


def largest_power(peak: Array) -> npt.NDArray[np.float64]:
    """2**floor(log2(4 s / 3)), s the largest size: the power nearest to it. Zhou et al. 2017, equation 2."""
    found: npt.NDArray[np.float64] = np.exp2(np.floor(np.log2(4 * np.asarray(peak, np.float64) / 3)))
    return found


@weight_format(
    "powers_of_two",
    title="powers of two",
    stored_bytes=coded_bytes,
    opset=lambda settings: 13,
    honest=f"Powers of two: {HONEST}",
)
def encode(numbers: Array, weight: Weight, settings: FormatSettings) -> Stored:
    """0 or the nearest (halfway up, equation 4 of the paper) of the 2**(bits-1) - 1 powers from the largest down.

    The paper gives a whole bit to zero and so has half as many powers at the same size; its set is part of this one.
    """
    blocks = Blocks.of(weight, settings.granularity, settings.group_size, even=True)
    rows, known = blocks.rows(np.asarray(numbers, np.float32)), Levels(POWERS, settings.bits)
    tried = _LOWER if settings.shrink else _LOWER[:1]
    scale = best_scales(rows, largest_power(peaks(rows)), known.values, tried)
    codes = blocks.join(known.encode(rows, scale[:, None]))
    return Codes(POWERS, settings.bits, codes, scale=scale, blocks=blocks)
