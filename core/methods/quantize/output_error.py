"""By how much outputs differ from the float network's: the energy of the error, and what it does to the answers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from core.data.tasks import class_scores
from core.errors import UserError
from core.methods.quantize.calibrate import Chunk
from core.model.facts import Array

_LEAST_LOG = -100.0  # of a class's probability


class OutputError:
    """What a network's outputs are off by, over some items, beside the float network's."""

    def __init__(self, chunks: Sequence[Chunk], floats: Sequence[Mapping[str, Array]]) -> None:
        self._chunks, self._floats = chunks, floats
        self._energy = {
            name: sum(_energy(chunk.real(made[name])) for chunk, made in zip(chunks, floats, strict=True))
            for name, first in floats[0].items()
            if np.issubdtype(first.dtype, np.floating)
        }

    def of(self, outputs: Iterable[Mapping[str, Array]]) -> tuple[float, float]:
        """(noise, divergence) of what the chunks make. Noise is the energy of errors by that of the float outputs,
        added up over outputs; divergence that of what :func:`class_scores` takes for classes, 0 where it finds none.
        """
        total, apart = dict.fromkeys(self._energy, 0.0), 0.0
        for chunk, wanted, given in zip(self._chunks, self._floats, outputs, strict=True):
            for name in total:
                if given[name].shape != wanted[name].shape:  # how much there is depends on the numbers
                    return math.inf, math.inf
                with np.errstate(invalid="ignore"):  # endless numbers make the noise NaN, which is no help
                    error = np.subtract(given[name], wanted[name], dtype=np.float64)
                    total[name] += _energy(chunk.real(error))
            apart += _divergence(chunk, wanted, given)
        return sum(total[name] / whole for name, whole in self._energy.items() if whole > 0), apart


def cost(new: tuple[float, float], old: tuple[float, float]) -> float:
    """Noise and divergence beside what they were, which count alike: 2 where nothing changed; NaN is no help."""
    return sum(map(_relative, new, old))


def decibels(noise: float) -> float:
    return -10 * math.log10(noise) if noise > 0 else math.inf


def _divergence(chunk: Chunk, floats: Mapping[str, Array], made: Mapping[str, Array]) -> float:
    """Kullback and Leibler's, of the classes by the float network to those by ``made``, summed over real items."""
    if not all(np.isfinite(o).all() for side in (floats, made) for o in side.values()):
        return 0.0  # the noise tells
    try:
        scores = [chunk.real(np.asarray(class_scores(o), np.float64)) for o in (floats, made)]
    except UserError:  # no classifier
        return 0.0
    if not scores[0].size or scores[0].shape != scores[1].shape:
        return 0.0
    if all(s.min() >= 0 and np.allclose(s.sum(axis=1), 1, atol=0.05) for s in scores):
        logs = [np.log(np.maximum(s, 1e-30)) for s in scores]
    else:
        logs = [s - np.logaddexp.reduce(s, axis=1, keepdims=True) for s in scores]
    apart = np.exp(logs[0]) * np.maximum(logs[0], _LEAST_LOG) - np.exp(logs[0]) * np.maximum(logs[1], _LEAST_LOG)
    return float(apart.sum())


def _relative(new: float, old: float) -> float:
    """NaN where something is made of nothing, and of what is not finite."""
    if old > 0:
        return new / old
    return 0.0 if new == old else math.nan


def _energy(x: Array) -> float:
    with np.errstate(invalid="ignore", over="ignore"):
        return float(np.square(x, dtype=np.float64).sum())
