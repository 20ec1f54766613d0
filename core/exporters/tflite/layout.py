"""A value and the order its axes are stored in: pure arithmetic, no file, no graph.

ONNX networks think in NCHW, TFLite's kernels want NHWC. Instead of writing a TRANSPOSE wherever the two meet, every
value keeps the shape ONNX gave it plus the permutation it is stored in. A Transpose node then only edits the
permutation, and a Reshape moves data only where a group of axes that it merges does not lie adjacent and in order.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Axes = tuple[int, ...]
NHWC: Axes = (0, 2, 3, 1)


@dataclass(frozen=True, slots=True)
class Layout:
    """``shape`` in ONNX order; stored axis ``i`` holds ONNX axis ``perm[i]``."""

    shape: Axes
    perm: Axes

    @classmethod
    def plain(cls, shape: Sequence[int]) -> Layout:
        """Stored as ONNX has it."""
        return cls(tuple(shape), identity(len(shape)))

    @classmethod
    def image(cls, shape: Sequence[int]) -> Layout:
        """NHWC where there are four axes, else as ONNX has it."""
        return cls(tuple(shape), NHWC) if len(shape) == 4 else cls.plain(shape)

    @property
    def rank(self) -> int:
        return len(self.shape)

    @property
    def stored(self) -> Axes:
        """The shape as the file has it."""
        return tuple(self.shape[axis] for axis in self.perm)

    def transposed(self, order: Sequence[int]) -> Layout:
        """The layout of ONNX ``Transpose(perm=order)`` of this value when no data is moved."""
        back = inverse(order)
        return Layout(tuple(self.shape[a] for a in order), tuple(back[a] for a in self.perm))

    def lifted(self, rank: int) -> Layout:
        """With axes of size 1 in front, as broadcasting reads a value of lower rank."""
        extra = rank - self.rank
        return Layout((1,) * extra + self.shape, identity(extra) + tuple(a + extra for a in self.perm))

    def with_shape(self, shape: Sequence[int]) -> Layout:
        """Another shape of the same rank in the same order."""
        return Layout(tuple(shape), self.perm)


def identity(rank: int) -> Axes:
    return tuple(range(rank))


def inverse(perm: Sequence[int]) -> Axes:
    return tuple(int(a) for a in np.argsort(perm))


def long_axes(layout: Layout, perm: Sequence[int] | None = None) -> list[int]:
    """ONNX axes longer than 1 in stored order (or in the order of ``perm``): the only ones whose order matters."""
    return [a for a in (layout.perm if perm is None else perm) if layout.shape[a] != 1]


def same_bytes(layout: Layout, perm: Sequence[int]) -> bool:
    """Whether storing the value by ``perm`` instead leaves every byte where it is."""
    return long_axes(layout) == long_axes(layout, perm)


@dataclass(frozen=True, slots=True)
class TransposePlan:
    """A TRANSPOSE of the lowest rank: view the data as ``view``, move axes by ``order`` (numpy convention)."""

    view: Axes
    order: Axes


def plan_transpose(layout: Layout, perm: Sequence[int]) -> TransposePlan:
    """How to get from ``layout`` to the same value stored by ``perm``.

    Axes of size 1 are left out and axes that stay together are merged: kernels are much faster on three axes than
    on six. An axis of size 1 leads when there is room, because kernels are tuned for a batch axis.
    """
    source, target = long_axes(layout), long_axes(layout, perm)
    runs: list[list[int]] = []
    for axis in source:
        follows = runs and target.index(axis) == target.index(runs[-1][-1]) + 1
        if follows:
            runs[-1].append(axis)
        else:
            runs.append([axis])
    sizes = [math.prod(layout.shape[a] for a in run) for run in runs]
    order = sorted(range(len(runs)), key=lambda k: target.index(runs[k][0]))
    if len(runs) < 4:
        return TransposePlan((1, *sizes), (0, *(k + 1 for k in order)))
    return TransposePlan(tuple(sizes), tuple(order))


@dataclass(frozen=True, slots=True)
class Factor:
    """Axes of the source whose product of sizes equals that of axes of the target; neither can be split further."""

    source: Axes
    target: Axes


def factors(source: Sequence[int], target: Sequence[int]) -> list[Factor]:
    """What a Reshape merges and splits, in row-major order; axes of size 1 take no part.

    Raises ValueError where the two shapes do not hold the same number of elements, or none at all.
    """
    if math.prod(source) != math.prod(target) or math.prod(source) == 0:
        raise ValueError(f"cannot reshape {tuple(source)} to {tuple(target)}")
    left = [a for a, size in enumerate(source) if size != 1]
    right = [a for a, size in enumerate(target) if size != 1]
    found: list[Factor] = []
    while left:
        merged, split = [left.pop(0)], [right.pop(0)]
        have, want = source[merged[0]], target[split[0]]
        while have != want:
            if have < want:
                merged.append(left.pop(0))
                have *= source[merged[-1]]
            else:
                split.append(right.pop(0))
                want *= target[split[-1]]
        found.append(Factor(tuple(merged), tuple(split)))
    return found


def reshaped(layout: Layout, shape: Sequence[int]) -> Layout | None:
    """The layout after an ONNX Reshape to ``shape`` that moves no data, None where data must move first."""
    stored = long_axes(layout)
    parts = factors(layout.shape, shape)
    if any(not _adjacent(stored, part.source) for part in parts):
        return None
    by_first = {part.source[0]: part.target for part in parts}
    order = [axis for first in stored if first in by_first for axis in by_first[first]]
    return Layout(tuple(shape), _complete(tuple(shape), order, layout.perm == NHWC))


def order_for_reshape(layout: Layout, shape: Sequence[int]) -> Axes:
    """The permutation to bring ``layout`` into, so that the Reshape to ``shape`` moves no data.

    An order that makes the result NHWC is preferred, because a convolution is likely to read it.
    """
    parts = factors(layout.shape, shape)
    ordered = parts
    if len(shape) == 4:
        place = inverse(NHWC)
        image = sorted(parts, key=lambda part: place[part.target[0]])
        flat = [place[a] for part in image for a in part.target]
        if flat == sorted(flat):
            ordered = image
    short = [a for a in range(layout.rank) if layout.shape[a] == 1]
    return tuple(short + [a for part in ordered for a in part.source])


def flat_columns(layout: Layout, shape: Sequence[int]) -> npt.NDArray[np.int64] | None:
    """Where each stored element of a flattened value comes from, if only its last axis is out of order.

    For ``shape`` = (rows, columns): stored column ``k`` holds ONNX column ``result[k]``. A fully connected layer
    takes its weights in that order and nothing is moved. None where the rows themselves would be mixed.
    """
    if len(shape) != 2:
        return None
    stored = long_axes(layout)
    parts = factors(layout.shape, shape)
    columns = [part.source for part in parts if part.target == (1,)]
    rows = [a for part in parts if part.target == (0,) for a in part.source]
    if len(columns) != 1 or len(parts) != len(columns) + bool(rows) or stored[: len(rows)] != rows:
        return None
    sizes = [layout.shape[a] for a in columns[0]]
    order = [columns[0].index(a) for a in stored[len(rows) :]]
    return np.arange(math.prod(sizes), dtype=np.int64).reshape(sizes).transpose(order).reshape(-1)


def _adjacent(stored: Sequence[int], axes: Axes) -> bool:
    start = stored.index(axes[0])
    return tuple(stored[start : start + len(axes)]) == axes


def _complete(shape: Axes, order: list[int], was_image: bool) -> Axes:
    """A whole permutation whose axes longer than 1 stand in ``order``: NHWC or ONNX's own where they agree."""

    def agrees(perm: Axes) -> bool:
        return [a for a in perm if shape[a] != 1] == order

    plain = identity(len(shape))
    if len(shape) == 4 and agrees(NHWC) and (was_image or shape[2:] == (1, 1) or not agrees(plain)):
        return NHWC
    if agrees(plain):
        return plain
    return tuple(a for a in plain if shape[a] == 1) + tuple(order)
