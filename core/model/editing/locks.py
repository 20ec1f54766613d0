"""Edits of what pruning may touch: layers whose channels the user wants kept."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import onnx_ir as ir

from core.errors import UserError
from core.model.editing.draft import Draft
from core.model.editing.edit import Edit, edit
from core.model.model import LOCKED, is_locked, layer_name


@edit("layer.lock", "Lock channels")
@dataclass(frozen=True, slots=True)
class Lock(Edit):
    """A layer's channels stay when the network is pruned, with those coupled to them; the model computes the same.

    ``layer``: a layer's name, or a pattern as in a shell ("layer3.*") for all that fit it.
    """

    layer: Annotated[str, "Layer"]

    def apply(self, draft: Draft) -> None:
        _mark(draft, self.layer, True)


@edit("layer.unlock", "Unlock channels")
@dataclass(frozen=True, slots=True)
class Unlock(Edit):
    """Takes a lock back; ``layer`` as for locking."""

    layer: Annotated[str, "Layer"]

    def apply(self, draft: Draft) -> None:
        _mark(draft, self.layer, False)


@edit("layers.lock", "Lock channels of layers")
@dataclass(frozen=True, slots=True)
class LockSeveral(Edit):
    """Locks every one of some layers that is not locked yet."""

    layers: Annotated[tuple[str, ...], "Layers"]

    def apply(self, draft: Draft) -> None:
        _mark_all(draft, [draft.layer(name) for name in self.layers], ", ".join(self.layers), True)


@edit("layers.unlock", "Unlock channels of layers")
@dataclass(frozen=True, slots=True)
class UnlockSeveral(Edit):
    """Takes back the locks of some layers."""

    layers: Annotated[tuple[str, ...], "Layers"]

    def apply(self, draft: Draft) -> None:
        _mark_all(draft, [draft.layer(name) for name in self.layers], ", ".join(self.layers), False)


def _mark(draft: Draft, name: str, locked: bool) -> None:
    nodes = _meant(draft, name)
    _mark_all(draft, nodes, name, locked)
    if len(nodes) > 1:
        draft.note = f"{len(nodes)} layers are meant."


def _mark_all(draft: Draft, meant: Sequence[ir.Node], name: str, locked: bool) -> None:
    nodes = [node for node in dict.fromkeys(meant) if is_locked(node) != locked]
    if not nodes:
        raise UserError(f"The channels of '{name}' are {'locked already' if locked else 'not locked'}.")
    for node in nodes:
        entries = {k: v for k, v in node.metadata_props.items() if k != LOCKED}
        draft.set_entries(node.metadata_props, {**entries, LOCKED: "1"} if locked else entries)
    draft.noted.layers(nodes)


def _meant(draft: Draft, name: str) -> list[ir.Node]:
    """The layer of this name, else the layers that fit it as a pattern; raises UserError where there is none."""
    if any(sign in name for sign in "*?["):
        layers = {layer_name(node): node for node in draft.graph}
        if name not in layers:
            fitting = [node for key, node in layers.items() if fnmatch.fnmatchcase(key, name)]
            if not fitting:
                raise UserError(f"No layer fits the pattern '{name}'.")
            return fitting
    return [draft.layer(name)]
