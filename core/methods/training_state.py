"""Where a training stands, as tensors and JSON: everything a resumed run needs to end with the same bytes.

torch is imported inside functions.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from core.methods.checkpoint import Damaged
from core.methods.training_average import Average, copy_into, tensors_of
from core.methods.training_hooks import Hook
from core.methods.training_settings import Validation

if TYPE_CHECKING:
    from torch import Generator, Tensor
    from torch.optim import Optimizer

    from core.execute.torch_graph import TorchGraph

_COUNTS = ("step", "epoch", "position", "right", "known", "kept", "without_better", "passed")


@dataclass(slots=True)
class Snapshot:
    """Numbers of the net, and the states of the hooks, at the best validation so far."""

    net: dict[str, Tensor]
    hooks: list[dict[str, Tensor]]


@dataclass(slots=True)
class LoopState:
    """Counters and curves of a training.

    ``epoch`` counts the epochs that are over, ``position`` the batches of the current one, ``order`` is the order of
    its items (empty before its first batch); ``right`` of ``known`` labelled items were answered right in it.
    ``passed`` counts the validations that could choose nothing yet (Hook.settled).
    """

    step: int = 0
    epoch: int = 0
    position: int = 0
    right: int = 0
    known: int = 0
    kept: int = 0
    without_better: int = 0
    passed: int = 0
    order: list[int] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    validations: list[Validation] = field(default_factory=list)
    best: Validation | None = None
    snapshot: Snapshot | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """Random states and BatchNormalization's statistics before a step."""

    own: Tensor
    general: Tensor
    device: Tensor | None
    statistics: list[Tensor]


@dataclass(frozen=True, slots=True)
class Moving:
    """The live objects of a training that a checkpoint is made of."""

    net: TorchGraph
    optimizer: Optimizer
    generator: Generator
    hooks: Sequence[Hook]
    average: Average | None

    def snapshot(self) -> Snapshot:
        """A copy of what a validation has just judged: the averages where there are some."""
        net = self.average.values if self.average is not None else tensors_of(self.net)
        states = [{n: t.detach().clone() for n, t in h.state().items()} for h in self.hooks]
        return Snapshot({n: t.clone() for n, t in net.items()}, states)

    def moment(self) -> Moment:
        """What a step changes before it changes weights."""
        import torch

        statistics = [t.clone() for _, t in self.net.named_statistics()]
        return Moment(self.generator.get_state(), torch.get_rng_state(), _device_random(self.net), statistics)

    def return_to(self, moment: Moment) -> None:
        """As if the step had not begun."""
        self.generator.set_state(moment.own)
        _set_random(moment.general, moment.device, self.net)
        for (_, statistic), before in zip(self.net.named_statistics(), moment.statistics, strict=True):
            statistic.copy_(before)

    def restore(self, snapshot: Snapshot) -> None:
        """The net and the hooks as they were then."""
        copy_into(self.net, snapshot.net)
        for hook, state in zip(self.hooks, snapshot.hooks, strict=True):
            hook.load(state)


def to_file(state: LoopState, moving: Moving) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """(tensors, JSON) of a training."""
    import torch

    tensors = {
        "loop/order": torch.tensor(state.order, dtype=torch.int64),
        "loop/losses": torch.tensor(state.losses, dtype=torch.float64),
        "loop/rates": torch.tensor(state.rates, dtype=torch.float64),
        "random/own": moving.generator.get_state(),
        "random/torch": torch.get_rng_state(),
    }
    if (device := _device_random(moving.net)) is not None:
        tensors["random/device"] = device
    _put(tensors, "net", tensors_of(moving.net))
    if moving.average is not None:
        _put(tensors, "average", moving.average.values)
    for number, values in moving.optimizer.state_dict()["state"].items():
        _put(tensors, f"optimizer/{number}", {k: v for k, v in values.items() if v is not None})
    for number, hook in enumerate(moving.hooks):
        _put(tensors, f"hook/{number}", hook.state())
    if state.snapshot is not None:
        _put(tensors, "best", state.snapshot.net)
        for number, values in enumerate(state.snapshot.hooks):
            _put(tensors, f"best_hook/{number}", values)
    found: dict[str, Any] = {k: getattr(state, k) for k in _COUNTS}
    found["accuracy"] = state.accuracy
    found["validations"] = [dataclasses.asdict(v) for v in state.validations]
    found["best"] = None if state.best is None else dataclasses.asdict(state.best)
    found["hooks"] = [h.name for h in moving.hooks]
    return tensors, found


