"""The blocks of a graph that have a border of their own, and how they contain each other. No Qt."""

from __future__ import annotations

from gui.graph_view.known import Known
from gui.graph_view.membership import ROOT, Membership
from gui.graph_view.wiring import FEWEST


class Tree:
    """Blocks by path. A block that is too small for a border, or holds no more than one in it, is passed over."""

    def __init__(self, members: Membership, whole: Known) -> None:
        blocks = members.blocks
        self.layers = [0] * len(blocks)
        for node, _ in whole.layers.values():
            self.layers[members.homes[node]] += 1
        for k in range(len(blocks) - 1, 0, -1):  # parents come first
            self.layers[blocks[k].parent] += self.layers[k]
        self._members = members
        self._around = [ROOT] * len(blocks)  # the nearest block around it that has a border
        self._inside: dict[int, list[str]] = {}
        for k in range(1, len(blocks)):
            parent = blocks[k].parent
            self._around[k] = parent if self._bordered(parent) else self._around[parent]
            if self._bordered(k):
                self._inside.setdefault(self._around[k], []).append(blocks[k].path)

    def _bordered(self, k: int) -> bool:
        return k != ROOT and self.layers[k] >= FEWEST and self.layers[k] != self.layers[self._members.blocks[k].parent]

    def shown(self, paths: list[str]) -> tuple[str, ...]:
        """Those of some blocks that have a border."""
        return tuple(path for path in paths if self._bordered(self._members.number.get(path, ROOT)))

    def siblings(self, path: str) -> list[str]:
        """Blocks directly in the same block, itself included, in the order of the graph; [] for an unknown one."""
        number = self._members.number.get(path, ROOT)
        return self._inside.get(self._around[number], []) if number else []
