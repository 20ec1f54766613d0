"""Schedules, averages, validation, patience, devices and hooks of the training loop, against torch's own."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.optim import lr_scheduler

from core.errors import UserError
from core.execute.torch_graph import TorchGraph
from core.jobs import Event, Job, Point
from core.methods.losses import cross_entropy
from core.methods.method import METHODS, Context
from core.methods.training import Trainer
from core.methods.training_data import Sample, Samples
from core.methods.training_hooks import Hook
from core.methods.training_net import logits_name
from core.methods.training_schedule import rate_at
from core.methods.training_settings import History, Keep, Optimizer, Schedule, Settings, Validation
from core.methods.training_validate import LEAST, split_validation, validate
from core.methods.tune.finetune import Params
from tests.core.training_sets import Arrays, damaged, digits, few, linear, points

pytestmark = pytest.mark.usefixtures("one_torch_thread")


def trainer(net: TorchGraph, data: Any, settings: Settings, size: int = 8, **more: Any) -> Trainer:
    samples = Samples(data, linear().inputs, size)
    return Trainer(net, samples, cross_entropy("y"), "y", settings, **more)


@given(
    st.sampled_from(list(Schedule)),
    st.integers(1, 6),
    st.integers(1, 9),
    st.integers(0, 3),
    st.sampled_from([0.5, 0.1]),
)
def test_rates_equal_those_of_torchs_schedulers(
    kind: Schedule, epochs: int, steps: int, warm: int, gamma: float
) -> None:
    """A warm-up of ``warm`` epochs followed by torch's scheduler of the same name."""
    settings = Settings(epochs, 0.4, schedule=kind, warmup=warm, gamma=gamma, milestones=(0.5, 0.75))
    total, warming = epochs * steps, min(warm, epochs) * steps
    weight = nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([weight], lr=0.4)
    if kind is Schedule.COSINE:
        main: Any = lr_scheduler.CosineAnnealingLR(optimizer, max(total - warming, 1))
    elif kind is Schedule.STEP:
        main = lr_scheduler.MultiStepLR(optimizer, [max(round(m * total) - warming, 0) for m in (0.5, 0.75)], gamma)
    else:
        main = lr_scheduler.ConstantLR(optimizer, factor=1.0)
    for step in range(total):
        if step < warming:
            assert rate_at(settings, step, steps) == pytest.approx(0.4 * (step + 1) / warming)
            continue
        assert rate_at(settings, step, steps) == pytest.approx(optimizer.param_groups[0]["lr"], abs=1e-12)
        optimizer.step()
        main.step()


def test_adamw_equals_torchs_own_and_spares_biases() -> None:
    model, data = linear(), points(16)
    net = TorchGraph(model)
    settings = Settings(2, 0.01, optimizer=Optimizer.ADAMW, weight_decay=0.3, schedule=Schedule.CONSTANT)
    trainer(net, data, settings, size=16).run(Job())
    w, b = (nn.Parameter(TorchGraph(model).initializer(n).detach().clone()) for n in ("w", "b"))
    optimizer = torch.optim.AdamW([{"params": [w], "weight_decay": 0.3}, {"params": [b], "weight_decay": 0.0}], 0.01)
    whole = next(Samples(data, model.inputs, 16).batches(range(16)))
    for _ in range(2):
        optimizer.zero_grad()
        nn.functional.cross_entropy(whole.feed["x"] @ w.T + b, whole.labels).backward()
        optimizer.step()
    torch.testing.assert_close(net.initializer("w"), w)
    torch.testing.assert_close(net.initializer("b"), b)


