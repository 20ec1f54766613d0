"""Open blocks as frames, judged by geometry alone, on random nests and on the blocks of real networks."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from core.model.layout import layout
from core.model.layout_nested import Cache, Group, Nested, Size, layout_nested

Box = tuple[float, float, float, float]
Nest = tuple[list[Size], list[tuple[int, int]], list[int], list[Group]]


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
    out, at = [], done.homes[card]
    while at:
        out.append(at)
        at = done.groups[at].parent or 0
    return out


def assert_clean(done: Nested) -> None:
    cards = done.boxes()
    frames = {g: done.frame(g) for g in range(1, len(done.groups))}
    nests_of = [around(done, k) for k in range(len(cards))]
    for k, card in enumerate(cards):
        for other in cards[k + 1 :]:
            assert apart(card, other), "two cards overlap"
        for g, frame in frames.items():
            assert inside(card, frame) if g in nests_of[k] else apart(card, frame), "a card is where it does not belong"
    for g, frame in frames.items():
        parent = done.groups[g].parent or 0
        assert not parent or inside(frame, frames[parent])
        for h in range(g + 1, len(done.groups)):
            if done.groups[h].parent == done.groups[g].parent:
                assert apart(frame, frames[h]), "two frames overlap"
    for k, (source, target) in enumerate(done.edges):
        route = done.route(k)
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


def assert_one_trunk(done: Nested) -> None:
    """Edges of one tensor go the same way until they part, and never meet again."""
    by_tensor: dict[int, list[int]] = {}
    for k, tensor in enumerate(done.tensors):
        by_tensor.setdefault(tensor, []).append(k)
    for edges in by_tensor.values():
        came: dict[tuple[float, float], tuple[float, float] | None] = {}
        for k in edges:
            before = None
            for point in done.route(k):
                if point == before:
                    continue
                assert came.setdefault(point, before) == before, "a tensor's edges meet again"
                before = point


@settings(max_examples=150, deadline=None)
@given(nests())
def test_no_overlap_no_edge_through_anything_one_trunk_a_tensor(nest: Nest) -> None:
    sizes, edges, tensors, groups = nest
    done = layout_nested(sizes, edges, tensors, groups)
    assert_clean(done)
    assert_one_trunk(done)
    cache = Cache()
    first = layout_nested(sizes, edges, tensors, groups, cache=cache)
    again = layout_nested(sizes, edges, tensors, groups, cache=cache)
    assert first.boxes() == again.boxes() == done.boxes(), "the same graph gives the same picture"
    assert again.fresh == 0, "what was laid out once is remembered"


@settings(max_examples=50, deadline=None)
@given(nests())
def test_without_blocks_it_is_the_flat_layout(nest: Nest) -> None:
    sizes, edges, tensors, _ = nest
    done = layout_nested(sizes, edges, tensors, [Group(None, tuple(range(len(sizes))))])
    flat = layout(sizes, edges, tensors)
    left, top = flat.bounds[:2]
    assert [(x + w / 2, y + h / 2) for x, y, w, h in done.boxes()] == [(x - left, y - top) for x, y in flat.positions]
    for k, route in enumerate(flat.routes):
        assert done.route(k) == tuple((x - left, y - top) for x, y in route)
