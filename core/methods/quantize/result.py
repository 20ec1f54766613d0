"""What static quantization gives, before anybody has judged it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.methods.quantize.bias_correction import Shift
from core.methods.quantize.calibrate import Observed
from core.model.model import Model
from core.model.qdq import Int8Plan, WeightForm
from core.report import Curve, Table


@dataclass(frozen=True)
class Quantized:
    """A quantized model and how it came about.

    ``forms``: layer -> how its weight is stored. ``notes`` are sentences for the user. ``chosen``: a row (layer, type,
    lowest, highest, where the range comes from) for every value of which somebody chose something. ``tables`` and
    ``curves``: of what was done to the float model before, for the report.
    """

    model: Model
    plan: Int8Plan
    observed: Observed
    shifts: tuple[Shift, ...]
    notes: tuple[str, ...]
    forms: Mapping[str, WeightForm]
    chosen: tuple[tuple[str, str, float, float, str], ...] = ()
    tables: tuple[Table, ...] = ()
    curves: tuple[Curve, ...] = ()
