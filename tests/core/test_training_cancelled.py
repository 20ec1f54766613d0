"""A cancelled training loses nothing: from any layer it goes on to the bytes of one that was not cancelled."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from core.errors import Cancelled
from core.execute.torch_graph import TorchGraph
from core.jobs import Job
from core.methods.augment import Augment, augmentation
from core.methods.checkpoint import CheckpointPlace, read_header
from core.methods.losses import cross_entropy
from core.methods.training import Trainer
from core.methods.training_data import Samples
from core.methods.training_settings import History, Keep, Optimizer, Settings
from tests.core.test_training_resume import random_net
from tests.core.training_sets import points

pytestmark = pytest.mark.usefixtures("one_torch_thread")
SETTINGS = Settings(2, 0.01, optimizer=Optimizer.ADAMW, ema=0.9, keep=Keep.BEST)


class CancelledAtCheck(Job):
    """Cancels at the nth time it is asked whether it was."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.left = at

    def check(self) -> None:
        self.left -= 1
        if self.left == 0:
            self.cancel()
        super().check()


def train(place: CheckpointPlace | None, job: Job, settings: Settings = SETTINGS) -> tuple[bytes, History]:
    net = TorchGraph(random_net())
    samples = Samples(points(60), random_net().inputs, 8)
    trainer = Trainer(
        net,
        samples,
        cross_entropy("y"),
        "y",
        settings,
        validation=Samples(points(70), random_net().inputs, 8),
        augment=augmentation(Augment(mixup=0.4), samples.inputs),
        checkpoint=place,
    )
    history = trainer.run(job)
    numbers = [t.detach().numpy().tobytes() for _, t in (*net.named_initializers(), *net.named_statistics())]
    return b"".join(numbers), history


def test_cancelled_anywhere_nothing_is_lost_and_no_bit_changes(tmp_path: Path) -> None:
    counter = CancelledAtCheck(0)
    wanted = train(None, counter)
    checks = -counter.left
    per_step = checks // (SETTINGS.epochs * 7)
    for at in (per_step // 3, per_step, 3 * per_step + 2, 4 * per_step + per_step // 2, checks - per_step // 2):
        place = CheckpointPlace(tmp_path / f"{at}.safetensors", "digest", every=1e9)
        with pytest.raises(Cancelled):
            train(place, CancelledAtCheck(at))
        assert train(place, Job()) == wanted
        reached = read_header(place.path)["state"]["step"]
        assert at // per_step - 3 <= reached <= SETTINGS.epochs * 7, "at most the step it was in is lost"


def test_a_second_cancel_goes_on_from_the_first(tmp_path: Path) -> None:
    wanted = train(None, Job())
    place = CheckpointPlace(tmp_path / "one.safetensors", "digest", every=1e9)
    steps = []
    for at in (40, 60, 70):
        with pytest.raises(Cancelled):
            train(place, CancelledAtCheck(at))
        steps.append(read_header(place.path)["state"]["step"])
    assert steps == sorted(set(steps)), "each run gets further"
    assert train(place, Job()) == wanted


def test_the_validation_of_a_last_step_can_be_cancelled_too(tmp_path: Path) -> None:
    ended = dataclasses.replace(SETTINGS, max_steps=3)
    wanted = train(None, Job(), ended)
    place = CheckpointPlace(tmp_path / "one.safetensors", "digest", every=1e9)
    with pytest.raises(Cancelled):
        train(place, CancelledAtCheck(40), ended)
    assert read_header(place.path)["state"]["step"] == 3
    assert train(place, Job(), ended) == wanted
