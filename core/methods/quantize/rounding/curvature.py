"""What a layer's inputs say about its weights: second moments of what it gets, and of what the float layer got.

Of a layer behind a quantized prefix the inputs x^ are no longer the float ones x. The weights that then give the float
outputs best are W* = (W E[x x^'] + ridge W) (E[x^ x^'] + ridge)^-1 (least squares from quantized inputs toward float
outputs), and rounding them is judged by E[x^ x^']. What 8-bit activations add is mostly noise that no weights make
good, and to learn it would add to it: so W* is found on each half of the rows, and only as much of the step from W to
W* is taken as lowers the error on the other half.

Where the bias is corrected afterwards, means do not matter and moments are taken around them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.methods.quantize.rounding.grid import Array64

Rows = npt.NDArray[np.floating[Any]]
_MANY = 1024  # rows
RIDGE = 0.05  # in mean diagonals of E[x^ x^']


@dataclass(frozen=True)
class Moments:
    """``own``: E[x^ x^'], ``cross``: E[x x^'], both (groups, features, features), over ``rows`` rows."""

    own: Array64
    cross: Array64
    rows: int


class Sums:
    """Sums of products over rows (groups, rows, features) that come in batches, taken around ``middle``."""

    def __init__(self, middle: Array64) -> None:
        self._middle = middle
        self._rows = 0
        self._own = self._cross = self._first = self._float = np.zeros(())

    def add(self, x: Rows, wanted: Rows) -> None:
        """Rows that reach the layer, and the same rows of the float network."""
        near, far = ((r - self._middle).astype(np.float32) for r in (x, wanted))
        self._own = self._own + (near.transpose(0, 2, 1) @ near).astype(np.float64)
        self._cross = self._cross + (far.transpose(0, 2, 1) @ near).astype(np.float64)
        self._first = self._first + near.sum(1, dtype=np.float64)
        self._float = self._float + far.sum(1, dtype=np.float64)
        self._rows += x.shape[1]

    def plus(self, other: Sums) -> Sums:
        """Both together."""
        both = Sums(self._middle)
        both._own, both._cross = self._own + other._own, self._cross + other._cross
        both._first, both._float = self._first + other._first, self._float + other._float
        both._rows = self._rows + other._rows
        return both

    def moments(self, centred: bool) -> Moments:
        """Around the means of these rows where ``centred``, else around zero."""
        rows = max(self._rows, 1)
        near, far = self._first / rows, self._float / rows
        own = self._own / rows - _outer(near, near)
        cross = self._cross / rows - _outer(far, near)
        if not centred:
            middle = self._middle[:, 0]
            own, cross = own + _outer(near + middle, near + middle), cross + _outer(far + middle, near + middle)
        return Moments(own, cross, self._rows)


class Halves:
    """The rows of a layer in two halves, so that what one says can be tried on the other.

    Rows wait until there are many, for products of small matrices cost more than they are worth.
    """

    def __init__(self) -> None:
        self._sums: tuple[Sums, Sums] | None = None
        self._waiting: list[tuple[Rows, Rows]] = []

    def add(self, x: Rows, wanted: Rows) -> None:
        """Rows that reach the layer, and the same rows of the float network."""
        self._waiting.append((x, wanted))
        if sum(rows.shape[1] for rows, _ in self._waiting) >= _MANY:
            self._sum_up()

    def _sum_up(self) -> None:
        """The first of the waiting rows go to one half, the rest to the other one."""
        if not self._waiting:
            return
        x, wanted = (np.concatenate(side, 1) for side in zip(*self._waiting, strict=True))
        self._waiting.clear()
        if self._sums is None:
            middle = x.mean(1, keepdims=True, dtype=np.float64)
            self._sums = Sums(middle), Sums(middle)
        half = (x.shape[1] + 1) // 2
        self._sums[0].add(x[:, :half], wanted[:, :half])
        self._sums[1].add(x[:, half:], wanted[:, half:])

    def target(self, weight: Array64, centred: bool, ridge: float = RIDGE) -> tuple[Array64, Moments]:
        """The real weights wanted, (groups, outputs, features) as ``weight``, and the moments of all rows."""
        self._sum_up()
        assert self._sums is not None, "nothing was added"
        first, second = (s.moments(centred) for s in self._sums)
        whole = self._sums[0].plus(self._sums[1]).moments(centred)
        gained = asked = 0.0
        for fit, check in ((first, second), (second, first)):
            if fit.rows and check.rows:
                step = retargeted(weight, fit, ridge) - weight
                gained += float(np.vdot(weight @ (check.cross - check.own), step))
                asked += float(np.vdot(step @ check.own, step))
        share = min(max(gained / asked, 0.0), 1.0) if asked > 0 else 0.0
        if share <= 0:
            return weight, whole
        return weight + share * (retargeted(weight, whole, ridge) - weight), whole


def retargeted(weight: Array64, moments: Moments, ridge: float) -> Array64:
    """W* of the module's equation; ``ridge`` in mean diagonals of ``moments.own``."""
    diagonal = np.einsum("gff->gf", moments.own)
    added = np.maximum(ridge * diagonal.mean(1), np.finfo(np.float64).tiny)[:, None]
    a, b = moments.own.copy(), moments.cross.copy()
    np.einsum("gff->gf", a)[...] += added
    np.einsum("gff->gf", b)[...] += added
    try:
        return np.asarray(np.linalg.solve(a, (weight @ b).transpose(0, 2, 1)), np.float64).transpose(0, 2, 1)
    except np.linalg.LinAlgError:  # inputs that never vary, and no ridge: there is nothing to learn from them
        return weight.copy()


def _outer(left: Array64, right: Array64) -> Array64:
    return left[:, :, None] * right[:, None, :]
