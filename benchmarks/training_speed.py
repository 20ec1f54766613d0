"""Time of a training step in Thimble's loop beside the same network, optimizer and data in plain torch.

    .venv/bin/python -m benchmarks.training_speed [--steps 30] [--json FILE]

The networks are the reference modules of ``core.references``. Ours is the whole loop (``core.methods.training.Trainer``
on the graph made from the module): schedule, progress, curves, cancel, accuracy. Native is what one writes by hand:
forward, loss, backward, SGD with momentum and weight decay, a scheduled rate, the loss read every step. Both fetch
their batches from memory and update with torch's fused kernel. They take turns step by step in one process, on one
thread; the least time, the median, and the median ratio of neighbouring steps are given. Above 0.9 is the aim. The
first three losses of both must agree where nothing in the network is random, or the run fails.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks.record import save
from core.data.dataset import Item
from core.execute.torch_graph import TorchGraph
from core.jobs import Job
from core.methods.losses import cross_entropy
from core.methods.training import Trainer
from core.methods.training_data import Sample, Samples
from core.methods.training_net import logits_name, training_inputs
from core.methods.training_schedule import cosine
from core.methods.training_settings import Settings
from core.references.create import model_from_module, module_of
from core.references.reference import load_references

RATE, DECAY, MOMENTUM = 0.01, 5e-4, 0.9
# reference, its parameters, pixels, batch
CASES: tuple[tuple[str, dict[str, int], int, int], ...] = (
    ("resnet20_cifar", {}, 32, 128),
    ("mobilenet_v2", {"resolution": 96, "classes": 100}, 96, 32),
)
WARM_UP = 3


class Noise:
    """Images of noise with labels."""

    def __init__(self, count: int, pixels: int, classes: int, name: str) -> None:
        rng = np.random.default_rng(0)
        self.name, self.location, self.classes = "noise", "memory:noise", ()
        self.items = tuple(Item(f"item{k}", int(rng.integers(classes))) for k in range(count))
        self._images = rng.standard_normal((count, 3, pixels, pixels), np.float32)
        self._input = name

    def load(self, index: int) -> dict[str, np.ndarray]:
        return {self._input: self._images[index]}


class Native:
    """The loop one writes by hand."""

    def __init__(self, module: nn.Module, samples: Samples, total: int) -> None:
        self.module, self.samples, self.total = module.train(), samples, total
        weights = list(module.parameters())
        groups = [
            {"params": [p for p in weights if p.dim() > 1], "weight_decay": DECAY},
            {"params": [p for p in weights if p.dim() <= 1], "weight_decay": 0.0},
        ]
        self.optimizer = torch.optim.SGD(groups, lr=RATE, momentum=MOMENTUM, fused=True)
        self.losses: list[float] = []

    def step(self, order: Sequence[int]) -> None:
        """On the items in ``order``."""
        for group in self.optimizer.param_groups:
            group["lr"] = cosine(RATE, len(self.losses), self.total)
        (sample,) = self.samples.batches(order)
        (images,) = sample.feed.values()
        loss = nn.functional.cross_entropy(self.module(images), sample.labels)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.losses.append(loss.item())


class TakingTurns:
    """The items as the loop takes them; between two of its steps the native loop does one, and both are timed."""

    def __init__(self, samples: Samples, native: Native) -> None:
        self._samples, self._native = samples, native
        self.inputs, self.count, self.size, self.steps = samples.inputs, samples.count, samples.size, samples.steps
        self.ours: list[float] = []
        self.native: list[float] = []

    def batches(self, order: Sequence[int]) -> Iterator[Sample]:
        for k in range(self.steps):
            part = order[k * self.size : (k + 1) * self.size]
            start = time.perf_counter()
            (sample,) = self._samples.batches(part)
            yield sample
            middle = time.perf_counter()
            self._native.step(part)
            self.ours.append(middle - start)
            self.native.append(time.perf_counter() - middle)


def measure(key: str, changes: dict[str, int], pixels: int, batch: int, steps: int) -> dict[str, Any]:
    """One network, ``steps`` steps of each loop."""
    reference = load_references().get(key)
    params = reference.params(**changes)
    module = module_of(reference, params)
    model = model_from_module(reference, params, module)
    net = TorchGraph(model)
    scores, classes = logits_name(model, net)
    data = Noise(2 * batch, pixels, classes, model.inputs[0].name)
    epochs = -(-(steps + WARM_UP) // 2)
    samples = Samples(data, training_inputs(net, model), batch)
    native = Native(module, samples, epochs * samples.steps)
    turns = TakingTurns(samples, native)
    settings = Settings(epochs, RATE, momentum=MOMENTUM, weight_decay=DECAY)
    history = Trainer(net, turns, cross_entropy(scores), scores, settings).run(Job())  # type: ignore[arg-type]
    if not any(isinstance(m, nn.Dropout) and m.p > 0 for m in module.modules()):
        np.testing.assert_allclose(history.loss[:3], native.losses[:3], rtol=2e-3)
    ours, its = turns.ours[WARM_UP:], turns.native[WARM_UP:]
    return {
        "network": key,
        "pixels": pixels,
        "batch": batch,
        "steps": len(ours),
        "ours_ms": 1e3 * min(ours),
        "native_ms": 1e3 * min(its),
        "ours_median_ms": 1e3 * statistics.median(ours),
        "native_median_ms": 1e3 * statistics.median(its),
        "speed_of_least": min(its) / min(ours),
        "speed": statistics.median(b / a for a, b in zip(ours, its, strict=True)),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--json", type=Path, metavar="OUT")
    args = parser.parse_args()
    torch.set_num_threads(1)
    rows = [measure(*case, args.steps) for case in CASES]
    for row in rows:
        print(
            f"{row['network']:16} {row['pixels']} px, batch {row['batch']}: ours {row['ours_ms']:.1f} ms, native "
            f"{row['native_ms']:.1f} ms; speed {row['speed']:.3f} of native (least times {row['speed_of_least']:.3f})"
        )
    save(args.json, rows, threads=1)
    if min(row["speed"] for row in rows) < 0.9:
        sys.exit("Slower than 0.9 of native torch.")


if __name__ == "__main__":
    main()
