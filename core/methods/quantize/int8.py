"""quantize.int8: what quantize.static does with int8 weights, kept for recipes from before it.

The same parameters give the same bytes as ever.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Annotated

from core.methods.method import Context, Outcome, Plan, method
from core.methods.quantize import static
from core.methods.quantize.choices import Granularity
from core.model.model import Model
from core.params import Field


class Activations(enum.Enum):
    """How activations are stored in the graph; a TFLite file holds int8 either way."""

    UINT8 = "uint8"
    INT8 = "int8"


@dataclass(frozen=True, slots=True)
class Params:
    """What a person can choose."""

    per_channel: Annotated[bool, Field("Per channel", "A weight scale for each output channel, not one a layer")] = True
    activations: Annotated[
        Activations, Field("Activations", "uint8 is the faster one in onnxruntime on x86; TFLite files are the same")
    ] = Activations.UINT8
    bias_correction: Annotated[
        bool, Field("Correct biases", "Refit each bias behind the already quantized layers; takes seconds, helps most")
    ] = True
    calibration_items: Annotated[
        int, Field("Calibration items", "At most so many items set the ranges", low=1, high=10_000, unit="items")
    ] = 100
    correction_items: Annotated[
        int,
        Field("Items for biases", "How many of them correct biases", low=1, high=10_000, unit="items", advanced=True),
    ] = 100


def preview(model: Model, params: Params, ctx: Context) -> Plan:
    """Which layers would run in int8, and the size of the weights then. Runs nothing."""
    return static.planned(model, as_static(params), ctx)


@method("quantize.int8", title="Quantize to int8…", menu="", params=Params, needs=("data",), plan=preview)
def apply(model: Model, params: Params, ctx: Context) -> Outcome:
    """Weights and activations in 8 bits, calibrated, with corrected biases; one graph for onnxruntime and TFLite."""
    return static.apply(model, as_static(params), ctx)


def as_static(params: Params) -> static.Params:
    """The same choices as quantize.static has them."""
    return static.Params(
        granularity=Granularity.CHANNEL if params.per_channel else Granularity.TENSOR,
        activations=static.Activations(params.activations.value),
        search_ranges=False,
        calibration_items=params.calibration_items,
        bias_correction=params.bias_correction,
        correction_items=params.correction_items,
    )
