"""What was found as the rows of a tree: blocks, and below each its layers. No Qt."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from gui.search.find import Entry

Path = tuple[str, ...]


class Row(NamedTuple):
    """A line of the outline. ``layer`` is -1 for a block; ``path`` is the block's own or the layer's block."""

    depth: int
    layer: int
    path: Path
    title: str = ""
    layers: int = 0


class _Branch:
    """A block with what was found in it, in the order of the file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.parts: dict[str, _Branch] = {}
        self.order: list[_Branch | int] = []
        self.count = 0


def outline(entries: Sequence[Entry], layers: Iterable[int], closed: Collection[Path] = ()) -> list[Row]:
    """Rows for the layers that were found; those in ``closed`` blocks are left out. A block that only holds another
    stands in one line with it, 'features › 3 › conv', and one in which a single layer was found in none.
    """
    root = _Branch(())
    for layer in layers:
        branch = root
        branch.count += 1
        for part in entries[layer].blocks:
            below = branch.parts.get(part)
            if below is None:
                below = branch.parts[part] = _Branch((*branch.path, part))
                branch.order.append(below)
            branch = below
            branch.count += 1
        branch.order.append(layer)
    rows: list[Row] = []
    _write(root, 0, closed, rows)
    return rows


def _write(branch: _Branch, depth: int, closed: Collection[Path], rows: list[Row]) -> None:
    for part in branch.order:
        if isinstance(part, int):
            rows.append(Row(depth, part, branch.path))
            continue
        if part.count == 1:
            rows.append(Row(depth, _only(part), branch.path))
            continue
        first = part
        while len(part.order) == 1 and isinstance(part.order[0], _Branch):
            part = part.order[0]
        title = " › ".join(part.path[len(first.path) - 1 :])
        rows.append(Row(depth, -1, part.path, title, part.count))
        if part.path not in closed:
            _write(part, depth + 1, closed, rows)


def _only(branch: _Branch) -> int:
    part = branch.order[0]
    return part if isinstance(part, int) else _only(part)