def from_file(tensors: Mapping[str, Tensor], found: Mapping[str, Any], moving: Moving) -> LoopState:
    """Put everything back into the live objects. Raises Damaged, before anything is changed, where it does not fit."""
    net = _get(tensors, "net")
    _check(net, tensors_of(moving.net))
    if moving.average is not None:
        _check(_get(tensors, "average"), moving.average.values)
    if found.get("hooks") != [h.name for h in moving.hooks]:
        raise Damaged("it was written by a training with other hooks")
    try:
        state = _loop_state(tensors, found, len(moving.hooks))
        own, general = tensors["random/own"], tensors["random/torch"]
    except (KeyError, TypeError, ValueError) as error:
        raise Damaged("parts of it are missing") from error
    copy_into(moving.net, net)
    if moving.average is not None:
        for name, tensor in _get(tensors, "average").items():
            moving.average.values[name].copy_(tensor)
    _load_optimizer(moving.optimizer, tensors)
    for number, hook in enumerate(moving.hooks):
        hook.load(_get(tensors, f"hook/{number}"))
    moving.generator.set_state(own)
    _set_random(general, tensors.get("random/device"), moving.net)
    return state


def _loop_state(tensors: Mapping[str, Tensor], found: Mapping[str, Any], hooks: int) -> LoopState:
    state = LoopState()
    for name in _COUNTS:
        setattr(state, name, int(found[name]))
    state.order = tensors["loop/order"].tolist()
    state.losses = tensors["loop/losses"].tolist()
    state.rates = tensors["loop/rates"].tolist()
    state.accuracy = [float(a) for a in found["accuracy"]]
    state.validations = [Validation(**v) for v in found["validations"]]
    state.best = None if found["best"] is None else Validation(**found["best"])
    if best := _get(tensors, "best"):
        state.snapshot = Snapshot(best, [_get(tensors, f"best_hook/{k}") for k in range(hooks)])
    return state


def _load_optimizer(optimizer: Optimizer, tensors: Mapping[str, Tensor]) -> None:
    whole = optimizer.state_dict()
    count = sum(len(g["params"]) for g in whole["param_groups"])
    states = {k: _get(tensors, f"optimizer/{k}") for k in range(count)}
    whole["state"] = {k: s for k, s in states.items() if s}
    optimizer.load_state_dict(whole)


def _device_random(net: TorchGraph) -> Tensor | None:
    import torch

    kind = next(net.parameters()).device.type
    if kind == "cuda":
        return torch.cuda.get_rng_state()
    return torch.mps.get_rng_state() if kind == "mps" else None


def _set_random(general: Tensor, own: Tensor | None, net: TorchGraph) -> None:
    import torch

    torch.set_rng_state(general)
    if own is None:
        return
    if next(net.parameters()).device.type == "cuda":
        torch.cuda.set_rng_state(own)
    else:
        torch.mps.set_rng_state(own)


def _put(tensors: dict[str, Tensor], kind: str, values: Mapping[str, Tensor]) -> None:
    tensors.update((f"{kind}/{name}", tensor) for name, tensor in values.items())


def _get(tensors: Mapping[str, Tensor], kind: str) -> dict[str, Tensor]:
    return {n.removeprefix(f"{kind}/"): t for n, t in tensors.items() if n.startswith(f"{kind}/")}


def _check(found: Mapping[str, Tensor], live: Mapping[str, Tensor]) -> None:
    if found.keys() != live.keys() or any(found[n].shape != t.shape for n, t in live.items()):
        raise Damaged("its weights are not those of this model")
