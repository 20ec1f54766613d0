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
from gui.graph_view.frames import CHEVRON, RADIUS, tint, title_of
from gui.graph_view.picture import HEADER, LABEL_PX, PAD, ROW, SIDE, Stretch
from gui.graph_view.strokes import Strokes

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
        *_frames(sheet),
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
        f".frame{{fill:{look.text};fill-opacity:{tint() / 255:.3f};stroke:{look.border};stroke-width:1}}",
        f".block{{font-size:12px;font-weight:bold;fill:{look.muted}}}",
        f".about{{fill:{look.faint};text-anchor:end}}",
        f".chevron{{fill:none;stroke:{look.muted};stroke-width:1.6;stroke-linecap:round}}",
        f".closed{{fill:none;stroke:{look.on_header};stroke-width:1.6;stroke-linecap:round}}",
        f".key{{fill:{look.muted}}}",
        f".label{{font-size:{LABEL_PX}px;fill:{look.muted}}}",
        f".badge{{fill:#e3a008;stroke:{look.canvas};stroke-width:2}}",
        f".wrong{{fill:{look.error};stroke:{look.canvas};stroke-width:2}}",
        f".fault{{font-weight:bold;fill:{look.surface};text-anchor:middle}}",
        ".mark{font-weight:bold;fill:#221a00;text-anchor:middle}",
        *(f".kind-{name}{{fill:{colour}}}" for name, colour in look.categories.items()),
    ]
    return escape("".join(rules))


def _frames(sheet: Sheet) -> Iterator[str]:
    """Open blocks, outer ones first, with their titles."""
    for frame in sheet.picture.frames:
        x, y, width, height = frame.box
        said = title_of(sheet.picture, sheet.widths, frame)
        place = f'x="{_n(x + 0.5)}" y="{_n(y + 0.5)}" width="{_n(width - 1)}" height="{_n(height - 1)}"'
        yield f"<g data-block={quoteattr(_clean(frame.path))}><title>{_text(frame.path)}</title>"
        yield f'<rect class="frame" {place} rx="{RADIUS}"/>'
        yield f'<path class="chevron" d="M{_n(x + 10)} {_n(y + 12)}l4 4l4-4"/>'
        name = _fitting(frame.title, sheet.widths.title, said.room)
        yield f'<text class="block" x="{_n(said.x)}" y="{_n(said.baseline)}">{_text(name)}</text>'
        if said.about:
            yield f'<text class="about" x="{_n(x + width - 10)}" y="{_n(said.baseline)}">{_text(said.about)}</text>'
        yield "</g>"


def _edges(sheet: Sheet) -> Iterator[str]:
    """One path per block and band, shifted by half a pixel as on the screen, where columns stand crisp."""
    for placed in sheet.picture.nested.blocks:
        bands = Strokes.of(placed.inside).bands
        if not bands:
            continue
        yield f'<g transform="translate({_n(placed.left + 0.5)} {_n(placed.top)})">'
        for band in sorted(bands):
            yield f'<path class="edge" d="{"".join(map(_stretch, bands[band]))}"/>'
            arrows = "".join(_arrow(piece) for piece in bands[band] if piece.last)
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
    badge, fault = sheet.picture.badges.get(k, ""), sheet.picture.wrong.get(k, "")
    tip = f"{card.tip}\n{fault}\n{badge}".strip()
    named = f" data-layer={quoteattr(_clean(card.key))}" if card.key else ""
    if card.block:
        named = f" data-block={quoteattr(_clean(card.block))}"
    yield f'<g transform="translate({_n(x)} {_n(y)})"{named}><title>{_text(tip)}</title>'
    if card.rows:
        r = theme.RADIUS
        if card.block:
            yield f'<rect class="card" x="3.5" y="3.5" width="{_n(width - 1)}" height="{_n(height - 1)}" rx="{r}"/>'
        yield f'<rect class="card" x=".5" y=".5" width="{_n(width - 1)}" height="{_n(height - 1)}" rx="{r}"/>'
        yield f'<path class="kind-{kind}" d="M0 {_n(HEADER)}V{r}a{r} {r} 0 0 1 {r}-{r}H{_n(width - r)}'
        yield f'a{r} {r} 0 0 1 {r} {r}V{_n(HEADER)}z"/>'
    else:
        radius = HEADER / 2 if card.category == "terminal" else theme.RADIUS
        yield f'<rect class="kind-{kind}" width="{_n(width)}" height="{_n(HEADER)}" rx="{_n(radius)}"/>'
    yield from _words(sheet, card, width)
    if badge or fault:
        kinds = ("wrong", "fault") if fault else ("badge", "mark")
        yield f'<circle class="{kinds[0]}" cx="{_n(width - 2)}" cy="2" r="8"/>'
        yield f'<text class="{kinds[1]}" x="{_n(width - 2)}" y="6">!</text>'
    yield "</g>"


def _words(sheet: Sheet, card: Card, width: float) -> Iterator[str]:
    widths = sheet.widths
    baseline = _n(HEADER / 2 + 4.5)
    left = SIDE + (CHEVRON + SIDE if card.block else 0.0)
    room = width - left - SIDE - (widths.body(card.shape) + SIDE if card.shape else 0.0)
    if card.block:
        yield f'<path class="closed" d="M{_n(SIDE + 2)} {_n(HEADER / 2 - 4)}l4 4l-4 4"/>'
    title = _fitting(card.title, widths.title, room)
    yield f'<text class="title" x="{_n(left)}" y="{baseline}">{_text(title)}</text>'
    if card.shape:
        yield f'<text class="shape" x="{_n(width - SIDE)}" y="{baseline}">{_text(card.shape)}</text>'
    value_x = widths.value_x(card.rows)
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
