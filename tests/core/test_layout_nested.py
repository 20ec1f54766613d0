"""Open blocks as frames, judged by geometry alone, on random nests and on the blocks of real networks."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from core.model.layout import Point, Spacing, layout
from core.model.layout_nested import Box, Cache, Frame, Link, Nested, Part, Size, layout_nested


class Group(NamedTuple):
    """A block: its parent's number (None for the whole graph), the cards directly in it, least width of its frame."""

    parent: int | None
    cards: tuple[int, ...]
    width: float


Nest = tuple[list[Size], list[tuple[int, int]], list[int], list[Group]]


def parts(nest: Nest) -> tuple[Part, dict[int, int]]:
    """A graph given flat as parts inside each other, and the number that each card has in the layout.

    A plain description of what the window does step by step.
    """
    sizes, edges, tensors, groups = nest
    home = {card: g for g, group in enumerate(groups) for card in group.cards}

    def above(g: int) -> list[int]:
        parent = groups[g].parent
        return [g, *(above(parent) if parent is not None else [])]

    links: list[dict[tuple[int | None, int | None, int], None]] = [{} for _ in groups]  # cards, or -1 - group
    for (u, v), t in zip(edges, tensors, strict=True):
        around_u, around_v = above(home[u]), above(home[v])
        meet = next(g for g in around_u if g in around_v)
        a, b = u, v
        for g in around_u[: around_u.index(meet)]:
            links[g][(a, None, t)] = None
            a = -1 - g
        for g in around_v[: around_v.index(meet)]:
            links[g][(None, b, t)] = None
            b = -1 - g
        links[meet][(a, b, t)] = None
    begins = [min((c for c in range(len(sizes)) if g in above(home[c])), default=0) for g in range(len(groups))]
    order: list[int] = []

    def make(g: int) -> Part:
        inner = [-1 - h for h, other in enumerate(groups) if other.parent == g]
        items = sorted([*groups[g].cards, *inner], key=lambda i: i if i >= 0 else begins[-1 - i])
        place = {item: k for k, item in enumerate(items)}
        made = [(a if a is None else place[a], b if b is None else place[b], t) for a, b, t in links[g]]
        order.extend(item for item in items if item >= 0)
        return Part(tuple(sizes[i] if i >= 0 else make(-1 - i) for i in items), tuple(made), groups[g].width)

    root = make(0)
    return root, {card: k for k, card in enumerate(order)}


def laid(nest: Nest, cache: Cache | None = None) -> tuple[Nested, dict[int, int]]:
    root, number = parts(nest)
    return layout_nested(root, Spacing(), Frame(), cache or Cache()), number


@st.composite
def nests(draw: st.DrawFn) -> Nest:
    """Random graphs of up to 24 cards in stretches of stretches: blocks that a topological order keeps in one piece."""
    count = draw(st.integers(1, 24))
    sizes = draw(st.lists(st.tuples(st.integers(20, 120), st.integers(12, 48)), min_size=count, max_size=count))
    pairs = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))
    edges = sorted({(min(p), max(p)) for p in draw(st.lists(pairs, max_size=3 * count)) if p[0] != p[1]})
    tensors = [2 * u + draw(st.integers(0, 1)) for u, _ in edges]
    groups: list[Group] = []

    def divide(parent: int | None, cards: range, depth: int) -> None:
        me = len(groups)
        groups.append(Group(parent, (), draw(st.integers(0, 300))))
        own: list[int] = []
        cuts = draw(st.lists(st.integers(cards.start, cards.stop), max_size=4 if depth < 4 else 0))
        for a, b in pairwise(sorted({cards.start, *cuts, cards.stop})):
            if b - a < 2 or (a, b) == (cards.start, cards.stop) or draw(st.booleans()):
                own += range(a, b)
            else:
                divide(me, range(a, b), depth + 1)
        groups[me] = Group(parent, tuple(own), groups[me].width)

    divide(None, range(count), 0)
    return [(2.0 * w, 2.0 * h) for w, h in sizes], edges, tensors, groups


def inside(inner: Box, outer: Box) -> bool:
    return (
        outer[0] <= inner[0]
        and outer[1] <= inner[1]
        and inner[0] + inner[2] <= outer[0] + outer[2]
        and inner[1] + inner[3] <= outer[1] + outer[3]
    )


def apart(a: Box, b: Box) -> bool:
    return a[0] + a[2] < b[0] or b[0] + b[2] < a[0] or a[1] + a[3] < b[1] or b[1] + b[3] < a[1]


def around(done: Nested, card: int) -> list[int]:
    """The frames a card stands in, without the whole graph."""
    out, at = [], done.place(card)[0]
    while at:
        out.append(at)
        at = done.blocks[at].parent
    return out


