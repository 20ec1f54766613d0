"""A sheet as SVG, written directly: text stays text, each layer is a group with its story as a tooltip.

Qt's own SVG writer repeats pen, brush and font for every stroke; classes of one style sheet make the file several
times smaller, and names can be searched in a browser.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from xml.sax.saxutils import escape, quoteattr

from PySide6.QtWidgets import QApplication

from gui import theme
from gui.drawing.sheet import Sheet
from gui.graph_view.diagram import Card
from gui.graph_view.picture import HEADER, LABEL_PX, PAD, ROW, SIDE, Stretch

_ARROW = 6.0
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # not allowed in XML 1.0


def svg(sheet: Sheet) -> bytes:
    """The whole graph as one UTF-8 document, at 100 %, in the look in force."""
    area = sheet.area
    width, height = _n(area.width()), _n(area.height())
    box = f"{_n(area.left())} {_n(area.top())} {width} {height}"
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="{box}" role="img">',
        f"<title>{_text(sheet.title)}</title>",
        f"<desc>{_text(sheet.about)}</desc>",
        f"<style>{_style()}</style>",
        f'<rect class="canvas" x="{_n(area.left())}" y="{_n(area.top())}" width="{width}" height="{height}"/>',
        *_edges(sheet),
        *_labels(sheet),
        *_cards(sheet),
        "</svg>",
        "",
    ]
    return "\n".join(lines).encode()


def _style() -> str:
    look = theme.current()
    family = QApplication.font().family().replace("\\", "").replace("'", "")
    rules = [
        f"text{{font-family:'{family}','Segoe UI','Helvetica Neue',Arial,sans-serif;font-size:11px;fill:{look.text}}}",
        f".canvas{{fill:{look.canvas}}}",
        f".card{{fill:{look.card};stroke:{look.card_border}}}",
        f".edge{{fill:none;stroke:{look.edge};stroke-width:1.2}}",
        f".arrow{{fill:{look.edge}}}",
        f".title{{font-size:12px;font-weight:bold;fill:{look.on_header}}}",
        f".shape{{fill:{look.on_header};fill-opacity:.75;text-anchor:end}}",
        f".key{{fill:{look.muted}}}",
        f".label{{font-size:{LABEL_PX}px;fill:{look.muted}}}",
        f".badge{{fill:#e3a008;stroke:{look.canvas};stroke-width:2}}",
        ".mark{font-weight:bold;fill:#221a00;text-anchor:middle}",
        *(f".kind-{name}{{fill:{colour}}}" for name, colour in look.categories.items()),
    ]
    return escape("".join(rules))


def _edges(sheet: Sheet) -> Iterator[str]:
    """One path per band of the canvas, shifted by half a pixel as on the screen, where columns stand crisp."""
    yield '<g transform="translate(.5 0)">'
    for band in sorted(sheet.picture.bands):
        pieces = sheet.picture.bands[band]
        yield f'<path class="edge" d="{"".join(map(_stretch, pieces))}"/>'
        arrows = "".join(_arrow(piece) for piece in pieces if piece.last)
        if arrows:
            yield f'<path class="arrow" d="{arrows}"/>'
    yield "</g>"


def _stretch(piece: Stretch) -> str:
    x0, y0, x1, y1, last = piece
    end = y1 - _ARROW * last
    start = f"M{_n(x0)} {_n(y0)}"
    if x0 == x1:
        return f"{start}V{_n(end)}"
    middle = (y0 + end) / 2
    return f"{start}C{_n(x0)} {_n(middle)} {_n(x1)} {_n(middle)} {_n(x1)} {_n(end)}"


def _arrow(piece: Stretch) -> str:
    half = _ARROW * 0.6
    return f"M{_n(piece.x1)} {_n(piece.y1)}l{_n(-half)} {_n(-_ARROW)}h{_n(2 * half)}z"


def _labels(sheet: Sheet) -> Iterator[str]:
    yield "<g>"
    for label in sheet.picture.labels:
        yield f'<text class="label" x="{_n(label.x)}" y="{_n(label.y)}">{_text(label.text)}</text>'
    yield "</g>"


def _cards(sheet: Sheet) -> Iterator[str]:
    known = theme.current().categories
    for k, card in enumerate(sheet.picture.cards):
        kind = card.category if card.category in known else "other"
        yield "".join(_card(sheet, k, card, kind))


def _card(sheet: Sheet, k: int, card: Card, kind: str) -> Iterator[str]:
    x, y, width, height = sheet.picture.boxes[k]
    badge = sheet.picture.badges.get(k, "")
    tip = f"{card.tip}\n{badge}".strip()
    named = f" data-layer={quoteattr(_clean(card.key))}" if card.key else ""
    yield f'<g transform="translate({_n(x)} {_n(y)})"{named}><title>{_text(tip)}</title>'
    if card.rows:
        r = theme.RADIUS
        yield f'<rect class="card" x=".5" y=".5" width="{_n(width - 1)}" height="{_n(height - 1)}" rx="{r}"/>'
        yield f'<path class="kind-{kind}" d="M0 {_n(HEADER)}V{r}a{r} {r} 0 0 1 {r}-{r}H{_n(width - r)}'
        yield f'a{r} {r} 0 0 1 {r} {r}V{_n(HEADER)}z"/>'
    else:
        radius = HEADER / 2 if card.category == "terminal" else theme.RADIUS
        yield f'<rect class="kind-{kind}" width="{_n(width)}" height="{_n(HEADER)}" rx="{_n(radius)}"/>'
    yield from _words(sheet, card, width)
    if badge:
        yield f'<circle class="badge" cx="{_n(width - 2)}" cy="2" r="8"/>'
        yield f'<text class="mark" x="{_n(width - 2)}" y="6">!</text>'
    yield "</g>"


def _words(sheet: Sheet, card: Card, width: float) -> Iterator[str]:
    widths = sheet.widths
    baseline = _n(HEADER / 2 + 4.5)
    room = width - 2 * SIDE - (widths.body(card.shape) + SIDE if card.shape else 0.0)
    title = _fitting(card.title, widths.title, room)
    yield f'<text class="title" x="{_n(SIDE)}" y="{baseline}">{_text(title)}</text>'
    if card.shape:
        yield f'<text class="shape" x="{_n(width - SIDE)}" y="{baseline}">{_text(card.shape)}</text>'
    value_x = 2 * SIDE + sheet.picture.key_width
    for j, (key, value) in enumerate(card.rows):
        y = _n(HEADER + PAD + j * ROW + 12)
        value = _fitting(value, widths.body, width - value_x - SIDE / 2)
        yield f'<text class="key" x="{_n(SIDE)}" y="{y}">{_text(key)}</text>'
        yield f'<text x="{_n(value_x)}" y="{y}">{_text(value)}</text>'


def _fitting(text: str, width_of: Callable[[str], float], room: float) -> str:
    """The text, or as much of its beginning as fits before an ellipsis."""
    if width_of(text) <= room:
        return text
    while text and width_of(text + "…") > room:
        text = text[:-1]
    return text + "…"


def _n(value: float) -> str:
    """A length with a tenth of a pixel."""
    return f"{value:.1f}".removesuffix(".0")


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)


def _text(text: str) -> str:
    return escape(_clean(text))
