"""Which card is next to which, for walking on the canvas by keys. No Qt."""

from __future__ import annotations

from core.model.layout import Point
from gui.graph_view.picture import Picture


def step(picture: Picture, card: int, direction: str) -> int | None:
    """The next card from a card: 'up' to a producer, 'down' to a consumer, 'left' and 'right' beside it."""
    if direction in ("up", "down"):
        edges = picture.incoming if direction == "up" else picture.outgoing
        pairs = [picture.ends[e][:2] for e in edges.get(card, ())]
        near = [k for k in {pair[direction == "down"] for pair in pairs} if named(picture, k)]
        return min(near, key=lambda k: _distance(picture, card, k), default=None)
    left, top, width, height = picture.boxes[card]
    return beside(picture, (left, top, width, height), direction, {card})


def beside(picture: Picture, box: tuple[float, float, float, float], direction: str, inside: set[int]) -> int | None:
    """The card nearest to a box ('left' or 'right') at its height; those ``inside`` it do not count."""
    left, top, width, height = box
    bounds, here = picture.nested.bounds, left + width / 2
    row = picture.cards_in(bounds[0], top, bounds[2], top + height)
    near = [k for k in row if k not in inside and named(picture, k)]
    if direction == "left":
        return max((k for k in near if _middle(picture, k)[0] < here), key=lambda k: _middle(picture, k), default=None)
    return min((k for k in near if _middle(picture, k)[0] > here), key=lambda k: _middle(picture, k), default=None)


def named(picture: Picture, card: int) -> bool:
    """Whether a card can be selected: that of a layer or of a block."""
    return bool(picture.cards[card].key or picture.cards[card].block)


def topmost(picture: Picture, cards: set[int] | range) -> int | None:
    """The card that stands highest, of several the left one."""
    found = (k for k in cards if named(picture, k))
    return min(found, key=lambda k: (picture.boxes[k][1], picture.boxes[k][0]), default=None)


def _middle(picture: Picture, card: int) -> Point:
    x, y, w, h = picture.boxes[card]
    return (x + w / 2, y + h / 2)


def _distance(picture: Picture, a: int, b: int) -> tuple[float, float]:
    """Along the rows first, so that walking follows the trunk and not a shortcut; then sideways."""
    (ax, ay), (bx, by) = _middle(picture, a), _middle(picture, b)
    return (abs(ay - by), abs(ax - bx))
