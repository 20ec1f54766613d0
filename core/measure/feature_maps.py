"""Feature maps small enough to be looked at: numbers for every channel, pixels for some of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.data.dataset import Array

SIDE = 64  # pixels of a map's longer side, at most
MOST = 256  # channels drawn: the first ones, and as many of the strongest


@dataclass(frozen=True, slots=True)
class FeatureMaps:
    """``low``, ``high``, ``mean`` and ``zeros`` (share, 0..1) hold one float32 a channel [C].

    ``pixels`` is uint8 [K, h, w]: 0 is the channel's lowest value, 255 its highest. ``drawn`` names the channels, [K]
    ascending. ``size`` is a map's height and width before it was made smaller by averaging.
    """

    low: Array
    high: Array
    mean: Array
    zeros: Array
    pixels: Array
    drawn: Array
    size: tuple[int, int]

    def arrays(self) -> dict[str, Array]:
        """For an .npz, which :meth:`from_arrays` reads."""
        names = ("low", "high", "mean", "zeros", "pixels", "drawn")
        return {**{n: getattr(self, n) for n in names}, "size": np.asarray(self.size)}

    @classmethod
    def from_arrays(cls, arrays: dict[str, Array]) -> FeatureMaps:
        height, width = (int(d) for d in arrays["size"])
        a = arrays
        return cls(a["low"], a["high"], a["mean"], a["zeros"], a["pixels"], a["drawn"], (height, width))


def feature_maps(item: Array) -> FeatureMaps:
    """Maps of one item's float values [C, H, W]; of [H, W] a single one.

    Further axes in front count as channels (groups of channels, heads), and axes of size 1 do not count.
    Values that are no finite numbers are drawn as the lowest.
    """
    squeezed = item if item.ndim == 3 and min(item.shape[1:]) > 1 else np.squeeze(item)
    planes = squeezed.reshape(-1, *squeezed.shape[-2:])
    finite = np.isfinite(planes)
    flat = np.where(finite, planes, np.nan).reshape(len(planes), -1)
    known = finite.reshape(len(planes), -1).any(axis=1)
    low, high, mean = (np.zeros(len(planes), np.float32) for _ in range(3))
    low[known], high[known] = np.nanmin(flat[known], axis=1), np.nanmax(flat[known], axis=1)
    mean[known] = np.nanmean(flat[known], axis=1, dtype=np.float64)
    zeros = np.asarray(np.mean(flat == 0, axis=1), np.float32)
    drawn = _chosen(mean)
    span = np.where(high > low, high - low, 1.0)[drawn, None, None]
    shares = (np.where(finite[drawn], planes[drawn], low[drawn, None, None]) - low[drawn, None, None]) / span
    pixels = np.rint(255 * _smaller(shares)).astype(np.uint8)
    return FeatureMaps(low, high, mean, zeros, pixels, drawn, (planes.shape[1], planes.shape[2]))


def _chosen(mean: Array) -> Array:
    """The first channels and the strongest ones, ascending."""
    if len(mean) <= MOST:
        return np.arange(len(mean))
    strongest = np.argsort(-mean, kind="stable")[:MOST]
    return np.union1d(np.arange(MOST), strongest)


def _smaller(planes: Array) -> Array:
    """Averaged over blocks until the longer side has at most SIDE pixels; the proportions stay."""
    block = -(-max(planes.shape[1:]) // SIDE)
    if block <= 1:
        return planes
    for axis in (1, 2):
        starts = np.arange(0, planes.shape[axis], block)
        sizes = np.diff([*starts, planes.shape[axis]])
        shape = [-1 if a == axis else 1 for a in range(3)]
        planes = np.add.reduceat(planes, starts, axis=axis) / sizes.reshape(shape)
    return planes
