"""Cross-entropy on the items of a score, and its gradients by unit; torch is imported inside functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.data.tasks import background_offset, check_labels
from core.errors import UserError
from core.methods.prune.scores.running import Piece, Running
from core.methods.prune.scores.score import Evidence, Floats
from core.methods.training_net import logits_name
from core.model.channels import Member

if TYPE_CHECKING:
    from torch import Tensor


class CrossEntropy:
    """The mean cross-entropy of a batch against its labels.

    An item without a label counts by the class that the uncut network answers: the loss then says how much of its
    own certainty the network loses. (The distance to its own outputs would not do: its gradient is zero everywhere.)
    Raises UserError where the model gives no class scores, or an item has a class that the model lacks.
    """

    def __init__(self, evidence: Evidence, run: Running) -> None:
        self._net, self._device = run.net, run.device
        run.net.cpu()  # the network is tried once, on numbers that numpy can look at
        self.scores, classes = logits_name(evidence.model, run.net)
        run.net.to(run.device)
        self._offset = background_offset(classes, evidence.model.labels, run.data)
        check_labels(run.data, classes, self._offset)
        unknown = sum(i.label is None for i in run.data.items)
        if unknown:
            evidence.note(
                f"{unknown} of the {run.items} items have no label; there the network's own answer counted as right."
            )

    def targets(self, piece: Piece) -> Tensor:
        """The class that counts as right, [B]; -100 for copies that fill a batch."""
        import torch

        known = piece.labels + self._offset
        if bool((piece.labels >= 0).all()):
            return known
        with torch.no_grad():
            own = self._net(piece.feed, keep=[self.scores])[self.scores].flatten(1).argmax(1)
        right = torch.where(piece.labels >= 0, known, own)
        right[piece.count :] = -100
        return right

    def of(self, piece: Piece, targets: Tensor, swap: Mapping[str, Tensor] | None = None) -> Tensor:
        """The loss of a batch, a scalar, with other tensors in place of some initializers."""
        from torch.nn import functional

        given = self._net(piece.feed, keep=[self.scores], swap=swap)[self.scores].flatten(1)
        return functional.cross_entropy(given, targets)

    def summed(self, piece: Piece, targets: Tensor, keep: Sequence[str]) -> tuple[Tensor, dict[str, Tensor]]:
        """The sum of the items' losses, and the values named in ``keep``: gradients then belong to single items."""
        from torch.nn import functional

        values = self._net(piece.feed, keep=[self.scores, *keep])
        return functional.cross_entropy(values[self.scores].flatten(1), targets, reduction="sum"), values

    def answers(self, piece: Piece, swap: Mapping[str, Tensor] | None = None) -> Tensor:
        """The class scores before softmax of the real items, [count, C]."""
        return piece.real(self._net(piece.feed, keep=[self.scores], swap=swap)[self.scores].flatten(1))


def parameters(run: Running, members: Iterable[Member], evidence: Evidence) -> dict[str, Tensor]:
    """The tensors of members that gradients can be taken of, by name: the network's own, or constants made so.

    Raises UserError for a weight that the graph computes.
    """
    import torch

    own = dict(run.net.named_initializers())
    found: dict[str, Tensor] = {}
    for name in dict.fromkeys(m.tensor for m in members):
        if name in own:
            found[name] = own[name]
            continue
        array = evidence.groups.facts.constants.get(name)
        if array is None:
            raise UserError(f"The weights '{name}' are computed in the graph, so no gradient of them can be taken.")
        found[name] = torch.from_numpy(np.array(array)).to(run.device).requires_grad_()
    return found


def swapped(run: Running, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Those tensors that the network has to be given in place of its constants."""
    own = dict(run.net.named_initializers())
    return {name: tensor for name, tensor in tensors.items() if name not in own}


def by_position(values: Tensor, member: Member) -> Floats:
    """Sums of a tensor of the member's shape over everything but its axis: (positions,), float64."""
    flat = values.detach().double().movedim(member.axis, 0).reshape(len(member.units), -1)
    total: Floats = flat.sum(1).cpu().numpy()
    return total


def gradients(loss: Tensor, tensors: Sequence[Tensor]) -> list[Tensor]:
    """d loss / d tensor for each; zeros where the loss does not depend on it."""
    import torch

    found = torch.autograd.grad(loss, tensors, allow_unused=True)
    return [torch.zeros_like(t) if g is None else g for t, g in zip(tensors, found, strict=True)]
