"""Netron in a tab, where the web engine is installed (the extra 'web'): a browser that can reach one address only."""

from __future__ import annotations

import importlib.util
import os
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, Qt, QUrl, Signal
from PySide6.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from gui.words import tr

if TYPE_CHECKING:
    from PySide6.QtWebEngineCore import QWebEngineDownloadRequest


def engine_installed() -> bool:
    """Whether the web engine can be used; it is not imported to find out."""
    return importlib.util.find_spec("PySide6.QtWebEngineWidgets") is not None


def prepare_engine() -> None:
    """To be called before the application object is made: the engine needs its graphics shared."""
    if engine_installed():
        QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_ShareOpenGLContexts)
        if hasattr(os, "geteuid") and os.geteuid() == 0:  # Chromium's sandbox refuses to start for root
            os.environ.setdefault("QTWEBENGINE_DISABLE_SANDBOX", "1")


class NetronTab(QWidget):
    """Shows one address. Every request to another address is blocked, nothing is kept on the disk."""

    title_changed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        from PySide6.QtWebEngineCore import QWebEnginePage, QWebEngineProfile
        from PySide6.QtWebEngineWidgets import QWebEngineView

        from gui.netron_view.gate import Gate

        super().__init__(parent)
        self.url = ""
        self.gate = Gate(self)
        self.view = QWebEngineView(self)
        self._profile = QWebEngineProfile(self.view)  # without a name: nothing is written
        self._profile.setUrlRequestInterceptor(self.gate)
        self._profile.downloadRequested.connect(self._download)
        self._page = QWebEnginePage(self._profile, self.view)
        self.view.setPage(self._page)
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.view.setAccessibleName(tr("Netron"))
        self._page.titleChanged.connect(self.title_changed)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.view)
        self.setFocusProxy(self.view)

    def open(self, url: str) -> None:
        """Go to an address of the server; from now on no other server can be reached."""
        self.url = url
        self.gate.allow(QUrl(url))
        self.view.setUrl(QUrl(url))

    def close_page(self) -> None:
        """The page must go before the profile it belongs to."""
        self._page.setParent(None)
        self._page.deleteLater()

    def _download(self, request: QWebEngineDownloadRequest) -> None:
        """A picture that Netron exports: saved where the user says, else dropped."""
        name, _ = QFileDialog.getSaveFileName(self, tr("Save Netron's picture"), request.downloadFileName())
        if name:
            folder, file = os.path.split(name)
            request.setDownloadDirectory(folder)
            request.setDownloadFileName(file)
            request.accept()
