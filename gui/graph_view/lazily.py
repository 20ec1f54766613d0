"""What covers a whole canvas, made only as far as somebody asks: after an edit that is a screenful. No Qt.

Nothing here knows the picture it belongs to, so that a picture goes when the next one comes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar, cast, overload

from core.model.layout import Point
from core.model.layout_nested import Nested
from gui.graph_view.diagram import Card
from gui.graph_view.sketch import Area

T = TypeVar("T")
_FEW = 400  # items asked for one by one; whoever wants more gets all made in one go, which is quicker


class Lazily(Sequence[T]):
    """A sequence of ``count``; ``one`` makes one of them, ``every`` all."""

    def __init__(self, count: int, one: Callable[[int], T], every: Callable[[], Sequence[T]]) -> None:
        self._count, self._one, self._make = count, one, every
        self._all: Sequence[T] | None = None
        self._asked = 0

    @property
    def every(self) -> Sequence[T]:
        """All, made now if they are not yet."""
        if self._all is None:
            self._all = self._make()
        return self._all

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[T]:
        return iter(self.every)

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, Sequence) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    @overload
    def __getitem__(self, k: int) -> T: ...
    @overload
    def __getitem__(self, k: slice) -> Sequence[T]: ...
    def __getitem__(self, k: int | slice) -> T | Sequence[T]:
        if self._all is not None or isinstance(k, slice) or self._asked > _FEW:
            return self.every[k]
        if not -self._count <= k < self._count:
            raise IndexError(k)
        self._asked += 1
        return self._one(k % self._count)


class Routes(Sequence[tuple[Point, ...]]):
    """One polyline per edge, from the lower border of its source to the upper border of its target."""

    def __init__(self, count: int, make: Callable[[int], tuple[Point, ...]]) -> None:
        self._count, self._make = count, make
        self._known: dict[int, tuple[Point, ...]] = {}

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, k: int) -> tuple[Point, ...]: ...
    @overload
    def __getitem__(self, k: slice) -> list[tuple[Point, ...]]: ...
    def __getitem__(self, k: int | slice) -> tuple[Point, ...] | list[tuple[Point, ...]]:
        if isinstance(k, slice):
            return [self[j] for j in range(*k.indices(len(self)))]
        if k not in self._known:
            if not -len(self) <= k < len(self):
                raise IndexError(k)
            self._known[k] = self._make(k % len(self))
        return self._known[k]


def area(nested: Nested, group: int) -> Area:
    """What stands in one open block; ROOT is the whole graph."""
    return cast(Area, nested.blocks[group].part)


def cards(nested: Nested) -> Lazily[Card]:
    """All cards, block by block."""

    def one(k: int) -> Card:
        group = nested.block(k)
        return area(nested, group).drawn[k - nested.firsts[group]]

    def every() -> Sequence[Card]:
        return tuple([card for group in range(len(nested.blocks)) for card in area(nested, group).drawn])

    count = nested.firsts[-1] + len(nested.blocks[-1].part.cards)
    return Lazily(count, one, every)


class Index(Mapping[str, int]):
    """Cards by a word: ``label`` gives a card's, '' for none; ``group`` the number of the block it can only be in."""

    def __init__(self, nested: Nested, group: Callable[[str], int | None], label: Callable[[Card], str]) -> None:
        self._nested, self._group, self._label = nested, group, label
        self._known: dict[int, dict[str, int]] = {}
        self._all: dict[str, int] | None = None

    @property
    def every(self) -> dict[str, int]:
        """All, made now if they are not yet."""
        if self._all is None:
            self._all = {}
            for group in range(len(self._nested.blocks)):
                self._all.update(self._in(group))
        return self._all

    def _in(self, group: int) -> dict[str, int]:
        found = self._known.get(group)
        if found is None:
            first, label = self._nested.firsts[group], self._label
            drawn = enumerate(area(self._nested, group).drawn, start=first)
            found = self._known[group] = {word: k for k, card in drawn if (word := label(card))}
        return found

    def __getitem__(self, word: str) -> int:
        if self._all is not None:
            return self._all[word]
        group = self._group(word)
        if group is None:
            raise KeyError(word)
        return self._in(group)[word]

    def __iter__(self) -> Iterator[str]:
        return iter(self.every)

    def __len__(self) -> int:
        return len(self.every)
