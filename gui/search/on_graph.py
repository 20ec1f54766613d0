"""The search bar on a graph: what it finds is marked there, what is chosen is brought into the part left free."""

from __future__ import annotations

from PySide6.QtCore import QObject, QRectF, QTimer

from gui.graph_view.view import GraphView
from gui.search.bar import SearchBar

_MANY, _PAUSE = 500, 120  # layers; milliseconds
_BESIDE = 24  # pixels between a card and what would cover it


class SearchOnGraph(QObject):
    """Ties a bar to the view below it."""

    def __init__(self, view: GraphView) -> None:
        super().__init__(view)
        self.bar = SearchBar(view)
        self._view = view
        self._marked: list[str] = []
        self._waiting = ""  # a layer whose blocks are being opened
        self.bar.chosen.connect(self._go_to)
        self.bar.select_all.connect(lambda keys: view.select(keys, center=False))
        self.bar.marked.connect(self._mark_soon)
        self._soon = QTimer(self, interval=_PAUSE, singleShot=True)
        self._soon.timeout.connect(self._mark)
        self.bar.shown.connect(self._make_room)
        self.bar.closed.connect(self._close)
        view.picture_changed.connect(self._picture_changed)

    def _go_to(self, key: str) -> None:
        self._view.reveal(key)
        self._uncover(key)

    def _uncover(self, key: str) -> None:
        """Move the graph aside where the bar covers a layer; at the next picture where its blocks are being opened."""
        view, self._waiting = self._view, ""
        if view.picture is None or not self.bar.isVisible():
            return
        card = view.picture.index.get(key)
        if card is None:
            self._waiting = key
            return
        box = view.mapFromScene(QRectF(*view.picture.boxes[card])).boundingRect()
        if box.intersects(self.bar.geometry()):
            away = min(box.right() + _BESIDE - self.bar.x(), box.left() - _BESIDE)
            view.horizontalScrollBar().setValue(view.horizontalScrollBar().value() + max(away, 0))

    def _mark_soon(self, keys: list[str]) -> None:
        """Once nobody types: with thousands of layers it takes longer than a keystroke may."""
        if not keys and not self._marked:
            return
        self._marked = keys
        if len(keys) > _MANY:
            self._soon.start()
        else:
            self._mark()

    def _mark(self) -> None:
        self._soon.stop()
        self._view.set_overlay(dict.fromkeys(self._marked, "warning"))

    def _picture_changed(self) -> None:
        if self._marked:
            self._mark()
        if self.bar.isVisible():
            self._make_room()
        if self._waiting:
            QTimer.singleShot(0, self, lambda: self._uncover(self._waiting))  # once the view has centred it

    def _make_room(self) -> None:
        """While the bar is open the graph can be moved so far that nothing of it is covered."""
        area = self._view.scene().sceneRect()
        self._view.setSceneRect(area.adjusted(0, 0, 2 * self.bar.width(), 0))

    def _close(self) -> None:
        self._view.setSceneRect(QRectF())  # the scene's own again
        self._view.setFocus()
