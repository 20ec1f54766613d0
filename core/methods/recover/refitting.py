"""The walk of a refit: one layer after the other, on what the layers fitted before it give, toward the parent's."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.jobs import Job
from core.methods.method import Context
from core.methods.recover.items import Fed
from core.methods.recover.linear import channel_rows, sample
from core.methods.recover.normal import LARGEST, Array64, Flags, System, system
from core.methods.recover.targets import Target
from core.model.facts import Array
from core.model.masks import pattern_of
from core.model.model import Model

FEWEST_ROWS, ROWS_PER_FEATURE = 4096, 128
ENOUGH_ROWS = 16  # for a feature
MANY_ZEROS = 0.25  # of a weight
EQUAL = 1e-9  # error over signal, both squared: nothing before this layer was changed


@dataclass(frozen=True, slots=True)
class Fit:
    """What became of one layer: squared errors on the items that check, over the parent's squared outputs."""

    layer: str
    operator: str
    before: float
    after: float
    taken: bool


class Refitting:
    """One run over the layers. ``weights``: the new numbers by initializer."""

    def __init__(
        self,
        parent: Model,
        model: Model,
        chosen: Sequence[Target],
        batches: Sequence[Fed],
        ridge: float,
        places: int,
        ctx: Context,
    ) -> None:
        from core.execute.walk import Walk

        self._chosen, self._ridge, self._places, self._ctx = chosen, ridge, places, ctx
        self._stored = model.graph.graph.initializers
        self._model = Walk(model, [b.model for b in batches], ctx.threads)
        self._parent = Walk(parent, [b.parent for b in batches], ctx.threads)
        self._batches = [b.bare() for b in batches]  # what was fed is freed on the way
        self._fitting = sum(b.count for b in batches if b.fits)
        self._weights: dict[str, Array] = {}

    def run(self) -> tuple[dict[str, Array], list[Fit]]:
        """New numbers by initializer, and what became of each layer, in graph order."""
        places = [self._parent.index_of(t.linear.result) for t in self._chosen]
        fits = []
        for k, target in enumerate(self._chosen):
            with self._ctx.job.stage(k / len(self._chosen), (k + 1) / len(self._chosen)) as job:
                fits.append(self._layer(k, target, min(places[k + 1 :], default=places[k]), job))
        return self._weights, fits

    def _layer(self, number: int, target: Target, hold: int, job: Job) -> Fit:
        linear = target.linear
        matrix = linear.matrix(self._numbers(linear.weight))
        fit, check, signal = self._equations(number, target, matrix, hold, job)
        before = after = check.square / signal if signal else 0.0
        if before > EQUAL:
            masked = pattern_of(self._stored[linear.weight]) is not None
            free = _free(matrix, masked, linear.shift is not None)
            after, solution = self._best(fit, check, linear.features, free, job)
            after /= signal
            if after < before:
                self._write(target, matrix, solution)
        return Fit(linear.name, linear.node.op_type, before, min(after, before), after < before)

    def _best(self, fit: System, check: System, features: int, free: Flags | None, job: Job) -> tuple[float, Array64]:
        """(squared error on the items that check, solution). Few equations want a stronger ridge: three are tried."""
        strengths = (1.0,) if fit.rows >= ENOUGH_ROWS * features else (1.0, 10.0, 100.0)
        solutions = [fit.solve(self._ridge * s, free, job.check) for s in strengths]
        errors = [check.error(d) if np.isfinite(d).all() else math.inf for d in solutions]
        return min(errors), solutions[int(np.argmin(errors))]

    def _equations(
        self, number: int, target: Target, matrix: Array64, hold: int, job: Job
    ) -> tuple[System, System, float]:
        """The equations on the items that fit and on those that check, and the parent's squared outputs on these."""
        linear = target.linear
        fit, check = (system(linear.features, linear.shift is not None) for _ in range(2))
        each = self._rows_of_an_item(linear.features)
        place = self._model.index_of(linear.result)
        signal, values = 0.0, zip(
            self._batches,
            self._model.visit(linear.source, place),
            self._parent.visit(linear.result, hold),
            strict=True,
        )  # fmt: skip
        for k, (batch, x, y) in enumerate(values):
            rng = np.random.default_rng((self._ctx.seed, number, k))
            chosen = sample(rng, linear.rows(x.shape), batch.size, batch.count, each)
            wanted = channel_rows(y, linear.axis, chosen)[:, target.kept]
            rows = linear.inputs(x, chosen)
            (fit if batch.fits else check).add(rows, linear.split(wanted - linear.bias) - rows @ matrix)
            signal += 0.0 if batch.fits else float(np.vdot(wanted, wanted))
            job.progress(0.8 * (k + 1) / len(self._batches), f"Refitting {linear.name}")
        return fit, check, signal

    def _rows_of_an_item(self, features: int) -> int:
        """Few unknowns need few equations; where rows are kept, no more of them than one solution can bear."""
        most = min(self._places, max(FEWEST_ROWS, ROWS_PER_FEATURE * features))
        if features > LARGEST:
            most = min(most, LARGEST)
        return max(math.ceil(most / max(self._fitting, 1)), 1)

    def _numbers(self, name: str) -> Array:
        stored = self._stored[name].const_value
        assert stored is not None, "targets() looked"
        return self._weights.get(name, stored.numpy())

    def _write(self, target: Target, matrix: Array64, solution: Array64) -> None:
        linear = target.linear
        old = self._numbers(linear.weight)
        self._set(linear.weight, linear.tensor(matrix + solution[:, : linear.features], old))
        if linear.shift is not None:
            numbers = self._numbers(linear.shift.name)
            moved = numbers.astype(np.float64) + linear.shift.sign * solution[:, -1].reshape(-1)
            self._set(linear.shift.name, moved.astype(numbers.dtype))

    def _set(self, name: str, array: Array) -> None:
        self._weights[name] = array
        self._model.set_weight(name, array)


def _free(matrix: Array64, masked: bool, intercept: bool) -> Flags | None:
    """Which entries may change, None for all: zeros that are a mask stay, and the bias of an output that is all zeros.

    Inputs and outputs that are zero as a whole are a mask in any case, single zeros where there are many: a few come
    about by themselves, in weights that were once integers for example.
    """
    free = matrix != 0
    if not masked and free.mean() > 1 - MANY_ZEROS:
        free = np.broadcast_to(free.any(2, keepdims=True) & free.any(1, keepdims=True), matrix.shape)
    if free.all():
        return None
    return np.concatenate([free, free.any(1, keepdims=True)], 1) if intercept else free
