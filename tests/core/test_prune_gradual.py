"""Gradual pruning against loops written from the papers, its resuming, and the method on the sample."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from core.errors import UserError
from core.execute.torch_graph import TorchGraph
from core.jobs import Event, Job, Point
from core.methods import checkpoint as files
from core.methods.checkpoint import CheckpointPlace
from core.methods.losses import cross_entropy
from core.methods.method import METHODS, Context, Outcome, load_methods
from core.methods.prune.gradual import Params
from core.methods.prune.moving_masks import Criterion, Cubic, GradualMask
from core.methods.prune.weights import Params as MaskParams
from core.methods.training import Trainer
from core.methods.training_data import Samples
from core.methods.training_settings import Keep, Optimizer, Schedule, Settings
from core.model.masks import Pattern, Units, follows, maskable, masked, numbers, units
from tests.core.training_sets import damaged, digits, few, linear, points, sample

pytestmark = pytest.mark.usefixtures("one_torch_thread")
load_methods()


def test_the_cubic_schedule_by_hand() -> None:
    """Zhu and Gupta 2017, equation 1, with s_i 0, s_f 0.8, t0 2, n 4, dt 3."""
    schedule = Cubic(0.0, 0.8, 2, 3, 4)
    given = {t: schedule.at(t) for t in (0, 2, 4, 5, 8, 11, 14, 99)}
    wanted = {0: 0, 2: 0, 4: 0, 5: 0.8 * (1 - 0.75**3), 8: 0.7, 11: 0.7875, 14: 0.8, 99: 0.8}
    assert given == pytest.approx(wanted)
    assert [t for t in range(20) if schedule.moves_at(t)] == [2, 5, 8, 11, 14]
    for total in (1, 2, 7, 1000):
        for every in (None, 1, 5000):
            found = Cubic.over(0.0, 0.5, 0.2, 0.75, every, total)
            assert 0 < found.end <= total
            assert found.at(found.end) == 0.5
            assert found.at(found.begin) == 0.0


def hook_for(criterion: Criterion, pattern: Pattern, every: int = 4) -> tuple[GradualMask, Units]:
    (item,) = maskable(linear())
    parts = units(item, pattern)
    assert parts is not None
    return GradualMask({"w": parts}, criterion, 0.0, 0.75, (0.1, 0.7), every, False), parts


PLAIN = Settings(5, 0.5, momentum=0.0, weight_decay=0.0, schedule=Schedule.CONSTANT)


def by_loop(criterion: Criterion, pattern: Pattern, steps: list[Any]) -> tuple[np.ndarray, list[np.ndarray]]:
    """What the papers say, without our graph, loop, hook or parts: (w * mask, masks in time)."""
    w = torch.from_numpy(numbers(linear(), "w").copy())
    b = torch.zeros(3)
    score, mask, masks = torch.zeros(3, 4), torch.ones(3, 4), []
    begin, every = int(0.1 * len(steps)), 4
    n = (int(0.7 * len(steps)) - begin) // every
    for t in range(len(steps) + 1):
        if t >= begin and (t - begin) % every == 0 and t <= begin + n * every:
            s = 0.75 * (1 - (1 - (t - begin) / (n * every)) ** 3)
            rank = w.abs() if criterion is Criterion.MAGNITUDE else score
            if pattern is Pattern.ROW_BLOCK:  # one row of the matrix is one part
                rank = rank.sum(1, keepdim=True)
            order = rank.flatten().argsort(stable=True)
            alive = torch.ones(rank.numel())
            alive[order[: min(round(s * rank.numel()), rank.numel() - 1)]] = 0
            mask = alive.reshape(rank.shape).expand(3, 4)
            masks.append(mask.numpy().copy())
        if t == len(steps):
            break
        x, labels = steps[t].feed["x"], steps[t].labels
        masked_w = (w * mask).requires_grad_()
        loss = torch.nn.functional.cross_entropy(x @ masked_w.T + b, labels)
        (gradient,) = torch.autograd.grad(loss, masked_w)
        error = torch.softmax(x @ masked_w.detach().T + b, 1) - torch.nn.functional.one_hot(labels, 3)
        score = score - 0.5 * gradient * w  # dL/dS = dL/dW' * W, before the step of W
        w = w - 0.5 * gradient * mask
        b = b - 0.5 * error.mean(0)
    return (w * mask).detach().numpy(), masks


@pytest.mark.parametrize("criterion", Criterion)
@pytest.mark.parametrize("pattern", [Pattern.WEIGHT, Pattern.ROW_BLOCK], ids=["weight", "block"])
def test_the_hook_does_what_the_papers_say(criterion: Criterion, pattern: Pattern) -> None:
    hook, _ = hook_for(criterion, pattern)
    net = TorchGraph(linear())
    seen: list[Any] = []

    def recording(sample: Any, generator: Any) -> Any:
        seen.append(sample)
        return sample

    samples = Samples(points(64), linear().inputs, 8)
    Trainer(net, samples, cross_entropy("y"), "y", PLAIN, hooks=[hook], augment=recording).run(Job())
    wanted, masks = by_loop(criterion, pattern, seen)
    given = net.initializer("w").detach().numpy()
    assert len(seen) == 40
    assert np.array_equal(given != 0, masks[-1] != 0)
    np.testing.assert_allclose(given, wanted, atol=1e-5)
    assert int((given == 0).sum()) == (9 if pattern is Pattern.WEIGHT else 8)  # 2 of 3 rows


def test_what_is_masked_too_early_comes_back() -> None:
    """A small weight that the data asks for is masked first; its score grows while it is still in."""
    hook, parts = hook_for(Criterion.MOVEMENT, Pattern.WEIGHT)
    net = TorchGraph(linear())
    hook.expect(40)
    hook.start(net)
    times = [t for t in range(41) if hook.schedule.moves_at(t)]
    masks = []
    with torch.no_grad():
        for k, t in enumerate(times[2:]):
            score = next(iter(hook.parameters()))
            score[0] = -9.0 if k == 0 else 9.0
            hook.after_step(net, t)
            masks.append(hook.masks()["w"].reshape(-1)[0])
    assert masks[0] == np.False_
    assert all(masks[1:])
    assert parts.count == 12


@pytest.mark.parametrize("criterion", Criterion)
@pytest.mark.parametrize("optimizer", Optimizer)
def test_a_crash_changes_no_bit(
    criterion: Criterion, optimizer: Optimizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_WRITING_SHARE", 0)
    settings = Settings(3, 0.05, optimizer=optimizer, keep=Keep.BEST)

    class Crash(Exception):
        pass

    def run(place: CheckpointPlace | None, crash_at: int = 0) -> tuple[bytes, Any]:
        def listen(event: Event) -> None:
            if crash_at and isinstance(event, Point) and event.series == "loss" and round(event.x * 8) == crash_at:
                raise Crash

        net = TorchGraph(linear())
        samples, held = (Samples(points(n), linear().inputs, 8) for n in (64, 70))
        hook, _ = hook_for(criterion, Pattern.WEIGHT)
        trainer = Trainer(
            net, samples, cross_entropy("y"), "y", settings, validation=held, hooks=[hook], checkpoint=place
        )
        history = trainer.run(Job(listen))
        return net.initializer("w").detach().numpy().tobytes(), history

    wanted, history = run(None)
    place = CheckpointPlace(tmp_path / "one.safetensors", "digest", every=0.0)
    for step in (3, 9, 17, 22):
        with pytest.raises(Crash):
            run(place, step)
    given, again = run(place)
    assert given == wanted
    assert again == history
    assert history.passed == 1  # of 3 epochs of 8 steps; the mask stands still from step 14 on
    assert history.kept > 14
    assert np.frombuffer(wanted, np.float32).tolist().count(0.0) == 9


def prune(params: Params, model: Any = None, **context: Any) -> Outcome:
    chosen = {"data": few(digits(), 320), "test": few(digits(), 100, "test"), "threads": 1, **context}
    return METHODS.get("prune.gradual").run(model or sample(), params, Context(**chosen))


@pytest.mark.parametrize(
    ("criterion", "pattern"),
    [
        (Criterion.MAGNITUDE, Pattern.WEIGHT),
        (Criterion.MAGNITUDE, Pattern.TWO_OF_FOUR),
        (Criterion.MOVEMENT, Pattern.KERNEL),
    ],
)
def test_the_sparsity_is_reached_with_accuracy(pattern: Pattern, criterion: Criterion) -> None:
    params = Params(epochs=3, batch_size=16, pattern=pattern, criterion=criterion, sparsity=0.6, everywhere=True)
    out = prune(params, teacher=sample() if pattern is Pattern.WEIGHT else None)
    assert out.model is not None
    measures = out.report.measures
    assert measures["density"].value == pytest.approx(50 if pattern.ratio else 40, abs=0.1)
    assert measures["top1"].value > 60
    assert set(masked(out.model).values()) == {pattern}
    items = {i.tensor: i for i in maskable(out.model)}
    assert all(follows(numbers(out.model, n), items[n], p) for n, p in masked(out.model).items())
    assert measures["zipped"].value < 0.8 * measures["zipped_before"].value
    curve = out.report.curves[-1]
    assert curve.y[0] == 0
    assert curve.y[-1] == pytest.approx(50 if pattern.ratio else 60)
    assert any("phones do not run it faster" in n for n in out.report.notes)
    assert any("teacher" in n for n in out.report.notes) == (pattern is Pattern.WEIGHT)


def test_an_earlier_mask_stays_and_counts() -> None:
    before = METHODS.get("prune.weights").run(sample(), MaskParams(sparsity=0.3), Context()).model
    assert before is not None
    for criterion in Criterion:
        out = prune(Params(epochs=1, criterion=criterion, sparsity=0.5, pattern=Pattern.WEIGHT), before)
        assert out.model is not None
        assert out.report.measures["density_before"].value == pytest.approx(70, abs=0.1)
        assert out.report.measures["density"].value == pytest.approx(50, abs=0.1)
        assert out.report.curves[-1].y[0] == pytest.approx(30, abs=0.1)
        for name in masked(before):
            assert not numbers(out.model, name)[numbers(before, name) == 0].any()


def test_a_training_that_ends_before_says_so_and_replays() -> None:
    params = Params(epochs=4, sparsity=0.8, max_steps=12, batch_size=32)
    out = prune(params, damaged())
    assert out.model is not None
    assert 20 < out.report.measures["density"].value < 80
    assert any("ended before the mask was complete" in n for n in out.report.notes)
    again = prune(dataclasses.replace(params), damaged())
    assert again.report.measures["zeros"].value == out.report.measures["zeros"].value
    with pytest.raises(UserError, match="would never grow"):
        prune(Params(begin=0.8, end=0.5))
