"""The window's side of Netron: one server, and a tab or the system's browser that looks at it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QTabBar, QTabWidget, QToolButton

from gui import theme
from gui.netron_view.content import Content
from gui.netron_view.server import NetronServer
from gui.netron_view.tab import NetronTab, engine_installed
from gui.words import tr


class NetronSession(QObject):
    """Made with the window, ended by :meth:`close`. Nothing is started before something is shown."""

    def __init__(self, tabs: QTabWidget) -> None:
        super().__init__(tabs)
        self._tabs = tabs
        self.server: NetronServer | None = None
        self.tab: NetronTab | None = None
        self.revision = 0  # that was shown last
        self.stale = False  # the tab shows a revision that is no longer the current one
        self.on_shown: Callable[[], None] = lambda: None
        tabs.currentChanged.connect(lambda _: self.on_shown() if self.tab_shown else None)

    @property
    def tab_shown(self) -> bool:
        return self.tab is not None and self._tabs.currentWidget() is self.tab

    def show(self, content: Content) -> tuple[str, bool]:
        """(the address, whether something opened it): a tab where the web engine is installed, else the browser.

        Raises UserError where Netron is not installed as it should be.
        """
        if engine_installed() and self._make_tab():
            url = self._serve(_as_window(content))
            self._show_tab(url)
            return url, True
        url = self._serve(content)
        return url, QDesktopServices.openUrl(QUrl(url))

    def refresh(self, content: Content) -> None:
        """The open tab goes on to another content."""
        if self.tab is not None:
            before, self.stale = self.tab.url, False
            self.tab.open(self._serve(_as_window(content)))
            self._forget(before)

    def end_tab(self) -> None:
        """Close the tab, if there is one."""
        if self.tab is not None:
            tab, self.tab = self.tab, None
            self._tabs.removeTab(self._tabs.indexOf(tab))
            self._forget(tab.url)
            tab.close_page()
            tab.deleteLater()

    def close(self) -> None:
        """End tab and server: every address that was given out is dead. Something may be shown again later."""
        self.end_tab()
        if self.server is not None:
            self.server.close()
            self.server = None

    def _serve(self, content: Content) -> str:
        if self.server is None:
            self.server = NetronServer()
        return self.server.show(content)

    def _forget(self, url: str) -> None:
        if self.server is not None:
            self.server.forget(url)

    def _make_tab(self) -> bool:
        """Whether there is a tab now: the engine may be installed and lack libraries of the system."""
        if self.tab is not None:
            return True
        try:
            self.tab = NetronTab()
        except ImportError:
            return False
        index = self._tabs.addTab(self.tab, tr("&Netron"))
        close = QToolButton()
        close.setText("✕")
        close.setAutoRaise(True)
        close.setToolTip(tr("Close Netron"))
        close.setAccessibleName(tr("Close Netron"))
        close.clicked.connect(self.end_tab)
        self._tabs.tabBar().setTabButton(index, QTabBar.ButtonPosition.RightSide, close)
        return True

    def _show_tab(self, url: str) -> None:
        if self.tab is None:
            return
        before, self.stale = self.tab.url, False
        self.tab.open(url)
        if before:
            self._forget(before)
        self._tabs.setCurrentWidget(self.tab)
        self.tab.setFocus()


def _as_window(content: Content) -> Content:
    """A tab looks as the window does; a browser as its user wants."""
    return dataclasses.replace(content, look=theme.current().name)
