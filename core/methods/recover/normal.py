"""Least squares with a ridge, from rows that come in batches: the changes of many layers' outputs at once.

Minimises ||R - X D||^2 + ridge * mean(diag(X'X)) * ||D||^2 for every group of a layer; an intercept is not penalised.
Sums are kept in float64. Up to ``LARGEST`` unknowns an output the normal equations are summed, and memory does not
grow with the rows; above, the rows themselves are kept (their number is bounded by the caller), and the same solution
is found through the smaller matrix X X'.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
import numpy.typing as npt

Array64 = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
LARGEST = 3072  # unknowns: one solution of this size takes a second, which is how long a cancel may wait
_JITTER = 1e-12  # of the mean diagonal: inputs that never vary would make the matrix singular
_STEPS = 200  # of the conjugate gradients
_ENOUGH = 1e-20  # of the squared residual


class System(Protocol):
    """Equations of one layer, ``rows`` of them, R^2 summed in ``square``; D is (groups, columns, outputs)."""

    square: float
    rows: int

    def add(self, x: Array64, r: Array64) -> None:
        """Rows x (groups, rows, features) with residuals r (groups, rows, outputs)."""

    def solve(self, ridge: float, free: Flags | None, check: Callable[[], None]) -> Array64:
        """D; where ``free`` (the shape of D) is given, it is zero elsewhere. ``check`` is called between steps."""

    def error(self, d: Array64) -> float:
        """The sum of (R - X D)^2 over these rows."""


def system(features: int, intercept: bool) -> System:
    """The form that suits so many unknowns; with ``intercept`` the last row of D is added to every output."""
    return _Summed(intercept) if features <= LARGEST else _Kept(intercept)


class _Summed:
    """X'X, X'R and R'R."""

    def __init__(self, intercept: bool) -> None:
        self._intercept = intercept
        self._xx: Array64 | None = None
        self._xr = np.zeros(())
        self.square, self.rows = 0.0, 0

    def add(self, x: Array64, r: Array64) -> None:
        z = _with_ones(x) if self._intercept else x
        turned = z.transpose(0, 2, 1)
        xx, xr = turned @ z, turned @ r
        self._xx = xx if self._xx is None else self._xx + xx
        self._xr = self._xr + xr
        self.square += float(np.vdot(r, r))
        self.rows += r.shape[1]

    def solve(self, ridge: float, free: Flags | None, check: Callable[[], None]) -> Array64:
        assert self._xx is not None, "nothing was added"
        added = _ridge(np.einsum("gff->gf", self._xx), ridge, self._intercept)
        a = _plus(self._xx.copy(), added)
        check()
        if free is None:
            return _solved(a, self._xr)
        lines = _lines(free)
        if lines is None:
            return _gradients(lambda d: a @ d, np.einsum("gff->gf", a), self._xr, free, check)
        rows, columns = lines
        a *= rows[:, :, None] * rows[:, None, :]
        return _solved(_plus(a, 1.0 - rows), self._xr * rows[:, :, None] * columns[:, None, :])

    def error(self, d: Array64) -> float:
        if self._xx is None:
            return 0.0
        return max(self.square + float(np.vdot(d, self._xx @ d - 2 * self._xr)), 0.0)


