"""Masks that move while a network is trained: hooks of the training loop.

The net keeps the numbers of masked weights and every pass runs without them, so a weight that is masked too early can
come back as long as the mask moves. torch is imported inside functions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import numpy as np

from core.methods.prune.weight_scores import Floats, choose, magnitude, marked_gone
from core.methods.training_hooks import Hook
from core.model.masks import Flags, Units
from core.params import Field

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Parameter

    from core.execute.torch_graph import TorchGraph

GROUP = "Mask"  # of a form: when the mask moves
EndField = Annotated[
    float, Field("End", "Share of the training after which the mask stands still.", 0.01, 1.0, "share", group=GROUP)
]
EveryField = Annotated[
    int | None,
    Field("Steps between updates", "Empty: the mask is chosen anew about 50 times.", 1, 100_000, group=GROUP),
]


@dataclass(frozen=True, slots=True)
class Cubic:
    """s_t = s_f + (s_i - s_f) (1 - (t - t0) / (n dt))^3 at t = t0, t0 + dt, ..., t0 + n dt, s_i before, s_f after.

    Zhu and Gupta 2017, "To prune, or not to prune" (arXiv:1710.01878), equation 1. ``begin`` is t0, ``every`` dt and
    ``updates`` n, counted in training steps.
    """

    initial: float
    final: float
    begin: int
    every: int
    updates: int

    @classmethod
    def over(cls, initial: float, final: float, begin: float, end: float, every: int | None, total: int) -> Cubic:
        """From the share ``begin`` of ``total`` steps to the share ``end``; every None: in about 50 updates."""
        first, last = int(begin * total), max(int(end * total), 1)
        span = max(last - first, 1)
        step = min(every or max(span // 50, 1), span)
        return cls(initial, final, first, step, span // step)

    @property
    def end(self) -> int:
        """The step at which the last update is made."""
        return self.begin + self.every * self.updates

    def moves_at(self, step: int) -> bool:
        """Whether the mask is chosen anew after this many steps."""
        return self.begin <= step <= self.end and (step - self.begin) % self.every == 0

    def at(self, step: int) -> float:
        """The target after so many steps."""
        if step < self.begin:
            return self.initial
        done = min((step - self.begin) // self.every, self.updates) / self.updates
        return self.final + (self.initial - self.final) * (1 - done) ** 3


class Criterion(Enum):
    """What decides which weights go while training: how large they are, or where training moves them."""

    MAGNITUDE = "magnitude"
    MOVEMENT = "movement"


class GradualMask(Hook):
    """Masks the lowest scores, up to a sparsity that rises along a schedule.

    MAGNITUDE, Zhu and Gupta 2017: the mask is chosen anew from the weights' sizes; masked weights take no part in
    passes and get no gradient (weight decay and what momentum is left still move them). MOVEMENT, Sanh et al. 2020,
    "Movement Pruning" (arXiv:2005.07683): every part has a score that starts at 0 and is trained with a
    straight-through estimator, dL/dS = dL/dW' · W summed over the part, so parts that training pushes away from zero
    stay; for parts of several weights, Lagunas et al. 2021 (arXiv:2109.04838). Scores follow the same optimizer and
    learning rate as the weights, without decay: with SGD their order does not depend on the rate's size.
    """

    name = "gradual"

    def __init__(
        self,
        parts: Mapping[str, Units],
        criterion: Criterion,
        initial: float,
        final: float,
        span: tuple[float, float],
        every: int | None,
        everywhere: bool,
    ) -> None:
        self._parts, self._criterion, self._everywhere = dict(parts), criterion, everywhere
        self._goal = initial, final, *span, every
        self.schedule = Cubic.over(*self._goal, 1)
        self._kept: dict[str, Tensor] = {}
        self._scores: dict[str, Parameter] = {}
        self.reached = 0  # steps after which the net was as it is

    def expect(self, steps: int) -> None:
        self.schedule = Cubic.over(*self._goal, steps)

    def settled(self, step: int) -> bool:
        return step >= self.schedule.end

    def start(self, net: TorchGraph) -> None:
        import torch

        self._kept, self._scores = {}, {}
        for name, parts in self._parts.items():
            device = net.initializer(name).device
            self._kept[name] = torch.ones(parts.count, dtype=torch.uint8, device=device)
            if self._criterion is Criterion.MOVEMENT:
                self._scores[name] = torch.nn.Parameter(torch.zeros(parts.count, device=device))
        self.after_step(net, 0)

    def parameters(self) -> Iterable[Parameter]:
        return self._scores.values()

    def weights(self, current: Mapping[str, Tensor], step: int) -> Mapping[str, Tensor]:
        found = {}
        for name, parts in self._parts.items():
            mask = self._kept[name].to(current[name].dtype)
            if name in self._scores:
                scores = self._scores[name]
                mask = mask + (scores - scores.detach())  # the mask's value, the scores' gradient
            found[name] = current[name] * parts.join(mask[:, None])
        return found

    def after_step(self, net: TorchGraph, step: int) -> None:
        self.reached = step
        if not self.schedule.moves_at(step):
            return
        import torch

        scores = {name: self._scored(net, name) for name in self._parts}
        for name, kept in choose(scores, self._parts, self.schedule.at(step), self._everywhere).items():
            self._kept[name].copy_(torch.from_numpy(kept.astype(np.uint8)))

    def _scored(self, net: TorchGraph, name: str) -> Floats:
        weights: Floats = self._parts[name].split(net.initializer(name).detach().cpu().numpy())
        if name not in self._scores:
            return magnitude(weights)
        return marked_gone(self._scores[name].detach().cpu().numpy(), weights)

    def masks(self) -> dict[str, Flags]:
        """Initializer name -> which weights are kept, in the tensor's shape."""
        kept = {n: k.cpu().numpy().astype(bool) for n, k in self._kept.items()}
        return {n: self._parts[n].join(k[:, None]) for n, k in kept.items()}

    def finish(self, net: TorchGraph) -> None:
        import torch

        for name, kept in self.masks().items():
            weight = net.initializer(name)
            weight.masked_fill_(torch.from_numpy(~kept).to(weight.device), 0.0)

    def state(self) -> Mapping[str, Tensor]:
        import torch

        masks = {f"mask/{n}": t for n, t in self._kept.items()}
        scores = {f"score/{n}": p.detach() for n, p in self._scores.items()}
        return {**masks, **scores, "reached": torch.tensor(self.reached)}

    def load(self, state: Mapping[str, Tensor]) -> None:
        import torch

        self.reached = int(state["reached"])
        with torch.no_grad():
            for name, kept in self._kept.items():
                kept.copy_(state[f"mask/{name}"])
            for name, scores in self._scores.items():
                scores.copy_(state[f"score/{name}"])
