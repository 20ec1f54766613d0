"""Inputs when no data is at hand: noise within the range that the preprocessing would give. Never called proof."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from core.data import preprocess
from core.data.dataset import Array
from core.data.feed import fixed_batch
from core.model.model import InputSpec
from core.model.preprocessing import Preprocessing

_PIXEL_STEPS = ("scale", "normalize")


def noise(inputs: Sequence[InputSpec], count: int, seed: int = 0, free: int = 1) -> dict[str, Array]:
    """``count`` random items as input name -> [count, ...], in each input's layout and dtype.

    Images with preprocessing: uniform pixels, scaled as the steps say. Other floats: standard normal. Integers: 0 or
    1, which every embedding table has. Axes without a size get ``free``.
    """
    rng = np.random.default_rng(seed)
    return {s.name: np.stack([_item(s, rng, free) for _ in range(count)]) for s in inputs}


def noise_batches(inputs: Sequence[InputSpec], count: int, size: int = 16, seed: int = 0) -> Iterator[dict[str, Array]]:
    """``count`` items (rounded up to whole batches where the batch is fixed) in batches of at most ``size``."""
    size = fixed_batch(inputs) or max(size, 1)
    done = 0
    while done < count:
        now = size if fixed_batch(inputs) else min(size, count - done)
        yield noise(inputs, now, seed + done)
        done += now


def _item(spec: InputSpec, rng: np.random.Generator, free: int) -> Array:
    shape = tuple(d if isinstance(d, int) else free for d in spec.shape[1:])
    dtype = np.dtype(spec.dtype)
    if spec.layout and spec.preprocessing is not None:
        return _pixels(spec, shape, rng)
    if dtype.kind == "f":
        return rng.standard_normal(shape).astype(dtype)
    if spec.layout and dtype.kind in "iu":
        limits = np.iinfo(dtype)
        return rng.integers(limits.min, limits.max, shape, dtype, endpoint=True)
    return rng.integers(0, 2, shape).astype(dtype)


def _pixels(spec: InputSpec, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Uniform pixels of the input's own size through the steps that change values (not those that change size)."""
    channels, height, width = shape if spec.layout == "NCHW" else (shape[2], shape[0], shape[1])
    raw = rng.integers(0, 256, (height, width, channels), np.uint8)
    assert spec.preprocessing is not None
    steps = tuple(s for s in spec.preprocessing.steps if s.name in _PIXEL_STEPS)
    return preprocess.apply(Preprocessing(steps), raw, spec)