class _Kept:
    """The rows themselves, x as float32 as it came."""

    def __init__(self, intercept: bool) -> None:
        self._intercept = intercept
        self._x: list[npt.NDArray[np.float32]] = []
        self._r: list[Array64] = []
        self.square, self.rows = 0.0, 0

    def add(self, x: Array64, r: Array64) -> None:
        self._x.append(x.astype(np.float32))
        self._r.append(r)
        self.square += float(np.vdot(r, r))
        self.rows += r.shape[1]

    def solve(self, ridge: float, free: Flags | None, check: Callable[[], None]) -> Array64:
        x, r = np.concatenate(self._x, 1).astype(np.float64), np.concatenate(self._r, 1)
        added = _ridge(np.square(x).sum(1), ridge, False)
        check()
        lines = None if free is None else _lines(free)
        if free is not None and lines is None:
            z = _with_ones(x) if self._intercept else x
            return self._steps(z, r, added, free, check)
        if lines is not None:
            rows, columns = lines
            x, r = x * rows[:, None, : x.shape[2]], r * columns[:, None, :]
        means, middle = x.mean(1, keepdims=True), r.mean(1, keepdims=True)
        if self._intercept:  # without a penalty it takes out the means exactly
            x, r = x - means, r - middle
        d: Array64 = x.transpose(0, 2, 1) @ _solved(_plus(x @ x.transpose(0, 2, 1), added[:, :1]), r)
        return np.concatenate([d, middle - means @ d], 1) if self._intercept else d

    def _steps(self, z: Array64, r: Array64, added: Array64, free: Flags, check: Callable[[], None]) -> Array64:
        if self._intercept:
            added = np.concatenate([added, np.zeros_like(added[:, :1])], 1)
        turned = z.transpose(0, 2, 1)
        diagonal = np.square(z).sum(1) + added
        return _gradients(lambda d: turned @ (z @ d) + added[..., None] * d, diagonal, turned @ r, free, check)

    def error(self, d: Array64) -> float:
        total = 0.0
        for x, r in zip(self._x, self._r, strict=True):
            z = _with_ones(x.astype(np.float64)) if self._intercept else x
            total += float(np.square(r - z @ d).sum())
        return total


def _lines(free: Flags) -> tuple[Array64, Array64] | None:
    """(rows, columns) as 0 and 1 where whole rows and columns of D are fixed and nothing else is, else None."""
    rows, columns = np.asarray(free.any(2)), np.asarray(free.any(1))
    if not np.array_equal(free, rows[:, :, None] & columns[:, None, :]):
        return None
    return rows.astype(np.float64), columns.astype(np.float64)


def _with_ones(x: Array64) -> Array64:
    return np.concatenate([x, np.ones((*x.shape[:2], 1))], 2)


def _ridge(diagonal: Array64, ridge: float, intercept: bool) -> Array64:
    """What is added to the diagonal (groups, columns): nothing to an intercept's, which stands last."""
    columns = diagonal.shape[1] - int(intercept)
    mean = diagonal[:, :columns].mean(1, keepdims=True) if columns else np.zeros((len(diagonal), 1))
    added: Array64 = np.repeat((ridge + _JITTER) * mean + np.finfo(np.float64).tiny, diagonal.shape[1], 1)
    if intercept:
        added[:, -1] = 0.0
    return added


def _plus(a: Array64, added: Array64) -> Array64:
    np.einsum("gff->gf", a)[...] += added
    return a


def _solved(a: Array64, b: Array64) -> Array64:
    """A D = B; where A is singular all the same, the shortest D that fits best."""
    try:
        return np.asarray(np.linalg.solve(a, b), np.float64)
    except np.linalg.LinAlgError:
        return np.asarray(np.linalg.pinv(a, hermitian=True) @ b, np.float64)


def _gradients(
    apply: Callable[[Array64], Array64], diagonal: Array64, b: Array64, free: Flags, check: Callable[[], None]
) -> Array64:
    """Conjugate gradients on the free entries of D alone, each column for itself; every step lowers the error.

    Preconditioned by the diagonal (Hestenes and Stiefel 1952).
    """
    scale = np.where(diagonal > 0, 1 / np.where(diagonal > 0, diagonal, 1), 0.0)[..., None]
    d = np.zeros_like(b)
    residual = b * free
    target = _ENOUGH * np.square(residual).sum(1, keepdims=True)
    step = scale * residual
    power = (residual * step).sum(1, keepdims=True)
    for _ in range(_STEPS):
        check()
        moved = apply(step) * free
        curve = (step * moved).sum(1, keepdims=True)
        rate = np.divide(power, curve, out=np.zeros_like(power), where=curve > 0)
        d += rate * step
        residual = residual - rate * moved
        if (np.square(residual).sum(1, keepdims=True) <= target).all():
            break
        turned = scale * residual
        before, power = power, (residual * turned).sum(1, keepdims=True)
        step = turned + np.divide(power, before, out=np.zeros_like(power), where=before > 0) * step
    return d
