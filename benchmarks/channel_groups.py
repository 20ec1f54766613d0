"""Channel groups at size: thousands of random proofs, and times on real networks and on a thousand nodes.

Times are seconds, best of three: shapes, groups, cut and mask of a random removal; then prune.channels for half the
MACs: everything from the opened model to the cut one (without the proof), and a preview after the slider moved.

    .venv/bin/python -m benchmarks.channel_groups --networks 3000 --blocks 12

Prints the seed of every network whose cut does not equal its mask, and exits with 1 if there is one.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from benchmarks import record
from core.formats.open import open_model
from core.methods.method import Context
from core.methods.prune.channels import Params, decide, plan
from core.model.channels import cut, find_groups, mask
from core.model.facts import infer
from core.model.model import Model
from core.model.prepare import prepare
from core.references.create import create
from core.references.reference import load_references
from tests.conftest import FIVE, network_path
from tests.core.random_networks import BLOCKS, HEADS, random_network
from tests.core.test_channels_random import OPSETS, assert_cut_equals_mask, random_removal

T = TypeVar("T")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", type=int, default=3000)
    parser.add_argument("--blocks", type=int, default=12)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--json", type=Path, metavar="OUT")
    options = parser.parse_args()
    rows = []
    for name, model in timed_models():
        rows.append({"network": name, **times(model)})
        print(line(rows[-1]), flush=True)
    wrong, start = [], time.perf_counter()
    for seed in range(options.first, options.first + options.networks):
        try:
            prove(seed, options.blocks)
        except Exception as error:  # noqa: BLE001  every way to fail is a finding here, and the run goes on
            wrong.append(seed)
            print(f"seed {seed}: {type(error).__name__} {str(error)[:200]}", flush=True)
    took = time.perf_counter() - start
    print(f"{options.networks} random networks in {took:.0f} s: {len(wrong)} wrong {wrong or ''}")
    record.save(options.json, rows, random_networks=options.networks, wrong_seeds=wrong, seconds=round(took))
    return 1 if wrong else 0


def prove(seed: int, blocks: int) -> None:
    """One random network of up to ``blocks`` blocks."""
    rng = np.random.default_rng(seed)
    names = [str(b) for b in rng.choice(sorted(BLOCKS), int(rng.integers(1, blocks + 1)))]
    model = random_network(names, str(rng.choice(sorted(HEADS))), seed, int(rng.choice(OPSETS)))
    assert_cut_equals_mask(model, seed)


def timed_models() -> Iterator[tuple[str, Model]]:
    for key in FIVE:
        yield key, prepare(open_model(network_path(key)))[0]
    blocks = ["conv_norm_relu", "residual", "inception", "shuffle", "squeeze_excite", "conv_norm_relu"] * 40
    yield "random, long", random_network(blocks, "pool_flatten_gemm", 0)
    known = load_references()
    for name, key, changed in (("ResNet-50", "resnet50", {}), ("ViT, 36 blocks", "vit_tiny", {"depth": 36})):
        reference = known.get(key)
        yield name, create(reference, reference.params(**changed))


def times(model: Model) -> dict[str, float]:
    """Seconds for each step, best of three."""
    facts, inferring = best(lambda: infer(model))
    groups, grouping = best(lambda: find_groups(model, facts))
    removed = random_removal(groups, np.random.default_rng(0))
    _, cutting = best(lambda: cut(model, groups, removed))
    _, masking = best(lambda: mask(model, groups, removed))
    count = sum(1 for _ in model.nodes())
    found = {"nodes": count, "infer": inferring, "groups": grouping, "cut": cutting, "mask": masking}
    return {**found, **pruning(model)}


def pruning(model: Model) -> dict[str, float]:
    """Seconds of prune.channels from the opened model to the cut one, and of a preview that knows groups and scores."""
    half = Params()
    _, whole = best(lambda: decided_and_cut(model, half))
    ctx, slider = Context(), iter(np.linspace(0.3, 0.6, 10).tolist())
    plan(model, half, ctx)
    _, moved = best(lambda: plan(model, replace(half, ratio=next(slider)), ctx))
    return {"prune": whole, "plan": moved}


def decided_and_cut(model: Model, params: Params) -> Model:
    step = decide(model, params, Context())
    return cut(step.ground.model, step.ground.groups, step.choice.removed)


def line(row: dict[str, Any]) -> str:
    steps = ", ".join(f"{k} {row[k]:.3f}" for k in ("infer", "groups", "cut", "mask", "prune", "plan"))
    return f"{row['network']:14} {row['nodes']:5} nodes: {steps} s"


def best(act: Callable[[], T], n: int = 3) -> tuple[T, float]:
    found = []
    for _ in range(n):
        start = time.perf_counter()
        result = act()
        found.append(time.perf_counter() - start)
    return result, min(found)


if __name__ == "__main__":
    sys.exit(main())
