"""A data set as every other part sees it: named items, labels, parts, and raw arrays on demand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy.typing as npt

Array = npt.NDArray[Any]
PARTS = ("train", "calibration", "test")


@dataclass(frozen=True, slots=True)
class Item:
    """One sample's identity. ``label`` is its class index, None where unlabelled; ``part`` one of PARTS or ''."""

    name: str
    label: int | None = None
    part: str = ""


class DataSet(Protocol):
    """Named items that can be read one by one; reading is thread-safe and never caches without bound.

    ``load`` gives raw arrays by input name; the single key '' stands for "the only (image) input". Images are
    uint8 HxWxC (RGB or grey); arrays from .npz come as stored, without the batch axis.
    """

    name: str
    location: str
    classes: tuple[str, ...]
    items: Sequence[Item]

    def load(self, index: int) -> dict[str, Array]: ...
