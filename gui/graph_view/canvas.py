"""What paints all cards, and what is marked on them. Edges and frames have items of their own beside it.

One item for everything keeps ten thousand layers as quick as a hundred: Qt has nothing to index, and the picture's own
sorted list finds the visible cards.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from core.model.layout_nested import Box
from gui import theme
from gui.graph_view.captions import CATEGORY
from gui.graph_view.channels import OnCards
from gui.graph_view.diagram import Card
from gui.graph_view.picture import HEADER, PAD, ROW, SIDE, End, Metrics, Picture

_CHEVRON = 8.0
_BEHIND = 3.0  # pixels: a closed block looks like a stack of cards
FAR, NEAR = 0.35, 0.6  # below FAR: coloured blocks; below NEAR: big titles; above: everything
_CHARACTERS = "".join(map(chr, range(32, 127))) + "×·−∞…–µ²³"


def metrics() -> Metrics:
    """Character widths of the fonts that cards are drawn with."""
    bold, plain = (QFontMetricsF(theme.graph_font(bold=b, pixels=p)) for b, p in ((True, 12), (False, 11)))
    return Metrics(
        {c: bold.horizontalAdvance(c) for c in _CHARACTERS}, {c: plain.horizontalAdvance(c) for c in _CHARACTERS}
    )


@dataclass
class Shown:
    """What is marked at the moment, by number of a card and by edge; shared by all items.

    ``holding`` are closed blocks that hide selected layers, ``frame`` is the path of the open block that is selected.
    ``heat`` are header colours that stand for a figure; cards without one are then grey. ``channels``: what would go.
    ``paint`` says what the items paint at a distance: the graph itself, the marks of the selection on it, or both.
    """

    selected: frozenset[int] = frozenset()
    holding: frozenset[int] = frozenset()
    frame: str = ""
    inputs: frozenset[int] = frozenset()
    outputs: frozenset[int] = frozenset()
    input_edges: frozenset[End] = frozenset()
    output_edges: frozenset[End] = frozenset()
    tensor_edges: frozenset[End] = frozenset()
    badges: Mapping[int, str] | None = None
    wrong: Mapping[int, str] | None = None
    overlays: Mapping[int, str] | None = None
    heat: Mapping[int, QColor] | None = None
    channels: OnCards | None = None
    paint: Literal["both", "graph", "marks"] = "both"


class CardsItem(QGraphicsItem):
    """All cards. Three levels of detail: blocks of colour, titles, everything."""

    def __init__(self, picture: Picture, shown: Shown, widths: Metrics) -> None:
        super().__init__()
        self._picture, self._shown, self._widths = picture, shown, widths
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)
        left, top, right, bottom = picture.nested.bounds
        self._bounds = QRectF(left, top, right - left, bottom - top).adjusted(-16, -16, 16, 16)
        self._value_x: dict[int, float] = {}
        self._fonts = (theme.graph_font(True, 12), theme.graph_font(False, 11))
        self._titles: dict[int, QFont] = {}
        self._heads: dict[tuple[float, bool], QPainterPath] = {}

    def boundingRect(self) -> QRectF:
        return self._bounds

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        exposed = option.exposedRect
        detail = QStyleOptionGraphicsItem.levelOfDetailFromTransform(painter.worldTransform())
        near = exposed.adjusted(-8, -8, 8, 8)
        boxes = dict(self._picture.boxes_in(near.left(), near.top(), near.right(), near.bottom()))
        cards = list(boxes)
        headers = {name: theme.header_color(name) for name in {*CATEGORY.values(), "other", "terminal", "block"}}
        if self._shown.paint == "marks":
            self._paint_outlines(painter, cards, detail)
            return
        if detail < FAR:
            self._paint_blocks(painter, boxes, headers)
        else:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
            self._paint_overlays(painter, cards)
            paint = self._paint_card if detail >= NEAR else self._paint_title
            plain = self._shown.heat is None
            for k in cards:
                paint(painter, k, headers[self._picture.cards[k].category] if plain else self._ground(k, headers))
        if self._shown.paint == "both":
            self._paint_outlines(painter, cards, detail)
        if detail >= FAR:
            self._paint_badges(painter, cards)

    def _ground(self, k: int, headers: Mapping[str, QColor]) -> QColor:
        """The colour of a card's header: that of its kind of operator, or of a figure."""
        heat, card = self._shown.heat, self._picture.cards[k]
        if heat is None or card.category == "terminal":
            return headers[card.category]
        return heat[k] if k in heat else theme.color("border")

    def _paint_blocks(self, painter: QPainter, boxes: Mapping[int, Box], headers: Mapping[str, QColor]) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        groups: dict[int, list[QRectF]] = {}
        overlays = self._shown.overlays or {}
        for k, place in boxes.items():
            ground = theme.color(overlays[k]) if k in overlays else self._ground(k, headers)
            box, share = QRectF(*place), self._kept(k)
            if share < 1:
                groups.setdefault(_pale(ground).rgb(), []).append(QRectF(box))
                box.setWidth(share * box.width())
            groups.setdefault(ground.rgb(), []).append(box)
        painter.setPen(Qt.PenStyle.NoPen)
        for colour, areas in groups.items():
            painter.setBrush(QColor.fromRgb(colour))
            painter.drawRects(areas)

    def _paint_title(self, painter: QPainter, k: int, header: QColor) -> None:
        """At a distance a card is its kind and its name, as large as the card allows."""
        card, box = self._picture.cards[k], QRectF(*self._picture.boxes[k])
        head = QPainterPath()
        head.addRoundedRect(box, theme.RADIUS, theme.RADIUS)
        self._paint_shares(painter, k, head, header, lambda ink: self._paint_name(painter, card, box, ink))

    def _paint_name(self, painter: QPainter, card: Card, box: QRectF, ink: QColor) -> None:
        painter.setPen(ink)
        widest = (box.width() - 2 * SIDE) / max(self._widths.title(card.title), 1.0) * 12
        size = int(max(8.0, min(22.0, box.height() * 0.7, widest)))
        if size not in self._titles:
            self._titles[size] = theme.graph_font(True, size)
        painter.setFont(self._titles[size])
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, card.title)

    def _paint_card(self, painter: QPainter, k: int, header: QColor) -> None:
        card = self._picture.cards[k]
        x, y, width, height = self._picture.boxes[k]
        if card.rows:
            painter.setPen(QPen(theme.color("card_border"), 1))
            painter.setBrush(theme.color("card"))
            body = QRectF(x + 0.5, y + 0.5, width - 1, height - 1)
            if card.block:
                painter.drawRoundedRect(body.translated(_BEHIND, _BEHIND), theme.RADIUS, theme.RADIUS)
            painter.drawRoundedRect(body, theme.RADIUS, theme.RADIUS)
        head = self._head(width, bool(card.rows), card.category == "terminal")
        painter.translate(x, y)
        self._paint_shares(painter, k, head, header, lambda ink: self._paint_header(painter, k, width, ink))
        if card.rows:
            self._paint_rows(painter, k, width)
        painter.translate(-x, -y)

    def _kept(self, k: int) -> float:
        """The share of a card's channels that would stay."""
        channels = self._shown.channels
        return channels.kept.get(k, 1.0) if channels is not None else 1.0

    def _paint_shares(
        self, painter: QPainter, k: int, head: QPainterPath, ground: QColor, words: Callable[[QColor], None]
    ) -> None:
        """A header with its words: in colour as far as channels would stay, pale beyond."""
        share, area = self._kept(k), head.boundingRect()
        if share >= 1:
            painter.fillPath(head, ground)
            words(theme.ink_on(ground))
            return
        edge = area.left() + share * area.width()
        left, right = QRectF(area), QRectF(area)
        left.setRight(edge)
        right.setLeft(edge)
        for part, colour, ink in (
            (left, ground, theme.ink_on(ground)),
            (right, _pale(ground), theme.color("text")),
        ):
            painter.save()
            painter.setClipRect(part, Qt.ClipOperation.IntersectClip)
            painter.fillPath(head, colour)
            words(ink)
            painter.restore()

    def _paint_header(self, painter: QPainter, k: int, width: float, ink: QColor) -> None:
        card = self._picture.cards[k]
        shape = self._shown.channels.texts.get(k, card.shape) if self._shown.channels is not None else card.shape
        painter.setFont(self._fonts[0])
        painter.setPen(ink)
        left, right = SIDE, width - SIDE - self._widths.body(shape) if shape else width - SIDE
        if card.block:
            self._paint_chevron(painter, ink)
            left += _CHEVRON + SIDE
        title = card.title
        if self._widths.title(title) > right - left - SIDE:
            title = QFontMetricsF(self._fonts[0]).elidedText(title, Qt.TextElideMode.ElideMiddle, right - left - SIDE)
        painter.drawText(QPointF(left, HEADER / 2 + 4.5), title)
        if shape:
            painter.setFont(self._fonts[1])
            ink.setAlpha(190 if shape is card.shape else 255)
            painter.setPen(ink)
            painter.drawText(QPointF(right, HEADER / 2 + 4.5), shape)

    @staticmethod
    def _paint_chevron(painter: QPainter, ink: QColor) -> None:
        pen = painter.pen()
        painter.setPen(QPen(ink, 1.6, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        x, y = SIDE + _CHEVRON / 2, HEADER / 2
        tips = ((-2.0, -4.0), (2.0, 0.0), (-2.0, 4.0))
        painter.drawPolyline(QPolygonF([QPointF(x + dx, y + dy) for dx, dy in tips]))
        painter.setPen(pen)

    def _paint_rows(self, painter: QPainter, k: int, width: float) -> None:
        painter.setFont(self._fonts[1])
        muted, text = theme.color("muted"), theme.color("text")
        if k not in self._value_x:
            self._value_x[k] = self._widths.value_x(self._picture.cards[k].rows)
        value_x = self._value_x[k]
        room = width - value_x - SIDE / 2
        for j, (key, value) in enumerate(self._picture.cards[k].rows):
            baseline = HEADER + PAD + j * ROW + 12
            painter.setPen(muted)
            painter.drawText(QPointF(SIDE, baseline), key)
            painter.setPen(text)
            if self._widths.body(value) > room:
                value = QFontMetricsF(self._fonts[1]).elidedText(value, Qt.TextElideMode.ElideRight, room)
            painter.drawText(QPointF(value_x, baseline), value)

    def _head(self, width: float, open_below: bool, pill: bool) -> QPainterPath:
        """The coloured header: round above, and below too where the card ends with it."""
        key = (-width if pill else width, open_below)
        if key not in self._heads:
            radius = HEADER / 2 if pill else theme.RADIUS
            path = QPainterPath()
            path.addRoundedRect(QRectF(0, 0, width, HEADER), radius, radius)
            if open_below:
                square = QPainterPath()
                square.addRect(QRectF(0, HEADER - theme.RADIUS, width, theme.RADIUS))
                path = path.united(square)
            self._heads[key] = path
        return self._heads[key]

    def _paint_overlays(self, painter: QPainter, cards: Sequence[int]) -> None:
        overlays = self._shown.overlays or {}
        painter.setPen(Qt.PenStyle.NoPen)
        for k in cards:
            if k in overlays:
                painter.setBrush(theme.color(overlays[k], 80))
                painter.drawRoundedRect(QRectF(*self._picture.boxes[k]).adjusted(-7, -7, 7, 7), 9, 9)

    def _paint_outlines(self, painter: QPainter, cards: Sequence[int], detail: float) -> None:
        shown = self._shown
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, detail >= FAR)
        width = max(2.0, 1.5 / detail)
        roles: tuple[tuple[str, Collection[int]], ...] = (
            ("inputs", shown.inputs),
            ("outputs", shown.outputs),
            ("accent", shown.holding),
            ("accent", shown.selected),
        )
        for role, members in roles:
            for k in cards:
                if k in members:
                    box = QRectF(*self._picture.boxes[k])
                    if members is shown.selected:
                        painter.setPen(QPen(theme.color("accent", 60), 3 * width))
                        painter.drawRoundedRect(box.adjusted(-width, -width, width, width), 6, 6)
                    painter.setPen(QPen(theme.color(role), width))
                    painter.drawRoundedRect(box.adjusted(-1, -1, 1, 1), 5, 5)

        if shown.channels is not None and shown.channels.coupled:
            self._paint_coupled(painter, [k for k in cards if k in shown.channels.coupled], width)

    def _paint_coupled(self, painter: QPainter, cards: Sequence[int], width: float) -> None:
        """Those that live and die with what is selected: a dashed line around each."""
        painter.setPen(QPen(theme.color("accent"), width, Qt.PenStyle.CustomDashLine))
        pen = painter.pen()
        pen.setDashPattern([3.0, 2.0])
        painter.setPen(pen)
        for k in cards:
            painter.drawRoundedRect(QRectF(*self._picture.boxes[k]).adjusted(-5, -5, 5, 5), 7, 7)

    def _paint_badges(self, painter: QPainter, cards: Sequence[int]) -> None:
        """What is unusual is amber, what cannot run is red."""
        badges, wrong = self._shown.badges or {}, self._shown.wrong or {}
        look = theme.color("error"), theme.color("surface")
        for k in cards:
            if k in wrong:
                self._paint_badge(painter, k, *look)
            elif k in badges:
                self._paint_badge(painter, k, QColor("#e3a008"), QColor("#221a00"))
        if self._shown.channels is not None:
            for k in self._shown.channels.locked.intersection(cards):
                self._paint_lock(painter, k, 18.0 if k in wrong or k in badges else 0.0)

    def _paint_lock(self, painter: QPainter, k: int, shift: float) -> None:
        x, y, width, _ = self._picture.boxes[k]
        centre = QPointF(x + width - 2 - shift, y + 2)
        painter.setPen(QPen(theme.color("canvas"), 2))
        painter.setBrush(theme.color("muted"))
        painter.drawEllipse(centre, 8, 8)
        ink = theme.color("surface")
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink)
        painter.drawRoundedRect(QRectF(centre.x() - 3.5, centre.y() - 1, 7, 5), 1, 1)
        painter.setPen(QPen(ink, 1.4))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawArc(QRectF(centre.x() - 2.2, centre.y() - 4.6, 4.4, 6), 0, 180 * 16)

    def _paint_badge(self, painter: QPainter, k: int, ground: QColor, mark: QColor) -> None:
        x, y, width, _ = self._picture.boxes[k]
        centre = QPointF(x + width - 2, y + 2)
        painter.setPen(QPen(theme.color("canvas"), 2))
        painter.setBrush(ground)
        painter.drawEllipse(centre, 8, 8)
        painter.setPen(mark)
        painter.setFont(self._fonts[0])
        painter.drawText(QRectF(centre.x() - 8, centre.y() - 8, 16, 16), Qt.AlignmentFlag.AlignCenter, "!")


def _pale(ground: QColor) -> QColor:
    """What is left of a colour where channels would go; opaque, for blocks of colour are drawn without the card."""
    card = theme.color("card")
    red, green, blue = (
        round(0.24 * a + 0.76 * b)
        for a, b in ((ground.red(), card.red()), (ground.green(), card.green()), (ground.blue(), card.blue()))
    )
    return QColor(red, green, blue)
