"""One feature after the other, what each rounding spoils made good by the features behind it.

Frantar et al., "GPTQ: Accurate Post-Training Quantization for Generative Pre-trained Transformers", 2023
(arXiv:2210.17323), in order of decreasing curvature; after Frantar and Alistarh, "Optimal Brain Compression", 2022.

With H = R R' and R upper triangular, the cost of one output is |(w - q) R|^2, and feature k appears in the terms from
k on. Rounded in order, k can still bring its own term to zero: q_k = w_k + sum over j < k of (w_j - q_j) R_jk / R_kk,
rounded. That is the paper's update without inverting H.
"""

from __future__ import annotations

import numpy as np

from core.methods.quantize.rounding.grid import Array64, Ints
from core.methods.quantize.rounding.rounder import RoundingSettings, Rows, rounder

_BLOCK = 64  # features whose corrections from before come from one matrix product


@rounder("gptq", "with error feedback by curvature (GPTQ)")
def gptq(rows: Rows, settings: RoundingSettings) -> Array64:
    """Second-order rounding; a row that comes out worse than rounded to the nearest is rounded to the nearest."""
    order = np.argsort(-np.einsum("gff->gf", rows.curvature), axis=1, kind="stable")
    feedback = _feedback(rows.damped(settings.damping), order)
    rounded = _rounded(rows, order, feedback)
    return rows.best(rounded, rows.nearest())


def _feedback(h: Array64, order: Ints) -> Array64:
    """(groups, features, features): how much of feature j's error feature k takes over, in the new order."""
    turned = order[:, ::-1]
    h = np.take_along_axis(np.take_along_axis(h, turned[:, :, None], 1), turned[:, None, :], 2)
    upper = np.linalg.cholesky(h)[:, ::-1, ::-1]
    return np.asarray(upper / np.einsum("gff->gf", upper)[:, None, :])


def _rounded(rows: Rows, order: Ints, feedback: Array64) -> Array64:
    grid = rows.grid.ordered(order)
    free = None if rows.free is None else np.take_along_axis(rows.free, order[:, None, :], 2)
    wanted = np.take_along_axis(rows.target, order[:, None, :], 2)
    errors = np.zeros_like(wanted)
    features = wanted.shape[2]
    for start in range(0, features, _BLOCK):
        rows.job.check()
        stop = min(start + _BLOCK, features)
        taken = errors[:, :, :start] @ feedback[:, :start, start:stop]
        for k in range(start, stop):
            inside = errors[:, :, start:k] @ feedback[:, start:k, k, None]
            value = wanted[:, :, k] + taken[:, :, k - start] + inside[:, :, 0]
            errors[:, :, k] = wanted[:, :, k] - rows.kept(grid.nearest(value, k), k, free)
    back = np.argsort(order, axis=1)
    return np.take_along_axis(wanted - errors, back[:, None, :], 2)
