"""The hierarchy of a graph: blocks from the names that exporters leave, and from repeated structure.

Any choice of blocks that do not contain each other can be closed into one card each, and the graph of cards has no
cycle: there is an order of all layers in which every edge goes forward and every block is one piece. Where the modules
of a network do not allow that (a module called twice, branches that feed each other), a block is divided.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import onnx_ir as ir

from core.model.blocks_names import scope
from core.model.blocks_repeats import repeats
from core.model.blocks_wires import Wires, kind, producer, read, runs, sticky_order, wires
from core.model.model import Model

_FEWEST = 2  # layers of a block; a card for one layer hides more than it tells


@dataclass(frozen=True, slots=True)
class Block:
    """Layers that belong together.

    ``path`` is unique in the tree, '' for the whole graph. ``nodes`` are the positions in ``Model.nodes()`` of all its
    layers, those of ``children`` included, ascending. ``identical`` are the paths of all blocks of the same structure
    (operators, attributes, weight shapes, wiring), itself included, in the order of the tree; () where it is the only
    one. ``structure`` is the same number for these, within one run of the program (see :func:`structure`).
    """

    title: str
    path: str
    nodes: tuple[int, ...]
    children: tuple[Block, ...] = ()
    identical: tuple[str, ...] = ()
    structure: int = 0

    @property
    def layers(self) -> int:
        """How many layers it holds at any depth."""
        return len(self.nodes)

    @property
    def own(self) -> tuple[int, ...]:
        """Layers that belong to none of the children."""
        inside = {k for child in self.children for k in child.nodes}
        return tuple(k for k in self.nodes if k not in inside)

    def walk(self, depth: int = 0) -> Iterator[tuple[int, Block]]:
        """The block and all below it with their depths, parents before children, in the order of the file."""
        yield depth, self
        for child in self.children:
            yield from child.walk(depth + 1)


def find_blocks(model: Model) -> Block:
    """The whole graph as a tree of blocks. Raises UserError for a graph with a cycle."""
    of = wires(model)
    builder = _Builder(of, [scope(node) for node in of.nodes])
    title = model.graph.graph.name or "graph"
    root = builder.block(title, "", range(len(of.nodes)), 0)
    return _with_identical(root, of)


class _Builder:
    """Divides layers by the next part of their paths, again and again."""

    def __init__(self, of: Wires, scopes: Sequence[tuple[str, ...]]) -> None:
        self._of, self._scopes = of, scopes

    def block(self, title: str, path: str, nodes: Sequence[int], depth: int) -> Block:
        """A block of ``nodes``, which agree in the first ``depth`` parts of their paths."""
        inner = path
        groups = self._groups(nodes, depth)
        while len(groups) == 1 and len(next(iter(groups.values()))) == len(nodes):
            (part,) = groups  # a module that only wraps another: one block, under the outer name
            inner = _join(inner, part)
            depth += 1
            groups = self._groups(nodes, depth)
        kept = {part: members for part, members in groups.items() if len(members) >= _FEWEST}
        children = []
        for part, pieces in self._acyclic(nodes, kept).items():
            shown = [piece for piece in pieces if len(piece) >= _FEWEST]
            for k, piece in enumerate(shown, 1):
                number = f"#{k}" if len(shown) > 1 else ""
                children.append(self.block(part + number, _join(inner, part) + number, piece, depth + 1))
        children += self._repeated(inner, nodes, children)
        return Block(title, path, tuple(nodes), tuple(sorted(children, key=lambda child: child.nodes[0])))

    def _groups(self, nodes: Sequence[int], depth: int) -> dict[str, list[int]]:
        out: dict[str, list[int]] = {}
        for k in nodes:
            if len(self._scopes[k]) > depth:
                out.setdefault(self._scopes[k][depth], []).append(k)
        return out

    def _acyclic(self, nodes: Sequence[int], groups: dict[str, list[int]]) -> dict[str, list[list[int]]]:
        """Each group in one piece, or in as few as needed for the pieces to feed each other without a cycle."""
        number = {k: j for j, members in enumerate(groups.values()) for k in members}
        knotted = _knotted(self._of, nodes, number)
        pieces = {part: ([] if j in knotted else [members]) for j, (part, members) in enumerate(groups.items())}
        if knotted:
            parts = list(groups)
            inside = [k for k in nodes if number.get(k, -1 - k) in knotted]
            for run in runs(sticky_order(self._of, inside, number), number):
                if run[0] in number:
                    pieces[parts[number[run[0]]]].append(sorted(run))
        return pieces

    def _repeated(self, path: str, nodes: Sequence[int], children: Sequence[Block]) -> list[Block]:
        """Repeats among the layers that no child holds, each as a block of its copies."""
        number = {k: j for j, child in enumerate(children) for k in child.nodes}
        if len(nodes) - len(number) < 2 * _FEWEST:
            return []
        free: dict[int, int] = {k: number.get(k, -1) for k in nodes}
        order = _contracted_order(self._of, nodes, number)
        out: list[Block] = []
        for run in runs(order, free):
            if free[run[0]] >= 0:
                continue
            for repeat in repeats(self._of, run):
                here = _join(path, f"~{len(out) + 1}")
                copies = []
                for k in range(repeat.copies):
                    first = repeat.start + k * repeat.period
                    members = tuple(sorted(run[first : first + repeat.period]))
                    copies.append(Block(f"{k + 1} of {repeat.copies}", f"{here}.{k + 1}", members))
                every = tuple(sorted(k for copy in copies for k in copy.nodes))
                out.append(Block(f"identical blocks ({repeat.copies})", here, every, tuple(copies)))
        return out


def _join(path: str, part: str) -> str:
    return f"{path}.{part}" if path else part


def _links(of: Wires, nodes: Sequence[int], number: dict[int, int]) -> dict[int, set[int]]:
    """Which items feed which: a group is its number, a layer without a group is -1 - position."""
    members = set(nodes)
    out: dict[int, set[int]] = {number.get(k, -1 - k): set() for k in nodes}
    for k in nodes:
        here = number.get(k, -1 - k)
        for target in of.feeds[k]:
            if target in members:
                there = number.get(target, -1 - target)
                if there != here:
                    out[here].add(there)
    return out


def _knotted(of: Wires, nodes: Sequence[int], number: dict[int, int]) -> set[int]:
    """Items on a cycle, or between two: what is left when sources and sinks are taken away again and again."""
    if not number:
        return set()
    ahead = _links(of, nodes, number)
    left = _peeled(ahead, set(ahead))
    if not left:
        return left
    behind: dict[int, set[int]] = {item: set() for item in left}
    for item in left:
        for target in ahead[item] & left:
            behind[target].add(item)
    return _peeled(behind, left)


def _peeled(links: dict[int, set[int]], items: set[int]) -> set[int]:
    waiting = dict.fromkeys(items, 0)
    for item in items:
        for target in links[item]:
            if target in waiting:
                waiting[target] += 1
    ready = [item for item, count in waiting.items() if not count]
    left = set(items)
    while ready:
        item = ready.pop()
        left.discard(item)
        for target in links[item]:
            if target in left:
                waiting[target] -= 1
                if not waiting[target]:
                    ready.append(target)
    return left


def _contracted_order(of: Wires, nodes: Sequence[int], number: dict[int, int]) -> list[int]:
    """A topological order in which every group is one piece (its layers in the file's order)."""
    members: dict[int, list[int]] = {}
    for k in nodes:
        members.setdefault(number.get(k, -1 - k), []).append(k)
    links = _links(of, nodes, number)
    waiting = dict.fromkeys(links, 0)
    for targets in links.values():
        for target in targets:
            waiting[target] += 1
    ready = [(members[item][0], item) for item, count in waiting.items() if not count]
    heapq.heapify(ready)
    out: list[int] = []
    while ready:
        _, item = heapq.heappop(ready)
        out += members[item]
        for target in links[item]:
            waiting[target] -= 1
            if not waiting[target]:
                heapq.heappush(ready, (members[target][0], target))
    return out


def _with_identical(root: Block, of: Wires) -> Block:
    """The tree with blocks of the same structure knowing each other."""
    keys = {block.path: _structure(block.nodes, of.kinds, of.reads) for _, block in root.walk()}
    alike: dict[int, list[str]] = {}
    for path, key in keys.items():
        alike.setdefault(key, []).append(path)
    known = {key: tuple(paths) if len(paths) > 1 else () for key, paths in alike.items()}

    def marked(block: Block) -> Block:
        children = tuple(marked(child) for child in block.children)
        key = keys[block.path]
        return replace(block, children=children, identical=known[key], structure=key)

    return marked(root)


def structure(nodes: Sequence[ir.Node]) -> int:
    """A number that is equal for parts of a graph whose layers are of the same kinds and wired alike.

    ``nodes`` are in the file's order. Comparable with ``Block.structure`` within one run of the program.
    """
    position = {id(node): k for k, node in enumerate(nodes)}
    outside: dict[int, int] = {}
    reads = [tuple(producer(value, position, outside) for value in read(node)) for node in nodes]
    return _structure(range(len(nodes)), [kind(node) for node in nodes], reads)


def _structure(nodes: Sequence[int], kinds: Sequence[int], reads: Sequence[Sequence[int]]) -> int:
    """Kinds and wiring of layers as a number; makers outside are numbered in the order they are read from."""
    place = {k: j for j, k in enumerate(nodes)}
    outside: dict[int, int] = {}
    out: list[object] = []
    for k in nodes:
        out.append(kinds[k])
        out.append(tuple(place[s] if s in place else -1 - outside.setdefault(s, len(outside)) for s in reads[k]))
    return hash(tuple(out))
