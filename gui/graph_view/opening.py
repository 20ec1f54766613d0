"""Opening and closing the blocks of a graph in place."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Signal

from gui.graph_view.showing import Anchor, Showing
from gui.graph_view.tree import Tree


class Opening(Showing):
    """``blocks_changed`` follows every opening and closing, and blocks being shown or not."""

    blocks_changed = Signal()

    @property
    def blocks(self) -> bool:
        """Whether blocks are shown at all; without them the graph is flat."""
        return self._drafting.blocks

    def set_blocks(self, shown: bool) -> None:
        """Show blocks, or the graph flat."""
        if shown != self._drafting.blocks:
            self._anchors = self._hold()
            self._drafting.set_blocks(shown)
            self.blocks_changed.emit()

    @property
    def has_blocks(self) -> bool:
        """Whether there is a block that could be opened or closed."""
        members = self._drafting.members
        return members is not None and len(members.blocks) > 1

    def block_paths(self) -> list[str]:
        """Paths of all blocks of the graph, open or not, outer ones first."""
        members = self._drafting.members
        return [block.path for block in members.blocks[1:]] if members is not None else []

    def opened(self) -> list[str]:
        """Paths of the open blocks, in the order of the graph."""
        opened = self._drafting.opened
        return [path for path in self.block_paths() if path in opened] if self._drafting.members else sorted(opened)

    def set_opened(self, paths: Iterable[str]) -> None:
        """Open these blocks and close all others; unknown paths are left out."""
        self._change(set(paths))

    def open_block(self, path: str) -> None:
        """Open a block and those around it; its upper left corner stays where it is on the screen."""
        self._change(self._drafting.opened | set(self._drafting.with_those_around(path)), path)

    def close_block(self, path: str) -> None:
        """Close a block; what is open in it will be open again when it is."""
        self._change(self._drafting.opened - {path}, path)

    def open_all(self) -> None:
        self._change(set(self.block_paths()))

    def close_all(self) -> None:
        self._change(set())

    def toggle_block(self, path: str, alike: bool = False) -> None:
        """Open a closed block, close an open one; ``alike``: and all blocks of the same structure with it."""
        paths = self._drafting.alike(path) if alike else [path]
        if path in self._drafting.opened:
            self._change(self._drafting.opened - set(paths), path)
        else:
            around = {p for each in paths for p in self._drafting.with_those_around(each)}
            self._change(self._drafting.opened | around, path)

    def alike(self, path: str) -> list[str]:
        """Paths of the blocks of the same structure, itself included."""
        return self._drafting.alike(path)

    def around(self, key: str) -> list[str]:
        """Paths of the blocks around a layer, the outermost first; open or not."""
        return self._drafting.around(key)

    def around_block(self, path: str) -> list[str]:
        """Paths of the blocks around a block, the outermost first; open or not."""
        return self._drafting.with_those_around(path)[:0:-1]

    def tree(self) -> Tree | None:
        """The blocks that have a border of their own; None without a graph."""
        return self._drafting.tree()

    def block_title(self, path: str) -> str:
        """What a block is called; '' for an unknown one."""
        members = self._drafting.members
        number = members.number.get(path) if members is not None else None
        return members.blocks[number].title if members is not None and number is not None else ""

    def _change(self, opened: set[str], path: str = "") -> None:
        if opened == self._drafting.opened and self._drafting.members is not None:
            return
        box = self.block_box(path)
        self._anchors = self._hold()
        if box is not None:
            self._at_start = False
            self._anchors.insert(0, Anchor("", path, self.viewportTransform().map(box.topLeft())))
        self._drafting.set_opened(opened)
        self.blocks_changed.emit()
