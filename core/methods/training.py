"""The one training loop: SGD with momentum on a cosine schedule, seeded, reporting and cancelled through a Job.

torch is imported inside functions, so that method modules which import this one load at once.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.data.tasks import class_scores
from core.errors import UserError
from core.jobs import Job
from core.methods.losses import Loss
from core.methods.training_data import Sample, Samples, augmented, with_free_batch
from core.model.model import InputSpec, Model
from core.report import Curve

if TYPE_CHECKING:
    from torch import Generator, Tensor
    from torch.nn import Parameter
    from torch.optim import Optimizer

    from core.execute.torch_graph import TorchGraph

RATE, RATE_WITHOUT_NORM = 0.01, 0.001  # without BatchNormalization larger steps were measured to diverge
NORM_LIMIT = 1.0
_MOST_POINTS = 500


@dataclass(frozen=True, slots=True)
class Settings:
    """How to train. ``clip_norm`` limits the norm of the whole gradient, None leaves it.

    ``shift`` moves images a little, ``flip`` mirrors half of them: see :func:`core.methods.training_data.augmented`.
    """

    epochs: int
    learning_rate: float
    momentum: float = 0.9
    weight_decay: float = 5e-4
    clip_norm: float | None = None
    shift: bool = False
    flip: bool = False
    seed: int = 0
    threads: int = 1


@dataclass(frozen=True, slots=True)
class History:
    """Loss of every step, and the share of labelled training items answered right in every epoch."""

    loss: tuple[float, ...]
    accuracy: tuple[float, ...]

    def curves(self) -> tuple[Curve, ...]:
        """At most some hundred points of loss (means over equal stretches of steps), and accuracy in percent."""
        width = max(math.ceil(len(self.loss) / _MOST_POINTS), 1)
        starts = range(0, len(self.loss), width)
        means = tuple(float(np.mean(self.loss[k : k + width])) for k in starts)
        epochs = tuple(float(k + 1) for k in range(len(self.accuracy)))
        percent = tuple(100 * a for a in self.accuracy)
        return (
            Curve("Training loss", "step", "loss", tuple(float(k) for k in starts), means),
            Curve("Accuracy on the training items", "epoch", "%", epochs, percent),
        )


class Trainer:
    """Trains ``net`` in place; equal settings, items and threads give equal bytes on the same machine.

    ``loss`` is given the values of the outputs, of ``scores`` and of ``keep``, and the batch. ``scores`` names the
    value [B, C, 1...] whose largest entry is the answer, ``offset`` what its index exceeds the label by. Weight decay
    spares normalizations and biases.
    """

    def __init__(
        self,
        net: TorchGraph,
        samples: Samples,
        loss: Loss,
        scores: str,
        settings: Settings,
        keep: Collection[str] = (),
        offset: int = 0,
    ) -> None:
        self.net, self.samples, self.loss, self.scores = net, samples, loss, scores
        self.settings, self.offset = settings, offset
        self._keep = frozenset((scores, *keep))
        self._total = settings.epochs * samples.steps
        self._losses: list[float] = []

    def run(self, job: Job) -> History:
        """All epochs.

        Raises UserError where nothing can be trained or the loss stops being a number, Cancelled one layer at most
        after the user's cancel (the net is then half trained).
        """
        weights = [p for p in self.net.parameters() if p.requires_grad]
        if not weights:
            raise UserError("There is nothing to train: no weight of the model is in scope.")
        accuracy = []
        with _reproducible(self.settings) as generator:
            optimizer = _optimizer(weights, self.settings)
            self.net.train()
            self.net.between_layers = job.check
            try:
                for epoch in range(self.settings.epochs):
                    accuracy.append(self._epoch(epoch, optimizer, generator, job))
                    job.point("training accuracy", epoch + 1, 100 * accuracy[-1])
            finally:
                self.net.between_layers = None
                self.net.eval()
        return History(tuple(self._losses), tuple(accuracy))

    def _epoch(self, epoch: int, optimizer: Optimizer, generator: Generator, job: Job) -> float:
        """The share of labelled items answered right while training on them."""
        import torch

        order: list[int] = torch.randperm(self.samples.count, generator=generator).tolist()
        right = known = 0
        for sample in self.samples.batches(order):
            if self.settings.shift or self.settings.flip:
                sample = augmented(sample, self.samples.inputs, generator, self.settings.shift, self.settings.flip)
            scores = self._step(sample, optimizer, job)
            labelled = sample.labels >= 0
            right += int(((scores.argmax(1) == sample.labels + self.offset) & labelled).sum())
            known += int(labelled.sum())
            step = len(self._losses)
            job.progress(step / self._total, f"Epoch {epoch + 1} of {self.settings.epochs}")
        return right / max(known, 1)

    def _step(self, sample: Sample, optimizer: Optimizer, job: Job) -> Tensor:
        """One step down the gradient; returns the scores [B, C]."""
        import torch

        step = len(self._losses)
        for group in optimizer.param_groups:
            group["lr"] = cosine(self.settings.learning_rate, step, self._total)
        values = self.net(sample.feed, keep=self._keep)
        loss = self.loss(values, sample)
        number = float(loss.item())
        if not math.isfinite(number):
            raise UserError(
                f"Training blew up: the loss is {number} at step {step + 1}.",
                f"Choose a learning rate below {self.settings.learning_rate:g}.",
            )
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        if self.settings.clip_norm is not None:
            torch.nn.utils.clip_grad_norm_(self.net.parameters(), self.settings.clip_norm)
        optimizer.step()
        self._losses.append(number)
        if step % max(self._total // _MOST_POINTS, 1) == 0:
            job.point("loss", step, number)
        scores: Tensor = values[self.scores].detach()
        return scores.flatten(1)


def cosine(rate: float, step: int, total: int) -> float:
    """The learning rate at a step: half a cosine from ``rate`` to 0 (Loshchilov and Hutter 2017, one period)."""
    return rate * 0.5 * (1 + math.cos(math.pi * step / total))


def default_rate(model: Model) -> float:
    """A learning rate that trains networks with BatchNormalization and does not blow up those without."""
    return RATE if has_norm(model) else RATE_WITHOUT_NORM


def has_norm(model: Model) -> bool:
    """Whether the graph has BatchNormalization (False where it was folded into the convolutions)."""
    return any(n.op_type == "BatchNormalization" for n in model.nodes())


def training_inputs(net: TorchGraph, model: Model) -> tuple[InputSpec, ...]:
    """The model's inputs; a batch fixed in the file is freed where the graph itself works with any batch."""
    fixed = [s.shape[0] for s in model.inputs if s.shape and isinstance(s.shape[0], int)]
    if not fixed:
        return model.inputs
    free, other = with_free_batch(model.inputs), max(fixed) + 1
    try:
        outputs = probe(net, free, other)
    except UserError:  # some constant in the graph holds the batch
        return model.inputs
    return free if all(v.shape[:1] == (other,) for v in outputs.values()) else model.inputs


