"""Weights that become powers of two group by group while the others go on training: a hook of the training loop.

torch is imported inside functions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from core.methods.quantize.formats import Blocks, Codes
from core.methods.quantize.formats.powers import Levels
from core.methods.quantize.formats.powers_of_two import largest_power
from core.methods.quantize.formats.scales import peaks
from core.methods.training_hooks import Hook
from core.model.weight_functions import POWERS

if TYPE_CHECKING:
    from torch import Tensor

    from core.execute.torch_graph import TorchGraph

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Grid:
    """The powers of two that one weight may become: the largest follows from the weights as they were at first."""

    blocks: Blocks
    scale: Array
    bits: int

    @classmethod
    def of(cls, weight: Array, blocks: Blocks, bits: int) -> Grid:
        return cls(blocks, largest_power(peaks(blocks.rows(weight))).astype(np.float32), bits)

    def nearest(self, weight: Array) -> Array:
        """Every weight at its nearest level, float32."""
        rows = self.blocks.rows(np.asarray(weight, np.float32))
        found: Array = self.blocks.join(Levels(POWERS, self.bits).values(rows, self.scale[:, None])).astype(np.float32)
        return found

    def stored(self, weight: Array) -> Codes:
        """As the file holds it; exact where the weight is at its levels already."""
        rows = self.blocks.rows(np.asarray(weight, np.float32))
        codes = self.blocks.join(Levels(POWERS, self.bits).encode(rows, self.scale[:, None]))
        return Codes(POWERS, self.bits, codes, scale=self.scale, blocks=self.blocks)


def chosen(weight: Array, fixed: Array, share: float) -> Array:
    """Which weights are fixed once ``share`` of all are: those that were, and the largest of the others.

    Of equally large ones the first in memory. Zhou et al. 2017, section 2.2: larger weights matter more, so they are
    fixed first and the smaller ones make up for it.
    """
    wanted = round(share * weight.size) - int(fixed.sum())
    found = fixed.copy().reshape(-1)
    if wanted > 0:
        sizes = np.where(found, -1.0, np.abs(weight).reshape(-1))
        found[np.argsort(-sizes, kind="stable")[:wanted]] = True
    return found.reshape(weight.shape)


class FixPowers(Hook):
    """Fixes more and more weights at powers of two; the others are trained on.

    ``shares`` of each tensor's weights are fixed at equal distances, the first before the first step; after the last,
    which is 1, biases and normalizations alone are trained. Zhou et al. 2017, "Incremental Network Quantization"
    (arXiv:1702.03044), algorithm 1. Gradients flow to free weights only (equation 7).
    """

    name = "incremental"

    def __init__(self, blocks: Mapping[str, Blocks], bits: int, shares: Sequence[float]) -> None:
        self._blocks, self._bits, self._shares = dict(blocks), bits, tuple(shares)
        self._times: tuple[int, ...] = (0,) * len(self._shares)
        self.grids: dict[str, Grid] = {}
        self._fixed: dict[str, Tensor] = {}
        self._values: dict[str, Tensor] = {}
        self.reached = 0.0  # share of the weights that are fixed

    def expect(self, steps: int) -> None:
        self._times = tuple(k * steps // len(self._shares) for k in range(len(self._shares)))

    def settled(self, step: int) -> bool:
        return step >= self._times[-1]

    def start(self, net: TorchGraph) -> None:
        import torch

        for name, blocks in self._blocks.items():
            weight = net.initializer(name).detach()
            self.grids[name] = Grid.of(weight.cpu().numpy(), blocks, self._bits)
            self._fixed[name] = torch.zeros(weight.shape, dtype=torch.bool, device=weight.device)
            self._values[name] = torch.zeros_like(weight)
        self.after_step(net, 0)

    def weights(self, current: Mapping[str, Tensor], step: int) -> Mapping[str, Tensor]:
        import torch

        return {n: torch.where(fixed, self._values[n], current[n]) for n, fixed in self._fixed.items()}

    def after_step(self, net: TorchGraph, step: int) -> None:
        import torch

        due = [share for time, share in zip(self._times, self._shares, strict=True) if time == step]
        if not due:
            return
        self.reached = due[-1]
        for name, grid in self.grids.items():
            weight = net.initializer(name).detach().cpu().numpy()
            before = self._fixed[name].cpu().numpy()
            after = chosen(weight, before, self.reached)
            values = np.where(after & ~before, grid.nearest(weight), self._values[name].cpu().numpy())
            self._fixed[name].copy_(torch.from_numpy(after))
            self._values[name].copy_(torch.from_numpy(values))

    def finish(self, net: TorchGraph) -> None:
        import torch

        for name, fixed in self._fixed.items():
            weight = net.initializer(name)
            weight.copy_(torch.where(fixed, self._values[name], weight))

    def state(self) -> Mapping[str, Tensor]:
        import torch

        fixed = {f"fixed/{n}": t for n, t in self._fixed.items()}
        values = {f"value/{n}": t for n, t in self._values.items()}
        scales = {f"scale/{n}": torch.from_numpy(g.scale) for n, g in self.grids.items()}
        return {**fixed, **values, **scales, "reached": torch.tensor(self.reached, dtype=torch.float64)}

    def load(self, state: Mapping[str, Tensor]) -> None:
        self.reached = float(state["reached"])
        for name in self._fixed:
            self._fixed[name].copy_(state[f"fixed/{name}"])
            self._values[name].copy_(state[f"value/{name}"])
            scale = state[f"scale/{name}"].cpu().numpy()
            self.grids[name] = Grid(self._blocks[name], scale, self._bits)
