"""The learning rate of every step, and the optimizer that uses it. torch is imported inside functions."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from core.methods.training_settings import Optimizer, Schedule, Settings

if TYPE_CHECKING:
    from torch.nn import Parameter
    from torch.optim import Optimizer as TorchOptimizer


def rate_at(settings: Settings, step: int, per_epoch: int) -> float:
    """The learning rate at a step (from 0) of a training with ``per_epoch`` steps an epoch.

    A linear warm-up (Goyal et al. 2017, arXiv:1706.02677) reaches the full rate at its last step. Then half a cosine
    to 0 over what is left (Loshchilov and Hutter 2017, arXiv:1608.03983, one period), falls at milestones, or nothing.
    """
    total = settings.epochs * per_epoch
    warm = min(round(settings.warmup * per_epoch), total)
    if step < warm:
        return settings.learning_rate * (step + 1) / warm
    if settings.schedule is Schedule.COSINE:
        return cosine(settings.learning_rate, step - warm, total - warm)
    if settings.schedule is Schedule.STEP:
        falls = sum(step >= round(share * total) for share in settings.milestones)
        return settings.learning_rate * settings.gamma**falls
    return settings.learning_rate


def cosine(rate: float, step: int, total: int) -> float:
    """Half a cosine from ``rate`` at step 0 to 0 at step ``total``."""
    return rate * 0.5 * (1 + math.cos(math.pi * step / total))


def make_optimizer(
    weights: Mapping[str, Parameter], others: Iterable[Parameter], settings: Settings, spared: Collection[str] = ()
) -> TorchOptimizer:
    """SGD or AdamW over ``weights``; those named in ``spared`` and ``others`` (parameters of hooks) never decay.

    Nor do tensors with one real axis: biases and the rows of normalizations. The fused kernels update
    all tensors in one call; they are as deterministic as the loops.
    """
    import torch

    decays = {n: n not in spared and sum(d > 1 for d in p.shape) > 1 for n, p in weights.items()}
    decayed = [p for n, p in weights.items() if decays[n]]
    rest = [p for n, p in weights.items() if not decays[n]]
    groups = [
        {"params": decayed, "weight_decay": settings.weight_decay},
        {"params": [*rest, *others], "weight_decay": 0.0},
    ]
    used = [g for g in groups if g["params"]]
    fused = True if settings.device in ("cpu", "cuda") else None
    if settings.optimizer is Optimizer.ADAMW:
        return torch.optim.AdamW(used, lr=settings.learning_rate, fused=fused)
    return torch.optim.SGD(used, lr=settings.learning_rate, momentum=settings.momentum, fused=fused)
