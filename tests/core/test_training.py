"""The training loop, its losses and its data: against native torch, closed formulas and the clock."""

from __future__ import annotations

import dataclasses
import math
import threading
import time

import numpy as np
import onnx_ir as ir
import pytest
import torch
from torch import nn

from core.errors import Cancelled, UserError
from core.execute.torch_graph import TorchGraph
from core.jobs import Job
from core.methods.augment import Augment, augmentation
from core.methods.losses import cross_entropy, distillation, mixed
from core.methods.method import METHODS, Context
from core.methods.training import Trainer
from core.methods.training_data import Sample, Samples
from core.methods.training_net import logits_name, training_inputs
from core.methods.training_schedule import cosine
from core.methods.training_settings import Settings, default_rate
from core.methods.tune.finetune import Params
from core.model.model import Model
from tests.conftest import network_path, shared
from tests.core.training_sets import Arrays, damaged, digits, few, linear, points, sample

pytestmark = pytest.mark.usefixtures("one_torch_thread")


def test_distillation_equals_its_formula() -> None:
    torch.manual_seed(0)
    mine, its = torch.randn(5, 7), torch.randn(5, 7)
    batch = Sample({}, torch.tensor([0, 1, 2, -1, -1]))
    p, q = torch.softmax(its / 4, 1), torch.softmax(mine / 4, 1)
    expected = (p * (p / q).log()).sum(1).mean() * 16
    soft = distillation("s", lambda _: its, 4.0)
    torch.testing.assert_close(soft({"s": mine}, batch), expected)
    hard = cross_entropy("s")
    torch.testing.assert_close(hard({"s": mine}, batch), nn.functional.cross_entropy(mine[:3], batch.labels[:3]))
    both = mixed(hard, soft, 0.9)({"s": mine}, batch)
    torch.testing.assert_close(both, 0.1 * hard({"s": mine}, batch) + 0.9 * expected)
    assert cross_entropy("s")({"s": mine}, Sample({}, torch.full((5,), -1))).item() == 0
    torch.testing.assert_close(
        cross_entropy("s", offset=1)({"s": mine}, batch), nn.functional.cross_entropy(mine[:3], batch.labels[:3] + 1)
    )


