"""How large cards are, from the words on them. No Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

from core.model.layout_nested import Size
from gui.graph_view.captions import Row
from gui.graph_view.diagram import Card

HEADER, ROW, PAD, SIDE = 24.0, 16.0, 6.0, 10.0
_NARROW, _WIDE, _GRID = 208.0, 336.0, 16.0
_CHEVRON, _BESIDE, _LONGEST_TITLE = 20.0, 36.0, 160.0


@dataclass(frozen=True, slots=True)
class Metrics:
    """Widths of characters in the bold title font and in the plain one; an unknown character is as wide as 'M'."""

    bold: Mapping[str, float]
    plain: Mapping[str, float]

    def title(self, text: str) -> float:
        return sum([self.bold.get(c, self.bold["M"]) for c in text])

    def body(self, text: str) -> float:
        return sum([self.plain.get(c, self.plain["M"]) for c in text])

    def value_x(self, rows: tuple[Row, ...]) -> float:
        """Where the values of a card's rows begin: the same on all cards, unless a key is unusually long."""
        return 2 * SIDE + max([self.body("weights"), *(self.body(key) for key, _ in rows)])

    def card(self, card: Card) -> Size:
        """Width and height of a card at 100 %."""
        head = self.title(card.title) + (3 * SIDE + self.body(card.shape) if card.shape else 2 * SIDE)
        if card.block:
            head += _CHEVRON
        body = 0.0
        if card.rows:
            body = self.value_x(card.rows) + max(self.body(value) for _, value in card.rows) + SIDE
        width = ceil(max(head, body) / _GRID) * _GRID
        height = HEADER + (len(card.rows) * ROW + 2 * PAD if card.rows else 0.0)
        return (min(max(width, _NARROW), _WIDE), height)

    def frame(self, title: str) -> float:
        """The least width of an open block, so that its title stands left of what enters in the middle."""
        return 2 * (min(self.title(title), _LONGEST_TITLE) + _BESIDE)
