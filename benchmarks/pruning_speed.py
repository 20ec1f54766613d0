"""How soon a network is grouped, scored and cut, beside torch-pruning 1.6.1 on our torch module of the same weights.

    THIMBLE_TORCH_PRUNING=/tmp/peer .venv/bin/python -m benchmarks.pruning_speed [--networks KEY ...] [--json OUT]

(benchmarks.torch_pruning_peer says how to get the peer.) Two jobs, each done by both in turn, --rounds times, on one
thread; the figures are medians of processor seconds:

- *a share*: 40 % of the channels of every group, by L1 magnitude, all at once;
- *a budget*: half of the MACs, within 2 %. Ours knows what any removal leaves before anything is cut; the peer is cut
  on a fresh copy and counted by its own counter until the share is found, as its user has to.

"group and cut" leaves our scoring out of our side; the peer does not tell its parts apart, so its side keeps it.
"""

from __future__ import annotations

import argparse
import copy
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks import record
from benchmarks.torch_pruning_peer import torch_pruning
from core.cli.output import table
from core.methods.method import Context
from core.methods.prune.budget import Distribution
from core.methods.prune.channels import Params, decide
from core.methods.prune.scores import Combine, Evidence, Norm, ScoreSettings, unit_scores, weakest
from core.model.channels import cut, find_groups
from core.model.model import Model
from core.model.prepare import prepare
from core.references.create import model_from_module, module_of, noise_for
from core.references.reference import load_references

NETWORKS = (
    "resnet20_cifar", "mobilenet_v1", "mobilenet_v2", "squeezenet1_1", "resnet18", "resnet50", "googlenet",
    "densenet121", "efficientnet_lite0", "vgg16_bn",
)  # fmt: skip
RATIO, BUDGET, WITHIN, TRIES = 0.4, 0.5, 0.02, 24
_OUTPUT = "its channels are a graph output"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", nargs="+", default=list(NETWORKS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, metavar="OUT")
    options = parser.parse_args()
    tp = torch_pruning()
    if tp is None:
        print(__doc__)
        return 1
    torch.set_num_threads(1)
    rows = [timed(tp, key, options.rounds) for key in options.networks]
    print(show(rows))
    record.save(options.json, rows, rounds=options.rounds)
    return 0


def timed(tp: Any, key: str, rounds: int) -> dict[str, Any]:
    reference = load_references().get(key)
    params = reference.params()
    module = module_of(reference, params).eval()
    model = prepare(model_from_module(reference, params, module))[0]
    inputs = tuple(noise_for(reference.ports(params), 1))
    outputs = [p for g in find_groups(model) if g.reason == _OUTPUT for p in g.producers]
    jobs: dict[str, Callable[[], float | None]] = {
        "share": lambda: ours_share(model, False),
        "share_scored": lambda: ours_share(model, True),
        "share_peer": lambda: peer_share(tp, copy.deepcopy(module), inputs, outputs, RATIO)[0],
        "budget": lambda: ours_budget(model),
        "budget_peer": lambda: peer_budget(tp, module, inputs, outputs),
    }
    seconds: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, job in jobs.items():
            found = job()
            if found is not None:
                seconds[name].append(found)
    medians = {name: statistics.median(found) if found else None for name, found in seconds.items()}
    row = {"network": key, "nodes": sum(1 for _ in model.nodes()), "seconds": medians}
    print(show([row]).splitlines()[-1], flush=True)
    return row


def ours_share(model: Model, scored: bool) -> float:
    """Seconds to group and cut, with or without those that scoring takes."""
    start = time.process_time()
    groups = find_groups(model)
    grouped = time.process_time()
    chosen = tuple(g for g in groups if not g.locked)
    settings = ScoreSettings(norm=Norm.L1)
    scores = unit_scores(Evidence(model, groups, chosen, Context(), settings), "magnitude", Combine.MEAN)
    removed = weakest(groups, chosen, scores, RATIO, 1)
    chosen_at = time.process_time()
    cut(model, groups, removed)
    return time.process_time() - start - (0.0 if scored else chosen_at - grouped)


def ours_budget(model: Model) -> float:
    """Seconds to group, score, choose by MACs and cut."""
    start = time.process_time()
    params = Params(ratio=BUDGET, distribution=Distribution.UNIFORM, norm=Norm.L1, multiple=1, trunks=True)
    step = decide(model, params, Context())
    cut(step.ground.model, step.ground.groups, step.choice.removed)
    return time.process_time() - start


def peer_share(
    tp: Any, module: nn.Module, inputs: tuple[Tensor, ...], outputs: Sequence[str], ratio: float
) -> tuple[float | None, nn.Module]:
    """Seconds to build its graph, score and cut; None where it fails."""
    start = time.process_time()
    try:
        pruner = tp.pruner.MagnitudePruner(
            module,
            inputs,
            importance=tp.importance.MagnitudeImportance(p=1),
            pruning_ratio=ratio,
            ignored_layers=[module.get_submodule(name) for name in outputs],
        )
        pruner.step()
    except Exception:  # noqa: BLE001  benchmarks.pruning_networks names its failures
        return None, module
    return time.process_time() - start, module


def peer_budget(tp: Any, module: nn.Module, inputs: tuple[Tensor, ...], outputs: Sequence[str]) -> float | None:
    """Seconds until its own counter says that the budget is met within 2 %."""
    start = time.process_time()
    whole, _ = tp.utils.count_ops_and_params(module, inputs[0])
    low, high = 0.0, 0.95
    for _ in range(TRIES):
        ratio = (low + high) / 2
        done, smaller = peer_share(tp, copy.deepcopy(module), inputs, outputs, ratio)
        if done is None:
            return None
        try:
            left = tp.utils.count_ops_and_params(smaller, inputs[0])[0] / whole
        except RuntimeError:  # what it cut does not run (option A shortcuts)
            return None
        if abs(left - BUDGET) <= WITHIN * BUDGET:
            break
        low, high = (ratio, high) if left > BUDGET else (low, ratio)
    return time.process_time() - start


def show(rows: Sequence[dict[str, Any]]) -> str:
    columns = ("network", "nodes", "group and cut s", "with score s", "peer s", "times", "budget s", "peer s", "times")

    def cell(value: float | None, form: str) -> str:
        return "fails" if value is None else format(value, form)

    def times(peer: float | None, own: float) -> str:
        return "" if peer is None else f"{peer / own:.1f}"

    cells = []
    for row in rows:
        s = row["seconds"]
        cells.append(
            (row["network"], row["nodes"], cell(s["share"], ".3f"), cell(s["share_scored"], ".3f"),
             cell(s["share_peer"], ".3f"), times(s["share_peer"], s["share"]), cell(s["budget"], ".3f"),
             cell(s["budget_peer"], ".3f"), times(s["budget_peer"], s["budget"]))
        )  # fmt: skip
    return table(columns, cells)


if __name__ == "__main__":
    sys.exit(main())
