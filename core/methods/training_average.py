"""An exponential moving average of a net's weights and statistics. torch is imported inside functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from core.execute.torch_graph import TorchGraph


def tensors_of(net: TorchGraph) -> dict[str, Tensor]:
    """What training changes: trainable weights and running statistics by initializer name, the live tensors."""
    found = {n: p.detach() for n, p in net.named_initializers() if p.requires_grad}
    found.update(net.named_statistics())
    return found


def copy_into(net: TorchGraph, values: Mapping[str, Tensor]) -> None:
    """Write numbers into the net, in place."""
    import torch

    live = tensors_of(net)
    names = list(values)
    with torch.no_grad():
        torch._foreach_copy_([live[n] for n in names], [values[n] for n in names])


class Average:
    """After step t: average ← d · average + (1 - d) · value, with d = min(decay, (1 + t) / (10 + t)).

    The smaller d of the first steps lets the average leave the untrained weights quickly, as in Tan and Le 2019
    (EfficientNet) and TensorFlow's ExponentialMovingAverage.
    """

    def __init__(self, net: TorchGraph, decay: float) -> None:
        self._net, self._decay = net, decay
        self._live = tensors_of(net)
        self.values = {n: t.clone() for n, t in self._live.items()}

    def update(self, step: int) -> None:
        """Take in the net's numbers after step number ``step`` (from 1)."""
        import torch

        decay = min(self._decay, (1 + step) / (10 + step))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.values.values()), list(self._live.values()), 1 - decay)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """The net holds the averages inside."""
        own = {n: t.clone() for n, t in tensors_of(self._net).items()}
        copy_into(self._net, self.values)
        try:
            yield
        finally:
            copy_into(self._net, own)
