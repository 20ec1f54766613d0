"""A sheet as PDF: the graph flows down columns of pages, cut only between rows of cards, so that it can be printed.

Text stays text: it can be searched and copied.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QBuffer, QMarginsF, QPointF, QRectF, QSizeF
from PySide6.QtGui import QPageLayout, QPageSize, QPainter, QPdfWriter, QPen

from core import __version__
from core.errors import UserError
from gui import theme
from gui.drawing.sheet import BETWEEN, MARGIN, Brush, Sheet, strips
from gui.words import tr

_POINTS = 72.0
_PIXELS, _SMALL_PIXELS = 120, 132  # per inch: text of a card is 6.6 points high, or 6
_PAPERS = ((595.0, 842.0), (842.0, 1191.0), (1191.0, 1684.0), (1684.0, 2384.0), (2384.0, 3370.0))  # A4 to A0
_LARGEST = 14_400.0  # points; PDF readers stop here
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
    cut = tuple(strips(sheet, high))
    return Plan(paper, resolution, min(columns, len(cut)), cut)


def _columns(paper: tuple[float, float], resolution: int, width: float) -> int:
    return max(1, int((paper[0] * resolution / _POINTS + BETWEEN) // (width + BETWEEN)))


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
        raise UserError(tr("The PDF could not be begun."), tr("Save the picture as SVG instead."))
    try:
        _pages(painter, writer, sheet, laid)
    finally:
        painter.end()
    buffer.close()
    return bytes(buffer.data().data()), laid.pages


def _pages(painter: QPainter, writer: QPdfWriter, sheet: Sheet, laid: Plan) -> None:
    brush = Brush(sheet)
    for page in range(laid.pages):
        if page:
            writer.newPage()
        whole = QRectF(0, 0, writer.width(), writer.height())
        painter.fillRect(whole, theme.color("canvas"))
        used = laid.columns * (sheet.area.width() + BETWEEN) - BETWEEN
        shown = laid.strips[page * laid.columns : (page + 1) * laid.columns]
        brush.paint_columns(painter, shown, max(0.0, (whole.width() - used) / 2))
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
