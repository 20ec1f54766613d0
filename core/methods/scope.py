"""Which layers an act may touch: chosen layers, a name pattern, operators; empty means all."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import onnx_ir as ir


@dataclass(frozen=True, slots=True)
class Scope:
    """A layer is in scope if it passes every condition that is set.

    ``layers``: node names. ``pattern``: a shell pattern on the node name. ``operators``: ONNX operator types.
    """

    layers: tuple[str, ...] = ()
    pattern: str = ""
    operators: tuple[str, ...] = ()

    def contains(self, node: ir.Node) -> bool:
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
