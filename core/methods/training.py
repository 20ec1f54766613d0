"""The one training loop: seeded, resumed after a crash, ended by the user with the best so far, open to hooks.

What it uses stands beside it in ``training_*.py``. torch is imported inside functions, so that method modules which
import this one load at once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from core.errors import Cancelled, UserError
from core.jobs import Job
from core.methods.checkpoint import CheckpointFile, CheckpointPlace, Damaged
from core.methods.device import device_of
from core.methods.losses import Loss
from core.methods.training_average import Average
from core.methods.training_data import Sample, Samples
from core.methods.training_hooks import Hook, swapped
from core.methods.training_schedule import make_optimizer, rate_at
from core.methods.training_settings import MOST_POINTS, History, Keep, Settings, Validation
from core.methods.training_state import LoopState, Moving, from_file, to_file
from core.methods.training_validate import validate

if TYPE_CHECKING:
    from torch import Generator, Tensor

    from core.execute.torch_graph import TorchGraph

Augment = Callable[[Sample, "Generator"], Sample]

_UNREAD = 16  # losses that wait on an accelerator before they are fetched: every fetch waits for the device


class Trainer:
    """Trains ``net`` in place; equal settings, items and threads give equal bytes on the same machine.

    ``loss`` is given the values of the outputs, of ``scores`` and of ``keep``, and the batch. ``scores`` names the
    value [B, C, 1...] whose largest entry is the answer, ``offset`` what its index exceeds the label by.
    ``validation``: items that no step learns from; they choose what is kept (``settings.keep``) and end a training
    that no longer gets better (``settings.patience``). ``augment`` changes every training batch. ``spared`` names
    weights without decay. ``hooks``: see :class:`core.methods.training_hooks.Hook`. With a ``checkpoint`` an
    interrupted training goes on where it was, and ends with the bytes of one that was not interrupted; whoever owns
    the file deletes it once the result is safe.
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
        *,
        validation: Samples | None = None,
        augment: Augment | None = None,
        hooks: Sequence[Hook] = (),
        checkpoint: CheckpointPlace | None = None,
        spared: Collection[str] = (),
    ) -> None:
        self.net, self.samples, self.loss, self.scores = net, samples, loss, scores
        self.settings, self.offset, self.validation = settings, offset, validation
        self._augment, self._hooks, self._place, self._spared = augment, tuple(hooks), checkpoint, spared
        self._keep = tuple({scores, *keep, *(n for h in hooks for n in h.keep)})
        self._total = settings.epochs * samples.steps
        self._state = LoopState()
        self._unread: list[Tensor] = []
        self._ended = False

    def run(self, job: Job) -> History:
        """All epochs, or as many as the user, ``max_steps`` or patience lets it do.

        Raises UserError where nothing can be trained or the loss stops being a number, Cancelled one layer at most
        after the user's cancel (the net is then half trained).
        """
        weights = [p for p in self.net.parameters() if p.requires_grad]
        if not weights:
            raise UserError("There is nothing to train: no weight of the model is in scope.")
        device = device_of(self.settings.device)
        with _reproducible(self.settings) as generator, job.stoppable():
            self.net.to(device)
            self.net.train()
            self.net.between_layers = job.check
            try:
                self._start(generator, job)
                while not self._over():
                    self._epoch(job)
                self._finish()
            finally:
                self.net.between_layers = None
                self.net.eval()
                self.net.to("cpu")
        return self._history()

    def _start(self, generator: Generator, job: Job) -> None:
        """Make optimizer and average; go on from the checkpoint where there is one."""
        for hook in self._hooks:
            hook.expect(self._total)
            hook.start(self.net)
        weights = {n: p for n, p in self.net.named_initializers() if p.requires_grad}
        others = [p for h in self._hooks for p in h.parameters()]
        optimizer = make_optimizer(weights, others, self.settings, self._spared)
        average = None if self.settings.ema is None else Average(self.net, self.settings.ema)
        self._moving = Moving(self.net, optimizer, generator, self._hooks, average)
        self._file = None if self._place is None else CheckpointFile(self._place, job)
        found = None if self._file is None else self._file.read()
        if found is None or self._file is None:
            return
        try:
            self._state = from_file(*found, self._moving)
        except Damaged as error:
            self._file.ignore(str(error))
            return
        job.log(f"Resumed at step {self._state.step} of {self._total}.")
        job.resumed(self._state.step / self._total)
        self._tell_again(job)

    def _tell_again(self, job: Job) -> None:
        """The curves up to here, for a window that was opened after them."""
        state = self._state
        for step in range(0, len(state.losses), max(self._total // MOST_POINTS, 1)):
            self._tell_step(step, job)
        for number, accuracy in enumerate(state.accuracy):
            job.point("training accuracy", number + 1, 100 * accuracy)
        for number, found in enumerate(state.validations):
            self._tell_validation(number + 1, found, job)

    def _tell_step(self, step: int, job: Job) -> None:
        """All live curves have epochs as their x, so that a window can draw them over one another."""
        epoch = (step + 1) / self.samples.steps
        job.point("loss", epoch, self._state.losses[step])
        job.point("learning rate", epoch, self._state.rates[step])

    def _tell_validation(self, number: int, found: Validation, job: Job) -> None:
        if found.accuracy is not None:
            job.point("validation accuracy", number, 100 * found.accuracy)
        job.point("validation loss", number, found.loss)

    def _over(self) -> bool:
        """Whether all epochs are done, or none better has come for too long, or an end was asked for."""
        state, patience = self._state, self.settings.patience
        out_of_patience = patience is not None and state.best is not None and state.without_better >= patience
        return self._ended or state.epoch >= self.settings.epochs or out_of_patience

    def _epoch(self, job: Job) -> None:
        """What is left of an epoch, its validation, and a checkpoint."""
        import torch

        state = self._state
        if not state.order:
            count = self.samples.steps * self.samples.size
            state.order = torch.randperm(self.samples.count, generator=self._moving.generator).tolist()[:count]
        device = next(self.net.parameters()).device
        tally = torch.tensor([state.right, state.known], device=device)
        left = state.order[state.position * self.samples.size :]
        if state.step == self.settings.max_steps:  # only its validation was cancelled
            self._ended, left = True, []
        for sample in self.samples.batches(left):
            with self._saved_when_cancelled(tally, job):
                if self._augment is not None:
                    sample = self._augment(sample, self._moving.generator)
                tally += self._step(sample.to(device), job)
                state.position += 1
                job.progress(state.step / self._total, f"Epoch {state.epoch + 1} of {self.settings.epochs}")
            self._ended = job.stopping or state.step == self.settings.max_steps
            if self._ended:
                break
            if self._file is not None and state.position < self.samples.steps and self._file.due(False):
                state.right, state.known = tally.tolist()
                self._save(job)
        state.right, state.known = tally.tolist()
        try:
            self._epoch_ended(job)
        except Cancelled:
            del state.accuracy[state.epoch :]
            if self._file is not None and not self._hooks:
                self._save(job)
            raise

    @contextmanager
    def _saved_when_cancelled(self, tally: Tensor, job: Job) -> Iterator[None]:
        """A step that is cancelled half way is undone, and what was reached before it is written.

        Not with hooks: what they changed in half a step is not known here, so the last checkpoint has to do.
        """
        state, step = self._state, self._state.step
        before = self._moving.moment() if self._file is not None and not self._hooks else None
        try:
            yield
        except Cancelled:
            if before is not None:
                self._read_losses(job)
                if state.step == step:
                    self._moving.return_to(before)
                    del state.losses[step:], state.rates[step:]
                state.right, state.known = tally.tolist()
                self._save(job)
            raise

    def _epoch_ended(self, job: Job) -> None:
        """Also of an epoch that was ended early."""
        import torch

        self._read_losses(job)
        state = self._state
        state.accuracy.append(state.right / max(state.known, 1))
        number = len(state.accuracy)
        job.point("training accuracy", number, 100 * state.accuracy[-1])
        with torch.no_grad():
            for hook in self._hooks:
                hook.after_epoch(self.net, number)
        self._validate(job)
        state.order, state.position, state.right, state.known = [], 0, 0, 0
        state.epoch += 1
        if self._file is not None and not self._ended and self._file.due(True):
            self._save(job)

    def _validate(self, job: Job) -> None:
        state, average = self._state, self._moving.average
        if self.validation is None:
            return
        with average.in_place() if average is not None else nullcontext():
            found = validate(
                self.net,
                self.validation,
                self.loss,
                self.scores,
                self.offset,
                self._keep,
                self._hooks,
                state.step,
                job,
            )
        state.validations.append(found)
        self._tell_validation(len(state.validations), found, job)
        if not all(hook.settled(state.step) for hook in self._hooks):
            state.passed += 1
            return
        state.without_better += 1
        if found.better_than(state.best):
            state.best, state.without_better, state.kept = found, 0, state.step
            if self.settings.keep is Keep.BEST:
                state.snapshot = self._moving.snapshot()

    def _step(self, sample: Sample, job: Job) -> Tensor:
        """One step down the gradient; gives [answered right, labelled], on the device."""
        import torch

        state, optimizer = self._state, self._moving.optimizer
        rate = rate_at(self.settings, state.step, self.samples.steps)
        for group in optimizer.param_groups:
            group["lr"] = rate
        swap = swapped(self.net, self._hooks, state.step)
        values = self.net(sample.feed, keep=self._keep, swap=swap)
        loss = self.loss(values, sample)
        self._note(loss.detach(), rate, job)
        for hook in self._hooks:
            penalty = hook.penalty(values, sample)
            if penalty is not None:
                loss = loss + penalty
        optimizer.zero_grad()
        self._backward(loss)
        if self.settings.clip_norm is not None:
            torch.nn.utils.clip_grad_norm_(self.net.parameters(), self.settings.clip_norm)
        optimizer.step()
        state.step += 1
        with torch.no_grad():
            for hook in self._hooks:
                hook.after_step(self.net, state.step)
            if self._moving.average is not None:
                self._moving.average.update(state.step)
            labelled = sample.labels >= 0
            answers = values[self.scores].detach().flatten(1).argmax(1)
            return torch.stack((((answers == sample.labels + self.offset) & labelled).sum(), labelled.sum()))

    def _backward(self, loss: Tensor) -> None:
        try:
            loss.backward()  # type: ignore[no-untyped-call]
        except RuntimeError as error:
            if "deterministic" not in str(error):
                raise
            raise UserError(
                f"A layer has no gradient on '{self.settings.device}' that is equal from run to run.",
                "Train on the CPU.",
            ) from error

    def _note(self, loss: Tensor, rate: float, job: Job) -> None:
        """Keep the loss of a step; on the CPU it is read, and judged, at once."""
        self._unread.append(loss)
        self._state.rates.append(rate)
        if loss.device.type == "cpu" or len(self._unread) >= _UNREAD:
            self._read_losses(job)

    def _read_losses(self, job: Job) -> None:
        import torch

        if not self._unread:
            return
        losses = self._state.losses
        numbers = torch.stack(self._unread).tolist()
        self._unread.clear()
        for number in numbers:
            step = len(losses)
            if not math.isfinite(number):
                hint = f"Choose a learning rate below {self.settings.learning_rate:g}."
                if step == 0:  # nothing has been learned yet
                    hint = "The model's weights, or the values of the items, are too large or no numbers."
                raise UserError(f"Training blew up: the loss is {number} at step {step + 1}.", hint)
            losses.append(number)
            if step % max(self._total // MOST_POINTS, 1) == 0:
                self._tell_step(step, job)

    def _save(self, job: Job) -> None:
        self._read_losses(job)
        assert self._file is not None
        tensors, found = to_file(self._state, self._moving)
        self._file.write(tensors, {**found, "total": self._total})

    def _finish(self) -> None:
        """Leave in the net what is to be kept: the best snapshot, else the averages, else what it holds."""
        import torch

        state = self._state
        if self.settings.keep is Keep.BEST and state.snapshot is not None:
            self._moving.restore(state.snapshot)
        else:
            state.kept = state.step
            if self._moving.average is not None:
                self._moving.restore(self._moving.snapshot())
        with torch.no_grad():
            for hook in self._hooks:
                hook.finish(self.net)

    def _history(self) -> History:
        state = self._state
        return History(
            loss=tuple(state.losses),
            accuracy=tuple(state.accuracy),
            validations=tuple(state.validations),
            rates=tuple(state.rates),
            kept=state.kept,
            passed=state.passed,
            stopped=self._ended and state.step < self._total,
            early=not self._ended and state.epoch < self.settings.epochs,
        )


@contextmanager
def _reproducible(settings: Settings) -> Iterator[Generator]:
    """Seeded, on a fixed number of threads; the caller's random state and threads come back afterwards."""
    import torch

    threads, strict = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    torch.set_num_threads(settings.threads)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(settings.seed)
            if settings.device != "cpu":  # on the CPU every algorithm used here is
                torch.use_deterministic_algorithms(True)
            yield torch.Generator().manual_seed(settings.seed)
    finally:
        torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(strict)
