"""What is drawn inside one block, in its own coordinates: strokes of edges, once each, and words beside them. No Qt."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar, NamedTuple, cast
from weakref import WeakKeyDictionary

import onnx_ir as ir

from core.model.layout import Point
from core.model.layout_nested import Inside
from gui.graph_view.sizes import Metrics
from gui.graph_view.sketch import Area

BAND, LABEL_PX = 1500.0, 10


def curve_x(x0: float, y0: float, x1: float, y1: float, y: float) -> float:
    """x at height y of the S-curve that is drawn between two bends."""
    part = min(max((y - y0) / (y1 - y0), 0.0), 1.0) if y1 > y0 else 1.0
    return x0 + (x1 - x0) * part * part * (3 - 2 * part)


class Stretch(NamedTuple):
    """A piece of a route between two bends; ``last`` where it ends with an arrow."""

    x0: float
    y0: float
    x1: float
    y1: float
    last: bool


class Label(NamedTuple):
    """Text beside an edge: left end of the baseline, and the width."""

    x: float
    y: float
    text: str
    width: float


class Strokes:
    """The pieces of edges inside one block, each once, by the horizontal band (BAND high) they begin in."""

    _all: ClassVar[WeakKeyDictionary[Inside, Strokes]] = WeakKeyDictionary()

    def __init__(self, inside: Inside) -> None:
        self.bands: dict[int, list[Stretch]] = {}
        seen: set[tuple[float, float, float, float, bool]] = set()
        cut: dict[tuple[float, float], float] = {}  # from where a long line is cut already, down to which border
        for new, ends in zip(branches(inside.routes), inside.ends, strict=True):
            for (x0, y0), (x1, y1), end in new:
                whole = (x0, y0, x1, y1, ends and end)
                if whole in seen:
                    continue
                seen.add(whole)
                if x0 == x1 and y1 - y0 > BAND / 4 and y1 // BAND > y0 // BAND:
                    self._cut(Stretch(*whole), cut)
                else:
                    self.bands.setdefault(int(y0 // BAND), []).append(Stretch(*whole))
        self.last = max(self.bands, default=-1)
        self.tops = sorted((box[1], k) for k, box in enumerate(inside.boxes))
        self.tallest = max((box[3] for box in inside.boxes), default=0.0)

    def _cut(self, whole: Stretch, cut: dict[tuple[float, float], float]) -> None:
        """A long straight piece in as many as bands, so that a band knows all that crosses it.

        Of those that set out from one point each goes on where another was cut last: thousands of readers of a tensor
        share its trunk.
        """
        x, y0, _, y1, last = whole
        done = cut.get((x, y0), y0)
        at = min(done, y1 // BAND * BAND)
        while y1 // BAND > at // BAND:
            border = (at // BAND + 1) * BAND
            self.bands.setdefault(int(at // BAND), []).append(Stretch(x, at, x, border, False))
            at = border
        cut[x, y0] = max(done, at)
        self.bands.setdefault(int(at // BAND), []).append(Stretch(x, at, x, y1, last))

    @classmethod
    def of(cls, inside: Inside) -> Strokes:
        """Those of a layout; equal blocks share them."""
        found = cls._all.get(inside)
        if found is None:
            found = cls._all[inside] = cls(inside)
        return found

    def items(self, inside: Inside, left: float, top: float, right: float, bottom: float) -> Iterator[int]:
        """Positions of the items that touch a rectangle, found by their upper borders."""
        first = bisect_left(self.tops, (top - self.tallest, -1))
        last = bisect_right(self.tops, (bottom, len(inside.boxes)))
        for _, k in self.tops[first:last]:
            x, y, w, h = inside.boxes[k]
            if x <= right and x + w >= left and y + h >= top:
                yield k


def branches(routes: Iterable[Sequence[Point]]) -> Iterator[list[tuple[Point, Point, bool]]]:
    """Of each route the pieces that no route before it has, and whether it ends there.

    Routes of a tensor set out from one point and run along one trunk; so what is before a known piece is known.
    """
    known: dict[Point, set[tuple[Point, Point]]] = {}
    for route in routes:
        met, new, end = known.setdefault(route[0], set()), [], len(route) - 2
        for k in range(end, -1, -1):
            piece = (route[k], route[k + 1])
            if piece in met and k < end:
                break
            met.add(piece)
            new.append((*piece, k == end))
        new.reverse()
        yield new


def labels(area: Area, inside: Inside, metrics: Metrics) -> list[Label]:
    """The shapes and types written beside edges, from the top down: one per tensor, where it sets out from a card, or
    from an open block once it has left it.

    A tensor whose label is that of its source's input says nothing new and stays unlabelled, so that a reader going
    down sees each change of shape. A label stands where no curve passes: right, else left, else nowhere (the card says
    the shape too).
    """
    curves = _curves(inside)
    links = [(a, b, cast(ir.Value, value)) for a, b, value in area.links]
    read: dict[int | None, set[str]] = {}
    for _, target, value in links:
        read.setdefault(target, set()).add(area.said[value].label)
    ends = {k for k, card in zip(area.cards, area.drawn, strict=True) if card.category == "terminal"}
    out = []
    done: set[ir.Value] = set()
    for (source, target, value), route in zip(links, inside.routes, strict=True):
        text = area.said[value].label
        if source is None or target is None or value in done or not text or text in read.get(source, ()):
            continue
        if source in ends:
            continue  # it says its shape itself
        done.add(value)
        x, y = route[1]
        width = metrics.body(text) * LABEL_PX / 11
        for left in (x + 8, x - width - 8):
            if not any(a < left + width + 4 and b > left - 4 for a, b in curves.get(y, ())):
                out.append(Label(left, y + 15, text, width))
                break
    return sorted(out, key=lambda label: label.y)


def shifted(label: Label, x: float, y: float) -> Label:
    return Label(label.x + x, label.y + y, label.text, label.width)


def _curves(inside: Inside) -> dict[float, set[tuple[float, float]]]:
    """From where to where curves run, by the height they begin at."""
    out: dict[float, set[tuple[float, float]]] = {}
    for new in branches(inside.routes):
        for (x0, y0), (x1, _), _ in new:
            if x0 != x1:
                out.setdefault(y0, set()).add((min(x0, x1), max(x0, x1)))
    return out
