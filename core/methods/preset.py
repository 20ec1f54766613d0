"""Parameters that a target asks for, under the target's name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.methods.scope import Override
from core.model.model import Model


@dataclass(frozen=True, slots=True)
class Preset:
    """Values for some of a method's parameters; the others stay as they are.

    ``overrides``: layers that the target wants otherwise. ``demands``: what the target asks for, a sentence.
    ``source``: where that is written. ``assumed``: what nobody wrote down and this preset takes for granted, '' for
    nothing.
    """

    key: str
    title: str
    values: Mapping[str, Any]
    overrides: tuple[Override, ...] = ()
    demands: str = ""
    source: str = ""
    assumed: str = ""

    def overrides_for(self, model: Model) -> tuple[Override, ...]:
        """Those that concern a layer of this model: a step with one that concerns none is refused."""
        return tuple((scope, part) for scope, part in self.overrides if any(map(scope.contains, model.nodes())))

    def to_json(self) -> dict[str, Any]:
        said = {"demands": self.demands, "source": self.source, "assumed": self.assumed}
        return {
            "key": self.key,
            "title": self.title,
            "values": dict(self.values),
            "overrides": [{"scope": scope.to_json(), "params": dict(part)} for scope, part in self.overrides],
            **{name: text for name, text in said.items() if text},
        }
