"""Which layers an act may touch: chosen layers, a name pattern, operators; empty means all."""

from __future__ import annotations

import fnmatch
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from core.model.model import Model, real_inputs


class Named(Protocol):
    """What a scope sees of a layer."""

    @property
    def name(self) -> str | None: ...
    @property
    def op_type(self) -> str: ...


@dataclass(frozen=True, slots=True)
class InputLayer:
    """An input of the graph as a scope sees it: by its name, with the operator "Input"."""

    name: str
    op_type: str = "Input"


def with_inputs(model: Model) -> tuple[Named, ...]:
    """All layers of a model and its inputs."""
    return (*model.nodes(), *(InputLayer(v.name or "") for v in real_inputs(model.graph)))


@dataclass(frozen=True, slots=True)
class Scope:
    """A layer is in scope if it passes every condition that is set.

    ``layers``: node names. ``pattern``: a shell pattern on the node name. ``operators``: ONNX operator types.
    """

    layers: tuple[str, ...] = ()
    pattern: str = ""
    operators: tuple[str, ...] = ()

    def contains(self, node: Named) -> bool:
        name = node.name or ""
        if self.layers and name not in self.layers:
            return False
        if self.pattern and not fnmatch.fnmatchcase(name, self.pattern):
            return False
        return not self.operators or node.op_type in self.operators

    @property
    def everything(self) -> bool:
        return not (self.layers or self.pattern or self.operators)

    def to_json(self) -> dict[str, Any]:
        return {"layers": list(self.layers), "pattern": self.pattern, "operators": list(self.operators)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Scope:
        return cls(tuple(data.get("layers", ())), str(data.get("pattern", "")), tuple(data.get("operators", ())))

    def missing(self, names: Collection[str]) -> tuple[str, ...]:
        """The chosen layers that a model, whose layers have these ``names``, does not have."""
        return tuple(name for name in self.layers if name not in names)

    def words(self) -> str:
        """What the scope is about, for a sentence."""
        return ", ".join(part for part in (self.pattern, *self.operators, *self.layers) if part)


Override = tuple[Scope, Mapping[str, Any]]
"""Layers that are to be treated differently, and the parameters that hold for them."""


def overridden(overrides: Sequence[Override], nodes: Iterable[Named], name: str) -> Any:
    """What the parameter ``name`` is for these layers, which share one value (a channel group); None: as elsewhere.

    The last override whose scope has one of the layers decides, as later options do on the command line. One that lists
    exactly these layers means this group, and gives way to patterns behind it only: other lists may share a layer with
    it and mean another group.
    """
    layers = tuple(nodes)
    names = {node.name for node in layers}
    found, meant = None, False
    for scope, part in overrides:
        exact = bool(scope.layers) and set(scope.layers) == names
        passed_by = meant and bool(scope.layers) and not exact
        if name in part and not passed_by and any(scope.contains(node) for node in layers):
            found, meant = part[name], exact
    return found