class Block(nn.Module):
    """ResNet-20's basic block with its option-A shortcut (He et al. 2016), named as in the checkpoint."""

    def __init__(self, cin: int, cout: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(cin, cout, 3, 1 + (cin != cout), 1, bias=False)
        self.bn1 = nn.BatchNorm2d(cout)
        self.conv2 = nn.Conv2d(cout, cout, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(cout)
        self.grow = cout - cin

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        if self.grow:
            x = nn.functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.grow // 2, self.grow // 2))
        return torch.relu(x + y)


class ResNet20(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = nn.Sequential(*(Block(16, 16) for _ in range(3)))
        self.layer2 = nn.Sequential(Block(16, 32), Block(32, 32), Block(32, 32))
        self.layer3 = nn.Sequential(Block(32, 64), Block(64, 64), Block(64, 64))
        self.linear = nn.Linear(64, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.layer3(self.layer2(self.layer1(torch.relu(self.bn1(self.conv1(x))))))
        y: torch.Tensor = self.linear(x.mean((2, 3)))
        return y


def test_three_training_steps_of_resnet20_equal_the_native_module() -> None:
    """Our whole loop (schedule, decay, statistics) on the graph, against plain torch on the published module."""
    model = Model.from_ir(ir.load(network_path("resnet20")))
    native = ResNet20()
    state = torch.load(
        shared("models/torch_statedict_cifar10/resnet20-12fca82f.th"), map_location="cpu", weights_only=True
    )["state_dict"]
    native.load_state_dict({k.removeprefix("module."): v for k, v in state.items()})
    native.train()
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (32, 32, 32, 3), np.uint8), rng.integers(0, 10, 32)

    class Images(Arrays):
        def load(self, index: int) -> dict[str, np.ndarray]:
            return {"": self._arrays[index]}

    from core.model.preprocessing import presets

    model = model.with_preprocessing(presets(32, 32)["cifar10"])
    samples = Samples(Images(images, [int(v) for v in labels]), model.inputs, 32)
    net = TorchGraph(model)
    scores, classes = logits_name(model, net)
    assert classes == 10
    settings = Settings(epochs=3, learning_rate=0.01, weight_decay=5e-4, threads=1)
    history = Trainer(net, samples, cross_entropy(scores), scores, settings).run(Job())

    whole = next(samples.batches(range(32)))
    (x,) = whole.feed.values()
    decay = [p for p in native.parameters() if p.dim() > 1]
    rest = [p for p in native.parameters() if p.dim() == 1]
    optimizer = torch.optim.SGD(
        [{"params": decay, "weight_decay": 5e-4}, {"params": rest, "weight_decay": 0.0}], 0.01, momentum=0.9
    )
    losses = []
    for step in range(3):
        for group in optimizer.param_groups:
            group["lr"] = 0.005 * (1 + math.cos(math.pi * step / 3))
        loss = nn.functional.cross_entropy(native(x), whole.labels)
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    np.testing.assert_allclose(history.loss, losses, rtol=1e-3)
    native.eval()
    with torch.no_grad():
        wanted, given = native(x), net.eval()(x)[model.output_names[0]]
    assert (wanted - given).abs().max() < 2e-3 * wanted.abs().max()


def test_without_normalization_training_is_careful() -> None:
    model = linear()
    assert default_rate(model) == 0.001
    assert default_rate(sample()) == 0.01
    out = METHODS.get("tune.finetune").run(model, Params(epochs=1, learning_rate=0.5), Context(data=points()))
    assert any("clipped at norm 1" in n for n in out.report.notes)
    assert any("above 0.001 often diverge" in n for n in out.report.notes)
    net, other = TorchGraph(model), TorchGraph(model)
    x = np.full((8, 4), 100, np.float32)
    worst = int(TorchGraph(model)(torch.from_numpy(x))["y"][0].argmin())
    data = Arrays(x, [worst] * 8)
    for trained, limit in ((net, 1.0), (other, None)):
        settings = Settings(1, learning_rate=0.1, momentum=0.0, weight_decay=0.0, clip_norm=limit)
        Trainer(trained, Samples(data, model.inputs, 8), cross_entropy("y"), "y", settings).run(Job())
    start = dict(TorchGraph(model).named_initializers())
    moved = [
        math.sqrt(sum(float((p - start[n]).detach().square().sum()) for n, p in t.named_initializers()))
        for t in (net, other)
    ]
    assert moved[0] == pytest.approx(0.1, rel=1e-3)
    assert moved[1] > 1


def test_a_loss_that_blows_up_is_reported() -> None:
    data = Arrays(np.full((32, 4), 1e30, np.float32), [k % 3 for k in range(32)])
    with pytest.raises(UserError, match="Training blew up: the loss is") as caught:
        Trainer(
            net := TorchGraph(linear()), Samples(data, linear().inputs, 8), cross_entropy("y"), "y", Settings(3, 1.0)
        ).run(Job())
    assert "learning rate below 1" in caught.value.hint
    assert not net.training


def test_schedule_and_decay() -> None:
    assert cosine(0.1, 0, 10) == pytest.approx(0.1)
    assert cosine(0.1, 5, 10) == pytest.approx(0.05)
    assert cosine(0.1, 10, 10) == pytest.approx(0.0)
    model = linear()
    net = TorchGraph(model)
    with torch.no_grad():
        net.initializer("b").fill_(1.0)
    data = Arrays(np.zeros((8, 4), np.float32), [None] * 8)  # no gradient but the decay's
    Trainer(net, Samples(data, model.inputs, 8), cross_entropy("y"), "y", Settings(1, 0.1, weight_decay=0.5)).run(Job())
    torch.testing.assert_close(net.initializer("w"), TorchGraph(model).initializer("w") * (1 - 0.1 * 0.5))
    assert net.initializer("b").tolist() == [1.0] * 3


@pytest.mark.alone
def test_a_large_step_is_cancelled_within_two_seconds() -> None:
    """MobileNetV2 on 24 images of 224 pixels: the cancel comes in the middle of the first step, which is not finished.

    A step before it is not timed: torch imports what its optimizers need at the first, which no cancel can end.
    """
    small = linear()
    Trainer(
        TorchGraph(small), Samples(points(), small.inputs, 16), cross_entropy("y"), "y", Settings(1, 0.1, max_steps=1)
    ).run(Job())
    model = Model.from_ir(ir.load(network_path("mobilenetv2")))
    images = Arrays(np.zeros((24, 3, 224, 224), np.float32), [0] * 24)
    samples = Samples(images, [dataclasses.replace(model.inputs[0], name="x")], 24)
    feed = Sample(
        {model.inputs[0].name: next(samples.batches(range(24))).feed["x"]}, torch.zeros(24, dtype=torch.int64)
    )
    net, job = TorchGraph(model), Job()
    scores, _ = logits_name(model, net)
    trainer = Trainer(net, samples, cross_entropy(scores), scores, Settings(epochs=1, learning_rate=0.001))
    before = {name: p.detach().clone() for name, p in net.named_initializers() if p.requires_grad}
    asked: list[float] = []

    def ask() -> None:
        asked.append(time.monotonic())
        job.cancel()

    trainer.samples.batches = lambda order: iter([feed])  # type: ignore[method-assign]
    timer = threading.Timer(0.3, ask)
    timer.start()
    with pytest.raises(Cancelled):
        trainer.run(job)
    assert time.monotonic() - asked[0] < 2
    assert all(torch.equal(p, before[name]) for name, p in net.named_initializers() if name in before)
    assert not net.training
    assert net.between_layers is None


def test_a_fixed_batch_is_freed_where_the_graph_allows() -> None:
    model = linear(batch=1)
    specs = training_inputs(TorchGraph(model), model)
    assert Samples(points(), specs, 16).size == 16
    out = METHODS.get("tune.finetune").run(model, Params(epochs=1, batch_size=16), Context(data=points()))
    assert out.model is not None
    assert out.model.inputs[0].shape == (1, 4)
    held = linear(batch=2)
    node = next(held.nodes())
    shape = ir.Value(name="shape", const_value=ir.tensor(np.array([2, 4]), name="shape"))
    held.graph.graph.register_initializer(shape)
    again = ir.Node("", "Reshape", [held.graph.graph.inputs[0], shape], name="hold")
    again.outputs[0].name = "held"
    held.graph.graph.insert_before(node, again)
    node.replace_input_with(0, again.outputs[0])
    specs = training_inputs(TorchGraph(held), held)
    assert Samples(points(), specs, 16).size == 2


def test_streamed_items_train_as_those_in_memory() -> None:
    data = few(digits(), 100)
    histories = []
    for memory in (1 << 30, 0):
        samples = Samples(data, sample().inputs, 32, memory=memory)
        assert samples.in_memory == bool(memory)
        assert samples.steps == 3
        net = TorchGraph(damaged())
        scores, _ = logits_name(damaged(), net)
        settings = Settings(epochs=1, learning_rate=0.01)
        moved = augmentation(Augment(shift=1 / 8), samples.inputs)
        trainer = Trainer(net, samples, cross_entropy(scores), scores, settings, augment=moved)
        histories.append(trainer.run(Job()))
    assert histories[0] == histories[1]
