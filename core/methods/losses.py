"""What training minimises. torch is imported inside functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from core.methods.training_data import Sample

if TYPE_CHECKING:
    from torch import Tensor

Loss = Callable[[Mapping[str, "Tensor"], Sample], "Tensor"]  # (values of the graph by name, batch) -> scalar
Scores = Callable[[Sample], "Tensor"]  # batch -> class scores [B, C] before softmax

UNKNOWN = -1


def cross_entropy(scores: str, offset: int = 0, smoothing: float = 0.0) -> Loss:
    """Mean cross-entropy over the labelled items of a batch; 0 where none is.

    ``scores`` names the value [B, C, 1...] before softmax; ``offset`` is added to labels (a background class);
    ``smoothing`` is the share of every target that is spread evenly over all classes (label smoothing, Szegedy et al.
    2016, "Rethinking the Inception Architecture"). Of a mixed item (mixup, Zhang et al. 2018; cutmix, Yun et al.
    2019) both labels count by their shares; an unknown one of the two counts nothing.
    """

    def term(given: Tensor, labels: Tensor, share: Tensor) -> tuple[Tensor, Tensor]:
        """(sum of the weighted losses, which items count [B])."""
        from torch.nn import functional

        counts = (labels >= 0) & (share > 0)
        targets = (labels + offset).where(counts, labels.new_tensor(UNKNOWN))
        each = functional.cross_entropy(
            given, targets, ignore_index=UNKNOWN, reduction="none", label_smoothing=smoothing
        )
        return (each * share).sum(), counts

    def loss(values: Mapping[str, Tensor], sample: Sample) -> Tensor:
        given = values[scores].flatten(1)
        share = given.new_ones(len(sample.labels))
        if sample.mixed is None:
            total, counts = term(given, sample.labels, share)
        else:
            share = share * sample.mixed.share
            own, counts = term(given, sample.labels, share)
            other, partner_counts = term(given, sample.mixed.labels, 1 - share)
            total, counts = own + other, counts | partner_counts
        return total / counts.sum().clamp(min=1)

    return loss


def distillation(scores: str, teacher: Scores, temperature: float) -> Loss:
    """T² · KL(teacher ‖ student) of the softened answers, averaged over the batch; labels play no part.

    Of mixed items the teacher sees the mixture, as the student does.
    Hinton, Vinyals and Dean 2015, "Distilling the Knowledge in a Neural Network"; T² keeps the gradient's size.
    """

    def loss(values: Mapping[str, Tensor], sample: Sample) -> Tensor:
        import torch
        from torch.nn import functional

        with torch.no_grad():
            wanted = torch.log_softmax(teacher(sample) / temperature, 1)
        given = torch.log_softmax(values[scores].flatten(1) / temperature, 1)
        return functional.kl_div(given, wanted, reduction="batchmean", log_target=True) * temperature**2

    return loss


def mixed(first: Loss, second: Loss, weight: float) -> Loss:
    """(1 - weight) · first + weight · second; a loss of weight 0 is not computed."""
    if weight in (0.0, 1.0):
        return second if weight else first

    def loss(values: Mapping[str, Tensor], sample: Sample) -> Tensor:
        return first(values, sample) * (1 - weight) + second(values, sample) * weight

    return loss
