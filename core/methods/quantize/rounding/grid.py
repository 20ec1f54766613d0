"""The numbers that weights may take. Arrays have the shape (groups, outputs, features) or lack the last axis."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

Array64 = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class Grid(Protocol):
    """Which real numbers every weight of a layer can be stored as; 0 is one of them."""

    def nearest(self, values: Array64, column: int | None = None) -> Array64:
        """The grid's numbers closest to ``values``: all features, or (groups, outputs) of one feature."""

    def around(self, values: Array64) -> tuple[Array64, Array64]:
        """The grid's neighbours at or below, and at or above; both the last one beyond the grid's ends."""

    def ordered(self, order: Ints) -> Grid:
        """The same grid for features in another order, (groups, features) of indices."""


@dataclass(frozen=True, slots=True)
class Uniform:
    """(q - zero) * scale for whole q in ``low``..``high``; scale and zero broadcast to (groups, outputs, features)."""

    scale: Array64
    low: int
    high: int
    zero: Array64

    @classmethod
    def symmetric(cls, scale: Array64, bits: int) -> Uniform:
        """Zero point 0 and as many steps below as above: +-(2**(bits-1) - 1)."""
        top = 2 ** (bits - 1) - 1
        return cls(np.asarray(scale, np.float64), -top, top, np.zeros((1, 1, 1)))

    def integers(self, values: Array64) -> Ints:
        """q of values (groups, outputs, features), rounded where they are not on the grid."""
        steps = np.rint(values / self.scale + self.zero)
        return np.clip(steps, self.low, self.high).astype(np.int64)

    def nearest(self, values: Array64, column: int | None = None) -> Array64:
        scale, zero = _at(self.scale, column), _at(self.zero, column)
        return self._real(np.rint(values / scale + zero), scale, zero)

    def around(self, values: Array64) -> tuple[Array64, Array64]:
        below = np.floor(values / self.scale + self.zero + 1e-9)
        return self._real(below, self.scale, self.zero), self._real(below + 1, self.scale, self.zero)

    def ordered(self, order: Ints) -> Uniform:
        return replace(self, scale=_ordered(self.scale, order), zero=_ordered(self.zero, order))

    def _real(self, steps: Array64, scale: Array64, zero: Array64) -> Array64:
        return np.asarray((np.clip(steps, self.low, self.high) - zero) * scale, np.float64)


@dataclass(frozen=True, slots=True)
class Levels:
    """levels * scale: the same few numbers (L,), ascending, for every weight; scale as in :class:`Uniform`."""

    levels: Array64
    scale: Array64

    def nearest(self, values: Array64, column: int | None = None) -> Array64:
        scale = _at(self.scale, column)
        middle = (self.levels[1:] + self.levels[:-1]) / 2
        return np.asarray(self.levels[np.searchsorted(middle, values / scale)] * scale)

    def around(self, values: Array64) -> tuple[Array64, Array64]:
        last = len(self.levels) - 1
        below = np.searchsorted(self.levels, values / self.scale, side="right") - 1
        return tuple(self.levels[np.clip(k, 0, last)] * self.scale for k in (below, below + 1))  # type: ignore[return-value]

    def ordered(self, order: Ints) -> Levels:
        return replace(self, scale=_ordered(self.scale, order))


def _at(array: Array64, column: int | None) -> Array64:
    """What belongs to one feature, or to all of them."""
    if column is None:
        return array
    return array[..., column if array.shape[-1] > 1 else 0]


def _ordered(array: Array64, order: Ints) -> Array64:
    if array.shape[-1] == 1:
        return array
    return np.take_along_axis(np.broadcast_to(array, (len(order), *array.shape[1:])), order[:, None, :], axis=2)
