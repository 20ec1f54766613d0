"""What is selected on the canvas: layers, a block, a tensor."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from PySide6.QtCore import QRectF, Signal
from PySide6.QtWidgets import QWidget

from gui.graph_view import tensors
from gui.graph_view.frames import about_frame
from gui.graph_view.marking import mark
from gui.graph_view.opening import Opening
from gui.graph_view.showing import DESCRIPTION, EMPTY
from gui.words import tr


class Selecting(Opening):
    """``selection_changed`` carries the keys of the selected layers (their names; see ``layer_keys``) in the order they
    were chosen; those of a selected block are all its layers. ``tensor_selected`` carries a tensor's name."""

    selection_changed = Signal(list)
    tensor_selected = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._selected: list[str] = []
        self._block = ""
        self._tensor = ""

    def _restore(self) -> None:
        done = self._picture
        if done is None:
            self._announce([])
            return
        block = self._block if self.block_box(self._block) is not None else ""
        self._announce([key for key in self._selected if done.card_of(key) is not None], block)
        self.select_tensor(self._tensor)

    def selected(self) -> list[str]:
        """Keys of the selected layers, in the order they were chosen."""
        return list(self._selected)

    def select(self, names: Iterable[str], center: bool = True) -> None:
        """Select layers by key; unknown ones are left out. ``center`` brings the first into view if it is not.

        A layer in a closed block is marked on the block's card. While a large graph is still being laid out the choice
        is kept until it is there.
        """
        chosen = list(dict.fromkeys(names))
        done = self._picture
        if done is None:
            self._selected = chosen if self._message != tr(EMPTY) else []
            return
        here = [name for name in chosen if done.card_of(name) is not None]
        self._announce(here, self._block if here and here == self._selected else "")
        card = done.card_of(here[0]) if here else None
        if center and card is not None and not self._block:
            self._bring(QRectF(*done.boxes[card]))

    def reveal(self, key: str) -> None:
        """Open the blocks around a layer, select it and bring it to the middle."""
        hidden = set(self._drafting.around(key)) - self._drafting.opened
        if hidden and self._drafting.blocks:
            self._at_start = False
            self._afterwards = lambda: self._centre(key)
            self._change(self._drafting.opened | hidden)
        else:
            self._centre(key)

    def _centre(self, key: str) -> None:
        self.select([key], center=False)
        if self._picture is not None and key in self._picture.index:
            self._bring(QRectF(*self._picture.boxes[self._picture.index[key]]), always=True)

    def _announce(self, keys: Collection[str], block: str = "") -> None:
        chosen = list(keys)
        changed = chosen != self._selected or block != self._block
        self._selected, self._block = chosen, block
        if self._picture is not None:
            mark(self._picture, self._shown, chosen, block)
            self.viewport().update()
        if changed:
            self.setAccessibleDescription(self._selection_in_words())
            self.selection_changed.emit(list(chosen))

    def _selection_in_words(self) -> str:
        done = self._picture
        if self._block and done is not None:
            if self._block in done.blocks:
                card = done.cards[done.blocks[self._block]]
                return tr("Closed block {title}, {layers}; Enter opens it", title=card.title, layers=card.shape)
            frame = done.open_block(self._block)
            if frame is not None:
                words = about_frame(frame)
                return tr("Open block {title}, {about}; Enter closes it", title=frame.title, about=words)
        keys = self._selected
        return tr("Selected: {names}", names=", ".join(keys[:5])) if keys else tr(DESCRIPTION)

    def selected_tensor(self) -> str:
        """Name of the tensor that is followed, '' for none."""
        return self._tensor

    def select_tensor(self, name: str) -> None:
        """Mark every edge of a tensor; '' or a name that is not on the canvas marks none."""
        done = self._picture
        edges = done.tensors.get(name, ()) if done is not None and name else ()
        changed = self._tensor != (name if edges else "")
        self._tensor = name if edges else ""
        self._shown.tensor_edges = frozenset(done.ends[k] for k in edges) if done is not None else frozenset()
        self.viewport().update()
        if changed:
            said = tensors.in_brief(done, self._tensor) if done is not None else ""
            self.setAccessibleDescription(said or self._selection_in_words())
            self.tensor_selected.emit(self._tensor)

    def reveal_block(self, path: str) -> None:
        """Open the blocks around a block, select it and bring it to the middle."""
        hidden = set(self._drafting.with_those_around(path)) - {path} - self._drafting.opened
        if hidden and self._drafting.blocks:
            self._at_start = False
            self._afterwards = lambda: self.select_block(path)
            self._change(self._drafting.opened | hidden)
        else:
            self.select_block(path)

    def selected_block(self) -> str:
        """Path of the block that is selected as such, '' for none."""
        return self._block

    def block_in_hand(self) -> str:
        """Path of the selected block, else of the block nearest around the layer selected last; '' for none."""
        done = self._picture
        if done is None or self._block or not self._selected:
            return self._block
        card = done.card_of(self._selected[-1])
        if card is None:
            return ""
        if done.cards[card].block:
            return done.cards[card].block
        return next((frame.path for frame in done.around(card)), "")

    def select_block(self, path: str, center: bool = True) -> None:
        """Select a block: its card, or its frame where it is open; the layers in it are what is selected."""
        box = self.block_box(path)
        if box is None:
            return
        self._announce(self._drafting.keys_in(path), path)
        if center:
            self._bring(box)
