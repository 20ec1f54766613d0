"""A tall graph folded into columns side by side, so that all of it is seen in a small place. Pure geometry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Fold:
    """The canvas from ``left``, ``top`` on, ``width`` wide, cut into ``columns`` stretches of ``step`` units each.

    ``scale`` is pixels per unit of the canvas, ``gap`` the pixels between two columns. Pixels count from the upper
    left corner of the first column.
    """

    left: float
    top: float
    width: float
    step: float
    columns: int
    scale: float
    gap: float

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in pixels."""
        return (self.columns * self._pitch - self.gap, self.step * self.scale)

    @property
    def _pitch(self) -> float:
        return self.width * self.scale + self.gap

    def strips(self) -> Iterator[tuple[float, float, float]]:
        """Left border in pixels, and top and bottom on the canvas, of every column."""
        for k in range(self.columns):
            yield k * self._pitch, self.top + k * self.step, self.top + (k + 1) * self.step

    def canvas(self, x: float, y: float) -> tuple[float, float]:
        """The point of the canvas at a pixel; beside a column the nearest point in it."""
        column = min(max(int((x + self.gap / 2) // self._pitch), 0), self.columns - 1)
        across = min(max((x - column * self._pitch) / self.scale, 0.0), self.width)
        down = min(max(y / self.scale, 0.0), self.step)
        return (self.left + across, self.top + column * self.step + down)

    def parts(self, bounds: Bounds) -> list[Bounds]:
        """Where a part of the canvas (left, top, right, bottom) lies, as rectangles in pixels, one per column."""
        x0, x1 = (min(max(x - self.left, 0.0), self.width) * self.scale for x in (bounds[0], bounds[2]))
        out = []
        first = min(max(int((bounds[1] - self.top) // self.step), 0), self.columns - 1)
        last = min(max(int((bounds[3] - self.top) // self.step), 0), self.columns - 1)
        for k in range(first, last + 1):
            y0, y1 = (min(max(y - self.top - k * self.step, 0.0), self.step) * self.scale for y in bounds[1::2])
            if y1 > y0 and x1 > x0:
                out.append((k * self._pitch + x0, y0, k * self._pitch + x1, y1))
        return out


def fold(bounds: Bounds, width: float, height: float, gap: float, most: float) -> Fold:
    """As many columns as make the graph largest in ``width`` by ``height`` pixels, but never above scale ``most``."""
    left, top, right, bottom = bounds
    wide, high = max(right - left, 1.0), max(bottom - top, 1.0)
    best = (0.0, 1)
    for columns in count(1):
        room = (width - (columns - 1) * gap) / columns
        scale = min(room / wide, columns * height / high, most)
        if scale <= best[0]:
            break
        best = (scale, columns)
    return Fold(left, top, wide, high / best[1], best[1], best[0], gap)


def padded(bounds: Bounds) -> Bounds:
    """Some ground around a graph, so that its outermost cards do not stick to the border."""
    left, top, right, bottom = bounds
    around = 0.02 * (right - left) + 8.0
    return (left - around, top - around, right + around, bottom + around)


def at_least(part: Bounds, side: float) -> Bounds:
    """A rectangle grown around its middle where it would be too small to see."""
    left, top, right, bottom = part
    wide, high = max(right - left, side) / 2, max(bottom - top, side) / 2
    x, y = (left + right) / 2, (top + bottom) / 2
    return (x - wide, y - high, x + wide, y + high)
