"""The graph of a model on a canvas, as mouse and keys meet it. What it shows, opens and selects is in classes below it.

They stand on each other: :mod:`.selecting`, :mod:`.opening`, :mod:`.showing`, :mod:`.navigation`.
"""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QWidget

from gui.graph_view import tensors
from gui.graph_view.frames import about_frame, in_title, on_chevron
from gui.graph_view.marking import cards_inside
from gui.graph_view.picture import OpenBlock
from gui.graph_view.selecting import Selecting
from gui.graph_view.showing import DESCRIPTION, EMPTY
from gui.graph_view.walking import beside, named, step, topmost
from gui.words import tr

__all__ = ["EMPTY", "GraphView"]

_REACH = 5.0  # pixels around an edge in which a click means it
_WALK = {
    int(Qt.Key.Key_Up): "up",
    int(Qt.Key.Key_Down): "down",
    int(Qt.Key.Key_Left): "left",
    int(Qt.Key.Key_Right): "right",
}
_OPEN = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)


class GraphView(Selecting):
    """Shows one model; any number of views may live side by side.

    Selected layers have an accent outline, what feeds them is green, what they feed is orange. ``activated`` carries
    the key of a layer that was double-clicked. ``menu_requested`` carries a global position, and the layer and tensor
    under it ('' for none); where a block is under it, it is selected first.
    """

    activated = Signal(str)
    menu_requested = Signal(QPoint, str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Graph"))
        self.setAccessibleDescription(tr(DESCRIPTION))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._along = tensors.Along(self)

    # what is under a point ----------------------------------------------------------------------------------------

    def tip_at(self, spot: QPoint) -> str:
        done, card = self._picture, self._card_at(spot)
        if done is None:
            return ""
        if card is None:
            frame = self._title_at(spot)
            if frame is not None:
                return f"{frame.path}\n{about_frame(frame)}"
            return tensors.described(done, self.tensor_at(spot))
        marks = (done.wrong.get(card, ""), done.badges.get(card, ""))
        about = self._channels.tip(done.cards[card].key) if self._channels is not None else ""
        said = [*(f"⚠ {text}" for text in marks if text), *([about] if about else [])]
        return "\n\n".join([done.cards[card].tip, *said])

    def _card_at(self, spot: QPoint) -> int | None:
        if self._picture is None:
            return None
        point = self.mapToScene(spot)
        return self._picture.card_at(point.x(), point.y())

    def _title_at(self, spot: QPoint) -> OpenBlock | None:
        """The open block whose title row is at a point of the viewport."""
        if self._picture is None:
            return None
        point = self.mapToScene(spot)
        frame = self._picture.frame_at(point.x(), point.y())
        return frame if frame is not None and in_title(frame, point.x(), point.y()) else None

    def _block_at(self, spot: QPoint) -> tuple[str, bool]:
        """The path of the block whose card or title is at a point, '' for none; whether the point is its chevron."""
        done, card = self._picture, self._card_at(spot)
        if done is None:
            return "", False
        point = self.mapToScene(spot)
        if card is not None:
            return done.cards[card].block, on_chevron(done.boxes[card], point.x(), point.y())
        frame = self._title_at(spot)
        return (frame.path, on_chevron(frame.box, point.x(), point.y())) if frame is not None else ("", False)

    def tensor_at(self, spot: QPoint) -> str:
        """Name of the tensor whose edge passes a point of the viewport and that no card covers; '' for none."""
        if self._picture is None or self._card_at(spot) is not None:
            return ""
        point = self.mapToScene(spot)
        edge = self._picture.edge_at(point.x(), point.y(), _REACH / self.zoom())
        return self._picture.edges[edge].name if edge is not None else ""

    # mouse --------------------------------------------------------------------------------------------------------

    def _clicked(self, spot: QPoint, modifiers: Qt.KeyboardModifier) -> None:
        add = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        block, chevron = self._block_at(spot)
        if block and chevron:
            self.toggle_block(block, alike=add)
            return
        card = self._card_at(spot)
        key = self._picture.cards[card].key if card is not None and self._picture else ""
        self.select_tensor("" if block else self.tensor_at(spot))
        if block:
            self._choose_block(block, add)
        elif not key:
            if not add:
                self._announce([])
        elif not add:
            self._announce([key])
        elif key in self._selected:
            self._announce([k for k in self._selected if k != key])
        else:
            self._announce([*self._selected, key])

    def _choose_block(self, path: str, add: bool) -> None:
        if add and self._selected:
            self._announce(list(dict.fromkeys([*self._selected, *self._drafting.keys_in(path)])))
        else:
            self.select_block(path, center=False)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Opens a block's card, closes a frame by its title; with Ctrl all identical ones. The first of the two clicks
        has already done so where it was on the chevron."""
        spot = event.position().toPoint()
        block, chevron = self._block_at(spot)
        card = self._card_at(spot)
        if block:
            if not chevron:
                self.toggle_block(block, alike=bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier))
        elif card is not None and self._picture is not None and self._picture.cards[card].key:
            self.activated.emit(self._picture.cards[card].key)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """By mouse for what is under it; by the menu key for what was selected last."""
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            key = self._selected[-1] if self._selected and not self._block else ""
            box = self._current_box()
            where = self.mapFromScene(box.center()) if box is not None else self.viewport().rect().center()
            self.menu_requested.emit(self.viewport().mapToGlobal(where), key, self._tensor)
        else:
            block, _ = self._block_at(event.pos())
            if block:
                self.select_block(block, center=False)
            card = self._card_at(event.pos())
            key = self._picture.cards[card].key if card is not None and self._picture is not None else ""
            self.menu_requested.emit(event.globalPos(), key, "" if block else self.tensor_at(event.pos()))
        event.accept()

    def _current_box(self) -> QRectF | None:
        done = self._picture
        if done is None or self._block:
            return self.block_box(self._block)
        card = done.card_of(self._selected[-1]) if self._selected else None
        return QRectF(*done.boxes[card]) if card is not None else None

    # keys ---------------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()  # a plain number: letters of other alphabets are not in Qt.Key
        if key in _WALK:
            self._walk(_WALK[key], bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier))
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom_in()
        elif key == Qt.Key.Key_Minus:
            self.zoom_out()
        elif key == Qt.Key.Key_Home:
            self.go_to_input()
        elif key == Qt.Key.Key_Escape and self._tensor:
            self.select_tensor("")
        elif key == Qt.Key.Key_Escape and self._selected:
            self._announce([])
        elif key in _OPEN and self._block and not self._tensor:
            self.toggle_block(self._block, alike=bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier))
        elif self._along.press(key, event.modifiers()):
            event.accept()
        else:
            super().keyPressEvent(event)

    def _walk(self, direction: str, across: bool) -> None:
        """Along the tensors and the rows; ``across`` the borders of blocks: out of one, or into it."""
        done = self._picture
        if done is None or not done.cards:
            return
        if across and direction == "up":
            self._walk_out()
            return
        frame = done.open_block(self._block) if self._block else None
        goal: int | None
        if frame is not None:
            goal = self._from_frame(frame, direction)
        elif not self._selected:
            goal = topmost(done, range(len(done.cards)))
        else:
            here = done.blocks.get(self._block, done.card_of(self._selected[-1]))
            goal = step(done, here, direction) if here is not None else None
        if goal is None:
            return
        card = done.cards[goal]
        if card.block:
            self.select_block(card.block)
        else:
            self._block = ""
            self.select([card.key])

    def _walk_out(self) -> None:
        """Select the open block around what is selected."""
        done = self._picture
        if done is None or not self._selected:
            return
        if self._block:
            around = [path for path in self._drafting.with_those_around(self._block) if path != self._block]
        else:
            around = self._drafting.around(self._selected[-1])[::-1]
        path = next((path for path in around if done.open_block(path) is not None), None)
        if path is not None:
            self.select_block(path)

    def _from_frame(self, frame: OpenBlock, direction: str) -> int | None:
        """Down into an open block; up to what feeds it; sideways to what stands beside it."""
        done = self._picture
        if done is None:
            return None
        inside = cards_inside(done, frame.path)
        if direction == "down":
            return topmost(done, inside)
        if direction == "up":
            near = [k for k in self._shown.inputs if named(done, k)]
            return max(near, key=lambda k: done.boxes[k][1], default=None)
        return beside(done, frame.box, direction, inside)
