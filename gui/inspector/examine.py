"""Numbers about stored weights, in real values: of all of them, and of every output channel. No Qt.

Tensors too large to be read in a moment are sampled, and the result says so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.measure.values import Values, summarize
from gui.inspector.stored import Channels, Scaling, Stored
from gui.words import tr

Array = npt.NDArray[Any]
LIMIT = 1 << 20  # values looked at for the histogram
CHANNEL_LIMIT = 1 << 24  # values looked at for the channels
_CHUNK = 1 << 20
_UNREADABLE = "SUO"


@dataclass(frozen=True, slots=True)
class ChannelNumbers:
    """Float64 arrays [C] in the order of the output channels. ``dead`` are those that hold nothing but zeros.

    ``looked_at`` of ``count`` values were read: where fewer, the norms are scaled up to the whole, and a channel counts
    as dead for its sample.
    """

    low: Array
    high: Array
    l1: Array
    l2: Array
    dead: tuple[int, ...]
    looked_at: int
    count: int

    @property
    def sampled(self) -> bool:
        return self.looked_at < self.count

    def needed(self, share: float) -> int:
        """How many of the strongest channels hold ``share`` of the sum of squares; 0 where all are zero."""
        squares = np.sort(np.square(self.l2))[::-1]
        total = float(squares.sum())
        if not total > 0:
            return 0
        return int(np.searchsorted(np.cumsum(squares), share * total * (1 - 1e-12))) + 1


@dataclass(frozen=True, slots=True)
class Examined:
    """``why`` is a sentence where the tensor cannot be read; ``values`` None where it holds no numbers."""

    values: Values | None
    channels: ChannelNumbers | None = None
    why: str = ""


def examine(stored: Stored, limit: int = LIMIT, channel_limit: int = CHANNEL_LIMIT) -> Examined:
    """Everything the inspector says of one stored tensor. May run in any thread."""
    try:
        array = stored.read()
        if array.size == 0 or array.dtype.kind in _UNREADABLE:
            return Examined(None)
        values = _values(array, stored.scaling, limit)
        channels = channel_numbers(array, stored.channels, stored.scaling, channel_limit) if stored.channels else None
    except (OSError, ValueError, TypeError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        return Examined(None, None, tr("The tensor cannot be read: {reason}.", reason=reason.rstrip(".")))
    return Examined(values, channels)


def real(array: Array, scaling: Scaling | None) -> Array:
    """The numbers that integers stand for, float32; an array of any other type as it is."""
    if scaling is None:
        return array
    scale, zero = _spread(scaling, array.shape)
    return _scaled(array, scale, zero)


def channel_numbers(
    array: Array, channels: Channels, scaling: Scaling | None = None, limit: int = CHANNEL_LIMIT
) -> ChannelNumbers:
    """Range, norms and dead channels of a weight, from at most about ``limit`` of its values."""
    axis = channels.axis % array.ndim
    thin = _thinning(array, axis, channels.group, limit)
    parts = [array[thin]]
    if scaling is not None:
        parts += [part[_where(part, thin)] for part in _spread(scaling, array.shape)]
    moved = [_by_channel(part, axis, channels.group) for part in parts]
    found = _reduced(moved, _count_of(array, axis, channels.group))
    looked_at = parts[0].size
    share = array.size / looked_at
    low, high, l1, l2 = found
    dead = tuple(int(k) for k in np.flatnonzero((low == 0) & (high == 0)))
    return ChannelNumbers(low, high, l1 * share, l2 * math.sqrt(share), dead, looked_at, int(array.size))


def _count_of(array: Array, axis: int, group: int) -> int:
    return int(array.shape[axis]) * (group if group > 1 else 1)


def _thinning(array: Array, axis: int, group: int, limit: int) -> tuple[slice, ...]:
    """Every n-th place along the longest axis that is not the channels', so that each channel keeps a sample."""
    every = [slice(None)] * array.ndim
    others = [a for a in range(array.ndim) if a != axis and not (group > 1 and a == 0)]
    if array.size > limit and others:
        longest = max(others, key=lambda a: array.shape[a])
        every[longest] = slice(None, None, min(-(-array.size // limit), array.shape[longest]))
    return tuple(every)


def _where(part: Array, thin: tuple[slice, ...]) -> tuple[slice, ...]:
    """The same places in an array that is broadcast over some axes."""
    return tuple(t if size > 1 else slice(None) for t, size in zip(thin, part.shape, strict=True))


def _by_channel(part: Array, axis: int, group: int) -> Array:
    """A view with the channels in front: [C, ...], or [group, C / group, in / group, ...]."""
    if group <= 1:
        return np.moveaxis(part, axis, 0)
    held = part.shape[0]
    split = part.reshape(group, held // group, *part.shape[1:]) if held > 1 else part[None]
    return np.moveaxis(split, axis + 1, 1)


def _reduced(parts: list[Array], count: int) -> tuple[Array, Array, Array, Array]:
    """Low, high, sum of magnitudes and norm by channel; a part of the channels at a time, so that little is copied."""
    low, high, l1, l2 = (np.zeros(count) for _ in range(4))
    lead = parts[0].shape[: parts[0].ndim - _inner(parts[0], count)]
    flat = [np.broadcast_to(p, lead + parts[0].shape[len(lead) :]) if p.ndim == parts[0].ndim else p for p in parts]
    size = max(parts[0].size // count, 1)
    step = max(_CHUNK // size, 1)
    for places in _places(lead, step):
        rows, at = places
        numbers = _scaled(*(p[rows] for p in flat)) if len(flat) == 3 else flat[0][rows]
        lines = np.nan_to_num(np.asarray(numbers, np.float64).reshape(len(at), -1), nan=0.0, posinf=0.0, neginf=0.0)
        low[at], high[at] = lines.min(axis=1), lines.max(axis=1)
        l1[at], l2[at] = np.abs(lines).sum(axis=1), np.sqrt(np.square(lines).sum(axis=1))
    return low, high, l1, l2


def _inner(first: Array, count: int) -> int:
    """How many axes lie inside a channel."""
    return first.ndim - (1 if first.shape[0] == count else 2)


def _places(lead: tuple[int, ...], step: int) -> list[tuple[Any, Array]]:
    """Runs of channels: an index into the leading axes, and the numbers of the channels it gives."""
    if len(lead) == 1:
        return [(slice(k, k + step), np.arange(k, min(k + step, lead[0]))) for k in range(0, lead[0], step)]
    groups, each = lead
    return [
        ((g, slice(k, k + step)), g * each + np.arange(k, min(k + step, each)))
        for g in range(groups)
        for k in range(0, each, step)
    ]


def _values(array: Array, scaling: Scaling | None, limit: int) -> Values | None:
    if scaling is None:
        return summarize(array, limit)
    every: list[slice] = [slice(None)] * array.ndim
    if array.size > limit and array.ndim:
        longest = max(range(array.ndim), key=lambda a: array.shape[a])
        every[longest] = slice(None, None, min(-(-array.size // limit), array.shape[longest]))
    thin = tuple(every)
    scale, zero = (part[_where(part, thin)] for part in _spread(scaling, array.shape))
    found = summarize(_scaled(array[thin], scale, zero))
    if found is None or found.looked_at == array.size:
        return found
    return Values(int(array.size), *(getattr(found, n) for n in Values.__slots__[1:]))


def _spread(scaling: Scaling, shape: tuple[int, ...]) -> tuple[Array, Array]:
    """Scale and zero point with as many axes as the tensor, of size 1 where they hold for all."""
    scale = np.asarray(scaling.scale, np.float32)
    zero = np.zeros(1, np.float32) if scaling.zero is None else scaling.zero.astype(np.float32)
    return _aligned(scale, scaling, shape), _aligned(zero, scaling, shape)


def _aligned(part: Array, scaling: Scaling, shape: tuple[int, ...]) -> Array:
    if part.size == 1:
        return part.reshape([1] * len(shape))
    axis = scaling.axis % len(shape)
    if scaling.block and part.ndim == len(shape):
        keep = tuple(slice(0, n) for n in shape)
        return np.repeat(part, scaling.block, axis=axis)[keep]
    return part.reshape([-1 if a == axis else 1 for a in range(len(shape))])


def _scaled(array: Array, scale: Array, zero: Array) -> Array:
    return (array.astype(np.float32) - zero) * scale
