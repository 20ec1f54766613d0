"""The blocks of a graph that have a border of their own, and how they contain each other. No Qt."""

from __future__ import annotations

from gui.graph_view.membership import ROOT
from gui.graph_view.wiring import Wiring


class Tree:
    """Blocks by path. A block that is too small for a border, or holds no more than one in it, is passed over."""

    def __init__(self, wiring: Wiring) -> None:
        self._wiring, self._blocks, self._number = wiring, wiring.members.blocks, wiring.members.number

    def shown(self, paths: list[str]) -> tuple[str, ...]:
        """Those of some blocks that have a border."""
        numbers = ((path, self._number.get(path, ROOT)) for path in paths)
        return tuple(path for path, k in numbers if k != ROOT and self._wiring.nearest[k] == k)

    def siblings(self, path: str) -> list[str]:
        """Blocks directly in the same block, itself included, in the order of the graph; [] for an unknown one."""
        number = self._number.get(path, ROOT)
        around = self._wiring.nearest[self._blocks[number].parent] if number else ROOT
        return [self._blocks[k].path for k in self._wiring.inner.get(around, ())] if number else []
