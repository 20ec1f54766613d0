"""Ranges per channel: a table that tells each layer's spread, and curves of the layers that lose most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from core.methods.analyse.causes.ranges import peaks
from core.report import Curve, Table

if TYPE_CHECKING:
    from core.methods.analyse.loss_report import LayerLoss

CHANNELS = "Ranges per channel"
_WORST = 4  # layers with curves


def channels_table(layers: Sequence[LayerLoss]) -> Table:
    """Per layer with weights: the largest channel's range over the median one, of weights and of stored values."""
    rows = []
    for x in layers:
        weights, values = _weights(x), _values(x)
        if weights is not None and values is not None:
            rows.append((x.evidence.layer, _spread(weights), _spread(values), len(weights)))
    columns = ("Layer", "Spread of weights", "Spread of values", "Channels")
    return Table(CHANNELS, columns, tuple(rows), ("", "largest / median", "largest / median", ""))


def channel_curves(ranked: Sequence[LayerLoss]) -> tuple[Curve, ...]:
    """Range over channel number of the worst layers: reach of the weights, width of the values."""
    found = []
    for x in ranked[:_WORST]:
        for what, ranges in (("weights", _weights(x)), ("values", _values(x))):
            if ranges is not None:
                channels = tuple(float(k) for k in range(len(ranges)))
                title = f"{x.evidence.layer}: {what}"
                found.append(Curve(title, "channel", "range", channels, tuple(float(v) for v in ranges)))
    return tuple(found)


def _weights(x: LayerLoss) -> npt.NDArray[np.float64] | None:
    error, weights = x.evidence.error, x.evidence.weights
    return None if error is None or weights is None else peaks(error.weight, weights.axis)


def _values(x: LayerLoss) -> npt.NDArray[np.float64] | None:
    tap = x.evidence.tap
    return None if tap is None else np.maximum(tap.channel_high, 0) - np.minimum(tap.channel_low, 0)


def _spread(ranges: npt.NDArray[np.float64]) -> float:
    return round(float(ranges.max() / max(float(np.median(ranges)), 1e-30)), 2) if ranges.max() > 0 else 1.0
