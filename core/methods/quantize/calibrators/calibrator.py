"""What a calibrator is: values come batch by batch, a range is asked for at the end; settings and the registry."""

from __future__ import annotations

import abc
import functools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, TypeVar

import numpy as np

from core.model.facts import Array
from core.params import Field
from core.registry import Registry, import_all

Range = tuple[float, float]
_GROUP = "Ranges"


@dataclass(frozen=True)
class CalibrationSettings:
    """What calibration can be told; a method that calibrates inherits its parameters from here."""

    percentile: Annotated[
        float,
        Field(
            "Percentile",
            "Of the ranges by percentile: the share of numbers kept; the rest is cut off in equal parts at both ends.",
            50.0,
            100.0,
            "%",
            0.01,
            group=_GROUP,
        ),
    ] = 99.99
    averaging_constant: Annotated[
        float,
        Field(
            "Averaging constant",
            "Of the ranges by moving_average: the weight of a new batch beside all before it.",
            0.0,
            1.0,
            "",
            0.01,
            group=_GROUP,
        ),
    ] = 0.01
    synthetic_items: Annotated[
        int, Field("Synthetic inputs", "So many are made where no data calibrates.", 1, 1024, "items", group=_GROUP)
    ] = 32
    synthetic_steps: Annotated[
        int, Field("Steps for each", "In which noise becomes a synthetic input.", 1, 10_000, "steps", group=_GROUP)
    ] = 50


class Calibrator(abc.ABC):
    """The range of one value, found in one pass over its batches; memory does not grow with their number.

    ``low`` and ``high`` are the extremes of all that was added.
    """

    def __init__(self, settings: CalibrationSettings | None = None) -> None:
        self.settings = settings or CalibrationSettings()
        self.low, self.high = math.inf, -math.inf

    def add(self, x: Array) -> None:
        """Take in one batch, of any shape. Raises ValueError where a number is not finite."""
        if not x.size:
            return
        low, high = float(x.min()), float(x.max())
        if not (math.isfinite(low) and math.isfinite(high)):
            raise ValueError("a number is not finite")
        self.low, self.high = min(self.low, low), max(self.high, high)
        self._take(x, low, high)

    def range(self, levels: int = 255) -> Range:
        """(low, high) for a storage of ``levels`` steps from its lowest to its highest number; 8 bits have 255.

        Within the extremes; whoever quantizes widens it to hold 0. Raises ValueError where nothing was added.
        """
        if self.low > self.high:
            raise ValueError("nothing was added")
        return self._find(levels)

    def state(self) -> dict[str, Array]:
        """Everything it knows, as arrays by name: for a checkpoint."""
        return {"extremes": np.array([self.low, self.high])}

    def restore(self, state: Mapping[str, Array]) -> None:
        """The inverse of :meth:`state`, to the bit."""
        self.low, self.high = (float(v) for v in state["extremes"])

    @abc.abstractmethod
    def _take(self, x: Array, low: float, high: float) -> None:
        """One batch that is finite and not empty, and its extremes."""

    @abc.abstractmethod
    def _find(self, levels: int) -> Range:
        """The range, of at least one batch."""


Make = Callable[[], Calibrator]
C = TypeVar("C", bound=Calibrator)


@dataclass(frozen=True, slots=True)
class CalibratorKind:
    """One way to find ranges. ``help`` is one line for the user."""

    key: str
    title: str
    make: Callable[[CalibrationSettings], Calibrator]
    help: str = ""


CALIBRATORS: Registry[CalibratorKind] = Registry("calibrator")


def calibrator(key: str, *, title: str) -> Callable[[type[C]], type[C]]:
    """Register a class as a calibrator; its docstring's first line is the help text."""

    def register(kind: type[C]) -> type[C]:
        lines = (kind.__doc__ or "").strip().splitlines()
        CALIBRATORS.add(key, CalibratorKind(key, title, kind, lines[0] if lines else ""))
        return kind

    return register


def load_calibrators() -> Registry[CalibratorKind]:
    """Import every module of this package (once) and give the filled registry."""
    import_all("core.methods.quantize.calibrators")
    return CALIBRATORS


def calibrator_names() -> tuple[str, ...]:
    """The keys of all calibrators, for a parameter that chooses one: minmax first."""
    return tuple(sorted(load_calibrators().keys(), key=lambda k: k != "minmax"))


def maker(key: str, settings: CalibrationSettings) -> Make:
    """What makes a fresh calibrator for each value. Raises UserError for an unknown key."""
    return functools.partial(load_calibrators().get(key).make, settings)
