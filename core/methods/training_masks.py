"""Masked weights stay zero through every training: the hook that :func:`core.methods.training_act.train` adds itself.

A mask belongs to the network as its channels do, so a training from scratch keeps it too: it draws the other weights
anew. Trained so, a pruned network is what Liu et al. 2019 (arXiv:1810.05270) compare pruning with.

torch is imported inside functions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from core.methods.training_hooks import Hook
from core.model.masks import kept_weights
from core.model.model import Model

if TYPE_CHECKING:
    from torch import Tensor

    from core.execute.torch_graph import TorchGraph


class KeepMasks(Hook):
    """Masked weights are zero in every pass and get no gradient, so that neither momentum nor decay moves them.

    What is masked is read from the model, not from the net: its weights may have been drawn anew.
    """

    name = "masks"

    def __init__(self, model: Model) -> None:
        self._kept = dict(kept_weights(model))
        self._masks: dict[str, Tensor] = {}

    def __bool__(self) -> bool:
        return bool(self._kept)

    def notes(self) -> tuple[str, ...]:
        """What the report says of the masks; nothing where there are none."""
        if not self._kept:
            return ()
        return (f"Masked weights stayed zero, in {len(self._kept)} tensor{'' if len(self._kept) == 1 else 's'}.",)

    def start(self, net: TorchGraph) -> None:
        import torch

        weights = {n: p for n, p in net.named_initializers() if n in self._kept}
        self._masks = {n: torch.from_numpy(self._kept[n]).to(p.device) for n, p in weights.items()}
        with torch.no_grad():
            self.finish(net)

    def weights(self, current: Mapping[str, Tensor], step: int) -> Mapping[str, Tensor]:
        return {n: current[n] * mask for n, mask in self._masks.items()}

    def finish(self, net: TorchGraph) -> None:
        for name, mask in self._masks.items():
            net.initializer(name).masked_fill_(~mask, 0.0)
