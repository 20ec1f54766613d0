"""The search bar on a graph: what it finds is marked there, what is chosen is brought into the part left free."""

from __future__ import annotations

from PySide6.QtCore import QObject, QRectF

from gui.graph_view.view import GraphView
from gui.search.bar import SearchBar

_BESIDE = 24  # pixels between a card and what would cover it


class SearchOnGraph(QObject):
    """Ties a bar to the view below it."""

    def __init__(self, view: GraphView) -> None:
        super().__init__(view)
        self.bar = SearchBar(view)
        self._view = view
        self._marked: list[str] = []
        self.bar.chosen.connect(self._go_to)
        self.bar.select_all.connect(lambda keys: view.select(keys, center=False))
        self.bar.marked.connect(self._mark)
        self.bar.shown.connect(self._make_room)
        self.bar.closed.connect(self._close)
        view.picture_changed.connect(self._picture_changed)

    def _go_to(self, key: str) -> None:
        view = self._view
        view.reveal(key)
        view.select([key])
        card = view.picture.index.get(key) if view.picture is not None else None
        if card is None or view.picture is None or not self.bar.isVisible():
            return
        box = view.mapFromScene(QRectF(*view.picture.boxes[card])).boundingRect()
        if box.intersects(self.bar.geometry()):
            away = min(box.right() + _BESIDE - self.bar.x(), box.left() - _BESIDE)
            view.horizontalScrollBar().setValue(view.horizontalScrollBar().value() + max(away, 0))

    def _mark(self, keys: list[str]) -> None:
        if keys or self._marked:
            self._marked = keys
            self._view.set_overlay(dict.fromkeys(keys, "warning"))

    def _picture_changed(self) -> None:
        if self._marked:
            self._mark(self._marked)
        if self.bar.isVisible():
            self._make_room()

    def _make_room(self) -> None:
        """While the bar is open the graph can be moved so far that nothing of it is covered."""
        area = self._view.scene().sceneRect()
        self._view.setSceneRect(area.adjusted(0, 0, 2 * self.bar.width(), 0))

    def _close(self) -> None:
        self._view.setSceneRect(QRectF())  # the scene's own again
        self._view.setFocus()
