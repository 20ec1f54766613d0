"""Which weights share one scale: all of a tensor, those of an output channel, a group of input channels, or a block."""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


class WeightGranularity(enum.Enum):
    """How many weights share one scale, where weights alone are stored.

    GROUP: a number of input channels at one position of the kernel, as DequantizeLinear's ``block_size`` has them.
    BLOCK: a number of weights of an output channel that follow each other, across input channels and positions, as
    ggml's formats have them (local quantization). So layers with few input channels have blocks, too.
    """

    TENSOR = "tensor"
    CHANNEL = "channel"
    GROUP = "group"
    BLOCK = "block"


@dataclass(frozen=True, slots=True)
class Weight:
    """A weight tensor and the axes a format has to know: ``outputs`` counts output channels, ``inputs`` those that are
    summed over.

    ``tensor`` is the initializer, ``layer`` the node that reads it. ``masked``: zeros are a mask and have to stay.
    """

    tensor: str
    layer: str
    operator: str
    shape: tuple[int, ...]
    outputs: int
    inputs: int
    masked: bool = False

    @property
    def size(self) -> int:
        return math.prod(self.shape)


@dataclass(frozen=True, slots=True)
class Blocks:
    """The blocks of a weight that have a scale each, as DequantizeLinear counts them.

    ``axis``: along which scales differ, None for one scale. ``block``: how many along it share one (0: a scale for each
    index of ``axis``); the last may have fewer. ``flat``: the axis is what all axes behind the first are together. A
    weight whose output channels have no more than one block holds gets a scale for each of them instead.
    """

    shape: tuple[int, ...]
    axis: int | None
    block: int = 0
    flat: bool = False

    @classmethod
    def of(cls, weight: Weight, granularity: WeightGranularity, group_size: int, even: bool = False) -> Blocks:
        """``even``: all blocks of one length, the smallest that is no less than wished for and divides the axis.

        Of a weight that has no kernel, blocks are groups; so they are of a transposed convolution, whose output
        channels do not lie together.
        """
        if granularity is WeightGranularity.TENSOR:
            return cls(weight.shape, None)
        flat = granularity is WeightGranularity.BLOCK and weight.inputs == 1 and math.prod(weight.shape[2:]) > 1
        along, size = math.prod(weight.shape[1:]) if flat else weight.shape[weight.inputs], group_size
        if even:
            size = next((s for s in range(group_size, along) if along % s == 0), along)
        if granularity is WeightGranularity.CHANNEL or along <= size:
            return cls(weight.shape, weight.outputs)
        return cls(weight.shape, weight.inputs, size, flat)

    @property
    def stored_shape(self) -> tuple[int, ...]:
        """The weight's shape, with rows where blocks lie along them."""
        return (self.shape[0], math.prod(self.shape[1:])) if self.flat else self.shape

    @property
    def scale_shape(self) -> tuple[int, ...]:
        """() for one scale, (channels,), or the weight's shape with the axis divided."""
        if self.axis is None:
            return ()
        if not self.block:
            return (self.shape[self.axis],)
        shape = self.stored_shape
        return (*shape[: self.axis], self._along, *shape[self.axis + 1 :])

    @property
    def count(self) -> int:
        """How many scales there are."""
        return math.prod(self.scale_shape)

    @property
    def _along(self) -> int:
        assert self.axis is not None, "blocks lie along an axis"
        return -(-self.stored_shape[self.axis] // self.block)

    @property
    def wide(self) -> tuple[int, ...]:
        """The shape with the axis of blocks split in two: block, place in it (even blocks only)."""
        if self.axis is None or not self.block:
            return self.shape
        shape = self.stored_shape
        return (*shape[: self.axis], self._along, self.block, *shape[self.axis + 1 :])

    @property
    def wide_scale_shape(self) -> tuple[int, ...]:
        """Scales so that they are broadcast against :attr:`wide`."""
        if self.axis is None:
            return (1,)
        if not self.block:
            return tuple(d if k == self.axis else 1 for k, d in enumerate(self.shape))
        shape = self.scale_shape
        return (*shape[: self.axis + 1], 1, *shape[self.axis + 1 :])

    def rows(self, array: Array) -> Array:
        """(shape) -> (count, weights of a block); short blocks are filled up with zeros."""
        if self.axis is None:
            return array.reshape(1, -1)
        if not self.block:
            return np.moveaxis(array, self.axis, 0).reshape(self.shape[self.axis], -1)
        array = array.reshape(self.stored_shape)
        short = self._along * self.block - array.shape[self.axis]
        filled = np.pad(array, [(0, short if k == self.axis else 0) for k in range(array.ndim)]) if short else array
        return np.moveaxis(filled.reshape(self.wide), self.axis + 1, -1).reshape(self.count, self.block)

    def join(self, rows: Array) -> Array:
        """The inverse of :meth:`rows`."""
        if self.axis is None:
            return rows.reshape(self.shape)
        if not self.block:
            rest = [d for k, d in enumerate(self.shape) if k != self.axis]
            return np.ascontiguousarray(np.moveaxis(rows.reshape(self.shape[self.axis], *rest), 0, self.axis))
        wide = np.moveaxis(rows.reshape(*self.scale_shape, self.block), -1, self.axis + 1)
        shape = self.stored_shape
        merged = (*shape[: self.axis], self._along * self.block, *shape[self.axis + 1 :])
        kept = tuple(slice(d) for d in shape)
        return np.ascontiguousarray(wide.reshape(merged)[kept]).reshape(self.shape)
