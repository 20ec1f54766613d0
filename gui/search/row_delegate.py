"""How a result is painted: the layer with its colour, and below it why it was found."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from gui import theme
from gui.search.find import Reason
from gui.search.results import LINE, At, Line, ResultsModel, badge
from gui.words import thousands

_BLOCK, _LAYER = 3.25 * theme.UNIT, 5.25 * theme.UNIT
_INDENT, _GAP = 1.5 * theme.UNIT, float(theme.UNIT)
Spans = Sequence[tuple[int, int]]


class ResultDelegate(QStyledItemDelegate):
    """Two lines for a layer, one for a block."""

    def __init__(self, model: ResultsModel, parent: QObject) -> None:
        super().__init__(parent)
        self._model = model
        self._plain, self._bold = theme.graph_font(pixels=theme.TEXT_PX), theme.graph_font(True, theme.TEXT_PX)
        self._small, self._strong = theme.graph_font(pixels=theme.SMALL_PX), theme.graph_font(True, theme.SMALL_PX)

    def sizeHint(self, option: QStyleOptionViewItem, index: At) -> QSize:
        return QSize(0, round(_BLOCK if self._model.is_block(index.row()) else _LAYER))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: At) -> None:
        line: Line = index.data(LINE)
        box = QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, theme.color("accent_soft"))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(box, theme.color("raised"))
        inside = box.adjusted(_GAP + _INDENT * min(line.row.depth, 6), 0, -_GAP, 0)
        (self._paint_block if line.row.layer < 0 else self._paint_layer)(painter, inside, line)
        painter.restore()

    def _paint_block(self, painter: QPainter, box: QRectF, line: Line) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("muted"))
        painter.drawPolygon(_chevron(box.left() + 4, box.center().y(), self._model.is_closed(line.row)))
        painter.setFont(self._small)
        painter.setPen(theme.color("faint"))
        number = thousands(line.row.layers)
        painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, number)
        room = box.width() - 2.5 * _GAP - QFontMetricsF(self._small).horizontalAdvance(number)
        painter.setFont(self._strong)
        painter.setPen(theme.color("muted"))
        title = QFontMetricsF(self._strong).elidedText(line.row.title, Qt.TextElideMode.ElideMiddle, room)
        painter.drawText(box.adjusted(1.75 * _GAP, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, title)

    def _paint_layer(self, painter: QPainter, box: QRectF, line: Line) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.header_color(line.category))
        painter.drawRoundedRect(QRectF(box.left(), box.top() + 8, 8, 8), 2, 2)
        first = QRectF(box.left() + 1.75 * _GAP, box.top() + 4, box.width() - 1.75 * _GAP, 16)
        painter.setFont(self._bold)
        painter.setPen(theme.color("text"))
        kind = QFontMetricsF(self._bold).elidedText(line.operator, Qt.TextElideMode.ElideRight, first.width() / 2)
        painter.drawText(first, Qt.AlignmentFlag.AlignVCenter, kind)
        used = QFontMetricsF(self._bold).horizontalAdvance(kind) + _GAP
        name = next((r for r in line.reasons if r.text.field == "name"), None)
        rest = first.adjusted(used, 0, 0, 0)
        self._paint_text(painter, rest, line.key, name.spans if name is not None else (), "muted")
        self._paint_reasons(painter, QRectF(first.left(), box.top() + 21, first.width(), 16), line.reasons)

    def _paint_reasons(self, painter: QPainter, box: QRectF, reasons: Sequence[Reason]) -> None:
        measure = QFontMetricsF(self._small)
        for reason in reasons:
            word = badge(reason)
            wide = measure.horizontalAdvance(word) + 10
            if box.width() < wide:
                return
            pill = QRectF(box.left(), box.top(), wide, 15)
            painter.setPen(QPen(theme.color("border"), 1))
            painter.setBrush(theme.color("raised"))
            painter.drawRoundedRect(pill.adjusted(0.5, 0.5, -0.5, -0.5), 7, 7)
            painter.setFont(self._small)
            painter.setPen(theme.color("muted"))
            painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, word)
            box = box.adjusted(wide + 6, 0, 0, 0)
            if reason.text.field == "name":  # it is written above
                continue
            used = self._paint_text(painter, box, reason.text.text, reason.spans, "text")
            box = box.adjusted(used + _GAP, 0, 0, 0)

    def _paint_text(self, painter: QPainter, box: QRectF, text: str, spans: Spans, role: str) -> float:
        """Text with the hits marked, cut at the left where it is too long: the end of a name tells most."""
        text = text.replace("\n", " ")
        parts = pieces(text, spans)
        plain, bold = QFontMetricsF(self._small), QFontMetricsF(self._strong)
        cut, widths = 0, [(bold if hit else plain).horizontalAdvance(piece) for piece, hit in parts]
        while parts and sum(widths) > box.width() and cut < len(text):
            cut += max(1, round((sum(widths) - box.width()) / 7))
            shorter = tuple((max(s - cut, 0) + 1, n - max(cut - s, 0)) for s, n in spans if s + n > cut)
            parts = pieces("…" + text[cut:], shorter)
            widths = [(bold if hit else plain).horizontalAdvance(piece) for piece, hit in parts]
        x = box.left()
        for (piece, hit), width in zip(parts, widths, strict=True):
            if hit:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(theme.color("warning", 60))
                painter.drawRoundedRect(QRectF(x - 1, box.top() + 1, width + 2, box.height() - 2), 2, 2)
            painter.setFont(self._strong if hit else self._small)
            painter.setPen(theme.color("text" if hit else role))
            painter.drawText(QRectF(x, box.top(), width + 4, box.height()), Qt.AlignmentFlag.AlignVCenter, piece)
            x += width
        return x - box.left()


def pieces(text: str, spans: Spans) -> list[tuple[str, bool]]:
    """The text in pieces, and whether each is a hit."""
    out: list[tuple[str, bool]] = []
    at = 0
    for start, length in spans:
        out += [(text[at:start], False), (text[start : start + length], True)]
        at = start + length
    out.append((text[at:], False))
    return [(piece, hit) for piece, hit in out if piece]


def _chevron(x: float, y: float, closed: bool) -> QPolygonF:
    if closed:
        return QPolygonF([QPointF(x - 2, y - 4), QPointF(x + 3, y), QPointF(x - 2, y + 4)])
    return QPolygonF([QPointF(x - 4, y - 2), QPointF(x + 4, y - 2), QPointF(x, y + 3)])