def assert_clean(done: Nested, edges: list[tuple[int, int]], tensors: list[int]) -> None:
    cards = done.boxes()
    frames = {g: done.frame(g) for g in range(1, len(done.blocks))}
    nests_of = [around(done, k) for k in range(len(cards))]
    for k, card in enumerate(cards):
        for other in cards[k + 1 :]:
            assert apart(card, other), "two cards overlap"
        for g, frame in frames.items():
            assert inside(card, frame) if g in nests_of[k] else apart(card, frame), "a card is where it does not belong"
    for g, frame in frames.items():
        parent = done.blocks[g].parent
        assert not parent or inside(frame, frames[parent])
        for h in range(g + 1, len(done.blocks)):
            if done.blocks[h].parent == parent:
                assert apart(frame, frames[h]), "two frames overlap"
    for (source, target), tensor in zip(edges, tensors, strict=True):
        route = done.route(source, target, tensor)
        a, b = cards[source], cards[target]
        assert a[0] <= route[0][0] <= a[0] + a[2]
        assert route[0][1] == a[1] + a[3], "an edge leaves the lower border"
        assert route[-1] == (b[0] + b[2] / 2, b[1]), "an edge enters the middle of the upper border"
        foreign = [cards[c] for c in range(len(cards)) if c not in (source, target)]
        foreign += [f for g, f in frames.items() if g not in nests_of[source] and g not in nests_of[target]]
        for (x0, y0), (x1, y1) in pairwise(route):
            assert y1 >= y0, "an edge runs upwards"
            for x, y, w, h in foreign:
                through = y0 < y + h and y1 > y and min(x0, x1) < x + w and max(x0, x1) > x
                assert not through, f"edge {source}->{target} runs through something it has no business in"


def assert_one_trunk(done: Nested, edges: list[tuple[int, int]], tensors: list[int]) -> None:
    """Edges of one tensor go the same way until they part, and never meet again."""
    by_tensor: dict[int, list[int]] = {}
    for k, tensor in enumerate(tensors):
        by_tensor.setdefault(tensor, []).append(k)
    for tensor, members in by_tensor.items():
        came: dict[Point, Point | None] = {}
        for k in members:
            before: Point | None = None
            for point in done.route(*edges[k], tensor):
                if point == before:
                    continue
                assert came.setdefault(point, before) == before, "a tensor's edges meet again"
                before = point


@settings(max_examples=150, deadline=None)
@given(nests())
def test_no_overlap_no_edge_through_anything_one_trunk_a_tensor(nest: Nest) -> None:
    cache = Cache()
    done, number = laid(nest, cache)
    edges = [(number[u], number[v]) for u, v in nest[1]]
    assert_clean(done, edges, nest[2])
    assert_one_trunk(done, edges, nest[2])
    computed = cache.computed
    again, _ = laid(nest, cache)
    assert again.boxes() == done.boxes(), "the same graph gives the same picture"
    assert cache.computed == computed, "what was laid out once is remembered"


@settings(max_examples=50, deadline=None)
@given(nests())
def test_without_blocks_it_is_the_flat_layout(nest: Nest) -> None:
    sizes, edges, tensors, _ = nest
    done, _ = laid((sizes, edges, tensors, [Group(None, tuple(range(len(sizes))), 0.0)]))
    flat = layout(sizes, edges, tensors)
    left, top = flat.bounds[:2]
    assert [(x + w / 2, y + h / 2) for x, y, w, h in done.boxes()] == [(x - left, y - top) for x, y in flat.positions]
    for (u, v), tensor, route in zip(edges, tensors, flat.routes, strict=True):
        assert done.route(u, v, tensor) == tuple((x - left, y - top) for x, y in route)


@settings(max_examples=50, deadline=None)
@given(nests(), st.integers(2, 4))
def test_equal_blocks_look_alike_and_are_laid_out_once(nest: Nest, copies: int) -> None:
    """The same block several times, each fed by the one before, and the first from outside."""
    sizes, edges, tensors, _ = nest
    inner, _ = parts((sizes, edges, tensors, [Group(None, tuple(range(len(sizes))), 0.0)]))
    row = []
    for k in range(copies):
        links: tuple[Link, ...] = ((None, 0, f"value {k}"), (len(sizes) - 1, None, f"value {k + 1}"))
        row.append(Part(inner.items, (*inner.links, *links), 100.0))
    cache = Cache()
    fed = tuple((k - 1 if k else None, k, f"value {k}") for k in range(copies))
    done = layout_nested(Part(tuple(row), fed), Spacing(), Frame(), cache)
    assert len({id(placed.inside) for placed in done.blocks[1:]}) == 1
    assert cache.computed == len(sizes) + copies, "one block, and the row"
    ports = {placed.left + placed.inside.enters[0] for placed in done.blocks[1:]}
    outs = {placed.left + placed.inside.leaves[0] for placed in done.blocks[1:]}
    if ports == outs:
        assert len({placed.left for placed in done.blocks[1:]}) == 1, "they stand below each other"
