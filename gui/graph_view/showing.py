"""A model's graph on a canvas: what stands there, how it is kept in place, how it is painted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from core.model.model import Model
from gui import theme
from gui.graph_view.canvas import FAR, CardsItem, Shown, metrics
from gui.graph_view.channels import Channels, on_cards
from gui.graph_view.drafting import Drafting
from gui.graph_view.edges import EdgesItem
from gui.graph_view.far_picture import Tiles
from gui.graph_view.frames import FramesItem
from gui.graph_view.known import Known
from gui.graph_view.navigation import Navigation
from gui.graph_view.picture import Picture
from gui.words import mark, tr

_ANCHORS = 30
DESCRIPTION = mark("Layers and the tensors between them; the layers table says the same as text.")
EMPTY = mark("Open a model: Ctrl+O, or drop a file here")


class Anchor(NamedTuple):
    """Something that must not move on the screen: a layer by its key, or a block by its path, and where it is."""

    key: str
    block: str
    spot: QPointF


class Showing(Navigation):
    """``ready`` follows :meth:`set_model` when the graph is on the canvas, ``picture_changed`` every change of what
    stands there, ``look_changed`` every change of its colours."""

    ready = Signal()
    picture_changed = Signal()
    look_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._widths = metrics()
        self._drafting = Drafting(self._widths, self)
        self._drafting.done.connect(self._show)
        self._drafting.failed.connect(self._fail)
        self._picture: Picture | None = None
        self._shown = Shown()
        self._anchors: list[Anchor] = []
        self._anew = False
        self._afterwards: Callable[[], None] | None = None
        self._channels: Channels | None = None
        self._tiles = Tiles(self.paint_graph)
        self._message = tr(EMPTY)

    def _restore(self) -> None:
        """Mark again on a new picture what a subclass knows to be selected."""
        raise NotImplementedError

    # the model ----------------------------------------------------------------------------------------------------

    @property
    def picture(self) -> Picture | None:
        """What stands on the canvas; None while there is nothing, or it is still being laid out."""
        return self._picture

    def set_model(self, model: Model | None) -> None:
        """Show another model, or nothing. Layers that keep their key stay selected; the place is kept as well
        when a model was shown before (so undo and redo do not jump), else the view opens at 100 % on the input.

        A model over the same graph as before is taken for an edit of it: only what changed is made again.
        """
        self._afterwards = None
        if model is None:
            self._drafting.forget()
            self._clear(tr(EMPTY))
            self._restore()
            self.picture_changed.emit()
            return
        anew, self._anew = self._anew, False
        self._anchors = [] if anew else self._hold()
        if not self._drafting.set_model(model) and (anew or not self._drafting.resembles(model)):
            self._clear(tr("Laying out the graph…"))

    def ready_for_edits(self) -> Callable[[Known], None]:
        """See :meth:`Drafting.ready_for_edits`."""
        return self._drafting.ready_for_edits()

    def forget_place(self) -> None:
        """The next model is another one: it opens on its input, whatever its layers are called."""
        self._anew = True

    def _show(self, done: Picture) -> None:
        first = self._picture is None
        anchors, self._anchors = self._anchors, []
        self._clear("")
        self._picture = done
        shown = self._shown
        shown.badges, shown.wrong = done.badges, done.wrong
        shown.channels = on_cards(self._channels, done) if self._channels is not None else None
        for item in (
            FramesItem(done, shown, self._widths),
            EdgesItem(done, shown),
            CardsItem(done, shown, self._widths),
        ):
            self._canvas.addItem(item)
        self._set_extent(done.nested.bounds)
        if first or not any(self._return_to(anchor) for anchor in anchors):
            self.go_to_input()
        self._restore()
        self.picture_changed.emit()
        self.ready.emit()
        then, self._afterwards = self._afterwards, None
        if then is not None:
            then()

    def _fail(self, error: Exception) -> None:
        self._clear(tr("This graph cannot be drawn: {error}.", error=str(error).rstrip(".")))
        self.picture_changed.emit()

    def _clear(self, message: str) -> None:
        self._canvas.clear()
        self._tiles.forget()
        self._picture = None
        self._shown = Shown()
        self._message = message
        self.viewport().update()

    def _bounds(self) -> tuple[float, float, float, float] | None:
        return self._picture.nested.bounds if self._picture is not None else None

    def _beginning(self) -> tuple[float, float] | None:
        if self._picture is None or not self._picture.boxes:
            return None
        x, y, width, _ = self._picture.boxes[0]
        return (x + width / 2, y)

    # staying in place -------------------------------------------------------------------------------------------

    def _hold(self) -> list[Anchor]:
        """What should stay where it is: the selected card if it is seen, then those nearest to the middle."""
        done = self._picture
        if done is None:
            return []
        seen = self.mapToScene(self.viewport().rect()).boundingRect()
        near = done.cards_in(seen.left(), seen.top(), seen.right(), seen.bottom())
        middle, chosen = seen.center(), self._shown.selected | self._shown.holding

        def away(k: int) -> tuple[bool, float]:
            return k not in chosen, (QRectF(*done.boxes[k]).center() - middle).manhattanLength()

        named = sorted((k for k in near if done.cards[k].key or done.cards[k].block), key=away)
        place = self.viewportTransform()
        return [
            Anchor(done.cards[k].key, done.cards[k].block, place.map(QRectF(*done.boxes[k]).topLeft()))
            for k in named[:_ANCHORS]
        ]

    def _return_to(self, anchor: Anchor) -> bool:
        """Whether what must not move is still there; then it stands where it stood."""
        done = self._picture
        box = self.block_box(anchor.block) if anchor.block else None
        card = done.card_of(anchor.key) if done is not None and anchor.key else None
        if done is not None and card is not None:
            box = QRectF(*done.boxes[card])
        if box is not None:
            self._scroll_to(box.topLeft(), anchor.spot)
        return box is not None

    def block_box(self, path: str) -> QRectF | None:
        """Where a block is on the canvas: its card, or its frame where it is open."""
        done = self._picture
        if done is None or not path:
            return None
        if path in done.blocks:
            return QRectF(*done.boxes[done.blocks[path]])
        frame = done.open_block(path)
        return QRectF(*frame.box) if frame is not None else None

    # colours ------------------------------------------------------------------------------------------------------

    def set_overlay(self, layers: Mapping[str, str] | None) -> None:
        """Lay a tint behind layers: key -> a role of the theme ('accent', 'good', 'warning', 'error'); None clears.

        What a closed block hides tints the block's card.
        """
        done = self._picture
        found = {done.card_of(key): role for key, role in (layers or {}).items()} if done is not None else {}
        self._shown.overlays = {card: role for card, role in found.items() if card is not None}
        self._look_again()

    def set_heat(self, colours: Mapping[int, QColor] | None) -> None:
        """Colour cards by a figure: number of the card -> colour; None for the colours of the operators again. It
        holds until another picture stands here."""
        self._shown.heat = colours
        self._look_again()

    def channels(self) -> Channels:
        """What :meth:`set_channels` shows."""
        return self._channels or Channels()

    def set_channels(self, channels: Channels | None) -> None:
        """Show on the cards how many channels would stay, whose have to, which layers are coupled; None: nothing."""
        if channels == self._channels:
            return
        self._channels = channels
        done = self._picture
        self._shown.channels = on_cards(channels, done) if channels is not None and done is not None else None
        self._look_again()

    def set_theme(self, _theme: theme.Theme | None = None) -> None:
        """Paint again in the theme now in force."""
        self._look_again()

    def _look_again(self) -> None:
        """The same picture in other colours: what was kept of it is painted anew."""
        self._tiles.forget()
        self.viewport().update()
        self.look_changed.emit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange):
            self.set_theme()

    # painting -----------------------------------------------------------------------------------------------------

    def drawBackground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        """The ground; far out, where the zoom rests, the graph as well, from pixmaps."""
        painter.fillRect(rect, theme.color("canvas"))
        zoom = painter.worldTransform().m11()
        usable = self._picture is not None and zoom < FAR and zoom == self.zoom()
        kept = usable and self._tiles.rests_at(zoom, self.viewport().devicePixelRatioF())
        self._shown.paint = "marks" if kept else "both"
        if kept:
            self._tiles.draw(painter, QRectF(rect), painter.worldTransform().map(QPointF()))

    def paint_graph(self, painter: QPainter, part: QRectF) -> None:
        """Paint a part of the canvas without the marks of the selection; transform and clip are the caller's."""
        option = QStyleOptionGraphicsItem()
        before, self._shown.paint = self._shown.paint, "graph"
        for item in self._canvas.items(Qt.SortOrder.AscendingOrder):
            painter.save()
            painter.translate(item.pos())
            option.exposedRect = part.translated(-item.pos())
            item.paint(painter, option)
            painter.restore()
        self._shown.paint = before

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._message:
            painter = QPainter(self.viewport())
            painter.setPen(theme.color("muted"))
            painter.drawText(self.viewport().rect(), Qt.AlignmentFlag.AlignCenter, self._message)
