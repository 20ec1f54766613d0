"""What a weight format is: its settings, what it says of itself, and the registry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Protocol

import numpy as np
import numpy.typing as npt

from core.methods.quantize.formats.blocks import Weight, WeightGranularity
from core.methods.quantize.formats.stored import Stored
from core.params import Field
from core.registry import Registry, import_all

Array = npt.NDArray[Any]
STAYS_FLOAT = "float"  # as a choice for a layer: it is left as it is


BitsField = Annotated[
    int, Field("Bits", "Of each weight, for powers of two and codebooks; the others have their own", 2, 8, "bits")
]
GranularityField = Annotated[
    WeightGranularity,
    Field(
        "One scale for each",
        "The whole tensor, each output channel, each group of input channels, or each block of weights in a row",
    ),
]
GroupField = Annotated[
    int,
    Field(
        "Size of a group or block",
        "Input channels of a group, weights of a block; layers with no more get a scale for each output channel",
        low=2,
        high=65_536,
        advanced=True,
    ),
]
ShrinkField = Annotated[
    bool, Field("Shrink ranges", "Scales of least squared error; off: the largest weight is the end of the range")
]


@dataclass(frozen=True, slots=True)
class FormatSettings:
    """What formats can be told. Those with a width in their name (int8, float16) do not ask for ``bits``; a codebook
    has no scales.
    """

    bits: int = 4
    granularity: WeightGranularity = WeightGranularity.CHANNEL
    group_size: int = 32
    shrink: bool = True


class Encode(Protocol):
    def __call__(self, numbers: Array, weight: Weight, settings: FormatSettings, /) -> Stored: ...


@dataclass(frozen=True, slots=True)
class WeightFormat:
    """One way to store weights.

    ``encode(numbers, weight, settings)`` gives what is stored; ``stored_bytes(weight, settings)`` how many bytes that
    is, to the byte, without looking at the numbers. ``refuses``: '' or why these numbers cannot take the format, as the
    end of a sentence. ``opset``: the oldest that can say it, given the settings. ``honest``: what it does for size and
    speed, a sentence for the report.
    """

    key: str
    title: str
    encode: Encode
    stored_bytes: Callable[[Weight, FormatSettings], int]
    opset: Callable[[FormatSettings], int]
    refuses: Callable[[Array], str]
    honest: str = ""


FORMATS: Registry[WeightFormat] = Registry("weight format")


def weight_format(
    key: str,
    *,
    title: str,
    stored_bytes: Callable[[Weight, FormatSettings], int],
    opset: Callable[[FormatSettings], int],
    honest: str,
    refuses: Callable[[Array], str] = lambda numbers: "",
) -> Callable[[Encode], Encode]:
    """Register a function as the way to encode a format; see :class:`WeightFormat`."""

    def register(encode: Encode) -> Encode:
        FORMATS.add(key, WeightFormat(key, title, encode, stored_bytes, opset, refuses, honest))
        return encode

    return register


def why_not(form: WeightFormat, numbers: Array, weight: Weight, settings: FormatSettings) -> str:
    """'' where a weight can take a format, else the reason as the end of a sentence."""
    if numbers.dtype != np.float32:
        return f"its weight is {numbers.dtype}, not float32"
    if not numbers.size:
        return "its weight is empty"
    if not np.isfinite(numbers).all():
        return "its weight holds values that are not finite"
    if form.stored_bytes(weight, settings) >= numbers.nbytes:
        return f"{form.title} would take no fewer bytes than its {numbers.nbytes}"
    return form.refuses(numbers)


def load_formats() -> Registry[WeightFormat]:
    """Import every format (once) and give the filled registry."""
    import_all("core.methods.quantize.formats")
    return FORMATS


def format_names() -> tuple[str, ...]:
    """The formats a person can choose, "float" among them."""
    return (*load_formats().keys(), STAYS_FLOAT)
