"""Every weight to the number nearest to it."""

from __future__ import annotations

from core.methods.quantize.rounding.grid import Array64
from core.methods.quantize.rounding.rounder import RoundingSettings, Rows, rounder


@rounder("nearest", "each to the nearest number", looks=False)
def nearest(rows: Rows, settings: RoundingSettings) -> Array64:
    """The smallest change of each weight for itself."""
    return rows.nearest()