def test_averaged_weights_follow_the_formula_and_are_what_is_kept() -> None:
    seen: list[Tensor] = []

    class Watch(Hook):
        def after_step(self, net: TorchGraph, step: int) -> None:
            seen.append(net.initializer("w").detach().clone())

    net, model = TorchGraph(linear()), linear()
    expected = net.initializer("w").detach().clone()
    trainer(net, points(), Settings(3, 0.1, ema=0.6), hooks=[Watch()]).run(Job())
    for step, value in enumerate(seen, 1):
        decay = min(0.6, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * value
    assert len(seen) == 21
    torch.testing.assert_close(net.initializer("w"), expected)
    assert not torch.equal(net.initializer("w"), seen[-1])
    assert model.inputs[0].shape == ("batch", 4)


def test_averages_take_in_the_statistics_of_normalizations() -> None:
    net, start = TorchGraph(damaged()), {n: t.clone() for n, t in TorchGraph(damaged()).named_statistics()}
    seen: list[dict[str, Tensor]] = []

    class Watch(Hook):
        def after_step(self, net: TorchGraph, step: int) -> None:
            seen.append({n: t.clone() for n, t in net.named_statistics()})

    scores, _ = logits_name(damaged(), net)
    samples = Samples(few(digits(), 64), damaged().inputs, 32)
    Trainer(net, samples, cross_entropy(scores), scores, Settings(1, 0.01, ema=0.9), hooks=[Watch()]).run(Job())
    assert start
    for name, value in net.named_statistics():
        first = start[name] * (2 / 11) + seen[0][name] * (9 / 11)
        torch.testing.assert_close(value, first * (3 / 12) + seen[1][name] * (9 / 12))


def test_the_best_validation_is_kept_and_patience_ends() -> None:
    """A rate that wrecks the net after it was good: the best weights come back, and training does not go on."""

    class Wreck(Hook):
        def after_epoch(self, net: TorchGraph, epoch: int) -> None:
            if epoch > 3:
                net.initializer("w").mul_(-1.0)

    data, held = points(160), points(60)
    settings = Settings(20, 0.2, keep=Keep.BEST, patience=4)
    net, events = TorchGraph(linear()), list[Event]()
    history = trainer(net, data, settings, validation=Samples(held, linear().inputs, 8), hooks=[Wreck()]).run(
        Job(events.append)
    )
    judged = validate(net, Samples(held, linear().inputs, 8), cross_entropy("y"), "y", 0, ["y"], (), 0, Job())
    best = max(history.validations, key=lambda v: (v.accuracy, -v.loss))
    assert judged == best
    assert history.early
    assert history.kept == 20 * (history.validations.index(best) + 1)
    assert len(history.validations) == history.validations.index(best) + 1 + 4 < 20
    told = [e.y for e in events if isinstance(e, Point) and e.series == "validation accuracy"]
    assert told == [100 * v.accuracy for v in history.validations if v.accuracy is not None]
    assert {e.series for e in events if isinstance(e, Point)} >= {"loss", "learning rate", "training accuracy"}


def test_every_validation_item_counts_once() -> None:
    """61 items in batches of 8: the last 5 too, and by their number."""
    net, data = TorchGraph(linear()), points(61)
    found = validate(net, Samples(data, linear().inputs, 8), cross_entropy("y"), "y", 0, ["y"], (), 0, Job())
    whole = next(Samples(data, linear().inputs, 61).batches(range(61)))
    with torch.no_grad():
        scores = net(whole.feed)["y"]
    assert found.accuracy == pytest.approx(float((scores.argmax(1) == whole.labels).float().mean()))
    assert found.loss == pytest.approx(float(nn.functional.cross_entropy(scores, whole.labels)))
    better = Validation(1.0, 0.5)
    assert better.better_than(None)
    assert better.better_than(Validation(0.1, 0.4))
    assert better.better_than(Validation(1.1, 0.5))
    assert not better.better_than(Validation(1.0, 0.5))


@given(st.integers(1, 900), st.floats(0.0, 0.5), st.integers(0, 3))
def test_validation_items_never_train(count: int, share: float, seed: int) -> None:
    data = Arrays(np.zeros((count, 4), np.float32), [0] * count)
    train, held = split_validation(data, share, seed)
    if held is None:
        assert int(count * share) < LEAST
        assert train is data
        return
    names = [{i.name for i in d.items} for d in (train, held)]
    assert not names[0] & names[1]
    assert names[0] | names[1] == {i.name for i in data.items}
    assert len(names[1]) == int(count * share)


def test_too_few_items_keep_the_last_weights_and_say_so() -> None:
    out = METHODS.get("tune.finetune").run(linear(), Params(epochs=1, patience=1), Context(data=points()))
    assert any("Patience had no effect" in n for n in out.report.notes)
    assert any("The last weights were kept: a validation on 3 of 39 training items" in n for n in out.report.notes)
    assert "top1_validation" not in out.report.measures
    out = METHODS.get("tune.finetune").run(linear(), Params(epochs=2, ema=0.5), Context(data=points(1000)))
    held = out.report.measures["top1_validation"]
    assert held.n == 72
    assert held.interval is not None
    assert held.interval[0] <= held.value <= held.interval[1]
    assert held.on.count("(validation)") == 1
    assert any("best of 2 validations on 72 items held out from training" in n for n in out.report.notes)


def test_unknown_and_absent_devices_are_refused() -> None:
    for device, said in (("tpu", "no device 'tpu'"), ("cuda", "has no device 'cuda'"), ("mps", "has no device 'mps'")):
        if (device == "cuda" and torch.cuda.is_available()) or (device == "mps" and torch.backends.mps.is_available()):
            continue
        with pytest.raises(UserError, match=said):
            METHODS.get("tune.finetune").run(linear(), Params(epochs=1), Context(data=points(), device=device))


class FakeQuantized(Hook):
    """Weights on 15 levels; the rounding passes gradients (straight-through, Bengio et al. 2013, arXiv:1308.3432)."""

    name = "fake"

    def weights(self, current: Mapping[str, Tensor], step: int) -> Mapping[str, Tensor]:
        w = current["w"]
        scale = w.detach().abs().max() / 7
        return {"w": w + (torch.round(w / scale) * scale - w).detach()}


class Rounded(FakeQuantized):
    """Leaves the rounded weights in the net."""

    def finish(self, net: TorchGraph) -> None:
        w = net.initializer("w")
        w.copy_(self.weights({"w": w}, 0)["w"])


class Masked(Hook):
    """The smallest half of the weights is zero, and stays so."""

    name = "mask"

    def start(self, net: TorchGraph) -> None:
        w = net.initializer("w").detach()
        self.mask = (w.abs() > w.abs().median()).float()
        self.after_step(net, 0)

    def after_step(self, net: TorchGraph, step: int) -> None:
        with torch.no_grad():
            net.initializer("w").mul_(self.mask)

    def state(self) -> Mapping[str, Tensor]:
        return {"mask": self.mask}

    def load(self, state: Mapping[str, Tensor]) -> None:
        self.mask = state["mask"]


class Sparse(Hook):
    """An L1 penalty on initializers (network slimming, Liu et al. 2017, arXiv:1708.06519)."""

    name = "sparse"

    def __init__(self, names: list[str], weight: float) -> None:
        self.keep, self._weight = names, weight

    def penalty(self, values: Mapping[str, Tensor], sample: Sample) -> Tensor:
        return self._weight * torch.stack([values[n].abs().sum() for n in self.keep]).sum()


def test_a_weight_transform_is_seen_by_every_pass_and_trains_what_is_behind_it() -> None:
    model, data = linear(), points(16)
    net, hook = TorchGraph(model), FakeQuantized()
    settings = Settings(4, 0.1, momentum=0.0, weight_decay=0.0, schedule=Schedule.CONSTANT)
    history = trainer(net, data, settings, size=16, hooks=[hook]).run(Job())
    w, b = (nn.Parameter(TorchGraph(model).initializer(n).detach().clone()) for n in ("w", "b"))
    whole = next(Samples(data, model.inputs, 16).batches(range(16)))
    losses = []
    for _ in range(4):
        scale = w.detach().abs().max() / 7
        rounded = (torch.round(w.detach() / scale) * scale).requires_grad_()
        loss = nn.functional.cross_entropy(whole.feed["x"] @ rounded.T + b, whole.labels)
        losses.append(loss.item())
        gw, gb = torch.autograd.grad(loss, (rounded, b))
        with torch.no_grad():
            w -= 0.1 * gw
            b -= 0.1 * gb
    np.testing.assert_allclose(history.loss, losses, rtol=1e-5)
    torch.testing.assert_close(net.initializer("w"), w)


def test_a_transform_can_be_left_in_the_net() -> None:
    net = TorchGraph(linear())
    trainer(net, points(), Settings(2, 0.1, ema=0.5), hooks=[Rounded()]).run(Job())
    w = net.initializer("w").detach()
    levels = w / (w.abs().max() / 7)
    torch.testing.assert_close(levels, levels.round(), atol=1e-4, rtol=0)


def test_a_transform_acts_on_what_the_one_before_it_made() -> None:
    class Half(Hook):
        def weights(self, current: Mapping[str, Tensor], step: int) -> Mapping[str, Tensor]:
            return {"w": current["w"] / 2}

    data = points(16)
    settings = Settings(1, 1e-6)
    losses = [
        trainer(TorchGraph(linear()), data, settings, size=16, hooks=hooks).run(Job()).loss[0]
        for hooks in ([Half(), Half()], [])
    ]
    net = TorchGraph(linear())
    whole = next(Samples(data, linear().inputs, 16).batches(range(16)))
    with torch.no_grad():
        expected = nn.functional.cross_entropy(whole.feed["x"] @ net.initializer("w").T / 4, whole.labels).item()
    assert losses[0] == pytest.approx(expected, rel=1e-5)
    assert losses[1] != pytest.approx(expected, rel=1e-3)


def test_a_penalty_shrinks_the_scales_of_normalizations() -> None:
    names = [n.inputs[1].name for n in damaged().nodes() if n.op_type == "BatchNormalization"]
    sums = []
    for weight in (0.0, 1.0):
        net = TorchGraph(damaged())
        scores, _ = logits_name(damaged(), net)
        samples = Samples(few(digits(), 128), damaged().inputs, 32)
        hook = Sparse([str(n) for n in names], weight)
        settings = Settings(2, 0.01, weight_decay=0.0)
        Trainer(net, samples, cross_entropy(scores), scores, settings, hooks=[hook]).run(Job())
        sums.append(sum(float(net.initializer(str(n)).detach().abs().sum()) for n in names))
    assert sums[1] < 0.9 * sums[0]


def test_a_mask_is_kept_through_training_and_averages() -> None:
    for ema in (None, 0.5):
        net = TorchGraph(linear())
        trainer(net, points(), Settings(2, 0.1, ema=ema), hooks=[Masked()]).run(Job())
        assert int((net.initializer("w") == 0).sum()) == 6


def test_a_hooks_own_parameter_is_trained() -> None:
    class Gain(Hook):
        name = "gain"

        def __init__(self) -> None:
            self.gain = nn.Parameter(torch.ones(1))

        def parameters(self) -> list[nn.Parameter]:
            return [self.gain]

        def weights(self, current: Mapping[str, Tensor], step: int) -> Mapping[str, Tensor]:
            return {"w": current["w"] * self.gain}

    hook = Gain()
    trainer(TorchGraph(linear()), points(), Settings(1, 0.1), hooks=[hook]).run(Job())
    assert hook.gain.item() != 1.0


def test_curves_say_everything_in_some_hundred_points() -> None:
    history = History(
        loss=tuple(float(k) for k in range(1203)),
        accuracy=(0.5, 0.75),
        validations=(Validation(1.0, 0.25), Validation(0.5, 0.5)),
        rates=tuple(1.0 / (k + 1) for k in range(1203)),
    )
    loss, training, held, rate = history.curves()
    assert len(loss.x) == len(rate.x) == 401
    assert loss.y[:2] == (1.0, 4.0)
    assert (training.y, held.y) == ((50.0, 75.0), (25.0, 50.0))
    assert rate.y[1] == 0.25
    assert len(dataclasses.replace(history, validations=(), rates=()).curves()) == 2
