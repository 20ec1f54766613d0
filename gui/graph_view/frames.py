"""The frames of open blocks: a tint that deepens inwards, a title with a chevron at the upper left."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from gui import theme
from gui.graph_view.canvas import FAR, NEAR, Shown
from gui.graph_view.picture import TITLE, Metrics, OpenBlock, Picture
from gui.words import counted, tr

RADIUS = 8
CHEVRON = 8.0  # pixels across
_TINT = {"light": 6, "dark": 7}  # of 255: each frame lays it on those around it
_BEFORE, _AFTER = 10.0, 8.0  # around the chevron
_LEAST = 24.0  # pixels of a title


class FramesItem(QGraphicsItem):
    """All open blocks that are seen."""

    def __init__(self, picture: Picture, shown: Shown, widths: Metrics) -> None:
        super().__init__()
        self._picture, self._shown, self._widths = picture, shown, widths
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)
        left, top, right, bottom = picture.nested.bounds
        self._bounds = QRectF(left, top, right - left, bottom - top).adjusted(-8, -8, 8, 8)

    def boundingRect(self) -> QRectF:
        return self._bounds

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        if len(self._picture.nested.blocks) == 1:
            return
        exposed = option.exposedRect
        detail = QStyleOptionGraphicsItem.levelOfDetailFromTransform(painter.worldTransform())
        parts = self._picture.parts_in(exposed.left(), exposed.top(), exposed.right(), exposed.bottom())
        frames = [self._picture.frame(part) for part in parts if part]
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, detail >= FAR)
        if self._shown.paint != "marks":
            painter.setPen(Qt.PenStyle.NoPen if detail < FAR else QPen(theme.color("border"), 1))
            grounds = [ground(depth) for depth in range(max((f.depth for f in frames), default=0) + 1)]
            for frame in frames:
                _paint_box(painter, QRectF(*frame.box), exposed, grounds[frame.depth], detail >= FAR)
            if detail >= FAR:
                for frame in frames:
                    self._paint_title(painter, frame, detail)
        if self._shown.paint != "graph" and self._shown.frame:
            self._paint_chosen(painter, frames, detail)

    def _paint_title(self, painter: QPainter, frame: OpenBlock, detail: float) -> None:
        """Chevron and name; beside them how much is inside, where there is room for it."""
        left, top, width, _ = frame.box
        size = 12 if detail >= NEAR else int(min(20.0, 12 * NEAR / detail))
        painter.setPen(QPen(theme.color("muted"), 1.6, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        chevron(painter, QPointF(left + _BEFORE + CHEVRON / 2, top + TITLE / 2 + 1))
        said = title_of(self._picture, self._widths, frame)
        font = theme.graph_font(True, size)
        title = frame.title
        if self._widths.title(title) * size / 12 > said.room:
            title = QFontMetricsF(font).elidedText(title, Qt.TextElideMode.ElideRight, said.room)
        painter.setFont(font)
        painter.setPen(theme.color("muted"))
        painter.drawText(QPointF(said.x, said.baseline + (size - 12) * 0.36), title)
        if said.about and detail >= NEAR:
            painter.setFont(theme.graph_font(False, 11))
            painter.setPen(theme.color("faint"))
            painter.drawText(QPointF(left + width - 10 - self._widths.body(said.about), said.baseline), said.about)

    def _paint_chosen(self, painter: QPainter, frames: list[OpenBlock], detail: float) -> None:
        for frame in frames:
            if frame.path == self._shown.frame:
                line = max(2.0, 1.5 / detail)
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(theme.color("accent"), line))
                painter.drawRoundedRect(QRectF(*frame.box).adjusted(0, 0, 0, 0), RADIUS, RADIUS)


def _paint_box(painter: QPainter, box: QRectF, seen: QRectF, ground: QColor, near: bool) -> None:
    """One frame. Round corners are dear over a whole window, and mostly none of them is in sight."""
    if not near:
        painter.fillRect(box.intersected(seen), ground)
        return
    line, reach = box.adjusted(0.5, 0.5, -0.5, -0.5), seen.adjusted(-RADIUS, -RADIUS, RADIUS, RADIUS)
    corners = (line.topLeft(), line.topRight(), line.bottomLeft(), line.bottomRight())
    if any(reach.contains(corner) for corner in corners):
        painter.setBrush(ground)
        painter.drawRoundedRect(line, RADIUS, RADIUS)
        return
    part = line.intersected(reach)
    painter.fillRect(part, ground)
    sides = (
        (line.left() > reach.left(), part.topLeft(), part.bottomLeft()),
        (line.right() < reach.right(), part.topRight(), part.bottomRight()),
        (line.top() > reach.top(), part.topLeft(), part.topRight()),
        (line.bottom() < reach.bottom(), part.bottomLeft(), part.bottomRight()),
    )
    painter.drawLines([QLineF(start, end) for there, start, end in sides if there])


def about_frame(frame: OpenBlock) -> str:
    """How many layers, and which of how many identical blocks."""
    layers = counted(frame.layers, "{n} layer", "{n} layers")
    if not frame.alike[1]:
        return layers
    return tr("{layers} · {k} of {n} identical", layers=layers, k=frame.alike[0], n=frame.alike[1])


class TitleRow(NamedTuple):
    """Where a frame's title begins, the room for it, and what stands at the right end ('' where there is no room)."""

    x: float
    baseline: float
    room: float
    about: str


def title_of(picture: Picture, widths: Metrics, frame: OpenBlock) -> TitleRow:
    """The title keeps clear of tensors that enter: left of the first of them, as long as some of it can be read."""
    left, top, width, _ = frame.box
    x = left + _BEFORE + CHEVRON + _AFTER
    enters = sorted(left + at for at in picture.nested.blocks[frame.group].inside.enters)
    free = next((at for at in enters if at > x + _LEAST), left + width) - 6
    about = about_frame(frame)
    begin = left + width - 10 - widths.body(about)
    crossed = any(begin - 6 < at for at in enters) or begin < min(free, x + widths.title(frame.title)) + 12
    return TitleRow(x, top + TITLE / 2 + 5, free - x, "" if crossed else about)


def tint() -> int:
    """Of 255: how much of the text's colour a frame lays on what is around it."""
    return _TINT[theme.current().name]


def ground(depth: int) -> QColor:
    """The colour inside a frame: the tint laid on the canvas ``depth`` times. Opaque, which is painted much faster."""
    canvas, text, share = theme.color("canvas"), theme.color("text"), tint() / 255
    kept = (1 - share) ** depth
    pairs = ((canvas.red(), text.red()), (canvas.green(), text.green()), (canvas.blue(), text.blue()))
    return QColor(*(round(c * kept + t * (1 - kept)) for c, t in pairs))


def chevron(painter: QPainter, middle: QPointF) -> None:
    """Two strokes that point down."""
    a, b = CHEVRON / 2, CHEVRON / 4
    painter.drawPolyline(QPolygonF([middle + QPointF(x, y) for x, y in ((-a, -b), (0.0, b), (a, -b))]))


def in_title(frame: OpenBlock, x: float, y: float) -> bool:
    """Whether a point is in the first row of a frame, where its title stands."""
    left, top, width, _ = frame.box
    return left <= x <= left + width and top <= y <= top + TITLE


def on_chevron(box: tuple[float, float, float, float], x: float, y: float) -> bool:
    """Whether a point means the chevron at the upper left of a frame or a block's card."""
    return box[0] <= x <= box[0] + _BEFORE + CHEVRON + _AFTER / 2 and box[1] <= y <= box[1] + TITLE
