"""A layer's output as it comes from the worker: numbers and small pictures. No Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.measure.feature_maps import FeatureMaps
from core.measure.saturation import Saturation
from core.measure.values import Values
from gui.inspector.picture_choice import Choice

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which tensor, for which picture."""

    tensor: str
    choice: Choice


@dataclass(frozen=True, slots=True)
class Seen:
    """core.measure.layer_output.LayerOutput, read back. ``answers`` are (class, share), best first."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    values: Values
    item: str
    runtime: str
    saturation: Saturation | None
    answers: tuple[tuple[str, float], ...]
    maps: FeatureMaps | None
    vector: Array | None

    @classmethod
    def read(cls, result: Mapping[str, Any], folder: Path) -> Seen:
        """From the task's result and the folder its arrays lie in."""
        with np.load(folder / "arrays.npz", allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        held = result["saturation"]
        return cls(
            name=str(result["name"]),
            shape=tuple(result["shape"]),
            dtype=str(result["dtype"]),
            values=Values.from_json(result["values"]),
            item=str(result["item"]),
            runtime=str(result["runtime"]),
            saturation=Saturation.from_json(held) if held else None,
            answers=tuple((str(a["label"] or a["index"]), float(a["share"])) for a in result["answers"]),
            maps=FeatureMaps.from_arrays(arrays) if "pixels" in arrays else None,
            vector=arrays.get("vector"),
        )


def as_grey(maps: FeatureMaps, at: int, one_scale: bool) -> Array:
    """The ``at``-th drawn map as uint8 [h, w]: black is the lowest value of its channel, or of all channels."""
    pixels: Array = maps.pixels[at]
    if not one_scale:
        return pixels
    channel = int(maps.drawn[at])
    low, high = float(maps.low.min()), float(maps.high.max())
    values = float(maps.low[channel]) + pixels.astype(np.float64) / 255 * float(maps.high[channel] - maps.low[channel])
    return np.rint(np.clip((values - low) / ((high - low) or 1.0), 0, 1) * 255).astype(np.uint8)


def order(maps: FeatureMaps, strongest_first: bool) -> Array:
    """Positions among the drawn maps, in the order they are shown."""
    if not strongest_first:
        return np.arange(len(maps.drawn))
    return np.argsort(-maps.mean[maps.drawn], kind="stable")
