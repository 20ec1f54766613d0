"""How to train, and what a training was like."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from core.model.model import Model
from core.report import Curve

RATE, RATE_WITHOUT_NORM = 0.01, 0.001  # without BatchNormalization larger steps were measured to diverge
ADAMW_RATE = 0.001
NORM_LIMIT = 1.0
MOST_POINTS = 500


class Optimizer(Enum):
    """SGD with Nesterov-free momentum, or AdamW (Loshchilov and Hutter 2019, arXiv:1711.05101)."""

    SGD = "sgd"
    ADAMW = "adamw"


class Schedule(Enum):
    """How the learning rate falls: see :func:`core.methods.training_schedule.rate_at`."""

    COSINE = "cosine"
    STEP = "step"
    CONSTANT = "constant"


class Keep(Enum):
    """Which weights a training ends with: those of the best validation, or the last ones."""

    BEST = "best"
    LAST = "last"


@dataclass(frozen=True, slots=True)
class Settings:
    """How to train.

    ``warmup`` is in epochs, a part of one allowed; ``milestones`` are shares of the steps after which the rate of a
    step schedule is multiplied by ``gamma``. ``clip_norm`` limits the norm of the whole gradient, None leaves it.
    ``ema`` is the decay of an exponential moving average of weights and statistics, None keeps none. ``patience`` ends
    the training after so many epochs without a better validation. ``keep`` BEST needs validation items.
    ``max_steps`` ends it after so many steps without changing the schedule: what a stop by the user is replayed with.
    """

    epochs: int
    learning_rate: float
    momentum: float = 0.9
    weight_decay: float = 5e-4
    optimizer: Optimizer = Optimizer.SGD
    schedule: Schedule = Schedule.COSINE
    warmup: float = 0.0
    milestones: tuple[float, ...] = (0.5, 0.75)
    gamma: float = 0.1
    clip_norm: float | None = None
    ema: float | None = None
    patience: int | None = None
    keep: Keep = Keep.LAST
    max_steps: int | None = None
    seed: int = 0
    threads: int = 1
    device: str = "cpu"


@dataclass(frozen=True, slots=True)
class Validation:
    """How the net did on the validation items: ``loss``, and ``accuracy`` in 0..1 (None where none is labelled)."""

    loss: float
    accuracy: float | None

    def better_than(self, other: Validation | None) -> bool:
        """By accuracy, then by loss: a small validation set knows few different accuracies.

        Never with a loss that is no number: the first class is then every item's answer, and right by chance.
        """
        if other is None or math.isnan(self.loss):
            return not math.isnan(self.loss)
        return (self.accuracy or 0.0, -self.loss) > (other.accuracy or 0.0, -other.loss)


@dataclass(frozen=True, slots=True)
class History:
    """Loss and learning rate of every step, accuracy on the training items and validation of every epoch.

    ``kept`` is the number of steps after which the weights that were kept had been reached, ``stopped`` whether the
    user ended the training there or before its time, ``early`` whether patience did. ``passed`` validations came first
    that could choose nothing, because a hook had not reached its goal.
    """

    loss: tuple[float, ...]
    accuracy: tuple[float, ...]
    validations: tuple[Validation, ...] = ()
    rates: tuple[float, ...] = ()
    kept: int = 0
    stopped: bool = False
    early: bool = False
    passed: int = 0

    @property
    def choices(self) -> tuple[Validation, ...]:
        """The validations that could choose what is kept."""
        return self.validations[self.passed :]

    def curves(self) -> tuple[Curve, ...]:
        """At most some hundred points a curve: loss as means over equal stretches of steps, accuracies in percent."""
        width = max(math.ceil(len(self.loss) / MOST_POINTS), 1)
        starts = range(0, len(self.loss), width)
        steps = tuple(float(k) for k in starts)
        means = tuple(float(np.mean(self.loss[k : k + width])) for k in starts)
        curves = [
            Curve("Training loss", "step", "loss", steps, means),
            _by_epoch("Accuracy on the training items", self.accuracy),
        ]
        if known := [v.accuracy for v in self.validations if v.accuracy is not None]:
            curves.append(_by_epoch("Accuracy on the validation items", known))
        if self.rates:
            curves.append(Curve("Learning rate", "step", "rate", steps, tuple(self.rates[k] for k in starts)))
        return tuple(curves)


def _by_epoch(title: str, shares: Sequence[float]) -> Curve:
    return Curve(title, "epoch", "%", tuple(float(k + 1) for k in range(len(shares))), tuple(100 * a for a in shares))


def default_rate(model: Model, optimizer: Optimizer = Optimizer.SGD) -> float:
    """A learning rate that tunes networks with BatchNormalization and does not blow up those without."""
    if optimizer is Optimizer.ADAMW:
        return ADAMW_RATE
    return RATE if has_norm(model) else RATE_WITHOUT_NORM


def has_norm(model: Model) -> bool:
    """Whether the graph has BatchNormalization (False where it was folded into the convolutions)."""
    return any(n.op_type == "BatchNormalization" for n in model.nodes())
