"""What was found as the rows of a tree: blocks, and below each its layers. No Qt.

Rows are plain numbers, and only where the block changes is there work to do: ten thousand results are arranged within
a keystroke.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

Path = tuple[str, ...]


class Row(NamedTuple):
    """A line of the outline. ``layer`` is -1 for a block; ``path`` is the block's own, or that of the layer's block."""

    depth: int
    layer: int
    path: Path
    title: str = ""
    layers: int = 0


class BlockTree:
    """The blocks around layers that are added one by one; numbered in the order they are met, 0 for the whole graph."""

    def __init__(self) -> None:
        self.paths: list[Path] = [()]
        self.parents: list[int] = [-1]
        self.number: dict[Path, int] = {(): 0}
        self.homes: list[int] = []
        self._items: list[list[int]] = [[]]  # of each block: its layers, and its blocks as -1 - number
        self._ranks: list[int] = []

    def add(self, path: Path) -> None:
        """The next layer, in the block at ``path``."""
        home = self._block(path)
        self._items[home].append(len(self.homes))
        self.homes.append(home)

    def _block(self, path: Path) -> int:
        found = self.number.get(path)
        if found is None:
            parent = self._block(path[:-1])
            found = self.number[path] = len(self.paths)
            self.paths.append(path)
            self.parents.append(parent)
            self._items.append([])
            self._items[parent].append(-1 - found)
        return found

    def ranks(self) -> Sequence[int]:
        """Where each layer stands when every block is one piece."""
        if len(self._ranks) != len(self.homes):
            self._ranks = [0] * len(self.homes)
            waiting, place = [-1], 0
            while waiting:
                item = waiting.pop()
                if item >= 0:
                    self._ranks[item] = place
                    place += 1
                else:
                    waiting += reversed(self._items[-1 - item])
        return self._ranks


class Outline:
    """Rows for the layers that were found; those in ``closed`` blocks are left out.

    A block that only holds another stands in one line with it, 'features › 3 › conv', and one in which a single layer
    was found in none.
    """

    def __init__(self, tree: BlockTree, layers: Iterable[int] = (), closed: Collection[Path] = ()) -> None:
        self._tree = tree
        self._shut = {tree.number[path] for path in closed if path in tree.number}
        self._counts = self._counted(layers)
        self._chains: dict[int, tuple[int, ...]] = {0: ()}
        self._rows: list[int] = []  # layers, and blocks as -1 - number
        self._depths: list[int] = []
        self._above: dict[int, int] = {}  # of a block with a line: the block above it with one
        ranks, home = tree.ranks(), tree.homes.__getitem__
        before: tuple[int, ...] = ()
        for block, inside in groupby(sorted(layers, key=ranks.__getitem__), key=home):
            chain = self._chain(block)
            before = self._open(chain, before)
            if self._shut.isdisjoint(chain):
                start = len(self._rows)
                self._rows.extend(inside)
                self._depths.extend([len(chain)] * (len(self._rows) - start))

    def _counted(self, layers: Iterable[int]) -> list[int]:
        """How many of the layers each block holds, at any depth."""
        tree = self._tree
        counts = [0] * len(tree.paths)
        for block, count in Counter(map(tree.homes.__getitem__, layers)).items():
            counts[block] = count
        for block in range(len(counts) - 1, 0, -1):  # blocks come after those around them
            counts[tree.parents[block]] += counts[block]
        return counts

    def _chain(self, block: int) -> tuple[int, ...]:
        """The blocks around that have a line of their own, outermost first."""
        found = self._chains.get(block)
        if found is None:
            parent = self._tree.parents[block]
            around = self._chain(parent)
            if self._counts[block] < 2:
                found = around
            elif around and self._counts[parent] == self._counts[block]:
                found = (*around[:-1], block)
            else:
                found = (*around, block)
            self._chains[block] = found
        return found

    def _open(self, chain: tuple[int, ...], before: tuple[int, ...]) -> tuple[int, ...]:
        """Write the lines of the blocks that begin here."""
        same = 0
        while same < min(len(chain), len(before)) and chain[same] == before[same]:
            same += 1
        for depth in range(same, len(chain)):
            if not self._shut.isdisjoint(chain[:depth]):
                break
            self._above[chain[depth]] = chain[depth - 1] if depth else 0
            self._rows.append(-1 - chain[depth])
            self._depths.append(depth)
        return chain

    def __len__(self) -> int:
        return len(self._rows)

    def row(self, at: int) -> Row:
        """What stands in a line."""
        item, depth = self._rows[at], self._depths[at]
        if item >= 0:
            return Row(depth, item, self._tree.paths[self._tree.homes[item]])
        path = self._tree.paths[-1 - item]
        above = self._tree.paths[self._above[-1 - item]]
        return Row(depth, -1, path, " › ".join(path[len(above) :]), self._counts[-1 - item])

    def layer(self, at: int) -> int:
        """The layer of a line, negative for a block."""
        return self._rows[at]

    def depth(self, at: int) -> int:
        return self._depths[at]

    def row_of(self, layer: int) -> int:
        """The line of a layer; -1 where its block is closed."""
        return self._rows.index(layer) if layer in self._rows else -1
