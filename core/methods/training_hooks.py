"""What a method plugs into the training loop: transforms of weights, penalties, and steps of its own.

torch is imported inside functions.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from core.methods.training_data import Sample

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Parameter

    from core.execute.torch_graph import TorchGraph


class Hook:
    """Does nothing; a method overrides what it needs. Hooks are asked in the order in which they were given.

    ``name`` tells the hooks of one training apart in its checkpoint. ``keep`` names values of the graph,
    initializers among them, that :meth:`penalty` wants to see.
    """

    name: str = ""
    keep: Collection[str] = ()

    def expect(self, steps: int) -> None:
        """Before :meth:`start`: how many steps the training will have if nothing ends it early."""

    def settled(self, step: int) -> bool:
        """Whether the weights after so many steps may be kept: a method may have to reach its goal first.

        A validation before it chooses nothing, and does not count for patience.
        """
        return True

    def start(self, net: TorchGraph) -> None:
        """Before the first step and before a checkpoint is loaded; the net is on its device."""

    def parameters(self) -> Iterable[Parameter]:
        """Parameters of the hook's own that are to be trained, without weight decay; asked after :meth:`start`."""
        return ()

    def weights(self, current: Mapping[str, Tensor], step: int) -> Mapping[str, Tensor]:
        """The initializers to be replaced in this pass, by name; gradients flow into what they were made from.

        ``current``: every trainable initializer, as the hooks before this one have left it. ``step`` counts the steps
        done, and does not move during a validation.
        """
        return {}

    def penalty(self, values: Mapping[str, Tensor], sample: Sample) -> Tensor | None:
        """A scalar to be added to the loss of a training step; ``values`` are those of :attr:`keep`, and the scores."""
        return None

    def after_step(self, net: TorchGraph, step: int) -> None:
        """After the optimizer's step number ``step`` (from 1), without gradients: weights may be written in place."""

    def after_epoch(self, net: TorchGraph, epoch: int) -> None:
        """After epoch number ``epoch`` (from 1) and before its validation, without gradients."""

    def finish(self, net: TorchGraph) -> None:
        """Once, without gradients, when the net and the hook hold what is kept: write into the net what shall stay."""

    def state(self) -> Mapping[str, Tensor]:
        """All that must come back for the training to go on as if it had not been interrupted."""
        return {}

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Take back what :meth:`state` gave; its parameters must stay the same objects."""


def swapped(net: TorchGraph, hooks: Iterable[Hook], step: int) -> dict[str, Tensor] | None:
    """What the hooks put in the place of the net's initializers, one hook upon the other; None where nothing."""
    hooks = tuple(hooks)
    if not hooks:
        return None
    current: dict[str, Tensor] = dict(net.named_initializers())
    changed: dict[str, Tensor] = {}
    for hook in hooks:
        new = hook.weights(current, step)
        current.update(new)
        changed.update(new)
    return changed or None
