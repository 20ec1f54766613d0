"""Incremental quantization against a loop written from the paper, its resuming, and the method on the sample."""

from __future__ import annotations

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
from core.methods.quantize.fixed_powers import FixPowers, chosen
from core.methods.quantize.formats import Blocks
from core.methods.quantize.incremental import Params, shares_of
from core.methods.training import Trainer
from core.methods.training_data import Samples
from core.methods.training_settings import Schedule, Settings
from core.model.masks import numbers
from core.model.stored_weights import dequantized, kind_of, weights_words
from tests.core.training_sets import digits, few, linear, points, sample

pytestmark = pytest.mark.usefixtures("one_torch_thread")
load_methods()
SHARES = (0.5, 0.75, 1.0)
PLAIN = Settings(5, 0.5, momentum=0.0, weight_decay=0.0, schedule=Schedule.CONSTANT)


def hook(bits: int = 3) -> FixPowers:
    return FixPowers({"w": Blocks((3, 4), None)}, bits, SHARES)


def power(w: float, n1: int, bits: int) -> float:
    """Zhou et al. 2017, equation 4: the nearest of 0 and 2**n1, 2**(n1 - 1), ..., halfway up."""
    sizes = [0.0, *sorted(2.0 ** (n1 - k) for k in range(2 ** (bits - 1) - 1))]
    best = max(sizes, key=lambda s: (-abs(abs(w) - s), s))
    return best if w >= 0 else -best


def by_loop(steps: list[Any], bits: int) -> tuple[np.ndarray, np.ndarray]:
    """What the paper says, without our graph, loop and hook: weights and biases at the end."""
    w, b = torch.from_numpy(numbers(linear(), "w").copy()), torch.zeros(3)
    n1 = int(np.floor(np.log2(4 * float(w.abs().max()) / 3)))
    fixed = torch.zeros(3, 4, dtype=torch.bool)
    for t in range(len(steps)):
        for k, share in enumerate(SHARES):
            if t == k * len(steps) // len(SHARES):
                free = sorted(
                    (i for i in range(12) if not fixed.flatten()[i]), key=lambda i: -abs(float(w.flatten()[i]))
                )
                for i in free[: round(share * 12) - int(fixed.sum())]:
                    w.flatten()[i] = power(float(w.flatten()[i]), n1, bits)
                    fixed.view(-1)[i] = True
        x, labels = steps[t].feed["x"], steps[t].labels
        error = torch.softmax(x @ w.T + b, 1) - torch.nn.functional.one_hot(labels, 3)
        w = torch.where(fixed, w, w - 0.5 * (error.T @ x) / len(x))  # equation 7
        b = b - 0.5 * error.mean(0)
    return w.numpy(), b.numpy()


def test_the_hook_does_what_the_paper_says() -> None:
    net, seen = TorchGraph(linear()), []

    def recording(item: Any, generator: Any) -> Any:
        seen.append(item)
        return item

    samples = Samples(points(64), linear().inputs, 8)
    Trainer(net, samples, cross_entropy("y"), "y", PLAIN, hooks=[hook()], augment=recording).run(Job())
    assert len(seen) == 40
    w, b = by_loop(seen, 3)
    np.testing.assert_allclose(net.initializer("w").detach().numpy(), w, atol=1e-5)
    np.testing.assert_allclose(net.initializer("b").detach().numpy(), b, atol=1e-5)
    assert set(np.abs(net.initializer("w").detach().numpy()).reshape(-1).tolist()) <= {0.0, 1.0, 0.5, 0.25}


def test_the_largest_are_fixed_first_and_stay() -> None:
    weight = np.asarray([[0.1, -0.9], [0.5, 0.3]], np.float32)
    first = chosen(weight, np.zeros((2, 2), bool), 0.5)
    assert first.tolist() == [[False, True], [True, False]]
    assert chosen(np.asarray([[0.9, 0.0], [0.0, 0.3]]), first, 0.75).tolist() == [[True, True], [True, False]]
    assert chosen(weight, first, 1.0).all()


class Crash(Exception):
    pass


def test_an_interrupted_training_ends_with_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_WRITING_SHARE", 0)

    def run(place: CheckpointPlace | None, crash: int = 0) -> bytes:
        net = TorchGraph(linear())
        seen = 0

        def listen(event: Event) -> None:
            nonlocal seen
            seen += isinstance(event, Point) and event.series == "loss"
            if crash and seen == crash:
                raise Crash

        samples = Samples(points(64), linear().inputs, 8)
        Trainer(net, samples, cross_entropy("y"), "y", PLAIN, hooks=[hook()], checkpoint=place).run(Job(listen))
        return net.initializer("w").detach().numpy().tobytes()

    wanted = run(None)
    place = CheckpointPlace(tmp_path / "one.safetensors", "digest", every=0.0)
    for step in (3, 15, 30):
        with pytest.raises(Crash):
            run(place, step)
    assert run(place) == wanted


def quantize(params: Params, **context: Any) -> Outcome:
    given = {"data": few(digits(), 320), "test": few(digits(), 100, "test"), "threads": 1, **context}
    return METHODS.get("quantize.incremental").run(sample(), params, Context(**given))


def test_the_sample_keeps_its_accuracy_in_powers_of_two() -> None:
    out = quantize(Params(epochs=2, batch_size=16))
    assert out.model is not None
    assert kind_of(out.model.nodes()) == "weights"
    assert weights_words(out.model) == "powers of two of 5 bits"
    measures = out.report.measures
    assert measures["top1"].value > measures["top1_before"].value - 5
    assert 5 <= measures["bits_per_weight"].value < 5.2
    assert any("no runtime on phones computes in them" in n for n in out.report.notes)
    back = dequantized(out.model)
    for name, value in sample().graph.graph.initializers.items():
        if value.shape is not None and len(value.shape) > 1 and name in back.graph.graph.initializers:
            found = np.abs(numbers(back, name))
            assert np.array_equal(np.exp2(np.rint(np.log2(found[found > 0]))), found[found > 0]), name


def test_a_training_that_ends_before_rounds_the_rest_and_says_so() -> None:
    out = quantize(Params(epochs=4, batch_size=32, max_steps=12))
    assert out.model is not None
    assert any("The training ended at 75 % fixed weights" in n for n in out.report.notes)


def test_shares_have_to_rise_to_one() -> None:
    assert shares_of("0.3, 1") == (0.3, 1.0)
    for text in ("", "0.5", "0.5 0.5 1", "1 0.5", "half 1", "0 1", "nan 1"):
        with pytest.raises(UserError, match="do not rise"):
            shares_of(text)
