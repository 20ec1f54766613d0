"""Channel pruning beside torch-pruning 1.6.1: the same weights, images, seeds and MACs; what recovery brings.

    TORCH_PRUNING=/tmp/torch_pruning python -m benchmarks.pruning --json benchmarks/results/pruning.json

(benchmarks.pruning_peer says how to get the peer.) Both are cut to the same share of the MACs. ResNet-20 on CIFAR-10
images, at 2 and 2.5 times fewer: one-shot; recovered from 320 unlabelled images (ours: least-squares refit; theirs:
BatchNorm statistics again); then tuned two epochs on 3,000 labelled images with distillation from the parent, by the
same loop, beside the unpruned network tuned equally. The ImageNet networks at 1.1 and 1.3 times fewer: one-shot and
recovered from 200 of the 500 images; the other 300 judge. A seed draws these images anew and seeds the training.

Differences are paired by image. The interval of a pooled difference is over the images: per image the mean over the
seeds, whose answers to one image are no independent evidence. The spread over the seeds stands beside it.
"""

from __future__ import annotations

import argparse
import copy
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from benchmarks import pruning_peer as peer
from benchmarks import record
from core import params as parameters
from core.data.dataset import DataSet
from core.data.feed import batches
from core.data.open import open_data
from core.data.splits import Subset, take, without
from core.formats.open import open_model
from core.measure.accuracy import judge
from core.measure.cost import cost
from core.methods.method import Context, load_methods
from core.model.model import Model
from core.model.preprocessing import presets
from tests.conftest import network_path, shared

REFIT_CIFAR, REFIT_IMAGENET, TUNE = 320, 200, 3000
CASES = {
    "resnet20": ("cifar10", 32, (2.0, 2.5)),
    "mobilenetv1": ("minus1to1", 224, (1.1, 1.3)),
    "mobilenetv2": ("imagenet", 224, (1.1, 1.3)),
    "squeezenet": ("imagenet", 224, (1.1, 1.3)),
}
Right = npt.NDArray[np.bool_]
Made = tuple[str, Model, float]  # (stage, network, seconds)


@dataclass(frozen=True)
class Row:
    """One network after one stage, judged. ``macs``: the share that is left. ``right``: items in their order."""

    network: str
    factor: float
    way: str
    stage: str
    seed: int
    top1: float
    macs: float
    seconds: float
    n: int


@dataclass(frozen=True)
class Images:
    """What a seed gives: images without labels, images to tune on (None: no tuning), images that judge."""

    unlabelled: DataSet
    tune: DataSet | None
    judge: DataSet


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", nargs="+", choices=list(CASES), default=list(CASES))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", help="parameters of prune.channels")
    parser.add_argument("--json", type=Path, metavar="OUT")
    options = parser.parse_args()
    chosen = dict(pair.split("=", 1) for pair in options.set)
    torch.set_num_threads(options.threads)
    rows: list[Row] = []
    pooled: list[dict[str, Any]] = []
    for network in options.networks:
        answers: dict[tuple[float, str, str], list[Right]] = defaultdict(list)
        for seed in range(options.seeds):
            for row, right in one_seed(network, seed, options.threads, chosen):
                rows.append(row)
                answers[row.factor, row.way, row.stage].append(right)
                print(line(row), flush=True)
        pooled += list(differences(network, answers, [r for r in rows if r.network == network]))
        for found in (p for p in pooled if p["network"] == network):
            print(pooled_line(found), flush=True)
    record.save(options.json, [asdict(r) for r in rows], pooled=pooled, threads=options.threads, set=chosen)
    return 0


# one seed -------------------------------------------------------------------------------------------------------------


def one_seed(network: str, seed: int, threads: int, chosen: dict[str, str]) -> Iterator[tuple[Row, Right]]:
    preset, size, factors = CASES[network]
    model = open_model(network_path(network)).with_preprocessing(presets(size, size)[preset])
    images = images_for(network, seed)
    module = peer.module_with_weights(network, model)
    macs = cost(model).macs or 1

    def judged(factor: float, way: str, made: Made) -> tuple[Row, Right]:
        stage, result, seconds = made
        right = judge(result, images.judge, threads=threads).correct
        left = (cost(result).macs or 0) / macs
        top1 = 100 * float(right.mean())
        return Row(network, factor, way, stage, seed, top1, left, seconds, len(right)), right

    yield judged(1.0, "unpruned", ("one-shot", model, 0.0))
    if images.tune is not None:
        yield judged(1.0, "unpruned", tuned(model, model, images, seed, threads))
    for factor in factors:
        for made in by_us(model, 1 / factor, images, seed, threads, chosen):
            yield judged(factor, "thimble", made)
        for made in by_peer(module, model, 1 / factor, images, seed, threads):
            yield judged(factor, "torch-pruning", made)


