"""Which layers' channels live and die together, of the revision that is shown: found by the worker, once a revision."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Signal

from core.model.model import Model, is_locked
from gui.app_state import AppState
from gui.graph_view.known import layer_keys
from gui.job_runner import JobRunner
from gui.words import tr

_KEPT = 4
Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Group:
    """One channel group, as core.model.channel_widths.groups_in_words says it. ``members``: layer -> its role."""

    key: str
    kind: str
    units: int
    channels: int
    fixed: int
    producers: tuple[str, ...]
    members: Mapping[str, str]
    reason: str

    @property
    def locked(self) -> bool:
        return self.units == 0


@dataclass(frozen=True)
class Couplings:
    """All groups of a revision. ``layers``: layer -> (channels, numbers of its groups)."""

    groups: tuple[Group, ...]
    layers: Mapping[str, tuple[int, tuple[int, ...]]]
    notes: tuple[str, ...] = ()
    failure: str = ""

    def of(self, layer: str) -> tuple[Group, ...]:
        """The groups whose channels a layer gives."""
        found = self.layers.get(layer)
        return tuple(self.groups[k] for k in found[1]) if found is not None else ()

    def coupled(self, layers: Collection[str]) -> frozenset[str]:
        """The other layers that give channels of the same groups."""
        mine = {k for layer in layers if layer in self.layers for k in self.layers[layer][1]}
        if not mine:
            return frozenset()
        return frozenset(name for name, (_, groups) in self.layers.items() if mine.intersection(groups)) - set(layers)

    def missing(self, inside: Collection[str]) -> tuple[str, ...]:
        """The producing layers outside a scope that keep groups from being cut of which it holds other layers."""
        here, out = set(inside), []
        for group in self.groups:
            lacking = [layer for layer in group.producers if layer not in here]
            touched = any(role != "reads" and layer in here for layer, role in group.members.items())
            if touched and lacking and not group.locked:
                out += lacking
        return tuple(dict.fromkeys(out))

    def locks(self) -> dict[str, str]:
        """Producing layers of which no channel can go, with the reason."""
        return {layer: group.reason for group in self.groups if group.locked for layer in group.producers}


def read(found: Mapping[str, Any]) -> Couplings:
    """From the JSON of task ``groups``."""
    groups = tuple(Group(**{**g, "producers": tuple(g["producers"])}) for g in found["groups"])
    layers = {name: (int(size), tuple(numbers)) for name, (size, numbers, _) in found["layers"].items()}
    return Couplings(groups, layers, tuple(found["notes"]))


class Coupled(QObject):
    """``changed`` says that :attr:`current` is known now, or belongs to another revision."""

    changed = Signal()

    def __init__(self, state: AppState, jobs: JobRunner, parent: QObject) -> None:
        super().__init__(parent)
        self._state, self._jobs = state, jobs
        self._found: OrderedDict[Key, Couplings] = OrderedDict()
        self._under_way: set[Key] = set()
        self._waiting: list[Callable[[Couplings], object]] = []
        state.opened.connect(self._forget)
        state.moved.connect(self.changed)
        state.listed.connect(self.changed)

    @property
    def current(self) -> Couplings | None:
        """Those of the revision shown, or of the one that edits by hand began from; None: not found (yet)."""
        key = self._key()
        return self._found.get(key) if key is not None else None

    def want(self) -> Couplings | None:
        """The same; where they are not known they are being found from now on."""
        key = self._key()
        if key is not None and key not in self._found and key not in self._under_way:
            self._find(key)
        return self.current

    def when_known(self, act: Callable[[Couplings], object]) -> None:
        """Now, or when those of the revision shown have been found."""
        found = self.want()
        if found is not None:
            act(found)
        else:
            self._waiting.append(act)

    def _key(self) -> Key | None:
        project, revision = self._state.project, self._state.revision
        return (str(project.folder), revision.id) if project is not None and revision is not None else None

    def _find(self, key: Key) -> None:
        self._under_way.add(key)
        model = {"project": key[0], "revision": key[1]}
        self._jobs.submit(
            tr("Channel groups"),
            "groups",
            {"model": model},
            lambda found: self._keep(key, read(found)),
            lambda error: self._keep(key, Couplings((), {}, (), str(error))),
            quiet=True,
        )

    def _keep(self, key: Key, found: Couplings) -> None:
        if key not in self._under_way:
            return  # the project was closed meanwhile, and another may have its place
        self._under_way.discard(key)
        self._found[key] = found
        while len(self._found) > _KEPT:
            self._found.popitem(last=False)
        self.changed.emit()
        if self.current is not None:
            waiting, self._waiting = self._waiting, []
            for act in waiting:
                act(self.current)

    def _forget(self) -> None:
        self._found.clear()
        self._under_way.clear()
        self._waiting.clear()
        self.changed.emit()


def locked_by_user(model: Model | None) -> frozenset[str]:
    """Keys of the layers whose channels the user has locked."""
    if model is None:
        return frozenset()
    locked = [is_locked(node) for node in model.nodes()]
    if not any(locked):
        return frozenset()
    return frozenset(key for key, is_locked in zip(layer_keys(model), locked, strict=True) if is_locked)
