"""A sheet as PDF: the graph flows down columns of pages, cut only between rows of cards, so that it can be printed.

Text stays text: it can be searched and copied.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QBuffer, QMarginsF, QPointF, QRectF, QSizeF
from PySide6.QtGui import QPageLayout, QPageSize, QPainter, QPdfWriter, QPen

from core import __version__
from core.errors import UserError
from gui import theme
from gui.drawing.sheet import MARGIN, Brush, Sheet

_POINTS = 72.0
_PIXELS, _SMALL_PIXELS = 120, 132  # per inch: text of a card is 6.6 points high, or 6
_PAPERS = ((595.0, 842.0), (842.0, 1191.0), (1191.0, 1684.0), (1684.0, 2384.0), (2384.0, 3370.0))  # A4 to A0
_LARGEST = 14_400.0  # points; PDF readers stop here
_BETWEEN = 32.0  # columns, in pixels
_FOOTER = 32.0  # pixels at the end of a page


@dataclass(frozen=True, slots=True)
class Plan:
    """Where the strips of a graph stand. Lengths are pixels of ``resolution`` dots per inch.

    ``strips`` are (top, bottom) in the graph; ``columns`` of them stand side by side on a page.
    """

    paper: tuple[float, float]
    resolution: int
    columns: int
    strips: tuple[tuple[float, float], ...]

    @property
    def pages(self) -> int:
        return -(-len(self.strips) // self.columns)


def plan(sheet: Sheet) -> Plan:
    """Choose paper, resolution and cuts.

    The paper is the smallest of A4 to A0 that is wide enough, else a page of the graph's width; words are a little
    smaller where that makes room for another column. A graph too wide for the largest page of a PDF is drawn smaller.
    """
    width = sheet.area.width()
    points = width * _POINTS / _PIXELS
    paper = next((p for p in _PAPERS if p[0] >= points), None)
    resolution = _PIXELS
    if paper is None:
        wide = min(points, _LARGEST)
        paper = (wide, min(max(wide, _PAPERS[-1][1]), _LARGEST))
        resolution = max(_PIXELS, int(-(-width * _POINTS // _LARGEST)))
    elif _columns(paper, _SMALL_PIXELS, width) > _columns(paper, _PIXELS, width):
        resolution = _SMALL_PIXELS
    high = paper[1] * resolution / _POINTS - MARGIN - _FOOTER
    columns = _columns(paper, resolution, width)
    strips = tuple(_strips(sheet, high))
    return Plan(paper, resolution, min(columns, len(strips)), strips)


def _columns(paper: tuple[float, float], resolution: int, width: float) -> int:
    return max(1, int((paper[0] * resolution / _POINTS + _BETWEEN) // (width + _BETWEEN)))


def _strips(sheet: Sheet, high: float) -> Iterator[tuple[float, float]]:
    """Cut from top to bottom, each strip as long as fits, through no card where that is possible."""
    cuts = _gaps(sheet.picture.boxes)
    top, end = sheet.area.top(), sheet.area.bottom()
    while end - top > high:
        k = bisect_right(cuts, top + high)
        cut = cuts[k - 1] if k and cuts[k - 1] > top else top + high
        yield top, cut
        top = cut
    yield top, end


def _gaps(boxes: Sequence[tuple[float, float, float, float]]) -> list[float]:
    """Heights that no card crosses: the middle of each gap between rows of cards."""
    out: list[float] = []
    reached: float | None = None
    for _, top, _, height in sorted(boxes, key=lambda box: box[1]):
        if reached is not None and top > reached:
            out.append((reached + top) / 2)
        reached = top + height if reached is None else max(reached, top + height)
    return out


def pdf(sheet: Sheet) -> tuple[bytes, int]:
    """The document, and its number of pages. Raises UserError where Qt cannot begin one."""
    laid = plan(sheet)
    buffer = QBuffer()
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setTitle(sheet.title)
    writer.setCreator(f"Thimble {__version__}")
    writer.setResolution(laid.resolution)
    size = QPageSize(QSizeF(*laid.paper), QPageSize.Unit.Point, "", QPageSize.SizeMatchPolicy.ExactMatch)
    writer.setPageLayout(QPageLayout(size, QPageLayout.Orientation.Portrait, QMarginsF()))
    painter = QPainter()
    if not painter.begin(writer):
        raise UserError("The PDF could not be begun.", "Save the picture as SVG instead.")
    try:
        _pages(painter, writer, sheet, laid)
    finally:
        painter.end()
    buffer.close()
    return bytes(buffer.data().data()), laid.pages


def _pages(painter: QPainter, writer: QPdfWriter, sheet: Sheet, laid: Plan) -> None:
    brush = Brush(sheet)
    area = sheet.area
    for page in range(laid.pages):
        if page:
            writer.newPage()
        whole = QRectF(0, 0, writer.width(), writer.height())
        painter.fillRect(whole, theme.color("canvas"))
        used = laid.columns * (area.width() + _BETWEEN) - _BETWEEN
        left = max(0.0, (whole.width() - used) / 2)
        for column, (top, bottom) in enumerate(laid.strips[page * laid.columns : (page + 1) * laid.columns]):
            part = QRectF(area.left(), top, area.width(), bottom - top)
            painter.save()
            head = 0.0 if top == area.top() else MARGIN  # the first strip brings its own
            painter.translate(QPointF(left + column * (area.width() + _BETWEEN), head) - part.topLeft())
            painter.setClipRect(part)
            brush.paint(painter, part)
            painter.restore()
        _footer(painter, sheet, whole, f"{page + 1} / {laid.pages}" if laid.pages > 1 else "")


def _footer(painter: QPainter, sheet: Sheet, whole: QRectF, number: str) -> None:
    baseline = whole.bottom() - MARGIN / 2
    room = whole.width() - 2 * MARGIN
    painter.setFont(theme.graph_font())
    painter.setPen(QPen(theme.color("muted")))
    words = f"{sheet.title} · {sheet.about}"
    while len(words) > 1 and sheet.widths.body(words + number) + MARGIN > room:
        words = words[:-2] + "…"
    painter.drawText(QPointF(MARGIN, baseline), words)
    painter.drawText(QPointF(whole.right() - MARGIN - sheet.widths.body(number), baseline), number)
