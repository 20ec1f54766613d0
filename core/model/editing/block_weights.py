"""First weights of lightweight blocks: as near to the replaced kernel as the block's form allows, in closed form.

Every block here is linear up to its activation, so its own kernel can be held against the kernel it replaces, and the
nearest one (least sum of squares over all weights) is found without data:

- depthwise separable: for each input channel the slice (outputs x kernel) becomes a product of rank ``multiplier``, the
  nearest of all by Eckart and Young (1936); that a convolution is a sum of such products is Guo et al., "Network
  Decoupling" (2018). Exact where the kernel is separable, and always with as many products as the kernel has taps.
- Fire: squeeze and expand are a factorization through ``squeeze`` channels, the nearest again by a truncated singular
  value decomposition over the input channels (Zhang et al., "Accelerating Very Deep Convolutional Networks", 2016).
- Ghost: the kept kernels stay as they are; each cheap filter solves a linear least-squares problem in its few taps.

Drawn weights follow He et al., "Delving Deep into Rectifiers" (2015): normal, variance 2 / (inputs of a sum).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def separated(kernel: Array, rank: int) -> tuple[Array, Array]:
    """(depthwise [C * rank, 1, ...], pointwise [O, C * rank, 1...]) nearest to a kernel [O, C, ...]."""
    outputs, channels, *taps = kernel.shape
    slices = kernel.reshape(outputs, channels, -1).transpose(1, 0, 2).astype(np.float64)
    u, s, v = np.linalg.svd(slices, full_matrices=False)  # [C, O, r], [C, r], [C, r, taps]
    root = np.sqrt(s[:, :rank])
    depthwise = (root[:, :, None] * v[:, :rank]).reshape(channels * rank, 1, *taps)
    pointwise = (u[:, :, :rank] * root[:, None, :]).transpose(1, 0, 2).reshape(outputs, channels * rank)
    return depthwise, pointwise.reshape(*pointwise.shape, *[1] * len(taps))


def squeezed(kernel: Array, channels: int, small: int, centre: tuple[int, ...]) -> tuple[Array, Array, Array]:
    """(squeeze [S, C, 1...], small expand [O1, S, 1...], large expand [O3, S, ...]) nearest to a kernel [O, C, ...].

    The first ``small`` outputs have one tap, the ``centre``; what the kernel has beside it there is lost.
    """
    outputs, inputs, *taps = kernel.shape
    ones = [1] * len(taps)
    large = np.moveaxis(kernel[small:].astype(np.float64), 1, -1).reshape(-1, inputs)
    one = tap(kernel[:small], centre).astype(np.float64)
    rows = np.concatenate([one, large])
    # the right singular vectors, from the small matrix of products: ten times quicker than decomposing the rows
    directions = np.linalg.eigh(rows.T @ rows)[1][:, ::-1][:, :channels]
    left, squeeze = rows @ directions, directions.T.reshape(-1, inputs, *ones)
    first = left[:small].reshape(small, channels, *ones)
    second = np.moveaxis(left[small:].reshape(outputs - small, *taps, channels), -1, 1)
    return squeeze, first, second


def tap(kernel: Array, place: tuple[int, ...]) -> Array:
    """One tap of a kernel [O, C, ...] as a view [O, C]."""
    index: Any = (slice(None), slice(None), *place)
    view: Array = kernel[index]
    return view


def ghosts(kernel: Array, kept: int, size: int, strides: tuple[int, ...], dilations: tuple[int, ...]) -> Array:
    """Cheap filters [O - kept, 1, size...] that make the other outputs of a kernel [O, C, ...] out of the kept ones.

    Output ``kept + j`` is made of output ``j // (O / kept - 1)``. A cheap tap moves the kept kernel by a stride.
    """
    outputs, inputs, *taps = kernel.shape
    per = outputs // kept - 1
    reach = [(t - 1) * d + 1 + (size - 1) * s for t, d, s in zip(taps, dilations, strides, strict=True)]
    found = np.zeros((outputs - kept, 1, *[size] * len(taps)))
    offsets = list(np.ndindex(*[size] * len(taps)))
    for k in range(kept):
        basis = np.zeros((len(offsets), inputs, *reach))
        for row, offset in zip(basis, offsets, strict=True):
            row[_window(taps, dilations, strides, offset)] = kernel[k]
        rows = basis.reshape(len(offsets), -1)
        wanted = np.zeros((per, inputs, *reach))
        middle = tuple([(size - 1) // 2] * len(taps))
        wanted[(slice(None), *_window(taps, dilations, strides, middle))] = kernel[
            kept + k * per : kept + (k + 1) * per
        ]
        answer = np.linalg.pinv(rows @ rows.T, hermitian=True) @ (rows @ wanted.reshape(per, -1).T)
        found[k * per : (k + 1) * per, 0] = answer.T.reshape(per, *[size] * len(taps))
    return found


def _window(
    taps: list[int], dilations: tuple[int, ...], strides: tuple[int, ...], offset: tuple[int, ...]
) -> tuple[slice, ...]:
    """Where a kernel lies when a cheap tap moves it; a filter is a correlation, so tap and kernel add up."""
    return (slice(None), *(slice(o * s, o * s + (t - 1) * d + 1, d)
                           for o, s, t, d in zip(offset, strides, taps, dilations, strict=True)))  # fmt: skip


def drawn(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Weights [O, C / group, ...] for a layer in front of a rectifier."""
    return rng.normal(0.0, math.sqrt(2 / math.prod(shape[1:])), shape)


def error(kernel: Array, made: Array) -> float:
    """What of the kernel is lost: the norm of the difference over the norm of the kernel."""
    norm = float(np.linalg.norm(kernel))
    return float(np.linalg.norm(kernel - made)) / norm if norm else 0.0
