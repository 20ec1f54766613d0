"""The line above a graph: the blocks around what is selected, or around the middle of what is in view."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtCore import QRectF, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QSizePolicy, QToolButton, QWidget

from gui.graph_view import tensors
from gui.graph_view.view import GraphView
from gui.words import mark, tr

HEIGHT = 30
_LATER = 120  # milliseconds after the last move of the view
_LONGEST, _MOST = 28, 60  # letters of a title; neighbours in a menu

# keys of the line, for Help > Shortcuts
KEYS: tuple[tuple[str, str], ...] = (
    (mark("go to that block or layer"), "Enter"),
    (mark("open or close it, or go to a neighbour"), "Down"),
    (mark("along the line"), "Left, Right"),
    (mark("back to the graph"), "Esc"),
)


Fill = Callable[[QMenu], None]


class Spot(NamedTuple):
    """Where the reader is: blocks from the outermost in, the layer (a key, or '') and whether that was selected."""

    blocks: tuple[str, ...] = ()
    layer: str = ""
    chosen: bool = False


class Crumb(QToolButton):
    """One part of the line. Its menu is filled when it opens."""

    def __init__(self, title: str, names: tuple[str, str], go: Callable[[], None], fill: Fill, dim: bool) -> None:
        """``names`` are what a screen reader and the tooltip say; ``dim`` where nothing is selected."""
        super().__init__()
        self.title = title
        self.setText(_brief(title).replace("&", "&&"))
        self.setAccessibleName(names[0])
        self.setToolTip(names[1])
        self.setAccessibleDescription(tr("Down: open or close it, or go to a neighbour."))
        self.setObjectName("Crumb")
        self.setProperty("dim", dim)
        self.setAutoRaise(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        menu.aboutToShow.connect(lambda: _refill(menu, fill))
        self.setMenu(menu)
        self.clicked.connect(go)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        elif event.key() == Qt.Key.Key_Down:
            self.showMenu()
        else:
            event.ignore()  # the line knows left, right and escape
            if event.key() == Qt.Key.Key_Space:
                super().keyPressEvent(event)


class Breadcrumb(QWidget):
    """In step with one view. At the right it says which tensor is being followed."""

    def __init__(self, view: GraphView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = view
        self._spot: Spot | None = None
        self._said = ""
        self._crumbs: list[Crumb] = []
        self.setAccessibleName(tr("Where in the model"))
        self.setFixedHeight(HEIGHT)
        self.tensor = QLabel()
        self.tensor.setObjectName("Hint")
        self.tensor.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.tensor.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._more = QToolButton()
        self._more.setText("…")
        self._more.setObjectName("More")
        self._more.setAutoRaise(True)
        self._more.setAccessibleName(tr("Blocks there is no room for"))
        self._more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._more.setMenu(QMenu(self._more))
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(8, 2, 8, 2)
        self._row.setSpacing(0)
        self._row.addStretch(0)
        self._row.addWidget(self.tensor, 1)
        self._late = QTimer(self)
        self._late.setSingleShot(True)
        self._late.setInterval(_LATER)
        self._late.timeout.connect(self.refresh)
        view.selection_changed.connect(lambda _: self.refresh())
        view.picture_changed.connect(self._picture_changed)
        view.viewport_moved.connect(self._moved)
        view.tensor_selected.connect(self._say_tensor)
        self.refresh()

    def parts(self) -> list[str]:
        """The titles shown, from the model to the layer."""
        return [crumb.title for crumb in self._crumbs]

    # where the reader is ------------------------------------------------------------------------------------------

    def _moved(self) -> None:
        if self._spot is not None and not self._spot.chosen:
            self._late.start()

    def _picture_changed(self) -> None:
        """At once where a graph comes or goes; after an edit or an opened block the window answers first."""
        if self._spot is None or self._view.picture is None:
            self.refresh()
        else:
            self._late.start()

    def refresh(self) -> None:
        """Say where the reader is now."""
        spot = self._where()
        self._say_tensor(self._view.selected_tensor())
        if spot != self._spot:
            self._spot = spot
            self._build(spot)

    def _where(self) -> Spot | None:
        view, tree = self._view, self._view.tree()
        picture, block, chosen = view.picture, view.selected_block(), view.selected()
        if picture is None or tree is None:
            return None
        if block:
            return Spot(tree.shown([*view.around_block(block), block]), "", True)
        if chosen:
            return Spot(tree.shown(view.around(chosen[-1])), chosen[-1], True)
        seen = self._view.mapToScene(self._view.viewport().rect()).boundingRect()
        near = picture.cards_in(seen.left(), seen.top(), seen.right(), seen.bottom())
        middle = seen.center()
        card = min(near, default=None, key=lambda k: (QRectF(*picture.boxes[k]).center() - middle).manhattanLength())
        if card is None:
            return Spot()
        key, block = picture.cards[card].key, picture.cards[card].block
        return Spot(tree.shown([*view.around_block(block), block] if block else view.around(key)))

    def _say_tensor(self, name: str) -> None:
        picture = self._view.picture
        self._said = tensors.shortest(picture, name) if picture is not None and name else ""
        self._elide()
        self.tensor.setToolTip(tensors.described(picture, name) if picture is not None and name else "")

    def _elide(self) -> None:
        room = self.tensor.width() - 4
        self.tensor.setText(self.tensor.fontMetrics().elidedText(self._said, Qt.TextElideMode.ElideMiddle, room))

    # the line -----------------------------------------------------------------------------------------------------

    def _build(self, spot: Spot | None) -> None:
        had_focus = any(crumb.hasFocus() for crumb in self._crumbs)
        while self._row.count() > 2:  # the stretch and the tensor stay
            item = self._row.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None and widget is not self._more:
                widget.hide()
                widget.deleteLater()
        self._crumbs = [self._root()] if spot is not None else []
        for path in spot.blocks if spot is not None else ():
            self._crumbs.append(self._of_block(path))
        if spot is not None and spot.layer:
            self._crumbs.append(self._of_layer(spot.layer))
        for k, crumb in enumerate(self._crumbs):
            if k:
                arrow = QLabel("›")
                arrow.setObjectName("Hint")
                arrow.setContentsMargins(2, 0, 2, 0)
                self._row.insertWidget(self._row.count() - 2, arrow)
            if k == 1:
                self._row.insertWidget(self._row.count() - 2, self._more)
            self._row.insertWidget(self._row.count() - 2, crumb)
        self._fit()
        QTimer.singleShot(0, self, self._elide)
        if had_focus and self._crumbs:
            self._crumbs[-1].setFocus(Qt.FocusReason.OtherFocusReason)

    def _root(self) -> Crumb:
        def fill(menu: QMenu) -> None:
            menu.addAction(tr("Open all blocks"), self._view.open_all)
            menu.addAction(tr("Close all blocks"), self._view.close_all)

        title = tr("Model")
        return self._crumb(title, (title, tr("The whole model: go to its input")), self._to_root, fill)

    def _crumb(self, title: str, names: tuple[str, str], go: Callable[[], None], fill: Fill) -> Crumb:
        return Crumb(title, names, go, fill, dim=self._spot is not None and not self._spot.chosen)

    def _to_root(self) -> None:
        self._view.select([])
        self._view.go_to_input()

    def _of_block(self, path: str) -> Crumb:
        title = self._view.block_title(path)
        name = tr("Block {title}", title=title)

        def fill(menu: QMenu) -> None:
            if path in self._view.opened():
                menu.addAction(tr("Close this block"), lambda: self._close(path))
            else:
                menu.addAction(tr("Open this block"), lambda: self._view.open_block(path))
            menu.addSeparator()
            self._neighbours(menu, path)

        return self._crumb(title, (name, path), lambda: self._view.reveal_block(path), fill)

    def _close(self, path: str) -> None:
        self._view.close_block(path)
        self._view.select_block(path)

    def _neighbours(self, menu: QMenu, path: str) -> None:
        tree = self._view.tree()
        every = tree.siblings(path) if tree is not None else []
        here = every.index(path) if path in every else 0
        first = min(max(here - _MOST // 2, 0), max(len(every) - _MOST, 0))
        for other in every[first : first + _MOST]:
            act = menu.addAction(_brief(self._view.block_title(other)).replace("&", "&&"))
            act.setToolTip(other)
            act.setCheckable(True)
            act.setChecked(other == path)
            act.triggered.connect(lambda _checked=False, to=other: self._view.reveal_block(to))
        if len(every) > _MOST:
            menu.addAction(tr("{n} more; search finds them (Ctrl+F)", n=len(every) - _MOST)).setEnabled(False)

    def _of_layer(self, key: str) -> Crumb:
        def fill(menu: QMenu) -> None:
            menu.addAction(tr("Go to this layer"), lambda: self._view.reveal(key))

        title = key.strip("/").rsplit("/", 1)[-1]
        name = tr("Layer {title}", title=title)
        return self._crumb(title, (name, key), lambda: self._view.reveal(key), fill)

    def _fit(self) -> None:
        """Where the line is too long, its outer blocks go into a menu."""
        room = self.width() - 2 * 8 - self._more.sizeHint().width()
        widths = [crumb.sizeHint().width() + 10 for crumb in self._crumbs]
        hidden = 0
        while len(widths) - hidden > 2 and widths[0] + sum(widths[1 + hidden :]) > room:
            hidden += 1
        for k, crumb in enumerate(self._crumbs):
            shown = not 1 <= k <= hidden
            crumb.setVisible(shown)
            arrow = self._row.itemAt(self._row.indexOf(crumb) - (2 if k == 1 else 1))
            label = arrow.widget() if arrow is not None else None
            if k > 1 and label is not None:
                label.setVisible(shown)
        self._more.setVisible(hidden > 0)
        menu = self._more.menu()
        menu.clear()
        for crumb in self._crumbs[1 : 1 + hidden]:
            menu.addAction(crumb.text(), crumb.click)

    # keys and sizes -----------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()
        QTimer.singleShot(0, self, self._elide)  # the row is laid out again only after this

    def keyPressEvent(self, event: QKeyEvent) -> None:
        shown = [crumb for crumb in self._crumbs if crumb.isVisible()]
        here = next((k for k, crumb in enumerate(shown) if crumb.hasFocus()), None)
        if event.key() == Qt.Key.Key_Escape:
            self._view.setFocus(Qt.FocusReason.OtherFocusReason)
        elif here is not None and event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            step = 1 if event.key() == Qt.Key.Key_Right else -1
            shown[min(max(here + step, 0), len(shown) - 1)].setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            super().keyPressEvent(event)


def _brief(title: str) -> str:
    return title if len(title) <= _LONGEST else title[: _LONGEST - 1] + "…"


def _refill(menu: QMenu, fill: Callable[[QMenu], None]) -> None:
    menu.clear()
    fill(menu)