def images_for(network: str, seed: int) -> Images:
    if network == "resnet20":
        pool = open_data(shared("data/cifar10_jpeg/train_20000.zip"))
        unlabelled = take(pool, REFIT_CIFAR, seed)
        tune = take(without(pool, unlabelled), TUNE, seed)
        return Images(unlabelled, tune, open_data(shared("data/cifar10_jpeg/test_dev_2000.zip")))
    data = open_data(shared("data/imagenet_samples"))
    order = np.random.default_rng(seed).permutation(len(data.items)).tolist()
    return Images(
        Subset(data, sorted(order[:REFIT_IMAGENET]), f"{data.name} (unlabelled)"),
        None,
        Subset(data, sorted(order[REFIT_IMAGENET:]), f"{data.name} (judged)"),
    )


def by_us(
    model: Model, share: float, images: Images, seed: int, threads: int, chosen: dict[str, str]
) -> Iterator[Made]:
    ctx = Context(data=images.unlabelled, test=images.judge, teacher=model, seed=seed, threads=threads)
    start = time.perf_counter()
    cut = _done("prune.channels", model, {"currency": "macs", "ratio": 1 - share, "multiple": 1, **chosen}, ctx)
    yield "one-shot", cut, time.perf_counter() - start
    refitted = _done("recover.refit", cut, {}, ctx)
    yield "recovered", refitted, time.perf_counter() - start
    if images.tune is not None:
        yield tuned(refitted, model, images, seed, threads)


def _done(key: str, model: Model, values: dict[str, Any], ctx: Context) -> Model:
    method = load_methods().get(key)
    made = method.run(model, parameters.from_json(method.params, values), ctx).model
    assert made is not None, f"{key} gives a model"
    return made


def by_peer(
    module: torch.nn.Module, model: Model, share: float, images: Images, seed: int, threads: int
) -> Iterator[Made]:
    start = time.perf_counter()
    pruned, _ = peer.prune_to(module, model, share)
    seconds = time.perf_counter() - start
    yield "one-shot", peer.as_model(pruned, model), seconds
    settled = copy.deepcopy(pruned)
    start = time.perf_counter()
    feeds = (torch.from_numpy(b.feed[model.inputs[0].name]) for b in batches(images.unlabelled, model, 64))
    peer.settle_statistics(settled, feeds)  # a network without BatchNorm stays as it is
    recovered = peer.as_model(settled, model)
    yield "recovered", recovered, seconds + time.perf_counter() - start
    if images.tune is not None:
        yield tuned(recovered, model, images, seed, threads)


def tuned(model: Model, parent: Model, images: Images, seed: int, threads: int) -> Made:
    """Two epochs with distillation; the last weights are kept, so that no image chooses."""
    ctx = Context(data=images.tune, test=images.judge, teacher=parent, seed=seed, threads=threads)
    start = time.perf_counter()
    asked = {"epochs": 2, "validation": 0.0, "keep": "last", "learning_rate": 0.01}
    made = _done("tune.finetune", model, asked, ctx)
    return "tuned", made, time.perf_counter() - start


# all seeds ------------------------------------------------------------------------------------------------------------


def differences(
    network: str, answers: dict[tuple[float, str, str], list[Right]], rows: list[Row]
) -> Iterator[dict[str, Any]]:
    """Ours minus theirs (and minus the unpruned control) per factor and stage, pooled over the seeds."""
    for (factor, way, stage), ours in answers.items():
        if way != "thimble":
            continue
        for other, key in (("torch-pruning", (factor, "torch-pruning", stage)), ("unpruned", (1.0, "unpruned", stage))):
            theirs = answers.get(key)
            if theirs is None:
                continue
            found = pooled_difference(ours, theirs, same_items=network == "resnet20")
            yield {"network": network, "factor": factor, "stage": stage, "against": other, **found}


def pooled_difference(ours: list[Right], theirs: list[Right], same_items: bool) -> dict[str, Any]:
    """Percentage points; where every seed judged the same images, images are averaged over seeds first."""
    by_seed = [100 * float(a.mean() - b.mean()) for a, b in zip(ours, theirs, strict=True)]
    gaps = [a.astype(float) - b.astype(float) for a, b in zip(ours, theirs, strict=True)]
    items = np.mean(gaps, axis=0) if same_items else np.concatenate(gaps)
    # other draws judge overlapping images: as many independent ones as there are images at most
    count = len(items) if same_items else min(len(items), 500)
    half = 1.96 * 100 * float(items.std(ddof=1)) / count**0.5
    mean = 100 * float(items.mean())
    spread = statistics.stdev(by_seed) if len(by_seed) > 1 else None
    return {"difference": mean, "interval": (mean - half, mean + half), "seeds": by_seed, "spread": spread, "n": count}


def line(row: Row) -> str:
    return (
        f"{row.network:12} {row.factor:3.1f}x seed {row.seed} {row.way:14} {row.stage:10} "
        f"top-1 {row.top1:5.2f} (n={row.n})  MACs {100 * row.macs:5.1f} %  {row.seconds:6.1f} s"
    )


def pooled_line(found: dict[str, Any]) -> str:
    low, high = found["interval"]
    seeds = " ".join(f"{d:+.2f}" for d in found["seeds"])
    return (
        f"  {found['network']:12} {found['factor']:3.1f}x {found['stage']:10} thimble - {found['against']:14} "
        f"{found['difference']:+6.2f} points [{low:+.2f}, {high:+.2f}]  by seed {seeds}"
    )


if __name__ == "__main__":
    sys.exit(main())
