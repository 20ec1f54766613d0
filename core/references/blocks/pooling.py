"""The sides of maps behind windows, and the grid that fully connected layers read at any resolution."""

from __future__ import annotations


def pooled(side: int, kernel: int, stride: int, padding: int = 0) -> int:
    """The side of a map after a convolution or pooling; raises ValueError where nothing is left."""
    after = (side + 2 * padding - kernel) // stride + 1
    if after < 1:
        raise ValueError(f"a map of {side} px is too small for a window of {kernel}")
    return after


def grid(side: int, most: int) -> int:
    """To how many pixels a map of ``side`` is averaged: the largest whole divisor up to ``most``.

    At the published resolution the map is ``most`` wide and stays as it is. Only whole factors are used, because a
    pooling with a fixed window runs in every runtime.
    """
    return next(k for k in range(min(most, side), 0, -1) if side % k == 0)
