"""The keyboard's way through the window: from panel to panel, and which one it is in."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QApplication, QWidget

from gui.main_window import MainWindow


def places(window: MainWindow) -> list[QWidget]:
    """Where the keyboard can go, in order: the message where there is one, the work in the middle, the panels."""
    opened = window.pages.currentWidget() is window.tabs
    middle = window.tabs.currentWidget() if opened else window.start
    return [w for w in (window.messages, middle, *window.docks.values()) if not w.isHidden()]


def step(window: MainWindow, by: int) -> None:
    """Into the next place (``by`` is 1) or the one before (−1), back to what had the keyboard there last."""
    found = places(window)
    here = window.focusWidget()
    at = next(
        (k for k, place in enumerate(found) if here is not None and place.isAncestorOf(here)), -1 if by > 0 else 0
    )
    for k in range(1, len(found) + 1):
        if enter(found[(at + by * k) % len(found)]):
            return


def enter(place: QWidget) -> bool:
    """Give a place the keyboard, in front of what it is tabbed with; False where nothing in it takes the keyboard."""
    place.raise_()
    inner: QWidget | None = place.focusWidget()
    if inner is None or inner is place or not takes_focus(inner):
        inner = next(reachable(place), None)
    if inner is None:
        return False
    inner.setFocus(Qt.FocusReason.TabFocusReason)
    return True


def reachable(place: QWidget) -> Iterator[QWidget]:
    """What can have the keyboard in a place, in the order of the Tab key."""
    one = place.nextInFocusChain()
    while one is not None and one is not place:
        if place.isAncestorOf(one) and takes_focus(one):
            yield one
        one = one.nextInFocusChain()


def follow(before: QWidget, compound: QWidget) -> None:
    """Let Tab go from ``before`` into ``compound``, which was made later: new widgets come last by themselves."""
    inner, one = [], compound.nextInFocusChain()
    while one is not None and one is not compound:
        if compound.isAncestorOf(one):
            inner.append(one)
        one = one.nextInFocusChain()
    for one in inner:
        if one.focusPolicy() != Qt.FocusPolicy.NoFocus:
            QWidget.setTabOrder(before, one)
            before = one


def takes_focus(one: QWidget) -> bool:
    tab = bool(one.focusPolicy().value & Qt.FocusPolicy.TabFocus.value)
    return tab and one.isVisible() and one.isEnabled() and one.focusProxy() is None


class FocusedPanel(QObject):
    """Marks the panel or the tab that has the keyboard: the property ``active`` colours its title."""

    def __init__(self, app: QApplication, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._active: QWidget | None = None
        app.focusChanged.connect(self._changed)

    def _changed(self, _: QWidget | None, now: QWidget | None) -> None:
        if now is None or now.window() is not self._window:
            return  # a dialog or another program has it for a while
        active = self._titled(now)
        if active is self._active:
            return
        for titled, on in ((self._active, False), (active, True)):
            if titled is not None:
                titled.setProperty("active", on)
                titled.style().unpolish(titled)
                titled.style().polish(titled)
                titled.update()
        self._active = active

    def _titled(self, inner: QWidget) -> QWidget | None:
        """What bears the title of the place that ``inner`` is in: a dock, or the tabs in the middle."""
        dock = next((d for d in self._window.docks.values() if d.isAncestorOf(inner)), None)
        tabs = self._window.tabs
        return dock or (tabs.tabBar() if tabs.isAncestorOf(inner) else None)
