"""torch-pruning 1.6.1 (Fang et al. 2023) on one of our torch modules, timed, or its exception in one line.

It is no dependency of ours. Put it where only benchmarks look, and name that folder:

    pip install --no-deps --target /tmp/peer torch-pruning==1.6.1
    THIMBLE_TORCH_PRUNING=/tmp/peer .venv/bin/python -m benchmarks.pruning_networks
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType, ModuleType
from typing import Any

import torch
from torch import Tensor, nn

FOLDER = "THIMBLE_TORCH_PRUNING"


@dataclass(frozen=True)
class PeerResult:
    """``seconds`` of processor time for its graph, its scores and its cut; None where it did not get so far.

    ``outcome``: "" where the smaller module runs, else what went wrong. ``params``: parameters left of ``before``.
    ``heads``: it was told which layers hold how many heads, because it failed without.
    """

    seconds: float | None
    outcome: str
    params: int
    before: int
    heads: bool = False


def torch_pruning() -> ModuleType | None:
    """The module, where the environment names a folder that holds it."""
    folder = os.environ.get(FOLDER)
    if not folder:
        return None
    if folder not in sys.path:
        sys.path.append(folder)
    import torch_pruning as tp

    found: ModuleType = tp
    return found


def prune_with_peer(
    tp: ModuleType, make: Any, inputs: Sequence[Tensor], outputs: Sequence[str], ratio: float, limit: int
) -> PeerResult:
    """Magnitude with L1, the same share of each of its groups; ``make()`` gives a fresh module.

    ``outputs``: names of the layers that make the network's outputs, which must stay. ``limit``: seconds it may take.
    Where it fails on a network with attention it is tried once more with the heads named, as its examples do.
    """
    found = _attempt(tp, make(), inputs, outputs, ratio, limit, False)
    module = make() if found.outcome else None
    if module is not None and _heads(module):
        again = _attempt(tp, module, inputs, outputs, ratio, limit, True)
        return again if not again.outcome else found
    return found


def _attempt(
    tp: ModuleType, module: nn.Module, inputs: Sequence[Tensor], outputs: Sequence[str], ratio: float, limit: int,
    heads: bool,
) -> PeerResult:  # fmt: skip
    module.eval()
    before, start, seconds = _count(module), time.process_time(), None
    more: dict[str, Any] = {}
    if heads:
        more = {"num_heads": _heads(module), "prune_num_heads": True, "prune_head_dims": False,
                "head_pruning_ratio": ratio}  # fmt: skip
    try:
        with _at_most(limit):
            pruner = tp.pruner.MagnitudePruner(
                module,
                tuple(inputs),
                importance=tp.importance.MagnitudeImportance(p=1),
                pruning_ratio=ratio,
                ignored_layers=[module.get_submodule(name) for name in outputs],
                **more,
            )
            pruner.step()
            seconds = time.process_time() - start
            _tell_heads(module, pruner)
            with torch.no_grad():
                module(*inputs)
    except TimeoutError:
        return PeerResult(seconds, f"stopped after {limit} s", _count(module), before, heads)
    except Exception as error:  # noqa: BLE001  every way to fail is a finding here
        line = " ".join(str(error).split())[:160]
        return PeerResult(seconds, f"{type(error).__name__}: {line}", _count(module), before, heads)
    outcome = "" if _count(module) < before else "nothing was removed"
    return PeerResult(seconds, outcome, _count(module), before, heads)


def _heads(module: nn.Module) -> dict[nn.Module, int]:
    """The Linears that make queries, keys and values, and how many heads they hold."""
    found: dict[nn.Module, int] = {}
    for part in module.modules():
        count = getattr(part, "heads", None)
        if isinstance(count, int):
            found |= {layer: count for name, layer in part.named_children() if name in ("qkv", "query", "key", "value")}
    return found


def _tell_heads(module: nn.Module, pruner: Any) -> None:
    """Its examples leave the number of heads to the user: a module that counts them is told the new number."""
    for part in module.modules():
        for name, layer in part.named_children():
            if name in ("qkv", "query") and layer in pruner.num_heads:
                part.heads = pruner.num_heads[layer]


def _count(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


@contextmanager
def _at_most(seconds: int) -> Iterator[None]:
    def stop(number: int, frame: FrameType | None) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