def probe(net: TorchGraph, inputs: Sequence[InputSpec], batch: int) -> dict[str, Tensor]:
    """The outputs for zeros in evaluation mode: tells shapes, changes nothing."""
    import torch

    was = net.training
    net.eval()
    with torch.no_grad():
        outputs: dict[str, Tensor] = net({s.name: torch.from_numpy(np.zeros(s.bound(batch), s.dtype)) for s in inputs})
    net.train(was)
    return outputs


def logits_name(model: Model, net: TorchGraph) -> tuple[str, int]:
    """(value that holds the class scores, seen before a final Softmax; number of classes).

    Raises UserError where the model has no output of class scores.
    """
    outputs = {n: v.numpy() for n, v in probe(net, model.inputs, 1).items()}
    scores = class_scores(outputs)
    name = next(n for n, v in outputs.items() if np.may_share_memory(v, scores))
    value = next(v for v in model.graph.graph.outputs if v.name == name)
    while (node := value.producer()) is not None and node.op_type in ("Identity", "Softmax"):
        source = node.inputs[0]
        if source is None:
            break
        value = source
        if node.op_type == "Softmax":
            break
    return value.name or name, int(scores.shape[1])


@contextmanager
def _reproducible(settings: Settings) -> Iterator[Generator]:
    """Seeded, on a fixed number of threads; the caller's random state and threads come back afterwards."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(settings.threads)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(settings.seed)
            yield torch.Generator().manual_seed(settings.seed)
    finally:
        torch.set_num_threads(threads)


def _optimizer(weights: Sequence[Parameter], settings: Settings) -> Optimizer:
    """Only tensors with two real axes decay: biases and the rows of normalizations have one."""
    import torch

    decayed = [p for p in weights if sum(d > 1 for d in p.shape) > 1]
    others = [p for p in weights if sum(d > 1 for d in p.shape) <= 1]
    groups = [{"params": decayed, "weight_decay": settings.weight_decay}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.SGD([g for g in groups if g["params"]], lr=settings.learning_rate, momentum=settings.momentum)
