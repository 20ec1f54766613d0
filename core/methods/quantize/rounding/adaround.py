"""Every weight up or down, learned: AdaRound.

Nagel et al., "Up or Down? Adaptive Rounding for Post-Training Quantization", 2020 (arXiv:2004.10568): a rectified
sigmoid h(V) in 0..1 says how far each weight goes up; a regulariser, annealed from lenient to strict, drives it to
0 or 1. The loss is the layer's quadratic form, so no item is needed while learning.
"""

from __future__ import annotations

import numpy as np

from core.methods.quantize.rounding.grid import Array64
from core.methods.quantize.rounding.rounder import RoundingSettings, Rows, rounder

_STRETCH = (-0.1, 1.1)  # of the sigmoid, so that 0 and 1 are reached
_WARM = 0.2  # share of the steps without the regulariser
_STRICT = (20.0, 2.0)  # its exponent, first and last
_WEIGHT = 3.0  # of the regulariser, where the loss is 1 a weight when rounded to the nearest
_RATE = 0.03


@rounder("adaround", "up or down as learned (AdaRound)")
def adaround(rows: Rows, settings: RoundingSettings) -> Array64:
    """Learned rounding; a row that comes out worse than rounded to the nearest is rounded to the nearest."""
    below, above = (rows.kept(side) for side in rows.grid.around(rows.target))
    nearest = rows.nearest()
    up = _learned(rows, settings, below, above, float(rows.cost(nearest).sum()))
    return rows.best(np.where(up > 0.5, above, below), nearest)


def _learned(rows: Rows, settings: RoundingSettings, below: Array64, above: Array64, scale: float) -> Array64:
    """h(V) after all steps, (groups, outputs, features). Gradients are written out: autograd takes twice the time."""
    import torch

    step = above - below
    free = step > 0
    if scale <= 0 or not free.any():
        return np.zeros(step.shape)
    low, high = _STRETCH
    share = np.divide(rows.target - below, step, out=np.zeros_like(step), where=free).clip(0.001, 0.999)
    start = (share - low) / (high - low)
    v, h, floor, gap, flags = (
        torch.from_numpy(np.ascontiguousarray(a, np.float32))
        for a in (np.log(start / (1 - start)), rows.damped(settings.damping), below - rows.target, step, free)
    )
    adam = torch.optim.Adam([v], _RATE)
    before, count = torch.get_num_threads(), float(free.sum())
    torch.set_num_threads(rows.threads)
    try:
        for k in range(settings.rounding_steps):
            rows.job.check()
            sigmoid = torch.sigmoid(v)
            up = (sigmoid * (high - low) + low).clamp(0, 1)
            pull = ((floor + up * gap) @ h) * gap * (2 * count / scale)
            done = (k / settings.rounding_steps - _WARM) / (1 - _WARM)
            if done >= 0:  # d/dh of 1 - |2h - 1|**strict
                strict = _STRICT[1] + (_STRICT[0] - _STRICT[1]) * (1 - done)
                side = 2 * up - 1
                pull -= (2 * _WEIGHT * strict) * side.abs().pow(strict - 1) * side.sign() * flags
            v.grad = pull * sigmoid * (1 - sigmoid) * ((up > 0) & (up < 1))
            adam.step()
    finally:
        torch.set_num_threads(before)
    return np.asarray((torch.sigmoid(v) * (high - low) + low).clamp(0, 1).numpy(), np.float64)
