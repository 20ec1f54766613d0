"""Dynamic pruning against a loop written from its definition, its way back, its resuming, and the cut on the sample."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx_ir as ir
import pytest
import torch
from onnx import helper, numpy_helper

from core.data.noise import noise_batches
from core.errors import UserError
from core.execute.runtimes import onnx_session
from core.execute.torch_graph import TorchGraph
from core.jobs import Event, Job, Point
from core.methods import checkpoint as files
from core.methods.checkpoint import CheckpointPlace
from core.methods.losses import cross_entropy
from core.methods.method import METHODS, Context, load_methods
from core.methods.prune.dynamic import Params
from core.methods.prune.joint_masks import JointMask, Targets, moved, threshold
from core.methods.training import Trainer
from core.methods.training_data import Samples
from core.methods.training_settings import Keep, Schedule, Settings
from core.model.channels import cut, find_groups
from core.model.masks import Pattern, maskable, masked, numbers, units
from core.model.model import Model
from core.model.prepare import prepare
from tests.contracts.test_networks import network
from tests.core.training_sets import F32, digits, few, points, sample

pytestmark = pytest.mark.usefixtures("one_torch_thread")
load_methods()
STEPS = 40


def two_layers() -> Model:
    """x [batch, 4] -> Gemm w1 (12, 4) -> Relu -> Gemm w2 (3, 12) -> y."""
    rng = np.random.default_rng(5)
    weights = {"w1": rng.standard_normal((12, 4)), "w2": rng.standard_normal((3, 12))}
    nodes = [
        helper.make_node("Gemm", ["x", "w1"], ["a"], name="first", transB=1),
        helper.make_node("Relu", ["a"], ["r"], name="relu"),
        helper.make_node("Gemm", ["r", "w2"], ["y"], name="second", transB=1),
    ]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", F32, ["batch", 4])],
        [helper.make_tensor_value_info("y", F32, ["batch", 3])],
        [numpy_helper.from_array(a.astype(np.float32), n) for n, a in weights.items()],
    )
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return Model.from_ir(ir.from_proto(proto))


def joint(model: Model, kernels: float = 0.5, channels: float = 0.5) -> JointMask:
    groups = find_groups(model)
    parts = {i.tensor: units(i, Pattern.KERNEL) for i in maskable(model)}
    chosen = tuple(g for g in groups if not g.locked)
    return JointMask(parts, groups, chosen, Targets(kernels, channels), (0.0, 0.75), 3, 0.1)  # type: ignore[arg-type]


def test_the_band_by_hand() -> None:
    """Threshold 10: off below 9, on above 11, between the two as it was."""
    scores = np.array([8.9, 9.1, 10.9, 11.1] * 2)
    before = np.array([True] * 4 + [False] * 4)
    assert moved(before, scores, 10.0, 0.1).tolist() == [False, True, True, True, False, False, False, True]
    scores = np.array([5.0, 1.0, 4.0, 2.0, 3.0])  # two of five go, 3 stays: it is 0.9 of the threshold
    assert threshold(scores, 0.4, 0.1) == pytest.approx(3 / 0.9)
    assert threshold(scores, 0.1, 0.1) == 0.0


def share_off(t: int, target: float) -> float:
    """The cubic schedule from 0 to the target over updates at 0, 3, ..., 30."""
    return target * (1 - (1 - min(t, 30) / 30) ** 3)


def by_loop(steps: list[Any], kernels: float, channels: float) -> tuple[dict[str, np.ndarray], list[np.ndarray]]:
    """The definition, without our hook, parts or groups: (weights times masks, which channels were on in time)."""
    w = {n: torch.from_numpy(numbers(two_layers(), n).copy()) for n in ("w1", "w2")}
    k = {n: np.ones(tuple(v.shape), bool) for n, v in w.items()}
    on, seen = np.ones(12, bool), []

    def band(old: np.ndarray, scores: np.ndarray, among: np.ndarray, share: float) -> np.ndarray:
        count = round(share * among.size)
        limit = np.sort(among)[count] / 0.9 if count else 0.0
        new = old.copy()
        new[scores < 0.9 * limit] = False
        new[scores > 1.1 * limit] = True
        return new

    for t in range(len(steps) + 1):
        if t <= 30 and t % 3 == 0:
            size = {n: v.abs().numpy().astype(np.float64) for n, v in w.items()}
            score = (size["w2"] * k["w2"]).mean(0)
            score = score / score.mean()
            if t < 30:
                on = band(on, score, score, share_off(t, channels))
                on[score.argmax()] = True
            else:
                on = np.ones(12, bool)
                on[np.argsort(score)[: round(channels * 12)]] = False
            living = {"w1": np.repeat(on[:, None], 4, 1), "w2": np.repeat(on[None], 3, 0)}
            for n in k:
                among = size[n][living[n]]
                if t < 30:
                    k[n] = band(k[n], size[n], among, share_off(t, kernels))
                else:
                    k[n] = ~(living[n] & (size[n] <= np.sort(among)[round(kernels * among.size) - 1]))
            seen.append(on.copy())
        masks = {"w1": k["w1"], "w2": k["w2"] & on[None]}
        given = {n: (w[n] * torch.from_numpy(masks[n].astype(np.float32))).requires_grad_() for n in w}
        if t == len(steps):
            return {n: v.detach().numpy() for n, v in given.items()}, seen
        x, labels = steps[t].feed["x"], steps[t].labels
        loss = torch.nn.functional.cross_entropy((x @ given["w1"].T).relu() @ given["w2"].T, labels)
        for n, gradient in zip(given, torch.autograd.grad(loss, list(given.values())), strict=True):
            w[n] = w[n] - 0.3 * gradient  # masked weights too
    raise AssertionError


@pytest.mark.parametrize(("kernels", "channels"), [(0.5, 0.5), (0.0, 0.5), (0.5, 0.0)])
def test_the_hook_does_what_its_definition_says(kernels: float, channels: float) -> None:
    net, hook, steps = TorchGraph(two_layers()), joint(two_layers(), kernels, channels), []
    settings = Settings(5, 0.3, momentum=0.0, weight_decay=0.0, schedule=Schedule.CONSTANT)

    def recording(sample: Any, generator: Any) -> Any:
        steps.append(sample)
        return sample

    samples = Samples(points(64), two_layers().inputs, 8)
    Trainer(net, samples, cross_entropy("y"), "y", settings, hooks=[hook], augment=recording).run(Job())
    wanted, _ = by_loop(steps, kernels, channels) if kernels else (None, None)
    assert len(steps) == STEPS
    off = hook.removed.get("first", [])
    assert len(off) == round(12 * channels)
    w1, w2 = (net.initializer(n).detach().numpy() for n in ("w1", "w2"))
    assert not w2[:, off].any()
    left = [k for k in range(12) if k not in off]
    assert int((w1[left] == 0).sum()) == round(kernels * 4 * len(left))
    assert int((w2[:, left] == 0).sum()) == round(kernels * 3 * len(left))
    if wanted is not None:
        np.testing.assert_allclose(w1[left], wanted["w1"][left], atol=1e-5)
        np.testing.assert_allclose(w2, wanted["w2"], atol=1e-5)


def test_kernels_and_channels_come_back() -> None:
    """What is pushed up again while it is off goes on again; masked weights are still trained."""
    net, hook = TorchGraph(two_layers()), joint(two_layers())
    hook.expect(STEPS)
    hook.start(net)
    w1, w2 = net.initializer("w1"), net.initializer("w2")
    with torch.no_grad():
        w1[0, 0], w2[:, 5] = 1e-4, 1e-4
        hook.after_step(net, 15)
    assert hook.removed["first"].count(5) == 1
    current = dict(net.named_initializers())
    swapped = hook.weights(current, 15)
    assert swapped["w1"][0, 0] == 0
    assert not swapped["w2"][:, 5].any()
    sum(v.sum() for v in swapped.values()).backward()  # type: ignore[union-attr]
    assert (w2.grad == 1).all()
    assert (w1.grad == 1).all()
    with torch.no_grad():
        w1[0, 0], w2[:, 5] = 9.0, 9.0
        hook.after_step(net, 18)  # the kernels that read the channel come first,
        hook.after_step(net, 21)  # and with them the channel
    assert 5 not in hook.removed["first"]
    swapped = hook.weights(current, 21)
    assert swapped["w1"][0, 0] == 9
    assert (swapped["w2"][:, 5] == 9).all()


def test_a_crash_changes_no_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_WRITING_SHARE", 0)

    class Crash(Exception):
        pass

    def run(place: CheckpointPlace | None, crash_at: int = 0) -> tuple[bytes, Any, Any]:
        def listen(event: Event) -> None:
            if crash_at and isinstance(event, Point) and event.series == "loss" and round(event.x * 8) == crash_at:
                raise Crash

        net, hook = TorchGraph(two_layers()), joint(two_layers())
        samples, held = (Samples(points(n), two_layers().inputs, 8) for n in (64, 70))
        settings = Settings(5, 0.1, keep=Keep.BEST)
        trainer = Trainer(
            net, samples, cross_entropy("y"), "y", settings, validation=held, hooks=[hook], checkpoint=place
        )
        history = trainer.run(Job(listen))
        return b"".join(p.detach().numpy().tobytes() for _, p in net.named_initializers()), history, hook.removed

    wanted = run(None)
    place = CheckpointPlace(tmp_path / "one.safetensors", "digest", every=0.0)
    for step in (4, 13, 31):
        with pytest.raises(Crash):
            run(place, step)
    assert run(place) == wanted
    assert len(wanted[2]["first"]) == 6


@pytest.mark.parametrize("key", ["densenet121", "shufflenet_v2_x0_5", "mobilenet_v3_small", "vit_tiny", "two_input"])
def test_reading_dead_channels_with_zeros_is_the_cut(key: str) -> None:
    """Concatenations, shuffles, squeeze-and-excitation, attention: what is trained is what the cut gives."""
    model = prepare(network(key))[0]
    net, hook = TorchGraph(model), joint(model, 0.0)
    hook.expect(1)
    hook.start(net)
    with torch.no_grad():
        hook.after_step(net, 1)
        hook.finish(net)
    trained = net.write_back(model)
    assert hook.removed
    smaller = cut(trained, find_groups(trained), hook.removed)
    for feed in noise_batches(model.inputs, 2):
        for name, wanted in onnx_session(trained).run(feed).items():
            given = onnx_session(smaller).run(feed)[name]
            assert np.abs(given - wanted).max() <= 1e-4 * max(1.0, float(np.abs(wanted).max()))


def test_the_sample_loses_channels_and_kernels() -> None:
    context = Context(data=few(digits(), 480), test=few(digits(), 100, "test"), threads=1)
    params = Params(epochs=3, batch_size=16, channels=0.25, kernels=0.4)
    out = METHODS.get("prune.dynamic").run(sample(), params, context)
    assert out.model is not None
    measures = out.report.measures
    assert measures["cut_difference"].value < 1e-4
    assert measures["trained_difference"].value < 1e-4
    assert measures["top1"].value > 70
    assert measures["macs"].value < 0.8 * measures["macs_before"].value
    assert measures["channels"].value == pytest.approx(0.75 * measures["channels_before"].value, rel=0.05)
    for item in maskable(out.model):
        zeros = int((numbers(out.model, item.tensor) == 0).sum())
        if item.shape[1] == 1:  # of a depthwise convolution a kernel is a channel
            assert not zeros
            continue
        size = units(item, Pattern.KERNEL).size  # type: ignore[union-attr]
        assert zeros == pytest.approx(min(round(0.4 * item.size / size), item.size // size - 1) * size, abs=size)
    assert set(masked(out.model).values()) == {Pattern.KERNEL}
    assert measures["density"].value == pytest.approx(60, abs=1)
    groups = {g.key: g.size for g in find_groups(out.model) if not g.locked}
    assert all(size % 4 == 0 for size in groups.values())


def test_an_early_end_is_whole_and_says_so() -> None:
    context = Context(data=few(digits(), 160), test=few(digits(), 40, "test"), threads=1)
    params = Params(epochs=4, batch_size=16, max_steps=5)
    out = METHODS.get("prune.dynamic").run(sample(), params, context)
    assert out.model is not None
    assert any("ended before the masks were complete" in n for n in out.report.notes)
    assert 60 < out.report.measures["density"].value < 100
    with pytest.raises(UserError, match="no mask would ever grow"):
        METHODS.get("prune.dynamic").run(sample(), Params(begin=0.7, end=0.6), context)
