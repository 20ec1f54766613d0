"""Which block each layer belongs to, by the layer itself and not by its position, so that it survives edits. No Qt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import onnx_ir as ir

from core.model.blocks import Block, structure
from core.model.blocks_names import scope

ROOT = 0
_LARGE = 500  # layers; above, a touched block is taken to be unlike the others without looking


@dataclass(frozen=True, slots=True)
class Place:
    """A block in the tree: ``parent`` is its position in ``Membership.blocks``, -1 for the whole graph."""

    path: str
    title: str
    parent: int
    depth: int


class Membership:
    """The tree of blocks and the layers in it. ``homes`` gives the innermost block of each node, by its number."""

    def __init__(self, nodes: Sequence[ir.Node], root: Block) -> None:
        self.blocks: list[Place] = []
        self.homes: dict[ir.Node, int] = {}
        self._structures: dict[int, int] = {}
        self._groups: list[list[int]] | None = None  # those of one structure, as long as none has changed
        self._alike: tuple[list[list[int]], dict[int, tuple[int, int]]] | None = None  # made of such groups
        self._add(nodes, root, -1, 0)
        self.number = {block.path: k for k, block in enumerate(self.blocks)}
        self.last = list(range(len(self.blocks)))  # a block and all in it are numbered in a row
        self.children: list[list[int]] = [[] for _ in self.blocks]
        for k, block in enumerate(self.blocks[1:], start=1):
            self.children[block.parent].append(k)
        for k in range(len(self.blocks) - 1, 0, -1):
            parent = self.blocks[k].parent
            self.last[parent] = max(self.last[parent], self.last[k])

    def _add(self, nodes: Sequence[ir.Node], block: Block, parent: int, depth: int) -> None:
        me = len(self.blocks)
        title = block.title
        if title.split("#")[0].isdigit():
            title = ".".join(block.path.split(".")[-2:])  # a bare number says nothing
        self.blocks.append(Place(block.path, title, parent, depth))
        if block.identical:
            self._structures[me] = block.structure
        for k in block.nodes:
            self.homes[nodes[k]] = me  # children overwrite what their parents said
        for child in block.children:
            self._add(nodes, child, me, depth + 1)

    def copy(self) -> Membership:
        """Another one that can be changed without changing this; the tree itself never changes."""
        twin = Membership.__new__(Membership)
        twin.blocks, twin.number, twin.last, twin.children = self.blocks, self.number, self.last, self.children
        twin.homes, twin._structures = dict(self.homes), dict(self._structures)
        twin._groups, twin._alike = self._groups, self._alike
        return twin

    def follow(self, nodes: Sequence[ir.Node]) -> None:
        """Take in what an edit has added, and forget what it took away.

        A new layer joins the block that its name tells of, else the block of what it reads, else of what reads it.
        """
        homes = self.homes
        new = [node for node in nodes if node not in homes]
        for node in new:
            homes[node] = self._found(node)
        if len(homes) > len(nodes):
            here = set(nodes)
            for node in [node for node in homes if node not in here]:
                del homes[node]

    def _found(self, node: ir.Node) -> int:
        near = self._near(node)
        named = self._named(node)
        if named == ROOT or named in self.above(near):
            return near
        # one of several pieces of the same module: that of the neighbours is meant
        pieces = [k for k in self.above(near) if self.blocks[k].path.split("#")[0] == self.blocks[named].path]
        return pieces[0] if pieces else named

    def _named(self, node: ir.Node) -> int:
        """The innermost block around the module that a layer's name gives; ROOT where it gives none."""
        parts = list(scope(node))
        while parts:
            found = self.number.get(".".join(parts))
            if found is not None:
                return found
            parts.pop()
        return ROOT

    def _near(self, node: ir.Node) -> int:
        makers = (value.producer() for value in node.inputs if value is not None)
        readers = (use.node for value in node.outputs for use in value.uses())
        for near in (*makers, *readers):
            if near is not None and near in self.homes:
                return self.homes[near]
        return ROOT

    def touched(self, nodes: Iterable[ir.Node], every: Sequence[ir.Node]) -> None:
        """Look again whether the blocks around changed layers are still built like others. ``every`` are all nodes."""
        homes = self.homes
        blocks = {k for node in nodes if node in homes for k in self.above(homes[node])} - {ROOT}
        if not blocks:
            return
        self._groups = None
        known = [homes[node] for node in every]
        for k in blocks:
            self._structures.pop(k, None)
            last = self.last[k]
            inside = [at for at, home in enumerate(known) if k <= home <= last]
            if inside and len(inside) <= _LARGE:
                self._structures[k] = structure([every[at] for at in inside])

    def above(self, block: int) -> list[int]:
        """A block and those around it, innermost first."""
        out = []
        while block >= 0:
            out.append(block)
            block = self.blocks[block].parent
        return out

    def _classes(self) -> list[list[int]]:
        """Blocks of the same structure, in the tree's order, where there are several."""
        if self._groups is None:
            alike: dict[int, list[int]] = {}
            for k in sorted(self._structures):
                alike.setdefault(self._structures[k], []).append(k)
            self._groups = [group for group in alike.values() if len(group) > 1]
        return self._groups

    def alike(self) -> dict[int, tuple[int, int]]:
        """Which of how many blocks of the same structure each block is, where it is not the only one; the same dict
        until that changes."""
        groups = self._classes()
        if self._alike is None or self._alike[0] is not groups:
            self._alike = (groups, {k: (j, len(group)) for group in groups for j, k in enumerate(group, 1)})
        return self._alike[1]

    def identical(self, block: int) -> list[int]:
        """All blocks of the same structure, itself included, in the tree's order."""
        return next((group for group in self._classes() if block in group), [block])
